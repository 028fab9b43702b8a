"""Checks of shapes, and messages that name the call that mends them.

If the other arguments decide the shape of an array, the message names the one reshape or the transpose that
gives it. Messages are built only after a check failed: arrays that fit cost one comparison.
"""

import math

from pellucid.core._arrays import Array
from pellucid.errors import ShapeError

# The expected sizes of an array: a letter such as "m" stands for any size.
Sizes = tuple[int | str, ...]


def check_matrix(name: str, array: Array, letters: str) -> None:
    """Refuse anything but two dimensions; `letters` names them, as in "(n_x, m)".

    Raises:
        ShapeError: rank-1 arrays are named as such, with the calls that mend them.
    """
    if array.ndim != 2:
        raise shape_error(name, array, tuple(letters.strip("()").split(", ")))


def check_same_shape(name: str, array: Array, other_name: str, other: Array) -> None:
    """Check that two arrays have the same shape (broadcasting would hide a difference)."""
    if array.shape != other.shape:
        raise shape_error(name, array, tuple(other.shape), f", the shape of {other_name}")


def check_sizes(name: str, array: Array, sizes: Sizes, because: str = "") -> None:
    """Check that an array has these sizes. Arguments as of `shape_error`."""
    if not _fits(tuple(array.shape), sizes):
        raise shape_error(name, array, sizes, because)


def check_same_columns(X: Array, Y: Array) -> None:
    """Refuse inputs (n_x, m) and labels (n_y, m) that are not matrices of equally many columns.

    Raises:
        ShapeError: the message says if one of them, or both, look transposed.
    """
    x, y = tuple(X.shape), tuple(Y.shape)
    if not (len(x) == len(y) == 2 and x[1] == y[1]):
        raise _columns_error(X, Y, x, y)


def _columns_error(X: Array, Y: Array, x: tuple[int, ...], y: tuple[int, ...]) -> ShapeError:
    m = y[-1] if y else "m"
    if len(x) != 2:
        return shape_error("X", X, ("n_x", m), to_fit(Y=Y))
    if len(y) == 2 and x[0] == y[0] > 1:
        return ShapeError(
            f"X and Y look transposed: they have shapes {x} and {y}; expected (n_x, m) and (n_y, m), "
            "examples in columns: pass X.T and Y.T"
        )
    # If the transpose of either would fit, choose the one that gives more examples.
    Y_is_transposed = len(y) == 2 and x[1] == y[0] > y[1]
    if x[0] == m != x[1] and not Y_is_transposed:
        return shape_error("X", X, ("n_x", m), to_fit(Y=Y))
    return shape_error("Y", Y, ("n_y", x[1]), to_fit(X=X))


def shape_error(name: str, array: Array, sizes: Sizes, because: str = "") -> ShapeError:
    """The error for an array of the wrong shape, with the call that mends it if there is one.

    Args:
        name: of the array, as the caller wrote it.
        array: anything that has a shape.
        sizes: what was expected: `(4, "m")` is four rows and any number of columns.
        because: the reason, put behind the sizes: " to fit W of shape (3, 4)".
    """
    shape = tuple(array.shape)
    expected = f"({', '.join(map(str, sizes))}{',' if len(sizes) == 1 else ''})"
    if is_transposed(shape, sizes):
        return ShapeError(
            f"{name} looks transposed: it has shape {shape}; expected {expected}{because}: pass {name}.T"
        )
    if not any(isinstance(size, int) for size in sizes):
        expected = f"two dimensions {expected}"
    rank_1 = ", a rank-1 array" if len(shape) == 1 and len(sizes) == 2 else ""
    calls = ", ".join(_remedies(name, shape, sizes))
    remedy = f": {calls}" if calls else ""
    return ShapeError(f"{name} has shape {shape}{rank_1}; expected {expected}{because}{remedy}")


def check_layer(A: Array, W: Array, b: Array, l: int = 0) -> None:
    """Check that the arrays of a layer fit. Arguments as of `layer_error`."""
    if not (A.ndim == W.ndim == 2 and W.shape[1] == A.shape[0] and tuple(b.shape) == (W.shape[0], 1)):
        raise layer_error(A, W, b, l)


def is_transposed(shape: tuple[int, ...], sizes: Sizes) -> bool:
    """Whether an array of this shape does not have these sizes, but its transpose has."""
    return len(shape) == 2 and not _fits(shape, sizes) and _fits(shape[::-1], sizes)


def layer_error(A: Array, W: Array, b: Array, l: int = 0) -> ShapeError:
    """The error for a layer whose A (n_prev, m), W (n, n_prev) and b (n, 1) do not fit.

    The message blames the array that the other two contradict.

    Args:
        A: the input of the layer.
        W: its weights.
        b: its biases.
        l: its number, which names the three: X, W1, b1. From the second layer on A was computed, so W and
            b have to fit it. 0: they are called A, W and b.
    """
    if l == 0:
        return _layer_error(A, W, b, ("A", "W", "b"), given=True)
    names = ("X" if l == 1 else f"A{l - 1}", f"W{l}", f"b{l}")
    return ShapeError(f"layer {l}: {_layer_error(A, W, b, names, given=l == 1)}")


def _layer_error(A: Array, W: Array, b: Array, names: tuple[str, str, str], *, given: bool) -> ShapeError:
    A_name, W_name, b_name = names
    a, w = tuple(A.shape), tuple(W.shape)
    if len(a) != 2:
        known = len(w) == 2
        sizes: Sizes = (w[1] if known else "n_prev", "m")
        return shape_error(A_name, A, sizes, to_fit(**{W_name: W}) if known else "")
    # b is a column, or about to become one: it has as many numbers as W has rows.
    biases = tuple(b.shape)
    n: int | str = biases[0] if biases in ((math.prod(biases),), (math.prod(biases), 1)) else "n"
    wanted = (n, a[0])
    if len(w) != 2 or (w != wanted and w[::-1] == wanted):
        others = {A_name: A} if n == "n" else {A_name: A, b_name: b}
        return shape_error(W_name, W, wanted, to_fit(**others))
    if w[1] == a[0]:
        return shape_error(b_name, b, (w[0], 1), to_fit(**{W_name: W}))
    if given and a[1] == w[1]:
        return shape_error(A_name, A, (w[1], "m"), to_fit(**{W_name: W}))
    return ShapeError(
        f"{W_name} has shape {w} and {A_name} has shape {a}; expected as many columns in {W_name} as rows "
        f"in {A_name}: {W_name} of shape ({w[0]}, {a[0]})"
    )


def to_fit(**arrays: Array) -> str:
    """The `because` of `shape_error`: " to fit W of shape (3, 4) and b of shape (3, 1)"."""
    return " to fit " + " and ".join(f"{name} of shape {tuple(a.shape)}" for name, a in arrays.items())


def _remedies(name: str, shape: tuple[int, ...], sizes: Sizes) -> list[str]:
    """The calls that turn an array of this shape into these sizes and keep the order of its numbers."""
    size = math.prod(shape)
    if len(shape) == 2:
        return []
    made: dict[tuple[int, ...], str] = {}
    if len(shape) == 1:
        made = {(1, size): f"{name}.reshape(1, -1)", (size, 1): f"{name}.reshape(-1, 1)"}
    elif size and any(isinstance(size, int) for size in sizes):
        # Pictures, one after the other, each flattened into a column; or a single one.
        m = shape[0] if shape else 1
        made = {(size // m, m): f"{name}.reshape({m}, -1).T", (size, 1): f"{name}.reshape(-1, 1)"}
    calls = [f"{call} makes it {result}" for result, call in made.items() if _fits(result, sizes)]
    return calls or _exact_reshape(name, shape, sizes)


def _exact_reshape(name: str, shape: tuple[int, ...], sizes: Sizes) -> list[str]:
    """`name.reshape(3, 4)`, if all sizes are known, for a flat array, or to add or drop sizes of 1."""
    known = [size for size in sizes if isinstance(size, int)]
    if len(known) < len(sizes) or math.prod(known) != math.prod(shape):
        return []
    call = f"{name}.reshape({', '.join(map(str, sizes))}) makes it {sizes}"
    if [size for size in shape if size != 1] == [size for size in sizes if size != 1]:
        return [call]
    return [f"{call}, if its numbers are in that order"] if len(shape) == 1 else []


def _fits(shape: tuple[int, ...], sizes: Sizes) -> bool:
    return len(shape) == len(sizes) and all(
        isinstance(size, str) or size == actual for actual, size in zip(shape, sizes, strict=True)
    )
