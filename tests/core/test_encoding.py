"""Encoded columns of a table: the same layer as that of the dense inputs, forward and backward."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.core.encoding import (
    EncodedCategory,
    EncodedNumber,
    dense_inputs,
    encoded_linear_backward,
    encoded_linear_forward,
)
from pellucid.core.linear import linear_forward, linear_gradients
from pellucid.errors import CacheError, ShapeError


def columns(seed: int, m: int, dtype: Any = np.float64) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)

    def number(pieces: int, missing: bool) -> EncodedNumber:
        piece = rng.integers(0, pieces, m) if pieces else None
        fraction = rng.uniform(0, 1, m).astype(dtype) if pieces else None
        indicator = (rng.uniform(size=m) < 0.3).astype(dtype) if missing else None
        return EncodedNumber(rng.normal(size=m).astype(dtype), piece, fraction, pieces, indicator)

    return (
        number(5, missing=False),
        EncodedCategory(rng.integers(-1, 4, m), 4),
        number(0, missing=True),
        number(3, missing=True),
        EncodedCategory(rng.integers(0, 1, m), 1),
    )


def layer(seed: int, n: int, n_x: int, dtype: Any = np.float64) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, n_x)).astype(dtype), rng.normal(size=(n, 1)).astype(dtype)


@given(st.integers(0, 1000), st.integers(1, 40), st.integers(1, 6))
def test_it_is_the_layer_of_the_dense_inputs(seed: int, m: int, n: int) -> None:
    table = columns(seed, m)
    X = dense_inputs(table)
    W, b = layer(seed, n, len(X))
    Z, cache = encoded_linear_forward(table, W, b)
    expected, dense_cache = linear_forward(X, W, b)
    np.testing.assert_allclose(Z, expected, rtol=0, atol=1e-12)
    dZ = np.random.default_rng(seed + 1).normal(size=(n, m))
    for found, right in zip(
        encoded_linear_backward(dZ, cache), linear_gradients(dZ, dense_cache), strict=True
    ):
        np.testing.assert_allclose(found, right, rtol=0, atol=1e-12)


def test_the_dense_inputs_by_hand() -> None:
    number = EncodedNumber(
        np.array([0.5, -1.0]), np.array([2, 0]), np.array([0.25, 0.75]), 3, np.array([0, 1])
    )
    category = EncodedCategory(np.array([1, -1]), 2)
    np.testing.assert_array_equal(
        dense_inputs((number, category)).T,
        [[0.5, 1.0, 1.0, 0.25, 0.0, 0.0, 1.0], [-1.0, 0.75, 0.0, 0.0, 1.0, 0.0, 0.0]],
    )


def test_the_gradient_is_that_of_central_differences() -> None:
    table = columns(3, 7)
    W, b = layer(3, 2, len(dense_inputs(table)))
    dZ = np.random.default_rng(4).normal(size=(2, 7))
    _, cache = encoded_linear_forward(table, W, b)
    dW, db = encoded_linear_backward(dZ, cache)
    for array, gradient in ((W, dW), (b, db)):
        for place in np.ndindex(*array.shape):
            kept, ends = array[place], []
            for step in (1e-6, -1e-6):
                array[place] = kept + step
                ends.append(float(np.sum(dZ * encoded_linear_forward(table, W, b)[0])) / 7)
            array[place] = kept
            assert gradient[place] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-7)


def test_the_gradient_is_that_of_autograd() -> None:
    torch = pytest.importorskip("torch")
    table = columns(5, 9)
    W, b = layer(5, 3, len(dense_inputs(table)))
    tensors = tuple(
        type(column)(*(torch.asarray(part) if isinstance(part, np.ndarray) else part for part in column))
        for column in table
    )
    W_t, b_t = (torch.asarray(array).requires_grad_() for array in (W, b))
    dZ = torch.asarray(np.random.default_rng(6).normal(size=(3, 9)))
    Z, _ = encoded_linear_forward(tensors, W_t, b_t)
    ((Z * dZ).sum() / 9).backward()
    _, cache = encoded_linear_forward(tensors, W_t.detach(), b_t.detach())
    dW, db = encoded_linear_backward(dZ, cache)
    torch.testing.assert_close(dW, W_t.grad, rtol=0, atol=1e-12)
    torch.testing.assert_close(db, b_t.grad, rtol=0, atol=1e-12)


def test_float32_stays_float32() -> None:
    table = columns(7, 11, np.float32)
    W, b = layer(7, 2, len(dense_inputs(table)), np.float32)
    Z, cache = encoded_linear_forward(table, W, b)
    dW, db = encoded_linear_backward(np.ones_like(Z), cache)
    assert {array.dtype for array in (dense_inputs(table), Z, dW, db)} == {np.dtype(np.float32)}


def test_what_does_not_fit_is_named() -> None:
    table = columns(0, 5)
    W, b = layer(0, 2, len(dense_inputs(table)))
    with pytest.raises(
        ShapeError, match=r"W has shape \(2, 3\); expected \(n, \d+\): the columns of the table"
    ):
        encoded_linear_forward(table, W[:, :3], b)
    with pytest.raises(ShapeError, match=r"the columns have \[4, 5\] examples"):
        encoded_linear_forward((*table, EncodedCategory(np.zeros(4, int), 2)), W, b)
    _, cache = encoded_linear_forward(table, W, b)
    with pytest.raises(ShapeError, match=r"dZ has shape \(2, 4\); expected \(2, 5\), the shape of Z"):
        encoded_linear_backward(np.zeros((2, 4)), cache)
    with pytest.raises(CacheError, match="expected that of encoded_linear_forward"):
        encoded_linear_backward(np.zeros((2, 5)), (W, b))  # type: ignore[arg-type]
