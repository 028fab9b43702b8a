"""A trial: the training of one candidate, and the cost of the examples that were held out of it."""

import math
import threading
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from pellucid.core._arrays import Array, as_numpy
from pellucid.display import facts, table
from pellucid.engines import engine_for
from pellucid.errors import DivergenceError
from pellucid.examples import Examples
from pellucid.network import Network
from pellucid.training.call_size import now
from pellucid.training.candidates import Candidate, differing, shown_layers
from pellucid.training.events import EpochEnd, Event, TrainingEnd, TrainingStart
from pellucid.training.loop import fit

Floats = np.ndarray[Any, Any]

# The held-out examples are dealt into so many groups, whose scatter gives the standard error of their cost.
_GROUPS = 32

# A training has to run for so many seconds before its speed tells when it will end.
_SECONDS_TO_JUDGE_BY = 0.5


@dataclass(frozen=True)
class TrialResult:
    """What is known of a candidate.

    Attributes:
        candidate: the settings.
        epochs: the epochs after which the cost was measured; 0 without a cost.
        validation_cost: the cost of the held-out examples, without dropout, penalties or label smoothing;
            the lowest, where it was measured several times in a training. Infinite where there is none: the
            training diverged, or did not get far enough before time ran out or Ctrl-C came.
        seconds: what the training took, on one thread beside others.
        folds: in how many splits of the examples the cost was measured; it is their mean.
    """

    candidate: Candidate
    epochs: int
    validation_cost: float
    seconds: float
    folds: int = 1

    @property
    def hidden(self) -> tuple[int, ...]:
        """Units of each hidden layer."""
        return self.candidate.hidden

    @property
    def parameter_count(self) -> int:
        """How many numbers the network adjusts."""
        return self.candidate.network.parameter_count

    def __repr__(self) -> str:
        cost = f"validation cost {self.validation_cost:.4g}"
        return f"TrialResult({shown_layers(self.hidden)}, {cost} after {self.epochs} epochs)"


def trials_html(results: Sequence[TrialResult], chosen: int, reason: str) -> str:
    """A table for a notebook, the chosen candidate in bold, and why it was chosen."""
    settings = differing([result.candidate for result in results])
    names = list(dict.fromkeys(name for each in settings for name in each))
    rows = [
        (
            *(_cell(name, each.get(name)) for name in names),
            f"{result.parameter_count:,}",
            f"{result.validation_cost:.4g}" if math.isfinite(result.validation_cost) else "",
            f"{result.epochs:,}",
            f"{result.seconds:.2f}",
        )
        for each, result in zip(settings, results, strict=True)
    ]
    head = ["hidden layers" if name == "hidden" else name for name in names]
    head += ["parameters", "validation cost", "epochs trained", "seconds"]
    html = table(head, rows, "<" * len(names) + ">>>>", strong=chosen)
    return html + facts([("chosen", reason)])


def _cell(name: str, value: Any) -> str:
    if name == "hidden":
        return " x ".join(map(str, value)) or "none"
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True, eq=False)
class Groups:
    """Held-out examples in groups, and each group's share of the total weight.

    Attributes:
        parts: the groups.
        shares: of each, (k,); they add up to 1.
    """

    parts: tuple[Examples, ...]
    shares: Floats

    @classmethod
    def drawn(cls, held_out: Examples, seed: int) -> Self:
        """Deal examples into groups by `RandomState(seed)`; groups without weight are left out."""
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
        """The cost of all examples, from the costs of the groups (k,)."""
        return float(self.shares @ costs)


def standard_error(shares: Floats, values: Floats) -> float:
    """The standard error of a weighted mean; 0 for a single value.

    Args:
        shares: the weights, (k,); they add up to 1.
        values: (k,).
    """
    k = len(values)
    if k < 2:
        return 0.0
    deviations = shares * (values - shares @ values)
    return math.sqrt(float(deviations @ deviations) * k / (k - 1))


class Trial:
    """The training of a candidate, which can pause and go on. One thread at a time has it.

    Args:
        candidate: what is tried.
        examples: what it is trained on, checked.
        groups: what it is measured on.
        stop: ends the trial within a fraction of a second, or one step if that is longer.
        deadline: the trial gives up as soon as its speed shows that it will not end before this moment of
            `call_size.now`; None: never.

    Attributes:
        costs: of the groups, where their mean was the lowest; None: not measured.
        divergence: the error that ended the training.
        ended: the training ran to its end.
        gave_up: the deadline ended it.
        epochs: the epochs after which the cost was measured.
        seconds: what it took.
    """

    def __init__(
        self,
        candidate: Candidate,
        examples: Examples,
        groups: Groups,
        stop: threading.Event,
        deadline: float | None = None,
    ) -> None:
        self.candidate, self._groups = candidate, groups
        self._examples, self._stop, self._deadline = examples, stop, deadline
        self._events: Generator[Event, None, None] | None = None
        self._start: TrainingStart | None = None
        self._done = 0
        self.epochs, self.seconds = 0, 0.0
        self.costs: Floats | None = None
        self.divergence: DivergenceError | None = None
        self.ended = self.gave_up = False

    def train(self, epochs: int) -> None:
        """Train until so many epochs are done in all, or the search is stopped, and measure.

        Raises:
            TooLargeError: there is not enough memory.
        """
        began = now()
        try:
            self._train(epochs, began)
        except DivergenceError as error:
            # A training with these options would end so, whatever was measured on the way.
            self.costs, self.divergence = None, error
        finally:
            self.seconds += now() - began

    def _train(self, epochs: int, began: float) -> None:
        if self._stop.is_set() or self.ended:
            return
        candidate = self.candidate
        if self._events is None:
            self._events = fit(
                candidate.network, self._examples, candidate.options, stop=self._stop, tested=False
            )
            self._start = next(self._events)  # type: ignore[assignment] # the first event is the start
        first, whole = self._done, epochs >= candidate.options.epochs
        parameters: Mapping[str, Array] | None = None
        ended = False
        while parameters is None and (whole or self._done < epochs) and not self._stop.is_set():
            event = next(self._events)
            if isinstance(event, TrainingEnd):
                ended = event.history.reason in ("completed", "early_stopping")
                parameters = event.parameters
            elif isinstance(event, EpochEnd):
                self._done = event.epoch + 1
                if self._too_slow(now() - began, self._done - first, epochs - self._done):
                    self.gave_up = True
                    return
        self._measure(parameters)
        # At last: somebody who reads it while this thread runs finds the costs too.
        self.ended = ended

    def _too_slow(self, seconds: float, done: int, left: int) -> bool:
        """Whether a training that took some seconds for some epochs will miss the deadline."""
        # Early stopping ends a training at an epoch that nobody knows beforehand.
        if self._deadline is None or self.candidate.options.patience is not None:
            return False
        return seconds > _SECONDS_TO_JUDGE_BY and now() + seconds / done * left > self._deadline

    def _measure(self, parameters: Mapping[str, Array] | None) -> None:
        """Measure parameters; None: those of the training as it stands."""
        assert self._start is not None  # it has begun
        state = self._start.now.training_state()
        if state.step_count == 0:
            return
        parameters = state.parameters if parameters is None else parameters
        costs = self._groups.costs(self.candidate.network, parameters)
        mean = self._groups.mean(costs)
        if not math.isfinite(mean):
            raise DivergenceError(
                f"the validation cost became {mean} after epoch {self._done - 1}; expected a finite "
                "number: take a smaller learning rate, or scale the inputs",
                state.step_count,
                dict(parameters),
            )
        if mean < self.cost:
            self.costs, self.epochs = costs, self._done

    def release(self) -> None:
        """Free the memory of the training; what was measured stays."""
        self._events = self._start = None

    @property
    def cost(self) -> float:
        """The lowest that was measured; infinite without one."""
        return math.inf if self.costs is None else self._groups.mean(self.costs)

    @property
    def result(self) -> TrialResult:
        """What is known of the candidate now."""
        return TrialResult(self.candidate, self.epochs, self.cost, self.seconds)
