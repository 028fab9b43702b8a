"""Schedule: the learning rate of every step of a training. A frozen value, and pure functions of the step.

The number of steps and epochs is known beforehand, and so is the rate of every step. Only "adaptive"
depends on the costs: it takes the cost of each epoch.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np

from pellucid.core.learning_rate import schedule_lr_decay, update_lr
from pellucid.errors import OptionError
from pellucid.settings import check, declared_by, described_by, setting, spelled

Floats = np.ndarray[Any, np.dtype[np.float64]]

# The schedules by name, each with its numbers and their usual values.
SCHEDULES: dict[str, dict[str, float]] = {
    "constant": {},
    "step": {"factor": 0.1, "every": 30},
    "inverse_scaling": {"power": 0.5},
    "decay": {"decay_rate": 1.0, "every": 1},
    "adaptive": {"divisor": 5.0, "tol": 1e-4, "patience": 10},
    "cosine": {"floor": 0.0},
    "exponential": {"ratio": 0.01},
    "one_cycle": {"start": 0.04, "end": 4e-6, "rise": 0.3},
}

# Those whose rates depend on the length of the whole training.
LONG = ("cosine", "exponential", "one_cycle")

# An adaptive rate as small as this is not divided again: scikit-learn stops there.
_SMALLEST = 1e-6


class Extent(NamedTuple):
    """The length of the whole training, over which some schedules extend."""

    epochs: int
    steps_per_epoch: int = 1
    m: int = 1

    @property
    def steps(self) -> int:
        """The number of steps of the whole training."""
        return self.epochs * self.steps_per_epoch


@dataclass(frozen=True)
class Schedule:
    """The learning rate as a function of the step, by name, with its numbers.

    Let rate be the learning rate, e the epoch and s the step, both counted from 0, of E epochs and S steps:

    - "constant": rate.
    - "step": rate factor^floor(e / every).
    - "inverse_scaling": rate / (t + 1)^power, with t = e m the number of examples before the epoch, as in
      scikit-learn.
    - "decay": the course's, rate / (1 + decay_rate floor(e / every)).
    - "adaptive": divided by `divisor` whenever more than `patience` epochs in a row have not lowered the
      cost by `tol` below the best. As in scikit-learn, but a small rate does not end the training.
    - "cosine": rate (floor + (1 - floor) (1 + cos(pi s / S)) / 2).
    - "exponential": rate ratio^(s / (S - 1)): the same factor from step to step, down or up to ratio rate.
    - "one_cycle": by half cosines up from start rate to rate during the share `rise` of the steps, then
      down to end rate. Momentum does not change.

    Args:
        name: one of these.
        factor: see above; None, here and below: the usual number of the schedule, see `SCHEDULES`.
        every: epochs.
        power: see above.
        decay_rate: see above.
        divisor: see above.
        tol: least fall of the cost that counts as an improvement.
        patience: epochs.
        floor: share of the learning rate, like `start` and `end`.
        ratio: see above; above 1 the rate grows, as in `lr_find`.
        start: see above.
        end: see above.
        rise: share of the steps.
        warmup_epochs: epochs in which the rate first grows linearly to that of the schedule: step s takes
            the share (s + 1) / W of it, with W the number of steps in these epochs.
        warmup_steps: the same in steps.

    Raises:
        OptionError: an unknown name, a number that this schedule does not have, or a number out of its
            range.
    """

    name: str = setting("constant", choices=SCHEDULES, called="schedule")
    factor: float | None = setting(None, above=0.0, most=1.0)
    every: int | None = setting(None, least=1)
    power: float | None = setting(None, least=0.0)
    decay_rate: float | None = setting(None, least=0.0)
    divisor: float | None = setting(None, above=1.0)
    tol: float | None = setting(None, least=0.0)
    patience: int | None = setting(None, least=0)
    floor: float | None = setting(None, least=0.0, most=1.0)
    ratio: float | None = setting(None, above=0.0)
    start: float | None = setting(None, above=0.0, most=1.0)
    end: float | None = setting(None, least=0.0, most=1.0)
    rise: float | None = setting(None, above=0.0, below=1.0)
    warmup_epochs: float = setting(0.0, least=0.0, group="Training")
    warmup_steps: int = setting(0, least=0)

    __repr__ = spelled

    def __post_init__(self) -> None:
        check(self)
        usual = SCHEDULES[self.name]
        for option in declared_by(Schedule).values():
            if option.default is not None:
                continue
            value = getattr(self, option.field)
            if option.field in usual:
                object.__setattr__(self, option.field, usual[option.field] if value is None else value)
            elif value is not None:
                has = f"it has {', '.join(usual)}" if usual else "it has no numbers"
                raise OptionError(f"the schedule {self.name} has no {option.field}; {has}")
        if self.warmup_epochs and self.warmup_steps:
            raise OptionError(
                "warmup_epochs and warmup_steps set the same length twice; expected one of them"
            )

    @classmethod
    def named(cls, schedule: "str | Mapping[str, Any] | Schedule") -> "Schedule":
        """A schedule with its usual numbers.

        Args:
            schedule: a name, with numbers as in "step:every=20,factor=0.5"; a mapping of the arguments; or
                a `Schedule`, which is returned.

        Raises:
            OptionError: an unknown schedule, or a number that it does not have.
        """
        if isinstance(schedule, Schedule):
            return schedule
        return cls(**described_by(cls, schedule, "schedule", "step:every=20,factor=0.5"))

    def warmed_up(self, epochs: float) -> Self:
        """The same schedule with a warm-up of `epochs` epochs.

        Raises:
            OptionError: a negative number.
        """
        return replace(self, warmup_epochs=epochs, warmup_steps=0)

    @property
    def is_constant(self) -> bool:
        """Whether every step has the same rate."""
        return self.name == "constant" and not self.warmup_epochs and not self.warmup_steps

    @property
    def needs_epoch_end(self) -> bool:
        """Whether it needs the cost of every epoch before the next one begins."""
        return self.name == "adaptive"

    def rates(
        self,
        learning_rate: float,
        extent: Extent,
        first: int = 0,
        count: int | None = None,
        divided: int = 0,
        seen: int | None = None,
    ) -> Floats:
        """The learning rates of some steps; by default of all, as for a plot.

        Args:
            learning_rate: the rate from which the schedule starts; for "one_cycle" the highest rate.
            extent: length of the whole training.
            first: the first step, counted from 0.
            count: number of steps; None: all from `first` on.
            divided: number of times that the adaptive schedule has divided the rate so far.
            seen: number of examples before the epoch of step `first`; None: m per epoch.

        Returns:
            (count,), float64.
        """
        count = extent.steps - first if count is None else count
        steps = np.arange(first, first + count)
        rates = learning_rate * self._shares(steps, extent, seen)
        for _ in range(divided):
            # One division after the other, as in scikit-learn: the same result to the bit.
            rates = rates / _number_of(self.divisor)
        warmup = self.warmup_steps or round(self.warmup_epochs * extent.steps_per_epoch)
        if warmup:
            rates = rates * np.minimum((steps + 1) / warmup, 1.0)
        return rates

    def divides(self, learning_rate: float, divided: int) -> bool:
        """Whether an adaptive rate, after `divided` divisions, is large enough to be divided again."""
        for _ in range(divided):
            learning_rate /= _number_of(self.divisor)
        return learning_rate > _SMALLEST

    def _shares(self, steps: np.ndarray[Any, Any], extent: Extent, seen: int | None) -> Floats:
        """The rate of each step as a share of the learning rate, without warm-up."""
        epochs = steps // extent.steps_per_epoch
        if self.name == "step":
            return np.asarray(_number_of(self.factor) ** (epochs // _number_of(self.every)))
        if self.name == "inverse_scaling":
            before = epochs * float(extent.m)
            if seen is not None and len(epochs):
                # In a stream the epochs differ in size; the first epoch takes the rate itself.
                before = np.where(epochs == 0, 0.0, (epochs - epochs[0]) * float(extent.m) + seen)
            return np.asarray((before + 1) ** -_number_of(self.power))
        if self.name == "decay":
            return self._decayed(epochs)
        if self.name == "cosine":
            floor = _number_of(self.floor)
            return np.asarray(floor + (1 - floor) * _half_cosine(steps / max(extent.steps, 1)))
        if self.name == "exponential":
            return np.asarray(_number_of(self.ratio) ** (steps / max(extent.steps - 1, 1)))
        if self.name == "one_cycle":
            return self._cycle(steps, extent.steps)
        return np.ones(len(steps))

    def _decayed(self, epochs: np.ndarray[Any, Any]) -> Floats:
        decay_rate, every = _number_of(self.decay_rate), int(_number_of(self.every))
        distinct, position = np.unique(epochs, return_inverse=True)
        if every == 1:
            shares = [update_lr(1.0, epoch, decay_rate) for epoch in distinct.tolist()]
        else:
            shares = [schedule_lr_decay(1.0, epoch, decay_rate, every) for epoch in distinct.tolist()]
        return np.asarray(shares, np.float64)[position]

    def _cycle(self, steps: np.ndarray[Any, Any], total: int) -> Floats:
        start, end = _number_of(self.start), _number_of(self.end)
        # The step at which the two half cosines meet, and the last step.
        top = max(_number_of(self.rise) * total - 1, 0.0)
        last = max(total - 1, top)
        up = start + (1 - start) * (1 - _half_cosine(steps / max(top, 1e-12)))
        down = end + (1 - end) * _half_cosine((steps - top) / max(last - top, 1e-12))
        return np.asarray(np.where(steps <= top, up if top else 1.0, down))


def _half_cosine(share: np.ndarray[Any, Any]) -> Floats:
    """From 1 at 0 to 0 at 1."""
    return np.asarray((1 + np.cos(math.pi * np.clip(share, 0.0, 1.0))) / 2)


def _number_of(value: float | None) -> float:
    """A number of this schedule, which is not None."""
    assert value is not None
    return value
