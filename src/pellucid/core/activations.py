"""Activations: each function beside its derivative.

Every forward returns `(A, Z)`, the activation and, as its cache, the linear part it came from. Every
backward takes `dA`, the gradient of the cost with respect to A, and that cache, and returns
`dZ = dA * g'(Z)`. Both keep the shape and the array library of their arguments; integers become
floating-point numbers. All are element-wise except softmax, which works on whole columns. The relatives
of ReLU are in `rectifiers`. The table at the end describes each activation to the rest of the package.

All raise `ArrayError` for an argument that is not an array, and the backward functions `ShapeError` if dA
and the cache differ in shape.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from pellucid.core._arrays import Array, at_least
from pellucid.core._elementwise import logistic, open_backward, open_forward
from pellucid.core.formula import Formula
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
    """A = e^Z, the expected count of a Poisson output; infinite where e^Z overflows.

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


def _logarithm(A: Array) -> Array:
    """log A, finite: 0 counts as the smallest positive number."""
    xp, A = open_forward(A)
    return xp.log(at_least(xp, A, float(xp.finfo(A.dtype).smallest_normal)))


def _logit(A: Array) -> Array:
    """log(A / (1 - A)), finite."""
    return _logarithm(A) - _logarithm(1 - A)


class Activation(NamedTuple):
    """The description of one activation.

    Attributes:
        forward: `Z -> (A, Z)`.
        backward: `(dA, Z) -> dZ`.
        formula: A, in terms of $Z, $A and $dA of the layer.
        derivative: dZ, likewise.
        bounds: the least and the largest A.
        kind: the name of its kernel in the native engine; None if there is none and the reference engine
            trains.
        hidden: whether a hidden layer may have it.
        elementwise: whether each number of A depends on one number of Z only.
        kinked: whether the first or second derivative jumps at 0, where central differences fail.
        inverse: A to Z, finite, of an activation of output layers.
    """

    forward: Callable[[Array], tuple[Array, Array]]
    backward: Callable[[Array, Array], Array]
    formula: Formula
    derivative: Formula
    bounds: tuple[float, float] = (-math.inf, math.inf)
    kind: str | None = None
    hidden: bool = True
    elementwise: bool = True
    kinked: bool = False
    inverse: Callable[[Array], Array] | None = None

    @property
    def saturates(self) -> bool:
        """Whether A lies between two bounds, and the slope goes to 0 near each."""
        return self.elementwise and all(map(math.isfinite, self.bounds))

    @property
    def is_probability(self) -> bool:
        """Whether A is the probability of a class; otherwise it is a number."""
        return self.bounds == (0.0, 1.0)


ACTIVATIONS = {
    "relu": Activation(
        relu,
        relu_backward,
        Formula("max(0, $Z)", r"\max(0, $Z)"),
        Formula("$dA where $Z > 0, else 0", r"$dA \odot [$Z > 0]"),
        bounds=(0.0, math.inf),
        kind="relu",
        kinked=True,
    ),
    "leaky_relu": Activation(
        leaky_relu,
        leaky_relu_backward,
        Formula("$Z where $Z > 0, else 0.01 $Z", r"\max(0, $Z) + 0.01 \min(0, $Z)"),
        Formula("$dA where $Z > 0, else 0.01 $dA", r"$dA \odot ([$Z > 0] + 0.01\,[$Z \le 0])"),
        kind="leaky_relu",
        kinked=True,
    ),
    "elu": Activation(
        elu,
        elu_backward,
        Formula("$Z where $Z > 0, else e^$Z - 1", r"\max(0, $Z) + e^{\min(0, $Z)} - 1"),
        Formula("$dA where $Z > 0, else $dA * e^$Z", r"$dA \odot e^{\min(0, $Z)}"),
        bounds=(-1.0, math.inf),
        kind="elu",
        kinked=True,
    ),
    "gelu": Activation(
        gelu,
        gelu_backward,
        Formula(
            "$Z/2 * (1 + tanh(sqrt(2/pi) ($Z + 0.044715 $Z^3)))",
            r"\tfrac{1}{2} $Z \odot (1 + \tanh(\sqrt{2/\pi}\,($Z + 0.044715\,{$Z}^3)))",
        ),
        Formula("$dA * gelu'($Z)", r"$dA \odot \mathrm{gelu}'($Z)"),
        bounds=(-0.171, math.inf),
        kind="gelu",
    ),
    "silu": Activation(
        silu,
        silu_backward,
        Formula("$Z * sigmoid($Z)", r"$Z \odot \sigma($Z)"),
        Formula(
            "$dA * s (1 + $Z (1 - s)), s = sigmoid($Z)",
            r"$dA \odot \sigma($Z) \odot (1 + $Z \odot (1 - \sigma($Z)))",
        ),
        bounds=(-0.279, math.inf),
        kind="silu",
    ),
    "tanh": Activation(
        tanh,
        tanh_backward,
        Formula("tanh($Z)", r"\tanh($Z)"),
        Formula("$dA * (1 - $A^2)", r"$dA \odot (1 - {$A}^2)"),
        bounds=(-1.0, 1.0),
        kind="tanh",
    ),
    "sigmoid": Activation(
        sigmoid,
        sigmoid_backward,
        Formula("1 / (1 + e^-$Z)", r"\frac{1}{1 + e^{-$Z}}"),
        Formula("$dA * $A (1 - $A)", r"$dA \odot $A \odot (1 - $A)"),
        bounds=(0.0, 1.0),
        kind="sigmoid",
        inverse=_logit,
    ),
    "softmax": Activation(
        softmax,
        softmax_backward,
        Formula("e^$Z / sum(e^$Z) in each column", r"\frac{e^{$Z}}{\sum_i e^{{$Z}_i}}"),
        Formula("$A * ($dA - sum($dA * $A))", r"$A \odot ($dA - \sum_i $dA \odot $A)"),
        bounds=(0.0, 1.0),
        kind="softmax",
        hidden=False,
        elementwise=False,
        inverse=_logarithm,
    ),
    "identity": Activation(
        identity,
        identity_backward,
        Formula("$Z", "$Z"),
        Formula("$dA", "$dA"),
        kind="identity",
        inverse=lambda A: A,
    ),
    "exp": Activation(
        exp,
        exp_backward,
        Formula("e^$Z", "e^{$Z}"),
        Formula("$dA * $A", r"$dA \odot $A"),
        bounds=(0.0, math.inf),
        kind="exp",
        hidden=False,
        inverse=_logarithm,
    ),
}

HIDDEN_ACTIVATIONS = tuple(name for name, entry in ACTIVATIONS.items() if entry.hidden)


def activation_named(name: str) -> Activation:
    """The activation called `name`.

    Raises:
        OptionError: there is no such activation; the message lists the known ones.
    """
    try:
        return ACTIVATIONS[name]
    except (KeyError, TypeError):
        known = ", ".join(ACTIVATIONS)
        raise OptionError(f"unknown activation {name!r}; expected one of {known}") from None
