"""The triangle R of X^T X = R^T R, and division by it: against NumPy's, and where there is none."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.training.triangle import PANEL, ROWS, divided, triangle

RNG = np.random.default_rng(7)


@given(m=st.integers(1, 200), more=st.integers(1, 30), n_1=st.integers(1, 4), dtype=st.sampled_from("fd"))
def test_it_is_the_triangle_of_householder(m: int, more: int, n_1: int, dtype: str) -> None:
    rng = np.random.default_rng(m)
    X = (rng.standard_normal((m + more, m)) + 3 * np.eye(m + more, m)).astype(dtype)
    W = rng.standard_normal((n_1, m + more))
    found = triangle(X, W, rows=m + 1)
    assert found is not None
    columns, WX = found
    expected = np.linalg.qr(X.astype(float), mode="r")
    expected *= np.sign(np.diagonal(expected))[:, np.newaxis]
    np.testing.assert_allclose(columns[:, :m].T, expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(WX, W @ X, rtol=0, atol=1e-11)
    assert columns.flags.c_contiguous
    assert not np.triu(columns, 1).any()


def test_many_examples_are_taken_panel_by_panel_and_many_inputs_block_by_block() -> None:
    m = PANEL + 70
    X = RNG.random((ROWS + 30, m))
    # A duplicate in another panel than the first, and one in the same.
    X[:, 550], X[:, 560], X[:, 20] = X[:, 3], X[:, 559], 0
    W = RNG.standard_normal((2, len(X)))
    found = triangle(X, W, rows=m)
    assert found is not None
    R = found[0].T
    assert np.abs(R.T @ R - X.T @ X).max() < 1e-12 * np.abs(X.T @ X).max()
    assert np.linalg.norm(divided(found[1], R), axis=1) == pytest.approx(_inside(W, X), rel=1e-6)


def _inside(W: np.ndarray, X: np.ndarray) -> np.ndarray:
    """The length of each row's part in the span of the columns of X."""
    basis, lengths, _ = np.linalg.svd(X, full_matrices=False)
    return np.linalg.norm(W @ basis[:, lengths > 1e-9 * lengths[0]], axis=1)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("m", [1, 63, 64, 65, 200])
def test_division(m: int, transposed: bool) -> None:
    R = np.triu(RNG.standard_normal((m, m))) / m + np.eye(m)
    C = RNG.standard_normal((3, m))
    B = C @ (R.T if transposed else R)
    np.testing.assert_allclose(divided(B, R, transposed=transposed), C, rtol=0, atol=1e-12)


def test_an_example_of_zeros_stays_one_and_what_follows_is_divided_as_without_it() -> None:
    X = RNG.random((9, 5))
    X[:, [0, 3]] = 0
    W = RNG.standard_normal((2, 9))
    found = triangle(X, W, rows=5)
    assert found is not None
    R = found[0].T
    assert not R[:, [0, 3]].any()
    assert not R[[0, 3]].any()
    rest = [1, 2, 4]
    without = triangle(X[:, rest], W, rows=3)
    assert without is not None
    np.testing.assert_allclose(R[np.ix_(rest, rest)], without[0].T, rtol=1e-14)
    np.testing.assert_allclose(divided(found[1], R)[:, rest], divided(without[1], without[0].T), rtol=1e-12)
    assert not divided(found[1], R)[:, [0, 3]].any()


@pytest.mark.parametrize("size", [1e-3, 1e-5, 3e-7, 1e-7, 3e-8, 1e-8, 1e-12, 0])
@pytest.mark.parametrize("m", [2, 3, 40])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_nearly_the_same_keeps_its_products_and_lengthens_no_weight(
    size: float, m: int, dtype: str
) -> None:
    for _ in range(5):
        X = (RNG.random((300, 1)) + size * RNG.random((300, m))).astype(dtype)
        W = RNG.standard_normal((8, 300))
        found = triangle(X, W, rows=m)
        assert found is not None
        R = found[0].T
        K = X.T.astype(float) @ X
        assert np.abs(R.T @ R - K).max() < (1e-11 if dtype == "float64" else 1e-5) * K.max()
        inside = divided(found[1], R)
        assert (np.linalg.norm(inside, axis=1) < 1.01 * np.linalg.norm(W, axis=1)).all()
        # What is learned is taken back by the same division: Q must not be long.
        assert np.linalg.norm(divided(X.astype(float), R), 2) < 1.05


@pytest.mark.parametrize("factor", [1e160, 1e-170])
def test_squares_that_overflow_or_vanish_have_no_triangle(factor: float) -> None:
    assert triangle(factor * RNG.random((5, 3)), np.ones((1, 5)), rows=3) is None


@pytest.mark.parametrize("order", ["C", "F", "strided"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_x_is_not_copied(order: str, dtype: str) -> None:
    X = np.ones((40 * ROWS, 16), dtype)
    X[:16] += 20 * np.eye(16, dtype=dtype)
    X = {"C": X, "F": np.asfortranarray(X), "strided": X[::2, ::2]}[order]
    W = np.ones((1, len(X)))
    tracemalloc.start()
    try:
        assert triangle(X, W, rows=X.shape[1]) is not None
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < X.size * 8 / 8
