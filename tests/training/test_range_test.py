"""The learning-rate range test: what it tries, where it ends, what it suggests."""

import math
import re
import signal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_engine import FakeEngine
from helpers import LIBRARIES, Library
from pellucid import Network, TrainingOptions, initialize_parameters_deep, train
from pellucid.errors import DivergenceError, LabelError, OptionError
from pellucid.examples import Examples
from pellucid.training import LearningRateRange, Schedule, lr_find
from pellucid.training.validation import split_off

RNG = np.random.RandomState(0)
X = RNG.randn(3, 40)
Y = (X[:1] + 0.3 * RNG.randn(1, 40) > 0).astype(float)
DATA = Examples(X, Y)
NETWORK = Network((3, 8, 1))
OPTIONS = TrainingOptions(rng=1)


def test_the_rates_grow_by_the_same_factor() -> None:
    engine = FakeEngine()
    options = TrainingOptions(engine=engine)
    found = lr_find(NETWORK, DATA, options, lowest=1e-4, highest=1.0, steps=9 * 4 + 1)
    asked = [rate for _, rates in engine.calls for rate in rates]
    np.testing.assert_allclose(asked, found.rates, rtol=1e-14)
    assert (found.rates[0], found.rates[-1]) == pytest.approx((1e-4, 1.0))
    np.testing.assert_allclose(found.rates[1:] / found.rates[:-1], 10 ** (1 / 9))


def test_epochs_repeat_where_there_are_fewer_batches_than_steps() -> None:
    engine = FakeEngine()
    lr_find(NETWORK, DATA, TrainingOptions(batch_size=16, shuffle_seed=5, engine=engine), steps=10)
    columns = [batch.columns.tolist() for batch, _ in engine.calls]
    assert [len(some) for some in columns] == [16, 16, 8] * 3 + [16]
    for epoch in range(3):
        order = np.random.RandomState(5 + 1 + epoch).permutation(40).tolist()
        assert [column for some in columns[3 * epoch : 3 * epoch + 3] for column in some] == order


@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("optimizer", ["gradient_descent", "adam"])
def test_the_costs_are_those_of_a_training_at_these_rates(batch_size: int | None, optimizer: str) -> None:
    network = Network((3, 8, 1), l2=0.1, dropout=0.2)
    options = {"batch_size": batch_size, "optimizer": optimizer, "rng": 3, "dropout_seed": 9, "epochs": 12}
    found = lr_find(network, DATA, TrainingOptions(**options), lowest=0.01, highest=0.01 + 1e-12, steps=12)
    end = train(network, DATA, TrainingOptions(learning_rate=0.01, **options))
    k = 1 if batch_size is None else 3
    sizes = np.resize([40] if k == 1 else [16, 16, 8], 12).reshape(-1, k)
    means = (found.costs.reshape(-1, k) * sizes).sum(axis=1) / 40
    np.testing.assert_allclose(means, end.history.costs[: 12 // k], rtol=1e-9)


def test_nothing_of_the_callers_is_changed() -> None:
    stream = np.random.default_rng(4)
    before = stream.bit_generator.state
    parameters = initialize_parameters_deep((3, 8, 1), rng=1)
    copies = {name: value.copy() for name, value in parameters.items()}
    twice = [lr_find(NETWORK, DATA, TrainingOptions(rng=stream, batch_size=8)) for _ in range(2)]
    assert stream.bit_generator.state == before
    np.testing.assert_array_equal(twice[0].costs, twice[1].costs)
    lr_find(NETWORK, DATA, OPTIONS, parameters=parameters)
    assert all(np.array_equal(parameters[name], copies[name]) for name in copies)


def test_given_parameters_are_where_it_starts() -> None:
    parameters = initialize_parameters_deep((3, 8, 1), scheme="zeros", rng=1)
    assert lr_find(NETWORK, DATA, OPTIONS, parameters=parameters).costs[0] == pytest.approx(math.log(2))


def test_what_would_be_held_out_is_not_tried_on() -> None:
    options = TrainingOptions(rng=1, validation_fraction=0.25, shuffle_seed=3, patience=2)
    kept, _ = split_off(NETWORK, DATA, 0.25, 3)
    np.testing.assert_array_equal(
        lr_find(NETWORK, DATA, options).costs, lr_find(NETWORK, kept, OPTIONS).costs
    )


def test_the_schedule_has_no_part() -> None:
    scheduled = TrainingOptions(rng=1, schedule=Schedule("adaptive"), learning_rate=99.0)
    np.testing.assert_array_equal(
        lr_find(NETWORK, DATA, scheduled).costs, lr_find(NETWORK, DATA, OPTIONS).costs
    )


@given(st.lists(st.floats(0.1, 10.0), min_size=10, max_size=30), st.floats(0.0, 0.99))
def test_smoothing_is_a_weighted_mean_of_the_costs_so_far(costs: list[float], beta: float) -> None:
    weights = np.arange(40.0)
    options = TrainingOptions(batch_size=16, engine=FakeEngine(costs.__getitem__))
    data = Examples(X, Y, weights)
    found = lr_find(NETWORK, data, options, steps=len(costs), smoothing=beta, rise=1e9)
    orders = [np.random.RandomState(1 + epoch).permutation(40) for epoch in range(10)]
    shares = [weights[order[i : i + 16]].sum() for order in orders for i in (0, 16, 32)]
    assert found.costs.tolist() == costs
    for i in range(len(costs)):
        counts = [share * beta ** (i - j) for j, share in enumerate(shares[: i + 1])]
        assert found.smoothed[i] == pytest.approx(np.average(costs[: i + 1], weights=counts))


@pytest.mark.parametrize("batch", [0, 3])
def test_a_batch_without_weight_says_nothing(batch: int) -> None:
    engine = FakeEngine(lambda step: 2.0 if step == batch else 0.5)
    weights = np.ones(40)
    weights[np.random.RandomState(1).permutation(40)[10 * batch : 10 * batch + 10]] = 0.0
    options = TrainingOptions(batch_size=10, engine=engine)
    found = lr_find(NETWORK, Examples(X, Y, weights), options, steps=10, rise=1e9)
    expected = [2.0 if batch == 0 else 0.5, *[0.5] * 9]
    np.testing.assert_allclose(found.smoothed, expected)


def test_it_ends_where_the_cost_has_risen_far() -> None:
    # Down from 1 to 0.25, then up; the larger of the lowest and the fall before it is 0.75.
    costs = [*np.linspace(1.0, 0.25, 40), *np.linspace(0.3, 9.0, 60)]
    engine = FakeEngine(costs.__getitem__)
    found = lr_find(NETWORK, DATA, TrainingOptions(engine=engine), smoothing=0.0, rise=2.0)
    assert found.costs[-1] > 0.25 + 2.0 * 0.75 >= found.costs[-2]
    assert len(engine.calls) == len(found.rates) == len(found.costs) == len(found.smoothed)
    assert found.reason.startswith(
        f"the cost rose far above its lowest at the rate {found.rates[-1]:.2g}; "
    )


def test_divergence_is_a_normal_end() -> None:
    network = Network((3, 8, 1), output_activation="identity")
    found = lr_find(network, DATA, TrainingOptions(rng=1), highest=1e6, rise=1e300)
    assert 50 < len(found.costs) < 100
    assert np.isfinite(found.costs).all()
    assert found.suggestion is not None
    assert found.reason.startswith(f"the cost was no longer finite at the rate {found.rates[-1]:.2g}; ")


def test_a_cost_that_is_not_finite_from_the_start_is_refused() -> None:
    parameters = initialize_parameters_deep((3, 8, 1), rng=1)
    network = Network((3, 8, 1), output_activation="identity")
    huge = {name: value * 1e200 for name, value in parameters.items()}
    with pytest.raises(DivergenceError, match="at iteration 0"):
        lr_find(network, DATA, OPTIONS, parameters=huge)


def test_it_suggests_where_the_cost_falls_the_steepest() -> None:
    # Flat, a fall about the 60th rate, flat, and up.
    steps = np.arange(100)
    costs = 1 - 0.8 / (1 + np.exp(-(steps - 60) / 4.0)) + np.exp((steps - 90) / 2.0)
    found = lr_find(NETWORK, DATA, TrainingOptions(engine=FakeEngine(costs.__getitem__)))
    assert found.suggestion == pytest.approx(found.rates[60], rel=0.05)
    assert found.reason.endswith(f"; it fell the steepest about the rate {found.suggestion:.2g}")


@pytest.mark.parametrize("seed", range(10))
def test_noise_moves_the_suggestion_little(seed: int) -> None:
    steps = np.arange(100)
    costs = 1 - 0.8 / (1 + np.exp(-(steps - 60) / 4.0)) + np.exp((steps - 90) / 2.0)
    noisy = costs + 0.1 * np.random.default_rng(seed).standard_normal(100)
    found = lr_find(NETWORK, DATA, TrainingOptions(engine=FakeEngine(noisy.__getitem__)))
    assert found.suggestion is not None
    assert found.rates[52] < found.suggestion < found.rates[68]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("slope", [0.0, 0.01])
def test_where_nothing_fell_it_says_so(seed: int, slope: float) -> None:
    costs = 1 + slope * np.arange(100) + 0.1 * np.random.default_rng(seed).standard_normal(100)
    found = lr_find(NETWORK, DATA, TrainingOptions(engine=FakeEngine(costs.__getitem__)))
    assert found.suggestion is None
    assert "; the cost did not fall: its mean is " in found.reason
    assert "chance alone can make" in found.reason


def test_too_few_steps_for_a_slope() -> None:
    options = TrainingOptions(engine=FakeEngine(lambda step: 10.0**step))
    found = lr_find(NETWORK, DATA, options, steps=20)
    assert found.suggestion is None
    assert re.search(r"after \d steps, too few to see a slope", found.reason)


@pytest.mark.parametrize("steps", [10, 11, 37, 400])
@pytest.mark.parametrize("highest", [2e-6, 1e-3, 10.0, 1e30])
def test_any_range_can_be_tried(steps: int, highest: float) -> None:
    options = TrainingOptions(engine=FakeEngine(lambda step: 1.0 / (1 + step)))
    found = lr_find(NETWORK, DATA, options, highest=highest, steps=steps)
    assert found.suggestion is not None
    assert found.rates[0] <= found.suggestion <= found.rates[-1]


@pytest.mark.parametrize("library", LIBRARIES, ids=str)
def test_any_library_and_type(library: Library) -> None:
    with library.ready():
        options = TrainingOptions(rng=1, batch_size=8, engine="reference")
        found = lr_find(NETWORK, Examples(library.array(X), library.array(Y)), options, steps=20)
    expected = lr_find(NETWORK, DATA, options, steps=20)
    k = min(len(found.costs), len(expected.costs), 12)
    np.testing.assert_allclose(found.costs[:k], expected.costs[:k], rtol=100 * library.tolerance)


@pytest.mark.parametrize(
    ("network", "data"),
    [
        (Network((3, 1)), DATA),
        (Network((3, 8, 3), output_activation="softmax"), Examples(X, np.eye(3)[:, RNG.randint(0, 3, 40)])),
        (Network((3, 8, 1), output_activation="exp"), Examples(X, np.floor(np.exp(X[:1])))),
        (Network((3, 8, 2), output_activation="identity", cost="huber"), Examples(X, X[:2])),
        (Network((3, 8, 1), hidden_activation="tanh"), Examples(X[:, :1], Y[:, :1])),
    ],
    ids=["logistic", "softmax", "counts", "huber", "one example"],
)
def test_any_network(network: Network, data: Examples) -> None:
    found = lr_find(network, data, TrainingOptions(rng=1, batch_size=8, initialization="he"))
    assert isinstance(found, LearningRateRange)
    assert found.suggestion is None or found.rates[0] < found.suggestion < found.rates[-1]


@pytest.mark.parametrize("optimizer", ["gradient_descent", "nesterov", "adam"])
def test_the_suggestion_trains(optimizer: str) -> None:
    options = TrainingOptions(epochs=30, rng=1, batch_size=16, optimizer=optimizer, initialization="he")
    found = lr_find(NETWORK, DATA, options)
    assert found.suggestion is not None
    trained = TrainingOptions(
        epochs=30,
        rng=1,
        batch_size=16,
        optimizer=optimizer,
        initialization="he",
        learning_rate=found.suggestion,
    )
    costs = train(NETWORK, DATA, trained).history.costs
    assert costs[-1] < 0.8 * costs[0]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"lowest": 0.0}, "lowest is 0"),
        ({"lowest": 1.0, "highest": 1.0}, "highest is 1.0; expected a number above 1"),
        ({"highest": math.inf}, "highest is inf"),
        ({"steps": 9}, "steps is 9; expected an integer of at least 10"),
        ({"steps": 20.0}, "steps is 20.0; expected an integer"),
        ({"steps": True}, "steps is True; expected an integer"),
        ({"smoothing": 1.0}, "smoothing is 1.0; expected a number at least 0 and below 1"),
        ({"rise": 0}, "rise is 0; expected a number above 0"),
    ],
)
def test_tests_that_cannot_be(arguments: Any, line: str) -> None:
    with pytest.raises(OptionError, match=re.escape(line)):
        lr_find(NETWORK, DATA, OPTIONS, **arguments)


def test_an_epoch_may_have_far_more_batches_than_there_are_rates() -> None:
    long = Examples(np.tile(X, 400), np.tile(Y, 400))
    engine = FakeEngine()
    options = TrainingOptions(batch_size=1, engine=engine)
    found = lr_find(NETWORK, long, options, highest=1e3, steps=30)
    asked = [rate for _, rates in engine.calls for rate in rates]
    np.testing.assert_allclose(asked, found.rates, rtol=1e-14)


def test_ctrl_c_ends_it_without_a_suggestion() -> None:
    def cost(step: int) -> float:
        if step == 15:
            signal.raise_signal(signal.SIGINT)
        return 1.0 / (1 + step)

    with pytest.raises(KeyboardInterrupt):
        lr_find(NETWORK, DATA, TrainingOptions(engine=FakeEngine(cost)))


def test_data_that_cannot_be_trained_on() -> None:
    with pytest.raises(LabelError, match="no labels"):
        lr_find(NETWORK, Examples(X, None), OPTIONS)
