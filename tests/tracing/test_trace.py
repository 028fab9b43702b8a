"""The numbers of a trace are those of core, to the bit, and those of every engine's step."""

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pellucid
from helpers import LIBRARIES, Library, example
from models import class_outputs, networks, number_outputs
from pellucid import Network, Optimizer
from pellucid.core import (
    L_model_backward,
    L_model_forward,
    compute_cost,
    linear_forward,
    relu,
    sigmoid,
    update_parameters,
)
from pellucid.core.cost import compute_cost_backward
from pellucid.core.linear import linear_backward
from pellucid.engines import ENGINES, Batches, Steps, engine_named, flat, named
from pellucid.errors import OptionError, ParametersError, ShapeError
from pellucid.optimizer import OPTIMIZERS
from pellucid.tracing import Trace, trace
from problems import NETWORKS, problem


def same(found: Any, expected: Any) -> None:
    np.testing.assert_array_equal(found, expected, strict=True)


def test_the_course_step_by_step() -> None:
    net = example([3, 4, 1], m=5)
    p, X, Y = net.parameters, net.X, net.Y
    t = trace(p, X, Y, learning_rate=0.1)
    assert t.names == (
        *("Z1", "A1", "Z2", "A2", "cost", "dA2", "dZ2", "dW2", "db2", "dA1"),
        *("dZ1", "dW1", "db1", "dA0", "W1", "b1", "W2", "b2"),
    )
    Z1, _ = linear_forward(X, p["W1"], p["b1"])
    A1, _ = relu(Z1)
    Z2, cache2 = linear_forward(A1, p["W2"], p["b2"])
    A2, _ = sigmoid(Z2)
    dA1, dW2, db2 = linear_backward(A2 - Y, cache2)
    by_hand = {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2, "dA2": compute_cost_backward(A2, Y), "dZ2": A2 - Y}
    by_hand |= {"dA1": dA1, "dW2": dW2, "db2": db2, "dZ1": np.where(Z1 > 0, dA1, 0.0)}
    for name, value in by_hand.items():
        same(t[name].value, value)
    assert t.cost == pytest.approx(compute_cost(A2, Y), rel=1e-14)


@pytest.mark.parametrize(
    ("hidden", "output"), [("relu", "sigmoid"), ("tanh", "sigmoid"), ("elu", "softmax")]
)
def test_it_is_what_the_whole_model_functions_say(hidden: str, output: str) -> None:
    net = example([3, 5, 4, 2], hidden=hidden, output=output, m=6)
    network = Network((3, 5, 4, 2), hidden, output)
    t = trace(net.parameters, net.X, net.Y, network, learning_rate=0.3)
    AL, caches = net.forward()
    same(t["A3"].value, AL)
    for l, (_, Z) in enumerate(caches, start=1):
        same(t[f"Z{l}"].value, Z)
    grads = L_model_backward(AL, net.Y, caches, **net.activations)
    for name, value in grads.items():
        same(t[name].value, value)
    for name, value in update_parameters(net.parameters, grads, 0.3).items():
        same(t[name].value, value)
        same(t.updated[name], value)
        same(t.parameters[name], net.parameters[name])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", NETWORKS)
def test_every_engine_takes_this_step(engine: str, optimizer: str, weighted: bool, kind: str) -> None:
    parameters, X, Y, network = problem(NETWORKS[kind])
    weights = np.arange(20.0).reshape(1, -1) if weighted else None
    t = trace(
        parameters, X, Y, network, learning_rate=0.05, optimizer=optimizer, weights=weights, dropout_seed=7
    )
    steps = Steps(Optimizer.named(optimizer), dropout_seed=7)
    session = engine_named(engine).open(network, parameters, X, Y, weights=weights, steps=steps)
    row = flat(network, parameters, np.float64)
    _, gradient = session.cost_and_gradient(row)
    for name, value in named(network, gradient).items():
        np.testing.assert_allclose(t[f"d{name}"].value, value, rtol=1e-9, atol=1e-13, err_msg=name)
    assert session.advance(Batches.full(), 0.05) == pytest.approx([t.cost], rel=1e-12)
    for name, value in session.snapshot().items():
        np.testing.assert_allclose(t[name].value, value, rtol=1e-9, atol=1e-12, err_msg=name)
    for letter, kept in session.memory().kept.items():
        for name, value in named(network, kept).items():
            found = t[f"{letter}_d{name}"].value
            np.testing.assert_allclose(found, value, rtol=1e-9, atol=1e-15, err_msg=name)


def test_dropout_shows_what_was_left_out() -> None:
    parameters, X, Y, network = problem(NETWORKS["dropout"], m=50)
    t = trace(parameters, X, Y, network)
    forward = ("D0", "A0_kept", "Z1", "A1", "Z2", "A2", "D2", "A2_kept", "Z3", "A3")
    assert t.names[: len(forward)] == forward
    assert set(np.unique(t["D0"].value)) == {0.0, 1 / 0.7}
    same(t["A0_kept"].value, X * t["D0"].value)
    same(t["A2_kept"].value, t["A2"].value * t["D2"].value)
    assert np.all(np.asarray(t["dA2"].value)[t["D2"].value == 0] == 0)
    other = trace(parameters, X, Y, network, dropout_seed=1)
    assert not np.array_equal(t["D2"].value, other["D2"].value)


def test_penalties_are_a_part_of_the_cost() -> None:
    parameters, X, Y, network = problem(NETWORKS["squares"])
    t = trace(parameters, X, Y, network)
    assert t.cost == t["data_cost"].value + t["penalty"].value
    weights = [parameters[name] for name in ("W1", "W2")]
    expected = sum(0.1 * np.sum(W * W) + 0.3 * np.sum(np.abs(W)) for W in weights) / 20
    assert t["penalty"].value == pytest.approx(expected, rel=1e-12)


@given(
    network=networks(outputs=class_outputs | number_outputs),
    m=st.integers(1, 5),
    optimizer=st.sampled_from([*OPTIMIZERS, Optimizer("adam", epsilon_hat=True)]),
    weighted=st.booleans(),
)
def test_any_network_can_be_traced(network: Network, m: int, optimizer: Any, weighted: bool) -> None:
    parameters, X, Y, _ = problem(network, m)
    before = {name: value.copy() for name, value in parameters.items()}
    weights = np.ones((1, m)) if weighted else None
    t = trace(parameters, X, Y, network, optimizer=optimizer, weights=weights)
    assert len(set(t.names)) == len(t)
    for name, value in before.items():
        same(parameters[name], value)
    for step in t:
        # The equation is of this step, nothing in it was forgotten, and its braces match.
        assert step.formula.text.startswith(f"{step.name} = ")
        assert "$" not in "".join(step.formula)
        depth = np.cumsum([(c == "{") - (c == "}") for c in step.formula.latex])
        assert depth.min() >= 0
        assert depth[-1] == 0


def test_every_source_leads_to_the_function() -> None:
    root = Path(pellucid.__file__).parent.parent
    for network in NETWORKS.values():
        for optimizer in OPTIMIZERS:
            for step in trace(*problem(network), optimizer=optimizer):
                lines = (root / step.source.file).read_text("utf-8").splitlines()
                module, _, name = step.source.function.rpartition(".")
                assert lines[step.source.first - 1].startswith(f"def {name}(")
                assert lines[step.source.last - 1].strip()
                found = inspect.getsource(getattr(__import__(module, fromlist=[name]), name))
                assert found.rstrip("\n").splitlines()[-1] == lines[step.source.last - 1]


def test_the_function_that_is_named_makes_the_numbers() -> None:
    t = trace(*problem(NETWORKS["course"]))
    functions = {step.name: step.source.function.rpartition(".")[2] for step in t}
    assert functions["Z1"] == "linear_forward"
    assert functions["A1"] == "relu"
    assert functions["A3"] == "sigmoid"
    assert functions["cost"] == "binary_cross_entropy"
    assert functions["dA3"] == "compute_cost_backward"
    assert functions["dZ3"] == "binary_cross_entropy_backward"
    assert functions["dZ1"] == "relu_backward"
    assert functions["dW1"] == functions["db1"] == "linear_gradients"
    assert functions["dA1"] == "linear_backward"
    assert functions["W1"] == "update_parameters"


@pytest.mark.parametrize("library", LIBRARIES, ids=str)
def test_any_library(library: Library) -> None:
    with library.ready():
        net = example([3, 4, 1])
        parameters = {name: library.array(value) for name, value in net.parameters.items()}
        t = trace(parameters, library.array(net.X), library.array(net.Y), optimizer="momentum")
        expected = trace(net.parameters, net.X, net.Y, optimizer="momentum")
        assert t.names == expected.names
        for step in t:
            assert step.name == "cost" or library.owns(step.value), step.name
            tolerance = {"rtol": library.tolerance, "atol": library.tolerance}
            np.testing.assert_allclose(
                np.asarray(step.to_dict(100)["value"], float), expected[step.name].value, **tolerance
            )


def test_the_wider_type_of_number_wins() -> None:
    net = example([3, 4, 1])
    single = {name: value.astype(np.float32) for name, value in net.parameters.items()}
    for parameters, X in ((single, net.X), (net.parameters, net.X.astype(np.float32))):
        t = trace(parameters, X, net.Y)
        assert {step.value.dtype for step in t if step.shape} == {np.dtype("float64")}
    t = trace(single, net.X.astype(np.float32), net.Y)
    assert {step.value.dtype for step in t if step.shape} == {np.dtype("float32")}
    t = trace(single, np.ones((3, 4), np.int64), net.Y)
    assert {step.value.dtype for step in t if step.shape} == {np.dtype("float32")}


def test_numbers_that_are_not_finite_are_shown() -> None:
    net = example([3, 4, 1])
    X = net.X.copy()
    X[0, 1] = np.nan
    t = trace(net.parameters, X, net.Y)
    assert np.isnan(t.cost)
    assert t["Z1"].statistics.nan == 4
    assert not t["Z1"].is_finite
    # No engine takes such a step.
    assert t.updated == {}
    assert t.names[-1] == "dA0"


def test_a_sure_answer_has_a_gradient() -> None:
    net = example([3, 4, 1], gain=100)
    t = trace(net.parameters, 10 * net.X, net.Y)
    assert not t["dA2"].is_finite
    for name in ("dZ2", "dW2", "dZ1", "dW1", "W1"):
        assert t[name].is_finite


def test_steps_are_found() -> None:
    t = trace(*problem(NETWORKS["course"]))
    assert isinstance(t, Trace)
    assert "dW2" in t
    assert "dW4" not in t
    assert [step.name for step in t.layer(2)] == ["Z2", "A2", "dA2", "dZ2", "dW2", "db2", "W2", "b2"]
    assert [step.name for step in t.layer(0)] == ["dA0"]
    assert {step.phase for step in t} == {"forward", "cost", "backward", "update"}
    with pytest.raises(OptionError, match=r"^the trace has no step 'dW4'; expected one of Z1, A1, Z2"):
        t["dW4"]
    with pytest.raises(OptionError, match=r"^layer is 4; expected a whole number from 0 to 3$"):
        t.layer(4)


def test_refusals() -> None:
    parameters, X, Y, network = problem(NETWORKS["course"])
    with pytest.raises(
        ShapeError, match=r"^W1 has shape \(5, 4\); expected \(6, 4\) for layer_dims \[4, 6"
    ):
        trace(parameters, X, Y, Network((4, 6, 3, 1)))
    with pytest.raises(ShapeError, match="the parameters have 3 layers and the network 2"):
        trace(parameters, X, Y, Network((4, 5, 3)))
    with pytest.raises(ParametersError, match="missing b2"):
        trace({name: parameters[name] for name in parameters if name != "b2"}, X, Y)
    with pytest.raises(ShapeError, match="layer 1"):
        trace(parameters, X[:3], Y, network)
    with pytest.raises(ShapeError, match=r"^Y has shape \(1, 19\) and ZL has shape \(1, 20\)"):
        trace(parameters, X, Y[:, 1:], network)
    with pytest.raises(ShapeError, match="weights has shape"):
        trace(parameters, X, Y, network, weights=np.ones(20))
    with pytest.raises(OptionError, match="unknown optimizer 'sgd'"):
        trace(parameters, X, Y, optimizer="sgd")
    with pytest.raises(OptionError, match="learning_rate is 0; expected a number above 0"):
        trace(parameters, X, Y, learning_rate=0)


def test_it_is_the_course_by_default() -> None:
    parameters, X, Y, _ = problem(NETWORKS["course"])
    AL, _ = L_model_forward(X, parameters)
    t = pellucid.trace(parameters, X, Y)
    assert t.network == Network((4, 5, 3, 1))
    same(t["A3"].value, AL)
