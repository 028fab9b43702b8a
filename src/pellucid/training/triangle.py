"""The factor R of X^T X = R^T R, computed in blocks without a copy of X; and division by R.

The arithmetic of the short cut (`pellucid.training.shortcut`): LAPACK's Cholesky factorization and
triangular solves, written over blocks, so that they need only NumPy and work in place.

Letters: X is (n, m), n > m; K = X^T X and R are (m, m). All results are in float64, for any dtype of X.
"""

from typing import Any

import numpy as np

from pellucid.engines import product

Floats = np.ndarray[Any, np.dtype[Any]]

# Block sizes: rows of X to convert, columns of K to compute, and columns of R^T for LAPACK. The last is
# small enough for one thread of LAPACK: a second one would wait actively for 100 ms after its work, on a
# processor that the training needs.
ROWS, PANEL, STEP = 2048, 512, 64


def triangle(X: Floats, W: Floats, *, rows: int) -> tuple[Floats, Floats] | None:
    """R^T and W X.

    If an example is a combination of others, to rounding (as a picture that occurs twice), K has no
    Cholesky factor. R is then that of a K with a slightly larger diagonal; `_factor` explains why that is
    exact enough. A column of zeros stays zero.

    Args:
        X: (n, m), float32 or float64, in any order.
        W: (n_1, n).
        rows: number of columns of R^T, at least m; those beyond m are zero.

    Returns:
        `(R^T, W X)`: (m, rows) lower triangular with exact zeros above, and (n_1, m). None if squares of X
        overflow or underflow.
    """
    n, m = X.shape
    columns = np.zeros((m, rows))
    K = columns[:, :m]
    WX = np.zeros((W.shape[0], m))
    with np.errstate(over="ignore", invalid="ignore"):
        rows_at_once = n if X.dtype == np.float64 else ROWS
        for i in range(0, n, rows_at_once):
            block = X[i : i + rows_at_once].astype(np.float64, copy=False)
            WX += product(W[:, i : i + rows_at_once].astype(np.float64, copy=False), block)
            for j in range(0, m, PANEL):
                J, done = slice(j, j + PANEL), slice(0, j + PANEL)
                K[J, done] += product(block[:, J].T, block[:, done], beyond=j)
    squares = np.diagonal(K).copy()
    empty = squares == 0
    if not np.isfinite(squares).all() or X[:, empty].any():
        return None
    # In float32 the rounding of the training itself is larger.
    unit = 4 * max(np.finfo(np.float64).eps * (m + n**0.5), np.finfo(X.dtype).eps * (X.dtype == np.float32))
    K[empty, empty] = squares[empty] = 1.0
    if not _factor(K, squares, unit):
        return None
    K[empty, empty] = 0.0
    return columns, WX


def _factor(K: Floats, squares: Floats, unit: float) -> bool:
    """Write L of K = L L^T over K, and return whether there is an L. Only the lower triangle of K is read.

    L[j, j] is the distance of example j from the span of those before it. If its square is no larger than
    the errors in K, it is noise, and a division by it would make W1' longer than W1. Then K[j, j] is
    enlarged by one to a hundred rounding errors, for all examples of the block. The training then runs on
    inputs whose products with each other are off by that much, and by no more: a step changes Z1 by dZ1 K
    and depends on X only through K.

    Args:
        K: (m, m).
        squares: (m,), the diagonal of K.
        unit: the errors in K, as a share of `squares`.
    """
    m = len(K)
    for start in range(0, m, STEP):
        J = slice(start, min(start + STEP, m))
        K[J, :start] = divided(K[J, :start], K[:start, :start].T)
        rest = K[J, J] - product(K[J, :start], K[J, :start].T)
        for shift in (0.0, unit, 10 * unit, 100 * unit):
            try:
                L = np.linalg.cholesky(rest + np.diag(shift * squares[J]))
            except np.linalg.LinAlgError:
                continue
            if (np.diagonal(L) ** 2 >= (shift / 2 or 16 * unit) * squares[J]).all():
                break
        else:
            return False
        K[J, J] = L
        K[J, J.stop :] = 0.0
    return True


def divided(B: Floats, R: Floats, *, transposed: bool = False) -> Floats:
    """B R^-1, or B R^-T with `transposed`. In a column of zeros of R, R_jj counts as 1.

    Args:
        B: (n, m).
        R: upper triangular, (m, m).
        transposed: whether to divide by R^T.
    """
    m = len(R)
    C = np.empty((len(B), m))
    starts = range(0, m, STEP)
    for start in reversed(starts) if transposed else starts:
        J = slice(start, min(start + STEP, m))
        corner = R[J, J].astype(np.float64)
        zeros = np.flatnonzero(np.diagonal(corner) == 0)
        corner[zeros, zeros] = 1.0
        if transposed:
            done = product(C[:, J.stop :], R[J, J.stop :].T.astype(np.float64, copy=False))
            C[:, J] = np.linalg.solve(corner, (B[:, J] - done).T).T
        else:
            done = product(C[:, :start], R[:start, J].astype(np.float64, copy=False))
            C[:, J] = np.linalg.solve(corner.T, (B[:, J] - done).T).T
    return C
