"""What every function asks of its arrays: their library, type and finite numbers, and its messages."""

import math
import tracemalloc
from typing import Any

import numpy as np
import pytest

from helpers import Library, to_numpy
from pellucid.core import sigmoid
from pellucid.core._arrays import (
    as_numpy,
    as_scalar,
    at_least,
    at_most,
    columns_of,
    first_non_finite,
    floating,
    namespace,
)
from pellucid.errors import ArrayError, PellucidError


def message(error: pytest.ExceptionInfo[PellucidError]) -> str:
    return str(error.value)


def test_namespace_of_arrays_of_one_library(library: Library) -> None:
    xp = namespace(A=library.array([[1.0]]), b=library.array([[2.0]]))
    assert library.owns(xp.zeros((2, 2), dtype=getattr(xp, library.dtype)))


@pytest.mark.parametrize("value", [[[1.0]], (1.0,), 1.0, 3, "text", None, {}])
def test_what_is_no_array_is_named_with_its_type_and_a_way_out(value: object) -> None:
    with pytest.raises(ArrayError) as error:
        namespace(A=np.ones(2), W=value)
    assert message(error) == (
        f"W is of type {type(value).__name__}; expected an array (NumPy, PyTorch, JAX, ...): "
        "numpy.asarray(W) makes one"
    )
    assert isinstance(error.value, TypeError)


@pytest.mark.parametrize("other", ["torch", "jax"])
def test_arrays_of_two_libraries_are_refused_by_name(other: str) -> None:
    lib = Library(other, "float32")
    with lib.ready(), pytest.raises(ArrayError) as error:
        namespace(A=np.ones(2), W=lib.array([1.0]))
    module = {"torch": "torch", "jax": "jaxlib"}[other]
    assert message(error) == (
        f"arrays of different libraries do not mix: A is numpy's, W is {module}'s; "
        "expected all of one library"
    )


def test_floating_leaves_floating_arrays_alone(library: Library) -> None:
    A = library.array([[1.5]])
    xp = namespace(A=A)
    assert floating(xp, A) is A
    assert floating(xp, A, like=library.array([[1]], "int32")) is A


@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool"])
def test_floating_converts_to_the_type_asked_for(library: Library, dtype: str) -> None:
    integers = library.array([[0, 1]], dtype)
    xp = namespace(A=integers)
    converted = floating(xp, integers, like=library.array([[0.5]]))
    assert library.owns(converted)
    np.testing.assert_array_equal(np.asarray(converted), [[0, 1]])
    default = xp.__array_namespace_info__().default_dtypes()["real floating"]
    assert floating(xp, integers).dtype == default
    assert floating(xp, integers, like=integers).dtype == default


def test_a_scalar_is_a_float_in_numpy_and_differentiable_elsewhere(library: Library) -> None:
    value = as_scalar(library.array(0.25))
    assert value == 0.25
    assert isinstance(value, float) if library.name == "numpy" else library.owns(value)
    assert type(as_scalar(np.float32(0.25))) is float


def test_as_numpy_keeps_the_numbers_and_the_type(library: Library) -> None:
    array = library.array([[0.5, 2.0]])
    numbers = as_numpy(array)
    assert isinstance(numbers, np.ndarray)
    assert numbers.dtype == library.dtype
    np.testing.assert_array_equal(numbers, [[0.5, 2.0]])
    assert (numbers is array) == (library.name == "numpy")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_the_first_number_that_is_not_finite_is_found_column_by_column(
    value: float, library: Library
) -> None:
    X = np.zeros((3, 4))
    X[0, 2] = math.nan
    X[1, 1], X[2, 1] = value, math.nan
    i, j, found, count = first_non_finite(library.array(X))
    assert (i, j, count) == (1, 1, 3)
    np.testing.assert_equal(found, value)


def test_opposite_infinities_are_both_counted() -> None:
    X = np.array([[1.0, math.inf, -math.inf]])
    assert first_non_finite(X) == (0, 1, math.inf, 2)


def test_all_finite_is_none_even_where_the_sum_overflows(library: Library) -> None:
    assert first_non_finite(library.array([[0.0, 1.0], [-1.0, 2.0]])) is None
    largest = np.finfo(library.dtype).max
    assert first_non_finite(library.array([[largest, largest], [largest, 0.0]])) is None


@pytest.mark.parametrize("values", [[[1j]], [["a"]]])
def test_what_is_no_real_number_is_refused(values: list[list[Any]]) -> None:
    with pytest.raises(ArrayError, match=r"expected real ones, float64 or float32"):
        sigmoid(np.array(values))


def test_a_tensor_that_asks_for_a_gradient_is_read() -> None:
    torch = pytest.importorskip("torch")
    np.testing.assert_array_equal(as_numpy(torch.ones(2, requires_grad=True)), [1, 1])


@pytest.mark.parametrize("by_columns", [False, True])
def test_columns_are_taken_whatever_their_order_in_memory(library: Library, by_columns: bool) -> None:
    X = library.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]])
    if by_columns:
        X = library.array([[1.0, 5.0], [2.0, 6.0], [3.0, 7.0], [4.0, 8.0]]).T
    taken = columns_of(X, library.array([3, 0, 3], "int64"))
    assert library.owns(taken)
    np.testing.assert_array_equal(to_numpy(taken), [[4.0, 1.0, 4.0], [8.0, 5.0, 8.0]])


@pytest.mark.parametrize("order", ["C", "F"])
def test_taking_some_columns_does_not_copy_the_others(order: Any) -> None:
    X = np.ones((100, 1000), order=order)
    tracemalloc.start()
    try:
        columns_of(X, np.arange(10))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < X.nbytes / 10


def test_a_bound_keeps_the_type_and_what_is_no_number(library: Library) -> None:
    Z = library.array([[-2.0, 0.25, 2.0, math.nan, math.inf, -math.inf]])
    xp = namespace(Z=Z)
    above, below = at_least(xp, Z, 0.25), at_most(xp, Z, 0.25)
    assert library.owns(above)
    assert library.owns(below)
    np.testing.assert_array_equal(to_numpy(above), [[0.25, 0.25, 2.0, math.nan, math.inf, 0.25]])
    np.testing.assert_array_equal(to_numpy(below), [[-2.0, 0.25, 0.25, math.nan, 0.25, -math.inf]])
