"""One hidden shape on trial: a training that can be stopped from outside, and what it is worth."""

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from pellucid.core._arrays import Array, as_numpy
from pellucid.engines import Batches, Memory, Session
from pellucid.errors import DivergenceError
from pellucid.network import Network
from pellucid.training.options import TrainingOptions
from pellucid.training.pace import Pace, now
from pellucid.training.run import Run
from pellucid.training.validation import Weighted

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

    parts: tuple[Weighted, ...]
    shares: Floats

    @classmethod
    def drawn(cls, held_out: Weighted, seed: int) -> Self:
        """Deal them by `RandomState(seed)`; groups without weight are left out."""
        order = np.random.RandomState(seed).permutation(held_out.m)
        parts = [held_out.take(some) for some in np.array_split(order, min(_GROUPS, held_out.m))]
        sums = [part.m if part.weights is None else as_numpy(part.weights).sum() for part in parts]
        kept = np.flatnonzero(sums)
        shares = np.asarray(sums, np.float64)[kept]
        return cls(tuple(parts[i] for i in kept), shares / shares.sum())

    def costs(self, network: Network, parameters: dict[str, Array]) -> Floats:
        """The cost of each group, (k,)."""
        return np.array([part.cost(network, parameters) for part in self.parts])

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

    Attributes:
        costs: of the groups, where their mean was the lowest; None: not measured.
        divergence: the error that ended its training.
    """

    def __init__(
        self, network: Network, examples: Weighted, groups: Groups, options: TrainingOptions
    ) -> None:
        self.network, self._groups = network, groups
        self._examples, self._options = examples, options
        self._run: Run | None = None
        self._epochs, self._seconds = 0, 0.0
        self.costs: Floats | None = None
        self.divergence: DivergenceError | None = None

    def train(self, epochs: int, stop: threading.Event) -> None:
        """Go on until so many epochs are done in all, or the event is set, and measure.

        Raises:
            TooLargeError: there is not enough memory.
        """
        began = now()
        try:
            self._train(epochs, stop)
        except DivergenceError as error:
            # A training with these options would end so, whatever was measured on the way.
            self.costs, self.divergence = None, error
        finally:
            self._seconds += now() - began

    def _train(self, epochs: int, stop: threading.Event) -> None:
        if stop.is_set():
            return
        if self._run is None:
            self._run = Run(self.network, self._examples, None, self._options, None)
            self._run.session = Stoppable(self._run.session, stop)
        run = self._run
        try:
            while run.epoch < epochs:
                run.advance(epochs - run.epoch)
        except KeyboardInterrupt:
            if not run.session.iteration:
                return
        parameters = run.snapshot()
        costs = self._groups.costs(self.network, parameters)
        mean = self._groups.mean(costs)
        if not math.isfinite(mean):
            raise DivergenceError(
                f"the validation cost became {mean} after epoch {run.epoch - 1}; expected a finite number: "
                "take a smaller learning rate, or scale the inputs",
                run.session.iteration,
                parameters,
            )
        if mean < self.cost:
            self.costs, self._epochs = costs, run.epoch

    def give_up(self) -> None:
        """Let go of what further training would need."""
        self._run = None

    @property
    def cost(self) -> float:
        """The lowest that was measured."""
        return math.inf if self.costs is None else self._groups.mean(self.costs)

    @property
    def row(self) -> TriedLayers:
        """What is known of it now."""
        hidden = self.network.layer_dims[1:-1]
        return TriedLayers(hidden, self.network.parameter_count, self._epochs, self.cost, self._seconds)


class Stoppable(Session):
    """A session whose calls end when an event is set, as they end on Ctrl-C in the main thread.

    Python's signals do not come to other threads.
    """

    def __init__(self, session: Session, stop: threading.Event) -> None:
        self._session, self._stop = session, stop
        self._pace = Pace()
        self._penalties: list[float] = []

    def advance(self, batches: Batches, learning_rates: float | Sequence[float]) -> list[float]:
        """See `Session.advance`."""
        costs: list[float] = []
        self._penalties = []
        while len(costs) < len(batches):
            if self._stop.is_set():
                raise KeyboardInterrupt
            first = len(costs)
            last = min(first + self._pace.epochs, len(batches))
            rates = learning_rates if isinstance(learning_rates, float) else learning_rates[first:last]
            began = now()
            costs += self._session.advance(_piece(batches, first, last), rates)
            self._pace.took(last - first, now() - began)
            self._penalties += self._session.penalties
        return costs

    @property
    def penalties(self) -> list[float]:
        """See `Session.penalties`."""
        return self._penalties

    def cost_and_gradient(self, row: Floats) -> tuple[float, Floats]:
        """See `Session.cost_and_gradient`."""
        return self._session.cost_and_gradient(row)

    @property
    def beyond_precision(self) -> float:
        """See `Session.beyond_precision`."""
        return self._session.beyond_precision

    def memory(self) -> Memory:
        """See `Session.memory`."""
        return self._session.memory()

    @property
    def iteration(self) -> int:
        """See `Session.iteration`."""
        return self._session.iteration

    def snapshot(self) -> dict[str, Array]:
        """See `Session.snapshot`."""
        return self._session.snapshot()

    def finish(self) -> dict[str, Array]:
        """See `Session.finish`."""
        return self._session.finish()


def _piece(batches: Batches, first: int, last: int) -> Batches:
    """Some of the batches."""
    if batches.columns is None:
        return Batches.full(last - first)
    offsets = batches.offsets[first : last + 1]
    return Batches(batches.columns[offsets[0] : offsets[-1]], offsets - offsets[0])
