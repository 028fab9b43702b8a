"""Forward propagation alone: a session's evaluation of other examples, its gradient, and the predictors."""

from typing import Any

import numpy as np
import pytest

from helpers import to_numpy
from pellucid import Network, Optimizer
from pellucid.core import L_model_forward
from pellucid.engines import ENGINES, Batches, Predictor, StepOptions
from pellucid.examples import Examples
from sessions import NUMPY, Trained, assert_near, every_engine, on_numpy, problem

NETWORKS = [
    Network((5, 1)),
    Network((6, 7, 3), output_activation="softmax", label_smoothing=0.2, l2=0.5, dropout=0.4),
    Network((6, 9, 4, 2), hidden_activation=("gelu", "silu"), label_smoothing=0.1, input_dropout=0.3),
    Network((5, 8, 2), output_activation="identity", cost="huber", huber_delta=0.5, l1=0.1),
    Network((5, 8, 1), output_activation="exp"),
]
networks = pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.cost)


def expected_answers(network: Network, parameters: Any, examples: Examples) -> tuple[float, np.ndarray]:
    """The cost of the answers and AL, by the core functions in float64."""
    AL, caches = L_model_forward(examples.X, parameters, **network.activations)
    return network.answers_cost(caches[-1][1], examples.Y, examples.weights), AL


@every_engine
@networks
@pytest.mark.parametrize("weighted", [False, True])
def test_an_evaluation_is_the_cost_of_the_answers(
    trained: Trained, network: Network, weighted: bool
) -> None:
    training, parameters = problem(network)
    session = trained.open(network, training, parameters)
    for m in (1, 63, 300):
        other, _ = problem(network, m, seed=m, weighted=weighted)
        cost, AL = session.evaluate(trained.examples(other))
        right, answers = expected_answers(network, parameters, other)
        assert type(cost) is float
        assert cost == pytest.approx(right, rel=trained.tolerance)
        assert trained.backend.owns(AL)
        assert_near(AL, answers, trained.tolerance)
    # The training did not notice.
    plain = trained.open(network, training, parameters)
    assert session.advance(Batches.full(2), 0.01) == plain.advance(Batches.full(2), 0.01)


@on_numpy
@pytest.mark.parametrize("density", [1.0, 0.1])
def test_each_evaluation_is_at_the_parameters_of_its_moment(trained: Trained, density: float) -> None:
    network = Network((40, 64, 2))
    training, parameters = problem(network, 100)
    others = []
    for seed in (1, 2):
        other, _ = problem(network, 700, seed=seed)
        X = other.X * (np.random.RandomState(3).rand(*other.X.shape) < density)
        others.append(trained.examples(Examples(X, other.Y, None, finite=True)))
    session = trained.open(network, training, parameters, StepOptions(Optimizer("adam")))
    for i in (0, 0, 1, 0, 0, 1):
        session.advance(Batches.full(), 0.05)
        Y = others[i].Y if i else 1 - others[i].Y
        cost, AL = session.evaluate(Examples(others[i].X, Y, None, finite=True))
        state = {name: np.float64(value) for name, value in session.state().parameters.items()}
        right, answers = expected_answers(network, state, Examples(np.float64(others[i].X), np.float64(Y)))
        assert cost == pytest.approx(right, rel=1e-5)
        assert_near(AL, answers, 1e-5)


@every_engine
def test_a_cost_that_is_not_finite_is_told(trained: Trained) -> None:
    network = Network((3, 4, 1), output_activation="identity")
    examples, parameters = problem(network)
    session = trained.open(network, examples, parameters)
    session.gradient({name: value * 1e30 for name, value in trained.arrays(parameters).items()})
    large = Examples(examples.X * 1e30, examples.Y, None, finite=True)
    if trained.backend.dtype == "float64":
        large = Examples(examples.X * 1e200, examples.Y, None, finite=True)
    cost, _ = session.evaluate(trained.examples(large))
    assert not np.isfinite(cost)


@on_numpy
def test_infinite_weights_that_only_meet_zeros_are_not_overlooked(trained: Trained) -> None:
    network = Network((40, 64, 1))
    examples, parameters = problem(network, 100)
    parameters["W1"][3, 7] = np.inf
    X = examples.X * (np.random.RandomState(1).rand(40, 100) < 0.1)
    X[7] = 0
    session = trained.open(network, examples, parameters)
    cost, _ = session.evaluate(trained.examples(Examples(X, examples.Y, None, finite=True)))
    assert not np.isfinite(cost)


@every_engine
@pytest.mark.parametrize("clip_norm", [None, 1e-3])
def test_a_gradient_is_a_step_of_gradient_descent(trained: Trained, clip_norm: float | None) -> None:
    network = Network((4, 6, 2), output_activation="identity", l2=0.3, l1=0.2, dropout=0.25)
    examples, parameters = problem(network, 30, weighted=True)
    moving = trained.open(network, examples, parameters)
    moved = moving.advance(Batches.full(), 0.5)
    elsewhere = {name: value + 1 for name, value in parameters.items()}
    still = trained.open(network, examples, elsewhere, StepOptions(clip_norm=clip_norm))
    found = still.gradient(trained.arrays(parameters))
    assert [found.cost] == pytest.approx(moved.cost, rel=trained.tolerance)
    assert [found.penalty] == pytest.approx(moved.penalty, rel=trained.tolerance)
    assert type(found.cost) is type(found.penalty) is float
    state = still.state()
    assert (state.update_count, state.step_count) == (0, 0)
    assert_near(state.parameters, trained.arrays(parameters), 0.0)
    after = moving.state().parameters
    expected = {f"d{name}": (parameters[name] - to_numpy(after[name])) / 0.5 for name in parameters}
    assert_near(found.grads, expected, trained.tolerance)
    # And the session trains on from there.
    again = trained.open(network, examples, parameters, StepOptions(clip_norm=clip_norm))
    assert still.advance(Batches.full(), 0.5) == again.advance(Batches.full(), 0.5)


@on_numpy
@pytest.mark.parametrize("m", [30, 6000])
def test_the_outputs_of_a_gradient_are_the_answers(trained: Trained, m: int) -> None:
    network = Network((12, 140, 9, 3), output_activation="softmax", l2=0.1)
    examples, parameters = problem(network, m)
    session = trained.open(network, examples, parameters)
    found = session.gradient(parameters)
    AL, _ = L_model_forward(examples.X, parameters, **network.activations)
    assert_near(found.outputs, AL, trained.tolerance)
    penalty = 0.05 * sum(np.sum(value**2) for name, value in parameters.items() if name[0] == "W") / m
    assert found.penalty == pytest.approx(penalty, rel=trained.tolerance)


@every_engine
def test_a_gradient_where_the_cost_is_not_finite_is_none(trained: Trained) -> None:
    network = Network((2, 3, 1), output_activation="identity")
    examples, parameters = problem(network)
    session = trained.open(network, examples, parameters)
    factor = 1e200 if trained.backend.dtype == "float64" else 1e30
    found = session.gradient({name: value * factor for name, value in trained.arrays(parameters).items()})
    assert not np.isfinite(found.cost)
    assert not all(np.isfinite(to_numpy(value)).all() for value in found.grads.values())


@every_engine
def test_examples_without_weight_have_no_gradient(trained: Trained) -> None:
    network = Network((3, 4, 1), l2=0.3)
    examples, parameters = problem(network)
    weightless = Examples(examples.X, examples.Y, np.zeros((1, 20)), finite=True)
    session = trained.open(network, weightless, parameters)
    found = session.gradient(trained.arrays(parameters))
    assert (found.cost, found.penalty) == (0.0, 0.0)
    assert_near(found.grads, {f"d{name}": 0 * value for name, value in parameters.items()}, 0.0)


def predictor_of(trained: Trained, network: Network, parameters: Any, **scaling: Any) -> Predictor:
    dtype = trained.backend.dtype
    parameters = {name: value.astype(dtype) for name, value in parameters.items()}
    return trained.of().predictor(network, parameters, **scaling)


@on_numpy
@networks
@pytest.mark.parametrize("scaled", [False, True])
def test_a_predictor_answers_raw_rows(trained: Trained, network: Network, scaled: bool) -> None:
    examples, parameters = problem(network, 700)
    rows = np.ascontiguousarray(examples.X.T).astype(trained.backend.dtype)
    mean, deviation = (rows.mean(axis=0), rows.std(axis=0)) if scaled else ([], [])
    spread = network.n_y == 1 and network.output_activation == "sigmoid"
    found = predictor_of(trained, network, parameters, mean=mean, deviation=deviation, spread=spread)
    X = (
        (np.float64(rows).T - np.reshape(mean, (-1, 1))) / np.reshape(deviation, (-1, 1))
        if scaled
        else rows.T
    )
    AL, _ = L_model_forward(np.float64(X), parameters, **network.activations)
    expected = np.vstack([1 - AL, AL]).T if spread else AL.T
    for m in (0, 1, 2, 64, 65, 700):
        answers = found(rows[:m])
        assert answers is not None
        assert answers.dtype == rows.dtype
        assert_near(answers, expected[:m], trained.tolerance / 10)


@on_numpy
@networks
def test_a_predictor_takes_columns_of_any_stride(trained: Trained, network: Network) -> None:
    examples, parameters = problem(network, 301, weighted=True)
    found = predictor_of(trained, network, parameters)
    X = examples.X.astype(trained.backend.dtype)
    right, AL = expected_answers(network, parameters, examples)
    wide = np.zeros((2 * network.n_x, 3 * 301), X.dtype)
    wide[::2, ::3] = X
    for columns in (X, np.asfortranarray(X), wide[::2, ::3], X[::-1][::-1], X.astype(np.float64)):
        answers = found.outputs(columns)
        assert answers.dtype == X.dtype
        assert_near(answers, AL, trained.tolerance / 10)
        cost, answers = found.evaluate(Examples(columns, examples.Y, examples.weights, finite=True))
        assert cost == pytest.approx(right, rel=trained.tolerance)
        assert_near(answers, AL, trained.tolerance / 10)


@on_numpy
def test_a_predictor_leaves_to_others_what_it_cannot_read(trained: Trained) -> None:
    network = Network((3, 2, 1))
    dtype = trained.backend.dtype
    found = predictor_of(trained, network, problem(network)[1])
    rows = np.ones((4, 3), dtype)
    assert found(rows) is not None
    # As NumPy calls its own numbers where they were read from a file.
    assert found(rows.view(np.dtype(dtype).newbyteorder("<"))) is not None
    infinite = rows.copy()
    infinite[2, 1] = np.inf
    other_type = rows.astype("float32" if dtype == "float64" else "float64")
    for other in (other_type, rows.astype(int), rows[0], np.ones((4, 4), dtype), [[1.0, 2.0, 3.0]]):
        assert found(other) is None
    assert found(infinite) is None
    assert found(np.full((4, 3), np.nan, dtype)) is None


def test_one_suite_for_all_engines() -> None:
    assert {one.engine for one in NUMPY} == set(ENGINES)
