"""Where float arithmetic ends: outputs of exactly 0 and 1, and what is almost there.

float64 sigmoid is exactly 1 from Z = 37 on. There the literal gradient is 0/0, and the right one AL - Y.
"""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import Library
from pellucid import core
from pellucid.core import shallow
from pellucid.core.activations import ACTIVATIONS

DTYPES = [np.float64, np.float32]
FAR = [-1e30, -1000.0, -745.0, -710.0, -104.0, -88.0, -37.0, -17.0, -1.0, 0.0]
ZL_VALUES = [*FAR, *(-z for z in reversed(FAR[:-1]))]


# Sigmoids as learners write them: each overflows or rounds in its own place.
LEARNERS = {
    "ours": lambda Z: core.sigmoid(Z)[0],
    "1 / (1 + e^-Z)": lambda Z: 1 / (1 + np.exp(-Z)),
    "e^Z / (1 + e^Z)": lambda Z: np.exp(np.minimum(Z, 80)) / (1 + np.exp(np.minimum(Z, 80))),
}
# These are off by the rounding of numbers near 1, which is much for an output near 0.
ROUGH_LEARNERS = {
    "by tanh": lambda Z: (1 + np.tanh(Z / 2)) / 2,
    "clipped": lambda Z: 1 / (1 + np.exp(-np.clip(Z, -80, 80))),
}


def one_layer(ZL: np.ndarray, Y: np.ndarray, AL: np.ndarray) -> dict[str, np.ndarray]:
    """The backward pass of a layer Z = 1 X + 0, whose dA0 is therefore dZL."""
    one, zero = np.ones((1, 1), ZL.dtype), np.zeros((1, 1), ZL.dtype)
    return core.L_model_backward(AL, Y, [((ZL, one, zero), ZL)])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.usefixtures("strict")
def test_the_gradient_of_a_saturated_output_is_AL_less_Y(dtype: Any, label: int) -> None:
    ZL = np.array([ZL_VALUES], dtype)
    Y = np.full(ZL.shape, label, dtype)
    AL, _ = core.sigmoid(ZL)
    assert {0.0, 1.0} <= set(AL[0].tolist()), "the output has to reach both ends"
    grads = one_layer(ZL, Y, AL)
    np.testing.assert_array_equal(grads["dA0"], AL - Y)
    np.testing.assert_allclose(grads["db1"], [[np.mean(AL - Y)]], rtol=1e-6)
    assert all(np.isfinite(gradient).all() for gradient in grads.values())
    assert all(gradient.dtype == dtype for gradient in grads.values())


def assert_AL_less_Y(sigmoid: Any, dtype: Any) -> None:
    reach = 760 if dtype is np.float64 else 110
    ZL = np.linspace(-reach, reach, 4001, dtype=dtype)[None]
    with np.errstate(over="ignore"):
        AL = sigmoid(ZL).astype(dtype)
    for label in (0, 1):
        Y = np.full(ZL.shape, label, dtype)
        with np.errstate(all="raise", under="ignore"):
            dZ = one_layer(ZL, Y, AL)["dA0"]
        np.testing.assert_allclose(dZ, AL - Y, rtol=0, atol=64 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("learner", LEARNERS)
def test_a_learners_own_sigmoid_gets_the_same_gradient(learner: str, dtype: Any) -> None:
    assert_AL_less_Y(LEARNERS[learner], dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("learner", ROUGH_LEARNERS)
def test_an_output_off_by_absolute_rounding_gets_the_same_gradient(learner: str, dtype: Any) -> None:
    assert_AL_less_Y(ROUGH_LEARNERS[learner], dtype)


@given(st.floats(-700, 700), st.integers(-8, 8), st.sampled_from([0.0, 1.0]))
def test_a_few_units_in_the_last_place_change_nothing(z: float, ulps: int, label: float) -> None:
    AL, _ = core.sigmoid(np.array([[z]]))
    for _ in range(abs(ulps)):
        AL = np.nextafter(AL, math.copysign(math.inf, ulps))
    AL = np.clip(AL, 0, 1)
    with np.errstate(all="raise", under="ignore"):
        dZ = one_layer(np.array([[z]]), np.array([[label]]), AL)["dA0"]
    np.testing.assert_allclose(dZ, AL - label, rtol=0, atol=1e-14)


def test_one_unit_in_the_last_place_of_a_subnormal_output_changes_nothing() -> None:
    ZL = np.array([[-740.0]])
    AL = np.nextafter(core.sigmoid(ZL)[0], 1)
    np.testing.assert_allclose(one_layer(ZL, np.array([[1.0]]), AL)["dA0"], -1, atol=1e-14)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.usefixtures("strict")
def test_a_certain_output_gets_AL_less_Y_whatever_ZL_says(dtype: Any) -> None:
    AL, Y = np.array([[0, 0, 1, 1]], dtype), np.array([[0, 1, 0, 1]], dtype)
    ZL = np.array([[0.5, -2.0, 3.0, 0.0]], dtype)
    np.testing.assert_array_equal(one_layer(ZL, Y, AL)["dA0"], [[0, -1, 1, 0]])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.usefixtures("strict")
def test_a_subnormal_output_is_no_exception(dtype: Any) -> None:
    tiny = np.finfo(dtype).smallest_normal
    ZL = np.array([[-740.0, -744.0] if dtype is np.float64 else [-90.0, -103.0]], dtype)
    AL, _ = core.sigmoid(ZL)
    assert np.all((AL > 0) & (AL < tiny))
    for label in (0, 1):
        Y = np.full(ZL.shape, label, dtype)
        np.testing.assert_array_equal(one_layer(ZL, Y, AL)["dA0"], AL - Y)
    cost = core.compute_cost(AL, np.ones_like(ZL))
    np.testing.assert_allclose(cost, -np.mean(ZL), rtol=1e-2)
    assert core.compute_cost(AL, np.zeros_like(ZL)) == 0


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.usefixtures("strict")
def test_a_deep_network_that_is_quite_sure_keeps_finite_gradients(dtype: Any) -> None:
    parameters = core.initialize_parameters_deep([3, 4, 4, 1], scheme=40.0, rng=4)
    parameters = {name: value.astype(dtype) for name, value in parameters.items()}
    X = np.random.default_rng(1).standard_normal((3, 30)).astype(dtype)
    Y = np.random.default_rng(2).integers(0, 2, (1, 30))
    AL, caches = core.L_model_forward(X, parameters)
    assert {0.0, 1.0} <= set(AL[0].tolist()), "the output has to reach both ends"
    grads = core.L_model_backward(AL, Y, caches)
    np.testing.assert_allclose(grads["db3"], [[np.mean(AL - Y)]], rtol=1e-5)
    updated = core.update_parameters(parameters, grads, 0.1)
    assert all(np.isfinite(value).all() for value in [*grads.values(), *updated.values()])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.usefixtures("strict")
def test_the_cost_is_finite_where_a_certain_output_is_right(dtype: Any) -> None:
    AL = np.array([[0.0, 1.0, 0.5], [1.0, 0.0, 0.5]], dtype)
    Y = np.array([[0, 1, 1], [1, 0, 0]])
    assert core.compute_cost(AL, Y) == pytest.approx(2 * math.log(2) / 3, rel=1e-6)
    assert core.compute_cost(AL[:, :2], Y[:, :2]) == 0


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("output", "label"), [(0.0, 1), (1.0, 0), (0.0, 0.5), (1.0, 0.5), (-0.0, 1)])
@pytest.mark.usefixtures("strict")
def test_the_cost_is_infinite_where_a_certain_output_is_wrong(
    output: float, label: float, dtype: Any
) -> None:
    AL = np.array([[0.5, output, 0.5]], dtype)
    assert core.compute_cost(AL, np.array([[1, label, 0]])) == math.inf


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.usefixtures("strict")
def test_nan_is_passed_on_and_not_hidden(label: int, dtype: Any) -> None:
    AL, Y = np.array([[0.5, math.nan, 0.5]], dtype), np.array([[0, label, 1]])
    assert math.isnan(core.compute_cost(AL, Y))
    assert math.isnan(core.binary_cross_entropy(AL, Y))
    assert math.isnan(core.categorical_cross_entropy(AL, Y))
    grads = one_layer(np.zeros((1, 3), dtype), Y, AL)
    np.testing.assert_array_equal(np.isnan(grads["dA0"]), [[False, True, False]])
    assert np.isnan(grads["dW1"]).all()
    assert math.isnan(core.compute_cost(np.array([[0.5]], dtype), np.array([[math.nan]])))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.usefixtures("strict")
def test_no_activation_overflows_far_from_zero(name: str, dtype: Any) -> None:
    Z = np.array([ZL_VALUES], dtype)
    if name == "gelu":
        Z = np.clip(Z, -1000, 1000)
    if name == "exp":
        # The one that does: an infinite count is for the cost to find.
        Z = np.minimum(Z, 80)
    forward, backward, *_ = ACTIVATIONS[name]
    A, _ = forward(Z)
    assert np.isfinite(A).all()
    assert np.isfinite(backward(np.ones_like(Z), Z)).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.usefixtures("strict")
def test_gelu_does_not_overflow_either(dtype: Any) -> None:
    big = 1e200 if dtype is np.float64 else 1e20
    Z = np.array([[-big, big]], dtype)
    np.testing.assert_array_equal(core.gelu(Z)[0], np.array([[0, big]], dtype))
    np.testing.assert_array_equal(core.gelu_backward(np.ones_like(Z), Z), [[0, 1]])


def test_the_other_libraries_agree_at_the_ends(library: Library) -> None:
    ZL = library.array([[-1e4, -50.0, 0.5, 50.0, 1e4]])
    AL, _ = core.sigmoid(ZL)
    for label in (0, 1):
        Y = library.array([[label] * 5])
        one, zero = library.array([[1.0]]), library.array([[0.0]])
        dZ = core.L_model_backward(AL, Y, [((ZL, one, zero), ZL)])["dA0"]
        np.testing.assert_allclose(np.asarray(dZ), np.asarray(AL) - label, atol=library.tolerance)
    right, wrong = library.array([[0, 0, 1, 1, 1]]), library.array([[1, 0, 1, 1, 0]])
    assert math.isfinite(core.compute_cost(AL, right))
    assert float(core.compute_cost(AL, wrong)) == math.inf
    assert math.isfinite(core.binary_cross_entropy(ZL, wrong))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.usefixtures("strict")
def test_the_shallow_network_saturates_quietly(dtype: Any) -> None:
    rng = np.random.default_rng(3)
    parameters = shallow.initialize_parameters(2, 4, 1, rng=rng)
    parameters = {name: (1e5 * value).astype(dtype) for name, value in parameters.items()}
    X, Y = rng.standard_normal((2, 20)).astype(dtype), rng.integers(0, 2, (1, 20))
    A2, cache = shallow.forward_propagation(X, parameters)
    assert {0.0, 1.0} <= set(A2[0].tolist())
    grads = shallow.backward_propagation(parameters, cache, X, Y)
    np.testing.assert_allclose(grads["db2"], [[np.mean(A2 - Y)]], rtol=1e-5)
    assert all(np.isfinite(gradient).all() for gradient in grads.values())
