"""Case and Exam: one call of a function with its expected result, and all cases of a function."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Parameters = dict[str, Array]


@dataclass(frozen=True)
class Case:
    """One call of a function, and its expected result.

    Attributes:
        text: the case in words.
        args: the arguments, by position.
        expected: the result of the reference.
        judged: whether the verdict depends on it; otherwise it only serves to distinguish mistakes.
        saturated: whether it holds an AL of exactly 0 or 1 (or a Z that leads there), for which the
            course's own formulas give no number.
    """

    text: str
    args: tuple[Any, ...]
    expected: Any = field(repr=False)
    judged: bool = True
    saturated: bool = False


@dataclass(frozen=True)
class Exam:
    """The examination of one function of the course.

    Attributes:
        name: of the function; with "shallow." in front if it belongs to the network with one hidden layer.
        arguments: their names in the course.
        outputs: names of the results, nested like them: a name, a tuple of names, or "" for a dictionary
            or list, whose keys are the names.
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
    """A case whose expected result is that of the reference.

    Args:
        function: the reference's.
        text: the case in words.
        args: of the function.
        judged: see `Case`.
        saturated: see `Case`.
    """
    return Case(text, args, function(*args), judged, saturated)


def shaped(n: int, m: int, dtype: Any) -> str:
    """A shape and a dtype in words.

    Args:
        n: rows.
        m: columns.
        dtype: of the numbers.
    """
    return f"{n} x {m}" + (", float32" if dtype == np.float32 else "")
