"""The monitor against plain lists of numbers: what is watched, when it ends, which parameters are kept."""

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_engine import FakeEngine
from pellucid import Network, TrainingOptions, train
from pellucid.errors import OptionError
from pellucid.examples import Examples
from pellucid.training import EpochEnd, History, Monitor, StepEnd, fit
from pellucid.training.monitor import Plateau, numbers

# Trainings that are drawn at random need not learn anything.
pytestmark = pytest.mark.filterwarnings("ignore::pellucid.errors.LearningWarning")

NETWORK = Network((3, 2, 1))
DATA = Examples(np.ones((3, 40)), np.ones((1, 40)))
HELD_OUT = Examples(np.ones((3, 5)), np.ones((1, 5)))
COSTS = [5.0, 4.0, 3.0, 3.5, 2.0, 2.5, 2.1, 2.2, 1.0]

# Few different values, so that ties and improvements by exactly min_delta come.
values = st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0, 3.5]), min_size=1, max_size=12)


def ends_after(costs: list[float], patience: float, min_delta: float, ties: bool) -> int:
    """How many epochs are run, by the words of the documentation."""
    lowest, waited = math.inf, 0
    for epoch, cost in enumerate(costs):
        improved = cost <= lowest - min_delta if ties else cost < lowest - min_delta
        waited = 0 if improved else waited + 1
        lowest = min(lowest, cost)
        if waited > patience:
            return epoch + 1
    return len(costs)


@given(values, st.sampled_from([0, 1, 2, math.inf]), st.sampled_from([0.0, 0.5, 1.0]), st.booleans())
def test_a_training_ends_at_a_plateau(
    costs: list[float], patience: float, min_delta: float, ties: bool
) -> None:
    monitor = Monitor("cost", None, patience, min_delta, ties)
    options = TrainingOptions(epochs=len(costs), engine=FakeEngine(costs.__getitem__))
    end = train(NETWORK, DATA, options, monitor=monitor)
    expected = ends_after(costs, patience, min_delta, ties)
    assert len(end.history.costs) == expected
    stopped = expected < len(costs) or ends_after([*costs, 9.0], patience, min_delta, ties) == len(costs)
    assert end.history.reason == ("early_stopping" if stopped else "completed")


@given(values, st.sampled_from(["cost", "validation_cost", "score"]), st.booleans())
def test_the_best_is_kept(found: list[float], kept: str, full: bool) -> None:
    """The first lowest cost, the first highest score; of the full batch's cost what was before the step."""
    k = 1 if full else 4
    engine = FakeEngine(
        lambda step: found[step // k] if kept == "cost" else 1.0,
        lambda step: found[step // k - 1] if kept == "validation_cost" else 1.0,
    )
    monitor = Monitor("cost", kept, score=lambda AL, _: found[int(AL[0, 0]) // k - 1])
    options = TrainingOptions(epochs=len(found), engine=engine, batch_size=None if full else 10)
    end = train(NETWORK, DATA, options, monitor=monitor, validation=HELD_OUT)
    best = found.index(max(found) if kept == "score" else min(found))
    assert end.history.best_epoch == best
    after = best if kept == "cost" and full else best + 1
    assert end.parameters["b1"][0, 0] == k * after
    assert end.state.training.step_count == k * len(found)


@pytest.mark.parametrize("ties", [False, True])
def test_nan_is_no_improvement_but_where_ties_count(ties: bool) -> None:
    plateau = Plateau(2.0).after(math.nan, 0.0, ties=ties)
    assert plateau == Plateau(2.0, 0 if ties else 1)
    assert Plateau().after(math.nan, 0.0, ties=ties).lowest == math.inf


def test_a_score_that_is_nan_is_never_the_best() -> None:
    scores = [math.nan, 0.25, math.nan, 0.5, math.nan]
    monitor = Monitor("score", "score", 1, score=lambda AL, _: scores[int(AL[0, 0]) - 1])
    options = TrainingOptions(epochs=5, engine=FakeEngine())
    end = train(NETWORK, DATA, options, monitor=monitor, validation=HELD_OUT)
    assert (end.history.best_epoch, end.parameters["b1"][0, 0]) == (3, 4)
    assert end.state.monitor.best.value == -0.5


def test_all_scores_nan_keep_the_last_parameters() -> None:
    monitor = Monitor("cost", "score", score=lambda AL, _: math.nan)
    options = TrainingOptions(epochs=3, engine=FakeEngine())
    end = train(NETWORK, DATA, options, monitor=monitor, validation=HELD_OUT)
    assert (end.history.best_epoch, end.parameters["b1"][0, 0]) == (None, 3)


def test_what_is_watched_may_be_another_than_what_is_kept() -> None:
    scores = [0.1, 0.9, 0.3, 0.4, 0.5, 0.6]
    monitor = Monitor("validation_cost", "score", 1, score=lambda AL, _: scores[int(AL[0, 0]) - 1])
    engine = FakeEngine(validation_cost=[0, 3.0, 2.0, 1.0, 1.0, 1.0, 1.0].__getitem__)
    options = TrainingOptions(epochs=6, engine=engine)
    told = []

    def listen(event: Any) -> None:
        if isinstance(event, EpochEnd):
            told.append((event.validation_cost, event.score))

    end = train(NETWORK, DATA, options, monitor=monitor, validation=HELD_OUT, listeners=[listen])
    # The third 1.0 is the second epoch in a row without an improvement: one more than is borne.
    assert (end.history.reason, len(end.history.costs)) == ("early_stopping", 5)
    assert (end.history.best_epoch, end.parameters["b1"][0, 0]) == (1, 2)
    assert told == [(3.0, 0.1), (2.0, 0.9), (1.0, 0.3), (1.0, 0.4), (1.0, 0.5)]
    assert end.state.scores == tuple(scores[:5])


@given(st.lists(st.sampled_from([1.0, 2.0, 3.0]), min_size=1, max_size=30), st.integers(0, 2))
def test_a_plateau_divides_the_rate_and_ends_only_where_it_is_small(
    costs: list[float], patience: int
) -> None:
    engine = FakeEngine(costs.__getitem__)
    # The schedule has a patience of its own, which has no part here.
    schedule = "adaptive:divisor=10,patience=0"
    options = TrainingOptions(epochs=len(costs), learning_rate=2e-4, schedule=schedule, engine=engine)
    end = train(NETWORK, DATA, options, monitor=Monitor("cost", None, patience, divides=True))
    rates, rate, lowest, waited, reason = [], 2e-4, math.inf, 0, "completed"
    for cost in costs:
        rates.append(rate)
        waited = 0 if cost < lowest else waited + 1
        lowest = min(lowest, cost)
        if waited > patience:
            if rate <= 1e-6:
                reason = "early_stopping"
                break
            rate, waited = rate / 10, 0
    np.testing.assert_allclose(end.state.rates, rates, rtol=1e-12)
    assert end.history.reason == reason


def test_a_schedule_that_is_not_adaptive_is_not_divided() -> None:
    options = TrainingOptions(epochs=9, schedule="cosine", engine=FakeEngine())
    end = train(NETWORK, DATA, options, monitor=Monitor(patience=2, divides=True))
    assert (end.history.reason, len(end.history.costs)) == ("early_stopping", 4)


@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("every", ["step", "epoch", 4])
def test_what_is_shown_is_told_watched_and_kept(batch_size: int | None, every: Any) -> None:
    """scikit-learn shows another cost than the one that is differentiated: here, without the penalty."""
    k = 1 if batch_size is None else 3
    engine = FakeEngine(lambda step: 10.0 + step, lambda step: 2.0, lambda step: 2.0 * step)
    monitor = Monitor("cost", "cost", shown=lambda cost, penalty: cost - penalty)
    options = TrainingOptions(epochs=4, batch_size=batch_size, engine=engine)
    events = list(fit(NETWORK, DATA, options, monitor=monitor, every=every, validation=HELD_OUT))
    steps = [10.0 - step for step in range(4 * k)]
    assert [event.cost for event in events if isinstance(event, StepEnd)] == (
        steps if every == "step" else []
    )
    sizes = [40] if k == 1 else [16, 16, 8]
    expected = [np.average(some, weights=sizes) for some in np.reshape(steps, (4, k))]
    assert events[-1].history.costs == pytest.approx(expected, rel=1e-14)
    assert events[-1].history.best_epoch == 3
    assert events[-1].history.validation_costs == (2.0,) * 4


def test_numbers_are_such_that_low_is_good() -> None:
    assert numbers(1.0, 2.0, 3.0) == {"cost": 1.0, "validation_cost": 2.0, "score": -3.0}
    assert numbers(1.0, None, None) == {"cost": 1.0, "validation_cost": None, "score": None}


@pytest.mark.parametrize(
    ("monitor", "validation", "line"),
    [
        (lambda: Monitor("accuracy"), None, "unknown quantity 'accuracy'; expected one of cost, valid"),
        (lambda: Monitor(kept="loss"), None, "unknown quantity 'loss'; expected one of cost, validation"),
        (lambda: Monitor("validation_cost"), None,
         "the monitor watches validation cost, and nothing is held out; expected validation examples"),
        (lambda: Monitor("cost", "validation_cost"), None,
         "the monitor keeps the best validation cost, and nothing is held out; expected validation"),
        (lambda: Monitor("score"), HELD_OUT,
         "the monitor watches score; expected a function `score` that computes it"),
    ],
)  # fmt: skip
def test_monitors_that_cannot_be(monitor: Any, validation: Any, line: str) -> None:
    with pytest.raises(OptionError, match=re.escape(line)):
        train(NETWORK, DATA, TrainingOptions(epochs=1), monitor=monitor(), validation=validation)


@pytest.mark.parametrize(
    ("options", "history", "number"),
    [
        # With the full batch, the cost of an epoch is that before its step: four steps were taken.
        ({"epochs": 9, "patience": 2}, History(tuple(COSTS[:8]), 8, "fake", "early_stopping", (), 4), 4),
        ({"epochs": 9, "patience": 2, "batch_size": 10},
         History(tuple(COSTS[:8]), 32, "fake", "early_stopping", (), 4), 20),
        ({"epochs": 9, "patience": 2, "restore_best": False},
         History(tuple(COSTS[:8]), 8, "fake", "early_stopping"), 8),
        ({"epochs": 7, "patience": 5}, History(tuple(COSTS[:7]), 7, "fake", "completed", (), 4), 4),
        ({"epochs": 0, "patience": 1}, History((), 0, "fake"), 0),
    ],
)  # fmt: skip
def test_the_options_of_early_stopping(options: dict[str, Any], history: History, number: int) -> None:
    k = 4 if "batch_size" in options else 1
    engine = FakeEngine(lambda step: COSTS[step // k])
    end = train(NETWORK, DATA, TrainingOptions(**options, engine=engine))
    assert end.history == history
    assert end.parameters["b1"][0, 0] == number


def test_the_best_are_kept_where_it_is_interrupted() -> None:
    def listen(event: Any) -> None:
        if isinstance(event, EpochEnd) and event.epoch == 5:
            raise KeyboardInterrupt

    options = TrainingOptions(epochs=9, patience=5, engine=FakeEngine(COSTS.__getitem__))
    end = train(NETWORK, DATA, options, listeners=[listen])
    assert (end.history.reason, end.history.best_epoch, end.parameters["b1"][0, 0]) == ("interrupted", 4, 4)


@pytest.mark.parametrize("batch_size", [None, 16])
def test_a_validation_set_is_watched_and_the_best_restored(batch_size: int | None) -> None:
    rng = np.random.RandomState(0)
    X = rng.randn(3, 40)
    data = Examples(X, (X[:1] + 0.8 * rng.randn(1, 40) > 0).astype(float))
    held_out = Examples(rng.randn(3, 25), (rng.randn(1, 25) > 0).astype(float))
    options = TrainingOptions(
        epochs=3000, learning_rate=0.5, rng=1, patience=20, batch_size=batch_size, min_delta=1e-4
    )
    snapshots = []

    def listen(event: Any) -> None:
        if isinstance(event, EpochEnd):
            snapshots.append((event.validation_cost, event.snapshot()))

    end = train(Network((3, 8, 1)), data, options, validation=held_out, listeners=[listen])
    told = [cost for cost, _ in snapshots]
    assert (end.history.reason, end.history.validation_costs) == ("early_stopping", tuple(told))
    assert len(told) < 3000
    best = told.index(min(told))
    assert end.history.best_epoch == best
    for name, value in snapshots[best][1].items():
        np.testing.assert_array_equal(end.parameters[name], value)
