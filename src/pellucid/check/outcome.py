"""The outcome of one call into a learner's file."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

Kind = Literal["value", "raised", "timeout", "died", "too_much"]
KINDS: tuple[str, ...] = get_args(Kind)


class Failure(NamedTuple):
    """An exception, or the reason why the process ended.

    Attributes:
        type: the name of the exception's class; "" if there was none.
        message: one line.
        line: the line of `Solution.text`; None: unknown.
    """

    type: str
    message: str
    line: int | None


@dataclass(frozen=True)
class Outcome:
    """The outcome of one call, or of loading the file.

    Attributes:
        kind: "value", it returned; "raised" an exception; "timeout"; "died", its process ended or sent an
            invalid answer; "too_much", it needed more memory than it may have.
        value: its result, as transferred by `pellucid.check.wire`.
        error: the reason if it did not return.
        printed: the beginning of its output.
        seconds: its duration.
        changed: positions of the arguments it changed in place, from 0.
        written: those among them with an array that it wrote into.
        replaced: names of NumPy's and Python's own functions that it replaced: ("numpy.dot",).
    """

    kind: Kind
    value: Any = None
    error: Failure | None = None
    printed: str = ""
    seconds: float = 0.0
    changed: tuple[int, ...] = ()
    written: tuple[int, ...] = ()
    replaced: tuple[str, ...] = ()

    @property
    def numpy_changed(self) -> bool:
        """Whether it replaced functions of NumPy or Python."""
        return bool(self.replaced)
