"""The encoded columns of a table as inputs of the first layer: gathered instead of multiplied.

A number x of a table is several inputs: its standardised value, and T pieces, of which those below x are
1, the one that x is in is the fraction of the way through it, and those above are 0 (the piecewise-linear
encoding of Gorishniy et al., 2022). A category of K levels is K inputs, of which one is 1. `dense_inputs`
states both as columns of X, (n_x, m); that is the definition.

Hardly any of it is multiplied. With C[k] = W_1 + ... + W_k, the running sums of a number's columns of W,

    W ple(x) = C[k] + f W_(k+1)    for x in piece k (from 0), a fraction f of the way through it,

and a category gathers one column of W. Backwards, the gradient of piece j is the sum of f dZ over the
examples in it, and of dZ over those in the pieces above: per piece two sums, then one running sum from the
last piece to the first. A category's column receives the sum of its examples' dZ. It is the same algebra,
so the results are those of the dense form to rounding.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pellucid.core._arrays import Array, namespace
from pellucid.errors import CacheError, ShapeError


class EncodedNumber(NamedTuple):
    """A column of numbers: 1 + pieces inputs, and one more if values may be missing.

    Attributes:
        values: (m,) standardised.
        piece: (m,) integers from 0, the piece that each value is in.
        fraction: (m,) from 0 to 1, the way through it.
        pieces: T; 0: the values alone.
        missing: (m,) 1 where the value is missing, else 0; None: no such input.
    """

    values: Array
    piece: Array | None = None
    fraction: Array | None = None
    pieces: int = 0
    missing: Array | None = None

    @property
    def n_inputs(self) -> int:
        """The number of inputs."""
        return 1 + self.pieces + (self.missing is not None)

    @property
    def m(self) -> int:
        """The number of examples."""
        return int(self.values.shape[0])


class EncodedCategory(NamedTuple):
    """A column of categories: one input for each of its levels.

    Attributes:
        code: (m,) integers from 0, the level of each example; -1: none of them.
        levels: K.
    """

    code: Array
    levels: int

    @property
    def n_inputs(self) -> int:
        """The number of inputs."""
        return self.levels

    @property
    def m(self) -> int:
        """The number of examples."""
        return int(self.code.shape[0])


EncodedColumn = EncodedNumber | EncodedCategory
EncodedCache = tuple[tuple[EncodedColumn, ...], Array, Array]


def dense_inputs(columns: Sequence[EncodedColumn]) -> Array:
    """X (n_x, m): every input of every column, one below the other.

    Args:
        columns: at least one column of numbers, which tells the type.

    Raises:
        ShapeError: the columns have different numbers of examples.
    """
    _examples(columns)
    like = next(column.values for column in columns if isinstance(column, EncodedNumber))
    xp = namespace(values=like)
    rows: list[Array] = []
    for column in columns:
        if isinstance(column, EncodedCategory):
            rows.append(_levels(xp, column, like))
            continue
        rows.append(column.values[None, :])
        if column.pieces:
            below, here = _places(xp, column)
            rows.append(
                xp.astype(below, like.dtype) + xp.astype(here, like.dtype) * _part(column.fraction)[None, :]
            )
        if column.missing is not None:
            rows.append(xp.astype(column.missing, like.dtype)[None, :])
    return xp.concat(rows, axis=0)


def encoded_linear_forward(
    columns: Sequence[EncodedColumn], W: Array, b: Array
) -> tuple[Array, EncodedCache]:
    """Z = W X + b, with X as `dense_inputs` states it, and never made.

    Args:
        columns: of the table, each with m examples.
        W: (n, n_x).
        b: (n, 1).

    Returns:
        `(Z, (columns, W, b))`: Z (n, m), and the cache of `encoded_linear_backward`, its partner.

    Raises:
        ShapeError: W has not a column for each input, or the columns have different numbers of examples.
    """
    xp = namespace(W=W, b=b)
    m = _examples(columns)
    n_x = sum(column.n_inputs for column in columns)
    if W.ndim != 2 or W.shape[1] != n_x:
        raise ShapeError(
            f"W has shape {tuple(W.shape)}; expected (n, {n_x}): the columns of the table are {n_x} inputs"
        )
    Z, start = b + xp.zeros((W.shape[0], m), dtype=W.dtype), 0
    for column in columns:
        own = W[:, start : start + column.n_inputs]
        start += column.n_inputs
        if isinstance(column, EncodedCategory):
            known = column.code >= 0
            gathered = xp.take(own, xp.where(known, column.code, 0), axis=1)
            Z = Z + gathered * xp.astype(known, W.dtype)[None, :]
            continue
        Z = Z + own[:, :1] * column.values[None, :]
        if column.pieces:
            pieces = own[:, 1 : 1 + column.pieces]
            before = xp.cumulative_sum(pieces, axis=1) - pieces
            piece, fraction = _part(column.piece), _part(column.fraction)
            Z = Z + xp.take(before, piece, axis=1) + fraction[None, :] * xp.take(pieces, piece, axis=1)
        if column.missing is not None:
            Z = Z + own[:, -1:] * xp.astype(column.missing, W.dtype)[None, :]
    return Z, (tuple(columns), W, b)


def encoded_linear_backward(dZ: Array, cache: EncodedCache) -> tuple[Array, Array]:
    """dW = dZ X^T / m and db = sum(dZ) / m. The partner of `encoded_linear_forward`.

    There is no gradient with respect to X: codes have none.

    Args:
        dZ: gradient with respect to Z, (n, m), per example: the 1/m enters here.
        cache: `(columns, W, b)` of the forward step.

    Returns:
        `(dW, db)`: (n, n_x) and (n, 1).

    Raises:
        ShapeError: dZ does not belong to this cache.
        CacheError: it is not the cache of a forward step.
    """
    if not isinstance(cache, tuple) or len(cache) != 3:
        raise CacheError("the cache is not (columns, W, b); expected that of encoded_linear_forward")
    columns, W, _ = cache
    xp, m = namespace(dZ=dZ, W=W), _examples(columns)
    if tuple(dZ.shape) != (W.shape[0], m):
        raise ShapeError(f"dZ has shape {tuple(dZ.shape)}; expected {(W.shape[0], m)}, the shape of Z")
    parts: list[Array] = []
    for column in columns:
        if isinstance(column, EncodedCategory):
            parts.append(dZ @ _levels(xp, column, dZ).T)
            continue
        parts.append((dZ @ column.values)[:, None])
        if column.pieces:
            here = xp.astype(_places(xp, column)[1], dZ.dtype).T
            whole, part = dZ @ here, (dZ * _part(column.fraction)[None, :]) @ here
            # Of the pieces above this one, from the last to the first.
            above = xp.flip(xp.cumulative_sum(xp.flip(whole, axis=1), axis=1), axis=1) - whole
            parts.append(part + above)
        if column.missing is not None:
            parts.append((dZ @ xp.astype(column.missing, dZ.dtype))[:, None])
    return xp.concat(parts, axis=1) / m, xp.sum(dZ, axis=1, keepdims=True) / m


def _examples(columns: Sequence[EncodedColumn]) -> int:
    """m, the number of examples of every column."""
    counts = {column.m for column in columns}
    if len(counts) != 1:
        raise ShapeError(f"the columns have {sorted(counts)} examples; expected as many in each")
    return counts.pop()


def _places(xp: Any, column: EncodedNumber) -> tuple[Array, Array]:
    """Which pieces (T, m) lie below each value, and which it is in."""
    pieces = xp.arange(column.pieces)[:, None]
    piece = _part(column.piece)[None, :]
    return pieces < piece, pieces == piece


def _levels(xp: Any, column: EncodedCategory, like: Array) -> Array:
    """(K, m): 1 for the level of each example."""
    return xp.astype(xp.arange(column.levels)[:, None] == column.code[None, :], like.dtype)


def _part(array: Array | None) -> Array:
    assert array is not None  # a column with pieces has them
    return array
