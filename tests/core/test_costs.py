"""Every cost of the table: by hand, its gradient before two judges, weights, smoothing, refusals."""

import math
from typing import Any

import numpy as np
import pytest

from helpers import assert_gradient, central_difference
from pellucid import core
from pellucid.core.costs import COSTS, cost_named
from pellucid.errors import ArrayError, OptionError, ShapeError

M = 7
WEIGHTS = np.array([[0.0, 1.0, 2.5, 0.3, 1.0, 0.0, 4.0]])

# Each cost with each output and each option it knows.
CASES: list[tuple[str, dict[str, Any]]] = [
    ("binary_cross_entropy", {}),
    ("binary_cross_entropy", {"label_smoothing": 0.2}),
    ("categorical_cross_entropy", {}),
    ("categorical_cross_entropy", {"label_smoothing": 0.3}),
    *(
        (name, {"output_activation": output} | options)
        for name, options in [
            ("mean_squared_error", {}),
            ("mean_absolute_error", {}),
            ("huber", {"huber_delta": 0.7}),
            ("huber", {}),
        ]
        for output in ("identity", "sigmoid")
    ),
    ("poisson", {}),
]
every_case = pytest.mark.parametrize(("name", "options"), CASES, ids=str)
weighted_or_not = pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "weighted"])


def example_for(name: str) -> tuple[np.ndarray, np.ndarray]:
    """ZL and targets for the cost `name`, no error at a kink."""
    rng = np.random.default_rng(4)
    ZL = 2 * rng.standard_normal((3, M))
    if name == "binary_cross_entropy":
        return ZL, rng.integers(0, 2, (3, M)).astype(float)
    if name == "categorical_cross_entropy":
        return ZL, np.eye(3)[:, rng.integers(0, 3, M)]
    if name == "poisson":
        return ZL, rng.poisson(1.5, (3, M)).astype(float)
    return ZL, rng.standard_normal((3, M))


def by_torch(name: str, Z: Any, Y: Any, weights: Any, options: dict[str, Any]) -> Any:
    """The cost by PyTorch's own functions."""
    torch = pytest.importorskip("torch")
    F = torch.nn.functional
    A = torch.sigmoid(Z) if options.get("output_activation") == "sigmoid" else Z
    e = options.get("label_smoothing", 0.0)
    losses = {
        "binary_cross_entropy": lambda: F.binary_cross_entropy_with_logits(
            Z, (1 - e) * Y + e / 2, reduction="none"
        ),
        "categorical_cross_entropy": lambda: F.cross_entropy(
            Z.T, Y.T, reduction="none", label_smoothing=e
        ).reshape(1, -1),
        "mean_squared_error": lambda: F.mse_loss(A, Y, reduction="none") / 2,
        "mean_absolute_error": lambda: F.l1_loss(A, Y, reduction="none"),
        "huber": lambda: F.huber_loss(A, Y, reduction="none", delta=options.get("huber_delta", 1.0)),
        "poisson": lambda: F.poisson_nll_loss(Z, Y, reduction="none") + torch.special.xlogy(Y, Y) - Y,
    }[name]()
    w = torch.ones((1, M), dtype=torch.float64) if weights is None else torch.tensor(weights)
    return torch.sum(losses * w) / torch.sum(w)


def test_every_cost_and_option_is_tested() -> None:
    assert {name for name, _ in CASES} == set(COSTS)
    for name, cost in COSTS.items():
        tried = {option for case, options in CASES if case == name for option in options}
        assert tried == set(cost.options)


@weighted_or_not
@every_case
def test_the_gradient_agrees_with_central_differences(
    name: str, options: dict[str, Any], weights: np.ndarray | None
) -> None:
    ZL, Y = example_for(name)
    forward, backward, *_ = cost_named(name)
    numeric, _ = central_difference(lambda x: (M * forward(x, Y, weights=weights, **options), None), ZL)
    assert_gradient(name, backward(ZL, Y, weights=weights, **options), numeric)


@weighted_or_not
@every_case
def test_the_cost_and_its_gradient_agree_with_autograd(
    name: str, options: dict[str, Any], weights: np.ndarray | None
) -> None:
    torch = pytest.importorskip("torch")
    ZL, Y = example_for(name)
    Z, T = torch.tensor(ZL, requires_grad=True), torch.tensor(Y)
    J = by_torch(name, Z, T, weights, options)
    (M * J).backward()
    forward, backward, *_ = cost_named(name)
    assert forward(ZL, Y, weights=weights, **options) == pytest.approx(J.item(), rel=1e-12)
    gradient = backward(ZL, Y, weights=weights, **options)
    np.testing.assert_allclose(gradient, Z.grad.numpy(), rtol=1e-12, atol=1e-13)


@every_case
def test_a_weight_of_two_is_an_example_seen_twice(name: str, options: dict[str, Any]) -> None:
    ZL, Y = example_for(name)
    forward, backward, *_ = cost_named(name)
    twice = np.array([*range(M), 2])
    weights = np.where(np.arange(M) == 2, 2.0, 1.0).reshape(1, -1)
    assert forward(ZL, Y, weights=weights, **options) == pytest.approx(
        forward(ZL[:, twice], Y[:, twice], **options), rel=1e-14
    )
    # The mean over the columns is linear_backward's: M of them here, M + 1 there.
    gradient = backward(ZL, Y, weights=weights, **options) / M
    unrolled = backward(ZL[:, twice], Y[:, twice], **options) / (M + 1)
    unrolled[:, 2] += unrolled[:, M]
    np.testing.assert_allclose(gradient, unrolled[:, :M], rtol=1e-13, atol=1e-16)


@every_case
def test_examples_that_do_not_count_cost_nothing(name: str, options: dict[str, Any]) -> None:
    ZL, Y = example_for(name)
    forward, backward, *_ = cost_named(name)
    assert forward(ZL, Y, weights=np.zeros((1, M)), **options) == 0
    np.testing.assert_array_equal(backward(ZL, Y, weights=np.zeros((1, M)), **options), 0)


@every_case
def test_equal_weights_change_nothing(name: str, options: dict[str, Any]) -> None:
    ZL, Y = example_for(name)
    forward, backward, *_ = cost_named(name)
    cost, weights = forward(ZL, Y, **options), np.full((1, M), 3)
    assert type(cost) is float
    assert forward(ZL, Y, weights=weights, **options) == pytest.approx(cost, rel=1e-14)
    gradient = backward(ZL, Y, **options)
    np.testing.assert_allclose(backward(ZL, Y, weights=weights, **options), gradient, rtol=1e-14)


def test_values_by_hand() -> None:
    ZL, Y = np.array([[3.0, -1.0], [0.5, 2.0]]), np.array([[1.0, -1.0], [0.0, 5.0]])
    assert core.mean_squared_error(ZL, Y) == (4 / 2 + 0 + 0.25 / 2 + 9 / 2) / 2
    assert core.mean_absolute_error(ZL, Y) == (2 + 0 + 0.5 + 3) / 2
    assert core.huber(ZL, Y) == ((2 - 0.5) + 0 + 0.125 + (3 - 0.5)) / 2
    assert core.huber(ZL, Y, huber_delta=2) == (2 + 0 + 0.125 + 2 * (3 - 1)) / 2
    np.testing.assert_array_equal(core.mean_squared_error_backward(ZL, Y), [[2, 0], [0.5, -3]])
    np.testing.assert_array_equal(core.mean_absolute_error_backward(ZL, Y), [[1, 0], [1, -1]])
    np.testing.assert_array_equal(core.huber_backward(ZL, Y), [[1, 0], [0.5, -1]])


def test_the_deviance_of_the_true_count_is_nothing() -> None:
    Y = np.array([[1.0, 2.0, 7.0]])
    assert core.poisson(np.log(Y), Y) == pytest.approx(0, abs=1e-15)
    np.testing.assert_allclose(core.poisson_backward(np.log(Y), Y), 0, atol=1e-14)
    expected = (0 - 0 - 0 + math.exp(0.5)) + (3 * math.log(3) - 3 * 0.5 - 3 + math.exp(0.5))
    assert core.poisson(np.array([[0.5, 0.5]]), np.array([[0, 3]])) == pytest.approx(
        expected / 2, rel=1e-15
    )


def test_smoothed_labels_by_hand() -> None:
    ZL = np.array([[1.0], [2.0], [0.5]])
    one_hot, smoothed = np.array([[1.0], [0], [0]]), np.array([[0.8], [0.1], [0.1]])
    for name in ("categorical_cross_entropy", "categorical_cross_entropy_backward"):
        function = getattr(core, name)
        np.testing.assert_allclose(function(ZL, one_hot, label_smoothing=0.3), function(ZL, smoothed))
    yes, mostly = np.array([[1.0], [0], [1]]), np.array([[0.85], [0.15], [0.85]])
    for name in ("binary_cross_entropy", "binary_cross_entropy_backward"):
        function = getattr(core, name)
        np.testing.assert_allclose(function(ZL, yes, label_smoothing=0.3), function(ZL, mostly))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.usefixtures("strict")
def test_wild_errors_do_not_overflow_the_costs_made_for_them(dtype: Any) -> None:
    far = np.array([[1e30, -1e30]], dtype)
    assert core.huber(far, np.zeros((1, 2))) == pytest.approx(1e30, rel=1e-6)
    assert core.mean_absolute_error(far, np.zeros((1, 2))) == pytest.approx(1e30, rel=1e-6)
    assert core.huber_backward(far, np.zeros((1, 2))).dtype == dtype


@every_case
def test_float32_stays_float32(name: str, options: dict[str, Any]) -> None:
    ZL, Y = example_for(name)
    backward = cost_named(name).backward
    assert backward(ZL.astype(np.float32), Y, weights=WEIGHTS, **options).dtype == np.float32


@pytest.mark.parametrize("function", [f for cost in COSTS.values() for f in cost[:2]])
def test_weights_that_do_not_fit_are_refused(function: Any) -> None:
    ones = np.ones
    expected = "expected (1, 3), one weight for each column of ZL"
    for wrong, message in (
        (
            ones(3),
            f"weights has shape (3,), a rank-1 array; {expected}: weights.reshape(1, -1) makes it (1, 3)",
        ),
        (ones((3, 1)), f"weights looks transposed: it has shape (3, 1); {expected}: pass weights.T"),
        (ones((1, 2)), f"weights has shape (1, 2); {expected}"),
        (ones((2, 3)), f"weights has shape (2, 3); {expected}"),
    ):
        with pytest.raises(ShapeError) as error:
            function(ones((2, 3)), ones((2, 3)), weights=wrong)
        assert str(error.value) == message
    with pytest.raises(ArrayError, match=r"^weights is of type list; expected an array"):
        function(ones((2, 3)), ones((2, 3)), weights=[1, 1, 1])


@pytest.mark.parametrize("name", ["mse", None, ["binary_cross_entropy"]])
def test_an_unknown_cost_is_answered_with_the_known_ones(name: Any) -> None:
    with pytest.raises(OptionError) as error:
        cost_named(name)
    assert str(error.value) == f"unknown cost {name!r}; expected one of {', '.join(COSTS)}"


def test_the_table_holds_the_public_functions_and_their_outputs() -> None:
    for name, cost in COSTS.items():
        assert cost[:2] == (getattr(core, name), getattr(core, f"{name}_backward"))
    outputs = {name: cost.output_activations for name, cost in COSTS.items()}
    assert outputs == {
        "binary_cross_entropy": ("sigmoid",),
        "categorical_cross_entropy": ("softmax",),
        "mean_squared_error": ("identity", "sigmoid"),
        "mean_absolute_error": ("identity", "sigmoid"),
        "huber": ("identity", "sigmoid"),
        "poisson": ("exp",),
    }
