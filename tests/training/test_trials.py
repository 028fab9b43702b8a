"""A trial: how it pauses, ends and gives up, and the groups of held-out examples."""

import threading

import numpy as np
import pytest

from fake_engine import FakeEngine
from pellucid import Network, TrainingOptions, train
from pellucid.core import L_model_forward
from pellucid.core.cost import binary_cross_entropy
from pellucid.examples import Examples
from pellucid.training.candidates import Candidate
from pellucid.training.trials import Groups, Trial, standard_error

RNG = np.random.RandomState(0)
X = RNG.randn(2, 300)
Y = (X[:1] > 0).astype(float)


def test_groups_hold_every_example_once_and_weigh_what_they_hold() -> None:
    rng = np.random.RandomState(1)
    weights = rng.rand(1, 300)
    weights[:, ::7] = 0.0
    held_out = Examples(X, Y, weights)
    groups = Groups.drawn(held_out, 1)
    assert len(groups.parts) == 32
    np.testing.assert_array_equal(
        np.sort(np.concatenate([part.X[0] for part in groups.parts])), np.sort(X[0])
    )
    network = Network((2, 4, 1))
    end = train(network, Examples(X, Y), TrainingOptions(epochs=3, rng=1))
    costs = groups.costs(network, end.parameters)
    assert groups.mean(costs) == pytest.approx(
        binary_cross_entropy(L_model_forward(X, end.parameters)[1][-1][1], Y, weights=weights), rel=1e-12
    )


def test_groups_without_weight_are_left_out() -> None:
    weights = np.zeros((1, 300))
    weights[0, :3] = 1.0
    groups = Groups.drawn(Examples(X, Y, weights), 1)
    assert len(groups.parts) == 3
    single = Groups.drawn(Examples(X[:, :1], Y[:, :1]), 1)
    assert standard_error(single.shares, np.array([2.0])) == 0.0


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_groups_of_any_library(library: str) -> None:
    module = pytest.importorskip(library)
    held_out = Examples(module.asarray(X), module.asarray(Y))
    network = Network((2, 4, 1))
    parameters = train(network, Examples(X, Y), TrainingOptions(epochs=3, rng=1)).parameters
    np.testing.assert_array_equal(
        Groups.drawn(held_out, 1).costs(network, parameters),
        Groups.drawn(Examples(X, Y), 1).costs(network, parameters),
    )


def tried(engine: FakeEngine, epochs: int, stop: threading.Event | None = None) -> Trial:
    options = TrainingOptions(epochs=epochs, batch_size=30, engine=engine)
    data = Examples(X, Y)
    return Trial(
        Candidate(Network((2, 1)), options), data, Groups.drawn(data, 1), stop or threading.Event()
    )


def test_a_trial_goes_on_where_it_was() -> None:
    engine = FakeEngine()
    trial = tried(engine, 9)
    for until in (2, 2, 5, 9, 9):
        trial.train(until)
        assert sum(len(batches) for batches, _ in engine.calls) == 10 * until
    assert len(engine.sessions) == 1
    # All parameters of the fake are the number of the step: the earlier, the lower the cost.
    assert trial.result.epochs == 2


def test_a_trial_stops_between_two_calls_and_measures_what_it_has() -> None:
    stop = threading.Event()
    trial = tried(FakeEngine(lambda step: stop.set() or 1.0), 9, stop)
    trial.train(9)
    assert trial.result.epochs == 0
    assert np.isfinite(trial.result.validation_cost)
    measured = trial.cost
    trial.train(9)
    assert trial.cost == measured


def test_a_trial_that_is_stopped_before_its_first_step_measures_nothing() -> None:
    stop = threading.Event()
    stop.set()
    trial = tried(FakeEngine(), 9, stop)
    trial.train(9)
    assert trial.costs is None
    assert np.isinf(trial.result.validation_cost)
