"""The printed answers: right for the examiner, of the course's size, and with the core's numbers."""

import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from pellucid import core
from pellucid.check.answers import deep, shallow
from pellucid.check.explain import answer_lines
from pellucid.check.judge_file import check_file


@pytest.mark.parametrize("answers", [deep, shallow])
def test_the_examiner_calls_every_answer_right(answers: ModuleType) -> None:
    found: Any = check_file(Path(inspect.getfile(answers)))
    names = {name for name, value in vars(answers).items() if inspect.isfunction(value)}
    assert {j.name for j in found.judgements if j.status != "missing"} == names
    assert {j.name: j.status for j in found.judgements if j.status not in ("pass", "missing")} == {}
    assert found.trains.worked


@pytest.mark.parametrize("answers", [deep, shallow])
def test_an_answer_is_no_longer_than_the_course(answers: ModuleType) -> None:
    functions = [value for value in vars(answers).values() if inspect.isfunction(value)]
    assert max(len(inspect.getsource(function).splitlines()) for function in functions) <= 20


def test_a_whole_training_has_the_numbers_of_the_core() -> None:
    rng = np.random.default_rng(3)
    X, Y = rng.standard_normal((4, 9)), rng.integers(0, 2, (1, 9))
    ours = theirs = core.initialize_parameters_deep([4, 5, 3, 1], scheme="he", rng=1)
    for _ in range(30):
        AL, caches = deep.L_model_forward(X, ours)
        expected_AL, expected_caches = core.L_model_forward(X, theirs)
        np.testing.assert_allclose(deep.compute_cost(AL, Y), core.compute_cost(expected_AL, Y), rtol=1e-12)
        ours = deep.update_parameters(ours, deep.L_model_backward(AL, Y, caches), 0.3)
        grads = core.L_model_backward(expected_AL, Y, expected_caches)
        theirs = core.update_parameters(theirs, grads, 0.3)
    for name, value in theirs.items():
        np.testing.assert_allclose(ours[name], value, rtol=1e-9, atol=1e-12)


def test_the_three_lines_of_a_layers_gradients() -> None:
    assert answer_lines("linear_backward").splitlines() == [
        "def linear_backward(dZ, cache):",
        "    A_prev, W, b = cache",
        "    m = A_prev.shape[1]",
        "    dW = np.dot(dZ, A_prev.T) / m",
        "    db = np.sum(dZ, axis=1, keepdims=True) / m",
        "    dA_prev = np.dot(W.T, dZ)",
        "    return dA_prev, dW, db",
    ]


def test_the_answer_belongs_to_the_course_of_the_file() -> None:
    assert "return A, Z" in answer_lines("sigmoid")
    assert "return 1 / (1 + np.exp(-z))" in answer_lines("sigmoid", is_shallow=True)
    assert "def update_parameters_with_adam(" in answer_lines("update_parameters_with_adam")
