"""The training loop: what it tells, what it refuses, how it is stopped."""

import re
from typing import Any

import numpy as np
import pytest

from pellucid import Network, TrainingOptions, fit, initialize_parameters_deep, train
from pellucid.engines import TrainingState, processors
from pellucid.errors import ArrayError, LabelError, NonFiniteError, OptionError, ShapeError
from pellucid.examples import Examples
from pellucid.optimizer import OPTIMIZERS, Optimizer
from pellucid.training import EpochEnd, Schedule, TrainingEnd, TrainingStart

RNG = np.random.RandomState(0)
X = RNG.randn(3, 10)
Y = (X[:1] > 0).astype(float)
NETWORK = Network((3, 4, 1))
SHORT = TrainingOptions(epochs=5, rng=1)


def test_it_tells_what_happens() -> None:
    start, *epochs, end = fit(NETWORK, Examples(X, Y), SHORT)
    assert isinstance(start, TrainingStart)
    assert (start.network, start.m, start.epochs, start.batches_per_epoch) == (NETWORK, 10, 5, 1)
    assert [(event.epoch, event.iteration) for event in epochs] == [(i, i + 1) for i in range(5)]
    assert isinstance(end, TrainingEnd)
    assert end.history.costs == tuple(event.cost for event in epochs)
    assert (end.history.iterations, end.history.reason) == (5, "completed")
    last = epochs[-1].snapshot()
    assert all(np.array_equal(last[name], value) for name, value in end.parameters.items())


def test_costs_fall_and_the_first_is_that_of_the_initial_parameters() -> None:
    end = train(NETWORK, Examples(X, Y), TrainingOptions(epochs=300, learning_rate=0.5, rng=1))
    assert end.history.costs[-1] < 0.1 * end.history.costs[0]


def test_given_parameters_are_where_it_starts() -> None:
    first = train(NETWORK, Examples(X, Y), SHORT)
    second = train(NETWORK, Examples(X, Y), SHORT, state=TrainingState(first.parameters))
    whole = train(NETWORK, Examples(X, Y), TrainingOptions(epochs=10, rng=1))
    assert first.history.costs + second.history.costs == whole.history.costs


def test_epoch_cost_weighs_batches_by_their_examples() -> None:
    options = TrainingOptions(epochs=1, batch_size=4, learning_rate=1e-12, rng=1)
    whole = train(NETWORK, Examples(X, Y), TrainingOptions(epochs=1, rng=1))
    batched = train(NETWORK, Examples(X, Y), options)
    assert batched.history.iterations == 3
    assert batched.history.costs[0] == pytest.approx(whole.history.costs[0], rel=1e-10)


def test_same_seed_same_bits() -> None:
    options = TrainingOptions(epochs=20, batch_size=4, rng=7, shuffle_seed=3)
    runs = [train(NETWORK, Examples(X, Y), options) for _ in range(2)]
    assert runs[0].history == runs[1].history
    for name, value in runs[0].parameters.items():
        np.testing.assert_array_equal(value, runs[1].parameters[name])


def test_float32_data_train_in_float32() -> None:
    end = train(NETWORK, Examples(X.astype("float32"), Y), SHORT)
    assert {str(value.dtype) for value in end.parameters.values()} == {"float32"}


def test_no_epochs_give_the_initial_parameters() -> None:
    end = train(NETWORK, Examples(X, Y), TrainingOptions(epochs=0, rng=1))
    expected = initialize_parameters_deep((3, 4, 1), scheme="xavier", rng=1)
    np.testing.assert_array_equal(end.parameters["W1"], expected["W1"])
    assert end.history.costs == ()


@pytest.mark.parametrize("at", [TrainingStart, EpochEnd])
def test_an_interrupt_in_a_listener_keeps_what_was_learned(at: type) -> None:
    def listen(event: Any) -> None:
        if isinstance(event, at) and getattr(event, "epoch", 2) == 2:
            raise KeyboardInterrupt

    end = train(NETWORK, Examples(X, Y), SHORT, listeners=[listen])
    done = 3 if at is EpochEnd else 0
    assert (end.history.reason, end.history.iterations) == ("interrupted", done)
    assert end.history.costs == train(NETWORK, Examples(X, Y), SHORT).history.costs[:done]


def test_an_interrupt_at_the_end_changes_nothing() -> None:
    def listen(event: Any) -> None:
        if isinstance(event, TrainingEnd):
            raise KeyboardInterrupt

    assert train(NETWORK, Examples(X, Y), SHORT, listeners=[listen]).history.reason == "completed"


def test_an_interrupt_during_a_step_keeps_the_last_whole_step(monkeypatch: pytest.MonkeyPatch) -> None:
    from pellucid.engines import reference

    calls = 0

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt
        return update(*args, **kwargs)

    update = reference.apply_update
    monkeypatch.setattr(reference, "apply_update", interrupted)
    end = train(
        NETWORK, Examples(X, Y), TrainingOptions(epochs=5, rng=1, engine="reference"), every="epoch"
    )
    assert (end.history.reason, end.history.iterations) == ("interrupted", 3)


def test_an_error_in_a_listener_reaches_the_caller() -> None:
    def listen(event: Any) -> None:
        raise RuntimeError("the bar broke")

    with pytest.raises(RuntimeError, match="the bar broke"):
        train(NETWORK, Examples(X, Y), SHORT, listeners=[listen])


@pytest.mark.parametrize(
    ("data", "error", "line"),
    [
        (
            Examples(X[:2], Y),
            ShapeError,
            "layer_dims is [3, 4, 1] and X has shape (2, 10); expected as many",
        ),
        (
            Examples(X.T, Y),
            ShapeError,
            "X looks transposed: it has shape (10, 3); expected (3, m)",
        ),
        (
            Examples(X, Y[:, :4]),
            ShapeError,
            "Y has shape (1, 4); expected (1, 10) to fit X of shape (3, 10)",
        ),
        (Examples(X, Y[0]), ShapeError, "Y has shape (10,), a rank-1 array"),
        (Examples(X[:, 0], Y), ShapeError, "X has shape (3,), a rank-1 array"),
        (Examples(X[:, :0], Y[:, :0]), ShapeError, "no example"),
        (Examples(X, None), LabelError, "no labels"),
        (Examples(X, Y + 1), LabelError, "is 2; expected 0 or 1"),
        (Examples(X, Y * np.nan), LabelError, "Y[0, 0] is nan; expected 0 or 1"),
        (
            Examples(X.astype("float16"), Y),
            ArrayError,
            "X holds float16 numbers",
        ),
    ],
)
def test_data_that_do_not_fit(data: Examples, error: type[Exception], line: str) -> None:
    with pytest.raises(error, match=re.escape(line)):
        train(NETWORK, data, SHORT)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_inputs_that_are_not_finite_are_named(value: float) -> None:
    broken = X.copy()
    broken[2, 4] = broken[1, 7] = value
    with pytest.raises(NonFiniteError) as caught:
        train(NETWORK, Examples(broken, Y), SHORT)
    assert str(caught.value).startswith(
        f"X[2, 4] is {value}: input (row) 2 of example (column) 4 (2 such values in all)"
    )


def test_parameters_of_another_network_are_refused() -> None:
    other = initialize_parameters_deep((3, 5, 1), rng=1)
    with pytest.raises(ShapeError, match=r"W1 has shape \(5, 3\); expected \(4, 3\)"):
        train(NETWORK, Examples(X, Y), SHORT, state=TrainingState(other))
    with pytest.raises(ShapeError, match=r"b2 is missing; expected an array of shape \(1, 1\)"):
        train(NETWORK, Examples(X, Y), SHORT, state=TrainingState(good_but_b2()))


def good_but_b2() -> dict[str, Any]:
    good = initialize_parameters_deep((3, 4, 1), rng=1)
    del good["b2"]
    return good


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"epochs": -1}, "epochs is -1; expected an integer of at least 0"),
        ({"epochs": 2.5}, "epochs is 2.5; expected an integer"),
        ({"epochs": True}, "epochs is True; expected an integer"),
        ({"batch_size": 0}, "batch_size is 0; expected an integer of at least 1"),
        ({"learning_rate": 0}, "learning_rate is 0; expected a number above 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan; expected a number above 0"),
        ({"learning_rate": "fast"}, "learning_rate is 'fast'; expected a number above 0"),
        ({"initialization": "magic"}, "unknown initialisation 'magic'; expected one of small, xavier"),
        ({"learning_rate": True}, "learning_rate is True; expected a number above 0"),
        ({"engine": "warp"}, "unknown engine 'warp'; expected auto, native, reference"),
        ({"rng": "one"}, "rng is of type str; expected None, an int"),
        ({"shuffle_seed": -4}, "shuffle_seed is -4; expected an integer of at least 0"),
        ({"shuffle_seed": None}, "shuffle_seed is None; expected an integer of at least 0"),
        ({"optimizer": "magic"}, "optimizer is 'magic'; expected one of gradient_descent, momentum"),
        ({"optimizer": 3}, "optimizer is 3; expected a name or an Optimizer"),
        ({"schedule": "magic"}, "schedule is 'magic'; expected one of constant, step,"),
        ({"schedule": None}, "schedule is None; expected a name or a Schedule"),
        ({"clip_norm": 0}, "clip_norm is 0; expected a number above 0"),
        ({"clip_norm": float("inf")}, "clip_norm is inf; expected a number above 0"),
        (
            {"dropout_seed": -1},
            "dropout_seed is -1; expected an integer from 0 to 184467440737095",
        ),
        ({"dropout_seed": 2**64}, "dropout_seed is 18446744073709551616; expected an integer from"),
        ({"threads": 0}, "threads is 0; expected an integer of at least 1"),
        ({"threads": 10**6}, f"threads is 1000000 and this process may use {processors()} processors"),
        ({"shortcut": "often"}, "shortcut is 'often'; expected one of auto, always, never"),
        ({"patience": -1}, "patience is -1; expected an integer of at least 0"),
        ({"patience": 1.5}, "patience is 1.5; expected an integer of at least 0"),
        ({"min_delta": -0.1}, "min_delta is -0.1; expected a number at least 0"),
        ({"restore_best": 1}, "restore_best is 1; expected True or False"),
        ({"validation_fraction": 0}, "validation_fraction is 0; expected a number above 0 and below 1"),
        ({"validation_fraction": 1.0}, "validation_fraction is 1.0; expected a number above 0 and below 1"),
    ],
)
def test_options_that_do_not_exist(options: dict[str, Any], line: str) -> None:
    with pytest.raises(OptionError, match=re.escape(line)):
        TrainingOptions(**options)


def test_names_become_values() -> None:
    options = TrainingOptions(optimizer="adam", schedule="step:every=5", learning_rate=np.float32(0.5))
    assert options.optimizer == Optimizer("adam")
    assert options.schedule == Schedule("step", every=5)
    assert (options.learning_rate, type(options.learning_rate)) == (0.5, float)
    assert TrainingOptions(threads=processors()).step_options.threads == processors()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_learns(optimizer: str) -> None:
    options = TrainingOptions(epochs=300, learning_rate=0.01, rng=1, optimizer=optimizer)
    if optimizer in ("gradient_descent", "momentum"):
        options = TrainingOptions(epochs=300, learning_rate=0.3, rng=1, optimizer=optimizer)
    end = train(NETWORK, Examples(X, Y), options)
    assert end.history.costs[-1] < 0.5 * end.history.costs[0]


@pytest.mark.parametrize(
    ("output", "cost", "targets"),
    [
        ("identity", "", 3 * X[:1] - 7),
        ("identity", "mean_absolute_error", 3 * X[:1] - 7),
        ("identity", "huber", 3 * X[:1] - 7),
        ("exp", "poisson", np.round(np.exp(X[:1]))),
        ("sigmoid", "mean_squared_error", Y),
    ],
)
def test_numbers_are_learned_too(output: str, cost: str, targets: Any) -> None:
    network = Network((3, 4, 1), output_activation=output, cost=cost, hidden_activation="tanh")
    options = TrainingOptions(epochs=400, learning_rate=0.02, rng=1, optimizer="adam")
    end = train(network, Examples(X, targets), options)
    assert end.history.costs[-1] < 0.6 * end.history.costs[0]


@pytest.mark.parametrize(
    ("output", "targets", "line"),
    [
        (
            "identity",
            np.where(Y > 0, np.nan, 0),
            "is nan; expected finite numbers, one row per output",
        ),
        ("exp", Y - 1, "is -1; expected finite numbers of at least 0, one row per output unit"),
        ("exp", np.where(Y > 0, np.inf, 0), "is inf; expected finite numbers of at least 0"),
    ],
)
def test_targets_that_are_no_numbers(output: str, targets: Any, line: str) -> None:
    with pytest.raises(LabelError, match=re.escape(line)):
        train(Network((3, 1), output_activation=output), Examples(X, targets), SHORT)


def test_softmax_targets_are_one_hot() -> None:
    network = Network((3, 2), output_activation="softmax")
    with pytest.raises(LabelError, match=r"column 0 of Y sums to 0; expected one-hot columns"):
        train(network, Examples(X, np.zeros((2, 10))), SHORT)


def test_what_is_returned_is_not_what_was_given() -> None:
    given = initialize_parameters_deep((3, 4, 1), rng=1)
    end = train(NETWORK, Examples(X, Y), TrainingOptions(epochs=0), state=TrainingState(given))
    assert not np.shares_memory(end.parameters["W1"], given["W1"])
