"""The verdict: right answers of every style pass, wrong ones have their causes and lines."""

from pathlib import Path

import numpy as np
import pytest

from check.judging import RIGHT, examined, found, in_process, replaced, solution_of, with_function
from pellucid.check.judge import NAMES, examine, is_shallow, reference_names
from pellucid.check.outcome import Failure, Outcome
from pellucid.check.solution import without_assertions
from pellucid.errors import OptionError


def test_a_right_solution_is_right(tmp_path: Path) -> None:
    examination = examined(RIGHT, tmp_path, together=True)
    assert examination.all_right
    assert {f.name: f.status for f in examination.judgements} == {
        name: "pass" for name in NAMES if f"def {name}(" in RIGHT
    }
    assert examination.trains.worked
    assert examination.to_dict()["functions"][0]["name"] == "sigmoid"


def test_the_gradient_of_one_layer_for_all_is_named_at_equal_widths_too(tmp_path: Path) -> None:
    text = replaced('dA = grads["dA" + str(l + 1)]', 'dA = grads["dA" + str(L - 1)]')
    solution = solution_of(text, tmp_path)
    runner = in_process(solution)
    two_layers = runner.call("L_model_backward", _published())
    assert two_layers.kind == "value"
    judgement = found(text, tmp_path, "L_model_backward")
    assert judgement.status == "fail"
    assert judgement.cause == "same-da-for-all"
    assert "dA" in text.splitlines()[judgement.line - 1]


def _published() -> tuple[object, ...]:
    from pellucid.check.cases import cases_of

    return cases_of("L_model_backward")[0].args


@pytest.mark.parametrize(
    ("name", "source"),
    [
        (
            "linear_forward",
            "def linear_forward(a, w, bias):\n    return np.einsum('ij,jk->ik', w, a) + bias, [a, w, bias]",
        ),
        (
            "compute_cost",
            (
                "def compute_cost(p, y):\n"
                "    print('cost')\n"
                "    return float(np.mean(-y * np.log(p) - (1 - y) * np.log1p(-p)))"
            ),
        ),
        (
            "compute_cost",
            (
                "def compute_cost(p, y):\n"
                "    total = y @ np.log(p).T + (1 - y) @ np.log(1 - p).T\n"
                "    return np.array(np.squeeze(-total / p.shape[1]))"
            ),
        ),
        (
            "compute_cost",
            (
                "def compute_cost(AL, Y):\n"
                "    AL = np.clip(AL, 1e-9, 1 - 1e-9)\n"
                "    return -(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)).mean()"
            ),
        ),
        (
            "sigmoid",
            (
                "def sigmoid(Z):\n"
                "    Z = Z.astype(np.float32)\n"
                "    return (1 / (1 + np.exp(-Z))).astype(np.float32), Z"
            ),
        ),
        ("relu_backward", "def relu_backward(dA, cache):\n    return dA * (cache > 0)"),
        (
            "predict",
            (
                "def predict(X, y, parameters):\n"
                "    AL, _ = L_model_forward(X, parameters)\n"
                "    print(np.mean((AL > 0.5) == y))\n"
                "    return [[int(p > 0.5) for p in AL[0]]]"
            ),
        ),
        (
            "update_parameters",
            (
                "def update_parameters(p, g, rate, *more):\n"
                "    return {k: p[k] - rate * g['d' + k] for k in p}"
            ),
        ),
    ],
)
def test_right_in_another_style(tmp_path: Path, name: str, source: str) -> None:
    judgement = found(with_function(source), tmp_path, name)
    assert judgement.status == "pass", judgement


def test_a_weakness_of_the_course_itself_is_said_and_passes(tmp_path: Path) -> None:
    for name, cause in (
        ("compute_cost", "cost-nan-at-saturation"),
        ("L_model_backward", "dal-nan-at-saturation"),
    ):
        judgement = found(RIGHT, tmp_path, name)
        assert (judgement.status, judgement.cause) == ("pass", cause)


def test_loops_are_slow_and_right(tmp_path: Path) -> None:
    source = """
    def linear_forward(A, W, b):
        Z = np.zeros((W.shape[0], A.shape[1]))
        for i in range(W.shape[0]):
            for j in range(A.shape[1]):
                Z[i, j] = np.sum(W[i] * A[:, j]) + b[i, 0]
        return Z, (A, W, b)
    """
    judgement = found(with_function(source), tmp_path, "linear_forward")
    assert (judgement.status, judgement.cause, judgement.right) == ("slow", "slow-loop", True)


@pytest.mark.parametrize(
    ("name", "old", "new", "cause"),
    [
        ("linear_backward", "np.dot(dZ, A_prev.T) / m", "np.dot(dZ, A_prev.T)", "dw-missing-1-over-m"),
        ("linear_backward", "axis=1, keepdims=True", "axis=1", "db-missing-keepdims"),
        ("linear_backward", "np.dot(W.T, dZ)", "np.dot(W, dZ)", "da-prev-not-transposed"),
        ("relu_backward", "np.array(dA, copy=True)", "dA", "changes-its-argument"),
        (
            "update_parameters",
            "parameters = dict(parameters)",
            "parameters['W1'] -= 0.1",
            "parameters-mutated",
        ),
        ("compute_cost", "-np.sum(Y", "np.sum(Y", "cost-wrong-sign"),
        ("linear_forward", "return Z, cache", "pass", "returns-none"),
        ("linear_forward", "np.dot(W, A) + b", "np.dot(W, A) + bias", "undefined-name"),
        ("linear_forward", "np.dot(W, A) + b", "np.dots(W, A) + b", "no-such-attribute"),
        ("linear_forward", "def linear_forward(A, W, b):", "def linear_forward(A, W):", "wrong-arity"),
        ("sigmoid", "return A, Z\n\n\ndef relu", "return 'A', Z\n\n\ndef relu", "not-numbers"),
        ("compute_cost", "1 - AL)) / m", "1 - AL)) / m * 1.7", "differs"),
        (
            "L_model_forward",
            'W" + str(l)], parameters["b" + str(l)], "relu"',
            'W" + l], parameters["b" + str(l)], "relu"',
            "string-plus-number",
        ),
        (
            "L_model_forward",
            'W" + str(l)], parameters["b" + str(l)], "relu"',
            'W{l}"], parameters["b" + str(l)], "relu"',
            "key-not-formatted",
        ),
        ("predict", "(AL > 0.5) * 1", "np.mean(AL > 0.5)", "predict-accuracy"),
        (
            "initialize_parameters_deep",
            "layer_dims[l - 1]) * 0.01",
            "layer_dims[l - 1]) * 0.1",
            "weights-scale-wrong",
        ),
        (
            "initialize_parameters_deep",
            "for l in range(1, len(layer_dims)):",
            "for l in range(1, len(layer_dims)):\n        np.random.seed(1)",
            "weights-same-in-every-layer",
        ),
        ("initialize_parameters", "b1 = np.zeros((n_h, 1))", "b1 = np.zeros(n_h)", "biases-rank-1"),
        (
            "L_layer_model",
            "grads, learning_rate)\n    return",
            "grads, -learning_rate)\n    return",
            "model-climbs",
        ),
        (
            "L_layer_model",
            "        parameters = update_parameters(parameters, grads",
            "        update_parameters(parameters, grads",
            "model-does-not-learn",
        ),
        (
            "L_layer_model",
            "grads, learning_rate)\n    return",
            "grads, 0.1)\n    return",
            "learning-rate-fixed",
        ),
        ("L_layer_model", "range(num_iterations)", "range(400)", "iterations-ignored"),
        ("L_layer_model", "    return parameters\n", "        return parameters\n", "model-stops-early"),
    ],
)
def test_wrong_and_named(tmp_path: Path, name: str, old: str, new: str, cause: str) -> None:
    text = RIGHT.replace(old, new) if RIGHT.count(old) == 1 else _last(old, new)
    judgement = found(text, tmp_path, name)
    assert not judgement.right
    assert judgement.cause == cause, judgement
    assert judgement.message
    assert judgement.hint


def _last(old: str, new: str) -> str:
    before, _, after = RIGHT.rpartition(old)
    return before + new + after


def test_a_class_of_that_name_is_no_function(tmp_path: Path) -> None:
    judgement = found(with_function("class sigmoid:\n    pass"), tmp_path, "sigmoid")
    assert (judgement.status, judgement.cause) == ("error", "not-a-function")
    assert judgement.line


def test_the_shapes_and_the_line_are_told(tmp_path: Path) -> None:
    text = replaced("axis=1, keepdims=True", "axis=0, keepdims=True")
    judgement = found(text, tmp_path, "linear_backward")
    (row,) = judgement.shapes
    assert row == ("db", "(3, 1)", "(1, 4)")
    assert "axis=0" in text.splitlines()[judgement.line - 1]
    assert judgement.place == f"line {judgement.line}"
    assert judgement.case == "the published exercise"


def test_an_assertion_that_fails_is_looked_behind(tmp_path: Path) -> None:
    text = replaced(
        "axis=1, keepdims=True) / m\n", "axis=1) / m\n    assert (\n        db.shape == b.shape\n    )\n"
    )
    judgement = found(text, tmp_path, "linear_backward")
    assert judgement.cause == "db-missing-keepdims"
    bare = without_assertions(solution_of(text, tmp_path))
    assert "assert" not in bare.text
    assert len(bare.text.splitlines()) == len(text.splitlines())


@pytest.mark.parametrize(
    ("assertion", "said"),
    [
        (
            "assert db.shape == (db.size,)",
            "assert db.shape == (db.size,): db.shape is (1, 1), (db.size,) is (1,)",
        ),
        ("assert isinstance(db, float)", "assert isinstance(db, float): db is array([[0.5]])"),
        (
            "assert dW.shape == b.shape, 'no column'",
            "assert dW.shape == b.shape: dW.shape is (1, 2), b.shape is (1, 1) (no column)",
        ),
        ("assert not np.any(dW)", "assert not np.any(dW): dW is array([[0.5, 0.5]])"),
        (
            "assert len(cache) == 2 and dW.any()",
            "assert len(cache) == 2 and dW.any(): len(cache) is 3",
        ),
        ("assert len(cache) == 2", "assert len(cache) == 2: len(cache) is 3"),
        # A function of the file is not called again: it may print, or never end.
        ("assert sigmoid(3)[0] == dW[0, 0]", "assert sigmoid(3)[0] == dW[0, 0]: dW[0, 0] is 0.5"),
    ],
)
def test_an_assertion_shows_its_text_and_the_values_of_both_sides(
    tmp_path: Path, assertion: str, said: str
) -> None:
    text = replaced("axis=1, keepdims=True) / m\n", f"axis=1, keepdims=True) / m\n    {assertion}\n")
    solution = solution_of(text, tmp_path)
    cache = (np.ones((2, 1)), np.ones((1, 2)), np.ones((1, 1)))
    outcome = in_process(solution).call("linear_backward", (np.full((1, 1), 0.5), cache))
    assert outcome.error == Failure("AssertionError", said, outcome.error and outcome.error.line)


def test_only_an_assertion_is_wrong(tmp_path: Path) -> None:
    text = replaced(
        "axis=1, keepdims=True) / m\n", "axis=1, keepdims=True) / m\n    assert db.shape == (1,)\n"
    )
    judgement = found(text, tmp_path, "linear_backward")
    assert (judgement.status, judgement.cause) == ("error", "wrong-assertion")
    assert judgement.code == "assert db.shape == (1,)"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "W2 = np.random.randn(n_y, n_h)",
            "W2 = np.random.randn(1, n_h)",
            "n_y is ignored: W2 has 1 row whatever n_y is",
        ),
        (
            "b1 = np.zeros((n_h, 1))",
            "b1 = np.zeros((4, 1))",
            "n_h is ignored: b1 has 4 rows whatever n_h is",
        ),
        (
            "W1 = np.random.randn(n_h, n_x)",
            "W1 = np.random.randn(n_h, 2)",
            "n_x is ignored: W1 has 2 columns whatever n_x is",
        ),
    ],
)
@pytest.mark.parametrize("asserts", [False, True])
def test_a_size_that_is_ignored_is_named(
    tmp_path: Path, old: str, new: str, message: str, asserts: bool
) -> None:
    text = replaced(old, new)
    shapes = "W1.shape == (n_h, n_x) and W2.shape == (n_y, n_h) and b1.shape == (n_h, 1)"
    assertion = f"    assert {shapes}\n"
    if asserts:
        text = text.replace('    return {"W1": W1, "b1"', f'{assertion}    return {{"W1": W1, "b1"')
    judgement = found(text, tmp_path, "initialize_parameters")
    assert (judgement.status, judgement.cause, judgement.message) == ("fail", "size-ignored", message)
    assert judgement.code == new + " * 0.01" * ("randn" in new)
    assert bool(judgement.notes) == asserts


def test_a_missing_parameter_shows_the_shape_that_it_should_have(tmp_path: Path) -> None:
    text = replaced('"W2": W2, ', "")
    judgement = found(text, tmp_path, "initialize_parameters")
    assert judgement.shapes == (("W2", "(1, 2)", "missing"),)


def test_the_other_functions_are_judged_alone(tmp_path: Path) -> None:
    text = replaced("np.dot(W, A) + b", "np.dot(W, A)")
    judgements = {f.name: f for f in examined(text, tmp_path, together=True).judgements}
    assert judgements["linear_forward"].cause == "bias-missing"
    assert judgements["linear_activation_forward"].right
    assert judgements["L_model_forward"].right


def test_half_a_solution_trains_with_the_reference(tmp_path: Path) -> None:
    start, end = RIGHT.index("def linear_forward"), RIGHT.index("def linear_activation_forward")
    text = "import numpy as np\n" + RIGHT[start:end]
    examination = examined(text, tmp_path, together=True)
    assert examination.all_right
    assert examination.trains.worked
    assert {f.name for f in examination.judgements if f.status == "missing"} >= {"L_model_backward"}
    wrong = examined(text.replace("+ b", "- b"), tmp_path, together=True)
    assert wrong.trains.worked is False


def test_the_network_with_one_hidden_layer_has_its_own_functions(tmp_path: Path) -> None:
    solution = solution_of("def forward_propagation(X, parameters):\n    return 1\n", tmp_path)
    assert is_shallow(solution)
    assert "shallow.predict" in reference_names(solution)
    assert not is_shallow(solution_of(RIGHT, tmp_path))


def test_only_takes_a_name_of_the_course(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="does not define relu; expected one of none"):
        found("x = 1\n", tmp_path, "relu")
    with pytest.raises(OptionError, match="no function 'relus'"):
        examined(RIGHT, tmp_path, only="relus")


class Ended:
    """A runner in which every call ends in the same way."""

    isolation = "nowhere"
    loaded = Outcome("value")

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def call(self, *_: object, **__: object) -> Outcome:
        return self._outcome

    def calls(self, calls: object) -> list[Outcome]:
        return [self._outcome for _ in calls]


@pytest.mark.parametrize(
    ("outcome", "status", "cause"),
    [
        (Outcome("timeout", error=Failure("", "it was still running after 5 s", 7)), "timeout", "timeout"),
        (Outcome("died", error=Failure("", "ended by SIGKILL", None)), "error", "died"),
        (Outcome("too_much", error=Failure("MemoryError", "", 7)), "error", "too-much"),
        (Outcome("raised", error=Failure("SystemExit", "", 7)), "error", "died"),
        (Outcome("value", {"A": np.ones(3)}), "fail", "wrong-count"),
    ],
)
def test_how_calls_can_end(tmp_path: Path, outcome: Outcome, status: str, cause: str) -> None:
    solution = solution_of(RIGHT, tmp_path)
    examination = examine(solution, Ended(outcome), only="sigmoid")
    (judgement,) = examination.judgements
    assert (judgement.status, judgement.cause) == (status, cause)
    assert not examination.all_right


def test_replacing_functions_of_numpy_is_told(tmp_path: Path) -> None:
    solution = solution_of(RIGHT, tmp_path)

    class Replacing:
        isolation = "nowhere"
        loaded = Outcome("value")

        def calls(self, calls: object) -> list[Outcome]:
            from dataclasses import replace

            runner = in_process(solution)
            return [replace(outcome, replaced=("numpy.dot",)) for outcome in runner.calls(calls)]

    (judgement,) = examine(solution, Replacing(), only="sigmoid").judgements
    assert judgement.cause == "replaces-numpy"
    assert "numpy.dot" in judgement.notes[0]


LATER = """
import numpy as np


def initialize_velocity(parameters):
    return {"d" + name: np.zeros(value.shape) for name, value in parameters.items()}


def update_parameters_with_momentum(parameters, grads, v, beta, learning_rate):
    for name in parameters:
        v["d" + name] = beta * v["d" + name] + (1 - beta) * grads["d" + name]
        parameters[name] = parameters[name] - learning_rate * v["d" + name]
    return parameters, v


def update_lr(rate, epoch, decay):
    return rate / (1 + decay * epoch)


def tanh(x):
    return np.tanh(x)
"""


def test_the_course_that_follows_is_judged_too(tmp_path: Path) -> None:
    judgements = {f.name: f for f in examined(LATER, tmp_path).judgements if f.status != "missing"}
    # A tanh without its backward step is a helper.
    assert set(judgements) == {"initialize_velocity", "update_parameters_with_momentum", "update_lr"}
    assert all(judgement.right for judgement in judgements.values()), judgements
    wrong = LATER.replace("(1 - beta) * grads", "grads")
    judgement = found(wrong, tmp_path, "update_parameters_with_momentum")
    assert (judgement.status, judgement.cause) == ("fail", "mean-not-weighted")
    assert judgement.shapes[0].quantity == "W1"


SHALLOW = """
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def forward_propagation(X, parameters):
    Z1 = parameters["W1"] @ X + parameters["b1"]
    A1 = np.tanh(Z1)
    Z2 = parameters["W2"] @ A1 + parameters["b2"]
    A2 = sigmoid(Z2)
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}


def predict(parameters, X):
    return np.round(forward_propagation(X, parameters)[0])
"""


def test_the_sigmoid_of_the_smaller_course_has_no_cache(tmp_path: Path) -> None:
    examination = examined(SHALLOW, tmp_path, together=True)
    assert examination.all_right
    assert examination.trains.worked
    wrong = found(SHALLOW.replace("np.tanh(Z1)", "sigmoid(Z1)"), tmp_path, "forward_propagation")
    assert wrong.cause == "hidden-sigmoid"
