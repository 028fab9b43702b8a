"""Early stopping: when it stops, what it keeps, and the validation examples it watches."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fake_engine import FakeEngine
from pellucid import Network, TrainingOptions, compute_cost, train
from pellucid.core import L_model_forward
from pellucid.examples import Examples
from pellucid.errors import DivergenceError, LabelError, OptionError, ShapeError
from pellucid.training import EpochEnd, History
from pellucid.training.stopping import Plateau
from pellucid.training.validation import Weighted, split_off

RNG = np.random.RandomState(0)
X = RNG.randn(3, 40)
Y = (X[:1] + 0.8 * RNG.randn(1, 40) > 0).astype(float)
HELD_OUT = Examples(RNG.randn(3, 25), (RNG.randn(1, 25) > 0).astype(float))
NETWORK = Network((3, 8, 1))
DATA = Examples(X, Y)


def cost_of(network: Network, parameters: Any, data: Examples) -> float:
    AL, _ = L_model_forward(data.X, parameters, **network.activations)
    return float(compute_cost(AL, data.Y))


@pytest.mark.parametrize(
    ("patience", "min_delta", "costs", "at"),
    [
        (0, 0.0, [3, 2, 2], [2]),
        (2, 0.0, [3, 2, 2, 2.5, 2], [4]),
        (1, 0.0, [3, 4, 2, 3, 1, 2, 0.5], []),
        (1, 0.5, [3, 2.8, 2.6, 2.4], [2]),
        (1, 0.5, [3, 4, 5, 6, 7], [2, 4]),
        (0, 0.0, [1, 1, 1, 1], [1, 2, 3]),
    ],
)
def test_a_plateau(patience: int, min_delta: float, costs: list[float], at: list[int]) -> None:
    plateau = Plateau(patience, min_delta)
    assert [i for i, cost in enumerate(costs) if plateau.reached(cost)] == at


def faked(monkeypatch: pytest.MonkeyPatch, cost: Callable[[int], float]) -> None:
    monkeypatch.setattr("pellucid.training.run.engine_named", lambda name: FakeEngine(cost))


COSTS = [5.0, 4.0, 3.0, 3.5, 2.0, 2.5, 2.1, 2.2, 1.0]


def test_it_stops_and_keeps_the_parameters_of_the_lowest_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    faked(monkeypatch, COSTS.__getitem__)
    end = train(NETWORK, DATA, TrainingOptions(epochs=9, patience=2))
    expected = History(tuple(COSTS[:8]), 8, "fake", "early_stopping", best_epoch=4)
    assert end.history == expected
    # With the full batch, the cost of an epoch is that before its step: four steps were taken.
    assert end.parameters["b1"][0, 0] == 4


def test_of_mini_batches_the_parameters_after_the_epoch_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    faked(monkeypatch, lambda step: COSTS[step // 4])
    end = train(NETWORK, DATA, TrainingOptions(epochs=9, patience=2, batch_size=10))
    assert (end.history.best_epoch, end.parameters["b1"][0, 0]) == (4, 20)


def test_the_last_parameters_stay_where_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    faked(monkeypatch, COSTS.__getitem__)
    end = train(NETWORK, DATA, TrainingOptions(epochs=9, patience=2, restore_best=False))
    assert end.parameters["b1"][0, 0] == 8
    assert end.history.best_epoch is None


def test_the_best_are_kept_where_all_epochs_are_run(monkeypatch: pytest.MonkeyPatch) -> None:
    faked(monkeypatch, COSTS.__getitem__)
    end = train(NETWORK, DATA, TrainingOptions(epochs=7, patience=5))
    assert (end.history.reason, end.history.best_epoch) == ("completed", 4)
    assert end.parameters["b1"][0, 0] == 4


def test_the_best_are_kept_where_it_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    faked(monkeypatch, COSTS.__getitem__)

    def listen(event: Any) -> None:
        if isinstance(event, EpochEnd) and event.epoch == 5:
            raise KeyboardInterrupt

    end = train(NETWORK, DATA, TrainingOptions(epochs=9, patience=5), listeners=[listen])
    assert (end.history.reason, end.history.best_epoch, end.parameters["b1"][0, 0]) == ("interrupted", 4, 4)


def test_no_epochs_have_no_best() -> None:
    end = train(NETWORK, DATA, TrainingOptions(epochs=0, patience=1, rng=1))
    assert (end.history.reason, end.history.best_epoch) == ("completed", None)


@pytest.mark.parametrize("batch_size", [None, 16])
def test_a_validation_set_is_watched_and_the_best_restored(batch_size: int | None) -> None:
    options = TrainingOptions(
        epochs=3000, learning_rate=0.5, rng=1, patience=20, batch_size=batch_size, min_delta=1e-4
    )
    told: list[float | None] = []

    def listen(event: Any) -> None:
        if isinstance(event, EpochEnd):
            told.append(event.validation_cost)
            assert cost_of(NETWORK, event.snapshot(), HELD_OUT) == pytest.approx(event.validation_cost)

    end = train(NETWORK, DATA, options, validation=HELD_OUT, listeners=[listen])
    history = end.history
    assert history.reason == "early_stopping"
    assert history.validation_costs == tuple(told)
    assert len(history.costs) == len(told) < 3000
    assert history.best_epoch is not None
    assert history.validation_costs[history.best_epoch] == min(told)
    assert cost_of(NETWORK, end.parameters, HELD_OUT) == pytest.approx(min(told), rel=1e-12)


def test_a_validation_set_without_patience_is_only_told_of() -> None:
    options = TrainingOptions(epochs=30, learning_rate=0.5, rng=1)
    plain = train(NETWORK, DATA, options)
    watched = train(NETWORK, DATA, options, validation=HELD_OUT)
    assert watched.history.costs == plain.history.costs
    assert len(watched.history.validation_costs) == 30
    assert (watched.history.reason, watched.history.best_epoch) == ("completed", None)
    np.testing.assert_array_equal(watched.parameters["W1"], plain.parameters["W1"])


def test_the_validation_cost_knows_no_penalty_no_dropout_and_no_smoothing() -> None:
    network = Network((3, 8, 1), l2=3.0, l1=1.0, dropout=0.5, label_smoothing=0.3)
    end = train(network, DATA, TrainingOptions(epochs=3, rng=1), validation=HELD_OUT)
    expected = cost_of(network, end.parameters, HELD_OUT)
    assert end.history.validation_costs[-1] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n_y", [1, 3])
def test_a_share_is_split_off_of_each_class(n_y: int) -> None:
    labels = np.repeat([0, 1], [30, 10]) if n_y == 1 else np.repeat([0, 1, 2], [20, 12, 8])
    targets = labels[None] if n_y == 1 else np.eye(3)[:, labels]
    data = Weighted(np.arange(40.0)[None], targets.astype(float), np.arange(1.0, 41)[None])
    network = Network((1, n_y), output_activation="sigmoid" if n_y == 1 else "softmax")
    kept, held_out = split_off(network, data, 0.25, seed=5)
    assert sorted([*kept.X[0], *held_out.X[0]]) == list(range(40))
    chosen = held_out.X[0].astype(int)
    assert np.bincount(labels[chosen]).tolist() == ([8, 2] if n_y == 1 else [5, 3, 2])
    np.testing.assert_array_equal(held_out.Y, targets[:, chosen])
    np.testing.assert_array_equal(held_out.weights[0], chosen + 1.0)
    again = split_off(network, data, 0.25, seed=5)[1]
    np.testing.assert_array_equal(again.X, held_out.X)
    assert split_off(network, data, 0.25, seed=6)[1].X.tolist() != held_out.X.tolist()
    # Not the first ones of each class.
    assert chosen.tolist() != sorted(chosen, key=lambda j: (labels[j], j))[: len(chosen)] or chosen[0] > 0


def test_numbers_are_split_without_classes() -> None:
    data = Weighted(np.zeros((1, 10)), np.linspace(0, 1, 10)[None])
    _, held_out = split_off(Network((1, 1), output_activation="identity"), data, 0.3, seed=0)
    assert held_out.m == 3


def test_a_share_that_is_split_off_is_not_trained_on() -> None:
    options = TrainingOptions(
        epochs=8, learning_rate=0.3, rng=1, validation_fraction=0.25, shuffle_seed=3, batch_size=7
    )
    end = train(NETWORK, DATA, options)
    kept, held_out = split_off(NETWORK, Weighted(X, Y), 0.25, 3)
    expected = train(
        NETWORK,
        Examples(kept.X, kept.Y),
        TrainingOptions(epochs=8, learning_rate=0.3, rng=1, shuffle_seed=3, batch_size=7),
        validation=Examples(held_out.X, held_out.Y),
    )
    assert end.history == expected.history


@pytest.mark.parametrize(
    ("data", "options", "arguments", "error", "line"),
    [
        (DATA, {"validation_fraction": 0.2}, {"validation": HELD_OUT}, OptionError,
         "validation_fraction is 0.2 and a validation set is given; expected one of them"),
        (DATA, {}, {"validation": Examples(X[:2], Y)}, ShapeError, "layer_dims[0] = 2"),
        (DATA, {}, {"validation": Examples(X, Y + 3)}, LabelError, "expected 0 or 1"),
        (Examples(X[:, :1], Y[:, :1]), {"validation_fraction": 0.2}, {}, LabelError,
         "validation_fraction is 0.2 and there are 1 examples, of which none can be held out"),
        (DATA, {"validation_fraction": 0.5}, {"weights": np.eye(1, 40)[0]}, LabelError,
         "the weights of the examples held out are all 0"),
    ],
)  # fmt: skip
def test_validation_that_cannot_be(
    data: Examples, options: Any, arguments: Any, error: type[Exception], line: str
) -> None:
    with pytest.raises(error, match=re.escape(line)):
        train(NETWORK, data, TrainingOptions(epochs=1, **options), **arguments)


def test_a_validation_cost_that_is_not_finite() -> None:
    network = Network((3, 1), output_activation="exp")
    far = Examples(np.full((3, 2), 1e6), np.ones((1, 2)))
    counts = Examples(X, np.abs(np.round(3 * X[:1])))
    options = TrainingOptions(epochs=50, learning_rate=0.05, initialization="zeros")
    with pytest.raises(DivergenceError, match="the validation cost became inf after epoch 0") as caught:
        train(network, counts, options, validation=far)
    assert caught.value.iteration == 1
    np.testing.assert_array_equal(caught.value.parameters["W1"], np.zeros((1, 3)))


def test_float32_stays_float32() -> None:
    wide = Examples(HELD_OUT.X.astype("float64"), HELD_OUT.Y)
    end = train(
        NETWORK, Examples(X.astype("float32"), Y), TrainingOptions(epochs=3, patience=5), validation=wide
    )
    assert {str(value.dtype) for value in end.parameters.values()} == {"float32"}
