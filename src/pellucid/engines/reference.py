"""The reference engine: the core functions, called plainly. Every other engine has to agree with it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

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
from pellucid.core.regularization import weight_penalty
from pellucid.core.update import clip_gradients
from pellucid.encoded_table import EncodedTable
from pellucid.engines.divergence import culprit_of, diverged
from pellucid.engines.first_layer import model_forward
from pellucid.engines.gradients import cost_gradients, penalties, with_penalty
from pellucid.engines.interface import (
    Batches,
    Costs,
    Engine,
    Floats,
    Gradient,
    Integers,
    Parameters,
    Predictor,
    Session,
    StepOptions,
    TrainingState,
    is_read,
)
from pellucid.engines.rules import apply_update, init_slots
from pellucid.errors import DivergenceError
from pellucid.examples import Columns, Examples
from pellucid.network import Network

# Columns of a forward pass at a time, if only its outputs are kept.
_BLOCK = 4096


class ReferenceSession(Session):
    """Forward, cost, backward, update: one step of the course.

    A step makes a new state of new arrays: Ctrl-C never leaves half a step, and any thread may read it.
    """

    _state: TrainingState
    _last_finite: TrainingState

    def __init__(
        self, network: Network, examples: Examples, state: TrainingState, options: StepOptions
    ) -> None:
        self._network, self._options = network, options
        like = _like(examples.X)
        self._xp = namespace(X=like, Y=examples.Y)
        self._dtype = floating(self._xp, like).dtype
        self.feed(examples)
        self._cost, self._cost_options = cost_named(network.cost), network.cost_options
        # A cost takes ZL, so the output activation need not be computed.
        self._activations = network.activations | {"output_activation": "identity"}
        self._penalty = penalties(network)
        self._penalised = any(self._penalty.values())
        self.restore(state)

    def _of_our_type(self, array: Array, *, copy: bool | None = None) -> Array:
        """An array in the library and dtype of X. It may be NumPy's, as initial parameters are."""
        array = beside(array, _like(self._X)) if isinstance(array, np.ndarray) else without_history(array)
        return self._xp.asarray(array, dtype=self._dtype, copy=copy)

    def feed(self, examples: Examples) -> None:
        """See `Session.feed`."""
        self._X = self._inputs(examples.X)
        self._Y = self._of_our_type(examples.Y)
        self._weights = None if examples.weights is None else self._of_our_type(examples.weights)

    def _inputs(self, X: Any) -> Any:
        if isinstance(X, EncodedTable):
            return X.astype(self._dtype)
        return self._xp.astype(without_history(X), self._dtype, copy=False)

    def takes(self, X: Any) -> bool:
        """See `Session.takes`."""
        return is_read(X)

    def advance(self, batches: Batches, learning_rates: float | Sequence[float]) -> Costs:
        """See `Session.advance`."""
        one_for_all = isinstance(learning_rates, (int, float, np.generic))
        rates: Iterable[Any] = repeat(learning_rates, len(batches)) if one_for_all else learning_rates  # type: ignore[assignment] # several
        costs = Costs([], [])
        # The test of the cost finds an overflow; NumPy's warnings before it would only repeat it.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for columns, rate in zip(batches, rates, strict=True):
                cost, penalty = self._step(columns, rate)
                costs.cost.append(cost)
                costs.penalty.append(penalty)
        return costs

    def _step(self, columns: Integers | None, learning_rate: float) -> tuple[float, float]:
        """Take one step. Returns the cost of the batch before it, and the penalty in that cost."""
        before = self._state
        X, Y, weights = self._batch(columns)
        total = self._total(X, weights)
        if total == 0:
            self._state = before._replace(step_count=before.step_count + 1)
            return 0.0, 0.0
        masks = self._masks(X, before.step_count)
        _, caches = model_forward(X, before.parameters, **self._activations, masks=masks)
        penalty = self._penalty_of(before.parameters, total)
        cost = self._cost_of(caches, Y, weights) + penalty
        if not math.isfinite(cost):
            raise self._diverged(
                f"the cost became {cost} at iteration {before.step_count}{culprit_of(caches)}"
            )
        grads = self._gradients(before.parameters, caches, Y, weights, total, masks)
        if self._options.clip_norm is not None:
            grads = clip_gradients(grads, self._options.clip_norm)
        t, rate = before.update_count + 1, plain_number(learning_rate)
        parameters, slots = apply_update(
            self._options.optimizer, dict(before.parameters), grads, before.slots, t, rate
        )
        self._last_finite = before
        self._state = TrainingState(parameters, slots, t, before.step_count + 1)
        return cost, penalty

    def _batch(self, columns: Integers | None) -> tuple[Any, Array, Array | None]:
        if columns is None:
            return self._X, self._Y, self._weights
        chosen = beside(columns, _like(self._X))
        weights = None if self._weights is None else columns_of(self._weights, chosen)
        table = isinstance(self._X, EncodedTable)
        X = self._X.take(columns) if table else columns_of(self._X, chosen)
        return X, columns_of(self._Y, chosen), weights

    def _total(self, X: Any, weights: Array | None) -> float:
        return X.shape[1] if weights is None else float(self._xp.sum(weights))

    def _masks(self, X: Any, step: int) -> list[Array | None] | None:
        rates = self._network.dropout_rates
        if not any(rates):
            return None
        return dropout_masks(
            rates, self._network.layer_dims, _like(X), seed=self._options.dropout_seed, step=step
        )

    def _cost_of(self, caches: Sequence[LayerCache], Y: Array, weights: Array | None) -> float:
        _, ZL = caches[-1]
        return float(self._cost.forward(ZL, Y, weights=weights, **self._cost_options))

    def _penalty_of(self, parameters: Mapping[str, Array], total: float) -> float:
        return float(weight_penalty(parameters, total, **self._penalty)) if self._penalised else 0.0

    def _gradients(
        self,
        parameters: Mapping[str, Array],
        caches: Sequence[LayerCache],
        Y: Array,
        weights: Array | None,
        total: float,
        masks: list[Array | None] | None,
    ) -> Parameters:
        grads = cost_gradients(self._network, caches, Y, weights, masks)
        return with_penalty(self._network, grads, parameters, total)

    def _diverged(self, event: str) -> DivergenceError:
        """The error; the session goes back to the last parameters whose cost was finite."""
        step_count = self._state.step_count
        self._state = self._last_finite._replace(step_count=step_count)
        return diverged(event, step_count, dict(self._state.parameters))

    def gradient(self, parameters: Mapping[str, Array]) -> Gradient:
        """See `Session.gradient`."""
        parameters = {name: self._of_our_type(value) for name, value in parameters.items()}
        self._state = self._last_finite = self._state._replace(parameters=parameters)
        X, Y, weights = self._batch(None)
        total = self._total(X, weights)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            masks = self._masks(X, self._state.step_count)
            AL, caches = model_forward(X, parameters, **self._network.activations, masks=masks)
            if total == 0:
                grads = {f"d{name}": self._xp.zeros_like(value) for name, value in parameters.items()}
                return Gradient(0.0, 0.0, grads, AL)
            penalty = self._penalty_of(parameters, total)
            cost = self._cost_of(caches, Y, weights) + penalty
            grads = self._gradients(parameters, caches, Y, weights, total, masks)
        return Gradient(cost, penalty, grads, AL)

    def evaluate(self, examples: Examples) -> tuple[float, Array]:
        """See `Session.evaluate`."""
        X, Y = self._inputs(examples.X), self._of_our_type(examples.Y)
        weights = None if examples.weights is None else self._of_our_type(examples.weights)
        return _evaluated(self._network, self._state.parameters, Examples(X, Y, weights))

    def state(self) -> TrainingState:
        """See `Session.state`; free, because a step makes new arrays."""
        return self._state

    def restore(self, state: TrainingState) -> None:
        """See `Session.restore`."""
        parameters = {name: self._of_our_type(value, copy=True) for name, value in state.parameters.items()}
        slots = {
            slot: {name: self._of_our_type(value, copy=True) for name, value in arrays.items()}
            for slot, arrays in state.slots.items()
        } or init_slots(self._options.optimizer, parameters)
        self._state = TrainingState(parameters, slots, state.update_count, state.step_count)
        self._last_finite = self._state

    def finish(self) -> Parameters:
        """See `Session.finish`."""
        parameters, step_count = self._state.parameters, self._state.step_count
        for name, value in parameters.items():
            if first_non_finite(value) is not None:
                raise self._diverged(f"{name} is no longer finite after iteration {step_count - 1}")
        total = self._total(self._X, self._weights)
        with np.errstate(over="ignore", invalid="ignore"):
            _, caches = model_forward(self._X, parameters, **self._activations)
            cost = 0.0
            if total:
                penalty = self._penalty_of(parameters, total)
                cost = self._cost_of(caches, self._Y, self._weights) + penalty
        if not math.isfinite(cost):
            where = f"at iteration {step_count}, after the last step{culprit_of(caches)}"
            raise self._diverged(f"the cost became {cost} {where}")
        return dict(self._state.parameters)


def _like(X: Any) -> Array:
    """An array of the library, type and number of examples of the inputs."""
    return X.values.T[:0] if isinstance(X, EncodedTable) else X


def _part(X: Any, columns: slice) -> Any:
    return X.take(columns) if isinstance(X, EncodedTable) else X[:, columns]


def _evaluated(
    network: Network, parameters: Mapping[str, Array], examples: Examples
) -> tuple[float, Array]:
    """The cost of the predictions, and AL (n_y, m).

    Block by block, so that the hidden layers are never kept for all examples at once.
    """
    xp = namespace(X=_like(examples.X))
    outputs, linear = [], []
    # An overflow shows in the cost.
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, examples.m, _BLOCK):
            X = _part(examples.X, slice(start, start + _BLOCK))
            AL, caches = model_forward(X, parameters, **network.activations)
            outputs.append(AL)
            linear.append(caches[-1][1])
        AL, ZL = (
            blocks[0] if len(blocks) == 1 else xp.concat(blocks, axis=1) for blocks in (outputs, linear)
        )
        return network.answers_cost(ZL, examples.Y, examples.weights), AL


class ReferencePredictor(Predictor):
    """Forward propagation by the core functions, block by block."""

    def __init__(
        self,
        network: Network,
        parameters: Mapping[str, Floats],
        mean: Sequence[float],
        deviation: Sequence[float],
        *,
        spread: bool,
    ) -> None:
        self._network, self._spread = network, spread
        self._parameters = {name: np.array(value) for name, value in parameters.items()}
        self._dtype = self._parameters["W1"].dtype
        self._mean = np.asarray(mean, self._dtype).reshape(-1, 1) if len(mean) else None
        self._deviation = np.asarray(deviation, self._dtype).reshape(-1, 1) if len(deviation) else None

    def __call__(self, rows: Any) -> Floats | None:
        """See `Predictor.__call__`."""
        usable = type(rows) is np.ndarray and rows.ndim == 2 and rows.dtype == self._dtype
        if not usable or rows.shape[1] != self._network.n_x or not np.isfinite(rows).all():
            return None
        X = rows.T
        X = X if self._mean is None else X - self._mean
        AL = self.outputs(X if self._deviation is None else X / self._deviation)
        return np.vstack([1 - AL, AL]).T if self._spread else AL.T

    def takes(self, X: Any) -> bool:
        """See `Predictor.takes`."""
        return is_read(X)

    def outputs(self, X: Any) -> Floats:
        """See `Predictor.outputs`."""
        X = X if isinstance(X, EncodedTable) else as_numpy(X)
        X = X.astype(self._dtype) if X.dtype != self._dtype else X
        blocks = []
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, max(1, X.shape[1]), _BLOCK):
                part = _part(X, slice(start, start + _BLOCK))
                AL, _ = model_forward(part, self._parameters, **self._network.activations)
                blocks.append(AL)
        return np.asarray(blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1))

    def evaluate(self, examples: Examples) -> tuple[float, Floats]:
        """See `Predictor.evaluate`."""
        X = examples.X if isinstance(examples.X, EncodedTable) else as_numpy(examples.X)
        X = X.astype(self._dtype) if X.dtype != self._dtype else X
        return _evaluated(self._network, self._parameters, Examples(X, examples.Y, examples.weights))


class ReferenceEngine(Engine):
    """Trains on arrays of any array-API library, and supports every option."""

    name = "reference"

    def takes(self, X: Any, network: Network) -> bool:
        """See `Engine.takes`."""
        return is_read(X) and (not network.input_dropout or not isinstance(X, Columns))

    def open(
        self,
        network: Network,
        examples: Examples,
        state: TrainingState,
        options: StepOptions | None = None,
    ) -> Session:
        """See `Engine.open`."""
        return ReferenceSession(network, examples, state, options or StepOptions())

    def predictor(
        self,
        network: Network,
        parameters: Mapping[str, Floats],
        *,
        mean: Sequence[float] = (),
        deviation: Sequence[float] = (),
        spread: bool = False,
    ) -> Predictor:
        """See `Engine.predictor`."""
        return ReferencePredictor(network, parameters, mean, deviation, spread=spread)
