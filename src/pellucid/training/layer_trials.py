"""One hidden shape on trial: a training that goes on as long as the search wants, and what it is worth."""

import math
import threading
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from pellucid.core._arrays import Array, as_numpy
from pellucid.engines import engine_for
from pellucid.errors import DivergenceError
from pellucid.examples import Examples
from pellucid.network import Network
from pellucid.training.call_size import now
from pellucid.training.events import EpochEnd, Event, TrainingStart
from pellucid.training.loop import fit
from pellucid.training.options import TrainingOptions

Floats = np.ndarray[Any, Any]

# In so many groups the examples held out tell how far chance takes their cost.
_GROUPS = 32


@dataclass(frozen=True)
class TriedLayers:
    """One hidden shape, as far as it was tried.

    Attributes:
        hidden: units of each hidden layer.
        parameter_count: how many numbers its network adjusts.
        epochs: after how many epochs the cost was measured.
        validation_cost: of the examples held out, the lowest that was measured: without dropout,
            penalties or label smoothing. Infinite where the training diverged, and where Ctrl-C came
            before there was one.
        seconds: what all its epochs took, on one thread beside others.
    """

    hidden: tuple[int, ...]
    parameter_count: int
    epochs: int
    validation_cost: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Groups:
    """The examples held out, dealt into groups, and the share of all weight that each has."""

    parts: tuple[Examples, ...]
    shares: Floats

    @classmethod
    def drawn(cls, held_out: Examples, seed: int) -> Self:
        """Deal them by `RandomState(seed)`; groups without weight are left out."""
        order = np.random.RandomState(seed).permutation(held_out.m)
        X, Y, weights = (
            None if part is None else as_numpy(part) for part in (held_out.X, held_out.Y, held_out.weights)
        )
        held_out = Examples(X, Y, weights, finite=True)
        parts = [held_out.take(some) for some in np.array_split(order, min(_GROUPS, held_out.m))]
        sums = [part.m if part.weights is None else part.weights.sum() for part in parts]
        kept = np.flatnonzero(sums)
        shares = np.asarray(sums, np.float64)[kept]
        return cls(tuple(parts[i] for i in kept), shares / shares.sum())

    def costs(self, network: Network, parameters: Mapping[str, Array]) -> Floats:
        """The cost of each group, (k,)."""
        numbers = {name: as_numpy(value) for name, value in parameters.items()}
        predictor = engine_for("auto", network).predictor(network, numbers)
        return np.array([predictor.evaluate(part)[0] for part in self.parts])

    def mean(self, costs: Floats) -> float:
        """Of all examples, from the costs of the groups (k,)."""
        return float(self.shares @ costs)

    def error(self, costs: Floats) -> float:
        """The standard error of that mean; 0 where a single group cannot tell."""
        k = len(costs)
        if k < 2:
            return 0.0
        off = self.shares * (costs - self.mean(costs))
        return math.sqrt(float(off @ off) * k / (k - 1))


class Trial:
    """A network on its way through the epochs. One thread at a time has it.

    Args:
        network: what is tried.
        examples: what it is trained on, checked.
        groups: what it is not trained on.
        options: how.
        stop: ends the search.

    Attributes:
        costs: of the groups, where their mean was the lowest; None: not measured.
        divergence: the error that ended its training.
    """

    def __init__(
        self,
        network: Network,
        examples: Examples,
        groups: Groups,
        options: TrainingOptions,
        stop: threading.Event,
    ) -> None:
        self.network, self._groups = network, groups
        self._examples, self._options, self._stop = examples, options, stop
        self._events: Generator[Event, None, None] | None = None
        self._start: TrainingStart | None = None
        self._done, self._epochs, self._seconds = 0, 0, 0.0
        self.costs: Floats | None = None
        self.divergence: DivergenceError | None = None

    def train(self, epochs: int) -> None:
        """Go on until so many epochs are done in all, or the search is stopped, and measure.

        Raises:
            TooLargeError: there is not enough memory.
        """
        began = now()
        try:
            self._train(epochs)
        except DivergenceError as error:
            # A training with these options would end so, whatever was measured on the way.
            self.costs, self.divergence = None, error
        finally:
            self._seconds += now() - began

    def _train(self, epochs: int) -> None:
        if self._stop.is_set():
            return
        if self._events is None:
            self._events = fit(self.network, self._examples, self._options, stop=self._stop)
            self._start = next(self._events)  # type: ignore[assignment] # the first event is the start
        while self._done < epochs and not self._stop.is_set():
            event = next(self._events, None)
            if not isinstance(event, EpochEnd):
                break
            self._done = event.epoch + 1
        assert self._start is not None  # it has begun
        state = self._start.now.training_state()
        if state.step_count == 0:
            return
        costs = self._groups.costs(self.network, state.parameters)
        mean = self._groups.mean(costs)
        if not math.isfinite(mean):
            raise DivergenceError(
                f"the validation cost became {mean} after epoch {self._done - 1}; expected a finite "
                "number: take a smaller learning rate, or scale the inputs",
                state.step_count,
                dict(state.parameters),
            )
        if mean < self.cost:
            self.costs, self._epochs = costs, self._done

    def give_up(self) -> None:
        """Let go of the training."""
        self._events = self._start = None

    @property
    def cost(self) -> float:
        """The lowest that was measured."""
        return math.inf if self.costs is None else self._groups.mean(self.costs)

    @property
    def row(self) -> TriedLayers:
        """What is known of it now."""
        hidden = self.network.layer_dims[1:-1]
        return TriedLayers(hidden, self.network.parameter_count, self._epochs, self.cost, self._seconds)
