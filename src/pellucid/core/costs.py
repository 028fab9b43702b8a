"""Costs of regression and of counts; and the table of all costs that training uses, computed from ZL.

Each cost stands beside its gradient, as in `cost`, which holds the cross-entropies and defines the letters,
the averages and the weights. Here a = g(ZL) is the output and r = a - y its error.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from pellucid.core._arrays import Array, at_least, at_most, plain_number
from pellucid.core.activations import activation_named
from pellucid.core.cost import (
    binary_cross_entropy,
    binary_cross_entropy_backward,
    categorical_cross_entropy,
    categorical_cross_entropy_backward,
    compute_cost_backward,
    mean_over_columns,
    open_cost,
    times_log,
    weighted_columns,
)
from pellucid.core.formula import Formula
from pellucid.errors import OptionError


def mean_squared_error(
    ZL: Array, Y: Array, *, weights: Array | None = None, output_activation: str = "identity"
) -> Any:
    """1/m sum(1/2 (a - y)^2).

    Args:
        ZL: linear part of the last layer, (n_y, m).
        Y: true numbers, (n_y, m).
        weights: how much each example counts, (1, m); None: all the same.
        output_activation: the name of g in a = g(ZL): "identity" or "sigmoid".

    Returns:
        J, a float (for JAX and PyTorch a 0-d array of theirs). Its gradient is
        `mean_squared_error_backward`.

    Raises:
        ShapeError: ZL and Y differ in shape, or weights are not (1, m).
        OptionError: there is no such activation.
    """
    xp, ZL, Y, weights = open_cost(ZL, Y, weights)
    r = activation_named(output_activation).forward(ZL)[0] - Y
    return mean_over_columns(xp, r * r / 2, weights)


def mean_squared_error_backward(
    ZL: Array, Y: Array, *, weights: Array | None = None, output_activation: str = "identity"
) -> Array:
    """dZL = (a - y) * g'(ZL), per example. The partner of `mean_squared_error`.

    Args:
        ZL: linear part of the last layer, (n_y, m).
        Y: true numbers, (n_y, m).
        weights: as in `mean_squared_error`.
        output_activation: as in `mean_squared_error`.

    Raises:
        ShapeError: ZL and Y differ in shape, or weights are not (1, m).
        OptionError: there is no such activation.
    """
    xp, ZL, Y, weights = open_cost(ZL, Y, weights)
    g = activation_named(output_activation)
    dA = g.forward(ZL)[0] - Y
    return weighted_columns(xp, g.backward(dA, ZL), weights)


def mean_absolute_error(
    ZL: Array, Y: Array, *, weights: Array | None = None, output_activation: str = "identity"
) -> Any:
    """1/m sum(|a - y|), the cost that outliers among the targets do not dominate.

    Args:
        ZL: linear part of the last layer, (n_y, m).
        Y: true numbers, (n_y, m).
        weights: how much each example counts, (1, m); None: all the same.
        output_activation: the name of g in a = g(ZL): "identity" or "sigmoid".

    Returns:
        J, a float (for JAX and PyTorch a 0-d array of theirs). Its gradient is
        `mean_absolute_error_backward`.

    Raises:
        ShapeError: ZL and Y differ in shape, or weights are not (1, m).
        OptionError: there is no such activation.
    """
    xp, ZL, Y, weights = open_cost(ZL, Y, weights)
    r = activation_named(output_activation).forward(ZL)[0] - Y
    return mean_over_columns(xp, xp.abs(r), weights)


def mean_absolute_error_backward(
    ZL: Array, Y: Array, *, weights: Array | None = None, output_activation: str = "identity"
) -> Array:
    """dZL = sign(a - y) * g'(ZL), per example; 0 where a is y. The partner of `mean_absolute_error`.

    Args:
        ZL: linear part of the last layer, (n_y, m).
        Y: true numbers, (n_y, m).
        weights: as in `mean_absolute_error`.
        output_activation: as in `mean_absolute_error`.

    Raises:
        ShapeError: ZL and Y differ in shape, or weights are not (1, m).
        OptionError: there is no such activation.
    """
    xp, ZL, Y, weights = open_cost(ZL, Y, weights)
    g = activation_named(output_activation)
    dA = xp.sign(g.forward(ZL)[0] - Y)
    return weighted_columns(xp, g.backward(dA, ZL), weights)


def huber(
    ZL: Array,
    Y: Array,
    *,
    weights: Array | None = None,
    output_activation: str = "identity",
    huber_delta: float = 1.0,
) -> Any:
    """1/m sum(r^2/2 where |r| <= delta, else delta (|r| - delta/2)): quadratic, then linear.

    Args:
        ZL: linear part of the last layer, (n_y, m).
        Y: true numbers, (n_y, m).
        weights: how much each example counts, (1, m); None: all the same.
        output_activation: the name of g in a = g(ZL): "identity" or "sigmoid".
        huber_delta: the error from which the cost is linear.

    Returns:
        J, a float (for JAX and PyTorch a 0-d array of theirs). Its gradient is `huber_backward`.

    Raises:
        ShapeError: ZL and Y differ in shape, or weights are not (1, m).
        OptionError: there is no such activation.
    """
    xp, ZL, Y, weights = open_cost(ZL, Y, weights)
    size = xp.abs(activation_named(output_activation).forward(ZL)[0] - Y)
    # Both pieces in one formula, in which the square cannot overflow.
    bounded = at_most(xp, size, plain_number(huber_delta))
    return mean_over_columns(xp, bounded * (size - bounded / 2), weights)


def huber_backward(
    ZL: Array,
    Y: Array,
    *,
    weights: Array | None = None,
    output_activation: str = "identity",
    huber_delta: float = 1.0,
) -> Array:
    """dZL = r * g'(ZL) with r limited to -delta .. delta, per example. The partner of `huber`.

    Args:
        ZL: linear part of the last layer, (n_y, m).
        Y: true numbers, (n_y, m).
        weights: as in `huber`.
        output_activation: as in `huber`.
        huber_delta: as in `huber`.

    Raises:
        ShapeError: ZL and Y differ in shape, or weights are not (1, m).
        OptionError: there is no such activation.
    """
    xp, ZL, Y, weights = open_cost(ZL, Y, weights)
    g = activation_named(output_activation)
    bound = plain_number(huber_delta)
    dA = at_least(xp, at_most(xp, g.forward(ZL)[0] - Y, bound), -bound)
    return weighted_columns(xp, g.backward(dA, ZL), weights)


def poisson(ZL: Array, Y: Array, *, weights: Array | None = None) -> Any:
    """Half the Poisson deviance of counts y from expected counts e^z, 1/m sum(y log y - y z - y + e^z).

    Args:
        ZL: linear part of the last layer, (n_y, m): the logarithm of the expected count.
        Y: counts, (n_y, m), not negative; 0 log 0 is 0.
        weights: how much each example counts, (1, m); None: all the same.

    Returns:
        J, a float (for JAX and PyTorch a 0-d array of theirs), at least 0 up to rounding. Its gradient is
        `poisson_backward`.

    Raises:
        ShapeError: ZL and Y differ in shape, or weights are not (1, m).
    """
    xp, ZL, Y, weights = open_cost(ZL, Y, weights)
    return mean_over_columns(xp, times_log(xp, Y, Y) - Y * ZL - Y + xp.exp(ZL), weights)


def poisson_backward(ZL: Array, Y: Array, *, weights: Array | None = None) -> Array:
    """dZL = e^z - y, per example. The partner of `poisson`.

    Args:
        ZL: linear part of the last layer, (n_y, m).
        Y: counts, (n_y, m).
        weights: as in `poisson`.

    Raises:
        ShapeError: ZL and Y differ in shape, or weights are not (1, m).
    """
    xp, ZL, Y, weights = open_cost(ZL, Y, weights)
    return weighted_columns(xp, xp.exp(ZL) - Y, weights)


def _sign_of_error(r: Array, **_: Any) -> Array:
    return r > 0


def _piece_of_huber(r: Array, *, huber_delta: float, **_: Any) -> Array:
    """-1 and 1 where the cost is linear, 0 where it is quadratic."""
    return (r > huber_delta) * 1 - (r < -huber_delta) * 1


class Cost(NamedTuple):
    """The description of one cost. Training computes it from ZL.

    The formulas contain $A and $Y, $mean for the average over the examples, and the numbers among
    `options` by name, such as $huber_delta.

    Attributes:
        forward: `(ZL, Y, *, weights, **options) -> J`.
        backward: the same arguments to dZL, per example.
        output_activations: the output activations it allows. The default cost of an output activation is
            the first of the table that allows it.
        formula: J.
        gradient: dA if the cost takes `output_activation` and so allows several outputs; otherwise dZ.
        options: the keywords it takes beside `weights`, as the fields of `Network` are called.
        kind: the name of its kernel in the native engine; None if there is none and the reference engine
            trains.
        least_target: the least Y for which it is defined.
        pieces: of a cost with kinks in A: from the error `A - Y` and the options to a number or a flag that
            differs between the two sides of a kink.
        output_backward: `(AL, Y) -> dAL`, for a trace, of a cost without the option `output_activation`.
        output_gradient: the formula of `output_backward`.
    """

    forward: Callable[..., Any]
    backward: Callable[..., Array]
    output_activations: tuple[str, ...]
    formula: Formula
    gradient: Formula
    options: tuple[str, ...] = ()
    kind: str | None = None
    least_target: float = -math.inf
    pieces: Callable[..., Array] | None = None
    output_backward: Callable[[Array, Array], Array] | None = None
    output_gradient: Formula | None = None


_NUMBERS = ("identity", "sigmoid")
# With respect to A if the cost is half a squared error; with respect to Z if the output activation is the
# inverse of the logarithm in the cost.
_ERROR = Formula("$A - $Y", "$A - $Y")

COSTS = {
    "binary_cross_entropy": Cost(
        binary_cross_entropy,
        binary_cross_entropy_backward,
        ("sigmoid",),
        Formula(
            "-$mean($Y log $A + (1 - $Y) log(1 - $A))",
            r"-$mean \left($Y \log $A + (1 - $Y) \log(1 - $A)\right)",
        ),
        _ERROR,
        options=("label_smoothing",),
        kind="binary_cross_entropy",
        output_backward=compute_cost_backward,
        output_gradient=Formula(
            "-($Y / $A - (1 - $Y) / (1 - $A))",
            r"-\left(\frac{$Y}{$A} - \frac{1 - $Y}{1 - $A}\right)",
        ),
    ),
    "categorical_cross_entropy": Cost(
        categorical_cross_entropy,
        categorical_cross_entropy_backward,
        ("softmax",),
        Formula("-$mean($Y log $A)", r"-$mean $Y \log $A"),
        _ERROR,
        options=("label_smoothing",),
        kind="categorical_cross_entropy",
    ),
    "mean_squared_error": Cost(
        mean_squared_error,
        mean_squared_error_backward,
        _NUMBERS,
        Formula("$mean(($A - $Y)^2 / 2)", r"$mean \tfrac{1}{2} ($A - $Y)^2"),
        _ERROR,
        options=("output_activation",),
        kind="mean_squared_error",
    ),
    "mean_absolute_error": Cost(
        mean_absolute_error,
        mean_absolute_error_backward,
        _NUMBERS,
        Formula("$mean(|$A - $Y|)", r"$mean \left|$A - $Y\right|"),
        Formula("sign($A - $Y)", r"\mathrm{sign}($A - $Y)"),
        options=("output_activation",),
        kind="mean_absolute_error",
        pieces=_sign_of_error,
    ),
    "huber": Cost(
        huber,
        huber_backward,
        _NUMBERS,
        Formula(
            "$mean(r^2/2 where |r| <= d, else d (|r| - d/2)), r = $A - $Y, d = $huber_delta",
            r"$mean h_d($A - $Y), \; d = $huber_delta",
        ),
        Formula(
            "$A - $Y kept within -$huber_delta .. $huber_delta",
            r"\max(-$huber_delta, \min($huber_delta, $A - $Y))",
        ),
        options=("output_activation", "huber_delta"),
        kind="huber",
        pieces=_piece_of_huber,
    ),
    "poisson": Cost(
        poisson,
        poisson_backward,
        ("exp",),
        Formula(
            "$mean($Y log $Y - $Y log $A - $Y + $A)",
            r"$mean \left($Y \log $Y - $Y \log $A - $Y + $A\right)",
        ),
        _ERROR,
        kind="poisson",
        least_target=0.0,
    ),
}


def cost_named(name: str) -> Cost:
    """The cost called `name`.

    Raises:
        OptionError: there is no such cost; the message lists the known ones.
    """
    try:
        return COSTS[name]
    except (KeyError, TypeError):
        raise OptionError(f"unknown cost {name!r}; expected one of {', '.join(COSTS)}") from None
