"""The penalised cost against central differences and PyTorch's autograd, and every refusal."""

import numpy as np
import pytest

from helpers import assert_gradient, central_difference
from pellucid.core import (
    L_model_forward,
    backward_propagation_with_regularization,
    compute_cost,
    compute_cost_with_regularization,
    initialize_parameters_deep,
    weight_penalty,
    weight_penalty_backward,
)
from pellucid.errors import CacheError, ParametersError

Dict = dict[str, np.ndarray]


def problem(dims: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, Dict]:
    rng = np.random.RandomState(4)
    Y = (rng.rand(dims[-1], 6) > 0.5).astype(float)
    return rng.randn(dims[0], 6), Y, initialize_parameters_deep(dims, scheme="he", rng=5)


def flat_cache(X: np.ndarray, parameters: Dict) -> list[np.ndarray]:
    AL, caches = L_model_forward(X, parameters)
    A = [linear[0] for linear, _ in caches[1:]] + [AL]
    return [x for (linear, Z), A_l in zip(caches, A, strict=True) for x in (Z, A_l, *linear[1:])]


@pytest.mark.parametrize("dims", [(3, 1), (3, 4, 2), (4, 5, 3, 1)])
def test_gradients_are_central_differences_of_the_cost(dims: tuple[int, ...]) -> None:
    X, Y, parameters = problem(dims)
    grads = backward_propagation_with_regularization(X, Y, flat_cache(X, parameters), 0.7)
    for name, value in parameters.items():
        for i in np.ndindex(value.shape):
            costs = []
            for sign in (1, -1):
                moved = {**parameters, name: value.copy()}
                moved[name][i] += sign * 1e-6
                AL, _ = L_model_forward(X, moved)
                costs.append(compute_cost_with_regularization(AL, Y, moved, 0.7))
            assert grads[f"d{name}"][i] == pytest.approx((costs[0] - costs[1]) / 2e-6, abs=1e-8)


def test_gradients_are_autograd_s() -> None:
    torch = pytest.importorskip("torch")
    X, Y, parameters = problem((4, 5, 3, 1))
    grads = backward_propagation_with_regularization(X, Y, flat_cache(X, parameters), 0.7)
    theirs = {name: torch.tensor(value, requires_grad=True) for name, value in parameters.items()}
    AL, _ = L_model_forward(torch.tensor(X), theirs)
    compute_cost_with_regularization(AL, torch.tensor(Y), theirs, 0.7).backward()
    for name, value in theirs.items():
        np.testing.assert_allclose(grads[f"d{name}"], value.grad.numpy(), rtol=1e-12, atol=1e-15)


def test_without_a_penalty_it_is_the_plain_cost() -> None:
    X, Y, parameters = problem((3, 4, 2))
    AL, _ = L_model_forward(X, parameters)
    assert compute_cost_with_regularization(AL, Y, parameters, 0.0) == compute_cost(AL, Y)


PENALTIES = [{}, {"l2": 0.7}, {"l1": 0.3}, {"l2": 0.7, "l1": 0.3}]


@pytest.mark.parametrize("options", PENALTIES, ids=str)
def test_the_penalty_and_its_gradient_are_autograd_s(options: dict[str, float]) -> None:
    torch = pytest.importorskip("torch")
    _, _, parameters = problem((4, 5, 3, 1))
    theirs = {name: torch.tensor(value, requires_grad=True) for name, value in parameters.items()}
    weights = [theirs[f"W{l}"] for l in (1, 2, 3)]
    l2, l1 = options.get("l2", 0.0), options.get("l1", 0.0)
    penalty = sum(l2 / 2 * torch.sum(W**2) + l1 * torch.sum(torch.abs(W)) for W in weights) / 6.5
    penalty.backward()
    found = weight_penalty(parameters, 6.5, **options)
    assert type(found) is float
    assert found == pytest.approx(penalty.item(), rel=1e-13)
    grads = weight_penalty_backward(parameters, 6.5, **options)
    assert list(grads) == ["dW1", "dW2", "dW3"]
    for name, gradient in grads.items():
        np.testing.assert_allclose(gradient, theirs[name[1:]].grad.numpy(), rtol=1e-13)


@pytest.mark.parametrize("options", PENALTIES[1:], ids=str)
def test_the_penaltys_gradient_is_its_central_difference(options: dict[str, float]) -> None:
    _, _, parameters = problem((3, 4, 2))
    grads = weight_penalty_backward(parameters, 5, **options)
    for name in ("W1", "W2"):
        numeric, _ = central_difference(
            lambda x, n=name: (weight_penalty(parameters | {n: x}, 5, **options), None), parameters[name]
        )
        assert_gradient(f"d{name}", grads[f"d{name}"], numeric)


def test_a_weight_of_nothing_is_not_pulled() -> None:
    parameters = {"W1": np.array([[0.0, -2.0]]), "b1": np.array([[3.0]])}
    assert weight_penalty(parameters, 4, l2=1.0, l1=2.0) == (4 / 2 + 2 * 2) / 4
    grads = weight_penalty_backward(parameters, 4, l2=1.0, l1=2.0)
    np.testing.assert_array_equal(grads["dW1"], [[0, (-2 - 2) / 4]])


def test_penalties_are_of_a_network() -> None:
    for function in (weight_penalty, weight_penalty_backward):
        with pytest.raises(ParametersError):
            function({"W1": np.ones((1, 1))}, 3, l2=1.0)


@pytest.mark.parametrize("cache", [(), [1, 2, 3], None])
def test_what_is_no_cache_is_refused(cache: object) -> None:
    with pytest.raises(CacheError, match="four for each layer"):
        backward_propagation_with_regularization(np.ones((2, 3)), np.ones((1, 3)), cache, 0.1)
