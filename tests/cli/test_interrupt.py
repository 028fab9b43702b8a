"""Ctrl-C: training stops and keeps what was learned; anything else just stops."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.model import Model
from pellucid.training import TrialMeasured
from small_data import photographs, write_points

ENDLESS = 10**9
SAVED = "the model so far is saved; pellucid train --resume runs/train-1 goes on"


def test_a_training_process_stops_and_saves(here: Path) -> None:
    write_points(here / "data.npz")
    with subprocess.Popen(
        [sys.executable, "-m", "pellucid", "train", "data.npz", "--iterations", str(ENDLESS)],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        # The first line says that training is under way.
        assert process.stderr.readline().startswith("pellucid: training ")
        process.send_signal(signal.SIGINT)
        try:
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 1
    model = Model.load("runs/train-1/model.safetensors")
    history = model.history
    assert history.reason == "interrupted"
    assert 0 < history.iterations < ENDLESS
    assert len(history.costs) == history.iterations
    line = f"pellucid: interrupted after {history.iterations} iterations; {SAVED}"
    last, said = err.splitlines()
    assert last.startswith(f"pellucid: training {history.iterations} of {ENDLESS}: cost ")
    assert said == line
    assert out.startswith("network           3 -> 20 -> 7 -> 5 -> 1\n")
    report = json.loads(Path("runs/train-1/report.json").read_text("utf-8"))
    assert (report["ended"], report["iterations"]) == ("interrupted", history.iterations)


def interrupting(after: int, seen: list[int]) -> Callable[[Any], None]:
    """A function that presses Ctrl-C when it is called for the `after`-th time."""

    def called(*_: Any, **__: Any) -> None:
        seen.append(len(seen))
        if len(seen) == after:
            signal.raise_signal(signal.SIGINT)

    return called


def test_the_config_of_an_interrupted_run_repeats_all_of_it(
    here: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_points(here / "data.npz")
    monkeypatch.setattr("pellucid.cli.progress.TrainingProgress.__call__", interrupting(5, []))
    outcome = run("train", "data.npz", "--iterations", ENDLESS, "--json")
    assert outcome.status == 1
    # One event is the start of the training, four are iterations; the engine may be some ahead of them.
    done = outcome.document["iterations"]
    assert 4 <= done < ENDLESS
    assert outcome.err == f"pellucid: interrupted after {done} iterations; {SAVED}\n"
    assert outcome.document["ended"] == "interrupted"
    assert f"iterations = {ENDLESS}\n" in (here / "runs" / "train-1" / "config.toml").read_text("utf-8")


@pytest.mark.parametrize("command", ["train", "evaluate", "predict"])
def test_reading_pictures_stops(
    command: str, here: Path, run: Callable, picture_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photographs(here / "pets")
    seen: list[int] = []

    @contextmanager
    def reading(quiet: bool) -> Iterator[Any]:
        yield interrupting(3, seen)

    monkeypatch.setattr("pellucid.cli.predict.reading", reading)
    monkeypatch.setattr("pellucid.cli.inputs.reading", reading)
    monkeypatch.setattr("pellucid.cli.labelled.reading", reading)
    outcome = run(command, *([] if command == "train" else [picture_model]), "pets")
    assert len(seen) == 3
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.strip() == "pellucid: interrupted"
    assert [path.name for path in here.iterdir()] == ["pets"]


def said_to_be_saved(outcome: Any) -> None:
    assert outcome.status == 1
    line = (
        "pellucid: interrupted; the model is saved in runs/train-1, without a part of its report; pellucid "
        "evaluate makes it for any data"
    )
    assert outcome.err.strip().splitlines()[-1] == line
    assert Model.load("runs/train-1/model.safetensors").history.reason == "completed"
    assert [path.name for path in Path("runs").iterdir()] == ["train-1"]


@pytest.mark.parametrize(
    "where", ["run_folder.draw", "train.judge", "train.report_of", "run_folder._answers_csv"]
)
def test_a_trained_model_is_saved_whenever_the_rest_is_interrupted(
    where: str, here: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_points(here / "data.npz")
    monkeypatch.setattr(f"pellucid.cli.{where}", interrupting(1, []))
    said_to_be_saved(run("train", "data.npz", "--iterations", 2, "--quiet"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("at", ["publish_model", "_history_csv"])
def test_a_signal_waits_until_the_model_is_saved(
    number: int, at: str, here: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pellucid.cli import run_folder, train

    write_points(here / "data.npz")
    module: Any = train if at == "publish_model" else run_folder
    whole = getattr(module, at)

    def pressed(*arguments: Any) -> Any:
        signal.raise_signal(number)
        return whole(*arguments)

    monkeypatch.setattr(module, at, pressed)
    said_to_be_saved(run("train", "data.npz", "--iterations", 2, "--quiet"))


def test_a_report_that_cannot_be_written_costs_a_line(
    here: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pellucid.errors import OutputError
    from pellucid.files.atomic import write_atomically

    def full(path: Any, data: bytes) -> None:
        if path.name == "report.json":
            raise OutputError(f"{path.name} cannot be written: the disk is full")
        write_atomically(path, data)

    write_points(here / "data.npz")
    monkeypatch.setattr("pellucid.cli.run_folder.write_atomically", full)
    outcome = run("train", "data.npz", "--iterations", 2, "--quiet")
    assert outcome.status == 0
    assert "pellucid: report.json cannot be written: the disk is full" in outcome.err
    assert Model.load("runs/train-1/model.safetensors")


def written(data: str, here: Path) -> list[str]:
    """Make a file of data; the options of an endless training on it."""
    if data == "data.npz":
        write_points(here / data)
        return ["--iterations", str(ENDLESS)]
    pytest.importorskip("pyarrow")
    rows = "".join(f"{i % 7},{'yes' if i % 7 > 3 else 'no'}\n" for i in range(200))
    (here / data).write_text(f"x,y\n{rows}")
    return ["--target", "y", "--epochs", str(ENDLESS), "--search", "none", "--no-plots"]


def wait_for_training(process: Any) -> None:
    """Read standard error up to the first line that says that training is under way."""
    line = process.stderr.readline()
    while line and not line.startswith("pellucid: training "):
        line = process.stderr.readline()


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there are no such signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("data", ["data.npz", "rows.csv"])
def test_a_process_that_is_asked_to_end_saves_what_it_learned(name: str, data: str, here: Path) -> None:
    length = written(data, here)
    with subprocess.Popen(
        [sys.executable, "-m", "pellucid", "train", data, *length],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        wait_for_training(process)
        process.send_signal(getattr(signal, name))
        try:
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 1, err
    history = Model.load("runs/train-1/model.safetensors").history
    assert history.reason == "interrupted"
    assert history.iterations > 0
    assert f"iterations; {SAVED}" in err


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("data", ["data.npz", "rows.csv"])
def test_a_job_in_the_background_of_a_script_is_ended_too(name: str, data: str, here: Path) -> None:
    """Where a script starts it with &, Ctrl-C is ignored."""
    length = written(data, here)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    code = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv(sys.executable, "
    code += "[sys.executable, '-m', 'pellucid', *sys.argv[1:]])"
    with subprocess.Popen([sys.executable, "-c", code, "train", data, *length], **quiet) as process:  # type: ignore[call-overload]
        wait_for_training(process)
        process.send_signal(signal.SIGINT)
        process.send_signal(getattr(signal, name))
        try:
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 1, err
    assert Model.load("runs/train-1/model.safetensors").history.reason == "interrupted"
    assert f"iterations; {SAVED}" in err


def test_a_key_that_is_held_down_saves_too(here: Path) -> None:
    length = written("data.npz", here)
    with subprocess.Popen(
        [sys.executable, "-m", "pellucid", "train", "data.npz", *length],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        wait_for_training(process)
        for _ in range(12):
            process.send_signal(signal.SIGINT)
            time.sleep(0.01)
        try:
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 1, err
    assert Model.load("runs/train-1/model.safetensors").history.reason == "interrupted"


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 0), ("SIGTERM", 1)])
def test_a_signal_while_settings_are_compared(
    name: str, status: int, here: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    X = np.random.RandomState(0).randn(300, 3)
    np.savez(here / "data.npz", X=X, y=(X[:, 0] > 0).astype(int))

    def press(*arguments: Any, **_: Any) -> Any:
        if any(isinstance(argument, TrialMeasured) for argument in arguments):
            signal.raise_signal(getattr(signal, name))

    monkeypatch.setattr("pellucid.cli.progress.TrainingProgress.__call__", press)
    outcome = run("train", "data.npz", "--quiet")
    assert outcome.status == status
    if status:
        assert outcome.err == "pellucid: interrupted\n"
        assert not (here / "runs").exists()
    else:
        line = "pellucid: the comparison of settings was interrupted; training with the best so far"
        assert outcome.err.splitlines()[0] == line


def test_signals_that_somebody_ignores_stay_ignored(
    here: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_points(here / "data.npz")
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        monkeypatch.setattr(
            "pellucid.cli.train.judge", lambda *_, **__: signal.raise_signal(signal.SIGTERM)
        )
        # Nothing was judged, which is a bug; but it was not ended.
        outcome = run("train", "data.npz", "--iterations", 2, "--quiet")
        assert "a bug in Pellucid" in outcome.err
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)
