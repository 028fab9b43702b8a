"""A training that goes on from its state: the same bits as one that was never cut, whatever its options."""

import os
import subprocess
import sys
import threading
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import Network, TrainingOptions, train
from pellucid.engines import ENGINES, TrainingState
from pellucid.errors import OptionError, ShapeError
from pellucid.examples import Examples
from pellucid.optimizer import OPTIMIZERS
from pellucid.training import EpochEnd, Monitor, RunState, StepEnd, TrainingEnd, fit
from pellucid.training.schedules import SCHEDULES
from trainings import (
    ENDINGS,
    EXAMPLES,
    HELD_OUT,
    WIDE,
    WIDE_HELD_OUT,
    assert_same_end,
    assert_same_training,
    read,
    state_after,
    written,
)

# Trainings that are drawn at random need not learn anything.
pytestmark = pytest.mark.filterwarnings("ignore::pellucid.errors.LearningWarning")

NETWORK = Network((6, 5, 1), l2=0.1)
WIDE_NETWORK = Network((70, 5, 1), "tanh")
OPTIONS = TrainingOptions(epochs=6, learning_rate=0.1, rng=3, shuffle_seed=2, dropout_seed=4)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


def assert_goes_on(
    options: TrainingOptions, network: Network = NETWORK, examples: Examples = EXAMPLES, **more: Any
) -> TrainingEnd:
    """From every third step on, and from the end."""
    whole = train(network, examples, options, **more)
    for steps in [*range(1, whole.history.iterations, 3), 10**6]:
        state = state_after(steps, network, examples, options, **more)
        assert_same_end(train(network, examples, options, state=state, **more), whole)
    return whole


@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer(optimizer: str, batch_size: int | None, engine: str) -> None:
    options = replace(OPTIONS, optimizer=optimizer, batch_size=batch_size, engine=engine, clip_norm=0.3)
    assert_goes_on(options)


@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize(
    "schedule", [*SCHEDULES, "adaptive:patience=0,tol=0.05", "cosine:warmup_epochs=1.5"]
)
def test_every_schedule(schedule: str, batch_size: int | None, engine: str) -> None:
    options = replace(OPTIONS, schedule=schedule, batch_size=batch_size, engine=engine, optimizer="adam")
    whole = assert_goes_on(options)
    if schedule.startswith("adaptive:"):
        assert whole.state.divided > 0


@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("ending", ENDINGS)
def test_every_ending(ending: str, batch_size: int | None, engine: str) -> None:
    options = replace(OPTIONS, **ENDINGS[ending], batch_size=batch_size, engine=engine, epochs=9)
    whole = assert_goes_on(options)
    if "patience" in ENDINGS[ending]:
        assert whole.history.reason == "early_stopping"


@pytest.mark.parametrize("batch_size", [None, 16])
def test_dropout(batch_size: int | None, engine: str) -> None:
    network = Network((6, 5, 4, 1), dropout=(0.3, 0.5), input_dropout=0.1, l1=0.01)
    assert_goes_on(replace(OPTIONS, batch_size=batch_size, engine=engine, optimizer="nesterov"), network)


def test_weights(engine: str) -> None:
    weights = np.r_[np.zeros(17), np.linspace(0, 2, 33)]
    examples = Examples(EXAMPLES.X, EXAMPLES.Y, weights)
    options = replace(OPTIONS, batch_size=3, engine=engine, epochs=3, optimizer="adam")
    assert_goes_on(options, examples=examples)


def test_single_precision(engine: str) -> None:
    examples = Examples(EXAMPLES.X.astype("float32"), EXAMPLES.Y)
    options = replace(OPTIONS, batch_size=16, engine=engine, optimizer="adam", patience=3)
    assert_goes_on(options, examples=examples, validation=HELD_OUT)


@pytest.mark.parametrize("batch_size", [None, 7])
@pytest.mark.parametrize("optimizer", ["gradient_descent", "momentum", "nesterov"])
@pytest.mark.parametrize("l2", [0.0, 0.5])
def test_the_short_cut(l2: float, optimizer: str, batch_size: int | None, engine: str) -> None:
    network = replace(WIDE_NETWORK, l2=l2)
    options = replace(
        OPTIONS, optimizer=optimizer, batch_size=batch_size, engine=engine, shortcut="always", patience=5
    )
    whole = assert_goes_on(options, network, WIDE, validation=WIDE_HELD_OUT)
    assert whole.history.shortcut
    assert whole.state.training.parameters["W1"].shape[1] < 70
    assert whole.parameters["W1"].shape == (5, 70)


def test_a_monitor_of_ones_own(engine: str) -> None:
    def accuracy(AL: Any, examples: Examples) -> float:
        return float(np.mean((AL > 0.5) == examples.Y))

    monitor = Monitor("score", "score", 1, divides=True, score=accuracy)
    options = replace(
        OPTIONS, batch_size=16, engine=engine, epochs=12, learning_rate=2e-6, schedule="adaptive"
    )
    whole = assert_goes_on(options, monitor=monitor, validation=HELD_OUT)
    assert (whole.history.reason, whole.state.divided) == ("early_stopping", 1)


combinations = st.fixed_dictionaries(
    {
        "optimizer": st.sampled_from(list(OPTIMIZERS)),
        "schedule": st.sampled_from([*SCHEDULES, "adaptive:patience=0,tol=0.05"]),
        "batch_size": st.sampled_from([None, 1, 7, 25, 50]),
        "clip_norm": st.sampled_from([None, 0.05]),
        # JAX would compile for each example; the cases above are on it too.
        "engine": st.sampled_from([name for name in ENGINES if name != "jax"]),
        "epochs": st.integers(1, 5),
        "learning_rate": st.sampled_from([0.02, 0.4]),
    }
)


@settings(max_examples=80)
@given(
    combinations,
    st.sampled_from(list(ENDINGS)),
    st.sampled_from([0.0, 0.4]),
    st.lists(st.integers(1, 20), min_size=1, max_size=4),
    st.sampled_from(["epoch", 2, "auto"]),
    st.booleans(),
)
def test_any_training_cut_anywhere_and_more_than_once(
    combination: dict[str, Any], ending: str, dropout: float, cuts: list[int], every: Any, wide: bool
) -> None:
    network = replace(WIDE_NETWORK if wide else NETWORK, dropout=dropout)
    examples = WIDE if wide else EXAMPLES
    options = replace(OPTIONS, **combination, **ENDINGS[ending])
    if wide and options.optimizer.name in ("momentum", "gradient_descent", "heavy_ball", "nesterov"):
        options = replace(options, shortcut="always")
    whole = train(network, examples, options)
    state: RunState | None = None
    taken = 0
    for steps in cuts:
        taken += steps
        state = state_after(taken, network, examples, options, state=state)
    assert_same_end(train(network, examples, options, state=state, every=every), whole)


@pytest.mark.parametrize("how", ["stop", "interrupt"])
@pytest.mark.parametrize("step", [1, 5, 8])
def test_cut_within_an_epoch(how: str, step: int, engine: str) -> None:
    """`every="step"` stands after each; what ends the run there leaves where it stands."""
    options = replace(OPTIONS, batch_size=16, engine=engine, optimizer="adam", patience=3)
    stop = threading.Event()

    def listen(event: Any) -> None:
        if isinstance(event, StepEnd) and event.iteration == step:
            if how == "interrupt":
                raise KeyboardInterrupt
            stop.set()

    cut = train(
        NETWORK, EXAMPLES, options, validation=HELD_OUT, stop=stop, listeners=[listen], every="step"
    )
    assert cut.history.reason == ("stopped" if how == "stop" else "interrupted")
    assert (cut.state.epoch, cut.state.step, cut.history.iterations) == (step // 4, step % 4, step)
    whole = train(NETWORK, EXAMPLES, options, validation=HELD_OUT)
    assert_same_end(train(NETWORK, EXAMPLES, options, validation=HELD_OUT, state=cut.state), whole)


def test_the_events_of_what_is_left_are_those_of_the_whole(engine: str) -> None:
    options = replace(OPTIONS, batch_size=16, engine=engine, schedule="cosine")

    def told(state: RunState | None, first: int) -> list[Any]:
        events = fit(NETWORK, EXAMPLES, options, state=state, every="step", validation=HELD_OUT)
        found = []
        for event in events:
            if isinstance(event, StepEnd) and event.iteration > first:
                found.append((event[:4], event.columns.tolist()))
            elif isinstance(event, EpochEnd) and event.iteration > first:
                found.append((event.epoch, event.iteration, event.cost, *event[4:]))
        return found

    state = state_after(10, NETWORK, EXAMPLES, options, validation=HELD_OUT)
    assert told(state, 0) == told(None, 10)


def test_a_state_is_a_value() -> None:
    """Later steps do not change it, and it starts several trainings alike."""
    options = replace(OPTIONS, batch_size=16, optimizer="adam", patience=2)
    start, *rest = fit(NETWORK, EXAMPLES, options, every="step", validation=HELD_OUT)
    states = [event.now.run_state() for event in rest if isinstance(event, StepEnd)][:1]
    copied = [written_copy(state) for state in states]
    first = train(NETWORK, EXAMPLES, options, state=states[0], validation=HELD_OUT)
    assert_same_end(train(NETWORK, EXAMPLES, options, state=states[0], validation=HELD_OUT), first)
    assert_same_training(states[0].training, copied[0])
    assert start.now.run_state().epoch == rest[-1].state.epoch


def written_copy(state: RunState) -> TrainingState:
    return TrainingState(
        {name: np.array(value) for name, value in state.training.parameters.items()},
        {
            slot: {n: np.array(v) for n, v in arrays.items()}
            for slot, arrays in state.training.slots.items()
        },
        state.training.update_count,
        state.training.step_count,
    )


def test_a_training_state_begins_a_run_with_its_slots(engine: str) -> None:
    """Other than a run state: the epochs, the order and the schedule begin again."""
    options = replace(OPTIONS, optimizer="adam", engine=engine, epochs=4)
    first = train(NETWORK, EXAMPLES, options)
    second = train(NETWORK, EXAMPLES, options, state=first.state.training)
    whole = train(NETWORK, EXAMPLES, replace(options, epochs=8))
    assert first.history.costs + second.history.costs == whole.history.costs
    assert second.history.iterations == 4
    assert second.state.training.step_count == second.state.training.update_count == 8


def test_slots_and_the_short_cut() -> None:
    options = replace(OPTIONS, optimizer="momentum", shortcut="never")
    state = train(WIDE_NETWORK, WIDE, options).state.training
    with pytest.raises(OptionError, match="shortcut is 'always', and the state to start from has slots"):
        train(WIDE_NETWORK, WIDE, replace(options, shortcut="always"), state=state)
    assert train(WIDE_NETWORK, WIDE, replace(options, shortcut="auto"), state=state).history.shortcut == ""


def test_the_state_of_another_network() -> None:
    state = train(NETWORK, EXAMPLES, OPTIONS).state
    with pytest.raises(ShapeError, match=r"W1 has shape \(5, 6\); expected \(4, 6\)"):
        train(Network((6, 4, 1)), EXAMPLES, OPTIONS, state=state)


def test_the_number_of_threads_stays_that_of_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    state = train(NETWORK, EXAMPLES, replace(OPTIONS, epochs=2)).state
    monkeypatch.setattr("pellucid.training.run.default_threads", lambda: 77)
    assert train(NETWORK, EXAMPLES, OPTIONS, state=state).state.threads == state.threads != 77
    assert train(NETWORK, EXAMPLES, replace(OPTIONS, threads=1), state=state).state.threads == 1


# Of every kind of part that a state has.
CASES: dict[str, tuple[Network, Examples, dict[str, Any], dict[str, Any]]] = {
    "slots": (NETWORK, EXAMPLES, {"optimizer": "adam", "batch_size": 16}, {}),
    "best before the epoch": (NETWORK, EXAMPLES, {"patience": 4, "schedule": "adaptive:patience=0"}, {}),
    "held out": (NETWORK, EXAMPLES, {"batch_size": 16, "patience": 4}, {"validation": HELD_OUT}),
    "short cut": (
        replace(WIDE_NETWORK, l2=0.5),
        WIDE,
        {"optimizer": "momentum", "shortcut": "always", "batch_size": 7, "patience": 4},
        {"validation": WIDE_HELD_OUT},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_plain_data_and_back(name: str, tmp_path: Path) -> None:
    network, examples, options, more = CASES[name]
    whole = train(network, examples, replace(OPTIONS, **options), **more)
    state = state_after(5, network, examples, replace(OPTIONS, **options), **more)
    written(state, tmp_path / "state")
    found = read(tmp_path / "state")
    for field in fields(RunState):
        value = getattr(state, field.name)
        if field.type in (int, int | None, str, bool, tuple[float, ...]):
            assert getattr(found, field.name) == value, field.name
            assert type(getattr(found, field.name)) is type(value), field.name
    assert_same_end(train(network, examples, replace(OPTIONS, **options), state=found, **more), whole)


def test_another_process_goes_on_to_the_same_bits(engine: str, tmp_path: Path) -> None:
    for name, (network, examples, options, more) in CASES.items():
        state = state_after(5, network, examples, replace(OPTIONS, **options, engine=engine), **more)
        written(state, tmp_path / f"{name} {engine}")
    script = Path(__file__).with_name("goes_on.py")
    environment = {**os.environ, "PYTHONPATH": str(script.parent.parent)}
    run = [sys.executable, str(script), str(tmp_path), engine]
    subprocess.run(run, check=True, timeout=300, env=environment)
    for name, (network, examples, options, more) in CASES.items():
        whole = train(network, examples, replace(OPTIONS, **options, engine=engine), **more)
        with np.load(tmp_path / f"{name} found.npz") as found:
            assert found["costs"].tolist() == list(whole.history.costs)
            assert found["validation_costs"].tolist() == list(whole.history.validation_costs)
            for parameter, value in whole.parameters.items():
                np.testing.assert_array_equal(found[parameter], value)
