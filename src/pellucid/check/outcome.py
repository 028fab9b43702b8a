"""What came of one call into a learner's file."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

Kind = Literal["value", "raised", "timeout", "died", "too_much"]
KINDS: tuple[str, ...] = get_args(Kind)


class Failure(NamedTuple):
    """What went wrong: an exception, or what ended the process.

    Attributes:
        type: the name of the exception's class; "" where there was none.
        message: one line.
        line: the line of `Solution.text` it happened at; None where that is not known.
    """

    type: str
    message: str
    line: int | None


@dataclass(frozen=True)
class Outcome:
    """What came of one call, or of loading the file.

    Attributes:
        kind: "value", it returned; "raised" an exception; "timeout"; "died", its process ended or answered
            out of form; "too_much", it needed more memory than it may have.
        value: what it returned, as `pellucid.check.wire` carries it.
        error: where it did not return, what happened.
        printed: what it wrote to the screen, the beginning of it.
        seconds: how long it took.
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
        """Whether it replaced functions that are not its own."""
        return bool(self.replaced)
