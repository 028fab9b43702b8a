"""pellucid train --resume: a run that was ended goes on in its folder, and ends as if it had not been."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.errors import DataError
from pellucid.files.checkpoint_file import holds_checkpoint
from pellucid.files.claim import Claim
from pellucid.model import Model
from pellucid.training import EpochEnd
from small_data import write_points
from trainings import assert_same_arrays

QUIET = ("--quiet", "--no-plots")
NETWORK = ("--layers", "4", "--search", "none", "--epochs", "40")


def interrupting(epoch: int) -> Callable[[Any, Any], None]:
    """A listener's method that presses Ctrl-C once, at the end of an epoch."""
    pressed = []

    def called(_: Any, event: Any) -> None:
        if isinstance(event, EpochEnd) and event.epoch >= epoch and not pressed:
            pressed.append(event.epoch)
            signal.raise_signal(signal.SIGINT)

    return called


def rows(path: Path, m: int = 300) -> None:
    rng = np.random.RandomState(0)
    values = rng.randn(m, 3)
    labels = np.where(values[:, 0] * values[:, 1] > 0, "yes", "no")
    lines = [
        ",".join([*(f"{v:.4f}" for v in row), label]) for row, label in zip(values, labels, strict=True)
    ]
    path.write_text("\n".join(["a,b,c,target", *lines]) + "\n")


def command_for(data: str, here: Path) -> list[str]:
    if data == "data.npz":
        write_points(here / data)
        return ["train", data, *NETWORK, *QUIET]
    pytest.importorskip("pyarrow")
    rows(here / data)
    return ["train", data, "--target", "target", *NETWORK, *QUIET]


@pytest.mark.parametrize("data", ["data.npz", "rows.csv"])
def test_a_run_goes_on_to_the_same_model(
    data: str, here: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = command_for(data, here)
    assert run(*command, "--out", "whole").status == 0
    with monkeypatch.context() as patch:
        patch.setattr("pellucid.cli.progress.TrainingProgress.__call__", interrupting(7))
        patch.setattr("pellucid.training.call_size.CALL_SECONDS", 0.0)
        outcome = run(*command)
    assert outcome.status == 1
    assert "the model so far is saved; pellucid train --resume runs/train-1 goes on" in outcome.err
    so_far = Model.load("runs/train-1/model.safetensors")
    assert so_far.history.reason == "interrupted"
    outcome = run("train", "--resume", "runs/train-1", *QUIET)
    assert outcome.status == 0
    assert "pellucid: runs/train-1 goes on" in outcome.err
    found, whole = (Model.load(f"{folder}/model.safetensors") for folder in ("runs/train-1", "whole"))
    assert_same_arrays(found.parameters, whole.parameters)
    assert found.history == whole.history
    for name in ("history.csv", "config.toml"):
        assert (here / "runs" / "train-1" / name).read_bytes() == (here / "whole" / name).read_bytes()
    # Its last state is kept, for more epochs.
    kept = [path.name for path in (here / "runs" / "train-1").glob("checkpoint-*")]
    assert len(kept) == 1
    outcome = run("train", "--resume", "runs/train-1", *QUIET)
    assert (outcome.status, outcome.err) == (
        2,
        "pellucid: the run in runs/train-1 has ended, after 40 epochs; --epochs with a larger number "
        "trains it on\n",
    )
    assert run("train", "--resume", "runs/train-1", "--epochs", 50, *QUIET).status == 0
    assert len(Model.load("runs/train-1/model.safetensors").history.costs) == 50


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--learning-rate", "0.5"], "the checkpoint is of another training: learning_rate was "),
        (["--layers", "5"], "the network's layer_dims was [3, 4, 1] and is [3, 5, 1]"),
        (["--test-fraction", "0.5"], "and now there are"),
        (["--members", "2"], "the checkpoint is of 1 members, and now there are 2; expected the same"),
        (["--out", "other"], "--resume and --out are both given; a run goes on in its own folder"),
        (
            ["--checkpoint-every", "often"],
            "checkpoint_every is 'often'; expected a time as 30s, 5min or 2h",
        ),
    ],
)
def test_another_training_is_refused(
    more: list[str], said: str, here: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = command_for("data.npz", here)
    with monkeypatch.context() as patch:
        patch.setattr("pellucid.cli.progress.TrainingProgress.__call__", interrupting(7))
        assert run(*command).status == 1
    before = {path.name: path.read_bytes() for path in (here / "runs" / "train-1").iterdir()}
    outcome = run("train", "--resume", "runs/train-1", *more, *QUIET)
    assert outcome.status == 2
    assert said in outcome.err
    assert {path.name: path.read_bytes() for path in (here / "runs" / "train-1").iterdir()} == before


def test_folders_without_a_checkpoint(here: Path, run: Callable) -> None:
    command = command_for("data.npz", here)
    assert run(*command).status == 0
    (here / "empty").mkdir()
    shutil.copytree(here / "runs" / "train-1", here / "killed")
    (here / "killed" / "model.safetensors").unlink()
    for folder, said in {
        "runs/train-1": "there is no checkpoint in runs/train-1; the run has ended, and --start-from "
        "runs/train-1/model.safetensors trains its model on",
        "killed": "there is no checkpoint in killed; pellucid train --config killed/config.toml repeats it",
        "empty": "there is no checkpoint in empty; expected that of a run",
        "nowhere": "there is no folder nowhere; expected that of a run, as runs/train-1",
    }.items():
        outcome = run("train", "--resume", folder)
        assert (outcome.status, outcome.err) == (2, f"pellucid: {said}\n")


def test_fewer_epochs_and_early_stopping(
    here: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = command_for("data.npz", here)
    with monkeypatch.context() as patch:
        patch.setattr("pellucid.cli.progress.TrainingProgress.__call__", interrupting(7))
        assert run(*command).status == 1
    outcome = run("train", "--resume", "runs/train-1", "--epochs", 3, *QUIET)
    assert outcome.status == 2
    assert "and the training is to have 3; expected as many or more" in outcome.err
    stopping = [*command, "--patience", 0, "--min-delta", 10, "--checkpoint-every", "1 epoch"]
    assert run(*stopping, "--out", "early").status == 0
    outcome = run("train", "--resume", "early", "--epochs", 500, *QUIET)
    assert outcome.status == 2
    assert "has ended by early stopping, after 2 epochs, and more epochs would not change" in outcome.err


def test_a_report_that_is_missing_is_made(here: Path, run: Callable) -> None:
    command = [*command_for("data.npz", here), "--checkpoint-every", "5 epochs"]
    assert run(*command).status == 0
    whole = (here / "runs" / "train-1" / "model.safetensors").read_bytes()
    (here / "runs" / "train-1" / "report.json").unlink()
    assert run("train", "--resume", "runs/train-1", *QUIET).status == 0
    assert (here / "runs" / "train-1" / "report.json").exists()
    assert (here / "runs" / "train-1" / "model.safetensors").read_bytes() == whole


def test_a_run_that_is_still_in_training_is_left_alone(here: Path, run: Callable) -> None:
    command = [*command_for("data.npz", here), "--checkpoint-every", "5 epochs"]
    assert run(*command).status == 0
    (here / "runs" / "train-1" / "report.json").unlink()
    with Claim(here / "runs" / "train-1"):
        outcome = run("train", "--resume", "runs/train-1", *QUIET)
    assert outcome.status == 2
    assert "writes to it; choose another folder" in outcome.err


def test_a_training_that_cannot_read_on_says_how_to_go_on(
    here: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Any, event: Any) -> None:
        if isinstance(event, EpochEnd) and event.epoch >= 7:
            raise DataError("data.npz cannot be read (Input/output error); expected a file of data")

    command = command_for("data.npz", here)
    assert run(*command, "--out", "whole").status == 0
    with monkeypatch.context() as patch:
        patch.setattr("pellucid.cli.progress.TrainingProgress.__call__", fails)
        outcome = run(*command, "--checkpoint-every", "1 epoch")
    assert outcome.status == 2
    assert outcome.err.splitlines() == [
        "pellucid: the training so far is saved: pellucid train --resume runs/train-1 goes on",
        "pellucid: data.npz cannot be read (Input/output error); expected a file of data",
    ]
    assert run("train", "--resume", "runs/train-1", *QUIET).status == 0
    found, whole = (Model.load(f"{folder}/model.safetensors") for folder in ("runs/train-1", "whole"))
    assert_same_arrays(found.parameters, whole.parameters)


def test_never_means_never(here: Path, run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    command = command_for("data.npz", here)
    monkeypatch.setattr("pellucid.cli.progress.TrainingProgress.__call__", interrupting(7))
    outcome = run(*command, "--checkpoint-every", "never")
    assert outcome.status == 1
    assert outcome.err.endswith("iterations; the model so far is saved\n")
    assert not list((here / "runs" / "train-1").glob("checkpoint-*"))


def changed(folder: Path) -> list[int]:
    """When each checkpoint was written."""
    found = []
    for path in folder.glob("checkpoint-*"):
        with contextlib.suppress(FileNotFoundError):
            found.append(path.stat().st_mtime_ns)
    return sorted(found)


@pytest.mark.parametrize("data", ["data.npz", "rows.csv"])
def test_a_killed_process_goes_on(data: str, here: Path, run: Callable) -> None:
    command = command_for(data, here)
    command[command.index("40")] = "100000" if data == "data.npz" else "30000"
    assert run(*command, "--out", "whole").status == 0
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    every = ["--checkpoint-every", "0.01s"]
    rng, kills, arguments = random.Random(0), 0, [*command, *every, "--out", "run"]
    folder = here / "run"
    # A process that has ended before it was killed does not count.
    for _ in range(40):
        seen = changed(folder)
        with subprocess.Popen(
            [sys.executable, "-m", "pellucid", *arguments],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            # Once it writes checkpoints, or has ended.
            while process.poll() is None and changed(folder) == seen:
                time.sleep(0.002)
            time.sleep(rng.uniform(0.0, 0.05))
            process.kill()
            process.communicate()
        kills += process.returncode == -signal.SIGKILL
        if holds_checkpoint(folder):
            arguments = ["train", "--resume", "run", *QUIET, *every]
        if kills == 3 or (folder / "report.json").exists():
            break
    assert kills > 0
    # What is half-written is never taken for a model.
    if (folder / "model.safetensors").exists():
        Model.load(folder / "model.safetensors")
    if arguments[1] == "--resume":
        outcome = run(*arguments)
        assert outcome.status == 0 or " has ended, after " in outcome.err
    else:
        assert run(*arguments).status == 0
    found, whole = (Model.load(f"{name}/model.safetensors") for name in ("run", "whole"))
    assert_same_arrays(found.parameters, whole.parameters)
    assert found.history == whole.history
