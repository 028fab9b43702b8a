"""Cross-entropy: the error of the network, and the gradient that the backward pass starts from.

The course computes the cost from the output AL (`compute_cost`). Training computes it from the linear
part ZL: that cost is finite for every finite ZL, however confident and wrong the network is. Where both
are finite they agree to rounding. `costs` holds the costs for numbers and counts, and the table of all.

Letters: m examples, n_y outputs. AL, ZL and Y are (n_y, m): Y holds 0 and 1, for several classes
one-hot columns. Costs are sums over a column, averaged over the m columns; gradients are per example
(the 1/m enters in `linear_backward`). With weights (1, m) the average is the weighted one, and the
gradient of example j counts m w_j / sum(w) times.
"""

from typing import Any

from pellucid.core._arrays import (
    Array,
    as_scalar,
    at_least,
    floating,
    namespace,
)
from pellucid.core._shapes import Sizes, check_same_shape, shape_error
from pellucid.core.activations import sigmoid, sigmoid_backward, softmax
from pellucid.errors import ShapeError


def _open(name: str, A: Array, Y: Array) -> tuple[Any, Array, Array]:
    xp = namespace(**{name: A, "Y": Y})
    if A.ndim != 2:
        raise shape_error(name, A, *_sizes_of_labels(Y))
    check_same_shape("Y", Y, name, A)
    if A.shape[1] == 0:
        raise ShapeError(f"{name} has shape {tuple(A.shape)}: no example; expected at least one column")
    A = floating(xp, A)
    return xp, A, xp.astype(Y, A.dtype, copy=False)


def _sizes_of_labels(Y: Array) -> tuple[Sizes, str]:
    return (tuple(Y.shape), ", the shape of Y") if Y.ndim == 2 else (("n_y", "m"), "")


def open_cost(ZL: Array, Y: Array, weights: Array | None) -> tuple[Any, Array, Array, Array | None]:
    """The first lines of every cost from ZL: the library, and ZL, Y and weights in one type of number.

    Raises:
        ShapeError: ZL and Y differ in shape, or weights are not (1, m).
    """
    xp, ZL, Y = _open("ZL", ZL, Y)
    if weights is None:
        return xp, ZL, Y, None
    namespace(ZL=ZL, weights=weights)
    if tuple(weights.shape) != (1, ZL.shape[1]):
        raise shape_error("weights", weights, (1, ZL.shape[1]), ", one weight for each column of ZL")
    return xp, ZL, Y, xp.astype(weights, ZL.dtype, copy=False)


def mean_over_columns(xp: Any, losses: Array, weights: Array | None) -> Any:
    """The losses (n_y, m) summed over each column and averaged over the columns."""
    if weights is None:
        return as_scalar(xp.sum(losses) / losses.shape[1])
    return as_scalar(xp.sum(losses * weights) / _total(xp, weights))


def weighted_columns(xp: Any, dZL: Array, weights: Array | None) -> Array:
    """The gradients (n_y, m), column j times m w_j / sum(w): the mean of these factors is 1."""
    if weights is None:
        return dZL
    return dZL * (weights * (dZL.shape[1] / _total(xp, weights)))


def _total(xp: Any, weights: Array) -> Array:
    # If all weights are 0 the cost is 0, rather than 0/0.
    total = xp.sum(weights)
    return xp.where(total == 0, xp.ones_like(total), total)


def _smoothed(Y: Array, label_smoothing: float, classes: int) -> Array:
    return (1 - label_smoothing) * Y + label_smoothing / classes if label_smoothing else Y


def times_log(xp: Any, Y: Array, A: Array) -> Array:
    """Y log A with 0 log 0 = 0, and no warning at A = 0 (-inf if Y is not 0, the true value)."""
    positive = xp.where(A == 0, xp.ones_like(A), A)
    log = xp.where(A == 0, xp.full_like(A, -float("inf")), xp.log(positive))
    return xp.where(Y == 0, xp.zeros_like(A), Y * xp.where(Y == 0, xp.zeros_like(A), log))


def compute_cost(AL: Array, Y: Array) -> Any:
    """Binary cross-entropy, J = -1/m sum(Y log AL + (1 - Y) log(1 - AL)).

    Args:
        AL: probabilities, the output of the last layer, (n_y, m), in [0, 1].
        Y: true labels, (n_y, m), 0 or 1.

    Returns:
        J, a float (for JAX and PyTorch a 0-d array of theirs). Finite where AL is exactly 0 or 1 and
        agrees with Y; infinite if it is exactly 0 or 1 and does not. In natural units (nats).
        Its gradient is `compute_cost_backward`.

    Raises:
        ShapeError: AL and Y differ in shape.
    """
    xp, AL, Y = _open("AL", AL, Y)
    log_likelihood = times_log(xp, Y, AL) + times_log(xp, 1 - Y, 1 - AL)
    # A perfect prediction costs 0, not -0.
    return as_scalar(0.0 - xp.sum(log_likelihood) / AL.shape[1])


def compute_cost_backward(AL: Array, Y: Array) -> Array:
    """dAL = -(Y / AL - (1 - Y) / (1 - AL)), where the course starts its backward pass.

    The partner of `compute_cost`, exactly as the formula says: where AL is exactly 0 or 1 it is infinite or
    NaN. Training uses `sigmoid_output_backward` instead.

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
    """dZL of a sigmoid output under binary cross-entropy: dAL * s'(ZL), or AL - Y if that is the same.

    If AL is the sigmoid of ZL, dAL * s'(ZL) is exactly AL - Y. Then the short form is used: at an AL of 0
    or 1 (the float64 sigmoid is exactly 1 from Z = 37 on) the long form is 0/0. If AL is another number, as
    in the published exercise, the long form is used.

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
    expected, _ = sigmoid(ZL)
    short = (AL == 0) | (AL == 1) | (xp.abs(AL - expected) <= 64 * xp.finfo(AL.dtype).eps)
    # where() evaluates both forms: the long one must not divide by zero where it is not used.
    divisible = xp.where(short, xp.full_like(AL, 0.5), AL)
    long_form = sigmoid_backward(compute_cost_backward(divisible, Y), ZL)
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


def binary_cross_entropy(
    ZL: Array, Y: Array, *, weights: Array | None = None, label_smoothing: float = 0.0
) -> Any:
    """The cost of `compute_cost` from the linear part: 1/m sum(max(z, 0) - z y + log(1 + e^-|z|)).

    Args:
        ZL: linear part of the last layer, (n_y, m).
        Y: true labels, (n_y, m), 0 or 1.
        weights: how much each example counts, (1, m); None: all the same.
        label_smoothing: e in Y' = (1 - e) Y + e/2, which replaces Y.

    Returns:
        J, a float (for JAX and PyTorch a 0-d array of theirs), finite for every finite ZL. Its
        gradient is `binary_cross_entropy_backward`.

    Raises:
        ShapeError: ZL and Y differ in shape, or weights are not (1, m).
    """
    xp, ZL, Y, weights = open_cost(ZL, Y, weights)
    Y = _smoothed(Y, label_smoothing, 2)
    losses = at_least(xp, ZL, 0.0) - ZL * Y + xp.log1p(xp.exp(-xp.abs(ZL)))
    return mean_over_columns(xp, losses, weights)


def binary_cross_entropy_backward(
    ZL: Array, Y: Array, *, weights: Array | None = None, label_smoothing: float = 0.0
) -> Array:
    """dZL = sigmoid(ZL) - Y', per example. The partner of `binary_cross_entropy`.

    Args:
        ZL: linear part of the last layer, (n_y, m).
        Y: true labels, (n_y, m).
        weights: as in `binary_cross_entropy`.
        label_smoothing: as in `binary_cross_entropy`.

    Raises:
        ShapeError: ZL and Y differ in shape, or weights are not (1, m).
    """
    xp, ZL, Y, weights = open_cost(ZL, Y, weights)
    return weighted_columns(xp, sigmoid(ZL)[0] - _smoothed(Y, label_smoothing, 2), weights)


def categorical_cross_entropy(
    ZL: Array, Y: Array, *, weights: Array | None = None, label_smoothing: float = 0.0
) -> Any:
    """-1/m sum(Y log softmax(ZL)) = 1/m sum(log sum e^z - z_true), for mutually exclusive classes.

    Args:
        ZL: linear part of the last layer, (n_y, m), n_y classes.
        Y: one-hot columns, (n_y, m).
        weights: how much each example counts, (1, m); None: all the same.
        label_smoothing: e in Y' = (1 - e) Y + e/n_y, which replaces Y.

    Returns:
        J, a float (for JAX and PyTorch a 0-d array of theirs), finite for every finite ZL. Its
        gradient is `categorical_cross_entropy_backward`.

    Raises:
        ShapeError: ZL and Y differ in shape, or weights are not (1, m).
    """
    xp, ZL, Y, weights = open_cost(ZL, Y, weights)
    Y = _smoothed(Y, label_smoothing, Y.shape[0])
    shifted = ZL - xp.max(ZL, axis=0, keepdims=True)
    log_sum = xp.log(xp.sum(xp.exp(shifted), axis=0, keepdims=True))
    return mean_over_columns(xp, Y * (log_sum - shifted), weights)


def categorical_cross_entropy_backward(
    ZL: Array, Y: Array, *, weights: Array | None = None, label_smoothing: float = 0.0
) -> Array:
    """dZL = softmax(ZL) - Y', per example. The partner of `categorical_cross_entropy`.

    Args:
        ZL: linear part of the last layer, (n_y, m).
        Y: one-hot columns, (n_y, m).
        weights: as in `categorical_cross_entropy`.
        label_smoothing: as in `categorical_cross_entropy`.

    Raises:
        ShapeError: ZL and Y differ in shape, or weights are not (1, m).
    """
    xp, ZL, Y, weights = open_cost(ZL, Y, weights)
    return weighted_columns(xp, softmax(ZL)[0] - _smoothed(Y, label_smoothing, Y.shape[0]), weights)
