"""`every="step"`: each step is told, with its columns, cost and rate; against plain core functions."""

from typing import Any

import numpy as np
import pytest

from pellucid import Network, TrainingOptions, fit, initialize_parameters_deep, train
from pellucid.core import L_model_backward, L_model_forward, binary_cross_entropy, update_parameters
from pellucid.engines import ENGINES, Batches
from pellucid.examples import Examples
from pellucid.training import EpochEnd, Extent, Order, Schedule, StepEnd, TrainingEnd
from trainings import EXAMPLES, HELD_OUT

NETWORK = Network((6, 5, 1), "tanh")


def by_hand(columns: list[np.ndarray], rates: Any, weights: np.ndarray) -> tuple[list[float], list[Any]]:
    """The cost of each step before it, and the parameters after it, by the course's functions."""
    X, Y = EXAMPLES.X, EXAMPLES.Y
    parameters = initialize_parameters_deep(NETWORK.layer_dims, scheme="xavier", rng=1)
    costs, after = [], []
    for batch, rate in zip(columns, rates, strict=True):
        AL, caches = L_model_forward(X[:, batch], parameters, hidden_activation="tanh")
        w = weights[:, batch]
        costs.append(float(binary_cross_entropy(caches[-1][1], Y[:, batch], weights=w)) if w.sum() else 0.0)
        if w.sum():
            # An example of weight 2 is two of them.
            twice = np.repeat(batch, w[0].astype(int))
            AL, caches = L_model_forward(X[:, twice], parameters, hidden_activation="tanh")
            grads = L_model_backward(AL, Y[:, twice], caches, hidden_activation="tanh")
            parameters = update_parameters(parameters, grads, rate)
        after.append(parameters)
    return costs, after


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "schedule", [Schedule(), Schedule("cosine"), Schedule("inverse_scaling", power=0.1)]
)
@pytest.mark.parametrize("batch_size", [None, 16, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_every_step_is_the_one_by_hand(
    weighted: bool, batch_size: int | None, schedule: Schedule, engine: str
) -> None:
    weights = np.tile([2.0, 0.0, 1.0, 0.0, 0.0], 10)[None] if weighted else np.ones((1, 50))
    examples = Examples(EXAMPLES.X, EXAMPLES.Y, weights if weighted else None)
    options = TrainingOptions(
        epochs=3,
        learning_rate=0.4,
        rng=1,
        shuffle_seed=7,
        batch_size=batch_size,
        schedule=schedule,
        engine=engine,
    )
    k = 1 if batch_size is None else -(-50 // batch_size)
    size = batch_size or 50
    orders = [np.random.RandomState(7 + 1 + epoch).permutation(50) for epoch in range(3)]
    if batch_size is None:
        orders = [np.arange(50)] * 3
    columns = [order[i : i + size] for order in orders for i in range(0, 50, size)]
    rates = schedule.rates(0.4, Extent(3, k, 50))
    costs, after = by_hand(columns, rates, weights)

    steps, i, end = [], 0, None
    for event in fit(NETWORK, examples, options, every="step"):
        if isinstance(event, TrainingEnd):
            end = event
        elif isinstance(event, StepEnd):
            steps.append(event)
            if i in (0, 4, 20):
                for name, value in event.now.parameters().items():
                    np.testing.assert_allclose(value, after[i][name], rtol=1e-9, atol=1e-12)
            i += 1
        elif isinstance(event, EpochEnd):
            # After the last step of its epoch.
            assert (event.epoch, event.iteration, i) == (i // k - 1, i, i)
            assert event.learning_rate == rates[i - 1]
    assert [(event.iteration, event.epoch) for event in steps] == [(i + 1, i // k) for i in range(3 * k)]
    np.testing.assert_allclose([event.cost for event in steps], costs, rtol=1e-10)
    np.testing.assert_allclose([event.learning_rate for event in steps], rates, rtol=0, atol=0)
    for event, batch in zip(steps, columns, strict=True):
        if batch_size is None:
            assert event.columns is None
        else:
            np.testing.assert_array_equal(event.columns, batch)
    sums = [weights[0, batch].sum() for batch in columns]
    means = [np.average(costs[i : i + k], weights=sums[i : i + k]) for i in range(0, 3 * k, k)]
    np.testing.assert_allclose(end.history.costs, means, rtol=1e-10)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("more", [{}, {"patience": 2}, {"schedule": "adaptive:patience=0"}])
def test_the_same_training_however_it_is_told(more: Any, batch_size: int | None, engine: str) -> None:
    options = TrainingOptions(
        epochs=7, rng=1, batch_size=batch_size, engine=engine, optimizer="adam", **more
    )
    ends = [
        train(NETWORK, EXAMPLES, options, validation=HELD_OUT, every=every)
        for every in ("step", "epoch", 3, "auto")
    ]
    for end in ends[1:]:
        assert end.history == ends[0].history
        for name, value in ends[0].parameters.items():
            np.testing.assert_array_equal(end.parameters[name], value)


class Backwards(Order):
    """One example after the other, the last first."""

    def batches(self, first: int, count: int) -> Batches:
        return Batches.of([[j] for _ in range(count) for j in reversed(range(self.m))])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("every", ["step", "epoch", "auto"])
def test_an_order_of_ones_own(every: Any, engine: str) -> None:
    options = TrainingOptions(epochs=2, batch_size=1, learning_rate=0.1, rng=1, engine=engine)
    end = train(NETWORK, EXAMPLES, options, order=Backwards(50, 1), every=every)
    costs, after = by_hand([np.array([j]) for j in [*range(49, -1, -1)] * 2], [0.1] * 100, np.ones((1, 50)))
    np.testing.assert_allclose(end.history.costs, np.reshape(costs, (2, 50)).mean(axis=1), rtol=1e-10)
    for name, value in after[-1].items():
        np.testing.assert_allclose(end.parameters[name], value, rtol=1e-8, atol=1e-12)
