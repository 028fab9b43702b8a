"""What the loop asks of an engine: which columns, at which rates, how many epochs at a time."""

import itertools
import signal
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fake_engine import FakeEngine
from pellucid import Network, TrainingOptions, fit, train
from pellucid.course import Columns
from pellucid.errors import OptionError
from pellucid.optimizer import Optimizer
from pellucid.training import EpochEnd, Extent, Schedule
from pellucid.training.epochs import Epochs, epoch_batches
from pellucid.training.pace import CALL, Pace

RNG = np.random.RandomState(0)
X = RNG.randn(3, 10)
Y = (X[:1] > 0).astype(float)
NETWORK = Network((3, 4, 1))
DATA = Columns(X, Y)


@pytest.fixture
def faked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeEngine]:
    def faked(cost: Callable[[int], float] = lambda step: 1.0) -> FakeEngine:
        engine = FakeEngine(cost)
        monkeypatch.setattr("pellucid.training.run.engine_named", lambda name: engine)
        # Every call takes the same time, 5.3 times shorter than it may, however many epochs it has.
        monkeypatch.setattr("pellucid.training.run.now", itertools.count(0, CALL / 5.3).__next__)
        return engine

    return faked


def sizes(engine: FakeEngine) -> list[int]:
    return [len(batches) for batches, _ in engine.calls]


def asked_rates(engine: FakeEngine) -> list[float]:
    found: list[float] = []
    for batches, rates in engine.calls:
        found += [rates] * len(batches) if isinstance(rates, float) else list(rates)
    return found


def test_one_epoch_at_a_time_where_somebody_listens(faked: Any) -> None:
    engine = faked()
    train(NETWORK, DATA, TrainingOptions(epochs=7), listeners=[lambda event: None])
    assert sizes(engine) == [1] * 7


def test_many_epochs_at_a_time_where_nobody_does(faked: Any) -> None:
    engine = faked()
    end = train(NETWORK, DATA, TrainingOptions(epochs=10_000))
    assert sizes(engine) == [1, 5, 26, 137, 726, 3847, 10_000 - 4742]
    assert len(end.history.costs) == end.history.iterations == 10_000


@pytest.mark.parametrize(
    ("epochs", "seconds", "expected"),
    [
        (1, CALL / 3.5, 3),
        (1, CALL / 1000, 16),
        (40, CALL / 2.5, 100),
        (40, CALL * 2, 20),
        (40, CALL * 100, 1),
        (1, 0.0, 16),
    ],
)
def test_the_pace(epochs: int, seconds: float, expected: int) -> None:
    pace = Pace()
    pace.took(epochs, seconds)
    assert pace.epochs == expected


def test_a_stride_is_kept_to(faked: Any) -> None:
    faked()
    events = fit(NETWORK, DATA, TrainingOptions(epochs=23), stride=10)
    ends = [event for event in events if isinstance(event, EpochEnd)]
    assert [event.epoch for event in ends] == list(range(23))
    assert [event.iteration for event in ends] == list(range(1, 24))


def test_a_snapshot_is_of_the_moment(faked: Any) -> None:
    faked()
    seen: list[float] = []

    def look(event: Any) -> None:
        if isinstance(event, EpochEnd):
            seen.append(event.snapshot()["b1"][0, 0])

    train(NETWORK, DATA, TrainingOptions(epochs=6), listeners=[look], stride=4)
    assert seen == [4, 4, 4, 4, 6, 6]


@pytest.mark.parametrize("stride", [0, -1, 1.5, True, "fast"])
def test_strides_that_are_none(stride: Any) -> None:
    with pytest.raises(OptionError, match=r"stride is .*; expected a whole number of at least 1, or 'au"):
        train(NETWORK, DATA, TrainingOptions(epochs=1), stride=stride)


@pytest.mark.parametrize(
    "options", [{"patience": 3}, {"schedule": "adaptive"}, {"validation_fraction": 0.3}]
)
def test_what_decides_after_every_epoch_goes_by_one(options: dict[str, Any], faked: Any) -> None:
    engine = faked(lambda step: 1 / (step + 1))
    train(NETWORK, DATA, TrainingOptions(epochs=40, **options))
    assert sizes(engine) == [1] * 40


@pytest.mark.parametrize("batch_size", [None, 3, 5, 10, 99])
@pytest.mark.parametrize("count", [1, 4])
def test_epochs_in_one_piece_are_those_one_by_one(batch_size: int | None, count: int) -> None:
    epochs = Epochs(10, batch_size, shuffle_seed=2**32 - 3)
    together = epochs.batches(7, count)
    alone = [epoch_batches(10, batch_size, 2**32 - 3, 7 + i) for i in range(count)]
    expected = [batch for batches in alone for batch in batches]
    assert len(together) == len(expected) == count * epochs.steps_per_epoch
    for found, batch in zip(together, expected, strict=True):
        np.testing.assert_array_equal(found, batch)
    if batch_size is not None:
        order = np.random.RandomState((2**32 - 3 + 1 + 7) % 2**32).permutation(10)
        np.testing.assert_array_equal(np.concatenate(list(alone[0])), order)


def test_the_cost_of_an_epoch_weighs_its_batches() -> None:
    costs = [1.0, 2.0, 4.0, 3.0, 5.0, 9.0]
    plain = Epochs(10, 4, 0)
    expected = [(4 * 1 + 4 * 2 + 2 * 4) / 10, (4 * 3 + 4 * 5 + 2 * 9) / 10]
    assert plain.costs(costs, plain.batches(0, 2)) == pytest.approx(expected)
    w = np.arange(10.0)
    weighted = Epochs(10, 4, 0, w)
    batches = weighted.batches(0, 2)
    sums = [w[batch].sum() for batch in batches]
    expected = [
        np.dot(costs[:3], sums[:3]) / w.sum(),
        np.dot(costs[3:], sums[3:]) / w.sum(),
    ]
    assert weighted.costs(costs, batches) == pytest.approx(expected)
    assert Epochs(10, None, 0, w).costs([1.5, 2.5], Epochs(10, None, 0).batches(0, 2)) == [1.5, 2.5]


@pytest.mark.parametrize("stride", [1, "auto"])
def test_the_rates_are_those_of_the_schedule(stride: Any, faked: Any) -> None:
    engine = faked()
    schedule = Schedule("cosine", warmup_epochs=2)
    options = TrainingOptions(epochs=20, learning_rate=0.3, batch_size=4, schedule=schedule)
    seen: list[float] = []

    def listen(event: Any) -> None:
        if isinstance(event, EpochEnd):
            seen.append(event.learning_rate)

    train(NETWORK, DATA, options, listeners=[listen], stride=stride)
    expected = schedule.rates(0.3, Extent(20, 3, 10))
    np.testing.assert_array_equal(asked_rates(engine), expected)
    np.testing.assert_array_equal(seen, expected[2::3])
    assert all(type(rate) is float for _, rates in engine.calls for rate in rates)


def test_a_constant_rate_is_one_number(faked: Any) -> None:
    engine = faked()
    train(NETWORK, DATA, TrainingOptions(epochs=5, learning_rate=0.25))
    assert {rates for _, rates in engine.calls} == {0.25}


def test_an_adaptive_rate_is_divided_where_the_cost_stays(faked: Any) -> None:
    # Falls during 5 epochs, then never again: the best of all is epoch 4.
    engine = faked(lambda step: 2.0 - 0.1 * min(step, 4))
    schedule = Schedule("adaptive", patience=3, tol=0.01)
    train(NETWORK, DATA, TrainingOptions(epochs=14, learning_rate=0.5, schedule=schedule))
    # Epochs 5, 6, 7, 8 bring nothing: one more than are borne. So do 9, 10, 11, 12.
    np.testing.assert_allclose(asked_rates(engine), [0.5] * 9 + [0.1] * 4 + [0.02], rtol=1e-12)


def test_an_adaptive_rate_stays_where_it_is_small(faked: Any) -> None:
    engine = faked()
    schedule = Schedule("adaptive", patience=0)
    train(NETWORK, DATA, TrainingOptions(epochs=9, learning_rate=1e-5, schedule=schedule))
    assert min(asked_rates(engine)) == pytest.approx(1e-5 / 25)


def test_the_engine_is_told_how_to_step(faked: Any) -> None:
    engine = faked()
    optimizer = Optimizer("adam", beta1=0.8)
    options = TrainingOptions(epochs=1, optimizer=optimizer, clip_norm=2, dropout_seed=7, threads=1)
    train(NETWORK, DATA, options, weights=np.arange(10))
    (opened,) = engine.opened
    steps = opened["steps"]
    assert (steps.optimizer, steps.clip_norm, steps.dropout_seed, steps.threads) == (optimizer, 2.0, 7, 1)
    np.testing.assert_array_equal(opened["weights"], np.arange(10.0).reshape(1, 10))
    assert opened["weights"].dtype == np.float64


def test_ctrl_c_waits_for_the_end_of_a_short_call(faked: Any) -> None:
    def cost(step: int) -> float:
        if step == 3000:
            signal.raise_signal(signal.SIGINT)
        return 1.0

    faked(cost)
    end = train(NETWORK, DATA, TrainingOptions(epochs=10**7))
    assert end.history.reason == "interrupted"
    # Epoch 3000 is in the call that ends with the 4742nd.
    assert end.history.iterations == len(end.history.costs) == end.parameters["b1"][0, 0] == 4742
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_does_not_wait(faked: Any) -> None:
    def cost(step: int) -> float:
        if step in (3000, 3001):
            signal.raise_signal(signal.SIGINT)
        return 1.0

    engine = faked(cost)
    end = train(NETWORK, DATA, TrainingOptions(epochs=10**7))
    assert end.history.reason == "interrupted"
    # The call that was broken off never came back.
    assert end.history.iterations == engine.sessions[0].iteration == len(end.history.costs) == 895


def test_an_interrupt_while_epochs_are_told_counts_all_that_were_taken(faked: Any) -> None:
    faked()

    def listen(event: Any) -> None:
        if isinstance(event, EpochEnd) and event.epoch == 2:
            raise KeyboardInterrupt

    end = train(NETWORK, DATA, TrainingOptions(epochs=20), listeners=[listen], stride=5)
    assert (end.history.iterations, len(end.history.costs)) == (5, 5)


def test_another_handler_of_interrupts_is_left_alone(faked: Any) -> None:
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        faked(lambda step: signal.raise_signal(signal.SIGINT) or 1.0)
        end = train(NETWORK, DATA, TrainingOptions(epochs=3))
        assert (end.history.reason, len(came)) == ("completed", 3)
    finally:
        signal.signal(signal.SIGINT, before)
