"""The relatives of ReLU, each beside its derivative. `activations` describes arguments and results."""

import math
from typing import Any

from pellucid.core._arrays import Array, at_least, at_most, plain_number
from pellucid.core._elementwise import logistic, open_backward, open_forward


def leaky_relu(Z: Array, *, negative_slope: float = 0.01) -> tuple[Array, Array]:
    """A = Z where Z > 0, and negative_slope * Z elsewhere.

    Args:
        Z: linear part, any shape.
        negative_slope: the slope left of zero.

    Returns:
        `(A, Z)`: A of the shape of Z; and Z, the cache of `leaky_relu_backward`.
    """
    xp, Z = open_forward(Z)
    return xp.where(Z > 0, Z, plain_number(negative_slope) * Z), Z


def leaky_relu_backward(dA: Array, cache: Array, *, negative_slope: float = 0.01) -> Array:
    """dZ = dA where Z > 0, and negative_slope * dA elsewhere. The partner of `leaky_relu`.

    Args:
        dA: gradient with respect to A, the shape of Z.
        cache: Z, as `leaky_relu` returned it.
        negative_slope: the slope that the forward step used.
    """
    xp, dA, Z = open_backward(dA, cache)
    return xp.where(Z > 0, dA, plain_number(negative_slope) * dA)


def elu(Z: Array) -> tuple[Array, Array]:
    """The exponential linear unit, A = Z where Z > 0, and e^Z - 1 elsewhere.

    Args:
        Z: linear part, any shape.

    Returns:
        `(A, Z)`: A of the shape of Z, above -1; and Z, the cache of `elu_backward`.
    """
    xp, Z = open_forward(Z)
    # where() evaluates both branches: the exponential must not overflow where it is not used.
    return xp.where(Z > 0, Z, xp.expm1(at_most(xp, Z, 0.0))), Z


def elu_backward(dA: Array, cache: Array) -> Array:
    """dZ = dA where Z > 0, and dA * e^Z elsewhere. The partner of `elu`.

    Args:
        dA: gradient with respect to A, the shape of Z.
        cache: Z, as `elu` returned it.
    """
    xp, dA, Z = open_backward(dA, cache)
    return xp.where(Z > 0, dA, dA * xp.exp(at_most(xp, Z, 0.0)))


_GELU_SCALE = math.sqrt(2 / math.pi)
_GELU_CUBIC = 0.044715


def _gelu_inner(xp: Any, Z: Array) -> tuple[Array, Array]:
    # From |z| = 10 on the tanh is 1 to the last bit; the limit keeps the cube from overflowing.
    z = at_least(xp, at_most(xp, Z, 10.0), -10.0)
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
    xp, Z = open_forward(Z)
    t, z = _gelu_inner(xp, Z)
    return xp.maximum(Z, z) / 2 * (1 + t), Z


def gelu_backward(dA: Array, cache: Array) -> Array:
    """dZ = dA * g'(Z), g' the derivative of the tanh form. The partner of `gelu`.

    g'(Z) = (1 + t)/2 + Z/2 (1 - t^2) sqrt(2/pi) (1 + 3 * 0.044715 Z^2), with t the tanh in g.

    Args:
        dA: gradient with respect to A, the shape of Z.
        cache: Z, as `gelu` returned it.
    """
    xp, dA, Z = open_backward(dA, cache)
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
    xp, Z = open_forward(Z)
    # Below -800 the sigmoid is 0, and with the limit so is the product, even at minus infinity.
    return at_least(xp, Z, -800.0) * logistic(xp, Z), Z


def silu_backward(dA: Array, cache: Array) -> Array:
    """dZ = dA * s (1 + Z (1 - s)) with s = 1 / (1 + e^-Z). The partner of `silu`.

    Args:
        dA: gradient with respect to A, the shape of Z.
        cache: Z, as `silu` returned it.
    """
    xp, dA, Z = open_backward(dA, cache)
    z = at_least(xp, at_most(xp, Z, 800.0), -800.0)
    return dA * logistic(xp, z) * (1 + z * logistic(xp, -z))
