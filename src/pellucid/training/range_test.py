"""A learning-rate range test (Smith 2017): the rate to train with, found by trying all in one go."""

import copy
import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from pellucid.core._arrays import Array, as_numpy, check_number
from pellucid.display import facts
from pellucid.engines import Batches, TrainingState
from pellucid.errors import DivergenceError, OptionError
from pellucid.examples import Examples
from pellucid.network import Network
from pellucid.training.events import StepEnd, TrainingEnd
from pellucid.training.loop import fit
from pellucid.training.options import TrainingOptions
from pellucid.training.order import Order
from pellucid.training.schedules import Schedule
from pellucid.training.validation import split_off

Floats = np.ndarray[Any, Any]

# Fewer steps show no slope.
_LEAST_STEPS, _LEAST_WINDOW = 10, 5

# A fall of no more standard errors than these may be chance: the lowest of many decades is looked at.
_STANDARD_ERRORS = 4.0


@dataclass(frozen=True, eq=False)
class LearningRateRange:
    """What a range test found.

    Attributes:
        rates: the learning rate of each step, (k,), growing by the same factor from step to step.
        costs: of the batch of each step before it, penalties included, (k,). What a rate does shows in the
            costs after its own.
        smoothed: the mean of the costs so far, (k,), each cost counting less by a factor the longer ago
            it was, and the more the larger its batch.
        suggestion: a rate to train with, see `lr_find`; None: no rate brought the cost down.
        reason: how the test ended, and where the suggestion comes from or why there is none.
    """

    rates: Floats
    costs: Floats
    smoothed: Floats
    suggestion: float | None
    reason: str

    def __repr__(self) -> str:
        said = "no suggestion" if self.suggestion is None else f"suggestion {self.suggestion:.2g}"
        return f"LearningRateRange({said}, {len(self.rates)} rates)"

    def _repr_html_(self) -> str:
        said = "none" if self.suggestion is None else f"{self.suggestion:.2g}"
        pairs = [("suggested learning rate", said), ("why", self.reason)]
        if len(self.rates):
            pairs.append(("tried", f"{len(self.rates)} rates, {self.rates[0]:.2g} to {self.rates[-1]:.2g}"))
        return facts([*pairs, ("picture", "pellucid.plots.draw_learning_rates")])


class _FirstBatches(Order):
    """The first batches of a training as one epoch, over which the rates grow."""

    def __init__(self, m: int, batch_size: int | None, shuffle_seed: int, count: int) -> None:
        super().__init__(m, batch_size, shuffle_seed)
        self._count = count

    @property
    def steps_per_epoch(self) -> int:
        """As many as there are rates."""
        return self._count

    def batches(self, first: int, count: int) -> Batches:
        """All of them; there is one epoch."""
        del first, count
        return super().batches(0, math.ceil(self._count / super().steps_per_epoch)).part(0, self._count)

    def costs(self, costs: Sequence[float], batches: Batches) -> list[float]:
        """Of the one epoch, the last."""
        del batches
        return [costs[-1]]


class _Line(NamedTuple):
    """The least-squares line through some costs in a row, over the logarithm of their rates."""

    slope: float
    mean: float
    variance: float


def lr_find(
    network: Network,
    examples: Examples,
    options: TrainingOptions | None = None,
    *,
    lowest: float = 1e-6,
    highest: float = 10.0,
    steps: int = 100,
    smoothing: float = 0.9,
    rise: float = 3.0,
    parameters: Mapping[str, Array] | None = None,
) -> LearningRateRange:
    """Train for some steps at rates that grow from far too small to far too large, and watch the cost.

    The steps are those of a training with these options: its first weights, batches, optimizer, clipping
    and dropout; where there are fewer batches than steps, epochs repeat. Only the learning rate, the
    schedule and everything about when to stop are not theirs. Nothing that is handed in is changed, and
    a generator among the options does not advance.

    The test ends early where the cost is no longer finite; or where the smoothed cost has risen above the
    lowest by more than `rise` times the size of that, or of the fall before it if that is more.

    The suggestion: through the costs of every decade of rates (at least 5 of them) that ends at or before
    the lowest smoothed cost, put the least-squares line over the logarithm of the rate. The rate in the
    middle of the decade whose line falls the steepest is suggested. There is none unless the mean cost of
    the last of these decades is below that of the first by more than 4 standard errors: the scatter
    about their lines says how far chance takes it.

    Args:
        network: what is to be trained.
        examples: X (n_x, m) and Y (n_y, m), of any array library.
        options: how; the defaults are the course's.
        lowest: the first rate.
        highest: the last one, unless the test ends before.
        steps: how many rates.
        smoothing: what each step leaves of the weight that earlier costs have, in [0, 1).
        rise: see above.
        parameters: where to start instead of freshly drawn weights.

    Raises:
        OptionError: rates, steps or numbers that make no test.
        DivergenceError: the cost was not finite before any step.
        KeyboardInterrupt: Ctrl-C: part of a test suggests nothing.
        ShapeError, NonFiniteError, LabelError, TooLargeError: as of `fit`.
    """
    options = options or TrainingOptions()
    rates = _rates(lowest, highest, steps)
    beta = check_number("smoothing", smoothing, least=0.0, below=1.0)
    rise = check_number("rise", rise, above=0.0)
    examples = examples.checked(network)
    if options.validation_fraction is not None:
        examples, _ = split_off(network, examples, options.validation_fraction, options.shuffle_seed)
    state = None if parameters is None else TrainingState(parameters)
    steps_taken = _steps(network, examples, _growing(options, rates), state, len(rates))
    with closing(steps_taken):
        costs, smoothed, ending = _costs(examples, steps_taken, rates.tolist(), beta, rise)
    k = len(costs)
    found = rates[:k], np.array(costs), np.array(smoothed)
    width = _width(rates)
    if k < width:
        why = f"{ending} after {k} steps, too few to see a slope; expected a smaller lowest rate"
        return LearningRateRange(*found, None, why)
    suggestion, why = _suggested(*found, width)
    return LearningRateRange(*found, suggestion, f"{ending}; {why}")


def _rates(lowest: float, highest: float, steps: int) -> Floats:
    lowest = check_number("lowest", lowest, above=0.0)
    highest = check_number("highest", highest, above=lowest)
    whole = isinstance(steps, (int, np.integer)) and not isinstance(steps, bool)
    if not whole or steps < _LEAST_STEPS:
        raise OptionError(f"steps is {steps!r:.80}; expected a whole number of at least {_LEAST_STEPS}")
    return np.geomspace(lowest, highest, steps)


def _growing(options: TrainingOptions, rates: Floats) -> TrainingOptions:
    """The same steps at growing rates, in one epoch; nothing else ends them."""
    return replace(
        options,
        epochs=1,
        learning_rate=float(rates[0]),
        schedule=Schedule("exponential", ratio=float(rates[-1] / rates[0])),
        rng=copy.deepcopy(options.rng),
        validation_fraction=None,
        patience=None,
    )


def _costs(
    examples: Examples, steps: Iterator[StepEnd], rates: list[float], beta: float, rise: float
) -> tuple[list[float], list[float], str]:
    """The cost of each step, the smoothed costs, and how it ended."""
    weights = np.ones(examples.m) if examples.weights is None else as_numpy(examples.weights)[0]
    costs: list[float] = []
    smoothed: list[float] = []
    total = mass = 0.0
    low = math.inf
    try:
        for event in steps:
            weight = float(weights.sum() if event.columns is None else weights[event.columns].sum())
            total, mass = beta * total + weight * event.cost, beta * mass + weight
            costs.append(event.cost)
            smoothed.append(total / mass if mass else event.cost)
            low = min(low, smoothed[-1])
            if smoothed[-1] - low > rise * max(abs(low), smoothed[0] - low):
                rate = rates[len(costs) - 1]
                return costs, smoothed, f"the cost rose far above its lowest at the rate {rate:.2g}"
    except DivergenceError:
        if not costs:
            raise
        rate = rates[len(costs) - 1]
        return costs, smoothed, f"the cost left the finite numbers at the rate {rate:.2g}"
    return costs, smoothed, f"all {len(rates)} rates were tried"


def _steps(
    network: Network, examples: Examples, options: TrainingOptions, state: TrainingState | None, count: int
) -> Generator[StepEnd, None, None]:
    """The first steps of a training."""
    order = _FirstBatches(examples.m, options.batch_size, options.shuffle_seed, count)
    with closing(fit(network, examples, options, state=state, order=order, every="step")) as events:
        for event in events:
            if isinstance(event, StepEnd):
                yield event
                if event.iteration == count:
                    return
            elif isinstance(event, TrainingEnd) and event.history.reason == "interrupted":
                raise KeyboardInterrupt


def _width(rates: Floats) -> int:
    """How many rates in a row span a decade."""
    per_decade = (len(rates) - 1) / math.log10(rates[-1] / rates[0])
    return min(max(round(per_decade) + 1, _LEAST_WINDOW), len(rates) // 2)


def _suggested(rates: Floats, costs: Floats, smoothed: Floats, width: int) -> tuple[float | None, str]:
    # The first costs are smoothed over too few.
    low = width - 1 + int(np.argmin(smoothed[width - 1 :]))
    x = np.log10(rates)
    decades = [slice(i, i + width) for i in range(low - width + 2)]
    lines = [_line(x[decade], costs[decade]) for decade in decades]
    first, last = lines[0], lines[-1]
    chance = _STANDARD_ERRORS * math.sqrt((first.variance + last.variance) / width)
    if not first.mean - last.mean > chance:
        return None, (
            f"the cost did not fall: its mean is {first.mean:.4g} over the first decade of rates and "
            f"{last.mean:.4g} over the one up to the lowest, and chance alone makes {chance:.2g}; expected "
            "a smaller lowest rate, more steps, or larger batches"
        )
    steepest = min(range(len(lines)), key=lambda i: lines[i].slope)
    suggestion = float(10 ** x[decades[steepest]].mean())
    return suggestion, f"it fell the steepest about the rate {suggestion:.2g}"


def _line(x: Floats, costs: Floats) -> _Line:
    mean = float(costs.mean())
    x, r = x - x.mean(), costs - mean
    slope = float(x @ r / (x @ x))
    r = r - slope * x
    return _Line(slope, mean, float(r @ r) / (len(x) - 2))
