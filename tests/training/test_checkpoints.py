"""Checkpoints of a training, and going on from them: to the bit, or not at all."""

import threading
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Network, TrainingOptions, train
from pellucid.engines import ENGINES, TrainingState
from pellucid.errors import DataError, ModelFileError, NotFoundError, OptionError, OutputError
from pellucid.examples import Examples
from pellucid.files.checkpoint_file import GENERATIONS, read_checkpoint
from pellucid.files.claim import LOCK
from pellucid.training import (
    Checkpoints,
    EpochEnd,
    EpochProgress,
    Event,
    Monitor,
    RunState,
    SavedTraining,
    StepEnd,
    fit,
    resume,
)
from pellucid.training.checkpoints import Interval
from pellucid.training.members import train_members
from pellucid.training.origin import digests
from pellucid.training.run import Run
from pellucid.training.state_document import described, state_of
from trainings import (
    EXAMPLES,
    HELD_OUT,
    WIDE,
    WIDE_HELD_OUT,
    assert_same_arrays,
    assert_same_end,
    read,
    written,
)

pytestmark = pytest.mark.filterwarnings("ignore::pellucid.errors.LearningWarning")

NETWORK = Network((6, 5, 1), l2=0.1)
OPTIONS = TrainingOptions(
    epochs=12, learning_rate=0.1, rng=3, batch_size=16, shuffle_seed=2, dropout_seed=4, optimizer="adam"
)


class Interruption:
    """A listener that presses Ctrl-C at the end of an epoch."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch

    def __call__(self, event: Event) -> None:
        if isinstance(event, EpochEnd) and event.epoch == self._epoch:
            raise KeyboardInterrupt


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("network", "examples", "options", "more"),
    [
        (NETWORK, EXAMPLES, {}, {}),
        (NETWORK, EXAMPLES, {"batch_size": None, "schedule": "cosine"}, {}),
        (NETWORK, EXAMPLES, {"schedule": "adaptive", "clip_norm": 0.5}, {}),
        (NETWORK, EXAMPLES, {"patience": 3, "min_delta": 0.01}, {"validation": HELD_OUT}),
        (NETWORK, EXAMPLES, {"validation_fraction": 0.3}, {"monitor": Monitor("validation_cost")}),
        (Network((6, 5, 1), dropout=0.4), EXAMPLES, {"optimizer": "nesterov"}, {}),
        (
            Network((70, 5, 1), "tanh"),
            WIDE,
            {"optimizer": "momentum", "shortcut": "always"},
            {"validation": WIDE_HELD_OUT},
        ),
        (NETWORK, Examples(EXAMPLES.X.astype("float32"), EXAMPLES.Y, np.linspace(0, 2, 50)), {}, {}),
    ],
)
def test_an_interrupted_training_goes_on_to_the_same_bits(
    network: Network,
    examples: Examples,
    options: dict[str, Any],
    more: dict[str, Any],
    engine: str,
    tmp_path: Path,
) -> None:
    settings = replace(OPTIONS, **options, engine=engine)
    whole = train(network, examples, settings, **more)
    first = train(network, examples, settings, listeners=[Interruption(4), Checkpoints(tmp_path)], **more)
    assert first.history.reason == "interrupted"
    assert names(tmp_path) == [GENERATIONS[0]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        end = resume(tmp_path, network, examples, settings, **more)
    assert_same_end(end, whole)
    # What was gone on with, and has ended, can be trained on.
    more_epochs = replace(settings, epochs=settings.epochs + 3)
    if settings.patience is None and settings.schedule.name != "cosine":
        longer = resume(tmp_path, network, examples, more_epochs, **more)
        assert_same_end(longer, train(network, examples, more_epochs, **more))
    assert len(names(tmp_path)) == 1


def test_every_few_epochs(tmp_path: Path) -> None:
    epochs: list[int] = []

    def seen(event: Event) -> None:
        if isinstance(event, EpochEnd) and names(tmp_path) != [LOCK]:
            epochs.append(SavedTraining.read(tmp_path).states[0].epoch)  # type: ignore[union-attr]

    train(NETWORK, EXAMPLES, OPTIONS, listeners=[Checkpoints(tmp_path, "3 epochs"), seen])
    assert epochs == [3, 3, 3, 6, 6, 6, 9, 9, 9, 12]
    assert len(names(tmp_path)) == 1
    assert SavedTraining.read(tmp_path).states[0].epoch == 12  # type: ignore[union-attr]


def test_a_short_training_writes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    train(NETWORK, EXAMPLES, OPTIONS, listeners=[Checkpoints(folder)])
    assert not folder.exists()


def test_by_the_clock_within_a_long_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pellucid.training.loop._SECONDS", 0.0)
    monkeypatch.setattr("pellucid.training.call_size.CALL_SECONDS", 1e-6)
    options = replace(OPTIONS, batch_size=1, epochs=3, engine="reference")
    whole = train(NETWORK, EXAMPLES, options)
    seen: list[EpochProgress] = []

    def stops_within(event: Event) -> None:
        if isinstance(event, EpochProgress):
            seen.append(event)
            assert 0 < event.share < 1
            if event.epoch == 1:
                raise RuntimeError("the power is gone")

    # The clock says so within every epoch, and never at the end of one.
    monkeypatch.setattr(Checkpoints, "_is_due", lambda _, event: isinstance(event, EpochProgress))
    with pytest.raises(RuntimeError):
        train(NETWORK, EXAMPLES, options, listeners=[Checkpoints(tmp_path), stops_within])
    state = SavedTraining.read(tmp_path).states[0]
    assert state is not None
    assert (state.epoch, state.epoch * 50 + state.step) == (1, seen[-1].iteration)
    assert state.step > 0
    assert_same_end(resume(tmp_path, NETWORK, EXAMPLES, options), whole)


@pytest.mark.parametrize(
    ("network", "examples", "options", "more", "said"),
    [
        (NETWORK, EXAMPLES, {"learning_rate": 0.2}, {}, "learning_rate was 0.1 and is 0.2"),
        (NETWORK, EXAMPLES, {"optimizer": "rmsprop"}, {}, "optimizer was adam and is rmsprop"),
        (NETWORK, EXAMPLES, {"rng": 4}, {}, "rng was 3 and is 4"),
        (NETWORK, EXAMPLES, {"batch_size": 17}, {}, "batch_size was 16 and is 17"),
        (Network((6, 7, 1)), EXAMPLES, {}, {}, "the network's layer_dims was [6, 5, 1] and is [6, 7, 1]"),
        (NETWORK, EXAMPLES, {}, {"validation": HELD_OUT}, "it had no validation examples, and now there"),
        (
            *(NETWORK, Examples(EXAMPLES.X + 1e-9, EXAMPLES.Y), {}, {}),
            "the inputs of the examples are others, of the same number",
        ),
        (
            *(NETWORK, Examples(EXAMPLES.X, 1 - EXAMPLES.Y, np.ones(50)), {}, {}),
            "the targets and weights of the examples are others, of the same number",
        ),
        (
            *(NETWORK, Examples(EXAMPLES.X[:, :49], EXAMPLES.Y[:, :49]), {}, {}),
            "it had 50 examples of 6 inputs, and now there are 49 of 6",
        ),
    ],
)
def test_another_training_is_refused(
    network: Network, examples: Examples, options: Any, more: Any, said: str, tmp_path: Path
) -> None:
    train(NETWORK, EXAMPLES, OPTIONS, listeners=[Interruption(4), Checkpoints(tmp_path)])
    before = (tmp_path / GENERATIONS[0]).read_bytes()
    with pytest.raises(OptionError) as caught:
        resume(tmp_path, network, examples, replace(OPTIONS, **options), **more)
    assert said in str(caught.value)
    assert names(tmp_path) == [GENERATIONS[0]]
    assert (tmp_path / GENERATIONS[0]).read_bytes() == before


def test_other_arithmetic_and_a_stretched_schedule_are_said(tmp_path: Path) -> None:
    options = replace(OPTIONS, schedule="cosine", engine="reference")
    train(NETWORK, EXAMPLES, options, listeners=[Interruption(4), Checkpoints(tmp_path)])
    with pytest.warns() as caught:
        resume(tmp_path, NETWORK, EXAMPLES, replace(options, epochs=20))
    assert [str(line.message) for line in caught] == [
        "the schedule cosine now extends over 20 epochs, and did over 12"
    ]
    if "native" in ENGINES and ENGINES["native"]().why_not() == "":
        with pytest.warns() as caught:
            resume(tmp_path, NETWORK, EXAMPLES, replace(options, epochs=20, engine="native"))
        assert "it goes on, not to the same bits" in str(caught[-1].message)


def test_nothing_to_go_on_with(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no checkpoint in"):
        resume(tmp_path, NETWORK, EXAMPLES, OPTIONS)
    assert not names(tmp_path)


def test_a_checkpoint_that_cannot_be_written_is_said_once_an_interval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OutputError("checkpoint-1.safetensors cannot be written: the disk is full")

    monkeypatch.setattr("pellucid.training.checkpoints.write_checkpoint", full)
    said: list[str] = []
    checkpoints = Checkpoints(tmp_path, "5 epochs", said=said.append)
    end = train(NETWORK, EXAMPLES, OPTIONS, listeners=[checkpoints])
    assert end.history.reason == "completed"
    assert not checkpoints.written
    line = "no checkpoint was written: checkpoint-1.safetensors cannot be written: the disk is full"
    assert said == [f"{line}. The training goes on"] * 2


def test_a_damaged_generation_is_said_and_the_other_taken(tmp_path: Path) -> None:
    whole = train(NETWORK, EXAMPLES, OPTIONS)
    checkpoints = Checkpoints(tmp_path, "3 epochs")
    with pytest.raises(RuntimeError):
        train(NETWORK, EXAMPLES, OPTIONS, listeners=[checkpoints, PowerCut(8)])
    # It was closed by the training that failed.
    assert not (tmp_path / LOCK).exists()
    newest = max(GENERATIONS, key=lambda name: (tmp_path / name).stat().st_mtime_ns)
    data = (tmp_path / newest).read_bytes()
    (tmp_path / newest).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.warns(UserWarning, match="checksum is not that of its content; going on from the checkp"):
        end = resume(tmp_path, NETWORK, EXAMPLES, OPTIONS)
    assert_same_end(end, whole)


class PowerCut(Interruption):
    """A listener that fails at the end of an epoch."""

    def __call__(self, event: Event) -> None:
        if isinstance(event, EpochEnd) and event.epoch == self._epoch:
            raise RuntimeError


def test_members_of_other_data_are_refused_at_once(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, members=5)
    train_members(NETWORK, EXAMPLES, OPTIONS, 5, listeners=[Interruption(2)], checkpoints=checkpoints)
    checkpoints.close()
    saved = SavedTraining.read(tmp_path)
    # Of these epochs nobody waits for the end.
    endless = replace(OPTIONS, epochs=10**8, threads=2)
    with pytest.raises(OptionError, match="the targets of the examples are others"):
        train_members(NETWORK, Examples(EXAMPLES.X, 1 - EXAMPLES.Y), endless, 5, before=saved)


def test_members_that_begin_before_the_first_one_write_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints = Checkpoints(tmp_path, "0.001s", members=2)
    started: list[Event] = []
    train(NETWORK, EXAMPLES, OPTIONS, listeners=[started.append])
    checkpoints.of_member(1)(started[0])
    monkeypatch.setattr("time.monotonic", lambda: 1e12)
    checkpoints.of_member(1)(started[1])
    assert names(tmp_path) == [LOCK]
    checkpoints.of_member(0)(started[0])
    checkpoints.of_member(1)(started[1])
    assert GENERATIONS[0] in names(tmp_path)
    checkpoints.close()


def test_examples_that_can_no_longer_be_read_cost_the_checkpoint_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: Run) -> Any:
        raise DataError("X.npy became shorter")

    monkeypatch.setattr(Run, "origin", gone)
    said: list[str] = []
    checkpoints = Checkpoints(tmp_path, said=said.append)
    end = train(NETWORK, EXAMPLES, OPTIONS, listeners=[Interruption(4), checkpoints])
    assert end.history.reason == "interrupted"
    assert said == ["no checkpoint was written: X.npy became shorter"]


@pytest.mark.parametrize("at", [0, 5, 11])
def test_members_go_on_to_the_same_bits(at: int, tmp_path: Path) -> None:
    whole = train_members(NETWORK, EXAMPLES, OPTIONS, 5)
    checkpoints = Checkpoints(tmp_path, members=5)
    first = train_members(
        NETWORK, EXAMPLES, OPTIONS, 5, listeners=[Interruption(at)], checkpoints=checkpoints
    )
    checkpoints.close()
    # The interruption comes in the thread of the first member, which ends all of them or itself alone.
    assert first.members <= 5
    saved = SavedTraining.read(tmp_path)
    assert len(saved.states) == 5
    end = train_members(NETWORK, EXAMPLES, OPTIONS, 5, before=saved)
    assert_same_arrays(end.parameters, whole.parameters)
    assert end.history == whole.history
    with pytest.raises(OptionError, match="the checkpoint is of 5 members, and now there are 4"):
        train_members(NETWORK, EXAMPLES, OPTIONS, 4, before=saved)
    with pytest.raises(OptionError, match="is of 5 members; pellucid train --resume goes on with it"):
        resume(tmp_path, NETWORK, EXAMPLES, OPTIONS)


def test_every_step_may_be_the_last(tmp_path: Path) -> None:
    options = replace(OPTIONS, epochs=3)
    whole = train(NETWORK, EXAMPLES, options)
    for steps in range(1, whole.history.iterations):
        folder = tmp_path / str(steps)
        checkpoints = Checkpoints(folder)
        events = fit(NETWORK, EXAMPLES, options, every="step")
        for event in events:
            ended = isinstance(event, StepEnd) and event.iteration == steps
            checkpoints(events.throw(KeyboardInterrupt()) if ended else event)
        checkpoints.close()
        assert_same_end(resume(folder, NETWORK, EXAMPLES, options), whole)


@pytest.mark.parametrize(
    "text", ["", "5", "0s", "5 minutes", "1.5 epochs", "-1s", "0 epochs", "nan s", "9" * 400 + "s", None]
)
def test_intervals_that_are_none(text: Any) -> None:
    with pytest.raises(OptionError, match="expected a time as 30s, 5min or 2h"):
        Interval.named(text)


def test_intervals() -> None:
    assert Interval.named("90s") == Interval(90.0)
    assert Interval.named("2.5min") == Interval(150.0)
    assert Interval.named("2 h") == Interval(7200.0)
    assert Interval.named("1 epoch") == Interval(None, 1)
    assert Interval.named("never") == Interval()


def test_digests_know_numbers_and_not_their_place() -> None:
    X = np.asfortranarray(EXAMPLES.X)
    same = digests(Examples(X, EXAMPLES.Y))
    assert same == digests(Examples(np.ascontiguousarray(X), EXAMPLES.Y))
    assert same == digests(Examples(np.repeat(X, 2, axis=1)[:, ::2], EXAMPLES.Y))
    changed = X.copy()
    changed[3, 41] = np.nextafter(changed[3, 41], 1)
    assert digests(Examples(changed, EXAMPLES.Y))["X"] != same["X"]
    assert digests(Examples(X.astype("float32"), EXAMPLES.Y))["X"] != same["X"]


def test_two_trainings_cannot_write_to_one_folder(tmp_path: Path) -> None:
    held = threading.Event()

    def second(event: Event) -> None:
        if isinstance(event, EpochEnd) and event.epoch == 3:
            with pytest.raises(OutputError, match="a training of this process writes to"):
                train(NETWORK, EXAMPLES, OPTIONS, listeners=[Checkpoints(tmp_path)])
            held.set()

    train(NETWORK, EXAMPLES, OPTIONS, listeners=[Checkpoints(tmp_path, "2 epochs"), second])
    assert held.is_set()
    assert read_checkpoint(tmp_path).document


def test_a_new_training_does_not_overwrite_the_checkpoints_of_another(tmp_path: Path) -> None:
    train(NETWORK, EXAMPLES, OPTIONS, listeners=[Interruption(4), Checkpoints(tmp_path)])
    before = (tmp_path / GENERATIONS[0]).read_bytes()
    with pytest.raises(OutputError, match="holds the checkpoint of another training; expected an empty"):
        train(NETWORK, EXAMPLES, OPTIONS, listeners=[Checkpoints(tmp_path, "1 epoch")])
    assert names(tmp_path) == [GENERATIONS[0]]
    assert (tmp_path / GENERATIONS[0]).read_bytes() == before
    resume(tmp_path, NETWORK, EXAMPLES, OPTIONS)


def test_an_object_is_of_one_training(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "a")
    train(NETWORK, EXAMPLES, OPTIONS, listeners=[checkpoints])
    with pytest.raises(OptionError, match="these checkpoints were of another training"):
        train(NETWORK, EXAMPLES, OPTIONS, listeners=[checkpoints])


def test_fewer_epochs_than_there_were_are_refused(tmp_path: Path) -> None:
    train(NETWORK, EXAMPLES, OPTIONS, listeners=[Interruption(6), Checkpoints(tmp_path)])
    with pytest.raises(OptionError, match="the checkpoint is in epoch 7 and the training is to have 5"):
        resume(tmp_path, NETWORK, EXAMPLES, replace(OPTIONS, epochs=5))
    with pytest.raises(OptionError, match="the checkpoint is in epoch 7 and the training is to have 5"):
        train_members(NETWORK, EXAMPLES, replace(OPTIONS, epochs=5), 1, before=SavedTraining.read(tmp_path))
    resume(tmp_path, NETWORK, EXAMPLES, OPTIONS)


def test_the_folder_is_where_it_was_when_the_training_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()

    def goes_elsewhere(event: Event) -> None:
        if isinstance(event, EpochEnd) and event.epoch == 0:
            monkeypatch.chdir(tmp_path / "elsewhere")

    checkpoints = Checkpoints("run", "2 epochs")
    train(NETWORK, EXAMPLES, OPTIONS, listeners=[goes_elsewhere, checkpoints])
    assert len(names(tmp_path / "run")) == 1
    assert not names(tmp_path / "elsewhere")


def test_a_truncated_newest_generation_is_said(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        train(NETWORK, EXAMPLES, OPTIONS, listeners=[Checkpoints(tmp_path, "3 epochs"), PowerCut(8)])
    newest = max(GENERATIONS, key=lambda name: (tmp_path / name).stat().st_mtime_ns)
    (tmp_path / newest).write_bytes((tmp_path / newest).read_bytes()[:100])
    with pytest.warns(UserWarning, match="is truncated: .*; going on from the checkpoint before"):
        resume(tmp_path, NETWORK, EXAMPLES, OPTIONS)


def test_an_older_generation_that_cannot_be_removed_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def protected(*_: Any) -> None:
        raise OutputError("checkpoint-1.safetensors cannot be removed: Operation not permitted")

    monkeypatch.setattr("pellucid.training.checkpoints.remove_older", protected)
    end = train(NETWORK, EXAMPLES, OPTIONS, listeners=[Checkpoints(tmp_path, "3 epochs")])
    assert end.history.reason == "completed"


def test_steps_that_were_not_counted_are_not_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C that breaks off a call of the engine leaves a state that no run could go on from."""
    said: list[str] = []
    checkpoints = Checkpoints(tmp_path, "3 epochs", said=said.append)
    state = Run.state

    def ahead(self: Run) -> RunState:
        found = state(self)
        if self.epoch < 6:
            return found
        training = found.training._replace(step_count=found.training.step_count + 5)
        return replace(found, training=training)

    monkeypatch.setattr(Run, "state", ahead)
    train(NETWORK, EXAMPLES, OPTIONS, listeners=[checkpoints])
    assert SavedTraining.read(tmp_path).states[0].epoch == 3  # type: ignore[union-attr]
    assert said[0] == (
        "no checkpoint was written: the training was interrupted within a call of the engine. The training "
        "goes on"
    )


def test_a_state_keeps_the_order_and_the_layout_of_its_arrays(tmp_path: Path) -> None:
    parameters = {"b1": np.ones((2, 1)), "W1": np.asfortranarray(np.arange(6.0).reshape(2, 3))}
    written(RunState(TrainingState(parameters)), tmp_path / "state")
    found = read(tmp_path / "state").training.parameters
    assert list(found) == ["b1", "W1"]
    assert found["W1"].flags.f_contiguous
    np.testing.assert_array_equal(found["W1"], parameters["W1"])


@pytest.mark.parametrize(
    ("changed", "wrong", "said"),
    [
        ({"step": 10**6}, {}, "0 costs of 1000000 steps"),
        ({"threads": -3}, {}, "threads is -3"),
        ({"epoch": True}, {}, "epoch is True"),
        ({}, {"slots.s.dW1": np.zeros((1, 1))}, "the arrays of slots.s are not like the parameters"),
        ({}, {"best.W1": np.zeros((5, 6), np.float32)}, "the arrays of best are not like the parameters"),
        ({}, {"more": np.zeros((1, 1))}, "it has other arrays than it names"),
    ],
)
def test_a_state_that_no_run_has(changed: dict[str, Any], wrong: dict[str, Any], said: str) -> None:
    options = replace(OPTIONS, patience=3)
    document, arrays = described(train(NETWORK, EXAMPLES, options, validation=HELD_OUT).state)
    assert state_of(document, arrays).epoch > 0
    # An array that lies column by column has a longer name.
    named = {
        next((known for known in arrays if known.startswith(name)), name): v for name, v in wrong.items()
    }
    with pytest.raises(ModelFileError, match=said):
        state_of({**document, **changed}, {**arrays, **named})
