"""What newcomers wrote: right in ways that were called wrong, and lines that were pointed past."""

from pathlib import Path

import pytest

from check.judging import examined, found
from pellucid.check.judge_file import check_file

NUMPY = "import numpy as np\n"
NN_MODEL = """
def nn_model(X, Y, n_h, num_iterations=10000, learning_rate=1.2, print_cost=False):
    n_x, n_y = X.shape[0], Y.shape[0]
    parameters = initialize_parameters(n_x, n_h, n_y)
    for i in range(0, num_iterations):
        A2, cache = forward_propagation(X, parameters)
        grads = backward_propagation(parameters, cache, X, Y)
        parameters = update_parameters(parameters, grads, learning_rate)
    return parameters
"""
L_LAYER = """
def L_layer_model(X, Y, layers_dims, num_iterations=3000, learning_rate=0.0075, print_cost=False):
    parameters = initialize_parameters_deep(layers_dims)
    for i in range(num_iterations):
        AL, caches = L_model_forward(X, parameters)
        grads = L_model_backward(AL, Y, caches)
        parameters = update_parameters(parameters, grads, learning_rate)
    return parameters
"""
OPTIMIZE = """
def optimize(w, b, X, Y, learning_rate, num_iterations, print_cost=False):
    for i in range(num_iterations):
        grads, cost = propagate(w, b, X, Y)
        w = w - learning_rate * grads["dw"]
        b = b - learning_rate * grads["db"]
    return {"w": w, "b": b}, grads, []
"""
PREDICT = """
def predict(parameters, X):
    A2, cache = forward_propagation(X, parameters)
    return np.round(A2)
"""
UPDATE = """
def update_parameters(parameters, grads, learning_rate=1.2):
    W1, b1, W2, b2 = (parameters[k] for k in ("W1", "b1", "W2", "b2"))
    W1 = W1 - learning_rate * grads["dW1"]
    b1 = b1 - learning_rate * grads["db1"]
    W2 = W2 - learning_rate * grads["dW2"]
    b2 = b2 - learning_rate * grads["db2"]
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
"""
REGULARIZED = """
def compute_cost_with_regularization(A3, Y, parameters, lambd):
    m, total = Y.shape[1], 0
    for l in range(1, len(parameters) // 2 + 1):
        total += np.sum(np.square(parameters["W" + str(l)]))
    return compute_cost(A3, Y) + lambd / (2 * m) * total
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nn_model", NN_MODEL),
        ("L_layer_model", L_LAYER),
        ("two_layer_model", L_LAYER.replace("L_layer_model", "two_layer_model")),
        ("optimize", OPTIMIZE),
        ("predict", PREDICT),
        (
            "update_parameters",
            UPDATE.replace('(parameters[k] for k in ("W1", "b1", "W2", "b2"))', "[*parameters.values()]"),
        ),
        ("compute_cost_with_regularization", REGULARIZED),
    ],
)
def test_right_in_another_order_alone_or_over_layers(tmp_path: Path, name: str, text: str) -> None:
    judgement = found(NUMPY + text, tmp_path, name)
    assert (judgement.status, judgement.cause) == ("pass", "")


def test_a_few_arguments_have_their_order(tmp_path: Path) -> None:
    text = "def linear_forward(W, A, b):\n    return np.dot(W, A) + b, (A, W, b)\n"
    assert not found(NUMPY + text, tmp_path, "linear_forward").right


def test_an_argument_of_another_name_is_passed_by_position(tmp_path: Path) -> None:
    text = L_LAYER.replace("num_iterations", "steps").replace("learning_rate=0.0075", "rate=0.0075")
    assert not found(
        NUMPY + text.replace("grads, learning_rate", "grads, rate"), tmp_path, "L_layer_model"
    ).right


def test_bars_of_progress_are_stood_in_for(tmp_path: Path) -> None:
    path = tmp_path / "bars.py"
    text = L_LAYER.replace("range(num_iterations)", "tqdm(range(num_iterations), desc='cost')")
    for line in (
        "from tqdm import tqdm",
        "from tqdm.notebook import tqdm",
        "from tqdm import trange as tqdm",
    ):
        source = text.replace("tqdm(range(num_iterations), desc='cost')", "tqdm(num_iterations)")
        path.write_text(f"{NUMPY}{line}\n{source if 'trange' in line else text}")
        (judgement,) = (j for j in check_file(path).judgements if j.name == "L_layer_model")
        assert judgement.right, judgement


def test_the_gradients_of_weights_and_biases_decide(tmp_path: Path) -> None:
    text = """
def backward_propagation_with_regularization(X, Y, cache, lambd):
    m = X.shape[1]
    (Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3) = cache
    dZ3 = A3 - Y
    dZ2 = (W3.T @ dZ3) * (Z2 > 0)
    dZ1 = (W2.T @ dZ2) * (Z1 > 0)
    grads = {}
    for l, dZ, A, W in ((3, dZ3, A2, W3), (2, dZ2, A1, W2), (1, dZ1, X, W1)):
        grads[f"dW{l}"] = (dZ @ A.T + lambd * W) / m
        grads[f"db{l}"] = dZ.mean(axis=1, keepdims=True)
    return grads
"""
    assert found(NUMPY + text, tmp_path, "backward_propagation_with_regularization").right
    wrong = found(
        NUMPY + text.replace("lambd * W", "lambd * W / 2"),
        tmp_path,
        "backward_propagation_with_regularization",
    )
    assert wrong.cause == "penalty-gradient-halved"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("b1 - learning_rate * grads", "b1 - grads", 'b1 = b1 - grads["db1"]'),
        ("b2 - learning_rate", "b2 + learning_rate", 'b2 = b2 + learning_rate * grads["db2"]'),
        ('W2 - learning_rate * grads["dW2"]', "W2", "W2 = W2"),
    ],
)
def test_the_line_is_that_of_the_quantity_that_differs(
    tmp_path: Path, old: str, new: str, line: str
) -> None:
    text = UPDATE.replace('(parameters[k] for k in ("W1", "b1", "W2", "b2"))', "[*parameters.values()]")
    assert old in text
    judgement = found(NUMPY + text.replace(old, new), tmp_path, "update_parameters")
    assert judgement.code == line


def test_an_update_of_one_hidden_layer_trains_alone(tmp_path: Path) -> None:
    text = UPDATE.replace('(parameters[k] for k in ("W1", "b1", "W2", "b2"))', "[*parameters.values()]")
    assert examined(NUMPY + text, tmp_path, together=True).trains.worked


def test_the_basics_have_no_network_to_train(tmp_path: Path) -> None:
    text = "def sigmoid(x):\n    return 1 / (1 + np.exp(-x))\n"
    found_all = examined(NUMPY + text, tmp_path, together=True)
    assert found_all.trains.worked is None
    assert [j.status for j in found_all.judgements] == ["pass"]


def test_data_that_are_not_here_are_not_the_files_fault(tmp_path: Path) -> None:
    path = tmp_path / "cells.py"
    path.write_text(
        f"{NUMPY}from testCases_v2 import *\nfrom planar_utils import load_planar_dataset\n{PREDICT}"
        "X, Y = load_planar_dataset()\nparameters = update_parameters(X, Y, 0.1)\n"
    )
    assert check_file(path).notes == ()


def test_what_cannot_be_read_is_counted_and_named(tmp_path: Path) -> None:
    path = tmp_path / "old.py"
    path.write_text(f"{NUMPY}{PREDICT}\ndef linear_backward(dZ, cache):\n    print dZ\n    return dZ\n")
    said = str(check_file(path))
    assert "1 of 1 functions right, 1 that cannot be read" in said
    assert "left out, line 8, with linear_backward: " in said


def test_a_return_inside_the_loop_is_named_with_its_line(tmp_path: Path) -> None:
    text = """
def L_model_backward(AL, Y, caches):
    grads, L = {}, len(caches)
    dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    dA, dW, db = linear_activation_backward(dAL, caches[L - 1], "sigmoid")
    grads["dA" + str(L - 1)], grads["dW" + str(L)], grads["db" + str(L)] = dA, dW, db
    for l in reversed(range(L - 1)):
        dA, dW, db = linear_activation_backward(dA, caches[l], "relu")
        grads["dA" + str(l)], grads["dW" + str(l + 1)], grads["db" + str(l + 1)] = dA, dW, db
    return grads
"""
    assert found(NUMPY + text, tmp_path, "L_model_backward").right
    judgement = found(NUMPY + text.replace("    return", "        return"), tmp_path, "L_model_backward")
    assert (judgement.cause, judgement.code) == ("return-in-loop", "return grads")
