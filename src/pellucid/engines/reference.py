"""The reference engine: the core functions, called plainly. The definition of right."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from pellucid.core._arrays import Array, first_non_finite, floating, namespace, without_history
from pellucid.core.cost import cost_named
from pellucid.core.model import L_model_backward, L_model_forward
from pellucid.core.update import update_parameters
from pellucid.engines.interface import Batch, Engine, Session
from pellucid.errors import DivergenceError
from pellucid.network import Network


class ReferenceSession(Session):
    """Forward, cost, backward, update: one step of the course."""

    def __init__(self, network: Network, parameters: Mapping[str, Array], X: Array, Y: Array) -> None:
        self._network = network
        self._xp = namespace(X=X, Y=Y)
        X, Y = without_history(X), without_history(Y)
        self._X = floating(self._xp, X)
        self._Y = self._xp.astype(Y, self._X.dtype)
        self._parameters = {
            name: self._xp.asarray(without_history(value), dtype=self._X.dtype, copy=True)
            for name, value in parameters.items()
        }
        self._last_finite = self._parameters
        self._cost = cost_named(network.cost)
        self._iteration = 0

    def advance(self, batches: Sequence[Batch], learning_rate: float) -> list[float]:
        """See `Session.advance`."""
        # Overflow is found by testing the cost; NumPy's warnings on the way there would only repeat it.
        with np.errstate(over="ignore", invalid="ignore"):
            return [self._step(batch, learning_rate) for batch in batches]

    def _step(self, batch: Batch, learning_rate: float) -> float:
        X, Y = self._X, self._Y
        if batch is not None:
            columns = self._xp.asarray(batch)
            X, Y = self._xp.take(X, columns, axis=1), self._xp.take(Y, columns, axis=1)
        AL, caches = L_model_forward(X, self._parameters, **self._network.activations)
        _, ZL = caches[-1]
        cost = float(self._cost.forward(ZL, Y))
        if not math.isfinite(cost):
            raise self._diverged(f"the cost became {cost} at iteration {self._iteration}")
        grads = L_model_backward(AL, Y, caches, **self._network.activations, input_gradient=False)
        self._last_finite = self._parameters
        self._parameters = update_parameters(self._parameters, grads, learning_rate)
        self._iteration += 1
        return cost

    def _diverged(self, what: str) -> DivergenceError:
        self._parameters = self._last_finite
        remedy = "expected a finite number: take a smaller learning rate, or scale the inputs"
        return DivergenceError(f"{what}; {remedy}", self._iteration, self._parameters)

    @property
    def iteration(self) -> int:
        """See `Session.iteration`."""
        return self._iteration

    def snapshot(self) -> dict[str, Array]:
        """See `Session.snapshot`; free, because a step makes new arrays."""
        return dict(self._parameters)

    def finish(self) -> dict[str, Array]:
        """See `Session.finish`."""
        for name, value in self._parameters.items():
            if first_non_finite(value) is not None:
                raise self._diverged(f"{name} is no longer finite after iteration {self._iteration - 1}")
        with np.errstate(over="ignore", invalid="ignore"):
            _, caches = L_model_forward(self._X, self._parameters, **self._network.activations)
            cost = float(self._cost.forward(caches[-1][1], self._Y))
        if not math.isfinite(cost):
            where = f"at iteration {self._iteration}, after the last step"
            raise self._diverged(f"the cost became {cost} {where}")
        return self.snapshot()


class ReferenceEngine(Engine):
    """Runs on the array library of the data it is given."""

    name = "reference"

    def open(self, network: Network, parameters: Mapping[str, Array], X: Array, Y: Array) -> Session:
        """See `Engine.open`."""
        return ReferenceSession(network, parameters, X, Y)
