"""What a case is, and an exam."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Parameters = dict[str, Array]


@dataclass(frozen=True)
class Case:
    """One call of a function, and what it should give.

    Attributes:
        text: the case in words, for people.
        args: the arguments, by position.
        expected: what the reference gives.
        judged: whether the verdict depends on it; else it only serves to tell mistakes apart.
        saturated: whether it holds an AL of exactly 0 or 1 (or a Z that leads there), where the course's
            own formulas are not numbers.
    """

    text: str
    args: tuple[Any, ...]
    expected: Any = field(repr=False)
    judged: bool = True
    saturated: bool = False


@dataclass(frozen=True)
class Exam:
    """How one function of the course is examined.

    Attributes:
        name: of the function; "shallow." before it where the network with one hidden layer has its own.
        arguments: their names, as the course has them.
        outputs: names of the results, nested as they are: a name, a tuple of names, or "" for a dictionary
            or list, which names its own.
        cases: makes them.
        other_arguments: further orders in which the course's learners know the arguments.
        part: makes of a result the part that is judged.
    """

    name: str
    arguments: tuple[str, ...]
    outputs: Any
    cases: Callable[[], Sequence[Case]]
    other_arguments: tuple[tuple[str, ...], ...] = ()
    part: Callable[[Any], Any] | None = None

    @property
    def function(self) -> str:
        """What the function is called in a solution: the exercise before the point is no part of it."""
        return self.name.rpartition(".")[2]


def made(
    function: Callable[..., Any], text: str, *args: Any, judged: bool = True, saturated: bool = False
) -> Case:
    """A case whose answer the reference gives.

    Args:
        function: the reference's.
        text: the case in words.
        args: of the function.
        judged: see `Case`.
        saturated: see `Case`.
    """
    return Case(text, args, function(*args), judged, saturated)


def shaped(n: int, m: int, dtype: Any) -> str:
    """A shape and a type of number in words.

    Args:
        n: rows.
        m: columns.
        dtype: of the numbers.
    """
    return f"{n} x {m}" + (", float32" if dtype == np.float32 else "")
