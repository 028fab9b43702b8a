"""Example weights: an example of weight 2 is two examples, one of weight 0 is none."""

import re
from typing import Any

import numpy as np
import pytest

from pellucid import Network, TrainingOptions, train
from pellucid.errors import LabelError, ShapeError
from pellucid.examples import Examples
from pellucid.training import TrainingEnd

RNG = np.random.RandomState(0)
X = RNG.randn(3, 12)
Y = (X[:1] > 0).astype(float)
NETWORK = Network((3, 4, 1), l2=0.5)
COUNTS = np.array([1, 2, 0, 3, 1, 1, 0, 2, 1, 1, 4, 1])
OPTIONS = TrainingOptions(epochs=20, learning_rate=0.3, rng=1)


def trained(X: Any, Y: Any, weights: Any = None, options: TrainingOptions = OPTIONS) -> TrainingEnd:
    return train(NETWORK, Examples(X, Y, weights), options)


def assert_same(actual: TrainingEnd, expected: TrainingEnd) -> None:
    np.testing.assert_allclose(actual.history.costs, expected.history.costs, rtol=1e-12)
    for name, value in expected.parameters.items():
        np.testing.assert_allclose(actual.parameters[name], value, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("shape", [(12,), (1, 12)])
@pytest.mark.parametrize("dtype", ["int64", "float32", "bool"])
def test_a_weight_is_so_many_examples(shape: tuple[int, ...], dtype: str) -> None:
    counts = COUNTS.astype(dtype)
    repeated = np.repeat(np.arange(12), counts.astype(int))
    assert_same(trained(X, Y, counts.reshape(shape)), trained(X[:, repeated], Y[:, repeated]))


def test_equal_weights_are_none() -> None:
    assert_same(trained(X, Y, np.ones(12)), trained(X, Y))


def test_a_batch_without_weight_is_no_step() -> None:
    weights = np.zeros(12)
    weights[5] = 1
    end = trained(X, Y, weights, TrainingOptions(epochs=4, learning_rate=0.3, rng=1, batch_size=3))
    # Of the four steps of each epoch one is taken, wherever the shuffling puts the example.
    alone = trained(X[:, [5]], Y[:, [5]], None, TrainingOptions(epochs=4, learning_rate=0.3, rng=1))
    assert end.history.iterations == 16
    assert_same(end, alone)


def test_what_is_given_is_not_changed() -> None:
    weights = COUNTS.astype(float)
    trained(X, Y, weights)
    np.testing.assert_array_equal(weights, COUNTS)


@pytest.mark.parametrize(
    ("weights", "error", "line"),
    [
        (np.ones(11), ShapeError, "weights has shape (11,) and X has shape (3, 12); expected one weight"),
        (np.ones((12, 1)), ShapeError, "expected (1, 12) to fit X of shape (3, 12): pass weights.T"),
        (np.arange(12.0) - 3, LabelError, "weights[0] is -3; expected finite numbers of at least 0"),
        (np.where(np.arange(12) == 7, np.nan, 1), LabelError, "weights[7] is nan; expected finite"),
        (np.where(np.arange(12) == 2, np.inf, 1), LabelError, "weights[2] is inf; expected finite"),
        (np.zeros(12), LabelError, "the weights are all 0; expected some above 0"),
    ],
)
def test_weights_that_are_none(weights: Any, error: type[Exception], line: str) -> None:
    with pytest.raises(error, match=re.escape(line)):
        trained(X, Y, weights)
