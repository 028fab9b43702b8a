"""Shared by the activations: the conversion of their arguments, and the logistic function."""

import math
from typing import Any

from pellucid.core._arrays import Array, at_least, at_most, floating, namespace
from pellucid.core._shapes import check_same_shape


def open_forward(Z: Array) -> tuple[Any, Array]:
    """The first lines of every forward: the library, and Z in floating-point numbers."""
    xp = namespace(Z=Z)
    return xp, floating(xp, Z)


def open_backward(dA: Array, Z: Array) -> tuple[Any, Array, Array]:
    """The first lines of every backward: the library, and dA and Z in one type of number.

    Raises:
        ShapeError: dA and Z differ in shape.
    """
    xp = namespace(dA=dA, cache=Z)
    check_same_shape("dA", dA, "the cache Z", Z)
    Z = floating(xp, Z, like=dA)
    return xp, floating(xp, dA, like=Z), Z


def logistic(xp: Any, Z: Array) -> Array:
    """1 / (1 + e^-Z), without overflow at any Z."""
    # Exactly 1 / (1 + e^-z), to the last bit: other roundings would show in the digits of long training
    # runs. Where e^-z would overflow, the result is e^z.
    lowest = -0.999 * math.log(xp.finfo(Z.dtype).max)
    tail = xp.exp(at_most(xp, Z, lowest))
    return xp.where(Z > lowest, 1 / (1 + xp.exp(-at_least(xp, Z, lowest))), tail)
