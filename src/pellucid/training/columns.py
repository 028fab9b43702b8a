"""What training takes: labelled columns, found to fit the network before any work starts."""

from typing import Any, Protocol

from pellucid.core._arrays import Array, check_matrix, first_non_finite, floating, namespace
from pellucid.core.costs import cost_named
from pellucid.errors import ArrayError, LabelError, NonFiniteError, ShapeError
from pellucid.network import Network

# The outputs that are numbers; the others are probabilities of classes.
NUMBERS = ("identity", "exp")


class LabelledColumns(Protocol):
    """What training needs of a data set: X (n_x, m) and Y (n_y, m)."""

    @property
    def X(self) -> Array: ...  # noqa: D102
    @property
    def Y(self) -> Array | None: ...  # noqa: D102


def predicts_numbers(network: Network) -> bool:
    """Whether the outputs are numbers, not probabilities of classes."""
    return network.output_activation in NUMBERS


def bare_cost(network: Network, ZL: Array, Y: Array, weights: Array | None = None) -> float:
    """The cost of the answers alone: no penalty, no label smoothing.

    Args:
        network: what made ZL.
        ZL: linear part of the last layer, (n_y, m).
        Y: targets, (n_y, m).
        weights: how much each example counts, (1, m); None: all the same.
    """
    options = {name: value for name, value in network.cost_options.items() if name != "label_smoothing"}
    return float(cost_named(network.cost).forward(ZL, Y, weights=weights, **options))


def checked_columns(network: Network, X: Array, Y: Array | None) -> tuple[Array, Array]:
    """X (n_x, m) and Y (n_y, m), found to fit the network, in one type of floating-point number.

    Raises:
        ShapeError: they do not fit the network, or each other.
        NonFiniteError: NaN or infinity in X, with the row and the column of the first.
        LabelError: Y is missing, or holds what is no label.
    """
    if Y is None:
        raise LabelError("the data have no labels; expected Y to train on")
    xp = namespace(X=X, Y=Y)
    check_matrix("X", X, "(n_x, m)")
    check_matrix("Y", Y, "(n_y, m)")
    m = X.shape[1]
    if X.shape[0] != network.n_x:
        raise ShapeError(
            f"layer_dims is {list(network.layer_dims)} and X has shape {tuple(X.shape)}; expected as many "
            f"inputs as X has rows: layer_dims[0] = {X.shape[0]} (examples are columns)"
        )
    if tuple(Y.shape) != (network.n_y, m):
        raise ShapeError(
            f"Y has shape {tuple(Y.shape)}, X has shape {tuple(X.shape)} and layer_dims ends in "
            f"{network.n_y}; expected Y of shape ({network.n_y}, {m})"
        )
    if m == 0:
        raise ShapeError(f"X has shape {tuple(X.shape)}: no example; expected at least one column")
    X = floating(xp, X)
    if X.dtype not in (xp.float64, xp.float32):
        raise ArrayError(f"X holds {X.dtype} numbers; expected float64 or float32")
    check_finite_columns(X)
    Y = xp.astype(Y, X.dtype)
    (_check_numbers if predicts_numbers(network) else _check_labels)(xp, network, Y)
    return X, Y


def checked_weights(weights: Array | None, X: Array) -> Array | None:
    """How much each example counts, (1, m), in the type of number of X (n_x, m).

    Args:
        weights: (m,) or (1, m); None: all the same.
        X: the examples.

    Raises:
        ShapeError: another shape.
        LabelError: a weight that is negative or not finite, or none above 0.
    """
    if weights is None:
        return None
    xp = namespace(weights=weights, X=X)
    m = X.shape[1]
    if tuple(weights.shape) not in ((m,), (1, m)):
        raise ShapeError(
            f"weights has shape {tuple(weights.shape)} and X has shape {tuple(X.shape)}; expected one "
            f"weight for each example: ({m},) or (1, {m})"
        )
    weights = xp.astype(xp.reshape(weights, (1, m)), X.dtype)
    wrong = ~(xp.isfinite(weights) & (weights >= 0))
    if bool(xp.any(wrong)):
        j = int(xp.argmax(xp.astype(wrong[0, :], xp.int32)))
        raise LabelError(f"weights[{j}] is {float(weights[0, j]):g}; expected finite numbers of at least 0")
    if not float(xp.sum(weights)) > 0:
        raise LabelError("the weights are all 0; expected some above 0")
    return weights


def check_finite_columns(X: Array) -> None:
    """Refuse NaN and infinity in X (n_x, m).

    Raises:
        NonFiniteError: with the row and the column of the first.
    """
    found = first_non_finite(X)
    if found is not None:
        i, j, value, count = found
        more = f" ({count} such values in all)" if count > 1 else ""
        raise NonFiniteError(
            f"X[{i}, {j}] is {value}: input (row) {i} of example (column) {j}{more}; "
            "expected finite numbers"
        )


def _check_labels(xp: Any, network: Network, Y: Array) -> None:
    wrong = ~((Y >= 0) & (Y <= 1))
    if bool(xp.any(wrong)):
        i, j = _first(xp, wrong)
        raise LabelError(
            f"Y[{i}, {j}] is {float(Y[i, j]):g}; expected 0 or 1 (a number between them is a soft label), "
            "one row per output unit"
        )
    if network.output_activation == "softmax":
        off = xp.abs(xp.sum(Y, axis=0) - 1) > 1e-3
        if bool(xp.any(off)):
            j = int(xp.argmax(xp.astype(off, xp.int32)))
            raise LabelError(
                f"column {j} of Y sums to {float(xp.sum(Y[:, j])):g}; expected one-hot columns, "
                "which sum to 1, for a softmax output"
            )


def _check_numbers(xp: Any, network: Network, Y: Array) -> None:
    counts = network.cost == "poisson"
    wrong = ~(xp.isfinite(Y) & (Y >= 0)) if counts else ~xp.isfinite(Y)
    if bool(xp.any(wrong)):
        i, j = _first(xp, wrong)
        expected = "counts, finite and of at least 0" if counts else "finite numbers"
        raise LabelError(f"Y[{i}, {j}] is {float(Y[i, j]):g}; expected {expected}, one row per output unit")


def _first(xp: Any, wrong: Array) -> tuple[int, int]:
    j = int(xp.argmax(xp.astype(xp.any(wrong, axis=0), xp.int32)))
    return int(xp.argmax(xp.astype(wrong[:, j], xp.int32))), j
