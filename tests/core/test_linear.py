"""The linear part of a layer, and the layer: values, gradients, linearity, and every refusal."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import KINKED, assert_gradient, central_difference
from pellucid.core import (
    linear_activation_backward,
    linear_activation_forward,
    linear_backward,
    linear_forward,
)
from pellucid.core.activations import ACTIVATIONS
from pellucid.core.linear import linear_gradients
from pellucid.errors import ArrayError, OptionError, ShapeError

SIZES = st.tuples(*[st.integers(1, 5)] * 3)


def layer(n_prev: int = 4, n: int = 3, m: int = 5, seed: int = 0) -> tuple[np.ndarray, ...]:
    """A (n_prev, m), W (n, n_prev), b (n, 1) and a gradient (n, m)."""
    rng = np.random.default_rng(seed)
    return tuple(rng.standard_normal(shape) for shape in ((n_prev, m), (n, n_prev), (n, 1), (n, m)))


def test_forward_is_W_A_plus_b_and_keeps_its_inputs_as_cache() -> None:
    A, W, b, _ = layer()
    Z, cache = linear_forward(A, W, b)
    expected = [[sum(W[i] * A[:, j]) + b[i, 0] for j in range(5)] for i in range(3)]
    np.testing.assert_allclose(Z, expected, rtol=1e-13)
    assert all(kept is given for kept, given in zip(cache, (A, W, b), strict=True))


def test_backward_averages_the_parameters_gradients_and_not_the_inputs() -> None:
    A, W, b, dZ = layer()
    dA, dW, db = linear_backward(dZ, (A, W, b))
    np.testing.assert_allclose(dA, [[sum(W[:, i] * dZ[:, j]) for j in range(5)] for i in range(4)])
    np.testing.assert_allclose(dW, [[sum(dZ[i] * A[j]) / 5 for j in range(4)] for i in range(3)])
    np.testing.assert_allclose(db, [[sum(dZ[i]) / 5] for i in range(3)])


def test_linear_gradients_are_the_half_that_the_first_layer_needs() -> None:
    A, W, b, dZ = layer()
    _, dW, db = linear_backward(dZ, (A, W, b))
    for ours, theirs in zip(linear_gradients(dZ, (A, W, b)), (dW, db), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_layer_backward_agrees_with_central_differences(name: str) -> None:
    A, W, b, dA_out = layer(seed=3)
    m = A.shape[1]
    _, cache = linear_activation_forward(A, W, b, name)
    analytic = linear_activation_backward(dA_out, cache, name)
    for argument, gradient in enumerate(analytic):

        def f(x: np.ndarray, argument: int = argument) -> tuple[float, Any]:
            arguments = [x if i == argument else value for i, value in enumerate((A, W, b))]
            A_out, (_, Z) = linear_activation_forward(*arguments, name)
            return float(np.sum(dA_out * A_out)) / m, Z > 0 if name in KINKED else None

        numeric, smooth = central_difference(f, (A, W, b)[argument])
        assert_gradient(
            f"{name}, argument {argument}", gradient, numeric * (m if argument == 0 else 1), smooth
        )


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_layer_is_its_two_steps(name: str) -> None:
    A_prev, W, b, dA = layer()
    A, ((A_kept, W_kept, b_kept), Z) = linear_activation_forward(A_prev, W, b, name)
    np.testing.assert_array_equal(A, ACTIVATIONS[name].forward(linear_forward(A_prev, W, b)[0])[0])
    assert all(kept is given for kept, given in zip((A_kept, W_kept, b_kept), (A_prev, W, b), strict=True))
    np.testing.assert_array_equal(Z, linear_forward(A_prev, W, b)[0])
    dZ = ACTIVATIONS[name].backward(dA, Z)
    both = zip(
        linear_activation_backward(dA, ((A_prev, W, b), Z), name),
        linear_backward(dZ, (A_prev, W, b)),
        strict=True,
    )
    for ours, theirs in both:
        np.testing.assert_array_equal(ours, theirs)


@given(SIZES, st.floats(-3, 3), st.floats(-3, 3), st.integers(0, 10))
def test_the_linear_map_is_linear(sizes: tuple[int, int, int], r: float, s: float, seed: int) -> None:
    A1, W, b, _ = layer(*sizes, seed=seed)
    A2 = np.random.default_rng(seed + 1).standard_normal(A1.shape)
    zero = np.zeros_like(b)

    def map_(A: np.ndarray) -> np.ndarray:
        return linear_forward(A, W, zero)[0]

    np.testing.assert_allclose(map_(r * A1 + s * A2), r * map_(A1) + s * map_(A2), atol=1e-13)
    np.testing.assert_allclose(linear_forward(A1, W, b)[0] - map_(A1), b + 0 * map_(A1), atol=1e-13)


@given(SIZES, st.integers(0, 10))
def test_backward_is_the_adjoint_of_forward(sizes: tuple[int, int, int], seed: int) -> None:
    A, W, b, dZ = layer(*sizes, seed=seed)
    dA, dW, db = linear_backward(dZ, (A, W, b))
    assert (dA.shape, dW.shape, db.shape) == (A.shape, W.shape, b.shape)
    inner = np.sum(dZ * (W @ A))
    np.testing.assert_allclose(np.sum(dA * A), inner, atol=1e-12)
    np.testing.assert_allclose(np.sum(dW * W) * A.shape[1], inner, atol=1e-12)
    np.testing.assert_allclose(np.sum(db) * A.shape[1], np.sum(dZ), atol=1e-12)


def test_an_integer_picture_takes_the_type_of_the_weights() -> None:
    _, W, b, _ = layer()
    X = np.array([[255, 0], [1, 2], [200, 100], [7, 8]], dtype=np.uint8)
    Z, (A, _, _) = linear_forward(X, W.astype(np.float32), b.astype(np.float32))
    assert Z.dtype == A.dtype == np.float32
    np.testing.assert_allclose(Z, W @ X.astype(float) + b, rtol=1e-5)


FORWARD_REFUSALS = {
    "A of rank 1": (
        [(4,), (3, 4), (3, 1)],
        "A has shape (4,), a rank-1 array; expected (4, m) to fit W of shape (3, 4): "
        "A.reshape(-1, 1) makes it (4, 1)",
    ),
    "W of rank 1": (
        [(4, 5), (4,), (3, 1)],
        "W has shape (4,), a rank-1 array; expected (3, 4) to fit A of shape (4, 5) and b of shape (3, 1)",
    ),
    "b of rank 1": (
        [(4, 5), (3, 4), (3,)],
        "b has shape (3,), a rank-1 array; expected (3, 1) to fit W of shape (3, 4): "
        "b.reshape(-1, 1) makes it (3, 1)",
    ),
    "b of rank 3": (
        [(4, 5), (3, 4), (3, 1, 1)],
        "b has shape (3, 1, 1); expected (3, 1) to fit W of shape (3, 4): b.reshape(-1, 1) makes it (3, 1)",
    ),
    "W for other inputs": (
        [(4, 5), (3, 2), (3, 1)],
        "W has shape (3, 2) and A has shape (4, 5); expected as many columns in W as rows in A: "
        "W of shape (3, 4)",
    ),
    "a row of biases": (
        [(4, 5), (3, 4), (1, 3)],
        "b looks transposed: it has shape (1, 3); expected (3, 1) to fit W of shape (3, 4): pass b.T",
    ),
    "one bias for all": (
        [(4, 5), (3, 4), (1, 1)],
        "b has shape (1, 1); expected (3, 1) to fit W of shape (3, 4)",
    ),
}


@pytest.mark.parametrize("refusal", FORWARD_REFUSALS)
def test_forward_refuses_what_does_not_fit(refusal: str) -> None:
    shapes, message = FORWARD_REFUSALS[refusal]
    with pytest.raises(ShapeError) as error:
        linear_forward(*map(np.ones, shapes))
    assert str(error.value) == message
    with pytest.raises(ShapeError) as error:
        linear_activation_forward(*map(np.ones, shapes), "relu")
    assert str(error.value) == message


@pytest.mark.parametrize("backward", [linear_backward, linear_gradients])
def test_backward_refuses_a_gradient_of_another_layer(backward: Any) -> None:
    A, W, b, _ = layer()
    with pytest.raises(ShapeError) as error:
        backward(np.ones((3, 4)), (A, W, b))
    assert str(error.value) == (
        "dZ has shape (3, 4); expected (3, 5) to fit W of shape (3, 4) and A_prev of shape (4, 5)"
    )
    with pytest.raises(ShapeError, match=r"^dZ has shape \(5,\), a rank-1 array; expected \(3, 5\) to fit"):
        backward(np.ones(5), (A, W, b))
    with pytest.raises(ShapeError, match=r"^A_prev has shape \(4,\), a rank-1 array; expected \(4, m\)"):
        backward(np.ones((3, 5)), (np.ones(4), W, b))
    with pytest.raises(ShapeError, match=r"^W has shape \(4,\), a rank-1 array; .* \(n, n_prev\)"):
        backward(np.ones((3, 5)), (A, np.ones(4), b))


def test_backward_refuses_a_cache_whose_parts_do_not_belong_together() -> None:
    _, W, b, dZ = layer()
    for backward in (linear_backward, linear_gradients):
        with pytest.raises(ShapeError) as error:
            backward(dZ, (np.ones((7, 5)), W, b))
        assert str(error.value) == (
            "the cache holds W of shape (3, 4) and A_prev of shape (7, 5); "
            "expected as many columns in W as rows in A_prev: a cache of linear_forward"
        )


@pytest.mark.parametrize("position", [0, 1, 2])
def test_what_is_no_array_is_named(position: int) -> None:
    arrays: list[Any] = list(layer()[:3])
    arrays[position] = arrays[position].tolist()
    with pytest.raises(ArrayError, match=rf"^{'AWb'[position]} is of type list; expected an array"):
        linear_forward(*arrays)


def test_an_unknown_activation_is_refused() -> None:
    A, W, b, dA = layer()
    with pytest.raises(OptionError, match=r"^unknown activation 'ReLU'; expected one of relu, "):
        linear_activation_forward(A, W, b, "ReLU")
    with pytest.raises(OptionError, match=r"^unknown activation 'sigmoid_backward'; expected one of"):
        linear_activation_backward(dA, ((A, W, b), dA), "sigmoid_backward")
