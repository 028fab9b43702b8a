"""Activations: each function beside its derivative.

Every forward returns `(A, Z)`, the activation and, as its cache, the linear part it came from. Every
backward takes `dA`, the gradient of the cost with respect to A, and that cache, and returns
`dZ = dA * g'(Z)`. Both keep the shape and the array library of what they are given; integers become
floating-point numbers. All are element-wise but softmax, whose columns belong together.

All raise `ArrayError` for what is not an array, and the backward functions `ShapeError` where dA and
the cache differ in shape.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from pellucid.core._arrays import Array, check_same_shape, floating, namespace, plain_number
from pellucid.errors import OptionError


def _open_forward(Z: Array) -> tuple[Any, Array]:
    xp = namespace(Z=Z)
    return xp, floating(xp, Z)


def _open_backward(dA: Array, Z: Array) -> tuple[Any, Array, Array]:
    xp = namespace(dA=dA, cache=Z)
    check_same_shape("dA", dA, "the cache Z", Z)
    Z = floating(xp, Z, like=dA)
    return xp, floating(xp, dA, like=Z), Z


def _logistic(xp: Any, Z: Array) -> Array:
    # 1 / (1 + e^-z) to the last bit, because long training runs tell other roundings apart; where e^-z
    # would overflow it is e^z.
    lowest = -0.999 * math.log(xp.finfo(Z.dtype).max)
    floor = xp.full_like(Z, lowest)
    return xp.where(Z > lowest, 1 / (1 + xp.exp(-xp.maximum(Z, floor))), xp.exp(xp.minimum(Z, floor)))


def sigmoid(Z: Array) -> tuple[Array, Array]:
    """The logistic function, A = 1 / (1 + e^-Z), without overflow at any Z.

    Args:
        Z: linear part, any shape.

    Returns:
        `(A, Z)`: A of the shape of Z, in [0, 1]; and Z, the cache of `sigmoid_backward`.
    """
    xp, Z = _open_forward(Z)
    return _logistic(xp, Z), Z


def sigmoid_backward(dA: Array, cache: Array) -> Array:
    """dZ = dA * s (1 - s) with s = 1 / (1 + e^-Z). The partner of `sigmoid`.

    Args:
        dA: gradient with respect to A, the shape of Z.
        cache: Z, as `sigmoid` returned it.
    """
    xp, dA, Z = _open_backward(dA, cache)
    # 1 - s(Z) = s(-Z), which keeps its digits where s(Z) is close to 1.
    return dA * _logistic(xp, Z) * _logistic(xp, -Z)


def relu(Z: Array) -> tuple[Array, Array]:
    """The rectifier, A = max(0, Z).

    Args:
        Z: linear part, any shape.

    Returns:
        `(A, Z)`: A of the shape of Z; and Z, the cache of `relu_backward`.
    """
    xp, Z = _open_forward(Z)
    return xp.maximum(Z, xp.zeros_like(Z)), Z


def relu_backward(dA: Array, cache: Array) -> Array:
    """dZ = dA where Z > 0, and 0 where Z <= 0. The partner of `relu`.

    Args:
        dA: gradient with respect to A, the shape of Z.
        cache: Z, as `relu` returned it.
    """
    xp, dA, Z = _open_backward(dA, cache)
    return xp.where(Z > 0, dA, xp.zeros_like(dA))


def leaky_relu(Z: Array, *, negative_slope: float = 0.01) -> tuple[Array, Array]:
    """A = Z where Z > 0, and negative_slope * Z elsewhere.

    Args:
        Z: linear part, any shape.
        negative_slope: the slope left of zero.

    Returns:
        `(A, Z)`: A of the shape of Z; and Z, the cache of `leaky_relu_backward`.
    """
    xp, Z = _open_forward(Z)
    return xp.where(Z > 0, Z, plain_number(negative_slope) * Z), Z


def leaky_relu_backward(dA: Array, cache: Array, *, negative_slope: float = 0.01) -> Array:
    """dZ = dA where Z > 0, and negative_slope * dA elsewhere. The partner of `leaky_relu`.

    Args:
        dA: gradient with respect to A, the shape of Z.
        cache: Z, as `leaky_relu` returned it.
        negative_slope: the slope that the forward step used.
    """
    xp, dA, Z = _open_backward(dA, cache)
    return xp.where(Z > 0, dA, plain_number(negative_slope) * dA)


def elu(Z: Array) -> tuple[Array, Array]:
    """The exponential linear unit, A = Z where Z > 0, and e^Z - 1 elsewhere.

    Args:
        Z: linear part, any shape.

    Returns:
        `(A, Z)`: A of the shape of Z, above -1; and Z, the cache of `elu_backward`.
    """
    xp, Z = _open_forward(Z)
    # where() evaluates both branches: the exponential must not overflow in the one not taken.
    return xp.where(Z > 0, Z, xp.expm1(xp.minimum(Z, xp.zeros_like(Z)))), Z


def elu_backward(dA: Array, cache: Array) -> Array:
    """dZ = dA where Z > 0, and dA * e^Z elsewhere. The partner of `elu`.

    Args:
        dA: gradient with respect to A, the shape of Z.
        cache: Z, as `elu` returned it.
    """
    xp, dA, Z = _open_backward(dA, cache)
    return xp.where(Z > 0, dA, dA * xp.exp(xp.minimum(Z, xp.zeros_like(Z))))


_GELU_SCALE = math.sqrt(2 / math.pi)
_GELU_CUBIC = 0.044715


def _gelu_inner(xp: Any, Z: Array) -> tuple[Array, Array]:
    # From |z| = 10 on the tanh is 1 to the last bit; beyond it the cube would overflow for nothing.
    bound = xp.full_like(Z, 10.0)
    z = xp.maximum(-bound, xp.minimum(Z, bound))
    return xp.tanh(_GELU_SCALE * (z + _GELU_CUBIC * z * z * z)), z


def gelu(Z: Array) -> tuple[Array, Array]:
    """The Gaussian error linear unit in its tanh form.

    A = Z/2 (1 + tanh(sqrt(2/pi) (Z + 0.044715 Z^3))), the form of Hendrycks and Gimpel (2016) that
    needs no error function (the array API standard has none) and stays within 5e-4 of Z Phi(Z).

    Args:
        Z: linear part, any shape.

    Returns:
        `(A, Z)`: A of the shape of Z; and Z, the cache of `gelu_backward`.
    """
    xp, Z = _open_forward(Z)
    t, z = _gelu_inner(xp, Z)
    return xp.maximum(Z, z) / 2 * (1 + t), Z


def gelu_backward(dA: Array, cache: Array) -> Array:
    """dZ = dA * g'(Z), g' the derivative of the tanh form. The partner of `gelu`.

    g'(Z) = (1 + t)/2 + Z/2 (1 - t^2) sqrt(2/pi) (1 + 3 * 0.044715 Z^2), t the forward's tanh.

    Args:
        dA: gradient with respect to A, the shape of Z.
        cache: Z, as `gelu` returned it.
    """
    xp, dA, Z = _open_backward(dA, cache)
    t, z = _gelu_inner(xp, Z)
    slope = _GELU_SCALE * (1 + 3 * _GELU_CUBIC * z * z)
    return dA * ((1 + t) / 2 + z / 2 * (1 - t * t) * slope)


def silu(Z: Array) -> tuple[Array, Array]:
    """The sigmoid linear unit (swish), A = Z / (1 + e^-Z).

    Args:
        Z: linear part, any shape.

    Returns:
        `(A, Z)`: A of the shape of Z; and Z, the cache of `silu_backward`.
    """
    xp, Z = _open_forward(Z)
    # Left of -800 the sigmoid is 0, and so is the product, of minus infinity too.
    return xp.maximum(Z, xp.full_like(Z, -800.0)) * _logistic(xp, Z), Z


def silu_backward(dA: Array, cache: Array) -> Array:
    """dZ = dA * s (1 + Z (1 - s)) with s = 1 / (1 + e^-Z). The partner of `silu`.

    Args:
        dA: gradient with respect to A, the shape of Z.
        cache: Z, as `silu` returned it.
    """
    xp, dA, Z = _open_backward(dA, cache)
    z = xp.maximum(xp.full_like(Z, -800.0), xp.minimum(Z, xp.full_like(Z, 800.0)))
    return dA * _logistic(xp, z) * (1 + z * _logistic(xp, -z))


def tanh(Z: Array) -> tuple[Array, Array]:
    """The hyperbolic tangent.

    Args:
        Z: linear part, any shape.

    Returns:
        `(A, Z)`: A of the shape of Z, in [-1, 1]; and Z, the cache of `tanh_backward`.
    """
    xp, Z = _open_forward(Z)
    return xp.tanh(Z), Z


def tanh_backward(dA: Array, cache: Array) -> Array:
    """dZ = dA * (1 - tanh(Z)^2). The partner of `tanh`.

    Args:
        dA: gradient with respect to A, the shape of Z.
        cache: Z, as `tanh` returned it.
    """
    xp, dA, Z = _open_backward(dA, cache)
    t = xp.tanh(Z)
    return dA * (1 - t * t)


def identity(Z: Array) -> tuple[Array, Array]:
    """A = Z.

    Args:
        Z: linear part, any shape.

    Returns:
        `(Z, Z)`: the activation; and the cache of `identity_backward`.
    """
    _, Z = _open_forward(Z)
    return Z, Z


def identity_backward(dA: Array, cache: Array) -> Array:
    """dZ = dA. The partner of `identity`.

    Args:
        dA: gradient with respect to A, the shape of Z.
        cache: Z, as `identity` returned it.
    """
    _, dA, _ = _open_backward(dA, cache)
    return dA


def softmax(Z: Array) -> tuple[Array, Array]:
    """A = e^Z / sum(e^Z), column by column (over axis 0): each column of A sums to 1.

    Args:
        Z: linear part, (n, m): n classes, m examples.

    Returns:
        `(A, Z)`: A (n, m), in [0, 1]; and Z, the cache of `softmax_backward`.
    """
    xp, Z = _open_forward(Z)
    e = xp.exp(Z - xp.max(Z, axis=0, keepdims=True))
    return e / xp.sum(e, axis=0, keepdims=True), Z


def softmax_backward(dA: Array, cache: Array) -> Array:
    """dZ = A * (dA - sum(dA * A)), the sum over each column. The partner of `softmax`.

    Args:
        dA: gradient with respect to A, (n, m).
        cache: Z (n, m), as `softmax` returned it.
    """
    xp, dA, Z = _open_backward(dA, cache)
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
}


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
