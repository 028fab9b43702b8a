"""Ctrl-C: training stops and keeps what was learned; anything else just stops."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pellucid.model import Model
from small_data import photographs, write_points

ENDLESS = 10**9


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
    line = f"pellucid: interrupted after {history.iterations} iterations; saving the model so far"
    last, said = err.splitlines()
    assert last.startswith(f"pellucid: training {history.iterations} of {ENDLESS}: cost ")
    assert said == line
    assert out.startswith("network           3 -> 20 -> 7 -> 5 -> 1\n")
    report = json.loads(Path("runs/train-1/report.json").read_text("utf-8"))
    assert (report["ended"], report["iterations"]) == ("interrupted", history.iterations)


def interrupting(after: int, seen: list[int]) -> Callable[[Any], None]:
    """A function that presses Ctrl-C when it is called for the `after`-th time."""

    def called(*_: Any) -> None:
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
    assert outcome.err == f"pellucid: interrupted after {done} iterations; saving the model so far\n"
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


def test_a_run_that_is_interrupted_while_it_is_written_leaves_nothing(
    here: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_points(here / "data.npz")
    monkeypatch.setattr("pellucid.cli.run_folder.draw", interrupting(1, []))
    outcome = run("train", "data.npz", "--iterations", 2, "--quiet")
    assert (outcome.status, outcome.err.strip()) == (1, "pellucid: interrupted")
    assert list((here / "runs").iterdir()) == []
