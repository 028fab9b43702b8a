"""One suite for every engine: same steps, same numbers as the core functions called by hand."""

import itertools
from typing import Any

import numpy as np
import pytest

from helpers import LIBRARIES, to_numpy
from pellucid import Network, initialize_parameters_deep, update_parameters
from pellucid.core import L_model_backward, L_model_forward
from pellucid.core.cost import COSTS
from pellucid.engines import ENGINES, Session, engine_named
from pellucid.errors import DivergenceError, OptionError

HIDDEN = ("relu", "tanh", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "identity")


def problem(network: Network, m: int = 20) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.RandomState(0)
    X = rng.randn(network.n_x, m)
    labels = rng.randint(max(2, network.n_y), size=m)
    Y = labels.reshape(1, -1) if network.n_y == 1 else np.eye(network.n_y)[:, labels]
    return X, Y.astype(float), initialize_parameters_deep(network.layer_dims, scheme="he", rng=1)


def by_hand(network: Network, parameters: Any, X: Any, Y: Any, rate: float) -> tuple[float, Any]:
    AL, caches = L_model_forward(X, parameters, **network.activations)
    cost = COSTS[network.cost].forward(caches[-1][1], Y)
    grads = L_model_backward(AL, Y, caches, **network.activations)
    return float(cost), update_parameters(parameters, grads, rate)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("hidden", "n_y"), list(itertools.product(HIDDEN, (1, 3))))
def test_fifty_steps_are_those_of_the_core(engine: str, hidden: str, n_y: int) -> None:
    network = Network.for_classes(4, (5, 3), max(2, n_y), hidden_activation=hidden)
    X, Y, parameters = problem(network)
    session = engine_named(engine).open(network, parameters, X, Y)
    expected = parameters
    for _ in range(50):
        cost, expected = by_hand(network, expected, X, Y, 0.1)
        assert session.advance([None], 0.1) == [pytest.approx(cost, rel=1e-9)]
    for name, value in session.snapshot().items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_batches_are_taken_in_order(engine: str) -> None:
    network = Network((4, 5, 1))
    X, Y, parameters = problem(network)
    batches = [np.array([3, 1, 2]), np.array([19, 0]), None]
    session = engine_named(engine).open(network, parameters, X, Y)
    costs = session.advance(batches, 0.2)
    expected = parameters
    for batch, cost in zip(batches, costs, strict=True):
        columns = slice(None) if batch is None else batch
        by_core, expected = by_hand(network, expected, X[:, columns], Y[:, columns], 0.2)
        assert cost == pytest.approx(by_core, rel=1e-9)
    assert session.iteration == 3
    for name, value in session.snapshot().items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-9)


@pytest.mark.parametrize("library", LIBRARIES, ids=str)
def test_reference_runs_on_the_library_of_the_data(library: Any) -> None:
    network = Network((4, 5, 3), output_activation="softmax")
    X, Y, parameters = problem(network)
    with library.ready():
        session = engine_named("reference").open(network, parameters, library.array(X), library.array(Y))
        costs = session.advance([None, np.array([0, 5, 7]), None], 0.1)
        result = session.finish()
        assert all(library.owns(value) for value in result.values())
    plain = engine_named("reference").open(network, parameters, X, Y)
    tolerance = 1e-10 if library.dtype == "float64" else 1e-4
    np.testing.assert_allclose(costs, plain.advance([None, np.array([0, 5, 7]), None], 0.1), rtol=tolerance)
    for name, value in plain.finish().items():
        np.testing.assert_allclose(to_numpy(result[name]), value, rtol=tolerance, atol=tolerance)


@pytest.fixture(params=ENGINES)
def diverging(request: pytest.FixtureRequest) -> Session:
    network = Network((2, 3, 1), hidden_activation="identity")
    X, Y, parameters = problem(network)
    return engine_named(request.param).open(network, parameters, X * 1e100, Y)


def test_a_cost_that_is_not_finite_stops_before_the_step(diverging: Session) -> None:
    before = diverging.snapshot()
    assert np.isfinite(diverging.advance([None], 1e150)).all()
    with pytest.raises(
        DivergenceError, match=r"cost became (nan|inf) at iteration 1; .* smaller learning"
    ) as caught:
        diverging.advance([None, None], 1e150)
    assert caught.value.iteration == 1
    for name, value in before.items():
        np.testing.assert_array_equal(caught.value.parameters[name], value)
        np.testing.assert_array_equal(diverging.snapshot()[name], value)


def test_a_last_step_that_overflows_is_found(diverging: Session) -> None:
    before = diverging.snapshot()
    diverging.advance([None], 1e250)
    with pytest.raises(DivergenceError, match=r"[Wb]\d is no longer finite after iteration 0") as caught:
        diverging.finish()
    np.testing.assert_array_equal(caught.value.parameters["W1"], before["W1"])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_last_step_whose_cost_is_not_finite_is_found(engine: str) -> None:
    network = Network((3, 4, 4, 1))
    X, Y, parameters = problem(network)
    session = engine_named(engine).open(network, parameters, X, Y)
    session.advance([None], 1e200)
    assert all(np.isfinite(value).all() for value in session.snapshot().values())
    with pytest.raises(
        DivergenceError, match=r"the cost became (nan|inf) at iteration 1, after the last"
    ) as caught:
        session.finish()
    np.testing.assert_array_equal(caught.value.parameters["W1"], parameters["W1"])


@pytest.mark.parametrize("engine", ENGINES)
def test_what_was_given_is_not_changed(engine: str) -> None:
    network = Network((4, 5, 1))
    X, Y, parameters = problem(network)
    copies = [array.copy() for array in (X, Y, *parameters.values())]
    session = engine_named(engine).open(network, parameters, X, Y)
    session.advance([None, None], 0.5)
    snapshot = session.snapshot()
    kept = {name: value.copy() for name, value in snapshot.items()}
    session.advance([None, None], 0.5)
    for array, copy in zip((X, Y, *parameters.values()), copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    for name, value in snapshot.items():
        np.testing.assert_array_equal(value, kept[name])


def test_unknown_engines_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OptionError, match=r"unknown engine 'warp'; expected auto, reference"):
        engine_named("warp")
    monkeypatch.setenv("PELLUCID_ENGINE", "steam")
    with pytest.raises(OptionError, match=r"'steam' \(from PELLUCID_ENGINE\)"):
        engine_named("auto")
    monkeypatch.setenv("PELLUCID_ENGINE", "reference")
    assert engine_named().name == "reference"
