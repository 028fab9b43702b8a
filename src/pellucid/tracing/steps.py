"""Step: one named intermediate value of a training step, with its formula, source and statistics."""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, Self

import numpy as np

from pellucid.core._arrays import Array, as_numpy
from pellucid.core.formula import Formula

# In the order in which a step goes through them.
PHASES = ("forward", "cost", "backward", "update")


class Source(NamedTuple):
    """The place of the function that computed a value.

    Attributes:
        function: its full name, "pellucid.core.linear.linear_forward".
        file: its file, relative to the folder of the package: "pellucid/core/linear.py".
        first: its first line, counted from 1.
        last: its last line.
    """

    function: str
    file: str
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.file.removeprefix('pellucid/')}:{self.first}-{self.last}"


@cache
def source_of(function: Callable[..., Any]) -> Source:
    """The place of a function of this package."""
    lines, first = inspect.getsourcelines(function)
    name = function.__module__
    return Source(
        f"{name}.{function.__qualname__}", f"{name.replace('.', '/')}.py", first, first + len(lines) - 1
    )


@dataclass(frozen=True)
class Statistics:
    """Statistics of an array.

    Attributes:
        minimum: of the finite numbers, as are `maximum` and `mean`; None if no number is finite.
        maximum: see `minimum`.
        mean: see `minimum`.
        zeros: the share that is exactly 0, from 0 to 1.
        nan: the number of NaNs.
        infinite: the number of infinities.
    """

    minimum: float | None
    maximum: float | None
    mean: float | None
    zeros: float
    nan: int
    infinite: int

    @classmethod
    def of(cls, value: Array) -> Self:
        """The statistics of an array of any library, or of a number."""
        numbers = as_numpy(value) if hasattr(value, "shape") else np.asarray(value)
        finite = numbers[np.isfinite(numbers)]
        nan = int(np.isnan(numbers).sum())
        infinite = numbers.size - finite.size - nan
        zeros = float((numbers == 0).mean()) if numbers.size else 0.0
        if not finite.size:
            return cls(None, None, None, zeros, nan, infinite)
        # Divide before the sum: a sum of huge numbers would overflow.
        mean = float(np.sum(finite.astype(np.float64) / finite.size))
        return cls(float(finite.min()), float(finite.max()), mean, zeros, nan, infinite)

    def to_dict(self) -> dict[str, Any]:
        """The statistics in values that JSON can hold."""
        return {
            "min": self.minimum,
            "max": self.maximum,
            "mean": self.mean,
            "zeros": self.zeros,
            "nan": self.nan,
            "infinite": self.infinite,
        }


@dataclass(frozen=True, eq=False)
class Step:
    """One intermediate value.

    Attributes:
        name: "Z1", "A1", "cost", "dZ2", "dW2", ...
        layer: l; None for a value of the whole network, such as the cost.
        phase: one of `PHASES`.
        value: an array of the library of X, or a number (the cost).
        formula: its equation.
        source: the function that computed it.
        statistics: of the value.
    """

    name: str
    layer: int | None
    phase: str
    value: Array
    formula: Formula
    source: Source
    statistics: Statistics

    def __repr__(self) -> str:
        low, high = self.statistics.minimum, self.statistics.maximum
        span = "" if low is None else f", {low:.4g} to {high:.4g}"
        return f"Step({self.formula.text}, shape {self.shape}{span})"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value; () of a number."""
        return tuple(getattr(self.value, "shape", ()))

    @property
    def is_finite(self) -> bool:
        """Whether it holds neither NaN nor infinity."""
        return self.statistics.nan == 0 and self.statistics.infinite == 0

    def to_dict(self, most: int) -> dict[str, Any]:
        """The step in values that JSON can hold; see `Trace.to_dict`."""
        return {
            "name": self.name,
            "layer": self.layer,
            "phase": self.phase,
            **described(self.value, most, self.statistics),
            "formula": {**self.formula._asdict(), "mathml": self.formula.mathml},
            "source": self.source._asdict(),
        }


def described(value: Array, most: int, statistics: Statistics | None = None) -> dict[str, Any]:
    """An array in values that JSON can hold: its shape, its numbers row by row, and its statistics.

    Args:
        value: an array of any library, or a number.
        most: an array with more numbers is described by its shape and statistics; its value is None.
        statistics: of the value; None: compute them.
    """
    numbers = as_numpy(value) if hasattr(value, "shape") else np.asarray(value)
    return {
        "shape": list(numbers.shape),
        "value": plain(numbers.tolist()) if numbers.size <= most else None,
        "statistics": (statistics or Statistics.of(value)).to_dict(),
    }


def plain(value: Any) -> Any:
    """Numbers for JSON, with NaN and infinity as names, which JavaScript's Number() reads."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
