"""The reference's functions of exercises whose form differs from that of `pellucid.core`.

They are lent to a learner's file in place of its own, and give the answers of the cases. Their names and
arguments are the courses'. Plain activations return no cache.
"""

# The courses' arguments, used or not.
# ruff: noqa: ARG001

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pellucid import core

Array = np.ndarray[Any, Any]

# The network of the gradient check; `vector_to_dictionary` knows its shapes by heart.
CHECKED_SHAPES = {"W1": (5, 4), "b1": (5, 1), "W2": (3, 5), "b2": (3, 1), "W3": (1, 3), "b3": (1, 1)}


def sigmoid(z: Any) -> Any:
    """1 / (1 + exp(-z)), without a cache."""
    return core.sigmoid(np.asarray(z))[0]


def relu(z: Any) -> Any:
    """max(0, z), without a cache."""
    return core.relu(np.asarray(z))[0]


def forward_of_one_number(x: Any, theta: Any) -> Any:
    """J = theta x."""
    return theta * x


def backward_of_one_number(x: Any, theta: Any) -> Any:
    """dJ / dtheta = x."""
    return x


def layer_sizes(X: Array, Y: Array) -> tuple[int, int, int]:
    """n_x, the four hidden units of the exercise, and n_y."""
    return X.shape[0], 4, Y.shape[0]


def initialize_with_zeros(dim: int) -> tuple[Array, float]:
    """w (dim, 1) and b of logistic regression, all zero."""
    return np.zeros((dim, 1)), 0.0


def propagate(w: Array, b: Any, X: Array, Y: Array) -> tuple[dict[str, Any], Any]:
    """Gradients `{"dw": (n_x, 1), "db": a number}` and cost of logistic regression."""
    m = X.shape[1]
    A = sigmoid(np.dot(w.T, X) + b)
    cost = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m
    return {"dw": np.dot(X, (A - Y).T) / m, "db": np.sum(A - Y) / m}, cost


def optimize(
    w: Array,
    b: Any,
    X: Array,
    Y: Array,
    num_iterations: int = 100,
    learning_rate: float = 0.009,
    print_cost: bool = False,
) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
    """The parameters after so many steps, the gradients of the last one, and every hundredth cost."""
    grads: dict[str, Any] = {}
    costs = []
    for i in range(num_iterations):
        grads, cost = propagate(w, b, X, Y)
        w, b = w - learning_rate * grads["dw"], b - learning_rate * grads["db"]
        if i % 100 == 0:
            costs.append(cost)
    return {"w": w, "b": b}, grads, costs


def predict(w: Array, b: Any, X: Array) -> Array:
    """Labels 0. and 1., (1, m)."""
    A: Array = sigmoid(np.dot(w.T, X) + b)
    return (A > 0.5).astype(float)


def model(
    X_train: Array,
    Y_train: Array,
    X_test: Array,
    Y_test: Array,
    num_iterations: int = 2000,
    learning_rate: float = 0.5,
    print_cost: bool = False,
) -> dict[str, Any]:
    """Logistic regression from zeros: what it learned, and its labels of both sets."""
    w, b = initialize_with_zeros(X_train.shape[0])
    parameters, _, costs = optimize(w, b, X_train, Y_train, num_iterations, learning_rate, print_cost)
    w, b = parameters["w"], parameters["b"]
    return {
        "costs": costs,
        "Y_prediction_test": predict(w, b, X_test),
        "Y_prediction_train": predict(w, b, X_train),
        "w": w,
        "b": b,
        "learning_rate": learning_rate,
        "num_iterations": num_iterations,
    }


def initialize_parameters_zeros(layers_dims: Sequence[int]) -> dict[str, Array]:
    """All parameters zero: every unit of a layer learns the same, and the network no more than one unit."""
    parameters = {}
    for l in range(1, len(layers_dims)):
        parameters[f"W{l}"] = np.zeros((layers_dims[l], layers_dims[l - 1]))
        parameters[f"b{l}"] = np.zeros((layers_dims[l], 1))
    return parameters


def initialize_parameters_random(layers_dims: Sequence[int]) -> dict[str, Array]:
    """Weights ten times as large as randn gives them: the cost begins high, and falls slowly."""
    np.random.seed(3)
    parameters = {}
    for l in range(1, len(layers_dims)):
        parameters[f"W{l}"] = np.random.randn(layers_dims[l], layers_dims[l - 1]) * 10
        parameters[f"b{l}"] = np.zeros((layers_dims[l], 1))
    return parameters


def initialize_parameters_he(layers_dims: Sequence[int]) -> dict[str, Array]:
    """Weights times sqrt(2 / n_prev): behind ReLU, which stops half, a signal keeps its size."""
    np.random.seed(3)
    parameters = {}
    for l in range(1, len(layers_dims)):
        scale = np.sqrt(2 / layers_dims[l - 1])
        parameters[f"W{l}"] = np.random.randn(layers_dims[l], layers_dims[l - 1]) * scale
        parameters[f"b{l}"] = np.zeros((layers_dims[l], 1))
    return parameters


def update_parameters_with_gd(
    parameters: Mapping[str, Array], grads: Mapping[str, Array], learning_rate: float
) -> dict[str, Array]:
    """Every parameter after one step against its gradient."""
    return {name: value - learning_rate * grads[f"d{name}"] for name, value in parameters.items()}


def forward_propagation_n(
    X: Array, Y: Array, parameters: Mapping[str, Array]
) -> tuple[Any, tuple[Array, ...]]:
    """Cost and flat cache (Z1, A1, W1, b1, ..., Z3, A3, W3, b3) of the network that is checked."""
    A, cache = X, []
    for l in (1, 2, 3):
        W, b = parameters[f"W{l}"], parameters[f"b{l}"]
        Z = np.dot(W, A) + b
        A = sigmoid(Z) if l == 3 else relu(Z)
        cache += [Z, A, W, b]
    cost = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / X.shape[1]
    return cost, tuple(cache)


def backward_propagation_n(X: Array, Y: Array, cache: tuple[Array, ...]) -> dict[str, Array]:
    """Gradients of the network that is checked, dZ and dA among them."""
    m = X.shape[1]
    grads: dict[str, Array] = {}
    dZ = cache[9] - Y
    for l in (3, 2, 1):
        A_prev = X if l == 1 else cache[4 * l - 7]
        grads |= {f"dZ{l}": dZ, f"dW{l}": np.dot(dZ, A_prev.T) / m, f"db{l}": dZ.sum(1, keepdims=True) / m}
        if l > 1:
            grads[f"dA{l - 1}"] = np.dot(cache[4 * l - 2].T, dZ)
            dZ = grads[f"dA{l - 1}"] * (A_prev > 0)
    return grads


def dictionary_to_vector(parameters: Mapping[str, Array]) -> tuple[Array, list[str]]:
    """All numbers as a column, (n, 1), and for each the key it came from."""
    keys = [key for key in CHECKED_SHAPES for _ in range(parameters[key].size)]
    return np.concatenate([parameters[key].reshape(-1, 1) for key in CHECKED_SHAPES]), keys


def vector_to_dictionary(theta: Array) -> dict[str, Array]:
    """The inverse of `dictionary_to_vector`."""
    parts = np.split(theta.ravel(), np.cumsum([r * c for r, c in CHECKED_SHAPES.values()])[:-1])
    return {
        key: part.reshape(shape) for (key, shape), part in zip(CHECKED_SHAPES.items(), parts, strict=True)
    }


def gradients_to_vector(gradients: Mapping[str, Array]) -> Array:
    """dW1, db1, dW2, ... as a column, (n, 1)."""
    return np.concatenate([gradients[f"d{key}"].reshape(-1, 1) for key in CHECKED_SHAPES])


# By the name of the reference; what comes before the point is the exercise, and a file's name has none.
LENT = {
    "plain.sigmoid": sigmoid,
    "plain.relu": relu,
    "one_number.forward_propagation": forward_of_one_number,
    "one_number.backward_propagation": backward_of_one_number,
    "shallow.layer_sizes": layer_sizes,
    "logistic.initialize_with_zeros": initialize_with_zeros,
    "logistic.propagate": propagate,
    "logistic.optimize": optimize,
    "logistic.predict": predict,
    "deep.initialize_parameters": core.initialize_parameters_deep,
    "forward_propagation_n": forward_propagation_n,
    "backward_propagation_n": backward_propagation_n,
    "dictionary_to_vector": dictionary_to_vector,
    "vector_to_dictionary": vector_to_dictionary,
    "gradients_to_vector": gradients_to_vector,
}
