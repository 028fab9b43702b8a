"""A learning-rate range test (Smith 2017): find the rate to train with, in one run over all rates."""

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

# A fall of no more standard errors than these may be chance, since the lowest of many decades is taken.
_STANDARD_ERRORS = 4.0


@dataclass(frozen=True, eq=False)
class LearningRateRange:
    """The result of a range test.

    Attributes:
        rates: the learning rate of each step, (k,), growing by the same factor from step to step.
        costs: cost of the batch of each step, before the step, penalties included, (k,). The effect of a
            rate shows in the costs after its own.
        smoothed: the exponentially weighted mean of the costs so far, (k,); the weight of a cost is that of
            its batch.
        suggestion: a rate to train with, see `lr_find`; None: no rate lowered the cost.
        reason: how the test ended, and the reason of the suggestion or of its lack.
    """

    rates: Floats
    costs: Floats
    smoothed: Floats
    suggestion: float | None
    reason: str

    def __repr__(self) -> str:
        suggestion = "no suggestion" if self.suggestion is None else f"suggestion {self.suggestion:.2g}"
        return f"LearningRateRange({suggestion}, {len(self.rates)} rates)"

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
        """The number of rates."""
        return self._count

    def batches(self, first: int, count: int) -> Batches:
        """All batches, since there is one epoch."""
        del first, count
        return super().batches(0, math.ceil(self._count / super().steps_per_epoch)).part(0, self._count)

    def costs(self, costs: Sequence[float], batches: Batches) -> list[float]:
        """The last cost, as that of the one epoch."""
        del batches
        return [costs[-1]]


class _Line(NamedTuple):
    """The least-squares line through consecutive costs, over the logarithm of their rates."""

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

    The steps are those of a training with these options: its initial weights, batches, optimizer, clipping
    and dropout; with fewer batches than steps, epochs repeat. The learning rate, the schedule and early
    stopping of the options are not used. No argument is changed; a generator in the options does not
    advance.

    The test ends early if the cost is no longer finite, or if the smoothed cost rises too far above its
    lowest value: by more than `rise` times that value, or `rise` times the fall to it if that is more.

    The suggestion: every decade of rates (at least 5 rates) that ends at or before the lowest smoothed cost
    gets a least-squares line of cost over the logarithm of the rate. The suggested rate is the middle of
    the decade with the steepest fall. There is no suggestion unless the mean cost of the last of these
    decades is below that of the first by more than 4 standard errors, estimated from the scatter about the
    two lines.

    Args:
        network: the network to train.
        examples: X (n_x, m) and Y (n_y, m), of any array library.
        options: training options; None: the course's.
        lowest: the first rate.
        highest: the last rate, unless the test ends early.
        steps: number of rates.
        smoothing: factor by which each step shrinks the weight of earlier costs, in [0, 1).
        rise: see above.
        parameters: the initial parameters; None: freshly drawn.

    Raises:
        OptionError: a rate, `steps`, `smoothing` or `rise` out of its range.
        DivergenceError: the cost was not finite before the first step.
        KeyboardInterrupt: Ctrl-C; an incomplete test gives no suggestion.
        ShapeError, NonFiniteError, LabelError, TooLargeError: as for `fit`.
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
    curve = rates[:k], np.array(costs), np.array(smoothed)
    width = _width(rates)
    if k < width:
        reason = f"{ending} after {k} steps, too few to see a slope; expected a smaller lowest rate"
        return LearningRateRange(*curve, None, reason)
    suggestion, reason = _suggested(*curve, width)
    return LearningRateRange(*curve, suggestion, f"{ending}; {reason}")


def _rates(lowest: float, highest: float, steps: int) -> Floats:
    lowest = check_number("lowest", lowest, above=0.0)
    highest = check_number("highest", highest, above=lowest)
    is_integer = isinstance(steps, (int, np.integer)) and not isinstance(steps, bool)
    if not is_integer or steps < _LEAST_STEPS:
        raise OptionError(f"steps is {steps!r:.80}; expected an integer of at least {_LEAST_STEPS}")
    return np.geomspace(lowest, highest, steps)


def _growing(options: TrainingOptions, rates: Floats) -> TrainingOptions:
    """The options with growing rates, one epoch, and no early stopping."""
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
    """The cost of each step, the smoothed costs, and how the test ended."""
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
        return costs, smoothed, f"the cost was no longer finite at the rate {rate:.2g}"
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
    """The number of consecutive rates that span a decade."""
    per_decade = (len(rates) - 1) / math.log10(rates[-1] / rates[0])
    return min(max(round(per_decade) + 1, _LEAST_WINDOW), len(rates) // 2)


def _suggested(rates: Floats, costs: Floats, smoothed: Floats, width: int) -> tuple[float | None, str]:
    # The first smoothed costs are means of too few.
    low = width - 1 + int(np.argmin(smoothed[width - 1 :]))
    x = np.log10(rates)
    decades = [slice(i, i + width) for i in range(low - width + 2)]
    lines = [_line(x[decade], costs[decade]) for decade in decades]
    first, last = lines[0], lines[-1]
    chance = _STANDARD_ERRORS * math.sqrt((first.variance + last.variance) / width)
    if not first.mean - last.mean > chance:
        return None, (
            f"the cost did not fall: its mean is {first.mean:.4g} over the first decade of rates and "
            f"{last.mean:.4g} over the one up to the lowest, and chance alone can make {chance:.2g}; "
            "expected a smaller lowest rate, more steps, or larger batches"
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
