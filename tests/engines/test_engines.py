"""One suite for every engine: how a session advances, stops, and what it leaves alone."""

import _thread
import threading
from typing import Any

import numpy as np
import pytest

import pellucid.engines
from helpers import to_numpy
from oracle import Oracle
from pellucid import Network, Optimizer
from pellucid.engines import ENGINES, Batches, Session, StepOptions, engine_for
from pellucid.errors import DivergenceError, OptionError
from pellucid.examples import Examples
from sessions import Trained, assert_near, every_engine, on_numpy, problem


def rescaled(examples: Examples, factor: float) -> Examples:
    return Examples(examples.X * factor, examples.Y, examples.weights, finite=True)


def weighed(examples: Examples, weights: Any) -> Examples:
    return Examples(examples.X, examples.Y, np.asarray(weights, float).reshape(1, -1), finite=True)


@every_engine
def test_batches_are_taken_in_order(trained: Trained) -> None:
    network = Network((4, 5, 1))
    examples, parameters = problem(network)
    batches = Batches.of([[3, 1, 2], np.array([19, 0]), range(20), [7, 7]])
    session = trained.open(network, examples, parameters)
    oracle = Oracle(network, parameters, examples.X, examples.Y)
    found = session.advance(batches, 0.2)
    assert_near(found.cost, oracle.advance(batches, 0.2), trained.tolerance)
    assert found.penalty == [0.0] * 4
    assert all(type(cost) is float for cost in found.cost)
    assert session.state().step_count == 4
    assert_near(session.finish(), oracle.parameters, trained.tolerance)


@on_numpy
def test_a_step_on_all_columns_is_one_on_them_named(trained: Trained) -> None:
    network = Network((4, 5, 1))
    examples, parameters = problem(network)
    full, named = (trained.open(network, examples, parameters) for _ in range(2))
    costs = full.advance(Batches.full(3), 0.2), named.advance(Batches.of([range(20)] * 3), 0.2)
    assert_near(*(found.cost for found in costs), trained.tolerance / 1000)
    assert_near(full.finish(), named.finish(), trained.tolerance / 1000)


@every_engine
def test_a_rate_for_each_step(trained: Trained) -> None:
    network = Network((4, 5, 1))
    examples, parameters = problem(network)
    at_once, one_by_one = (trained.open(network, examples, parameters) for _ in range(2))
    rates = np.array([0.3, 0.1, 0.0])
    costs = at_once.advance(Batches.full(3), rates).cost
    assert costs == [cost for rate in rates for cost in one_by_one.advance(Batches.full(), rate).cost]
    assert_near(at_once.state().parameters, one_by_one.state().parameters, 0.0)
    assert at_once.advance(Batches.full(3), list(rates)) == one_by_one.advance(
        Batches.full(3), tuple(rates)
    )


@every_engine
def test_no_batches_are_no_steps(trained: Trained) -> None:
    network = Network((4, 5, 1))
    examples, parameters = problem(network)
    session = trained.open(network, examples, parameters)
    assert session.advance(Batches.full(0), 0.1) == ([], [])
    assert session.state().step_count == 0
    assert_near(session.finish(), trained.arrays(parameters), 0.0)


@every_engine
def test_what_adam_counts_are_the_steps_that_changed_something(trained: Trained) -> None:
    network = Network((4, 5, 1), dropout=0.5, l2=0.1)
    examples, parameters = problem(network)
    examples = weighed(examples, np.arange(20) >= 5)
    batches = Batches.of([range(5), range(5), range(20), range(3, 9)])
    options = StepOptions(Optimizer("adam"))
    session = trained.open(network, examples, parameters, options)
    oracle = Oracle(network, parameters, examples.X, examples.Y, examples.weights, options)
    assert session.advance(Batches.of([range(5), range(2)]), 0.1) == ([0.0, 0.0], [0.0, 0.0])
    assert (session.state().update_count, session.state().step_count) == (0, 2)
    assert_near(session.state().parameters, trained.arrays(parameters), 0.0)
    oracle.advance(Batches.of([range(5), range(2)]), 0.1)
    assert_near(session.advance(batches, 0.1).cost, oracle.advance(batches, 0.1), trained.tolerance)
    assert_near(session.finish(), oracle.parameters, trained.tolerance)


@on_numpy
def test_equal_weights_are_none(trained: Trained) -> None:
    network = Network((4, 5, 1), l2=0.3)
    examples, parameters = problem(network)
    plain = trained.open(network, examples, parameters)
    equal = trained.open(network, weighed(examples, np.ones(20)), parameters)
    costs = plain.advance(Batches.full(5), 0.1), equal.advance(Batches.full(5), 0.1)
    assert_near(*(found.cost for found in costs), trained.tolerance / 1000)
    assert_near(plain.finish(), equal.finish(), trained.tolerance / 1000)


@on_numpy
def test_an_example_that_counts_twice_is_two(trained: Trained) -> None:
    network = Network((4, 5, 3), output_activation="softmax")
    examples, parameters = problem(network)
    double = trained.open(network, weighed(examples, np.where(np.arange(20) == 4, 2, 1)), parameters)
    twice = trained.open(network, examples, parameters)
    columns = Batches.of([[*range(20), 4]] * 5)
    costs = double.advance(Batches.full(5), 0.1), twice.advance(columns, 0.1)
    assert_near(*(found.cost for found in costs), trained.tolerance)
    assert_near(double.finish(), twice.finish(), trained.tolerance)


@every_engine
def test_dropout_follows_its_seed(trained: Trained) -> None:
    network = Network((4, 5, 1), dropout=0.5)
    examples, parameters = problem(network)

    def weights_after(seed: int) -> np.ndarray:
        session = trained.open(network, examples, parameters, StepOptions(dropout_seed=seed))
        session.advance(Batches.full(3), 0.1)
        return to_numpy(session.state().parameters["W1"])

    np.testing.assert_array_equal(weights_after(2**63 + 1), weights_after(2**63 + 1))
    assert not np.array_equal(weights_after(1), weights_after(2))


def diverging(trained: Trained) -> tuple[Session, dict[str, Any]]:
    """A session whose inputs are large, and its parameters."""
    network = Network((2, 3, 1), hidden_activation="identity")
    examples, parameters = problem(network)
    factor = 1e100 if trained.backend.dtype == "float64" else 1e15
    return trained.open(network, rescaled(examples, factor), parameters), trained.arrays(parameters)


@every_engine
def test_a_cost_that_is_not_finite_stops_before_the_step(trained: Trained) -> None:
    session, before = diverging(trained)
    assert np.isfinite(session.advance(Batches.full(), trained.huge).cost).all()
    with pytest.raises(
        DivergenceError,
        match=r"^the cost became (nan|inf) at iteration 1: Z[12] \(layer [12]\) is the first that is not "
        r"finite; expected a finite number: take a smaller learning rate, or scale the inputs$",
    ) as caught:
        session.advance(Batches.full(2), trained.huge)
    assert caught.value.iteration == 1
    assert_near(caught.value.parameters, before, 0.0)
    assert_near(session.state().parameters, before, 0.0)


@every_engine
def test_the_parameters_are_the_last_whose_cost_was_finite(trained: Trained) -> None:
    session, start = diverging(trained)
    session.advance(Batches.full(3), 1e-101 if trained.backend.dtype == "float64" else 1e-16)
    before = {name: np.array(to_numpy(value)) for name, value in session.state().parameters.items()}
    assert not np.allclose(before["W1"], to_numpy(start["W1"]))
    with pytest.raises(DivergenceError, match=r"^the cost became (nan|inf) at iteration 4") as caught:
        session.advance(Batches.full(5), [trained.huge] * 5)
    assert_near(caught.value.parameters, before, 0.0)
    assert_near(session.state().parameters, before, 0.0)


@every_engine
def test_a_last_step_that_overflows_is_found(trained: Trained) -> None:
    session, before = diverging(trained)
    session.advance(Batches.full(), 1e250 if trained.backend.dtype == "float64" else 1e38)
    with pytest.raises(DivergenceError, match=r"[Wb]\d is no longer finite after iteration 0") as caught:
        session.finish()
    assert_near(caught.value.parameters, before, 0.0)


@every_engine
def test_a_last_step_whose_cost_is_not_finite_is_found(trained: Trained) -> None:
    network = Network((3, 4, 4, 1))
    examples, parameters = problem(network)
    session = trained.open(network, examples, parameters)
    session.advance(Batches.full(), 1e200 if trained.backend.dtype == "float64" else 1e30)
    assert all(np.isfinite(to_numpy(value)).all() for value in session.state().parameters.values())
    with pytest.raises(
        DivergenceError, match=r"the cost became (nan|inf) at iteration 1, after the last"
    ) as caught:
        session.finish()
    assert_near(caught.value.parameters, trained.arrays(parameters), 0.0)


@on_numpy
def test_the_first_layer_that_is_not_finite_is_named(trained: Trained) -> None:
    network = Network((2, 3, 3, 1), hidden_activation="identity", dropout=0.2)
    examples, parameters = problem(network)
    factor = 1e200 if trained.backend.dtype == "float64" else 1e30
    parameters |= {"W1": parameters["W1"] * factor, "W2": parameters["W2"] * factor}
    session = trained.open(network, examples, parameters)
    with pytest.raises(DivergenceError) as caught:
        session.advance(Batches.full(), 0.1)
    assert "at iteration 0: Z2 (layer 2) is the first that is not finite; expected" in str(caught.value)
    assert_near(caught.value.parameters, trained.arrays(parameters), 0.0)
    with pytest.raises(
        DivergenceError, match=r"at iteration 0, after the last step: Z2 \(layer 2\) is the"
    ):
        session.finish()


@on_numpy
def test_no_layer_is_named_where_all_are_finite(trained: Trained) -> None:
    sentence = (
        "the cost became inf at iteration 0; expected a finite number: take a smaller learning rate, "
        "or scale the inputs"
    )
    large = 1e200 if trained.backend.dtype == "float64" else 1e25
    for network, factor in (
        (Network((2, 1), l2=0.1), large),
        (Network((2, 1), output_activation="exp"), 1e4),
    ):
        examples, _ = problem(network)
        parameters = {"W1": np.full((1, 2), factor), "b1": np.zeros((1, 1))}
        positive = Examples(np.abs(examples.X) + 0.1, examples.Y, None, finite=True)
        session = trained.open(network, positive, parameters)
        with pytest.raises(DivergenceError) as caught:
            session.advance(Batches.full(), 0.1)
        assert str(caught.value) == sentence


@every_engine
def test_a_batch_without_weight_does_not_vouch_for_the_parameters(trained: Trained) -> None:
    network = Network((2, 3, 1), hidden_activation="identity")
    examples, parameters = problem(network)
    examples = weighed(examples, np.arange(20) > 4)
    session = trained.open(network, examples, parameters)
    with pytest.raises(DivergenceError, match="at iteration 3") as caught:
        session.advance(Batches.of([range(20), range(4), range(4), range(20)]), trained.huge)
    assert_near(caught.value.parameters, trained.arrays(parameters), 0.0)


@every_engine
def test_after_a_batch_without_weight_the_end_goes_back_as_far(trained: Trained) -> None:
    network = Network((2, 3, 1), hidden_activation="identity")
    examples, parameters = problem(network)
    examples = weighed(examples, np.arange(20) > 4)
    steps = Batches.of([range(20), range(20), range(4)])
    session, again = (trained.open(network, examples, parameters) for _ in range(2))
    again.advance(steps.part(0, 1), 0.1)
    session.advance(steps, [0.1, trained.huge, 0.1])
    with pytest.raises(
        DivergenceError, match=r"iteration 3, after the last step|after iteration 2"
    ) as caught:
        session.finish()
    assert_near(caught.value.parameters, again.state().parameters, 0.0)
    assert (session.state().update_count, session.state().step_count) == (1, 3)


@on_numpy
def test_a_penalty_that_is_not_finite_is_found_at_the_end(trained: Trained) -> None:
    network = Network((2, 1), l2=0.1)
    examples, parameters = problem(network)
    session = trained.open(network, rescaled(examples, 0.0), parameters)
    large = 1e200 if trained.backend.dtype == "float64" else 1e25
    session.gradient({name: value * large for name, value in trained.arrays(parameters).items()})
    with pytest.raises(DivergenceError, match="the cost became inf at iteration 0, after the last step"):
        session.finish()


@every_engine
def test_ctrl_c_leaves_the_session_after_a_complete_step(trained: Trained) -> None:
    network = Network((4, 5, 1))
    examples, parameters = problem(network)
    options = StepOptions(Optimizer("adam"))
    session, again = (trained.open(network, examples, parameters, options) for _ in range(2))
    session.advance(Batches.full(2), 1e-3)
    threading.Timer(0.2, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        session.advance(Batches.full(10**8), 1e-3)
    again.advance(Batches.full(session.state().step_count), 1e-3)
    assert_near(session.state().parameters, again.state().parameters, 0.0)
    session.advance(Batches.full(2), 1e-3)
    again.advance(Batches.full(2), 1e-3)
    assert_near(session.finish(), again.finish(), 0.0)


def test_ctrl_c_within_a_step_undoes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from pellucid.engines import TrainingState, reference

    network = Network((4, 5, 1))
    examples, parameters = problem(network)
    engine = engine_for("reference")
    session, again = (engine.open(network, examples, TrainingState(parameters)) for _ in range(2))
    again.advance(Batches.full(2), 0.1)
    calls = iter([False, False, True])

    def interrupted(*arguments: Any) -> Any:
        if next(calls):
            raise KeyboardInterrupt
        return apply_update(*arguments)

    apply_update = reference.apply_update
    monkeypatch.setattr(reference, "apply_update", interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.advance(Batches.full(5), 0.1)
    assert session.state().step_count == 2
    assert_near(session.state().parameters, again.state().parameters, 0.0)


@every_engine
def test_what_was_given_is_not_changed(trained: Trained) -> None:
    network = Network((4, 5, 1))
    given, start = problem(network)
    examples, parameters = trained.examples(given), trained.arrays(start)
    session = trained.of().open(
        network, examples, pellucid.engines.TrainingState(parameters), StepOptions(Optimizer("adam"))
    )
    session.advance(Batches.full(2), 0.5)
    session.evaluate(examples)
    session.gradient(parameters)
    expected = trained.arrays({"X": given.X, "Y": given.Y, **start})
    assert_near({"X": examples.X, "Y": examples.Y, **parameters}, expected, 0.0)


def test_unknown_engines_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OptionError, match=rf"unknown engine 'warp'; expected auto, {', '.join(ENGINES)}"):
        engine_for("warp")
    monkeypatch.setenv("PELLUCID_ENGINE", "steam")
    with pytest.raises(OptionError, match=r"'steam' \(from PELLUCID_ENGINE\)"):
        engine_for("auto")
    monkeypatch.setenv("PELLUCID_ENGINE", "reference")
    assert engine_for().name == "reference"
