"""Cross-entropy: values, gradients, the two forms of one cost, and every refusal."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from helpers import assert_gradient, central_difference
from pellucid import core
from pellucid.core.cost import sigmoid_output_backward, softmax_output_backward
from pellucid.core.costs import COSTS
from pellucid.errors import ArrayError, ShapeError

CROSS_ENTROPIES = ("binary_cross_entropy", "categorical_cross_entropy")
EPS = np.finfo(np.float64).eps
binary_labels = arrays(np.float64, (2, 4), elements=st.sampled_from([0.0, 1.0]))


def labels(n_y: int, m: int, one_hot: bool = False, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if one_hot:
        return np.eye(n_y)[:, rng.integers(0, n_y, m)]
    return rng.integers(0, 2, (n_y, m)).astype(float)


def logits(n_y: int = 3, m: int = 5) -> np.ndarray:
    return 2 * np.random.default_rng(4).standard_normal((n_y, m))


def example_for(name: str) -> tuple[np.ndarray, np.ndarray]:
    """ZL and labels for the cost `name`."""
    return logits(), labels(3, 5, one_hot=name == "categorical_cross_entropy")


def test_the_cost_sums_over_rows_and_averages_over_columns() -> None:
    AL = np.array([[0.9, 0.2, 0.6], [0.1, 0.5, 0.99]])
    Y = np.array([[1, 0, 0], [0, 1, 1]])
    losses = [-math.log(a if y else 1 - a) for a, y in zip(AL.ravel(), Y.ravel(), strict=True)]
    cost = core.compute_cost(AL, Y)
    assert type(cost) is float
    assert cost == pytest.approx(sum(losses) / 3, rel=1e-14)


def test_soft_labels_follow_the_same_formula() -> None:
    cost = core.compute_cost(np.array([[0.7, 0.2]]), np.array([[0.25, 0.5]]))
    expected = 0.25 * math.log(0.7) + 0.75 * math.log(0.3) + 0.5 * math.log(0.2) + 0.5 * math.log(0.8)
    assert cost == pytest.approx(-expected / 2, rel=1e-14)


def test_the_cost_of_knowing_nothing_is_log_two() -> None:
    assert core.compute_cost(np.full((1, 9), 0.5), labels(1, 9)) == pytest.approx(math.log(2))
    assert core.binary_cross_entropy(np.zeros((1, 9)), labels(1, 9)) == pytest.approx(math.log(2))
    Y = labels(4, 9, one_hot=True)
    assert core.categorical_cross_entropy(np.zeros((4, 9)), Y) == pytest.approx(math.log(4))


def test_compute_cost_backward_agrees_with_central_differences() -> None:
    AL, Y = core.sigmoid(logits())[0], labels(3, 5)
    numeric, _ = central_difference(lambda x: (5 * core.compute_cost(x, Y), None), AL, step=1e-6)
    assert_gradient("dAL", core.compute_cost_backward(AL, Y), numeric)


def test_compute_cost_backward_is_the_literal_formula() -> None:
    AL, Y = np.array([[1.75, 0.25, -0.5]]), np.array([[1, 0, 1]])
    expected = [[-1 / 1.75, 1 / 0.75, 2.0]]
    np.testing.assert_allclose(core.compute_cost_backward(AL, Y), expected, rtol=1e-15)


@pytest.mark.parametrize("name", CROSS_ENTROPIES)
def test_the_gradient_from_ZL_agrees_with_central_differences(name: str) -> None:
    ZL, Y = example_for(name)
    numeric, _ = central_difference(lambda x: (5 * COSTS[name].forward(x, Y), None), ZL)
    assert_gradient(name, COSTS[name].backward(ZL, Y), numeric)


@pytest.mark.parametrize("name", CROSS_ENTROPIES)
def test_the_cost_from_ZL_and_its_gradient_agree_with_autograd(name: str) -> None:
    torch = pytest.importorskip("torch")
    ZL, Y = example_for(name)
    Z, T = torch.tensor(ZL, requires_grad=True), torch.tensor(Y)
    if name == "binary_cross_entropy":
        J = torch.nn.functional.binary_cross_entropy_with_logits(Z, T, reduction="sum") / 5
    else:
        J = torch.nn.functional.cross_entropy(Z.T, T.T)
    (5 * J).backward()
    assert COSTS[name].forward(ZL, Y) == pytest.approx(J.item(), rel=1e-12)
    np.testing.assert_allclose(COSTS[name].backward(ZL, Y), Z.grad.numpy(), rtol=1e-12, atol=1e-13)


def test_the_gradients_from_ZL_are_the_output_less_the_labels() -> None:
    ZL, Y = logits(), labels(3, 5)
    A, one_hot = core.softmax(ZL)[0], labels(3, 5, one_hot=True)
    np.testing.assert_array_equal(core.categorical_cross_entropy_backward(ZL, one_hot), A - one_hot)
    np.testing.assert_array_equal(softmax_output_backward(A, one_hot), A - one_hot)
    A, _ = core.sigmoid(ZL)
    np.testing.assert_array_equal(core.binary_cross_entropy_backward(ZL, Y), A - Y)
    np.testing.assert_array_equal(sigmoid_output_backward(A, Y, ZL), A - Y)


def test_softmax_output_backward_is_the_chain_rule_through_softmax() -> None:
    ZL, Y = example_for("categorical_cross_entropy")
    A, _ = core.softmax(ZL)
    np.testing.assert_allclose(softmax_output_backward(A, Y), core.softmax_backward(-Y / A, ZL), atol=1e-15)


def test_an_output_that_is_not_the_sigmoid_of_ZL_gets_the_literal_formula() -> None:
    AL, Y, ZL = np.array([[1.75, 0.25]]), np.array([[1.0, 0.0]]), np.array([[0.5, -3.0]])
    literal = core.sigmoid_backward(core.compute_cost_backward(AL, Y), ZL)
    np.testing.assert_array_equal(sigmoid_output_backward(AL, Y, ZL), literal)
    assert np.all(np.abs(literal - (AL - Y)) > 0.1)


@given(arrays(np.float64, (2, 4), elements=st.floats(-700, 700)), binary_labels)
def test_both_forms_of_the_binary_cost_agree_where_both_are_finite(ZL: np.ndarray, Y: np.ndarray) -> None:
    AL, _ = core.sigmoid(ZL)
    from_AL, from_ZL = core.compute_cost(AL, Y), core.binary_cross_entropy(ZL, Y)
    assert math.isfinite(from_ZL)
    wrong = np.where(Y == 1, AL == 0, AL == 1)
    assert math.isfinite(from_AL) == (not wrong.any())
    if math.isfinite(from_AL):
        # AL is rounded to a unit in its last place; log(1 - AL) feels that as eps / (1 - AL).
        room = np.where(Y == 1, 0.0, EPS / np.maximum(1 - AL, EPS)).sum() / 4
        assert abs(from_AL - from_ZL) <= 8 * EPS * (1 + from_ZL) + 2 * room


@pytest.mark.parametrize("z", [20.0, 40.0, 300.0])
def test_the_cost_from_ZL_keeps_its_digits_where_it_is_almost_nothing(z: float) -> None:
    ZL, Y = np.array([[z, -z]]), np.array([[1, 0]])
    exact = math.log1p(math.exp(-z))
    assert core.binary_cross_entropy(ZL, Y) == pytest.approx(exact, rel=1e-14, abs=0)


@given(arrays(np.float64, (2, 4), elements=st.floats(-1e300, 1e300)), binary_labels)
def test_the_binary_cost_from_ZL_is_finite_and_not_negative(ZL: np.ndarray, Y: np.ndarray) -> None:
    with np.errstate(all="raise", under="ignore"):
        cost = core.binary_cross_entropy(ZL, Y)
        dZL = core.binary_cross_entropy_backward(ZL, Y)
    assert 0 <= cost < math.inf
    assert np.all(np.abs(dZL) <= 1)


@given(arrays(np.float64, (3, 4), elements=st.floats(-1e300, 1e300)))
def test_the_categorical_cost_is_finite_and_not_negative(ZL: np.ndarray) -> None:
    Y = labels(3, 4, one_hot=True)
    with np.errstate(all="raise", under="ignore"):
        cost = core.categorical_cross_entropy(ZL, Y)
        dZL = core.categorical_cross_entropy_backward(ZL, Y)
    assert 0 <= cost < math.inf
    np.testing.assert_allclose(dZL.sum(axis=0), 0, atol=1e-14)


@given(arrays(np.float64, (3, 4), elements=st.floats(-50, 50)), st.floats(-50, 50))
def test_the_categorical_cost_ignores_a_shift(ZL: np.ndarray, shift: float) -> None:
    Y = labels(3, 4, one_hot=True)
    cost = core.categorical_cross_entropy(ZL, Y)
    assert core.categorical_cross_entropy(ZL + shift, Y) == pytest.approx(cost, rel=1e-12, abs=1e-12)


@given(arrays(np.float64, (1, 6), elements=st.floats(-30, 30)))
def test_two_classes_by_softmax_are_one_by_sigmoid(z: np.ndarray) -> None:
    Y = labels(1, 6)
    two, one_hot = np.concatenate([z, 0 * z]), np.concatenate([Y, 1 - Y])
    binary = core.binary_cross_entropy(z, Y)
    assert core.categorical_cross_entropy(two, one_hot) == pytest.approx(binary, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, bool, np.float32])
def test_labels_of_any_type_give_the_same_cost(dtype: Any) -> None:
    AL, Y = core.sigmoid(logits())[0], labels(3, 5)
    assert core.compute_cost(AL, Y.astype(dtype)) == core.compute_cost(AL, Y)
    assert core.binary_cross_entropy(logits(), Y.astype(dtype)) == core.binary_cross_entropy(logits(), Y)


FROM_AL = [core.compute_cost, core.compute_cost_backward, softmax_output_backward]
FROM_ZL = [function for cost in COSTS.values() for function in cost[:2]]


@pytest.mark.parametrize(("function", "name"), [(f, "AL") for f in FROM_AL] + [(f, "ZL") for f in FROM_ZL])
def test_shapes_that_do_not_fit_are_refused(function: Any, name: str) -> None:
    ones = np.ones
    with pytest.raises(ShapeError) as error:
        function(ones((1, 3)), ones((3, 1)))
    assert str(error.value) == (
        f"Y looks transposed: it has shape (3, 1); expected (1, 3), the shape of {name}: pass Y.T"
    )
    with pytest.raises(ShapeError) as error:
        function(ones((1, 3)), ones(3))
    assert str(error.value) == (
        f"Y has shape (3,), a rank-1 array; expected (1, 3), the shape of {name}: "
        "Y.reshape(1, -1) makes it (1, 3)"
    )
    with pytest.raises(ShapeError) as error:
        function(ones(3), ones(3))
    assert str(error.value) == (
        f"{name} has shape (3,), a rank-1 array; expected two dimensions (n_y, m): "
        f"{name}.reshape(1, -1) makes it (1, 3), {name}.reshape(-1, 1) makes it (3, 1)"
    )
    with pytest.raises(ArrayError, match=r"^Y is of type list; expected an array"):
        function(ones((1, 1)), [[1]])
    with pytest.raises(ArrayError, match=rf"^{name} is of type float; expected an array"):
        function(0.5, ones((1, 1)))


def test_an_output_of_another_shape_than_its_linear_part_is_refused() -> None:
    with pytest.raises(ShapeError) as error:
        sigmoid_output_backward(np.ones((1, 3)), np.ones((1, 3)), np.ones((1, 2)))
    assert str(error.value) == ("AL has shape (1, 3); expected (1, 2), the shape of ZL in the last cache")


@pytest.mark.parametrize(("function", "name"), [(f, "AL") for f in FROM_AL] + [(f, "ZL") for f in FROM_ZL])
def test_no_examples_at_all_are_refused(function: Any, name: str) -> None:
    with pytest.raises(ShapeError) as error:
        function(np.ones((1, 0)), np.ones((1, 0)))
    assert str(error.value) == (f"{name} has shape (1, 0): no example; expected at least one column")


def test_a_perfect_answer_costs_nothing() -> None:
    assert str(core.compute_cost(np.array([[1.0, 0.0]]), np.array([[1, 0]]))) == "0.0"
