"""The monitor: what is watched after every epoch, when training ends, which parameters are kept."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pellucid.core._arrays import Array
from pellucid.errors import OptionError
from pellucid.examples import Examples

QUANTITIES = ("cost", "validation_cost", "score")

Parameters = Mapping[str, Array]


@dataclass(frozen=True)
class Monitor:
    """What is watched, and what follows from it. A value.

    Attributes:
        watched: "cost" (of training), "validation_cost" or "score": the number that should improve.
        kept: the number whose best parameters are kept, to end with; None: the last parameters are the
            result.
        patience: a plateau is reached when more than so many epochs in a row brought no improvement;
            infinite: never.
        min_delta: how much better than the best a number has to be, to be an improvement.
        ties: a number that is better by exactly `min_delta` is an improvement.
        divides: a plateau divides the rate of an adaptive schedule, and only ends the training where the
            rate is too small to be divided.
        score: of AL (n_y, m) and the validation examples; the higher, the better.
        shown: from a cost, penalty included, and the penalty in it to the cost that is told and watched;
            None: that cost itself.
    """

    watched: str = "cost"
    kept: str | None = None
    patience: float | None = None
    min_delta: float = 0.0
    ties: bool = False
    divides: bool = False
    score: Callable[[Array, Examples], float] | None = None
    shown: Callable[[float, float], float] | None = None

    def __post_init__(self) -> None:
        for name in (self.watched, self.kept):
            if name is not None and name not in QUANTITIES:
                raise OptionError(f"unknown quantity {name!r:.80}; expected one of {', '.join(QUANTITIES)}")

    @property
    def decides(self) -> bool:
        """Whether it has to be asked after every epoch."""
        return self.kept is not None or self.patience is not None


class Plateau(NamedTuple):
    """How many epochs in a row brought no improvement. A value.

    Attributes:
        lowest: the lowest number so far.
        waited: epochs since the last improvement.
    """

    lowest: float = math.inf
    waited: int = 0

    def after(self, value: float, min_delta: float, *, ties: bool = False) -> "Plateau":
        """The plateau after another epoch.

        Args:
            value: what should be low; NaN is neither better nor worse where ties count.
            min_delta: how far below the lowest an improvement is.
            ties: exactly that far is one.
        """
        bound = self.lowest - min_delta
        improved = not value > bound if ties else value < bound
        return Plateau(value if value < self.lowest else self.lowest, 0 if improved else self.waited + 1)


class Best(NamedTuple):
    """The parameters with the lowest number so far.

    Attributes:
        parameters: those; None: there are none yet.
        value: their number.
        epoch: in which it was measured, counted from 0.
        previous: the parameters before the epoch in progress, where a cost is that before its step.
    """

    parameters: Parameters | None = None
    value: float = math.inf
    epoch: int | None = None
    previous: Parameters | None = None

    def __repr__(self) -> str:
        return "Best(none yet)" if self.epoch is None else f"Best({self.value:.4g} in epoch {self.epoch})"


class MonitorState(NamedTuple):
    """What a monitor knows after some epochs. A value."""

    plateau: Plateau = Plateau()
    best: Best = Best()


def numbers(cost: float, validation_cost: float | None, score: float | None) -> dict[str, Any]:
    """What was measured of an epoch, each so that low is good."""
    return {
        "cost": cost,
        "validation_cost": validation_cost,
        "score": None if score is None else -score,
    }
