"""An engine that takes no steps: it writes down what it is asked, and its costs are those it is given."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pellucid.engines import Batches, Engine, Memory, Session, Steps
from pellucid.network import Network


class FakeSession(Session):
    """Parameters say after which step they are: all their numbers are that of the step."""

    def __init__(self, shapes: Mapping[str, tuple[int, int]], cost: Callable[[int], float]) -> None:
        self._shapes = shapes
        self._cost = cost
        self._iteration = 0
        self.calls: list[tuple[Batches, float | Sequence[float]]] = []

    def advance(self, batches: Batches, learning_rates: float | Sequence[float]) -> list[float]:
        self.calls.append((batches, learning_rates))
        costs = [self._cost(self._iteration + i) for i in range(len(batches))]
        self._iteration += len(batches)
        return costs

    @property
    def penalties(self) -> list[float]:
        return [0.0] * len(self.calls[-1][0])

    def cost_and_gradient(self, row: Any) -> Any:
        raise NotImplementedError

    @property
    def beyond_precision(self) -> float:
        return 0.0

    def memory(self) -> Memory:
        return Memory(self._iteration, {})

    @property
    def iteration(self) -> int:
        return self._iteration

    def snapshot(self) -> dict[str, Any]:
        return {name: np.full(shape, float(self._iteration)) for name, shape in self._shapes.items()}

    def finish(self) -> dict[str, Any]:
        return self.snapshot()


class FakeEngine(Engine):
    """Put an instance's `open` in the place of the real one.

    Args:
        cost: the cost of each step, by its number.
    """

    name = "fake"

    def __init__(self, cost: Callable[[int], float] = lambda step: 1.0) -> None:
        self._cost = cost
        self.sessions: list[FakeSession] = []
        self.opened: list[dict[str, Any]] = []

    def open(
        self,
        network: Network,
        parameters: Mapping[str, Any],
        X: Any,
        Y: Any,
        *,
        weights: Any = None,
        steps: Steps | None = None,
        memory: Memory | None = None,
    ) -> FakeSession:
        self.opened.append({"X": X, "Y": Y, "weights": weights, "steps": steps, "network": network})
        self.sessions.append(FakeSession(network.parameter_shapes, self._cost))
        return self.sessions[-1]

    @property
    def calls(self) -> list[tuple[Batches, float | Sequence[float]]]:
        """What the last session was asked."""
        return self.sessions[-1].calls
