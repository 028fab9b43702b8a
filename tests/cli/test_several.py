"""`pellucid train` in several processes: one result, and how all end where one does."""

import importlib.util
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pellucid import Model
from pellucid.cli.app import main
from several import ALL, Ended, end_all, ended, free_port, start

needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is missing")

# What a training of one network in a known number of epochs needs.
ONE = ["--search", "none", "--members", "1", "--no-plots", "--hidden-activation", "tanh", "--layers", "8"]


@pytest.fixture(autouse=True)
def _nothing_runs_on() -> Iterator[None]:
    yield
    end_all()


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "several"
    folder.mkdir()
    monkeypatch.chdir(folder)
    X = np.random.default_rng(0).normal(size=(203, 5))
    np.savez(folder / "data.npz", X=X, y=(X[:, 0] > 0).astype(int))
    return folder


def started(*arguments: str, of: int = 2, differing: str = "") -> list:
    """The processes; the last one gets other data."""
    port = free_port()
    found = []
    for i in range(of):
        place = ["--coordinator", f"127.0.0.1:{port}", "--processes", str(of), "--process", str(i)]
        name = differing if differing and i == of - 1 else "data.npz"
        found.append(start(["-m", "pellucid", "train", name, "--engine", "jax", *ONE, *arguments, *place]))
    return found


def nothing_is_left(data: Path) -> None:
    """Of the run there is no more than the lock of a process that has ended, which the next run clears."""
    left = [path.name for folder in data.glob("two") for path in folder.iterdir()]
    assert left in ([], [".pellucid-lock"])


def lines(one: Ended) -> list[str]:
    """What a process said beside its progress."""
    return [line for line in one.err.splitlines() if "training" not in line or "process" in line]


@needs_jax
def test_two_processes_make_the_run_of_one(data: Path) -> None:
    options = ["--epochs", "3", "--dtype", "float64", "--dropout", "0.2"]
    first, second = ended(started(*options, "--out", "two", "--json"))
    assert (first.code, second.code, second.out, second.err) == (0, 0, "", "")
    # Standard output holds the report, and nothing of the libraries below.
    assert first.out.startswith("{\n")
    with pytest.raises(SystemExit) as end:
        main(["train", "data.npz", "--engine", "jax", *ONE, *options, "--out", "one", "--quiet"])
    assert end.value.code == 0
    models = [Model.load(f"{name}/model.safetensors") for name in ("one", "two")]
    for name, value in models[0].parameters.items():
        np.testing.assert_allclose(models[1].parameters[name], value, rtol=1e-9, atol=1e-12)
    assert sorted(path.name for path in data.iterdir()) == ["data.npz", "one", "two"]


@needs_jax
def test_a_file_that_one_cannot_read_ends_all_with_its_error(data: Path) -> None:
    first, second = ended(started("--epochs", "3", "--out", "two", differing="missing.npz"), 60)
    assert second.code == 2
    assert lines(second)[0].startswith("pellucid: there is no file or folder missing.npz")
    assert first.code == 1
    assert "process 1 failed: there is no file or folder missing.npz" in first.err
    nothing_is_left(data)


@needs_jax
@pytest.mark.parametrize("killed", [0, 1])
def test_where_one_is_killed_the_other_ends_and_nothing_is_left(data: Path, killed: int) -> None:
    processes = started("--epochs", "100000", "--out", "two")
    # Process 0 says so when it trains.
    assert processes[0].stderr is not None
    assert processes[0].stderr.readline().startswith("pellucid: training ")
    os.kill(processes[killed].pid, signal.SIGKILL)
    # At once where the connection breaks; after a minute of silence where it does not.
    found = ended(processes, 150)
    assert found[killed].code == -signal.SIGKILL
    other = found[1 - killed]
    assert other.code == 1
    found_lines = lines(other)
    assert len(found_lines) == 1, found_lines
    assert found_lines[0].startswith("pellucid: ")
    assert found_lines[0].endswith("this process ends too")
    nothing_is_left(data)


@needs_jax
@pytest.mark.parametrize("again", [1, 3] if ALL else [1])
def test_another_number_of_processes_goes_on(data: Path, again: int) -> None:
    """After process 0 was killed between two checkpoints."""
    options = [
        "--epochs",
        "200",
        "--dtype",
        "float64",
        "--dropout",
        "0.2",
        "--checkpoint-every",
        "20 epochs",
    ]
    with pytest.raises(SystemExit) as end:
        main(["train", "data.npz", "--engine", "jax", *ONE, *options, "--out", "one", "--quiet"])
    assert end.value.code == 0
    processes = started(*options, "--out", "two")
    deadline = time.monotonic() + 120
    while not list(data.glob("two/checkpoint-*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(processes[0].pid, signal.SIGKILL)
    ended(processes, 150)
    assert not (data / "two" / "model.safetensors").exists()
    if again == 1:
        found = ended([start(["-m", "pellucid", "train", "--resume", "two", "--no-plots"])])
    else:
        port = free_port()
        found = ended(
            [
                start(
                    [
                        *("-m", "pellucid", "train", "--resume", "two", "--no-plots"),
                        *("--coordinator", f"127.0.0.1:{port}"),
                        *("--processes", str(again), "--process", str(i)),
                    ]
                )
                for i in range(again)
            ]
        )
    assert [one.code for one in found] == [0] * again, [one.err for one in found]
    assert "pellucid: two goes on from epoch " in found[0].err
    models = [Model.load(f"{name}/model.safetensors") for name in ("one", "two")]
    for name, value in models[0].parameters.items():
        np.testing.assert_allclose(models[1].parameters[name], value, rtol=1e-7, atol=1e-10)
    assert len(models[1].history.costs) == 200


@needs_jax
def test_a_signal_to_one_ends_all_with_the_model_so_far(data: Path) -> None:
    processes = started("--epochs", "100000", "--out", "two")
    assert processes[0].stderr is not None
    processes[0].stderr.readline()
    os.kill(processes[1].pid, signal.SIGTERM)
    first, second = ended(processes, 60)
    assert (first.code, second.code) == (1, 1)
    assert "interrupted after" in first.err
    assert Model.load("two/model.safetensors").history.reason == "interrupted"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--processes", "2"], "several processes train by the JAX engine; expected --engine jax"),
        (
            ["--engine", "jax", "--processes", "2"],
            "expected --coordinator HOST:PORT --processes N --process",
        ),
        (
            ["--engine", "jax", "--coordinator", "here:1", "--processes", "2", "--process", "2"],
            "with I from 0 to N - 1",
        ),
        (["--engine", "jax", "--processes", "auto", "--process", "0"], "expected no --coordinator and no"),
    ],
)
def test_options_that_do_not_belong_together_are_refused(
    data: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    if "jax" in arguments:
        pytest.importorskip("jax")
    with pytest.raises(SystemExit) as end:
        main(["train", "data.npz", *arguments])
    assert end.value.code == 2
    assert message in capsys.readouterr().err


@needs_jax
def test_what_would_differ_between_the_processes_is_refused(data: Path) -> None:
    port = free_port()
    place = ["--coordinator", f"127.0.0.1:{port}", "--processes", "1", "--process", "0"]
    for options, expected in (
        ([], "--search none"),
        (["--search", "none", "--members", "2"], "--members 1"),
    ):
        (one,) = ended(
            [start(["-m", "pellucid", "train", "data.npz", "--engine", "jax", *options, *place])]
        )
        assert one.code == 2
        assert one.err.rstrip().endswith(f"expected {expected}")
