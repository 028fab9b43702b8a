"""Find the causes of wrong results, by the most certain method first."""

from collections.abc import Mapping, Sequence

import numpy as np

from pellucid.check import judge_errors
from pellucid.check.cases import Case, Exam
from pellucid.check.judge_compare import Difference, differences
from pellucid.check.judge_lines import calls_course, is_about, refined
from pellucid.check.judge_search import causes_of
from pellucid.check.outcome import Outcome
from pellucid.check.solution import FunctionSource

# The code for each kind of difference, if no known mistake explains it.
_KINDS = {
    "none": "returns-none",
    "count": "wrong-count",
    "numbers": "not-numbers",
    "missing": "key-missing",
    "shape": "wrong-shape",
    "nan": "returns-nan",
    "value": "differs",
}


def named(
    exam: Exam, function: FunctionSource | None, cases: Sequence[Case], outcomes: Sequence[Outcome]
) -> tuple[str, ...]:
    """Most likely causes of the observed results, by the most certain method first."""
    plain = [(c, o) for c, o in zip(cases, outcomes, strict=True) if not c.saturated]
    errors = [o.error for _, o in plain if o.error]
    values = [
        d for c, o in plain if o.kind == "value" for d in differences(c.expected, o.value, exam.outputs)
    ]
    if errors and not values:
        sure = judge_errors.definite(errors[0])
        if sure:
            return (sure,)
    keys = [key for _, o in plain if isinstance(o.value, Mapping) for key in o.value]
    if any("{" in key for key in keys):
        return ("key-not-formatted",)
    strict = function is not None and calls_course(function)
    lines = {error.line for error in errors if error.line}

    def likely(code: str) -> bool:
        return function is not None and any(is_about(function, line, code) for line in lines)

    codes = causes_of(exam.name, cases, outcomes, strict=strict, likely=likely)
    if not codes and exam.name == "L_model_backward":
        # Written with AL - Y, it always differs from the long formula in the published exercise.
        codes = causes_of(exam.name, cases[1:], outcomes[1:], strict=strict)
    if codes:
        return tuple(refined(code, function) for code in codes) if function else codes
    sure = next(filter(None, map(judge_errors.definite, errors)), "")
    if sure:
        return (sure,)
    forms = [d for d in values if d.kind != "value"]
    if errors and not forms:
        code = judge_errors.likely(errors[0])
        return (refined(code, function) if function else code,)
    if forms:
        return (_form_code(exam, forms[0], plain),)
    return ("differs",) if values else ("raises",)


def _form_code(exam: Exam, d: Difference, plain: Sequence[tuple[Case, Outcome]]) -> str:
    if exam.function == "predict" and d.kind == "shape" and np.ndim(d.got) == 0:
        return "predict-accuracy"
    if d.kind == "missing":
        for case, outcome in plain:
            got, expected = outcome.value, case.expected
            if isinstance(got, Mapping) and isinstance(expected, Mapping):
                others = [key for key in got if key not in expected]
                if len(others) >= len([key for key in expected if key not in got]) > 0:
                    return "keys-misnamed"
    return _KINDS[d.kind]
