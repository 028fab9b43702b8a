"""How many steps one call of an engine takes: as many as fill a twentieth of a second; and Ctrl-C in it."""

import itertools
import signal
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_engine import FakeEngine
from pellucid import Network, TrainingOptions, fit, train
from pellucid.engines import TrainingState
from pellucid.errors import OptionError
from pellucid.examples import Examples
from pellucid.optimizer import Optimizer
from pellucid.training import EpochEnd, Extent, Schedule, TrainingEnd
from pellucid.training.call_size import (
    CALL_SECONDS,
    CallSizer,
    ctrl_c,
    interrupts_held,
    interrupts_wait,
)

# Trainings that are drawn at random need not learn anything.
pytestmark = pytest.mark.filterwarnings("ignore::pellucid.errors.LearningWarning")

RNG = np.random.RandomState(0)
X = RNG.randn(3, 10)
Y = (X[:1] > 0).astype(float)
NETWORK = Network((3, 4, 1))
DATA = Examples(X, Y)


def sizes(engine: FakeEngine) -> list[int]:
    return [len(batches) for batches, _ in engine.calls]


def asked_rates(engine: FakeEngine) -> list[float]:
    found: list[float] = []
    for batches, rates in engine.calls:
        found += [rates] * len(batches) if isinstance(rates, float) else list(rates)
    return found


@given(st.floats(1e-9, 10.0), st.integers(3, 20))
def test_calls_grow_until_they_fill_the_time_and_no_faster(seconds_per_step: float, calls: int) -> None:
    sizer = CallSizer()
    taken = [sizer.steps]
    for _ in range(calls):
        sizer.observe(taken[-1], taken[-1] * seconds_per_step)
        taken.append(sizer.steps)
    assert taken[0] == 1
    assert all(1 <= after <= 16 * before for before, after in itertools.pairwise(taken))
    assert all(steps == 1 or steps * seconds_per_step <= CALL_SECONDS * (1 + 1e-9) for steps in taken)
    # Where 16 times as many would still be too few, it grows as fast as it may.
    filled = min(CALL_SECONDS / 2, 16**calls * seconds_per_step)
    assert taken[-1] * seconds_per_step >= filled * (1 - 1e-9) or taken[-1] == 1


def test_a_clock_that_stands_still_and_a_step_that_takes_long() -> None:
    sizer = CallSizer()
    sizer.observe(1, 0.0)
    assert 1 < sizer.steps <= 16
    sizer.observe(sizer.steps, 1e6)
    assert sizer.steps == 1


def test_the_calls_of_a_training_fill_the_time() -> None:
    seconds = 2e-4
    engine = FakeEngine(seconds=seconds)
    end = train(NETWORK, DATA, TrainingOptions(epochs=1500, engine=engine), judged=False)
    found = sizes(engine)
    assert (sum(found), len(end.history.costs), end.history.iterations) == (1500, 1500, 1500)
    assert found[0] == 1
    assert all(after <= 16 * before for before, after in itertools.pairwise(found))
    # A step takes these seconds or more, so no call is asked to take longer than it may.
    assert max(found) * seconds <= CALL_SECONDS
    assert max(found) * seconds > CALL_SECONDS / 10


def test_a_call_is_no_longer_than_it_may_be_within_an_epoch_either() -> None:
    seconds = 2e-3
    engine = FakeEngine(seconds=seconds)
    train(NETWORK, DATA, TrainingOptions(epochs=3, batch_size=1, engine=engine), judged=False)
    long = Examples(np.tile(X, 20), np.tile(Y, 20))
    train(NETWORK, long, TrainingOptions(epochs=2, batch_size=1, engine=engine), judged=False)
    assert sum(sizes(engine)) == 400
    assert 1 < max(sizes(engine)) <= CALL_SECONDS / seconds


def test_one_epoch_at_a_time_where_somebody_listens() -> None:
    engine = FakeEngine()
    train(NETWORK, DATA, TrainingOptions(epochs=7, engine=engine), listeners=[lambda event: None])
    assert sizes(engine) == [1] * 7


@pytest.mark.parametrize("batch_size", [None, 3])
def test_so_many_epochs_at_a_time_as_asked_for(batch_size: int | None) -> None:
    options = TrainingOptions(epochs=23, batch_size=batch_size, engine=FakeEngine())
    k = 1 if batch_size is None else 4
    ends, seen = [], []
    for event in fit(NETWORK, DATA, options, every=10):
        if isinstance(event, EpochEnd):
            ends.append(event)
            seen.append(event.snapshot()["b1"][0, 0])
    assert [event.epoch for event in ends] == list(range(23))
    assert [event.iteration for event in ends] == [k * (i + 1) for i in range(23)]
    # Parameters are those after the last of the ten.
    assert seen == [10 * k] * 10 + [20 * k] * 10 + [23 * k] * 3


@pytest.mark.parametrize("every", [0, -1, 1.5, True, "fast", None])
def test_what_no_number_of_epochs_is(every: Any) -> None:
    line = r"every is .*; expected 'epoch', 'step', 'auto' or an integer of at least 1"
    with pytest.raises(OptionError, match=line):
        next(fit(NETWORK, DATA, TrainingOptions(epochs=1), every=every))


@pytest.mark.parametrize("more", [{"patience": 3}, {"schedule": "adaptive"}, {"validation_fraction": 0.3}])
def test_what_decides_after_every_epoch_goes_by_one(more: dict[str, Any]) -> None:
    engine = FakeEngine(lambda step: 1 / (step + 1), lambda step: 1 / (step + 1))
    train(NETWORK, DATA, TrainingOptions(epochs=40, engine=engine, **more))
    assert sizes(engine) == [1] * 40


@pytest.mark.parametrize("every", ["step", "epoch", 3, "auto"])
@pytest.mark.parametrize(
    "schedule", [Schedule("cosine", warmup_epochs=2), Schedule("inverse_scaling"), Schedule("exponential")]
)
def test_the_rates_are_those_of_the_schedule(every: Any, schedule: Schedule) -> None:
    engine = FakeEngine()
    options = TrainingOptions(epochs=20, learning_rate=0.3, batch_size=4, schedule=schedule, engine=engine)
    events = [event for event in fit(NETWORK, DATA, options, every=every) if isinstance(event, EpochEnd)]
    expected = schedule.rates(0.3, Extent(20, 3, 10))
    np.testing.assert_array_equal(asked_rates(engine), expected)
    np.testing.assert_array_equal([event.learning_rate for event in events], expected[2::3])
    assert all(type(rate) is float for _, rates in engine.calls for rate in rates)


def test_a_constant_rate_is_one_number() -> None:
    engine = FakeEngine()
    train(NETWORK, DATA, TrainingOptions(epochs=5, learning_rate=0.25, engine=engine))
    assert {rates for _, rates in engine.calls} == {0.25}


def test_an_adaptive_rate_is_divided_where_the_cost_stays() -> None:
    # Falls during 5 epochs, then never again: the best of all is epoch 4.
    engine = FakeEngine(lambda step: 2.0 - 0.1 * min(step, 4))
    schedule = Schedule("adaptive", patience=3, tol=0.01)
    options = TrainingOptions(epochs=14, learning_rate=0.5, schedule=schedule, engine=engine)
    train(NETWORK, DATA, options, judged=False)
    # Epochs 5, 6, 7, 8 bring nothing: one more than are borne. So do 9, 10, 11, 12.
    np.testing.assert_allclose(asked_rates(engine), [0.5] * 9 + [0.1] * 4 + [0.02], rtol=1e-12)


def test_an_adaptive_rate_stays_where_it_is_small() -> None:
    engine = FakeEngine()
    schedule = Schedule("adaptive", patience=0)
    options = TrainingOptions(epochs=9, learning_rate=1e-5, schedule=schedule, engine=engine)
    train(NETWORK, DATA, options)
    assert min(asked_rates(engine)) == pytest.approx(1e-5 / 25)


def test_the_engine_is_told_how_to_step() -> None:
    engine = FakeEngine()
    optimizer = Optimizer("adam", beta1=0.8)
    options = TrainingOptions(
        epochs=1, optimizer=optimizer, clip_norm=2, dropout_seed=7, threads=1, engine=engine
    )
    train(NETWORK, Examples(X, Y, np.arange(10)), options)
    ((_, examples, state, steps),) = engine.opened
    assert (steps.optimizer, steps.clip_norm, steps.dropout_seed, steps.threads) == (optimizer, 2.0, 7, 1)
    np.testing.assert_array_equal(examples.weights, np.arange(10.0).reshape(1, 10))
    assert examples.weights.dtype == np.float64
    assert (state.step_count, state.update_count, dict(state.slots)) == (0, 0, {})


def interrupting(*steps: int) -> Any:
    """A cost that presses Ctrl-C at these steps."""

    def cost(step: int) -> float:
        if step in steps:
            signal.raise_signal(signal.SIGINT)
        return 1.0

    return cost


def test_ctrl_c_waits_for_the_end_of_a_call_of_many_steps() -> None:
    engine = FakeEngine(interrupting(3000))
    end = train(NETWORK, DATA, TrainingOptions(epochs=10**7, engine=engine))
    assert end.history.reason == "interrupted"
    # Of the call that step 3000 is in, all steps count.
    steps = np.cumsum(sizes(engine))
    assert steps[-2] <= 3000 < steps[-1] - 1
    assert end.history.iterations == len(end.history.costs) == end.parameters["b1"][0, 0] == steps[-1]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_key_that_is_held_down_waits_too_and_does_not_end_the_ending() -> None:
    engine = FakeEngine(interrupting(*range(3000, 3020)))
    pressed: list[str] = []

    def again(event: object) -> None:
        if isinstance(event, TrainingEnd):
            signal.raise_signal(signal.SIGINT)
            pressed.append("at the end")

    options = TrainingOptions(epochs=10**7, engine=engine)
    end = train(NETWORK, DATA, options, listeners=[again], every="auto")
    assert end.history.reason == "interrupted"
    assert pressed == ["at the end"]
    assert end.history.iterations == len(end.history.costs) == sum(sizes(engine))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_ctrl_c_that_comes_much_later_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pellucid.training.call_size._PATIENCE", -1.0)
    engine = FakeEngine(interrupting(3000, 3001))
    end = train(NETWORK, DATA, TrainingOptions(epochs=10**7, engine=engine))
    assert end.history.reason == "interrupted"
    # The call that was broken off never came back.
    assert end.history.iterations == len(end.history.costs) == sum(sizes(engine)[:-1]) <= 3000
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("before", [0, 5])
def test_a_step_that_ctrl_c_strikes_is_not_taken(before: int) -> None:
    """Also where the state that the training begins with has steps behind it."""
    engine = FakeEngine(interrupting(before + 7))
    options = TrainingOptions(epochs=10, batch_size=3, engine=engine)
    start = FakeEngine().open(NETWORK, DATA, TrainingState({}, {}, before, before)).state()
    end = train(NETWORK, DATA, options, every="step", state=start)
    assert (end.history.reason, end.history.iterations) == ("interrupted", 7)
    assert (end.state.epoch, end.state.step, end.parameters["b1"][0, 0]) == (1, 3, before + 7)


def test_an_interrupt_while_epochs_are_told_counts_all_that_were_taken() -> None:
    def listen(event: Any) -> None:
        if isinstance(event, EpochEnd) and event.epoch == 2:
            raise KeyboardInterrupt

    options = TrainingOptions(epochs=20, engine=FakeEngine())
    end = train(NETWORK, DATA, options, listeners=[listen], every=5)
    assert (end.history.iterations, len(end.history.costs), end.state.epoch) == (5, 5, 5)


@pytest.fixture
def own_handler() -> Iterator[list[int]]:
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    yield came
    signal.signal(signal.SIGINT, before)


def test_another_handler_of_interrupts_is_left_alone(own_handler: list[int]) -> None:
    engine = FakeEngine(lambda step: signal.raise_signal(signal.SIGINT) or 1.0)
    end = train(NETWORK, DATA, TrainingOptions(epochs=3, engine=engine))
    assert (end.history.reason, len(own_handler)) == ("completed", 3)


def press_in_a_block(done: list[str], *strikes: Callable[[], bool]) -> None:
    with interrupts_wait(*strikes):
        signal.raise_signal(signal.SIGINT)
        done.append("all of it")


def test_an_interrupt_comes_at_the_end_of_the_block() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        press_in_a_block(done)
    assert done == ["all of it"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_that_need_not_wait_strikes_at_once() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        press_in_a_block(done, lambda: True)
    assert done == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def press_otherwise(done: list[str]) -> None:
    with interrupts_wait():
        signal.raise_signal(signal.SIGINT)
        ctrl_c()
        done.append("all of it")


def test_other_signals_may_do_what_ctrl_c_does_where_that_is_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    done: list[str] = []
    try:
        with pytest.raises(KeyboardInterrupt):
            ctrl_c()
        with pytest.raises(KeyboardInterrupt):
            press_otherwise(done)
        assert done == ["all of it"]
        with interrupts_held():
            ctrl_c()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_error_in_the_block_leaves_the_handler_as_it_was() -> None:
    with pytest.raises(ZeroDivisionError):
        press_in_a_block([], lambda: 1 / 0 > 0)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
