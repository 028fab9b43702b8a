"""Caches and dictionaries that are none: named, with what was expected."""

import re
from typing import Any

import numpy as np
import pytest

from pellucid.core import (
    L_model_backward,
    L_model_forward,
    gelu,
    gelu_backward,
    initialize_parameters_deep,
    linear_activation_backward,
    linear_backward,
    linear_forward,
    shallow,
    silu,
    silu_backward,
    update_parameters,
)
from pellucid.errors import CacheError, ParametersError, ShapeError

X = np.ones((3, 5))
Y = np.ones((1, 5))
PARAMETERS = initialize_parameters_deep([3, 4, 1], rng=1)
AL, CACHES = L_model_forward(X, PARAMETERS)
LINEAR, Z = CACHES[1]
GRADS = L_model_backward(AL, Y, CACHES)


@pytest.mark.parametrize(
    ("call", "error", "line"),
    [
        (lambda: linear_backward(Y, CACHES[1]), CacheError, "a tuple of 2 (tuple, ndarray)"),
        (lambda: linear_backward(Y, Z), CacheError, "of type ndarray; expected (A_prev, W, b)"),
        (lambda: linear_activation_backward(Y, LINEAR, "relu"), CacheError, "expected ((A_prev, W, b), Z)"),
        (lambda: L_model_backward(AL, Y, CACHES[0]), CacheError, "the cache is a tuple of 3"),
        (lambda: L_model_backward(AL, Y, {"Z1": Z}), CacheError, "caches is no list"),
        (lambda: L_model_backward(AL, Y, []), CacheError, "caches is empty"),
        (lambda: L_model_forward(PARAMETERS, X), ParametersError, "parameters is of type ndarray"),
        (lambda: update_parameters(PARAMETERS, [1], 0.1), ParametersError, "grads is of type list"),
        (lambda: shallow.forward_propagation(X, [1]), ParametersError, "parameters is of type list"),
    ],
)  # fmt: skip
def test_what_is_no_cache_is_named(call: Any, error: type[Exception], line: str) -> None:
    with pytest.raises(error, match=re.escape(line)):
        call()


def test_the_backward_pass_names_the_layer() -> None:
    broken = [((np.ones((3, 7)), *CACHES[0][0][1:]), CACHES[0][1]), CACHES[1]]
    with pytest.raises(ShapeError, match=r"^layer 1, cache caches\[0\]: dZ has shape \(4, 5\)"):
        L_model_backward(AL, Y, broken)


@pytest.mark.parametrize("library", ["numpy", "torch", "jax.numpy"])
def test_two_types_meet_in_the_wider_one(library: str) -> None:
    xp = pytest.importorskip(library)
    W, b = xp.ones((4, 3), dtype=xp.float32), xp.zeros((4, 1), dtype=xp.float32)
    Z, cache = linear_forward(xp.ones((3, 5), dtype=xp.float16), W, b)
    assert Z.dtype == xp.float32
    _, dW, _ = linear_backward(Z, cache)
    assert dW.dtype == xp.float32


@pytest.mark.parametrize(("forward", "backward"), [(gelu, gelu_backward), (silu, silu_backward)])
def test_activations_at_infinity(forward: Any, backward: Any) -> None:
    Z = np.array([[-np.inf, np.inf]])
    with np.errstate(all="raise", under="ignore"):
        np.testing.assert_array_equal(forward(Z)[0], [[0, np.inf]])
        np.testing.assert_array_equal(backward(np.ones_like(Z), Z), [[0, 1]])
