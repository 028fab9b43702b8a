"""The line of a mistake, found in the code; and slow loops."""

from pathlib import Path

import pytest

from check.judging import RIGHT, solution_of
from pellucid.check.judge_lines import is_about, line_of, loops_over_numbers, refined


@pytest.mark.parametrize(
    ("name", "code", "text"),
    [
        ("linear_backward", "dw-order", "dW = np.dot"),
        ("linear_backward", "db-wrong-axis", "db = np.sum"),
        ("linear_backward", "da-prev-order", "dA_prev = np.dot"),
        ("linear_backward", "outputs-swapped", "return dA_prev, dW, db"),
        ("compute_cost", "cost-wrong-sign", "cost = -np.sum"),
        ("relu_backward", "relu-mask-missing", "dZ = np.array"),
        ("L_model_backward", "dal-wrong-sign", "dAL = -("),
        ("L_model_backward", "loop-not-reversed", "for l in reversed"),
        ("L_model_backward", "same-da-for-all", "dA_prev, dW, db = linear_activation_backward(dA,"),
        ("L_model_forward", "caches-reversed", "caches.append(cache)"),
        ("L_model_forward", "cache-not-appended-last", "return AL, caches"),
        ("linear_forward", "cache-order", "cache = (A, W, b)"),
        ("initialize_parameters", "weights-zeros", "W1 = np.random"),
        ("initialize_parameters", "biases-ones", "b1 = np.zeros"),
        ("predict", "predict-threshold", "return (AL > 0.5)"),
    ],
)
def test_the_line_of_a_mistake(tmp_path: Path, name: str, code: str, text: str) -> None:
    line = line_of(solution_of(RIGHT, tmp_path).functions[name], code)
    assert line is not None
    assert RIGHT.splitlines()[line - 1].strip().startswith(text)


def test_what_no_line_can_be_told_of(tmp_path: Path) -> None:
    assert line_of(solution_of(RIGHT, tmp_path).functions["sigmoid"], "differs") is None


def test_what_a_line_is_about(tmp_path: Path) -> None:
    function = solution_of(RIGHT, tmp_path).functions["linear_backward"]
    line = line_of(function, "db-wrong-axis")
    assert line is not None
    assert is_about(function, line, "db-missing-axis")
    assert not is_about(function, line, "dw-order")


def loop_of(text: str, folder: Path, name: str) -> int | None:
    solution = solution_of(text, folder)
    return loops_over_numbers(solution.functions[name], dict(solution.functions))


@pytest.mark.parametrize(
    "name", ["L_model_backward", "update_parameters", "predict", "initialize_parameters"]
)
def test_a_loop_over_layers_is_none_over_numbers(tmp_path: Path, name: str) -> None:
    assert loop_of(RIGHT, tmp_path, name) is None


@pytest.mark.parametrize(
    "body",
    [
        "for i in range(Z.shape[0]):\n        Z[i] = 0",
        "A = [max(0, z) for z in Z.flat]",
        "for row in Z:\n        pass",
        "i = 0\n    while i < 3:\n        i += 1",
        "return helper(Z)",
    ],
)
def test_loops_over_numbers(tmp_path: Path, body: str) -> None:
    helper = "def helper(Z):\n    return [z for z in Z.T]\n\n\n"
    assert loop_of(f"{helper}def relu(Z):\n    {body}\n", tmp_path, "relu")


def test_keys_and_names_are_few(tmp_path: Path) -> None:
    text = 'def relu(Z):\n    for name in ("W", "b"):\n        pass\n    return [k for k in {}.items()]\n'
    assert loop_of(text, tmp_path, "relu") is None


def test_one_number_under_two_names_is_told_apart_by_the_code(tmp_path: Path) -> None:
    functions = solution_of(
        "def predict(X, p):\n    return X > 0\n\n\ndef f_model(X):\n    return 'sigmoid'\n", tmp_path
    ).functions
    assert refined("predict-constant", functions["predict"]) == "predict-threshold"
    assert refined("predict-threshold", functions["f_model"]) == "predict-constant"
    assert refined("last-layer-missing", functions["f_model"]) == "loop-one-short"
    assert refined("last-layer-missing", functions["predict"]) == "last-layer-missing"
