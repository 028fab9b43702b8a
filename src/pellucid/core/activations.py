"""Activations: each function beside its derivative.

Every forward returns `(A, Z)`, the activation and, as its cache, the linear part it came from. Every
backward takes `dA`, the gradient of the cost with respect to A, and that cache, and returns
`dZ = dA * g'(Z)`. Both keep the shape and the array library of what they are given; integers become
floating-point numbers. All are element-wise but softmax, whose columns belong together. The relatives
of ReLU are in `rectifiers`; the table of all is at the end.

All raise `ArrayError` for what is not an array, and the backward functions `ShapeError` where dA and
the cache differ in shape.
"""

from collections.abc import Callable
from typing import NamedTuple

from pellucid.core._arrays import Array, at_least
from pellucid.core._elementwise import logistic, open_backward, open_forward
from pellucid.core.rectifiers import (
    elu,
    elu_backward,
    gelu,
    gelu_backward,
    leaky_relu,
    leaky_relu_backward,
    silu,
    silu_backward,
)
from pellucid.errors import OptionError


def sigmoid(Z: Array) -> tuple[Array, Array]:
    """The logistic function, A = 1 / (1 + e^-Z), without overflow at any Z.

    Args:
        Z: linear part, any shape.

    Returns:
        `(A, Z)`: A of the shape of Z, in [0, 1]; and Z, the cache of `sigmoid_backward`.
    """
    xp, Z = open_forward(Z)
    return logistic(xp, Z), Z


def sigmoid_backward(dA: Array, cache: Array) -> Array:
    """dZ = dA * s (1 - s) with s = 1 / (1 + e^-Z). The partner of `sigmoid`.

    Args:
        dA: gradient with respect to A, the shape of Z.
        cache: Z, as `sigmoid` returned it.
    """
    xp, dA, Z = open_backward(dA, cache)
    # 1 - s(Z) = s(-Z), which keeps its digits where s(Z) is close to 1.
    return dA * logistic(xp, Z) * logistic(xp, -Z)


def relu(Z: Array) -> tuple[Array, Array]:
    """The rectifier, A = max(0, Z).

    Args:
        Z: linear part, any shape.

    Returns:
        `(A, Z)`: A of the shape of Z; and Z, the cache of `relu_backward`.
    """
    xp, Z = open_forward(Z)
    return at_least(xp, Z, 0.0), Z


def relu_backward(dA: Array, cache: Array) -> Array:
    """dZ = dA where Z > 0, and 0 where Z <= 0. The partner of `relu`.

    Args:
        dA: gradient with respect to A, the shape of Z.
        cache: Z, as `relu` returned it.
    """
    xp, dA, Z = open_backward(dA, cache)
    return xp.where(Z > 0, dA, 0.0)


def tanh(Z: Array) -> tuple[Array, Array]:
    """The hyperbolic tangent.

    Args:
        Z: linear part, any shape.

    Returns:
        `(A, Z)`: A of the shape of Z, in [-1, 1]; and Z, the cache of `tanh_backward`.
    """
    xp, Z = open_forward(Z)
    return xp.tanh(Z), Z


def tanh_backward(dA: Array, cache: Array) -> Array:
    """dZ = dA * (1 - tanh(Z)^2). The partner of `tanh`.

    Args:
        dA: gradient with respect to A, the shape of Z.
        cache: Z, as `tanh` returned it.
    """
    xp, dA, Z = open_backward(dA, cache)
    t = xp.tanh(Z)
    return dA * (1 - t * t)


def identity(Z: Array) -> tuple[Array, Array]:
    """A = Z.

    Args:
        Z: linear part, any shape.

    Returns:
        `(Z, Z)`: the activation; and the cache of `identity_backward`.
    """
    _, Z = open_forward(Z)
    return Z, Z


def identity_backward(dA: Array, cache: Array) -> Array:
    """dZ = dA. The partner of `identity`.

    Args:
        dA: gradient with respect to A, the shape of Z.
        cache: Z, as `identity` returned it.
    """
    _, dA, _ = open_backward(dA, cache)
    return dA


def exp(Z: Array) -> tuple[Array, Array]:
    """A = e^Z, the expected count of a Poisson output; infinite where Z is too large for it.

    Args:
        Z: linear part, any shape.

    Returns:
        `(A, Z)`: A of the shape of Z, above 0; and Z, the cache of `exp_backward`.
    """
    xp, Z = open_forward(Z)
    return xp.exp(Z), Z


def exp_backward(dA: Array, cache: Array) -> Array:
    """dZ = dA * e^Z. The partner of `exp`.

    Args:
        dA: gradient with respect to A, the shape of Z.
        cache: Z, as `exp` returned it.
    """
    xp, dA, Z = open_backward(dA, cache)
    return dA * xp.exp(Z)


def softmax(Z: Array) -> tuple[Array, Array]:
    """A = e^Z / sum(e^Z), column by column (over axis 0): each column of A sums to 1.

    Args:
        Z: linear part, (n, m): n classes, m examples.

    Returns:
        `(A, Z)`: A (n, m), in [0, 1]; and Z, the cache of `softmax_backward`.
    """
    xp, Z = open_forward(Z)
    e = xp.exp(Z - xp.max(Z, axis=0, keepdims=True))
    return e / xp.sum(e, axis=0, keepdims=True), Z


def softmax_backward(dA: Array, cache: Array) -> Array:
    """dZ = A * (dA - sum(dA * A)), the sum over each column. The partner of `softmax`.

    Args:
        dA: gradient with respect to A, (n, m).
        cache: Z (n, m), as `softmax` returned it.
    """
    xp, dA, Z = open_backward(dA, cache)
    A, _ = softmax(Z)
    return A * (dA - xp.sum(dA * A, axis=0, keepdims=True))


class Activation(NamedTuple):
    """One activation: its forward function and its partner."""

    forward: Callable[[Array], tuple[Array, Array]]
    backward: Callable[[Array, Array], Array]


ACTIVATIONS = {
    "relu": Activation(relu, relu_backward),
    "leaky_relu": Activation(leaky_relu, leaky_relu_backward),
    "elu": Activation(elu, elu_backward),
    "gelu": Activation(gelu, gelu_backward),
    "silu": Activation(silu, silu_backward),
    "tanh": Activation(tanh, tanh_backward),
    "sigmoid": Activation(sigmoid, sigmoid_backward),
    "softmax": Activation(softmax, softmax_backward),
    "identity": Activation(identity, identity_backward),
    "exp": Activation(exp, exp_backward),
}

# The others belong on the output: a column of probabilities, a count.
HIDDEN_ACTIVATIONS = tuple(name for name in ACTIVATIONS if name not in ("softmax", "exp"))


def activation_named(name: str) -> Activation:
    """The pair of functions called `name`.

    Raises:
        OptionError: there is no such activation; the message lists those there are.
    """
    try:
        return ACTIVATIONS[name]
    except (KeyError, TypeError):
        known = ", ".join(ACTIVATIONS)
        raise OptionError(f"unknown activation {name!r}; expected one of {known}") from None
