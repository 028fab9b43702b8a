"""The L2 penalty of the course: large weights cost something.

lambda / (2m) times the sum of the squared weights joins the cost, lambda / m W joins dW. Biases are free.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pellucid.core._arrays import Array, as_scalar, check_matrix, check_same_shape, namespace, plain_number
from pellucid.core.activations import relu_backward
from pellucid.core.cost import compute_cost
from pellucid.core.linear import linear_backward
from pellucid.core.model import count_layers
from pellucid.errors import CacheError


def compute_cost_with_regularization(
    A3: Array, Y: Array, parameters: Mapping[str, Array], lambd: float
) -> Any:
    """Binary cross-entropy plus lambd / (2m) times the sum of all squared weights.

    Args:
        A3: the network's output, (n_y, m); any number of layers may lie before it.
        Y: true labels, (n_y, m), 0 or 1.
        parameters: `{"W1", "b1", ..., "WL", "bL"}`.
        lambd: the weight of the penalty; 0 is `compute_cost`.

    Returns:
        J, a float (for JAX and PyTorch a 0-d array of theirs), in nats. Its gradient is computed by
        `backward_propagation_with_regularization`.

    Raises:
        ShapeError: A3 and Y differ in shape.
        ParametersError: the dictionary is not that of a network.
    """
    L = count_layers(parameters)
    xp = namespace(A3=A3, **parameters)
    cost = compute_cost(A3, Y)
    squares: Any = 0.0
    for l in range(1, L + 1):
        W = parameters[f"W{l}"]
        squares = squares + as_scalar(xp.sum(W * W))
    return cost + plain_number(lambd) / (2 * A3.shape[1]) * squares


def backward_propagation_with_regularization(
    X: Array, Y: Array, cache: Sequence[Array], lambd: float
) -> dict[str, Array]:
    """The backward pass of `compute_cost_with_regularization` through [RELU] x (L-1) -> SIGMOID.

    Args:
        X: inputs, (n_x, m).
        Y: true labels, (n_y, m).
        cache: the course's flat one, (Z1, A1, W1, b1, ..., ZL, AL, WL, bL).
        lambd: the weight of the penalty.

    Returns:
        `{"dZ{l}", "dW{l}", "db{l}"}` for l = 1 .. L and `dA{l}` for l = 1 .. L-1: dW{l} is
        dZ A_prev^T / m + lambd / m W.

    Raises:
        CacheError: the cache does not hold four arrays for each layer.
        ShapeError: X, Y and the cache do not fit.
    """
    if not isinstance(cache, (tuple, list)) or not cache or len(cache) % 4:
        raise CacheError(
            f"the cache is a {type(cache).__name__} of {len(cache) if hasattr(cache, '__len__') else 'no'} "
            "values; expected (Z1, A1, W1, b1, ..., ZL, AL, WL, bL), four for each layer"
        )
    xp = namespace(X=X, Y=Y, **{f"cache[{i}]": part for i, part in enumerate(cache)})
    check_matrix("X", X, "(n_x, m)")
    check_same_shape("Y", Y, "AL in the cache", cache[-3])
    layers = [tuple(cache[i : i + 4]) for i in range(0, len(cache), 4)]
    m = X.shape[1]
    grads: dict[str, Array] = {}
    for l in range(len(layers), 0, -1):
        Z, A, W, b = layers[l - 1]
        A_prev = layers[l - 2][1] if l > 1 else X
        grads[f"dZ{l}"] = (
            A - xp.astype(Y, A.dtype) if l == len(layers) else relu_backward(grads[f"dA{l}"], Z)
        )
        dA_prev, dW, grads[f"db{l}"] = linear_backward(grads[f"dZ{l}"], (A_prev, W, b))
        grads[f"dW{l}"] = dW + plain_number(lambd) / m * W
        if l > 1:
            grads[f"dA{l - 1}"] = dA_prev
    return grads
