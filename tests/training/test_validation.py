"""Examples that are held out: which, their cost on every engine, and what is refused."""

import re
from typing import Any

import numpy as np
import pytest

from pellucid import Network, TrainingOptions, train
from pellucid.core import L_model_forward
from pellucid.core.costs import cost_named
from pellucid.engines import ENGINES
from pellucid.errors import DivergenceError, LabelError, OptionError, ShapeError
from pellucid.examples import Examples
from pellucid.training import EpochEnd
from pellucid.training.validation import folds, split_off

RNG = np.random.RandomState(0)
X = RNG.randn(3, 40)
Y = (X[:1] + 0.8 * RNG.randn(1, 40) > 0).astype(float)
HELD_OUT = Examples(RNG.randn(3, 25), (RNG.randn(1, 25) > 0).astype(float))
NETWORK = Network((3, 8, 1))
DATA = Examples(X, Y)


def cost_of(network: Network, parameters: Any, data: Examples) -> float:
    """The core's cost of the answers, with no penalty and no smoothing."""
    _, caches = L_model_forward(data.X, parameters, **network.activations)
    options = {name: value for name, value in network.cost_options.items() if name != "label_smoothing"}
    return float(cost_named(network.cost).forward(caches[-1][1], data.Y, weights=data.weights, **options))


NETWORKS = {
    "classes": Network((3, 5, 3), output_activation="softmax", label_smoothing=0.2),
    "penalties and dropout": Network((3, 8, 1), l2=3.0, l1=1.0, dropout=0.5, label_smoothing=0.3),
    "huber": Network((3, 4, 2), "tanh", "identity", "huber", huber_delta=0.5),
    "counts": Network((3, 4, 1), "silu", "exp"),
}


def examples_for(network: Network, m: int, seed: int) -> Examples:
    rng = np.random.RandomState(seed)
    targets: Any = {
        "sigmoid": rng.rand(network.n_y, m) > 0.5,
        "softmax": np.eye(network.n_y)[:, rng.randint(0, network.n_y, m)],
        "identity": rng.randn(network.n_y, m),
        "exp": rng.poisson(2, (network.n_y, m)),
    }[network.output_activation]
    return Examples(rng.randn(3, m), targets.astype(float))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_validation_cost_is_the_cores(name: str, weighted: bool, dtype: str, engine: str) -> None:
    network = NETWORKS[name]
    data, held_out = examples_for(network, 30, 1), examples_for(network, 21, 2)
    weights = np.r_[np.arange(14.0), np.zeros(7)] if weighted else None
    held_out = Examples(held_out.X, held_out.Y, weights)
    options = TrainingOptions(epochs=4, batch_size=11, rng=1, engine=engine)
    checked = held_out.checked(network)

    def listen(event: Any) -> None:
        if isinstance(event, EpochEnd):
            expected = cost_of(network, event.snapshot(), checked)
            tolerance = 1e-12 if dtype == "float64" else 1e-5
            assert event.validation_cost == pytest.approx(expected, rel=tolerance)

    data = Examples(data.X.astype(dtype), data.Y)
    end = train(network, data, options, validation=held_out, listeners=[listen])
    assert len(end.history.validation_costs) == 4


def test_a_validation_set_without_patience_is_only_told_of() -> None:
    options = TrainingOptions(epochs=30, learning_rate=0.5, rng=1)
    plain = train(NETWORK, DATA, options)
    watched = train(NETWORK, DATA, options, validation=HELD_OUT)
    assert watched.history.costs == plain.history.costs
    assert len(watched.history.validation_costs) == 30
    assert (watched.history.reason, watched.history.best_epoch) == ("completed", None)
    np.testing.assert_array_equal(watched.parameters["W1"], plain.parameters["W1"])


@pytest.mark.parametrize("n_y", [1, 3])
def test_a_share_is_split_off_of_each_class(n_y: int) -> None:
    labels = np.repeat([0, 1], [30, 10]) if n_y == 1 else np.repeat([0, 1, 2], [20, 12, 8])
    targets = labels[None] if n_y == 1 else np.eye(3)[:, labels]
    data = Examples(np.arange(40.0)[None], targets.astype(float), np.arange(1.0, 41)[None])
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
    data = Examples(np.zeros((1, 10)), np.linspace(0, 1, 10)[None])
    _, held_out = split_off(Network((1, 1), output_activation="identity"), data, 0.3, seed=0)
    assert held_out.m == 3


def test_a_share_that_is_split_off_is_not_trained_on() -> None:
    options = TrainingOptions(
        epochs=8, learning_rate=0.3, rng=1, validation_fraction=0.25, shuffle_seed=3, batch_size=7
    )
    end = train(NETWORK, DATA, options)
    kept, held_out = split_off(NETWORK, DATA, 0.25, 3)
    expected = train(
        NETWORK,
        kept,
        TrainingOptions(epochs=8, learning_rate=0.3, rng=1, shuffle_seed=3, batch_size=7),
        validation=held_out,
    )
    assert end.history == expected.history


@pytest.mark.parametrize(
    ("data", "options", "validation", "error", "line"),
    [
        (DATA, {"validation_fraction": 0.2}, HELD_OUT, OptionError,
         "validation_fraction is 0.2 and a validation set is given; expected one of them"),
        (DATA, {}, Examples(X[:2], Y), ShapeError, "layer_dims[0] = 2"),
        (DATA, {}, Examples(X, Y + 3), LabelError, "expected 0 or 1"),
        (DATA, {}, Examples(X, Y, np.zeros(40)), LabelError, "the weights are all 0"),
        (Examples(X[:, :1], Y[:, :1]), {"validation_fraction": 0.2}, None, LabelError,
         "validation_fraction is 0.2 and there are 1 examples, of which none can be held out"),
        (Examples(X, Y, np.eye(1, 40)[0]), {"validation_fraction": 0.5}, None, LabelError,
         "the weights of the examples held out are all 0"),
    ],
)  # fmt: skip
def test_validation_that_cannot_be(
    data: Examples, options: Any, validation: Any, error: type[Exception], line: str
) -> None:
    with pytest.raises(error, match=re.escape(line)):
        train(NETWORK, data, TrainingOptions(epochs=1, **options), validation=validation)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_validation_cost_that_is_not_finite(engine: str) -> None:
    network = Network((3, 1), output_activation="exp")
    far = Examples(np.full((3, 2), 1e6), np.ones((1, 2)))
    counts = Examples(X, np.abs(np.round(3 * X[:1])))
    options = TrainingOptions(epochs=50, learning_rate=0.05, initialization="zeros", engine=engine)
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


@pytest.mark.parametrize("m", [10, 40, 233])
def test_folds_hold_out_every_example_once(m: int) -> None:
    rng = np.random.RandomState(1)
    labels = rng.randint(0, 3, m)
    data = Examples(np.arange(float(m))[None], np.eye(3)[:, labels])
    network = Network((1, 3), output_activation="softmax")
    parts = list(folds(network, data, 0.2, 7))
    assert len(parts) == 5
    held_out = np.concatenate([part.X[0] for _, part in parts])
    np.testing.assert_array_equal(np.sort(held_out), np.arange(m))
    for kept, part in parts:
        np.testing.assert_array_equal(np.sort(np.append(kept.X[0], part.X[0])), np.arange(m))
        # Of each class its share, but for one example.
        np.testing.assert_allclose(part.Y.sum(axis=1), 0.2 * data.Y.sum(axis=1), atol=1)
    for found, expected in zip(parts[0], split_off(network, data, 0.2, 7), strict=True):
        np.testing.assert_array_equal(found.X, expected.X)


def test_folds_train_on_a_class_of_one_example() -> None:
    data = Examples(X, np.arange(40)[None] == 7)
    for kept, _ in folds(NETWORK, data, 0.2, 0):
        assert kept.Y.sum() == 1
