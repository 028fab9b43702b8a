"""A hidden shape on trial: the session that can be stopped, and the groups of examples held out."""

import itertools
import threading

import numpy as np
import pytest

from fake_engine import FakeSession
from pellucid import Network, TrainingOptions, train
from pellucid.course import Columns
from pellucid.engines import Batches
from pellucid.training.layer_trials import Groups, Stoppable
from pellucid.training.validation import Weighted

RNG = np.random.RandomState(0)
X = RNG.randn(2, 300)
Y = (X[:1] > 0).astype(float)


def test_groups_hold_every_example_once_and_weigh_what_they_hold() -> None:
    rng = np.random.RandomState(1)
    weights = rng.rand(1, 300)
    weights[:, ::7] = 0.0
    held_out = Weighted(X, Y, weights)
    groups = Groups.drawn(held_out, 1)
    assert len(groups.parts) == 32
    np.testing.assert_array_equal(
        np.sort(np.concatenate([part.X[0] for part in groups.parts])), np.sort(X[0])
    )
    network = Network((2, 4, 1))
    end = train(network, Columns(X, Y), TrainingOptions(epochs=3, rng=1))
    costs = groups.costs(network, end.parameters)
    assert groups.mean(costs) == pytest.approx(held_out.cost(network, end.parameters), rel=1e-12)


def test_groups_without_weight_are_left_out() -> None:
    weights = np.zeros((1, 300))
    weights[0, :3] = 1.0
    groups = Groups.drawn(Weighted(X, Y, weights), 1)
    assert len(groups.parts) == 3
    single = Groups.drawn(Weighted(X[:, :1], Y[:, :1]), 1)
    assert single.error(np.array([2.0])) == 0.0


@pytest.mark.parametrize("full", [True, False])
def test_a_stoppable_session_takes_the_same_steps(full: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pellucid.training.layer_trials.now", itertools.count(0, 0.02).__next__)
    inner = FakeSession({}, float)
    session = Stoppable(inner, threading.Event())
    order = np.arange(20)[::-1].copy()
    batches = Batches.full(7) if full else Batches.runs(order, 3)
    rates = [0.1 * i for i in range(7)]
    assert session.advance(batches, rates) == [float(i) for i in range(7)]
    assert (session.iteration, session.penalties) == (7, [0.0] * 7)
    assert [len(piece) for piece, _ in inner.calls] == [1, 2, 4]
    assert [rate for _, some in inner.calls for rate in some] == rates
    columns = [some if full else some.tolist() for piece, _ in inner.calls for some in piece]
    assert columns == ([None] * 7 if full else [some.tolist() for some in batches])


def test_a_stoppable_session_stops_between_steps() -> None:
    stop = threading.Event()
    inner = FakeSession({"W1": (1, 2)}, lambda step: stop.set() or 1.0)
    session = Stoppable(inner, stop)
    with pytest.raises(KeyboardInterrupt):
        session.advance(Batches.full(9), 0.1)
    assert session.iteration == 1
    np.testing.assert_array_equal(session.snapshot()["W1"], [[1.0, 1.0]])
