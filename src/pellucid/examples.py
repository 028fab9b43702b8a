"""Examples: what a network is trained, validated and evaluated on. The one container from reader to engine.

Columns, as everywhere inside: example j is column j of X, of Y and of the weights.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np

from pellucid.core._arrays import Array, columns_of, first_non_finite, floating, namespace
from pellucid.core._shapes import shape_error, to_fit
from pellucid.core.activations import activation_named
from pellucid.core.costs import cost_named
from pellucid.encoded_table import EncodedTable
from pellucid.errors import ArrayError, LabelError, NonFiniteError, ShapeError
from pellucid.network import Network
from pellucid.stored import Stored

Integers = np.ndarray[Any, np.dtype[np.int64]]

# The largest inputs, in bytes, that are made dense at once; larger ones are made so some columns at a time.
MOST_DENSE = 256 << 20


@runtime_checkable
class Columns(Protocol):
    """Inputs that are not one dense array: sparse rows, encoded columns of a table.

    Attributes:
        shape: (n_x, m).
        dtype: the type of number that `dense` gives.
    """

    shape: tuple[int, int]
    dtype: Any

    def dense(self, columns: Integers | slice) -> np.ndarray[Any, Any]:
        """Some of the columns as an array (n_x, k), finite numbers."""
        ...


@dataclass(frozen=True, eq=False)
class Examples:
    """m examples in columns.

    Attributes:
        X: inputs, (n_x, m): an array of any library, or `Columns`. It is not to be changed while a session
            that was given it lives.
        Y: targets, (n_y, m): 0 and 1 for one sigmoid unit, one-hot for several classes, numbers for
            regression; None where nothing is labelled.
        weights: how much each example counts, (1, m), not negative; None: all the same.
        finite: X is known to hold no NaN and no infinity, so nobody has to look again.
    """

    X: Any
    Y: Array | None = None
    weights: Array | None = None
    finite: bool = False

    def __repr__(self) -> str:
        outputs = "without targets" if self.Y is None else f"targets {tuple(self.Y.shape)}"
        weighted = "" if self.weights is None else ", weighted"
        return f"Examples(inputs {tuple(self.X.shape)}, {outputs}{weighted})"

    @property
    def m(self) -> int:
        """How many examples."""
        return int(self.X.shape[1])

    @property
    def n_x(self) -> int:
        """How many inputs each example has."""
        return int(self.X.shape[0])

    @property
    def is_dense(self) -> bool:
        """Whether X is one array."""
        return not isinstance(self.X, Columns)

    def take(self, columns: Integers) -> "Examples":
        """Some of them, in that order.

        Those of a table stay encoded, those in files stay there; other `Columns` become dense.

        Args:
            columns: (k,) indices.
        """
        if isinstance(self.X, (EncodedTable, Stored)):
            return self._with(self.X.take(columns), columns)
        return self.dense(columns)

    def block(self, columns: Integers) -> "Examples":
        """Some of them in memory, in that order: as `take`, and what lies in files is read.

        Args:
            columns: (k,) indices.
        """
        if isinstance(self.X, Stored):
            return self._with(self.X.block(columns), columns)
        return self.take(columns)

    def dense(self, columns: Integers) -> "Examples":
        """Some of them as one array, in that order.

        Args:
            columns: (k,) indices.
        """
        X = self.X.dense(columns) if not self.is_dense else _taken(self.X, columns)
        return self._with(X, columns)

    def _with(self, X: Any, columns: Integers) -> "Examples":
        return Examples(X, _taken(self.Y, columns), _taken(self.weights, columns), self.finite)

    def checked(self, network: Network) -> Self:
        """The same in one type of floating-point number, found to fit a network.

        Raises:
            ShapeError: X or Y do not fit the network, or each other.
            NonFiniteError: NaN or infinity in X, with the row and the column of the first.
            LabelError: Y is missing, or holds what is no label; or the weights are none.
        """
        X, Y = _checked_columns(network, self)
        return replace(self, X=X, Y=Y, weights=checked_weights(self.weights, X, Y), finite=True)


def _taken(part: Array | None, columns: Integers) -> Array | None:
    return None if part is None else columns_of(part, namespace(part=part).asarray(columns))


def _checked_columns(network: Network, examples: Examples) -> tuple[Any, Array]:
    X, Y = examples.X, examples.Y
    if Y is None:
        raise LabelError("the data have no labels; expected Y to train on")
    xp = namespace(X=X, Y=Y) if examples.is_dense else namespace(Y=Y)
    check_inputs(network, X, Y)
    m = X.shape[1]
    if tuple(Y.shape) != (network.n_y, m):
        raise _target_error(network, X, Y)
    if m == 0:
        raise ShapeError(f"X has shape {tuple(X.shape)}: no example; expected at least one column")
    if examples.is_dense:
        X = floating(xp, X)
    if X.dtype not in (xp.float64, xp.float32):
        raise ArrayError(f"X holds {X.dtype} numbers; expected float64 or float32")
    if examples.is_dense and not examples.finite:
        check_finite_columns(X)
    Y = xp.astype(Y, X.dtype, copy=False)
    (_check_numbers if network.is_regression else _check_labels)(xp, network, Y)
    return X, Y


def check_inputs(network: Network, X: Any, Y: Array | None = None) -> None:
    """Refuse inputs that do not fit a network.

    Args:
        network: decides how many rows X has.
        X: inputs, (n_x, m).
        Y: their labels, of any shape: they tell examples from inputs where X may be transposed.

    Raises:
        ShapeError: with the reshape, or the transpose, that fits.
    """
    shape, layer_dims = tuple(X.shape), list(network.layer_dims)
    if len(shape) == 2 and shape[0] == network.n_x:
        return
    transposed = len(shape) == 2 and shape[1] == network.n_x and (Y is None or shape[0] in Y.shape)
    if Y is not None and len(shape) == 2 and not transposed:
        raise ShapeError(
            f"layer_dims is {layer_dims} and X has shape {shape}; expected as many "
            f"inputs as X has rows: layer_dims[0] = {shape[0]} (examples are columns)"
        )
    raise shape_error("X", X, (network.n_x, "m"), f" to fit layer_dims {layer_dims}")


def _target_error(network: Network, X: Any, Y: Array) -> ShapeError:
    """The error for Y that is not (n_y, m) beside X (n_x, m)."""
    m, n_y = X.shape[1], network.n_y
    because = f"{to_fit(X=X)} and layer_dims {list(network.layer_dims)}"
    if not activation_named(network.output_activation).elementwise and math.prod(Y.shape) == m:
        return ShapeError(
            f"Y has shape {tuple(Y.shape)}; expected one-hot columns ({n_y}, {m}){because}: of class "
            f"numbers numpy.eye({n_y})[Y.reshape(-1).astype(int)].T makes them"
        )
    return shape_error("Y", Y, (n_y, m), because)


def checked_weights(weights: Array | None, X: Any, Y: Array) -> Array | None:
    """How much each example counts, (1, m), in the type of number of Y.

    Args:
        weights: (m,) or (1, m); None: all the same.
        X: the examples, (n_x, m).
        Y: their targets, (n_y, m).

    Raises:
        ShapeError: another shape.
        LabelError: a weight that is negative or not finite, or none above 0.
    """
    if weights is None:
        return None
    xp = namespace(weights=weights, Y=Y)
    m = X.shape[1]
    if tuple(weights.shape) == (m, 1) != (1, 1):
        raise shape_error("weights", weights, (1, m), to_fit(X=X))
    if tuple(weights.shape) not in ((m,), (1, m)):
        raise ShapeError(
            f"weights has shape {tuple(weights.shape)} and X has shape {tuple(X.shape)}; expected one "
            f"weight for each example: ({m},) or (1, {m})"
        )
    weights = xp.astype(xp.reshape(weights, (1, m)), Y.dtype, copy=False)
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
    if not activation_named(network.output_activation).elementwise:
        off = xp.abs(xp.sum(Y, axis=0) - 1) > 1e-3
        if bool(xp.any(off)):
            j = int(xp.argmax(xp.astype(off, xp.int32)))
            raise LabelError(
                f"column {j} of Y sums to {float(xp.sum(Y[:, j])):g}; expected one-hot columns, "
                "which sum to 1, for a softmax output"
            )


def _check_numbers(xp: Any, network: Network, Y: Array) -> None:
    least = cost_named(network.cost).least_target
    wrong = ~(xp.isfinite(Y) & (Y >= least))
    if bool(xp.any(wrong)):
        i, j = _first(xp, wrong)
        expected = "finite numbers" if least == -math.inf else f"finite numbers of at least {least:g}"
        raise LabelError(f"Y[{i}, {j}] is {float(Y[i, j]):g}; expected {expected}, one row per output unit")


def _first(xp: Any, wrong: Array) -> tuple[int, int]:
    j = int(xp.argmax(xp.astype(xp.any(wrong, axis=0), xp.int32)))
    return int(xp.argmax(xp.astype(wrong[:, j], xp.int32))), j
