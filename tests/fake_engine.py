"""An engine that takes no steps: it writes down what it is asked, and its costs are those it is given."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pellucid.engines import (
    Batches,
    Costs,
    Engine,
    Gradient,
    Predictor,
    Session,
    StepOptions,
    TrainingState,
)
from pellucid.examples import Examples
from pellucid.network import Network


class FakeSession(Session):
    """Parameters say after which step they are: all their numbers are that of the step."""

    def __init__(self, engine: "FakeEngine", network: Network, state: TrainingState) -> None:
        self._engine, self._shapes = engine, network.parameter_shapes
        self.step_count = state.step_count
        self.calls: list[tuple[Batches, float | Sequence[float]]] = []
        self.fed: list[Examples] = []

    def advance(self, batches: Batches, learning_rates: float | Sequence[float]) -> Costs:
        self.calls.append((batches, learning_rates))
        if self._engine.seconds:
            time.sleep(self._engine.seconds * len(batches))
        found = Costs([], [])
        for _ in range(len(batches)):
            found.cost.append(float(self._engine.cost(self.step_count)))
            found.penalty.append(self._engine.penalty(self.step_count))
            self.step_count += 1
        return found

    def gradient(self, parameters: Mapping[str, Any]) -> Gradient:
        raise NotImplementedError

    def evaluate(self, examples: Examples) -> tuple[float, Any]:
        return self._engine.validation_cost(self.step_count), np.full(examples.Y.shape, self.step_count)

    def feed(self, examples: Examples) -> None:
        self.fed.append(examples)

    def state(self) -> TrainingState:
        numbers = {name: np.full(shape, float(self.step_count)) for name, shape in self._shapes.items()}
        return TrainingState(numbers, {}, self.step_count, self.step_count)

    def restore(self, state: TrainingState) -> None:
        self.step_count = state.step_count

    def finish(self) -> dict[str, Any]:
        return self.parameters()


class FakeEngine(Engine):
    """Give an instance as the option `engine`.

    Args:
        cost: the cost of each step, by its number.
        validation_cost: of the examples held out, by the number of steps taken.
        penalty: in the cost of each step.
        seconds: that each step takes, at the least.
    """

    name = "fake"

    def __init__(
        self,
        cost: Callable[[int], float] = lambda step: 1.0,
        validation_cost: Callable[[int], float] = lambda step: 1.0,
        penalty: Callable[[int], float] = lambda step: 0.0,
        seconds: float = 0.0,
    ) -> None:
        self.cost, self.validation_cost, self.penalty, self.seconds = (
            cost,
            validation_cost,
            penalty,
            seconds,
        )
        self.sessions: list[FakeSession] = []
        self.opened: list[tuple[Network, Examples, TrainingState, StepOptions]] = []

    def open(
        self,
        network: Network,
        examples: Examples,
        state: TrainingState,
        options: StepOptions | None = None,
    ) -> FakeSession:
        self.opened.append((network, examples, state, options or StepOptions()))
        self.sessions.append(FakeSession(self, network, state))
        return self.sessions[-1]

    def predictor(self, network: Network, parameters: Mapping[str, Any], **_: Any) -> Predictor:
        raise NotImplementedError

    @property
    def calls(self) -> list[tuple[Batches, float | Sequence[float]]]:
        """What the last session was asked."""
        return self.sessions[-1].calls
