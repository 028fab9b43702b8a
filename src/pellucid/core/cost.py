"""Cross-entropy: how wrong the network is, and the gradient that the backward pass starts from.

The course computes the cost from the output AL (`compute_cost`). Training computes it from the linear
part ZL, where it is finite for every finite ZL, however sure and wrong the network is. Where both
are finite they agree to rounding.

Letters: m examples, n_y outputs. AL, ZL and Y are (n_y, m): Y holds 0 and 1, for several classes
one-hot columns. Costs are sums over a column, averaged over the m columns; gradients are per example
(the 1/m enters in `linear_backward`).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from pellucid.core._arrays import (
    Array,
    as_scalar,
    check_matrix,
    check_same_shape,
    floating,
    namespace,
)
from pellucid.core.activations import sigmoid, sigmoid_backward, softmax
from pellucid.errors import OptionError, ShapeError


def _open(name: str, A: Array, Y: Array) -> tuple[Any, Array, Array]:
    xp = namespace(**{name: A, "Y": Y})
    check_matrix(name, A, "(n_y, m)")
    check_same_shape("Y", Y, name, A)
    if A.shape[1] == 0:
        raise ShapeError(f"{name} has shape {tuple(A.shape)}: no example; expected at least one column")
    A = floating(xp, A)
    return xp, A, xp.astype(Y, A.dtype)


def _times_log(xp: Any, Y: Array, A: Array) -> Array:
    """Y log A with 0 log 0 = 0, silent at A = 0 (where Y is not 0 it is -inf, the true value)."""
    silent = xp.where(A == 0, xp.ones_like(A), A)
    log = xp.where(A == 0, xp.full_like(A, -float("inf")), xp.log(silent))
    return xp.where(Y == 0, xp.zeros_like(A), Y * xp.where(Y == 0, xp.zeros_like(A), log))


def compute_cost(AL: Array, Y: Array) -> Any:
    """Binary cross-entropy, J = -1/m sum(Y log AL + (1 - Y) log(1 - AL)).

    Args:
        AL: probabilities that the last layer gave, (n_y, m), in [0, 1].
        Y: true labels, (n_y, m), 0 or 1.

    Returns:
        J, a float (for JAX and PyTorch a 0-d array of theirs). Finite where AL is exactly 0 or 1 and
        agrees with Y; infinite where it is exactly 0 or 1 and does not. In natural units (nats).
        Its gradient is `compute_cost_backward`.

    Raises:
        ShapeError: AL and Y differ in shape.
    """
    xp, AL, Y = _open("AL", AL, Y)
    log_likelihood = _times_log(xp, Y, AL) + _times_log(xp, 1 - Y, 1 - AL)
    # A perfect answer costs 0, not -0.
    return as_scalar(0.0 - xp.sum(log_likelihood) / AL.shape[1])


def compute_cost_backward(AL: Array, Y: Array) -> Array:
    """dAL = -(Y / AL - (1 - Y) / (1 - AL)), where the course starts its backward pass.

    The partner of `compute_cost`. As literally written: where AL is exactly 0 or 1 it is infinite or
    NaN, and training uses `sigmoid_output_backward` instead.

    Args:
        AL: probabilities, (n_y, m).
        Y: true labels, (n_y, m).

    Returns:
        dAL (n_y, m).

    Raises:
        ShapeError: AL and Y differ in shape.
    """
    _, AL, Y = _open("AL", AL, Y)
    return -(Y / AL - (1 - Y) / (1 - AL))


def sigmoid_output_backward(AL: Array, Y: Array, ZL: Array) -> Array:
    """dZL of a sigmoid output under binary cross-entropy: dAL * s'(ZL), and AL - Y where that is it.

    Where AL is the sigmoid of ZL, dAL * s'(ZL) is AL - Y exactly, and only the short form survives an
    AL of 0 or 1 (float64 sigmoid is exactly 1 from Z = 37 on), where the long one is 0/0. Where AL
    is some other number, as in the published exercise, the long form is what was asked for.

    Args:
        AL: the output, (n_y, m).
        Y: true labels, (n_y, m).
        ZL: the linear part in the last layer's cache, (n_y, m).

    Returns:
        dZL (n_y, m).

    Raises:
        ShapeError: AL, Y and ZL differ in shape.
    """
    xp, AL, Y = _open("AL", AL, Y)
    namespace(AL=AL, ZL=ZL)
    check_same_shape("AL", AL, "ZL in the last cache", ZL)
    ZL = floating(xp, ZL, like=AL)
    own, _ = sigmoid(ZL)
    short = (AL == 0) | (AL == 1) | (xp.abs(AL - own) <= 64 * xp.finfo(AL.dtype).eps)
    harmless = xp.where(short, xp.full_like(AL, 0.5), AL)
    long_form = sigmoid_backward(compute_cost_backward(harmless, Y), ZL)
    return xp.where(short, AL - Y, long_form)


def softmax_output_backward(AL: Array, Y: Array) -> Array:
    """dZL = AL - Y of a softmax output under categorical cross-entropy.

    Args:
        AL: the output, (n_y, m).
        Y: one-hot columns, (n_y, m).

    Returns:
        dZL (n_y, m).

    Raises:
        ShapeError: AL and Y differ in shape.
    """
    _, AL, Y = _open("AL", AL, Y)
    return AL - Y


def binary_cross_entropy(ZL: Array, Y: Array) -> Any:
    """The cost of `compute_cost` from the linear part: 1/m sum(max(z, 0) - z y + log(1 + e^-|z|)).

    Args:
        ZL: linear part of the last layer, (n_y, m).
        Y: true labels, (n_y, m), 0 or 1.

    Returns:
        J, a float (for JAX and PyTorch a 0-d array of theirs), finite for every finite ZL. Its
        gradient is `binary_cross_entropy_backward`.

    Raises:
        ShapeError: ZL and Y differ in shape.
    """
    xp, ZL, Y = _open("ZL", ZL, Y)
    positive = xp.maximum(ZL, xp.zeros_like(ZL))
    loss = positive - ZL * Y + xp.log1p(xp.exp(-xp.abs(ZL)))
    return as_scalar(xp.sum(loss) / ZL.shape[1])


def binary_cross_entropy_backward(ZL: Array, Y: Array) -> Array:
    """dZL = sigmoid(ZL) - Y, per example. The partner of `binary_cross_entropy`.

    Args:
        ZL: linear part of the last layer, (n_y, m).
        Y: true labels, (n_y, m).

    Raises:
        ShapeError: ZL and Y differ in shape.
    """
    _, ZL, Y = _open("ZL", ZL, Y)
    return sigmoid(ZL)[0] - Y


def categorical_cross_entropy(ZL: Array, Y: Array) -> Any:
    """-1/m sum(Y log softmax(ZL)) = 1/m sum(log sum e^z - z_true), for classes that exclude each other.

    Args:
        ZL: linear part of the last layer, (n_y, m), n_y classes.
        Y: one-hot columns, (n_y, m).

    Returns:
        J, a float (for JAX and PyTorch a 0-d array of theirs), finite for every finite ZL. Its
        gradient is `categorical_cross_entropy_backward`.

    Raises:
        ShapeError: ZL and Y differ in shape.
    """
    xp, ZL, Y = _open("ZL", ZL, Y)
    shifted = ZL - xp.max(ZL, axis=0, keepdims=True)
    log_sum = xp.log(xp.sum(xp.exp(shifted), axis=0, keepdims=True))
    return as_scalar(xp.sum(Y * (log_sum - shifted)) / ZL.shape[1])


def categorical_cross_entropy_backward(ZL: Array, Y: Array) -> Array:
    """dZL = softmax(ZL) - Y, per example. The partner of `categorical_cross_entropy`.

    Args:
        ZL: linear part of the last layer, (n_y, m).
        Y: one-hot columns, (n_y, m).

    Raises:
        ShapeError: ZL and Y differ in shape.
    """
    _, ZL, Y = _open("ZL", ZL, Y)
    return softmax(ZL)[0] - Y


class Cost(NamedTuple):
    """One cost as training uses it: from ZL, beside its gradient, with the output it belongs to."""

    forward: Callable[[Array, Array], Any]
    backward: Callable[[Array, Array], Array]
    output_activation: str


COSTS = {
    "binary_cross_entropy": Cost(binary_cross_entropy, binary_cross_entropy_backward, "sigmoid"),
    "categorical_cross_entropy": Cost(
        categorical_cross_entropy, categorical_cross_entropy_backward, "softmax"
    ),
}


def cost_named(name: str) -> Cost:
    """The cost called `name`.

    Raises:
        OptionError: there is no such cost; the message lists those there are.
    """
    try:
        return COSTS[name]
    except (KeyError, TypeError):
        raise OptionError(f"unknown cost {name!r}; expected one of {', '.join(COSTS)}") from None
