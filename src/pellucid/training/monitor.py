"""Monitor: the quantity that is watched after every epoch, to stop early and keep the best parameters."""

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
    """The watched quantity and its consequences. A value.

    Attributes:
        watched: "cost" (of training), "validation_cost" or "score": the quantity that should improve.
        kept: the quantity whose best parameters are the result; None: the last parameters are.
        patience: a plateau is reached after more than this number of epochs in a row without improvement;
            infinite: never.
        min_delta: least difference to the best value that counts as an improvement.
        ties: whether a difference of exactly `min_delta` is an improvement.
        divides: whether a plateau divides the rate of an adaptive schedule; it then ends the training only
            if the rate is too small to be divided.
        score: function of AL (n_y, m) and the validation examples; higher is better.
        shown: function of a cost (penalty included) and its penalty to the cost that is reported and
            watched; None: the cost itself.
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
    def needs_epoch_end(self) -> bool:
        """Whether it has to see every epoch before the next one begins."""
        return self.kept is not None or self.patience is not None


class Plateau(NamedTuple):
    """The number of epochs without improvement. A value.

    Attributes:
        lowest: the lowest value so far.
        waited: epochs since the last improvement.
    """

    lowest: float = math.inf
    waited: int = 0

    def after(self, value: float, min_delta: float, *, ties: bool = False) -> "Plateau":
        """The plateau after another epoch.

        Args:
            value: the quantity, lower is better; NaN counts as an improvement with `ties`.
            min_delta: least distance below the lowest value that counts as an improvement.
            ties: whether exactly that distance is an improvement.
        """
        bound = self.lowest - min_delta
        improved = not value > bound if ties else value < bound
        return Plateau(value if value < self.lowest else self.lowest, 0 if improved else self.waited + 1)


class Best(NamedTuple):
    """The parameters with the lowest value so far.

    Attributes:
        parameters: the parameters; None: no epoch was measured yet.
        value: the value of the kept quantity, lower is better.
        epoch: the epoch in which it was measured, counted from 0.
        previous: the parameters before the epoch in progress; needed if a cost is that before its step.
    """

    parameters: Parameters | None = None
    value: float = math.inf
    epoch: int | None = None
    previous: Parameters | None = None

    def __repr__(self) -> str:
        return "Best(none yet)" if self.epoch is None else f"Best({self.value:.4g} in epoch {self.epoch})"


class MonitorState(NamedTuple):
    """The state of a monitor after some epochs. A value."""

    plateau: Plateau = Plateau()
    best: Best = Best()


def numbers(cost: float, validation_cost: float | None, score: float | None) -> dict[str, Any]:
    """The quantities of an epoch by name, lower is better for each."""
    return {
        "cost": cost,
        "validation_cost": validation_cost,
        "score": None if score is None else -score,
    }
