"""Right or wrong: compare one outcome with the expected result of its case."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pellucid.check.cases import Case, Exam
from pellucid.check.judge_compare import Difference, differences
from pellucid.check.outcome import Outcome

# Tolerance for clipped logarithms if AL is exactly 0 or 1.
_CLIPPED = 1e-3


def is_single(case: Case) -> bool:
    """Whether a case is in float32.

    Args:
        case: any.
    """
    return _has_float32(case.args)


def without_single_assertions(
    cases: Sequence[Case], outcomes: Sequence[Outcome], wrong: Sequence[int]
) -> list[int]:
    """The wrong cases, without those in which float32 trips an assertion, where no other case trips one.

    The courses compute in float64, and their templates assert `isinstance(cost, float)`.

    Args:
        cases: all of them.
        outcomes: of each.
        wrong: the positions of those that are wrong.
    """
    asserted = [i for i in wrong if is_single(cases[i]) and _asserts(outcomes[i])]
    others = [i for i in wrong if i not in asserted]
    return others if not any(_asserts(outcomes[i]) for i in others) else list(wrong)


def _asserts(outcome: Outcome) -> bool:
    return outcome.error is not None and outcome.error.type == "AssertionError"


def _has_float32(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_float32, value.values()))
    if isinstance(value, (tuple, list)):
        return any(map(_has_float32, value))
    return isinstance(value, np.ndarray) and value.dtype == np.float32


def is_wrong(case: Case, outcome: Outcome, exam: Exam) -> bool:
    """Whether an outcome differs from the expected result.

    Args:
        case: of the call.
        outcome: of the call.
        exam: of the function.
    """
    if case.saturated:
        return not is_weak(case, outcome, exam) and bool(_saturated_differences(case, outcome, exam))
    return outcome.kind != "value" or bool(differences(case.expected, outcome.value, exam.outputs))


def _saturated_differences(case: Case, outcome: Outcome, exam: Exam) -> list[Difference]:
    differing = differences(case.expected, outcome.value, exam.outputs)
    return [d for d in differing if d.kind != "value" or not _close(d)]


def _close(d: Difference) -> bool:
    return float(np.abs(np.asarray(d.got) - np.asarray(d.expected)).max()) < _CLIPPED


def is_weak(case: Case, outcome: Outcome, exam: Exam) -> bool:
    """Whether it raises or gives NaN for a case whose course formulas give no number either."""
    if outcome.kind == "raised" and outcome.error:
        return outcome.error.type in (
            "ValueError",
            "ZeroDivisionError",
            "FloatingPointError",
            "OverflowError",
        )
    if outcome.kind != "value":
        return False
    differing = _saturated_differences(case, outcome, exam)
    return bool(differing) and all(
        d.kind == "nan" or (d.kind == "value" and not np.isfinite(d.got).all()) for d in differing
    )
