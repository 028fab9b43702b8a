"""Regularization: penalties of large weights. Biases have no penalty.

The course's L2 penalty adds lambda / (2m) times the sum of the squared weights to the cost, and
lambda / m W to dW. The L1 penalty adds the sum of their absolute values, and makes weights exactly zero.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pellucid.core._arrays import Array, as_scalar, namespace, number_for
from pellucid.core._shapes import check_same_shape, check_sizes, to_fit
from pellucid.core.cost import compute_cost
from pellucid.core.linear import LayerCache
from pellucid.core.model import backward_pass, count_layers, gradients_by_name
from pellucid.errors import CacheError


def weight_penalty(parameters: Mapping[str, Array], m: float, *, l2: float = 0.0, l1: float = 0.0) -> Any:
    """(l2/2 sum(W^2) + l1 sum(|W|)) / m over all weights: the penalty that is added to the cost.

    Args:
        parameters: `{"W1", "b1", ..., "WL", "bL"}`.
        m: the number of examples, or the sum of their weights: a number, or a 0-d array.
        l2: the course's lambda, the factor of the L2 penalty.
        l1: the factor of the L1 penalty.

    Returns:
        A float (for JAX and PyTorch a 0-d array of theirs). Its gradient is `weight_penalty_backward`.

    Raises:
        ParametersError: the dictionary is not that of a network.
    """
    L = count_layers(parameters)
    xp = namespace(**parameters)
    weights = [parameters[f"W{l}"] for l in range(1, L + 1)]
    penalty: Any = 0.0
    for W in weights if l2 else []:
        penalty = penalty + number_for(W, l2) / 2 * as_scalar(xp.sum(W * W))
    for W in weights if l1 else []:
        penalty = penalty + number_for(W, l1) * as_scalar(xp.sum(xp.abs(W)))
    return penalty / number_for(parameters["W1"], m)


def weight_penalty_backward(
    parameters: Mapping[str, Array], m: float, *, l2: float = 0.0, l1: float = 0.0
) -> dict[str, Array]:
    """(l2 W + l1 sign(W)) / m: the gradient that is added to each dW. The partner of `weight_penalty`.

    Args:
        parameters: `{"W1", "b1", ..., "WL", "bL"}`.
        m: the number of examples, or the sum of their weights: a number, or a 0-d array.
        l2: as in `weight_penalty`.
        l1: as in `weight_penalty`. At a weight of exactly 0 its gradient is 0.

    Returns:
        `{"dW1", ..., "dWL"}`, each of the shape of its weights.

    Raises:
        ParametersError: the dictionary is not that of a network.
    """
    L = count_layers(parameters)
    xp = namespace(**parameters)
    l2_per_example, l1_per_example = (
        number_for(parameters["W1"], penalty) / number_for(parameters["W1"], m) for penalty in (l2, l1)
    )
    grads = {}
    for l in range(1, L + 1):
        W = parameters[f"W{l}"]
        grads[f"dW{l}"] = l2_per_example * W
        if l1:
            grads[f"dW{l}"] = grads[f"dW{l}"] + l1_per_example * xp.sign(W)
    return grads


def compute_cost_with_regularization(
    A3: Array, Y: Array, parameters: Mapping[str, Array], lambd: float
) -> Any:
    """Binary cross-entropy plus lambd / (2m) times the sum of all squared weights.

    Args:
        A3: the network's output, (n_y, m), of a network with any number of layers.
        Y: true labels, (n_y, m), 0 or 1.
        parameters: `{"W1", "b1", ..., "WL", "bL"}`.
        lambd: the factor of the penalty; with 0 the cost is that of `compute_cost`.

    Returns:
        J, a float (for JAX and PyTorch a 0-d array of theirs), in nats. Its gradient is computed by
        `backward_propagation_with_regularization`.

    Raises:
        ShapeError: A3 and Y differ in shape.
        ParametersError: the dictionary is not that of a network.
    """
    namespace(A3=A3, **parameters)
    return compute_cost(A3, Y) + weight_penalty(parameters, A3.shape[1], l2=lambd)


def backward_propagation_with_regularization(
    X: Array, Y: Array, cache: Sequence[Array], lambd: float
) -> dict[str, Array]:
    """The backward pass of `compute_cost_with_regularization` through [RELU] x (L-1) -> SIGMOID.

    Args:
        X: inputs, (n_x, m).
        Y: true labels, (n_y, m).
        cache: the course's flat one, (Z1, A1, W1, b1, ..., ZL, AL, WL, bL).
        lambd: the factor of the penalty.

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
    W1, AL = cache[2], cache[-3]
    check_sizes("X", X, (W1.shape[-1], AL.shape[-1]), to_fit(W1=W1, AL=AL))
    check_same_shape("Y", Y, "AL in the cache", AL)
    caches: list[LayerCache] = []
    parameters: dict[str, Array] = {}
    A_prev = X
    for l, (Z, A, W, b) in enumerate((cache[i : i + 4] for i in range(0, len(cache), 4)), start=1):
        caches.append(((A_prev, W, b), Z))
        parameters |= {f"W{l}": W, f"b{l}": b}
        A_prev = A
    dZL = AL - xp.astype(Y, AL.dtype)
    grads = gradients_by_name(backward_pass(dZL, caches, input_gradient=False))
    for name, gradient in weight_penalty_backward(parameters, X.shape[1], l2=lambd).items():
        grads[name] = grads[name] + gradient
    return grads
