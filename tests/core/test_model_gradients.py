"""The whole backward pass before two judges, central differences and PyTorch; and the judge on trial."""

from typing import Any

import numpy as np
import pytest

from helpers import KINKED, Example, assert_gradient, central_difference, example, torch_activation
from pellucid import core
from pellucid.core.activations import ACTIVATIONS

OUTPUTS = {"one sigmoid": ("sigmoid", 1), "sigmoids": ("sigmoid", 3), "softmax": ("softmax", 3)}
# Squashing activations need large weights, or a deep network's first gradients drown in rounding.
GAINS = {"sigmoid": 2.5, "softmax": 2.0, "tanh": 1.5}
every_network = pytest.mark.parametrize(
    ("depth", "hidden", "output"),
    [(1, "relu", output) for output in OUTPUTS]
    + [(depth, hidden, output) for depth in (2, 3, 4, 5) for hidden in ACTIVATIONS for output in OUTPUTS],
)


def network(depth: int, hidden: str, output: str) -> Example:
    activation, n_y = OUTPUTS[output]
    dims = [*[3, 4, 3, 4, 3][:depth], n_y]
    return example(dims, m=3, hidden=hidden, output=activation, seed=5, gain=GAINS.get(hidden, 1.0))


def cost_and_sides(net: Example) -> tuple[float, Any]:
    """The cost, and on which side of its kink every hidden unit is."""
    AL, caches = net.forward()
    if net.output == "sigmoid":
        cost = core.compute_cost(AL, net.Y)
    else:
        cost = -float(np.sum(net.Y * np.log(AL))) / AL.shape[1]
    sides = [Z > 0 for _, Z in caches[:-1]] if net.hidden in KINKED else []
    return cost, np.concatenate([side.ravel() for side in sides] or [np.empty(0)])


def gradients(net: Example) -> dict[str, np.ndarray]:
    AL, caches = net.forward()
    return core.L_model_backward(AL, net.Y, caches, **net.activations)


def with_parameter(net: Example, name: str, value: np.ndarray) -> Example:
    return Example(net.parameters | {name: value}, net.X, net.Y, net.hidden, net.output)


def from_layer(net: Example, l: int, A: np.ndarray) -> Example:
    """The network after layer l, with A as its input."""
    rest = {f"{k}{i - l}": net.parameters[f"{k}{i}"] for i in range(l + 1, net.depth + 1) for k in "Wb"}
    return Example(rest, A, net.Y, net.hidden, net.output)


def numerical_gradient(net: Example, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The gradient called `name`, by central differences, and where it can be trusted."""
    if not name.startswith("dA"):
        name = name.removeprefix("d")
        return central_difference(
            lambda x: cost_and_sides(with_parameter(net, name, x)), net.parameters[name]
        )
    l = int(name.removeprefix("dA"))
    (A, _, _), _ = net.forward()[1][l]
    numeric, smooth = central_difference(lambda x: cost_and_sides(from_layer(net, l, x)), A)
    return numeric * A.shape[1], smooth


@every_network
def test_backward_agrees_with_central_differences(depth: int, hidden: str, output: str) -> None:
    net = network(depth, hidden, output)
    for name, gradient in gradients(net).items():
        assert_gradient(name, gradient, *numerical_gradient(net, name))


def torch_gradients(net: Example) -> dict[str, np.ndarray]:
    """The same gradients by PyTorch's automatic differentiation."""
    torch = pytest.importorskip("torch")
    F = torch.nn.functional
    given = {name: torch.tensor(value, requires_grad=True) for name, value in net.parameters.items()}
    layers, Y, m = [torch.tensor(net.X, requires_grad=True)], torch.tensor(net.Y), net.X.shape[1]
    for l in range(1, net.depth + 1):
        Z = given[f"W{l}"] @ layers[-1] + given[f"b{l}"]
        if l < net.depth:
            layers.append(torch_activation(net.hidden)(Z))
            layers[-1].retain_grad()
    if net.output == "sigmoid":
        J = F.binary_cross_entropy_with_logits(Z, Y, reduction="sum") / m
    else:
        J = F.cross_entropy(Z.T, Y.T)
    J.backward()
    grads = {f"d{name}": tensor.grad.numpy() for name, tensor in given.items()}
    return grads | {f"dA{l}": A.grad.numpy() * m for l, A in enumerate(layers)}


@every_network
def test_backward_agrees_with_autograd(depth: int, hidden: str, output: str) -> None:
    net = network(depth, hidden, output)
    ours, theirs = gradients(net), torch_gradients(net)
    assert set(ours) == set(theirs)
    for name, gradient in ours.items():
        np.testing.assert_allclose(gradient, theirs[name], rtol=1e-12, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("hidden", ["relu", "leaky_relu"])
def test_a_kink_is_seen_and_left_out(hidden: str) -> None:
    net = network(3, hidden, "one sigmoid")
    Z1 = net.forward()[1][0][1]
    on_the_kink = net.parameters["b1"].copy()
    on_the_kink[0, 0] -= Z1[0, 0]
    net = with_parameter(net, "b1", on_the_kink)
    numeric, smooth = numerical_gradient(net, "db1")
    np.testing.assert_array_equal(smooth[:, 0], [False, True, True, True])
    gradient = gradients(net)["db1"]
    assert_gradient("db1", gradient, numeric, smooth)
    with pytest.raises(AssertionError, match=r"relative error"):
        assert_gradient("db1", gradient, numeric)


def one_coordinate(gradient: np.ndarray) -> np.ndarray:
    largest = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
    wrong = gradient.copy()
    wrong[largest] *= 1.001
    return wrong


PLANTS = {
    "a factor of 1.001": lambda g: 1.001 * g,
    "a factor of 1.000001": lambda g: 1.000001 * g,
    "one coordinate off by a thousandth": one_coordinate,
    "the sign": lambda g: -g,
    "no 1/m": lambda g: 3 * g,
    "zero": lambda g: 0 * g,
    "two rows exchanged": lambda g: g[[1, 0, *range(2, len(g))]],
    "an offset": lambda g: g + 1e-6 * np.abs(g).max(),
    "not a number": lambda g: g * np.where(g == g.max(), np.nan, 1),
}


@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize("name", ["dW1", "db2", "dA0"])
def test_the_judge_finds_a_planted_error(plant: str, name: str) -> None:
    net = network(3, "tanh", "one sigmoid")
    gradient, (numeric, smooth) = gradients(net)[name], numerical_gradient(net, name)
    assert_gradient(name, gradient, numeric, smooth)
    with pytest.raises(AssertionError, match=rf"{name}: relative error"):
        assert_gradient(name, PLANTS[plant](gradient), numeric, smooth)


def test_the_judge_does_not_accept_an_empty_trial() -> None:
    g = np.ones((2, 2))
    with pytest.raises(AssertionError, match=r"kinks at all but 2 of 4"):
        assert_gradient("dW", g, g, np.array([[True, False], [False, True]]))
    with pytest.raises(AssertionError, match=r"all coordinates are zero"):
        assert_gradient("dW", 0 * g, 0 * g)
    with pytest.raises(AssertionError, match=r"shape \(4,\), not \(2, 2\)"):
        assert_gradient("dW", g.ravel(), g)


@pytest.mark.parametrize(
    ("forward", "backward"), [("elu", "leaky_relu"), ("gelu", "silu"), ("relu", "identity")]
)
def test_the_judge_finds_the_derivative_of_another_activation(forward: str, backward: str) -> None:
    net = network(3, forward, "one sigmoid")
    AL, caches = net.forward()
    grads = core.L_model_backward(AL, net.Y, caches, hidden_activation=backward)
    with pytest.raises(AssertionError, match=r"dW1: relative error"):
        assert_gradient("dW1", grads["dW1"], *numerical_gradient(net, "dW1"))
