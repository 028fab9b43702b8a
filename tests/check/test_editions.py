"""What any edition of the courses accepted is right, with a remark; the rest is not judged."""

from pathlib import Path

import pytest

from check.judging import examined, found
from pellucid.check.editions import NO_CACHE, OLD_KEYS

NUMPY = "import numpy as np\n"

REBOUND = {
    "loop": """
def update_parameters(parameters, grads, learning_rate):
    for l in range(1, len(parameters) // 2 + 1):
        parameters[f"W{l}"] = parameters[f"W{l}"] - learning_rate * grads[f"dW{l}"]
        parameters[f"b{l}"] = parameters[f"b{l}"] - learning_rate * grads[f"db{l}"]
    return parameters
""",
    "items": """
def update_parameters(params, grads, learning_rate):
    for key, value in list(params.items()):
        params[key] = value - grads["d" + key] * learning_rate
    return params
""",
    "update": """
def update_parameters(parameters, grads, learning_rate):
    parameters.update({k: parameters[k] - learning_rate * grads["d" + k] for k in parameters})
    return parameters
""",
}
WRITTEN = {
    "minus": """
def update_parameters(parameters, grads, learning_rate):
    for k in parameters:
        parameters[k] -= learning_rate * grads["d" + k]
    return parameters
""",
    "slice": """
def update_parameters(parameters, grads, learning_rate):
    new = dict(parameters)
    for k in new:
        new[k][:] = new[k] - learning_rate * grads["d" + k]
    return new
""",
    "out": """
def update_parameters(parameters, grads, learning_rate):
    return {k: np.subtract(v, learning_rate * grads["d" + k], out=v) for k, v in parameters.items()}
""",
}

OLD = {
    "strings": """
def L_model_backward(AL, Y, caches):
    grads, L = {}, len(caches)
    dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    grads["dA" + str(L)], grads["dW" + str(L)], grads["db" + str(L)] = linear_activation_backward(
        dAL, caches[L - 1], "sigmoid")
    for l in reversed(range(L - 1)):
        dA, dW, db = linear_activation_backward(grads["dA" + str(l + 2)], caches[l], "relu")
        grads["dA" + str(l + 1)], grads["dW" + str(l + 1)], grads["db" + str(l + 1)] = dA, dW, db
    return grads
""",
    "running": """
def L_model_backward(AL, Y, caches):
    grads, d, kind = {}, (1 - Y) / (1 - AL) - Y / AL, "sigmoid"
    for l in range(len(caches), 0, -1):
        d, grads[f"dW{l}"], grads[f"db{l}"] = linear_activation_backward(d, caches[l - 1], kind)
        grads[f"dA{l}"], kind = d, "relu"
    return grads
""",
    "last first": """
def L_model_backward(AL, Y, caches):
    L = len(caches)
    d = -(Y / AL - (1 - Y) / (1 - AL))
    names = lambda l: ("dA%d" % l, "dW%d" % l, "db%d" % l)
    grads = dict(zip(names(L), linear_activation_backward(d, caches[-1], "sigmoid")))
    for l in range(L - 1, 0, -1):
        dA = grads["dA%d" % (l + 1)]
        grads.update(zip(names(l), linear_activation_backward(dA, caches[l - 1], "relu")))
    return grads
""",
}


@pytest.mark.parametrize("spelling", REBOUND)
def test_keys_bound_anew_are_right_with_a_remark(tmp_path: Path, spelling: str) -> None:
    judgement = found(NUMPY + REBOUND[spelling], tmp_path, "update_parameters")
    assert (judgement.status, judgement.cause) == ("pass", "")
    assert "the caller's dictionary changes too" in judgement.notes[0]


@pytest.mark.parametrize("spelling", WRITTEN)
def test_arrays_written_into_are_wrong(tmp_path: Path, spelling: str) -> None:
    assert found(NUMPY + WRITTEN[spelling], tmp_path, "update_parameters").cause == "parameters-mutated"


@pytest.mark.parametrize("spelling", OLD)
def test_the_keys_of_early_editions_are_right_with_a_remark(tmp_path: Path, spelling: str) -> None:
    judgement = found(NUMPY + OLD[spelling], tmp_path, "L_model_backward")
    assert judgement.right
    assert judgement.notes == (OLD_KEYS,)


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ('linear_activation_backward(grads["dA" + str(l + 2)], caches[l], "relu")', None, "hidden-fed-dal"),
        ("np.divide(Y, AL) - np", "np.divide(Y, AL) + np", "dal-term-sign"),
        ('"relu")', '"sigmoid")', "hidden-sigmoid"),
        ("reversed(range(L - 1))", "reversed(range(1, L - 1))", "loop-one-short"),
    ],
)
def test_a_mistake_is_found_inside_the_early_convention(
    tmp_path: Path, old: str, new: str | None, cause: str
) -> None:
    new = new or 'linear_activation_backward(dAL, caches[l], "relu")'
    text = OLD["strings"].replace(old, new)
    assert text != OLD["strings"]
    assert found(NUMPY + text, tmp_path, "L_model_backward").cause == cause


@pytest.mark.parametrize(
    "body",
    [
        "    W1, W2 = parameters['W1'], parameters['W2']\n    return float(-np.mean(L))",
        "    assert parameters['W1'].shape[0] == parameters['W2'].shape[1]\n    return -np.mean(L)",
        "    cost = np.squeeze(-np.sum(L) / Y.shape[1])\n    assert isinstance(cost, float)\n    return cost",  # noqa: E501
    ],
)
def test_the_cost_of_the_planar_exercise_gets_parameters(tmp_path: Path, body: str) -> None:
    text = f"{NUMPY}def forward_propagation(X, parameters):\n    return X, {{}}\n"
    text += (
        f"def compute_cost(A2, Y, parameters):\n    L = np.log(A2) * Y + np.log(1 - A2) * (1 - Y)\n{body}\n"
    )
    assert found(text, tmp_path, "compute_cost").right


@pytest.mark.parametrize(
    "check",
    [
        "cost = np.squeeze(cost)\n    assert isinstance(cost, float)",
        "assert(type(cost) == np.float64)",
        "assert cost.dtype == float, 'float'",
    ],
)
def test_an_assertion_that_only_float32_trips_is_no_mistake(tmp_path: Path, check: str) -> None:
    text = f"""{NUMPY}
def compute_cost(AL, Y):
    cost = -(1.0 / Y.shape[1]) * np.sum(np.log(AL) * Y + np.log(1 - AL) * (1 - Y))
    {check}
    return cost
"""
    assert found(text, tmp_path, "compute_cost").right


def test_an_assertion_that_all_trip_is_one(tmp_path: Path) -> None:
    text = "def compute_cost(AL, Y):\n    cost = [1]\n    assert isinstance(cost, float)\n    return cost\n"
    assert not found(text, tmp_path, "compute_cost").right


THREE = """
def forward_propagation(X, parameters):
    A1 = np.maximum(0, parameters["W1"] @ X + parameters["b1"])
    A2 = np.maximum(0, parameters["W2"] @ A1 + parameters["b2"])
    Z3 = parameters["W3"] @ A2 + parameters["b3"]
    return 1 / (1 + np.exp(-Z3)), (A1, A2, Z3)


def backward_propagation(X, Y, cache):
    return {"dW3": cache[0]}
"""


def test_functions_of_the_second_course_under_the_same_names(tmp_path: Path) -> None:
    examination = examined(NUMPY + THREE, tmp_path, together=True)
    assert {f.name: f.status for f in examination.judgements} == {
        "forward_propagation": "pass",
        "backward_propagation": "not_judged",
    }
    assert examination.all_right
    assert examination.trains.worked is None


def test_three_layers_that_are_wrong_are_wrong(tmp_path: Path) -> None:
    text = NUMPY + THREE.replace('W2"] @ A1', 'W2"] @ A1 * 2')
    assert found(text, tmp_path, "forward_propagation").status == "fail"


@pytest.mark.parametrize("product", ["theta * x", "np.dot(theta, x)", "np.multiply(x, theta)"])
def test_the_gradient_check_of_one_number(tmp_path: Path, product: str) -> None:
    text = f"{NUMPY}def forward_propagation(x, theta):\n    J = {product}\n    return J\n"
    text += "def backward_propagation(x, theta):\n    dtheta = theta\n    return dtheta\n"
    statuses = {f.name: f.status for f in examined(text, tmp_path).judgements}
    assert statuses == {"forward_propagation": "pass", "backward_propagation": "fail"}


@pytest.mark.parametrize("name", ["sigmoid", "relu"])
def test_activations_without_a_cache_are_right_where_nothing_takes_one(tmp_path: Path, name: str) -> None:
    formula = "1 / (1 + np.exp(-Z))" if name == "sigmoid" else "np.maximum(0, Z)"
    text = f"{NUMPY}def {name}(Z):\n    return {formula}\n"
    judgement = found(text, tmp_path, name)
    assert judgement.right
    assert judgement.notes == (NO_CACHE,)
    layers = (
        "def linear_activation_forward(A_prev, W, b, activation):\n    return sigmoid(W @ A_prev + b)\n"
    )
    assert found(text + layers, tmp_path, name).cause == "cache-missing"


def test_only_the_exercise_that_the_file_is_about_is_missed(tmp_path: Path) -> None:
    cost = (
        f"{NUMPY}def compute_cost(AL, Y):\n    return -np.mean(Y * np.log(AL) + (1 - Y) * np.log(1 - AL))\n"
    )
    assert [f.name for f in examined(cost, tmp_path).judgements] == ["compute_cost"]
    layer = cost + "def linear_forward(A, W, b):\n    return W @ A + b, (A, W, b)\n"
    missing = {f.name for f in examined(layer, tmp_path).judgements if f.status == "missing"}
    assert "L_model_backward" in missing
    assert "forward_propagation" not in missing
