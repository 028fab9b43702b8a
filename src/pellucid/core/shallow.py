"""The network with one hidden layer, on one page: tanh hidden units, a sigmoid output.

It can be read on its own, before the deep network, and has the signatures of its own course. It calls the
functions that it shares with the deep network. `nn_model` in `pellucid.course` trains it.

Letters: m examples, n_x inputs, n_h hidden units, n_y = 1 output.
X (n_x, m), Y (n_y, m), W1 (n_h, n_x), b1 (n_h, 1), W2 (n_y, n_h), b2 (n_y, 1).
"""

from collections.abc import Mapping

from pellucid.core import cost, initialization, update
from pellucid.core._arrays import Array, floating, namespace
from pellucid.core._shapes import check_layer, check_same_shape, check_sizes, to_fit
from pellucid.core.activations import sigmoid, tanh
from pellucid.core.linear import linear_backward, linear_forward, linear_gradients
from pellucid.core.model import labels_from_output
from pellucid.core.randomness import RandomSource
from pellucid.errors import ParametersError


def initialize_parameters(
    input_layer: int, hidden_layer: int, output_layer: int, *, rng: RandomSource = None
) -> dict[str, Array]:
    """Weights randn * 0.01, zero biases.

    Args:
        input_layer: n_x, the number of inputs.
        hidden_layer: n_h, the units of the hidden layer.
        output_layer: n_y, the units of the output layer.
        rng: None, an int, a Generator or a RandomState; see `random_stream`.

    Returns:
        `{"W1": (n_h, n_x), "b1": (n_h, 1), "W2": (n_y, n_h), "b2": (n_y, 1)}`.

    Raises:
        OptionError: a size is not an integer of at least 1.
    """
    return initialization.initialize_parameters(input_layer, hidden_layer, output_layer, rng=rng)


def forward_propagation(X: Array, parameters: Mapping[str, Array]) -> tuple[Array, dict[str, Array]]:
    """Z1 = W1 X + b1, A1 = tanh(Z1), Z2 = W2 A1 + b2, A2 = sigmoid(Z2).

    Args:
        X: inputs, (n_x, m).
        parameters: W1, b1, W2, b2.

    Returns:
        `(A2, cache)`: A2 (n_y, m), and cache with Z1, A1 (n_h, m), Z2, A2 (n_y, m), for
        `backward_propagation`, its partner.

    Raises:
        ShapeError: X and the parameters do not fit.
        ParametersError: a parameter is missing.
    """
    _check_keys("parameters", parameters, ("W1", "b1", "W2", "b2"))
    W1, b1, W2, b2 = (parameters[name] for name in ("W1", "b1", "W2", "b2"))
    namespace(X=X, W1=W1, b1=b1, W2=W2, b2=b2)
    check_layer(X, W1, b1, l=1)
    Z1, _ = linear_forward(X, W1, b1)
    A1, _ = tanh(Z1)
    check_layer(A1, W2, b2, l=2)
    Z2, _ = linear_forward(A1, W2, b2)
    A2, _ = sigmoid(Z2)
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}


def compute_cost(A2: Array, Y: Array, parameters: Mapping[str, Array] | None = None) -> float:  # noqa: ARG001
    """Binary cross-entropy, J = -1/m sum(Y log A2 + (1 - Y) log(1 - A2)).

    Args:
        A2: the network's output, (n_y, m).
        Y: true labels, (n_y, m), 0 or 1.
        parameters: ignored; the course's signature has it.

    Returns:
        J, as `pellucid.core.cost.compute_cost`.

    Raises:
        ShapeError: A2 and Y differ in shape.
    """
    J: float = cost.compute_cost(A2, Y)
    return J


def backward_propagation(
    parameters: Mapping[str, Array], cache: Mapping[str, Array], X: Array, Y: Array
) -> dict[str, Array]:
    """dZ2 = A2 - Y, dZ1 = W2^T dZ2 * (1 - A1^2), and dW, db of both layers.

    The partner of `forward_propagation`.

    Args:
        parameters: W1, b1, W2, b2.
        cache: A1 (n_h, m) and A2 (n_y, m), as `forward_propagation` returned them.
        X: inputs, (n_x, m).
        Y: true labels, (n_y, m).

    Returns:
        `{"dW1", "db1", "dW2", "db2"}`, each of the shape of its parameter, averaged over m.

    Raises:
        ShapeError: the arrays do not fit.
        ParametersError: a parameter, or a part of the cache, is missing.
    """
    _check_keys("parameters", parameters, ("W1", "b1", "W2", "b2"))
    _check_keys("cache", cache, ("A1", "A2"))
    A1, A2, W1 = cache["A1"], cache["A2"], parameters["W1"]
    xp = namespace(X=X, A1=A1, A2=A2, Y=Y, W1=W1)
    check_same_shape("Y", Y, "A2", A2)
    dZ2 = A2 - floating(xp, Y, like=A2)
    check_sizes("X", X, (W1.shape[-1], A1.shape[-1]), to_fit(W1=W1, A1=A1))
    dA1, dW2, db2 = linear_backward(dZ2, (A1, parameters["W2"], parameters["b2"]))
    dZ1 = dA1 * (1 - A1 * A1)
    X = floating(xp, X, like=A1)
    dW1, db1 = linear_gradients(dZ1, (X, W1, parameters["b1"]))
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update_parameters(
    parameters: Mapping[str, Array], grads: Mapping[str, Array], learning_rate: float = 0.1
) -> dict[str, Array]:
    """Gradient descent, as `pellucid.core.update.update_parameters`, with this course's default.

    Args:
        parameters: W1, b1, W2, b2; not changed.
        grads: dW1, db1, dW2, db2.
        learning_rate: the length of the step.

    Returns:
        A new dictionary of new arrays.

    Raises:
        ParametersError: a key is missing.
        ShapeError: a gradient does not have the shape of its parameter.
    """
    return update.update_parameters(parameters, grads, learning_rate)


def predict(parameters: Mapping[str, Array], X: Array) -> Array:
    """The labels that the network predicts for X: 1 where A2 is above one half.

    Args:
        parameters: W1, b1, W2, b2, as `nn_model` returns them.
        X: inputs, (n_x, m).

    Returns:
        Integers 0 and 1, (n_y, m).

    Raises:
        ShapeError: X and the parameters do not fit.
        ParametersError: a parameter is missing.
    """
    A2, _ = forward_propagation(X, parameters)
    return labels_from_output(A2, output_activation="sigmoid")


def _check_keys(name: str, dictionary: Mapping[str, Array], expected: tuple[str, ...]) -> None:
    if not isinstance(dictionary, Mapping):
        raise ParametersError(
            f"{name} is of type {type(dictionary).__name__}; expected a dictionary of {', '.join(expected)}"
        )
    missing = [key for key in expected if key not in dictionary]
    if missing:
        raise ParametersError(
            f"{name} has no {', '.join(missing)}; expected the keys {', '.join(expected)}"
        )
