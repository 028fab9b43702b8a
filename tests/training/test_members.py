"""Members of an ensemble, and the network that answers as all of them do."""

import threading
from concurrent import futures
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Network, TrainingOptions, train
from pellucid.core.initialization import initialize_parameters_deep
from pellucid.core.model import L_model_forward
from pellucid.errors import DivergenceError, LearningWarning
from pellucid.examples import Examples
from pellucid.training import EpochEnd
from pellucid.training.members import joined, train_members

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 120))
Y = (X[:1] * X[1:2] > 0).astype(float)
NETWORK = Network((6, 8, 4, 1), hidden_activation="relu")
OPTIONS = TrainingOptions(epochs=5, batch_size=16, learning_rate=0.1, rng=3, shuffle_seed=5)


def linear(network: Network, parameters: Any) -> Any:
    _, caches = L_model_forward(X[: network.n_x], parameters, **network.activations)
    return caches[-1][1]


@given(
    st.lists(st.integers(1, 7), max_size=3),
    st.integers(1, 5),
    st.sampled_from([("sigmoid", 1), ("softmax", 3), ("identity", 2)]),
    st.sampled_from(["relu", "tanh", "gelu"]),
)
def test_the_joint_network_answers_with_the_mean(
    hidden: list[int], members: int, output: tuple[str, int], activation: str
) -> None:
    name, n_y = output
    cost = {"sigmoid": "binary", "softmax": "categorical"}.get(name)
    cost = f"{cost}_cross_entropy" if cost else "mean_squared_error"
    dims = (6, *hidden, n_y)
    network = Network(dims, hidden_activation=activation, output_activation=name, cost=cost)
    parameters = []
    for k in range(members):
        own = initialize_parameters_deep(dims, rng=k, scheme="he")
        parameters.append({key: value + 0.1 * RNG.normal(size=value.shape) for key, value in own.items()})
    joint, found = joined(network, parameters)
    assert joint == replace(network, layer_dims=(6, *(members * n for n in hidden), n_y))
    joint.check_parameters(found)
    expected = np.mean([linear(network, own) for own in parameters], axis=0)
    np.testing.assert_allclose(linear(joint, found), expected, rtol=0, atol=1e-12)


def test_the_first_member_is_a_training_alone_and_the_others_differ() -> None:
    alone = train(NETWORK, Examples(X, Y), OPTIONS)
    one = train_members(NETWORK, Examples(X, Y), OPTIONS, 1)
    several = train_members(NETWORK, Examples(X, Y), OPTIONS, 3)
    assert one.network == NETWORK
    assert several.network.layer_dims == (6, 24, 12, 1)
    np.testing.assert_array_equal(one.parameters["W1"], alone.parameters["W1"])
    blocks = np.split(several.parameters["W1"], 3)
    np.testing.assert_allclose(blocks[0], alone.parameters["W1"], rtol=0, atol=1e-12)
    assert not np.allclose(blocks[1], blocks[0])
    assert not np.allclose(blocks[2], blocks[1])
    assert several.history.iterations == 3 * alone.history.iterations
    assert len(several.history.costs) == 5


@pytest.mark.parametrize("threads", [1, None])
def test_the_same_seeds_give_the_same_members(threads: int | None) -> None:
    options = replace(OPTIONS, threads=threads)
    found = [train_members(NETWORK, Examples(X, Y), options, 3).parameters for _ in range(2)]
    for name, value in found[0].items():
        np.testing.assert_array_equal(value, found[1][name])


def test_a_stream_of_random_numbers_gives_each_member_its_weights() -> None:
    options = replace(OPTIONS, rng=np.random.default_rng(0), epochs=0)
    W1 = train_members(NETWORK, Examples(X, Y), options, 3).parameters["W1"]
    blocks = np.split(W1, 3)
    assert not np.allclose(blocks[0], blocks[1])
    assert not np.allclose(blocks[1], blocks[2])


def test_the_error_of_all_is_below_the_mean_error() -> None:
    network = Network((6, 16, 1), output_activation="identity", cost="mean_squared_error")
    options = TrainingOptions(epochs=60, batch_size=8, learning_rate=0.02, optimizer="adam")
    few, truth = Examples(X[:, :60], Y[:, :60]), Y[:, 60:]
    members = [train(network, few, replace(options, rng=seed)).parameters for seed in range(5)]

    def error(of: Network, parameters: Any) -> float:
        _, caches = L_model_forward(X[:, 60:], parameters, **of.activations)
        return float(np.mean((caches[-1][1] - truth) ** 2))

    # Squares are convex; members that differ make it strict.
    assert error(*joined(network, members)) < 0.9 * np.mean([error(network, own) for own in members])


def test_listeners_hear_of_the_first_member() -> None:
    heard: list[Any] = []
    train_members(NETWORK, Examples(X, Y), OPTIONS, 3, listeners=[heard.append])
    assert [event.epoch for event in heard if isinstance(event, EpochEnd)] == list(range(5))


def test_each_member_holds_examples_of_its_own_out() -> None:
    options = replace(OPTIONS, validation_fraction=0.25, patience=2, epochs=30)
    end = train_members(NETWORK, Examples(X, Y), options, 3)
    assert end.history.validation_costs
    assert end.history.best_epoch == int(np.argmin(end.history.validation_costs))


def test_a_diverging_member_ends_the_training() -> None:
    network = Network((6, 8, 1), output_activation="identity", cost="mean_squared_error")
    with pytest.raises(DivergenceError):
        train_members(network, Examples(X, 1e6 * Y), replace(OPTIONS, learning_rate=1e6), 3)
    assert not [one for one in threading.enumerate() if one.name.startswith("pellucid-members")]


def test_a_training_that_did_not_learn_is_said_at_the_line_of_the_caller() -> None:
    options = replace(OPTIONS, epochs=200, initialization="zeros", batch_size=None)
    with pytest.warns(LearningWarning) as found:
        train_members(NETWORK, Examples(X, Y), options, 2)
    assert found[0].filename == __file__


def test_ctrl_c_joins_what_the_members_have_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    from pellucid.training import members as module

    began, pressed, wait = threading.Event(), threading.Event(), futures.wait

    def interrupted(*arguments: Any) -> Any:
        began.wait(10)
        if not pressed.is_set():
            pressed.set()
            raise KeyboardInterrupt
        return wait(*arguments)

    def begin(event: Any) -> None:
        if isinstance(event, EpochEnd):
            began.set()

    monkeypatch.setattr(futures, "wait", interrupted)
    options = replace(OPTIONS, epochs=10**6)
    end = module.train_members(NETWORK, Examples(X, Y), options, 2, listeners=[begin])
    assert end.history.reason == "interrupted"
    assert 0 < len(end.history.costs) < 10**6
    end.network.check_parameters(end.parameters)
