"""The search for settings: what is chosen and why, what the budget and Ctrl-C leave, who is told."""

import importlib
import re
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fake_engine import FakeEngine
from pellucid import Network, TrainingOptions, train
from pellucid.engines import engine_for
from pellucid.errors import DivergenceError, OptionError, ShapeError
from pellucid.examples import Examples
from pellucid.optimizer import Optimizer
from pellucid.training import Candidate, Searched, TrialMeasured, search
from pellucid.training.candidates import differences
from pellucid.training.search import FEWEST_EXAMPLES
from pellucid.training.trials import Groups
from pellucid.training.validation import folds, split_off

# The package has a function of this name.
MODULE = importlib.import_module("pellucid.training.search")

RNG = np.random.RandomState(0)
X = RNG.randn(2, 400)
# Inside a ring or outside: no line separates the two.
Y = (np.hypot(*X)[None] + 0.1 * RNG.randn(1, 400) > 1.2).astype(float)
DATA = Examples(X, Y)
OPTIONS = TrainingOptions(
    epochs=20, batch_size=20, learning_rate=0.02, optimizer="adam", schedule="one_cycle"
)


def candidate(*hidden: int, options: TrainingOptions = OPTIONS, **changed: Any) -> Candidate:
    return Candidate(Network((2, *hidden, 1)), replace(options, **changed))


LINE, NARROW, WIDE = candidate(), candidate(2), candidate(16)


def without_seconds(found: Searched) -> Any:
    rows = [(row.candidate, row.epochs, row.folds, row.validation_cost) for row in found.table]
    return found.chosen, found.reason, rows


def costs_known(monkeypatch: pytest.MonkeyPatch, costs: dict[tuple[int, ...], list[float]]) -> None:
    """Candidates with these hidden layers have these costs, round by round."""
    asked: dict[tuple[int, ...], int] = dict.fromkeys(costs, 0)

    def known(self: Groups, network: Network, _: Any) -> np.ndarray:
        hidden = network.layer_dims[1:-1]
        asked[hidden] += 1
        return np.full(len(self.parts), costs[hidden][asked[hidden] - 1])

    monkeypatch.setattr(Groups, "costs", known)


def faked(*hidden: int, cost: Callable[[int], float] = lambda step: 1.0, **changed: Any) -> Candidate:
    engine = FakeEngine(cost)
    return candidate(*hidden, options=TrainingOptions(epochs=4, engine=engine), **changed)


def test_the_lowest_cost_is_chosen() -> None:
    found = search([LINE, NARROW, WIDE], DATA, seconds=60, seed=1)
    assert (found.chosen, found.candidate) == (2, WIDE)
    costs = [row.validation_cost for row in found.table]
    assert costs == sorted(costs, reverse=True)
    assert [row.parameter_count for row in found.table] == [3, 9, 65]
    assert all(row.epochs == 20 and row.seconds > 0 for row in found.table)
    assert not found.interrupted
    assert not found.out_of_time
    assert found.reason == (
        f"setting 3 of 3 (hidden layers 16) with the validation cost {costs[2]:.4g}, the lowest of 3; the "
        f"first has {costs[0]:.4g}"
    )


def test_the_first_of_equals_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    costs_known(monkeypatch, {(1,): [1.0] * 5, (2,): [1.0] * 5})
    assert search([faked(2), faked(1)], DATA, seconds=60).candidate.hidden == (2,)


def test_the_costs_are_those_of_trainings_on_what_is_not_held_out() -> None:
    found = search([WIDE, LINE], DATA, seconds=60, seed=3)
    expected = []
    for kept, held_out in folds(WIDE.network, DATA, 0.2, 3):
        end = train(WIDE.network, kept, replace(OPTIONS, rng=3))
        expected.append(engine_for().predictor(WIDE.network, end.parameters).evaluate(held_out)[0])
    assert len(expected) == found.table[0].folds == 5
    assert found.table[0].validation_cost == pytest.approx(np.mean(expected), rel=1e-12)


@pytest.mark.parametrize(("m", "rounds"), [(60, 5), (400, 5), (500, 4), (1500, 2), (2000, 1)])
def test_fewer_examples_are_held_out_more_often(m: int, rounds: int) -> None:
    data = Examples(np.resize(X, (2, m)), np.resize(Y, (1, m)))
    found = search([faked(1), faked(2)], data, seconds=60)
    assert [row.folds for row in found.table] == [rounds, rounds]


def test_what_is_wrong_in_one_round_may_be_right_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    costs_known(monkeypatch, {(1,): [1.0, 9.0, 9.0, 9.0, 9.0], (2,): [2.0] * 5})
    found = search([faked(1), faked(2)], DATA, seconds=60)
    assert [row.validation_cost for row in found.table] == pytest.approx([7.4, 2.0])
    assert found.chosen == 1


@pytest.mark.parametrize("engine", ["auto", "reference"])
def test_the_result_is_the_same_with_any_number_of_threads(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidates = [candidate(*hidden, engine=engine, epochs=5) for hidden in ((), (3,), (9,))]
    results = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(MODULE, "default_threads", lambda count=threads: count)
        results.append(without_seconds(search(candidates, DATA, seconds=60, seed=2)))
    assert results[0] == results[1] == results[2]
    assert without_seconds(search(candidates, DATA, seconds=60, seed=4)) != results[0]


def test_every_training_is_told() -> None:
    told: list[TrialMeasured] = []
    found = search([LINE, WIDE], DATA, seconds=60, listeners=[told.append])
    assert [(event.done, event.total) for event in told] == [(i, 10) for i in range(1, 11)]
    for row in found.table:
        costs = [event.result.validation_cost for event in told if event.result.candidate is row.candidate]
        assert np.mean(costs) == pytest.approx(row.validation_cost)


def test_early_stopping_counts_as_it_trains() -> None:
    stopping = candidate(16, epochs=400, patience=3, validation_fraction=0.3)
    found = search([stopping, candidate(16, epochs=400)], DATA, seconds=60, seed=1)
    kept, held_out = split_off(stopping.network, DATA, 0.2, 1)
    end = train(stopping.network, kept, replace(stopping.options, rng=1))
    assert end.history.reason == "early_stopping"
    first = found.table[0]
    assert first.epochs < 400
    assert found.table[1].epochs == 400
    cost = engine_for().predictor(stopping.network, end.parameters).evaluate(held_out)[0]
    told: list[TrialMeasured] = []
    search([stopping, LINE], DATA, seconds=60, seed=1, listeners=[told.append])
    costs = [event.result.validation_cost for event in told if event.result.candidate is stopping]
    assert costs[0] == pytest.approx(cost, rel=1e-12)


# What cannot be tried.


@pytest.mark.parametrize(
    ("candidates", "m", "seconds", "reason"),
    [
        ([WIDE], 400, 60, "there is one setting"),
        ([WIDE, LINE], FEWEST_EXAMPLES - 1, 60, "49 examples are too few to try settings on: it takes 50"),
        ([WIDE, LINE], 400, 0, "the budget is 0 seconds"),
    ],
)
def test_nothing_is_tried(candidates: list[Candidate], m: int, seconds: float, reason: str) -> None:
    told: list[TrialMeasured] = []
    found = search(candidates, Examples(X[:, :m], Y[:, :m]), seconds=seconds, listeners=[told.append])
    assert (found.chosen, told) == (0, [])
    assert found.reason.startswith(f"the first setting: {reason}")
    assert all((row.epochs, row.folds, row.validation_cost) == (0, 0, np.inf) for row in found.table)
    assert found.out_of_time == (seconds == 0)


def test_nothing_is_tried_where_a_copy_of_the_examples_takes_too_much_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(MODULE, "available_bytes", lambda: 8 * X.size - 1)
    assert "not enough memory to hold examples out" in search([LINE, WIDE], DATA, seconds=60).reason
    monkeypatch.setattr(MODULE, "available_bytes", lambda: 8 * X.size)
    assert search([LINE, WIDE], DATA, seconds=60).chosen == 1


def test_nothing_is_tried_where_none_can_be_held_out() -> None:
    weights = np.zeros((1, 400))
    weights[0, 0] = 1.0
    found = search([LINE, WIDE], Examples(X, Y, weights), seconds=60)
    assert found.chosen == 0
    assert "the weights of the examples" in found.reason


@pytest.mark.parametrize(
    ("candidates", "error", "line"),
    [
        ([], OptionError, "candidates is empty; expected one or more"),
        ([LINE, Candidate(Network((2, 2), output_activation="softmax"), OPTIONS)], OptionError,
         "candidate 1 has the inputs, outputs, output activation, cost and huber_delta (2, 2, 'softmax', "),
        ([Candidate(Network((3, 1)), OPTIONS)] * 2, ShapeError, "layer_dims[0] = 2"),
    ],
)  # fmt: skip
def test_searches_that_cannot_be(candidates: list[Candidate], error: type[Exception], line: str) -> None:
    with pytest.raises(error, match=re.escape(line)):
        search(candidates, DATA, seconds=60)


# Trainings that diverge.


def diverging(step: int) -> float:
    raise DivergenceError("the cost became nan", step, {})


def test_what_diverges_is_out(monkeypatch: pytest.MonkeyPatch) -> None:
    costs_known(monkeypatch, {(1,): [1.0] * 5, (2,): [3.0] * 5, (3,): [2.0] * 5})
    found = search([faked(1, cost=diverging), faked(2), faked(3)], DATA, seconds=60)
    assert (found.chosen, found.table[0].validation_cost) == (2, np.inf)
    assert found.reason.endswith("with the validation cost 2, the lowest of 2")


def test_what_diverges_in_a_later_round_is_out(monkeypatch: pytest.MonkeyPatch) -> None:
    costs_known(monkeypatch, {(1,): [1.0, np.inf], (2,): [3.0] * 5, (3,): [4.0] * 5})
    found = search([faked(1), faked(2), faked(3)], DATA, seconds=60)
    assert [row.validation_cost for row in found.table] == [np.inf, 3.0, 4.0]
    assert found.chosen == 1


def test_where_all_diverge_it_says_so() -> None:
    with pytest.raises(DivergenceError, match=r"none of the 2 settings could be trained; the first: the"):
        search([faked(1, cost=diverging), faked(2, cost=diverging)], DATA, seconds=60)


# The budget.


def slow(*hidden: int, seconds: float, epochs: int = 4) -> Candidate:
    engine = FakeEngine()
    engine.seconds = seconds
    return candidate(*hidden, options=TrainingOptions(epochs=epochs, engine=engine, threads=1))


def test_a_training_that_will_not_end_in_time_is_given_up() -> None:
    began = time.perf_counter()
    found = search([slow(1, seconds=0.001), slow(2, seconds=0.1, epochs=10**4)], DATA, seconds=30)
    assert time.perf_counter() - began < 10
    assert (found.chosen, found.out_of_time) == (0, True)
    assert found.table[1].validation_cost == np.inf
    assert found.table[0].folds == 1
    assert found.reason.startswith("out of time: setting 1 of 2 (hidden layers 1, epochs 4")


def test_the_first_is_chosen_where_there_is_no_time_for_it() -> None:
    quick = slow(2, seconds=0.0)
    began = time.perf_counter()
    found = search([slow(1, seconds=0.1, epochs=10**4), quick, quick], DATA, seconds=30)
    assert time.perf_counter() - began < 10
    assert (found.chosen, found.out_of_time) == (0, True)
    assert found.reason == "out of time: setting 1 of 3, with no time to measure it"


def test_the_budget_ends_an_epoch() -> None:
    began = time.perf_counter()
    many = Examples(np.resize(X, (2, 4000)), np.resize(Y, (1, 4000)))
    one = replace(slow(1, seconds=0.01).options, epochs=1, batch_size=1)
    first = Candidate(Network((2, 1, 1)), replace(one, batch_size=None))
    found = search([first, Candidate(Network((2, 2, 1)), one)], many, seconds=0.7)
    assert time.perf_counter() - began < 10
    assert (found.chosen, found.out_of_time) == (0, True)
    assert found.table[0].epochs == 1
    assert found.table[1].epochs == 0


def test_a_round_that_would_not_end_in_time_does_not_begin() -> None:
    found = search([slow(1, seconds=0.1), slow(2, seconds=0.1)], DATA, seconds=1.5)
    assert found.out_of_time
    assert {row.folds for row in found.table} == {1}
    assert np.isfinite([row.validation_cost for row in found.table]).all()


# Ctrl-C.


def test_ctrl_c_gives_the_best_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    costs_known(monkeypatch, {(1,): [2.0] * 5, (2,): [1.0] * 5})

    def listen(event: TrialMeasured) -> None:
        if event.done == 4:
            signal.raise_signal(signal.SIGINT)

    found = search([faked(1), faked(2)], DATA, seconds=60, listeners=[listen])
    assert (found.chosen, found.interrupted, found.out_of_time) == (1, True, False)
    assert found.reason.startswith("interrupted: setting 2 of 2 (hidden layers 2")
    assert {row.folds for row in found.table} <= {1, 2}


@pytest.mark.parametrize("by", ["Ctrl-C", "stop"])
def test_it_ends_within_a_fraction_of_a_second(by: str) -> None:
    stop = threading.Event()
    ended: list[float] = []

    def end() -> None:
        time.sleep(0.5)
        ended.append(time.perf_counter())
        if by == "stop":
            stop.set()
        else:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    rng = np.random.RandomState(1)
    wide = Examples(rng.randn(200, 2000), (rng.rand(1, 2000) > 0.5).astype(float))
    options = TrainingOptions(epochs=10**6, batch_size=100, shortcut="never", patience=10**6)
    candidates = [Candidate(Network((200, n, 1)), options) for n in (50, 60)]
    finger = threading.Thread(target=end)
    finger.start()
    found = search(candidates, wide, seconds=600, stop=stop)
    took = time.perf_counter() - ended[0]
    finger.join()
    assert took < 1.0
    assert (found.chosen, found.interrupted, found.out_of_time) == (0, True, False)
    assert found.reason == "interrupted: setting 1 of 2, with no time to measure it"
    assert not any("pellucid-search" in thread.name for thread in threading.enumerate())


def test_an_error_in_a_listener_reaches_the_caller() -> None:
    def listen(event: TrialMeasured) -> None:
        raise RuntimeError("the bar broke")

    with pytest.raises(RuntimeError, match="the bar broke"):
        search([LINE, WIDE], DATA, seconds=60, listeners=[listen])
    assert not any("pellucid-search" in thread.name for thread in threading.enumerate())


# What tells candidates apart.


def test_only_what_differs_is_named() -> None:
    options = [
        replace(OPTIONS, optimizer=Optimizer("adamw", weight_decay=0.3), schedule="step:every=7"),
        replace(OPTIONS, optimizer="momentum", schedule="cosine", batch_size=None),
    ]
    texts = differences(
        [Candidate(Network((2, 4, 1), dropout=0.1), options[0]), candidate(options=options[1])]
    )
    assert texts == (
        "hidden layers 4, dropout 0.1, batch_size 20, optimizer adamw, schedule step:every=7, "
        "weight_decay 0.3",
        "no hidden layer, dropout 0, batch_size None, optimizer momentum, schedule cosine",
    )
    assert differences([LINE, LINE]) == ("", "")
