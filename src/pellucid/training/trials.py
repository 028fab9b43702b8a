"""Trial: the training of one candidate, and the cost of the held-out examples."""

import math
import threading
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

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
from pellucid.training.feed import evaluate
from pellucid.training.loop import fit

Floats = np.ndarray[Any, Any]

# The number of groups of held-out examples; their scatter gives the standard error of the cost.
_GROUPS = 32

# Seconds that a training has to run before its speed predicts its end.
_SECONDS_TO_JUDGE_BY = 0.5


@dataclass(frozen=True)
class TrialResult:
    """The result of a candidate.

    Attributes:
        candidate: the settings.
        epochs: number of epochs before the cost was measured; 0 without a cost.
        validation_cost: the cost of the held-out examples, without dropout, penalties or label smoothing;
            the lowest one, if a training was measured several times. Infinite without a measurement: the
            training diverged, or time ran out or Ctrl-C came too early.
        seconds: duration of the training, on one thread while others train.
        folds: number of splits of the examples over which the cost is the mean.
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
        """The number of parameters of the network."""
        return self.candidate.network.parameter_count

    def __repr__(self) -> str:
        cost = f"validation cost {self.validation_cost:.4g}"
        return f"TrialResult({shown_layers(self.hidden)}, {cost} after {self.epochs} epochs)"


def trials_html(results: Sequence[TrialResult], chosen: int, reason: str) -> str:
    """A table for a notebook, with the chosen candidate in bold and the reason of the choice."""
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
        shares: of the weight, one per group, (k,); they add up to 1.
    """

    parts: tuple[Examples, ...]
    shares: Floats

    @classmethod
    def drawn(cls, held_out: Examples, seed: int) -> Self:
        """Draw groups by `RandomState(seed)`; groups without weight are left out."""
        order = np.random.RandomState(seed).permutation(held_out.m)
        Y, weights = (None if part is None else as_numpy(part) for part in (held_out.Y, held_out.weights))
        X = as_numpy(held_out.X) if held_out.is_dense else held_out.X
        held_out = Examples(X, Y, weights, finite=True)
        parts = [held_out.take(columns) for columns in np.array_split(order, min(_GROUPS, held_out.m))]
        sums = [part.m if part.weights is None else part.weights.sum() for part in parts]
        kept = np.flatnonzero(sums)
        shares = np.asarray(sums, np.float64)[kept]
        return cls(tuple(parts[i] for i in kept), shares / shares.sum())

    def costs(self, network: Network, parameters: Mapping[str, Array]) -> Floats:
        """The cost of each group, (k,)."""
        arrays = {name: as_numpy(value) for name, value in parameters.items()}
        predictor = engine_for("auto", network).predictor(network, arrays)
        return np.array([evaluate(predictor, part)[0] for part in self.parts])

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


class Measured(NamedTuple):
    """What a trial found out; the attributes of `Trial`."""

    costs: Floats | None
    epochs: int
    seconds: float
    divergence: DivergenceError | None
    ended: bool
    gave_up: bool


class Trial:
    """The training of a candidate, which can pause and go on. One thread at a time uses it.

    Args:
        candidate: the settings.
        examples: the training examples, checked.
        groups: the held-out examples.
        stop: ends the trial within a fraction of a second, or one step if that is longer.
        deadline: the trial gives up as soon as its speed shows that it will not end before this time of
            `call_size.now`; None: never.

    Attributes:
        costs: costs of the groups from the measurement with the lowest mean; None: not measured.
        divergence: the error that ended the training; None: no divergence.
        ended: whether the training is complete.
        gave_up: whether the trial gave up because of the deadline.
        epochs: number of epochs before `costs` were measured.
        seconds: duration of the training so far.
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
        """Train up to this number of epochs in all, or until the search is stopped; then measure.

        Raises:
            TooLargeError: not enough memory.
        """
        began = now()
        try:
            self._train(epochs, began)
        except DivergenceError as error:
            # A training with these options ends in a divergence, so earlier measurements do not count.
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
        # Set last: a thread that sees it also sees the costs.
        self.ended = ended

    def _too_slow(self, seconds: float, done: int, left: int) -> bool:
        """Whether a training that took `seconds` for `done` epochs will miss the deadline."""
        # The end of a training with early stopping cannot be predicted.
        if self._deadline is None or self.candidate.options.patience is not None:
            return False
        return seconds > _SECONDS_TO_JUDGE_BY and now() + seconds / done * left > self._deadline

    def _measure(self, parameters: Mapping[str, Array] | None) -> None:
        """Measure the cost of parameters; None: the present ones."""
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

    def adopt(self, other: "Measured") -> None:
        """Take what a trial of the same candidate found out in another process."""
        self.costs, self.epochs, self.seconds, self.divergence, self.ended, self.gave_up = other

    @property
    def measured(self) -> "Measured":
        """What it found out."""
        return Measured(*(self.costs, self.epochs, self.seconds, self.divergence, self.ended, self.gave_up))

    def release(self) -> None:
        """Free the memory of the training, and keep the measurements."""
        self._events = self._start = None

    @property
    def cost(self) -> float:
        """The lowest measured cost; infinite without a measurement."""
        return math.inf if self.costs is None else self._groups.mean(self.costs)

    @property
    def result(self) -> TrialResult:
        """The result so far."""
        return TrialResult(self.candidate, self.epochs, self.cost, self.seconds)
