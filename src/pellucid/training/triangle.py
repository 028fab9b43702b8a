"""R of X^T X = R^T R, in pieces small enough that X is never copied; and division by R.

The arithmetic of the short cut (`pellucid.training.shortcut`): Cholesky factor and triangular solves of
LAPACK, written over blocks so that they need NumPy alone and work in the place of their result.

Letters: X is (n, m), n > m; K = X^T X and R are (m, m). What is computed here is in float64, whatever X is.
"""

from typing import Any

import numpy as np

from pellucid.engines import product

Floats = np.ndarray[Any, np.dtype[Any]]

# How many rows of X are converted at a time, how many columns of K are made at a time, and how many of R^T
# are finished by LAPACK at a time: so few that it takes one thread. A second one would wait actively for
# 100 ms after its work, on a processor that the training wants.
ROWS, PANEL, STEP = 2048, 512, 64


def triangle(X: Floats, W: Floats, *, rows: int) -> tuple[Floats, Floats] | None:
    """R^T and W X.

    Where an example is a combination of others, to rounding (a picture that comes twice), K has no Cholesky
    factor. There R is that of a K whose diagonal is longer by a few roundings: `_factor` says why that is
    exact enough. A column of zeros stays one.

    Args:
        X: (n, m), float32 or float64, in any order.
        W: (n_1, n).
        rows: m, or more: so many columns has the result, those beyond m zero.

    Returns:
        `(R^T, W X)`: (m, rows) lower triangular with exact zeros above, and (n_1, m). None where squares of
        X overflow or vanish.
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
    # In float32 a rounding of the training itself is the larger one.
    unit = 4 * max(np.finfo(np.float64).eps * (m + n**0.5), np.finfo(X.dtype).eps * (X.dtype == np.float32))
    K[empty, empty] = squares[empty] = 1.0
    if not _factor(K, squares, unit):
        return None
    K[empty, empty] = 0.0
    return columns, WX


def _factor(K: Floats, squares: Floats, unit: float) -> bool:
    """Write L of K = L L^T over K, of which only the lower triangle is read; whether there is an L.

    L[j, j] is how far example j lies from the span of those before it. Where its square is no larger than
    the errors in K it is noise, and dividing by it would make W1' longer than W1. There K[j, j] is made
    larger by a rounding or ten, for all examples of the panel. What follows is a training on inputs whose
    products with themselves are off by that rounding, and no more: a step moves Z1 by dZ1 K, and knows
    nothing else of X.

    Args:
        K: (m, m).
        squares: (m,), its diagonal.
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
    """B R^-1, or B R^-T: what times R, or R^T, is B. Where R has a column of zeros, R_jj counts as 1.

    Args:
        B: (n, m).
        R: upper triangular, (m, m).
        transposed: divide by R^T.
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
