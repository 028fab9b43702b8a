"""Right or wrong: compare one outcome with the expected result of its case."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from pellucid.check.cases import Case, Exam
from pellucid.check.judge_compare import Difference, differences
from pellucid.check.outcome import Outcome

# Tolerance for clipped logarithms if AL is exactly 0 or 1.
_CLIPPED = 1e-3


def readable(exam: Exam, case: Case, outcome: Outcome, *, shallow: bool) -> Outcome:
    """An outcome in the form of the exam, from other forms in editions of the course.

    Labels may be a list; Adam's step may include the corrected slots; and the network with one hidden
    layer has a sigmoid without a cache.

    Args:
        exam: of the function.
        case: of the call.
        outcome: of the call.
        shallow: whether the file is about that network.
    """
    value = outcome.value
    if exam.function == "predict" and isinstance(value, list):
        try:
            return replace(outcome, value=np.array(value, float))
        except (TypeError, ValueError):
            return outcome
    if exam.name == "update_parameters_with_adam" and isinstance(value, (tuple, list)):
        return replace(outcome, value=tuple(value[:3]))
    if exam.name == "sigmoid" and shallow and isinstance(value, np.ndarray):
        return replace(outcome, value=(value, case.args[0]))
    return outcome


def is_single(case: Case) -> bool:
    """Whether a case is in float32.

    Args:
        case: any.
    """
    return _has_float32(case.args)


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
