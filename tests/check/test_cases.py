"""The cases: of every shape, and the published exercises among them."""

from typing import Any

import numpy as np
import pytest

from pellucid.check.cases import EXAMS, cases_of
from pellucid.check.cases_exercises import EXERCISES
from pellucid.check.cases_later import LATER
from pellucid.check.causes import SUSPECTS
from pellucid.check.judge_compare import differences


def dtypes(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {name for part in value.values() for name in dtypes(part)}
    if isinstance(value, (tuple, list)):
        return {name for part in value for name in dtypes(part)}
    return {value.dtype.name} if isinstance(value, np.ndarray) else set()


# Those of the exercises around it compute in float64.
OTHERS = {name for name, *_ in LATER} | {exam.name for exam in EXERCISES}


@pytest.mark.parametrize("name", sorted(set(SUSPECTS) - {"predict", "shallow.predict"} - OTHERS))
def test_both_types_of_number(name: str) -> None:
    found = {dtype for case in cases_of(name) for dtype in dtypes(case.args)}
    assert {"float32", "float64"} <= found


def test_depths_widths_and_counts_of_examples() -> None:
    judged = [case for case in cases_of("L_model_backward") if case.judged]
    depths = {len(case.args[2]) for case in judged}
    assert depths == {1, 2, 3, 4, 5}
    assert {1, 2, 7, 200} <= {case.args[0].shape[1] for case in judged}
    widths = [[W.shape[0] for (_, W, _), _ in case.args[2][:-1]] for case in judged]
    assert any(len(w) > 2 and len(set(w)) == 1 for w in widths)
    assert any(len(set(w)) == len(w) > 2 for w in widths)


def test_the_cases_of_a_training_step_belong_together() -> None:
    for case in cases_of("L_model_backward"):
        if case.text != "the published exercise" and not case.saturated:
            AL, _, caches = case.args
            np.testing.assert_allclose(AL, 1 / (1 + np.exp(-caches[-1][1])), rtol=1e-5)


@pytest.mark.parametrize("name", ["compute_cost", "L_model_backward"])
def test_some_answers_are_exactly_0_and_1(name: str) -> None:
    (case,) = (case for case in cases_of(name) if case.saturated)
    assert {0.0, 1.0} <= set(case.args[0].ravel())
    np.testing.assert_array_equal(case.args[1], np.round(case.args[0]))
    values = case.expected.values() if isinstance(case.expected, dict) else [case.expected]
    assert all(np.isfinite(value).all() for value in values)


def test_the_published_exercises_are_among_them(reference: dict[str, Any]) -> None:
    published = {each["function"]: each["expected"] for each in reference["exercises"]}
    for name in (
        "linear_forward",
        "L_model_forward",
        "compute_cost",
        "L_model_backward",
        "update_parameters",
    ):
        case = cases_of(name)[0]
        assert case.text == "the published exercise"
        expected = published[name]
        if name in ("linear_forward", "L_model_forward"):
            (digits,) = expected.values()
            assert not differences(np.asarray(digits), case.expected[0])
        elif name == "compute_cost":
            assert case.expected == pytest.approx(expected["cost"])
        else:
            for key, digits in expected.items():
                np.testing.assert_allclose(case.expected[key], digits, rtol=1e-6)


def test_differences_are_named_as_the_course_names_them() -> None:
    exam = EXAMS["linear_activation_forward"]
    case = cases_of("linear_activation_forward")[0]
    A, ((A_prev, W, b), Z) = case.expected
    (wrong,) = differences(case.expected, (A, ((A_prev, W + 1, b), Z)), exam.outputs)
    assert wrong.quantity.endswith("W")
    assert wrong.kind == "value"


@pytest.mark.parametrize(
    ("got", "kind"),
    [
        (None, "none"),
        ((np.ones((2, 2)),), "count"),
        ((np.ones((2, 2)), "text"), "numbers"),
        ((np.ones((2, 2)), np.ones(3)), "shape"),
        ((np.ones((2, 2)), np.full((3, 1), np.nan)), "nan"),
        ((np.ones((2, 2)), np.full((3, 1), 1.01)), "value"),
    ],
)
def test_kinds_of_differences(got: Any, kind: str) -> None:
    expected = (np.ones((2, 2)), np.ones((3, 1)))
    (wrong,) = differences(expected, got, ("dW", "db"))
    assert wrong.kind == kind
    assert kind in ("none", "count") or wrong.quantity == "db"


def test_rounding_and_more_keys_are_no_differences() -> None:
    expected = {"dW1": np.array([[1.0, 2.0]])}
    assert not differences(expected, {"dW1": np.array([[1.0, 2.0]], np.float32) + 1e-6, "m": None})
    assert not differences(0.5, np.float32(0.5))
    assert differences(0.5, np.array([[0.5]]))
