"""The reference engine: the core functions, called plainly. The definition of right."""

import math
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

from pellucid.core._arrays import (
    Array,
    as_numpy,
    beside,
    columns_of,
    first_non_finite,
    floating,
    namespace,
    plain_number,
    without_history,
)
from pellucid.core.costs import cost_named
from pellucid.core.dropout import dropout_masks
from pellucid.core.linear import LayerCache
from pellucid.core.model import L_model_forward, backward_pass
from pellucid.core.regularization import weight_penalty, weight_penalty_backward
from pellucid.core.update import clip_gradients
from pellucid.engines.divergence import culprit_of, diverged
from pellucid.engines.interface import Batches, Engine, Integers, Memory, Session, Steps
from pellucid.engines.packing import flat, named
from pellucid.engines.rules import Slots, begin, follow
from pellucid.errors import DivergenceError
from pellucid.network import Network

Parameters = dict[str, Array]


class _State(NamedTuple):
    """Where a training stands. A step makes a new one, so that Ctrl-C never finds half of a step."""

    parameters: Parameters
    slots: Slots
    # How many steps changed the parameters, and how many there were: a batch without weight changes none.
    taken: int
    iteration: int


class ReferenceSession(Session):
    """Forward, cost, backward, update: one step of the course."""

    def __init__(
        self,
        network: Network,
        parameters: Mapping[str, Array],
        X: Array,
        Y: Array,
        weights: Array | None,
        steps: Steps,
        memory: Memory | None,
    ) -> None:
        self._network, self._steps = network, steps
        self._xp = namespace(X=X, Y=Y)
        self._X = floating(self._xp, without_history(X))
        self._Y = self._of_our_type(Y)
        self._weights = None if weights is None else self._of_our_type(weights)
        start = {name: self._of_our_type(value, copy=True) for name, value in parameters.items()}
        slots = begin(steps.optimizer, start) if memory is None else self._slots_of(memory)
        self._state = _State(start, slots, taken=0 if memory is None else memory.taken, iteration=0)
        self._penalties: list[float] = []
        self._beyond_precision = 0.0
        self._last_finite = self._state
        self._cost, self._cost_options = cost_named(network.cost), network.cost_options
        # Costs begin at ZL: the output's own activation would be computed for nobody.
        self._activations = network.activations | {"output_activation": "identity"}
        self._penalty = {"l2": network.l2, "l1": network.l1}
        self._penalised = any(self._penalty.values())

    def _of_our_type(self, array: Array, *, copy: bool | None = None) -> Array:
        """NumPy's arrays are welcome beside those of any library: parameters start there."""
        array = beside(array, self._X) if isinstance(array, np.ndarray) else without_history(array)
        return self._xp.asarray(array, dtype=self._X.dtype, copy=copy)

    def advance(self, batches: Batches, learning_rates: float | Sequence[float]) -> list[float]:
        """See `Session.advance`."""
        self._penalties = []
        one_for_all = isinstance(learning_rates, (int, float, np.generic))
        rates = repeat(learning_rates, len(batches)) if one_for_all else learning_rates
        # Overflow is found by testing the cost; NumPy's warnings on the way there would only repeat it.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return [self._step(*step) for step in zip(batches, rates, strict=True)]  # type: ignore[arg-type]

    def _step(self, columns: Integers | None, learning_rate: float) -> float:
        parameters, slots, taken, iteration = self._state
        X, Y, weights = self._batch(columns)
        total = X.shape[1] if weights is None else float(self._xp.sum(weights))
        if total == 0:
            self._state = self._state._replace(iteration=iteration + 1)
            self._penalties.append(0.0)
            return 0.0
        masks = self._masks(X, iteration)

        _, caches = L_model_forward(X, parameters, **self._activations, masks=masks)
        penalty = self._penalty_of(parameters, total)
        cost = self._cost_of(caches, Y, weights) + penalty
        if not math.isfinite(cost):
            raise self._diverged(f"the cost became {cost} at iteration {iteration}{culprit_of(caches)}")
        grads = self._gradients(caches, Y, weights, total, masks)
        if self._steps.clip_norm is not None:
            grads = clip_gradients(grads, self._steps.clip_norm)
        parameters, slots = follow(
            self._steps.optimizer, parameters, grads, slots, taken + 1, plain_number(learning_rate)
        )

        self._last_finite = self._state
        self._state = _State(parameters, slots, taken + 1, iteration + 1)
        self._penalties.append(penalty)
        return cost

    def _batch(self, columns: Integers | None) -> tuple[Array, Array, Array | None]:
        if columns is None:
            return self._X, self._Y, self._weights
        chosen = beside(columns, self._X)
        weights = None if self._weights is None else columns_of(self._weights, chosen)
        return columns_of(self._X, chosen), columns_of(self._Y, chosen), weights

    def _masks(self, X: Array, iteration: int) -> list[Array | None] | None:
        rates = self._network.dropout_rates
        if not any(rates):
            return None
        return dropout_masks(
            rates, self._network.layer_dims, X, seed=self._steps.dropout_seed, step=iteration
        )

    def _cost_of(self, caches: Sequence[LayerCache], Y: Array, weights: Array | None) -> float:
        _, ZL = caches[-1]
        return float(self._cost.forward(ZL, Y, weights=weights, **self._cost_options))

    def _penalty_of(self, parameters: Parameters, total: float) -> float:
        return float(weight_penalty(parameters, total, **self._penalty)) if self._penalised else 0.0

    def _gradients(
        self,
        caches: Sequence[LayerCache],
        Y: Array,
        weights: Array | None,
        total: float,
        masks: list[Array | None] | None,
    ) -> Parameters:
        _, ZL = caches[-1]
        dZL = self._cost.backward(ZL, Y, weights=weights, **self._cost_options)
        hidden = self._network.hidden_activation
        grads = {}
        for l, _, _, dW, db in backward_pass(
            dZL, caches, hidden_activation=hidden, masks=masks, input_gradient=False
        ):
            grads[f"dW{l}"], grads[f"db{l}"] = dW, db
        if self._penalised:
            pulls = weight_penalty_backward(self._state.parameters, total, **self._penalty)
            grads |= {name: grads[name] + pull for name, pull in pulls.items()}
        return grads

    def _diverged(self, what: str) -> DivergenceError:
        iteration = self._state.iteration
        self._state = self._last_finite._replace(iteration=iteration)
        return diverged(what, iteration, self._state.parameters)

    @property
    def penalties(self) -> list[float]:
        """See `Session.penalties`."""
        return self._penalties

    def cost_and_gradient(self, row: np.ndarray[Any, Any]) -> tuple[float, np.ndarray[Any, Any]]:
        """See `Session.cost_and_gradient`."""
        network, (X, Y, weights) = self._network, self._batch(None)
        parameters = {name: self._of_our_type(value) for name, value in named(network, row).items()}
        self._state = self._last_finite = self._state._replace(parameters=parameters)
        total = X.shape[1] if weights is None else float(self._xp.sum(weights))
        if total == 0:
            return 0.0, np.zeros_like(row)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            masks = self._masks(X, self._state.iteration)
            _, caches = L_model_forward(X, parameters, **self._activations, masks=masks)
            cost = self._cost_of(caches, Y, weights) + self._penalty_of(parameters, total)
            grads = self._gradients(caches, Y, weights, total, masks)
            self._beyond_precision = self._beyond(caches, Y, weights, total)
        gradient = flat(network, {name: as_numpy(grads[f"d{name}"]) for name in parameters}, row.dtype)
        return cost, gradient

    @property
    def beyond_precision(self) -> float:
        """See `Session.beyond_precision`."""
        return self._beyond_precision

    def _beyond(self, caches: Sequence[LayerCache], Y: Array, weights: Array | None, total: float) -> float:
        if not self._network.cost.endswith("cross_entropy"):
            return 0.0
        _, ZL = caches[-1]
        z, true = as_numpy(ZL).astype(np.float64), as_numpy(Y) > 0.5
        if self._network.output_activation == "softmax":
            losses = np.where(true, np.logaddexp.reduce(z, axis=0) - z, 0.0)
        else:
            losses = np.logaddexp(0.0, np.where(true, -z, z))
        above = np.maximum(losses + np.log(np.finfo(as_numpy(ZL).dtype).eps), 0.0).sum(axis=0)
        return float((above if weights is None else above * as_numpy(weights)[0]).sum() / total)

    def memory(self) -> Memory:
        """See `Session.memory`."""
        network, kept = self._network, {}
        for letter, slot in self._state.slots.items():
            numbers = {name: as_numpy(slot[f"d{name}"]) for name in network.parameter_shapes}
            kept[letter] = flat(network, numbers, numbers["W1"].dtype)
        return Memory(self._state.taken, kept)

    def _slots_of(self, memory: Memory) -> Slots:
        return {
            letter: {
                f"d{name}": self._of_our_type(value) for name, value in named(self._network, row).items()
            }
            for letter, row in memory.kept.items()
        }

    @property
    def iteration(self) -> int:
        """See `Session.iteration`."""
        return self._state.iteration

    def snapshot(self) -> Parameters:
        """See `Session.snapshot`; free, because a step makes new arrays."""
        return dict(self._state.parameters)

    def finish(self) -> Parameters:
        """See `Session.finish`."""
        iteration = self._state.iteration
        for name, value in self._state.parameters.items():
            if first_non_finite(value) is not None:
                raise self._diverged(f"{name} is no longer finite after iteration {iteration - 1}")
        total = self._X.shape[1] if self._weights is None else float(self._xp.sum(self._weights))
        with np.errstate(over="ignore", invalid="ignore"):
            parameters = self._state.parameters
            _, caches = L_model_forward(self._X, parameters, **self._activations)
            cost = 0.0
            if total:
                cost = self._cost_of(caches, self._Y, self._weights) + self._penalty_of(parameters, total)
        if not math.isfinite(cost):
            where = f"at iteration {iteration}, after the last step{culprit_of(caches)}"
            raise self._diverged(f"the cost became {cost} {where}")
        return self.snapshot()


class ReferenceEngine(Engine):
    """Runs on the array library of the data it is given, and knows every option."""

    name = "reference"

    def open(
        self,
        network: Network,
        parameters: Mapping[str, Array],
        X: Array,
        Y: Array,
        *,
        weights: Array | None = None,
        steps: Steps | None = None,
        memory: Memory | None = None,
    ) -> Session:
        """See `Engine.open`."""
        return ReferenceSession(network, parameters, X, Y, weights, steps or Steps(), memory)
