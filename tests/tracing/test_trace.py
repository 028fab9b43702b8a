"""The numbers of a trace are those of core, to the bit, and those of every engine's step."""

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pellucid
from helpers import LIBRARIES, Library, example, tree_map
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
from pellucid.core.dropout import dropout_masks
from pellucid.core.linear import linear_backward
from pellucid.engines import ENGINES, Batches, StepOptions, TrainingState, engine_for
from pellucid.errors import LabelError, OptionError, ParametersError, ShapeError
from pellucid.examples import Examples
from pellucid.optimizer import OPTIMIZERS
from pellucid.tracing import Trace, trace
from problems import NETWORKS, problem
from sessions import skip_without_kernel


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


def state_in_training(network: Network, options: StepOptions, weights: Any, steps: int) -> TrainingState:
    """What a session of the reference engine stands at after some steps."""
    parameters, X, Y, _ = problem(network)
    examples = Examples(X, Y, weights)
    session = engine_for("reference").open(network, examples, TrainingState(parameters), options)
    session.advance(Batches.full(steps), 0.05)
    return session.state()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", NETWORKS)
def test_every_engine_takes_this_step(engine: str, optimizer: str, weighted: bool, kind: str) -> None:
    """Before the first step and after three, with slots and masks; bit for bit on the reference."""
    _, X, Y, network = problem(NETWORKS[kind])
    weights = np.arange(20.0).reshape(1, -1) if weighted else None
    for steps, clip_norm in ((0, None), (3, 0.05)):
        options = StepOptions(Optimizer.named(optimizer), clip_norm, dropout_seed=7)
        skip_without_kernel(engine, network, options)
        state = state_in_training(network, options, weights, steps)
        t = trace(
            *(state, X, Y, network),
            learning_rate=0.05,
            optimizer=optimizer,
            clip_norm=clip_norm,
            weights=weights,
            dropout_seed=7,
        )
        close: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-12} if engine != "reference" else {"rtol": 0}
        session = engine_for(engine).open(network, Examples(X, Y, weights), state, options)
        for name, value in session.gradient(state.parameters).grads.items():
            np.testing.assert_allclose(t[name].value, value, err_msg=name, **close)
        costs = session.advance(Batches.full(), 0.05)
        np.testing.assert_allclose(t.cost, costs.cost[0], **close)
        after = session.state()
        assert t.after is not None
        assert (t.after.update_count, t.after.step_count) == (after.update_count, after.step_count)
        assert after.step_count == steps + 1
        for name, value in after.parameters.items():
            np.testing.assert_allclose(t[name].value, value, err_msg=name, **close)
            np.testing.assert_allclose(t.after.parameters[name], value, err_msg=name, **close)
        assert set(t.before.slots) == set(after.slots) == set(Optimizer.named(optimizer).slots)
        for slot, entries in after.slots.items():
            for name, value in entries.items():
                np.testing.assert_allclose(t[f"{slot}_{name}"].value, value, err_msg=name, **close)
                before = state.slots[slot][name] if state.slots else np.zeros_like(value)
                same(t.before.slots[slot][name], before)


def test_a_state_is_gone_on_from_step_by_step() -> None:
    """Traces one after the other are a training."""
    parameters, X, Y, network = problem(NETWORKS["dropout"])
    how: dict[str, Any] = {"learning_rate": 0.05, "optimizer": "adam", "clip_norm": 0.3, "dropout_seed": 5}
    options = StepOptions(Optimizer.named("adam"), 0.3, dropout_seed=5)
    state: Any = parameters
    for _ in range(4):
        state = trace(state, X, Y, network, **how).after
    session = engine_for("reference").open(network, Examples(X, Y), TrainingState(parameters), options)
    session.advance(Batches.full(4), 0.05)
    for name, value in session.state().parameters.items():
        same(state.parameters[name], value)
    assert state.step_count == state.update_count == 4


def test_the_masks_are_those_of_the_step() -> None:
    parameters, X, Y, network = problem(NETWORKS["dropout"])
    rates, dims = network.dropout_rates, network.layer_dims
    for step in (0, 9, 2**33):
        t = trace(TrainingState(parameters, step_count=step), X, Y, network, dropout_seed=2)
        D0, _, D2 = dropout_masks(rates, dims, X, seed=2, step=step)
        same(t["D0"].value, D0)
        same(t["D2"].value, D2)


@pytest.mark.parametrize("clip_norm", [1e-3, 0.05, 1e3])
def test_clipping_is_seen(clip_norm: float) -> None:
    parameters, X, Y, network = problem(NETWORKS["saturating"])
    t = trace(parameters, X, Y, network, learning_rate=0.1, clip_norm=clip_norm)
    grads = {f"d{name}": t[f"d{name}"].value for name in parameters}
    length = np.sqrt(sum(np.sum(value**2) for value in grads.values()))
    assert t["gradient_norm"].value == pytest.approx(length, rel=1e-14)
    assert t["clip_factor"].value == pytest.approx(min(1, clip_norm / length), rel=1e-14)
    assert (t["clip_factor"].value == 1) == (clip_norm > length)
    for name, value in parameters.items():
        same(t[f"d{name}_clipped"].value, t["clip_factor"].value * grads[f"d{name}"])
        same(t[name].value, value - 0.1 * t[f"d{name}_clipped"].value)
        assert t[f"d{name}_clipped"].formula.text == f"d{name}_clipped = clip_factor d{name}"
        assert t[name].formula.text == f"{name} = {name} - 0.1 d{name}_clipped"
    assert (
        t["clip_factor"].formula.text == f"clip_factor = {clip_norm:g} / max(gradient_norm, {clip_norm:g})"
    )
    assert t["clip_factor"].source.function == "pellucid.core.update.clip_factor"
    assert "gradient_norm" not in trace(parameters, X, Y, network)


@pytest.mark.parametrize("epsilon_hat", [False, True])
def test_adams_means_and_their_corrections_are_seen(epsilon_hat: bool) -> None:
    _, X, Y, network = problem(NETWORKS["course"])
    optimizer = Optimizer("adam", beta1=0.8, beta2=0.9, epsilon=0.01, epsilon_hat=epsilon_hat)
    state = state_in_training(network, StepOptions(optimizer), None, 2)
    t = trace(state, X, Y, network, learning_rate=0.1, optimizer=optimizer)
    grad, v, s = t["dW2"].value, state.slots["v"]["dW2"], state.slots["s"]["dW2"]
    v, s = 0.8 * v + 0.2 * grad, 0.9 * s + 0.1 * grad**2
    np.testing.assert_allclose(t["v_dW2"].value, v, rtol=1e-14)
    np.testing.assert_allclose(t["s_dW2"].value, s, rtol=1e-14)
    v_c, s_c = v / (1 - 0.8**3), s / (1 - 0.9**3)
    np.testing.assert_allclose(t["v_dW2_corrected"].value, v_c, rtol=1e-14)
    np.testing.assert_allclose(t["s_dW2_corrected"].value, s_c, rtol=1e-14)
    epsilon = 0.01 / np.sqrt(1 - 0.9**3) if epsilon_hat else 0.01
    expected = state.parameters["W2"] - 0.1 * v_c / (np.sqrt(s_c) + epsilon)
    np.testing.assert_allclose(t["W2"].value, expected, rtol=1e-13)
    assert t["v_dW2"].formula.text == "v_dW2 = 0.8 v_dW2 + 0.2 dW2"
    assert t["v_dW2_corrected"].formula.text == "v_dW2_corrected = v_dW2 / (1 - 0.8^3)"
    assert t["s_dW2_corrected"].formula.latex == r"\hat{s}_{dW^{[2]}} = s_{dW^{[2]}} / (1 - 0.9^{3})"
    said = "0.01/sqrt(1 - 0.9^3)" if epsilon_hat else "0.01"
    assert t["W2"].formula.text == f"W2 = W2 - 0.1 v_dW2_corrected / (sqrt(s_dW2_corrected) + {said})"


def test_the_slots_of_another_optimizer_are_refused() -> None:
    _, X, Y, network = problem(NETWORKS["course"])
    state = state_in_training(network, StepOptions(Optimizer("momentum")), None, 1)
    with pytest.raises(OptionError, match=r"^the state holds the slots v and adam has v, s; expected"):
        trace(state, X, Y, network, optimizer="adam")
    with pytest.raises(OptionError, match=r"^the state holds the slots v and gradient_descent has none"):
        trace(state, X, Y, network)


def test_weights_that_are_all_zero_are_refused() -> None:
    parameters, X, Y, network = problem(NETWORKS["saturating"])
    with pytest.raises(LabelError, match=r"^the weights are all 0; expected some above 0: training skips"):
        trace(parameters, X, Y, network, weights=np.zeros((1, 20)))


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
    clip_norm=st.none() | st.just(0.1),
)
def test_any_network_can_be_traced(
    network: Network, m: int, optimizer: Any, weighted: bool, clip_norm: float | None
) -> None:
    parameters, X, Y, _ = problem(network, m)
    before = {name: value.copy() for name, value in parameters.items()}
    weights = np.ones((1, m)) if weighted else None
    t = trace(parameters, X, Y, network, optimizer=optimizer, weights=weights, clip_norm=clip_norm)
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
            for step in trace(*problem(network), optimizer=optimizer, clip_norm=0.1):
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
        how: dict[str, Any] = {"optimizer": "adam", "clip_norm": 0.05}
        t = trace(parameters, library.array(net.X), library.array(net.Y), **how)
        expected = trace(net.parameters, net.X, net.Y, **how)
        # From a state of the library, and from one of NumPy's, which a model file or a checkpoint gives.
        t = trace(t.after, t.X, t.Y, **how)
        assert expected.after is not None
        narrow = tree_map(lambda value: value.astype(library.dtype), list(expected.after[:2]))
        from_numpy = trace(TrainingState(*narrow, *expected.after[2:]), t.X, t.Y, **how)
        expected = trace(expected.after, net.X, net.Y, **how)
        assert t.names == from_numpy.names == expected.names
        assert all(not step.shape or library.owns(step.value) for step in from_numpy)
        for step in t:
            assert not step.shape or library.owns(step.value), step.name
            tolerance = {"rtol": 10 * library.tolerance, "atol": library.tolerance}
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
    assert t.after is None
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
    with pytest.raises(OptionError, match=r"^layer is 4; expected an integer from 0 to 3$"):
        t.layer(4)


def test_refusals() -> None:
    parameters, X, Y, network = problem(NETWORKS["course"])
    with pytest.raises(
        ShapeError, match=r"^W1 has shape \(5, 4\); expected \(6, 4\) to fit layer_dims \[4, 6"
    ):
        trace(parameters, X, Y, Network((4, 6, 3, 1)))
    with pytest.raises(ShapeError, match="the parameters hold W3, b3; expected W1, b1, W2, b2"):
        trace(parameters, X, Y, Network((4, 5, 3)))
    with pytest.raises(ParametersError, match="missing b2"):
        trace({name: parameters[name] for name in parameters if name != "b2"}, X, Y)
    with pytest.raises(ShapeError, match="layer 1"):
        trace(parameters, X[:3], Y, network)
    with pytest.raises(ShapeError, match=r"^Y has shape \(1, 19\); expected \(1, 20\), the shape of ZL"):
        trace(parameters, X, Y[:, 1:], network)
    with pytest.raises(ShapeError, match="weights has shape"):
        trace(parameters, X, Y, network, weights=np.ones(20))
    with pytest.raises(OptionError, match="optimizer is 'sgd'"):
        trace(parameters, X, Y, optimizer="sgd")
    with pytest.raises(OptionError, match="learning_rate is 0; expected a number above 0"):
        trace(parameters, X, Y, learning_rate=0)
    with pytest.raises(OptionError, match="clip_norm is 0; expected a number above 0"):
        trace(parameters, X, Y, clip_norm=0)


def test_it_is_the_course_by_default() -> None:
    parameters, X, Y, _ = problem(NETWORKS["course"])
    AL, _ = L_model_forward(X, parameters)
    t = pellucid.trace(parameters, X, Y)
    assert t.network == Network((4, 5, 3, 1))
    same(t["A3"].value, AL)
