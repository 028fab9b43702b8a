"""Activations: their values, their derivatives against two judges, their properties, their refusals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from helpers import KINKED, assert_gradient, central_difference, torch_activation
from pellucid import core
from pellucid.core.activations import ACTIVATIONS, activation_named
from pellucid.errors import ArrayError, OptionError, ShapeError

NAMES = list(ACTIVATIONS)
ELEMENTWISE = [name for name in NAMES if name != "softmax"]

# Each formula once more, for one number.
FORMULAS = {
    "relu": lambda z: max(0.0, z),
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
    "elu": lambda z: z if z > 0 else math.exp(z) - 1,
    "gelu": lambda z: z / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))),
    "silu": lambda z: z / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "identity": lambda z: z,
    "exp": math.exp,
}

any_float64 = arrays(np.float64, array_shapes(max_dims=2, max_side=8), elements=st.floats(width=64))
any_float32 = arrays(np.float32, array_shapes(max_dims=2, max_side=8), elements=st.floats(width=32))
moderate = arrays(np.float64, (4, 3), elements=st.floats(-50, 50))


def random_Z(seed: int = 0, shape: tuple[int, int] = (4, 5)) -> np.ndarray:
    return 2 * np.random.default_rng(seed).standard_normal(shape)


def random_dA(shape: tuple[int, int] = (4, 5)) -> np.ndarray:
    return np.random.default_rng(99).standard_normal(shape)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_values_follow_the_formula(name: str) -> None:
    Z = np.array([[-9.0, -2.0, -0.5, 0.0, 1e-3], [0.5, 1.0, 2.0, 5.0, 20.0]])
    A, cache = ACTIVATIONS[name].forward(Z)
    expected = [[FORMULAS[name](z) for z in row] for row in Z]
    np.testing.assert_allclose(A, expected, rtol=1e-14, atol=1e-16)
    assert cache is Z


@pytest.mark.parametrize(("dtype", "reach"), [(np.float64, 700), (np.float32, 85)])
def test_sigmoid_is_the_courses_line_to_the_last_bit(dtype: type, reach: float) -> None:
    Z = np.linspace(-reach, reach, 10001, dtype=dtype)[None]
    np.testing.assert_array_equal(core.sigmoid(Z)[0], 1 / (1 + np.exp(-Z)))


def test_softmax_follows_the_formula() -> None:
    Z = random_Z()
    A, cache = core.softmax(Z)
    expected = [[math.exp(z) / sum(map(math.exp, Z[:, j])) for j, z in enumerate(row)] for row in Z]
    np.testing.assert_allclose(A, expected, rtol=1e-14)
    assert cache is Z


@pytest.mark.parametrize("name", NAMES)
def test_the_table_holds_the_public_functions(name: str) -> None:
    assert activation_named(name)[:2] == (getattr(core, name), getattr(core, f"{name}_backward"))


@pytest.mark.parametrize("name", NAMES)
def test_backward_agrees_with_central_differences(name: str) -> None:
    Z, dA = random_Z(), random_dA()
    Z[0, 0], Z[1, 1] = 0.0, 3e-6
    forward, backward, *_ = ACTIVATIONS[name]

    def f(Z: np.ndarray) -> tuple[float, np.ndarray | None]:
        return float(np.sum(dA * forward(Z)[0])), Z > 0 if name in KINKED else None

    numeric, smooth = central_difference(f, Z)
    assert (~smooth).sum() == (2 if name in KINKED else 0)
    assert_gradient(name, backward(dA, Z), numeric, smooth)


@pytest.mark.parametrize("name", NAMES)
def test_forward_and_backward_agree_with_autograd(name: str) -> None:
    torch = pytest.importorskip("torch")
    Z, dA = random_Z(seed=5, shape=(6, 40)), random_dA((6, 40))
    their_Z = torch.tensor(Z, requires_grad=True)
    their_A = torch_activation(name)(their_Z)
    their_A.backward(torch.tensor(dA))
    forward, backward, *_ = ACTIVATIONS[name]
    np.testing.assert_allclose(forward(Z)[0], their_A.detach().numpy(), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(backward(dA, Z), their_Z.grad.numpy(), rtol=1e-12, atol=1e-14)


def test_a_count_that_is_no_number_any_more_is_infinite() -> None:
    with np.errstate(over="ignore"):
        assert core.exp(np.array([[1000.0]]))[0] == np.inf


def test_softmax_backward_is_the_jacobian() -> None:
    Z = random_Z(shape=(4, 1))
    a = core.softmax(Z)[0][:, 0]
    jacobian = np.diag(a) - np.outer(a, a)
    rows = [core.softmax_backward(unit[:, None], Z)[:, 0] for unit in np.eye(4)]
    np.testing.assert_allclose(rows, jacobian, rtol=1e-13, atol=1e-16)


def test_relu_is_flat_at_zero_and_passes_the_gradient_through_untouched() -> None:
    Z = np.array([[-1.0, -0.0, 0.0, 5e-324, 2.0]])
    dA = np.array([[3.0, 3.0, 3.0, 3.0, -7.0]])
    np.testing.assert_array_equal(core.relu_backward(dA, Z), [[0, 0, 0, 3, -7]])
    np.testing.assert_array_equal(core.relu_backward(np.full((1, 5), np.inf), Z)[0, :3], 0)


def test_the_slope_of_leaky_relu_is_an_argument() -> None:
    Z, dA = np.array([[-2.0, 0.0, 2.0]]), np.array([[1.0, 1.0, 1.0]])
    np.testing.assert_allclose(core.leaky_relu(Z, negative_slope=0.2)[0], [[-0.4, 0, 2]])
    np.testing.assert_allclose(core.leaky_relu_backward(dA, Z, negative_slope=0.2), [[0.2, 0.2, 1]])


def test_gelu_stays_near_its_exact_form() -> None:
    Z = np.linspace(-6, 6, 1201)
    exact = [z * 0.5 * (1 + math.erf(z / math.sqrt(2))) for z in Z]
    assert np.max(np.abs(core.gelu(Z)[0] - exact)) < 5e-4


@pytest.mark.parametrize("name", NAMES)
def test_integers_become_floating_point_numbers(name: str) -> None:
    Z = np.array([[-2, 0], [1, 3]])
    forward, backward, *_ = ACTIVATIONS[name]
    A, cache = forward(Z)
    np.testing.assert_array_equal(A, forward(Z.astype(float))[0])
    assert A.dtype == cache.dtype == np.float64
    dZ = backward(np.ones((2, 2), dtype=int), Z)
    np.testing.assert_array_equal(dZ, backward(np.ones((2, 2)), Z.astype(float)))
    assert dZ.dtype == np.float64


@pytest.mark.parametrize("name", NAMES)
def test_float32_is_not_widened_by_an_integer_cache(name: str) -> None:
    dZ = ACTIVATIONS[name].backward(np.ones((2, 2), dtype=np.float32), np.array([[-2, 0], [1, 3]]))
    assert dZ.dtype == np.float32


@given(st.one_of(any_float64, any_float32))
def test_sigmoid_is_bounded_and_silent_for_every_float(Z: np.ndarray) -> None:
    with np.errstate(all="raise", under="ignore"):
        A, _ = core.sigmoid(Z)
        dZ = core.sigmoid_backward(np.ones_like(Z), Z)
    number = ~np.isnan(Z)
    assert np.array_equal(np.isnan(A), ~number)
    assert np.array_equal(np.isnan(dZ), ~number)
    assert np.all((A[number] >= 0) & (A[number] <= 1))
    assert np.all((dZ[number] >= 0) & (dZ[number] <= 0.25 * (1 + 4 * np.finfo(Z.dtype).eps)))
    assert A.dtype == dZ.dtype == Z.dtype


@given(arrays(np.float64, (5,), elements=st.floats(allow_nan=False)))
def test_sigmoid_is_symmetric_and_rises(Z: np.ndarray) -> None:
    eps = np.finfo(np.float64).eps
    np.testing.assert_allclose(core.sigmoid(-Z)[0], 1 - core.sigmoid(Z)[0], rtol=0, atol=eps)
    A, _ = core.sigmoid(np.sort(Z))
    assert np.all(A[1:] >= A[:-1] * (1 - 4 * eps) - 1e-322)
    ones = np.ones(5)
    np.testing.assert_array_equal(core.sigmoid_backward(ones, -Z), core.sigmoid_backward(ones, Z))


@given(moderate, st.floats(-1000, 1000))
def test_softmax_columns_sum_to_one_and_ignore_a_shift(Z: np.ndarray, shift: float) -> None:
    A, _ = core.softmax(Z)
    np.testing.assert_allclose(A.sum(axis=0), 1, rtol=1e-14)
    np.testing.assert_allclose(core.softmax(Z + shift)[0], A, rtol=1e-11, atol=0)
    dZ = core.softmax_backward(random_dA((4, 3)), Z)
    np.testing.assert_allclose(dZ.sum(axis=0), 0, atol=1e-14)


@given(any_float64)
def test_relu_is_idempotent_and_splits_a_number_in_two(Z: np.ndarray) -> None:
    A, _ = core.relu(Z)
    np.testing.assert_array_equal(core.relu(A)[0], A)
    finite = np.isfinite(Z)
    np.testing.assert_array_equal((A - core.relu(-Z)[0])[finite], Z[finite])


@given(moderate)
def test_relations_between_activations(Z: np.ndarray) -> None:
    s, _ = core.sigmoid(Z)
    np.testing.assert_allclose(core.tanh(Z)[0], 2 * core.sigmoid(2 * Z)[0] - 1, atol=1e-15)
    np.testing.assert_allclose(core.silu(Z)[0], Z * s, rtol=1e-15)
    np.testing.assert_allclose(core.softmax(np.stack([Z[0], 0 * Z[0]]))[0][0], s[0], rtol=1e-14)
    np.testing.assert_array_equal(core.leaky_relu(Z, negative_slope=0.0)[0], core.relu(Z)[0])


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_array_is_refused(name: str) -> None:
    forward, backward, *_ = ACTIVATIONS[name]
    with pytest.raises(ArrayError, match=r"^Z is of type list; expected an array"):
        forward([[1.0]])
    with pytest.raises(ArrayError, match=r"^dA is of type list; expected an array"):
        backward([[1.0]], np.ones((1, 1)))
    with pytest.raises(ArrayError, match=r"^(Z|cache) is of type float; expected an array"):
        backward(np.ones((1, 1)), 1.0)


@pytest.mark.parametrize("name", NAMES)
def test_a_gradient_of_another_shape_is_refused(name: str) -> None:
    with pytest.raises(ShapeError) as error:
        ACTIVATIONS[name].backward(np.ones((1, 3)), np.ones((2, 3)))
    assert str(error.value) == ("dA has shape (1, 3); expected (2, 3), the shape of the cache Z")
    with pytest.raises(ShapeError, match=r"^dA has shape \(3,\), a rank-1 array"):
        ACTIVATIONS[name].backward(np.ones(3), np.ones((1, 3)))


@pytest.mark.parametrize("name", ["reul", "", None, 3, ["relu"]])
def test_an_unknown_activation_is_answered_with_the_known_ones(name: object) -> None:
    with pytest.raises(OptionError) as error:
        activation_named(name)
    assert str(error.value) == f"unknown activation {name!r}; expected one of {', '.join(ACTIVATIONS)}"
