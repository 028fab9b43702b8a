"""The network with one hidden layer: the numbers of the deep functions, and its own page's refusals."""

import math
from typing import Any

import numpy as np
import pytest

from helpers import Example, assert_gradient, central_difference, example
from pellucid import core
from pellucid.core import shallow
from pellucid.errors import ArrayError, OptionError, ParametersError, ShapeError


def tanh_network(n_y: int = 1) -> Example:
    return example([2, 4, n_y], m=6, hidden="tanh", seed=3)


def test_initialisation_is_that_of_the_two_layer_network() -> None:
    parameters = shallow.initialize_parameters(2, 4, 1, rng=2)
    for name, value in core.initialize_parameters(2, 4, 1, rng=np.random.RandomState(2)).items():
        np.testing.assert_array_equal(parameters[name], value)
    assert list(parameters) == ["W1", "b1", "W2", "b2"]
    assert not np.array_equal(parameters["W1"], shallow.initialize_parameters(2, 4, 1)["W1"])


def test_forward_is_tanh_then_sigmoid() -> None:
    net = tanh_network()
    A2, cache = shallow.forward_propagation(net.X, net.parameters)
    W1, b1, W2, b2 = net.parameters.values()
    A1 = np.tanh(W1 @ net.X + b1)
    assert set(cache) == {"Z1", "A1", "Z2", "A2"}
    np.testing.assert_allclose(cache["Z1"], W1 @ net.X + b1, rtol=1e-14)
    np.testing.assert_allclose(cache["A1"], A1, rtol=1e-14)
    np.testing.assert_allclose(cache["Z2"], W2 @ A1 + b2, rtol=1e-14)
    np.testing.assert_allclose(A2, 1 / (1 + np.exp(-(W2 @ A1 + b2))), rtol=1e-14)
    assert cache["A2"] is A2


@pytest.mark.parametrize("n_y", [1, 3])
def test_it_is_the_deep_network_of_two_layers(n_y: int) -> None:
    net = tanh_network(n_y)
    A2, cache = shallow.forward_propagation(net.X, net.parameters)
    AL, caches = net.forward()
    np.testing.assert_array_equal(A2, AL)
    grads = shallow.backward_propagation(net.parameters, cache, net.X, net.Y)
    deep = core.L_model_backward(AL, net.Y, caches, **net.activations)
    assert list(grads) == ["dW1", "db1", "dW2", "db2"]
    for name, gradient in grads.items():
        np.testing.assert_allclose(gradient, deep[name], rtol=1e-13, atol=1e-16)
    assert shallow.compute_cost(A2, net.Y) == core.compute_cost(AL, net.Y)
    assert shallow.compute_cost(A2, net.Y, net.parameters) == core.compute_cost(AL, net.Y)


@pytest.mark.parametrize("name", ["W1", "b1", "W2", "b2"])
def test_backward_agrees_with_central_differences(name: str) -> None:
    net = tanh_network()

    def f(x: np.ndarray) -> tuple[float, None]:
        A2, _ = shallow.forward_propagation(net.X, net.parameters | {name: x})
        return shallow.compute_cost(A2, net.Y), None

    _, cache = shallow.forward_propagation(net.X, net.parameters)
    grads = shallow.backward_propagation(net.parameters, cache, net.X, net.Y)
    assert_gradient(f"d{name}", grads[f"d{name}"], *central_difference(f, net.parameters[name]))


def test_backward_takes_A1_and_A2_from_the_cache_and_needs_no_more() -> None:
    net = tanh_network()
    _, cache = shallow.forward_propagation(net.X, net.parameters)
    grads = shallow.backward_propagation(net.parameters, cache, net.X, net.Y)
    short = {name: cache[name] for name in ("A1", "A2")}
    for name, gradient in shallow.backward_propagation(net.parameters, short, net.X, net.Y).items():
        np.testing.assert_array_equal(gradient, grads[name])


def test_the_learning_rate_is_a_tenth_unless_given() -> None:
    net = tanh_network()
    _, cache = shallow.forward_propagation(net.X, net.parameters)
    grads = shallow.backward_propagation(net.parameters, cache, net.X, net.Y)
    default = shallow.update_parameters(net.parameters, grads)
    for name, value in net.parameters.items():
        np.testing.assert_array_equal(default[name], value - 0.1 * grads[f"d{name}"])
    longer = shallow.update_parameters(net.parameters, grads, 1.2)
    np.testing.assert_array_equal(longer["W1"], net.parameters["W1"] - 1.2 * grads["dW1"])


@pytest.mark.parametrize("seed", [2, 3])
def test_the_published_first_cost_on_the_planar_data(
    seed: int, reference: dict[str, Any], data_root: Any
) -> None:
    name = f"one-hidden-layer tanh network, planar data, seed {seed}"
    (run,) = (r for r in reference["training_runs"] if r["name"] == name)
    with np.load(data_root / "planar.npz") as planar:
        X, Y = planar["X"], planar["Y"]
    parameters = shallow.initialize_parameters(*run["layer_dims"], rng=seed)
    costs = dict(run["cost_at"])
    for iteration in range(1001):
        A2, cache = shallow.forward_propagation(X, parameters)
        if iteration in costs:
            assert shallow.compute_cost(A2, Y) == pytest.approx(costs[iteration], rel=1e-6)
        grads = shallow.backward_propagation(parameters, cache, X, Y)
        parameters = shallow.update_parameters(parameters, grads, run["learning_rate"])


def test_the_cost_is_a_float_and_finite_at_the_ends() -> None:
    cost = shallow.compute_cost(np.array([[0.0, 1.0, 0.5]]), np.array([[0, 1, 1]]))
    assert type(cost) is float
    assert cost == pytest.approx(math.log(2) / 3)


@pytest.mark.parametrize("missing", ["W1", "b2"])
def test_a_missing_parameter_is_named(missing: str) -> None:
    net = tanh_network()
    _, cache = shallow.forward_propagation(net.X, net.parameters)
    parameters = {name: value for name, value in net.parameters.items() if name != missing}
    message = f"parameters has no {missing}; expected the keys W1, b1, W2, b2"
    with pytest.raises(ParametersError) as error:
        shallow.forward_propagation(net.X, parameters)
    assert str(error.value) == message
    with pytest.raises(ParametersError) as error:
        shallow.backward_propagation(parameters, cache, net.X, net.Y)
    assert str(error.value) == message
    with pytest.raises(ParametersError, match=r"^parameters holds "):
        shallow.update_parameters(parameters, {})


def test_a_missing_part_of_the_cache_or_of_the_gradients_is_named() -> None:
    net = tanh_network()
    with pytest.raises(ParametersError) as error:
        shallow.backward_propagation(net.parameters, {"Z1": net.X}, net.X, net.Y)
    assert str(error.value) == "cache has no A1, A2; expected the keys A1, A2"
    with pytest.raises(
        ParametersError, match=r"^grads has no dW1; expected a gradient for each of W1, b1, W2, b2"
    ):
        shallow.update_parameters(net.parameters, {})  # fmt: skip


def test_shapes_that_do_not_fit_are_refused() -> None:
    net = tanh_network()
    A2, cache = shallow.forward_propagation(net.X, net.parameters)
    with pytest.raises(ShapeError, match=r"^layer 1: W1 has shape \(4, 2\) and X has shape \(3, 6\)"):
        shallow.forward_propagation(np.ones((3, 6)), net.parameters)
    rank1 = (
        "Y has shape (6,), a rank-1 array; expected (1, 6), the shape of A2: "
        "Y.reshape(1, -1) makes it (1, 6)"
    )
    with pytest.raises(ShapeError) as error:
        shallow.backward_propagation(net.parameters, cache, net.X, net.Y[0])
    assert str(error.value) == rank1
    with pytest.raises(ShapeError) as error:
        shallow.compute_cost(A2, net.Y[0])
    assert str(error.value) == rank1.replace("A2", "AL")
    with pytest.raises(ShapeError, match=r"^X has shape \(2, 4\); expected \(2, 6\) to fit W1"):
        shallow.backward_propagation(net.parameters, cache, net.X[:, :4], net.Y)
    with pytest.raises(ShapeError, match=r"^dW1 looks transposed: .*; expected \(4, 2\), the"):
        shallow.update_parameters(net.parameters, {"dW1": np.ones((2, 4))})


def test_other_refusals_are_those_of_the_deep_functions() -> None:
    net = tanh_network()
    with pytest.raises(OptionError, match=r"^layer_dims is \[2, 0, 1\]; expected integers"):
        shallow.initialize_parameters(2, 0, 1)
    with pytest.raises(OptionError, match=r"^rng is of type str"):
        shallow.initialize_parameters(2, 4, 1, rng="2")
    with pytest.raises(ArrayError, match=r"^X is of type list; expected an array"):
        shallow.forward_propagation(net.X.tolist(), net.parameters)


def test_labels_that_are_no_array_are_named() -> None:
    net = tanh_network()
    _, cache = shallow.forward_propagation(net.X, net.parameters)
    with pytest.raises(ArrayError, match=r"^Y is of type list; expected an array"):
        shallow.backward_propagation(net.parameters, cache, net.X, net.Y.tolist())
