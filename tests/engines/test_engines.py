"""One suite for every engine: what a session is, how it stops, what it leaves alone."""

import _thread
import threading
from typing import Any

import numpy as np
import pytest

from helpers import LIBRARIES, to_numpy
from oracle import Oracle
from pellucid import Network, Optimizer, initialize_parameters_deep
from pellucid.engines import ENGINES, Batches, Session, Steps, engine_named
from pellucid.errors import DivergenceError, OptionError

every_engine = pytest.mark.parametrize("engine", ENGINES)


def problem(network: Network, m: int = 20) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.RandomState(0)
    X = rng.randn(network.n_x, m)
    labels = rng.randint(max(2, network.n_y), size=m)
    Y = labels.reshape(1, -1) if network.n_y == 1 else np.eye(network.n_y)[:, labels]
    return X, Y.astype(float), initialize_parameters_deep(network.layer_dims, scheme="he", rng=1)


def assert_same(found: Any, expected: Any, tolerance: float = 1e-9) -> None:
    assert list(found) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=tolerance, atol=1e-12, err_msg=name)


@every_engine
def test_batches_are_taken_in_order(engine: str) -> None:
    network = Network((4, 5, 1))
    X, Y, parameters = problem(network)
    batches = Batches.of([[3, 1, 2], np.array([19, 0]), range(20), [7, 7]])
    session = engine_named(engine).open(network, parameters, X, Y)
    oracle = Oracle(network, parameters, X, Y)
    costs = session.advance(batches, 0.2)
    np.testing.assert_allclose(costs, oracle.advance(batches, 0.2), rtol=1e-9)
    assert all(type(cost) is float for cost in costs)
    assert session.iteration == 4
    assert_same(session.snapshot(), oracle.parameters)


@every_engine
def test_a_step_on_all_columns_is_one_on_them_named(engine: str) -> None:
    network = Network((4, 5, 1))
    X, Y, parameters = problem(network)
    full, named = (engine_named(engine).open(network, parameters, X, Y) for _ in range(2))
    np.testing.assert_allclose(
        full.advance(Batches.full(3), 0.2), named.advance(Batches.of([range(20)] * 3), 0.2), rtol=1e-12
    )
    assert_same(full.snapshot(), named.snapshot())


@every_engine
def test_a_rate_for_each_step(engine: str) -> None:
    network = Network((4, 5, 1))
    X, Y, parameters = problem(network)
    at_once, one_by_one = (engine_named(engine).open(network, parameters, X, Y) for _ in range(2))
    rates = np.array([0.3, 0.1, 0.0])
    costs = at_once.advance(Batches.full(3), rates)
    assert costs == [cost for rate in rates for cost in one_by_one.advance(Batches.full(), rate)]
    assert_same(at_once.snapshot(), one_by_one.snapshot(), 0)
    assert at_once.advance(Batches.full(3), list(rates)) == one_by_one.advance(
        Batches.full(3), tuple(rates)
    )


@every_engine
def test_no_batches_are_no_steps(engine: str) -> None:
    network = Network((4, 5, 1))
    X, Y, parameters = problem(network)
    session = engine_named(engine).open(network, parameters, X, Y)
    assert session.advance(Batches.full(0), 0.1) == []
    assert session.iteration == 0
    assert_same(session.finish(), parameters, 0)


@every_engine
def test_what_adam_counts_are_the_steps_that_were_taken(engine: str) -> None:
    network = Network((4, 5, 1), dropout=0.5, l2=0.1)
    X, Y, parameters = problem(network)
    weights = (np.arange(20) >= 5).astype(float).reshape(1, -1)
    batches = Batches.of([range(5), range(5), range(20), range(3, 9)])
    arguments = network, parameters, X, Y
    options: Any = {"weights": weights, "steps": Steps(Optimizer("adam"))}
    session, oracle = engine_named(engine).open(*arguments, **options), Oracle(*arguments, **options)
    assert session.advance(Batches.of([range(5), range(2)]), 0.1) == [0.0, 0.0]
    assert session.iteration == 2
    assert_same(session.snapshot(), parameters, 0)
    oracle.advance(Batches.of([range(5), range(2)]), 0.1)
    np.testing.assert_allclose(session.advance(batches, 0.1), oracle.advance(batches, 0.1), rtol=1e-9)
    assert_same(session.finish(), oracle.parameters)


@every_engine
def test_equal_weights_are_none(engine: str) -> None:
    network = Network((4, 5, 1), l2=0.3)
    X, Y, parameters = problem(network)
    plain = engine_named(engine).open(network, parameters, X, Y)
    weighed = engine_named(engine).open(network, parameters, X, Y, weights=np.ones((1, 20)))
    np.testing.assert_allclose(
        plain.advance(Batches.full(5), 0.1), weighed.advance(Batches.full(5), 0.1), rtol=1e-12
    )
    assert_same(plain.snapshot(), weighed.snapshot())


@every_engine
def test_an_example_that_counts_twice_is_two(engine: str) -> None:
    network = Network((4, 5, 3), output_activation="softmax")
    X, Y, parameters = problem(network)
    weights = np.where(np.arange(20) == 4, 2.0, 1.0).reshape(1, -1)
    weighed = engine_named(engine).open(network, parameters, X, Y, weights=weights)
    twice = engine_named(engine).open(network, parameters, X, Y)
    columns = Batches.of([[*range(20), 4]] * 5)
    np.testing.assert_allclose(
        weighed.advance(Batches.full(5), 0.1), twice.advance(columns, 0.1), rtol=1e-9
    )
    assert_same(weighed.snapshot(), twice.snapshot())


@every_engine
def test_dropout_follows_its_seed(engine: str) -> None:
    network = Network((4, 5, 1), dropout=0.5)
    X, Y, parameters = problem(network)

    def trained(seed: int) -> dict[str, np.ndarray]:
        session = engine_named(engine).open(network, parameters, X, Y, steps=Steps(dropout_seed=seed))
        session.advance(Batches.full(3), 0.1)
        return session.snapshot()

    assert_same(trained(2**63 + 1), trained(2**63 + 1), 0)
    assert not np.array_equal(trained(1)["W1"], trained(2)["W1"])


@pytest.mark.parametrize("library", LIBRARIES, ids=str)
def test_reference_runs_on_the_library_of_the_data(library: Any) -> None:
    network = Network((4, 5, 3), output_activation="softmax")
    X, Y, parameters = problem(network)
    batches = Batches.of([range(20), [0, 5, 7]])
    with library.ready():
        session = engine_named("reference").open(network, parameters, library.array(X), library.array(Y))
        costs = session.advance(batches, 0.1)
        result = session.finish()
        assert all(library.owns(value) for value in result.values())
    plain = engine_named("reference").open(network, parameters, X, Y)
    tolerance = 1e-10 if library.dtype == "float64" else 1e-4
    np.testing.assert_allclose(costs, plain.advance(batches, 0.1), rtol=tolerance)
    for name, value in plain.finish().items():
        np.testing.assert_allclose(to_numpy(result[name]), value, rtol=tolerance, atol=tolerance)


@pytest.fixture(params=ENGINES)
def diverging(request: pytest.FixtureRequest) -> Session:
    network = Network((2, 3, 1), hidden_activation="identity")
    X, Y, parameters = problem(network)
    return engine_named(request.param).open(network, parameters, X * 1e100, Y)


def test_a_cost_that_is_not_finite_stops_before_the_step(diverging: Session) -> None:
    before = diverging.snapshot()
    assert np.isfinite(diverging.advance(Batches.full(), 1e150)).all()
    with pytest.raises(
        DivergenceError,
        match=r"^the cost became (nan|inf) at iteration 1: Z[12] \(layer [12]\) is the first that is not "
        r"finite; expected a finite number: take a smaller learning rate, or scale the inputs$",
    ) as caught:
        diverging.advance(Batches.full(2), 1e150)
    assert caught.value.iteration == 1
    for name, value in before.items():
        np.testing.assert_array_equal(caught.value.parameters[name], value)
        np.testing.assert_array_equal(diverging.snapshot()[name], value)


def test_the_parameters_are_the_last_whose_cost_was_finite(diverging: Session) -> None:
    start = diverging.snapshot()
    diverging.advance(Batches.full(3), 1e-101)
    before = diverging.snapshot()
    assert not np.allclose(before["W1"], start["W1"])
    with pytest.raises(DivergenceError, match=r"^the cost became (nan|inf) at iteration 4") as caught:
        diverging.advance(Batches.full(5), [1e150] * 5)
    assert_same(caught.value.parameters, before, 0)
    assert_same(diverging.snapshot(), before, 0)


def test_a_last_step_that_overflows_is_found(diverging: Session) -> None:
    before = diverging.snapshot()
    diverging.advance(Batches.full(), 1e250)
    with pytest.raises(DivergenceError, match=r"[Wb]\d is no longer finite after iteration 0") as caught:
        diverging.finish()
    np.testing.assert_array_equal(caught.value.parameters["W1"], before["W1"])


@every_engine
def test_a_last_step_whose_cost_is_not_finite_is_found(engine: str) -> None:
    network = Network((3, 4, 4, 1))
    X, Y, parameters = problem(network)
    session = engine_named(engine).open(network, parameters, X, Y)
    session.advance(Batches.full(), 1e200)
    assert all(np.isfinite(value).all() for value in session.snapshot().values())
    with pytest.raises(
        DivergenceError, match=r"the cost became (nan|inf) at iteration 1, after the last"
    ) as caught:
        session.finish()
    np.testing.assert_array_equal(caught.value.parameters["W1"], parameters["W1"])


@every_engine
def test_the_first_layer_that_is_not_finite_is_named(engine: str) -> None:
    network = Network((2, 3, 3, 1), hidden_activation="identity", dropout=0.2)
    X, Y, parameters = problem(network)
    parameters |= {"W1": parameters["W1"] * 1e200, "W2": parameters["W2"] * 1e200}
    session = engine_named(engine).open(network, parameters, X, Y)
    with pytest.raises(DivergenceError) as caught:
        session.advance(Batches.full(), 0.1)
    assert "at iteration 0: Z2 (layer 2) is the first that is not finite; expected" in str(caught.value)
    assert_same(caught.value.parameters, parameters, 0)
    with pytest.raises(
        DivergenceError, match=r"at iteration 0, after the last step: Z2 \(layer 2\) is the"
    ):
        session.finish()


@every_engine
def test_no_layer_is_named_where_all_are_finite(engine: str) -> None:
    sentence = (
        "the cost became inf at iteration 0; expected a finite number: take a smaller learning rate, "
        "or scale the inputs"
    )
    for network, factor in (
        (Network((2, 1), l2=0.1), 1e200),
        (Network((2, 1), output_activation="exp"), 1e4),
    ):
        X, Y, parameters = problem(network)
        X, parameters = np.abs(X), {"W1": np.full((1, 2), factor), "b1": np.zeros((1, 1))}
        session = engine_named(engine).open(network, parameters, X, Y)
        with pytest.raises(DivergenceError) as caught:
            session.advance(Batches.full(), 0.1)
        assert str(caught.value) == sentence


@every_engine
def test_a_batch_without_weight_does_not_vouch_for_the_parameters(engine: str) -> None:
    network = Network((2, 3, 1), hidden_activation="identity")
    X, Y, parameters = problem(network)
    weights = (np.arange(20) > 4).astype(float).reshape(1, -1)
    session = engine_named(engine).open(network, parameters, X * 1e100, Y, weights=weights)
    with pytest.raises(DivergenceError, match="at iteration 3") as caught:
        session.advance(Batches.of([range(20), range(4), range(4), range(20)]), 1e150)
    assert_same(caught.value.parameters, parameters, 0)


@every_engine
def test_ctrl_c_leaves_the_session_after_a_complete_step(engine: str) -> None:
    network = Network((4, 5, 1))
    X, Y, parameters = problem(network)
    session, again = (
        engine_named(engine).open(network, parameters, X, Y, steps=Steps(Optimizer("adam")))
        for _ in range(2)
    )
    threading.Timer(0.2, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        session.advance(Batches.full(10**8), 1e-3)
    taken = session.iteration
    again.advance(Batches.full(taken), 1e-3)
    assert_same(session.snapshot(), again.snapshot(), 0)
    session.advance(Batches.full(2), 1e-3)
    again.advance(Batches.full(2), 1e-3)
    assert_same(session.finish(), again.finish(), 0)


def test_ctrl_c_within_a_step_undoes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from pellucid.engines import reference

    network = Network((4, 5, 1))
    X, Y, parameters = problem(network)
    session, again = (engine_named("reference").open(network, parameters, X, Y) for _ in range(2))
    again.advance(Batches.full(2), 0.1)
    calls = iter([False, False, True])

    def interrupted(*arguments: Any) -> Any:
        if next(calls):
            raise KeyboardInterrupt
        return follow(*arguments)

    follow = reference.follow
    monkeypatch.setattr(reference, "follow", interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.advance(Batches.full(5), 0.1)
    assert session.iteration == 2
    assert_same(session.snapshot(), again.snapshot(), 0)


@every_engine
def test_what_was_given_is_not_changed(engine: str) -> None:
    network = Network((4, 5, 1))
    X, Y, parameters = problem(network)
    copies = [array.copy() for array in (X, Y, *parameters.values())]
    session = engine_named(engine).open(network, parameters, X, Y)
    session.advance(Batches.full(2), 0.5)
    snapshot = session.snapshot()
    kept = {name: value.copy() for name, value in snapshot.items()}
    session.advance(Batches.full(2), 0.5)
    for array, copy in zip((X, Y, *parameters.values()), copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    for name, value in snapshot.items():
        np.testing.assert_array_equal(value, kept[name])


def test_unknown_engines_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OptionError, match=rf"unknown engine 'warp'; expected auto, {', '.join(ENGINES)}"):
        engine_named("warp")
    monkeypatch.setenv("PELLUCID_ENGINE", "steam")
    with pytest.raises(OptionError, match=r"'steam' \(from PELLUCID_ENGINE\)"):
        engine_named("auto")
    monkeypatch.setenv("PELLUCID_ENGINE", "reference")
    assert engine_named().name == "reference"
