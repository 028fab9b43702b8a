"""Judgement: the verdict on one function of a solution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np

from pellucid.check.causes.explanations import EXPLANATIONS
from pellucid.check.judge_compare import Difference
from pellucid.check.wire import Foreign

_ERRORS = frozenset(
    {
        "not-a-function",
        "wrong-arity",
        "undefined-name",
        "no-such-attribute",
        "key-missing",
        "string-plus-number",
        "shapes-do-not-fit",
        "index-out-of-range",
        "raises",
        "wrong-assertion",
        "died",
        "too-much",
    }
)


class Row(NamedTuple):
    """A line of the table of shapes: a quantity, its expected and its observed value."""

    quantity: str
    expected: str
    got: str


@dataclass(frozen=True)
class Judgement:
    """The verdict on one function.

    Attributes:
        name: of the function.
        status: "pass", "slow" (right, with loops), "fail", "error", "timeout", "missing",
            "unwritten" (as the template has it) or "not_judged" (another exercise's function).
        cause: the code of the mistake, two joined by "+"; for a pass a weakness, or "".
        message: one line.
        line: of the mistake in the solution's text, if known.
        place: the same in words: "line 12", "cell 3, line 4".
        code: the text of that line.
        case: the first case where it differs.
        shapes: the quantities that differ there.
        hint: where to look, without the solution.
        notes: further remarks.
    """

    name: str
    status: str
    cause: str = ""
    message: str = ""
    line: int | None = None
    place: str = ""
    code: str = ""
    case: str = ""
    shapes: tuple[Row, ...] = ()
    hint: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, causes: Sequence[str], **more: Any) -> Self:
        """A judgement of a wrong function, with the explanations of its causes.

        Args:
            name: of the function.
            causes: codes, the most important first.
            more: further attributes.
        """
        first = causes[0]
        status = "timeout" if first == "timeout" else "error" if first in _ERRORS else "fail"
        words = [EXPLANATIONS[cause] for cause in causes]
        message = "; and ".join(word.message for word in words)
        return replace(
            cls(name, status, "+".join(causes), message, hint=" ".join(w.hint for w in words)), **more
        )

    @property
    def causes(self) -> tuple[str, ...]:
        """The codes of its causes."""
        return tuple(self.cause.split("+")) if self.cause else ()

    @property
    def right(self) -> bool:
        """Whether the function is right."""
        return self.status in ("pass", "slow")

    def to_dict(self) -> dict[str, Any]:
        """A plain dictionary, for JSON."""
        return {
            "name": self.name,
            "status": self.status,
            "cause": self.cause,
            "message": self.message,
            "line": self.line,
            "place": self.place,
            "code": self.code,
            "case": self.case,
            "shapes": [row._asdict() for row in self.shapes],
            "hint": self.hint,
            "notes": list(self.notes),
        }


def rows_of(differing: Sequence[Difference]) -> tuple[Row, ...]:
    """The table of the differences.

    Args:
        differing: the differences of one case.
    """
    return tuple(_row(d) for d in differing[:12])


def _row(d: Difference) -> Row:
    expected, got = described(d.expected), "missing" if d.kind == "missing" else described(d.got)
    if d.kind in ("value", "nan") and isinstance(d.expected, np.ndarray) and isinstance(d.got, np.ndarray):
        wrong = ~np.isclose(d.got, d.expected, rtol=3e-4, atol=1e-12)
        at = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        index = "" if not d.expected.shape else f" at {[int(i) for i in at]}"
        return Row(d.quantity, f"{expected},{index} {d.expected[at]:.6g}", f"{got},{index} {d.got[at]:.6g}")
    return Row(d.quantity, expected, got)


def described(value: Any) -> str:
    """A short description of a value: its form, not its content.

    Args:
        value: any result.
    """
    if isinstance(value, Foreign):
        return f"{value.type_name}: {value.text:.60}" if value.text else value.type_name
    if isinstance(value, np.ndarray):
        return f"{value.shape}" if value.shape else "a number"
    if isinstance(value, str):
        return value[:80]
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (int, bool)):
        return "a number"
    if isinstance(value, Mapping):
        return f"a dictionary of {', '.join(map(str, value)) or 'nothing'}"[:120]
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return "None" if value is None else type(value).__name__
