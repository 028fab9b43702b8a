"""What a training run leaves behind, and that runs do not get into each other's way."""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pellucid.cli.arguments import read_options
from pellucid.errors import OutputError
from pellucid.model import Model
from pellucid.modelling import choose, fit_chosen
from small_data import photographs, points, write_points
from table_files import write_npz

FILES = ["config.toml", "cost.png", "history.csv", "model.safetensors", "report.json", "wrong.csv"]
QUICK = ("--layers", "3", "--iterations", "3", "--quiet")


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def assert_png(path: Path) -> None:
    with Image.open(path) as image:
        assert image.format == "PNG"
        image.load()
        assert min(image.size) > 100
        assert len(image.convert("RGB").getcolors(10**6) or []) > 2


@pytest.mark.usefixtures("drawing")
def test_a_run_on_numbers(here: Path, done: Callable) -> None:
    write_points(here / "data.npz")
    report = done("train", "data.npz", *QUICK, "--json").document
    folder = here / report.pop("run")
    assert here / report.pop("model") == folder / "model.safetensors"
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert json.loads((folder / "report.json").read_text("utf-8")) == report
    assert read_options(folder / "config.toml")["data"] == str(here / "data.npz")
    costs = Model.load(folder / "model.safetensors").history.costs
    history = table(folder / "history.csv")
    assert history == [["epoch", "cost"], *([str(i), repr(cost)] for i, cost in enumerate(costs))]
    assert_png(folder / "cost.png")


def test_wrong_rows_are_listed(here: Path, done: Callable) -> None:
    # Labels that have nothing to do with the inputs.
    write_npz(here / "data.npz", X=points(60)["X"], y=np.random.default_rng(0).permutation(60) % 2)
    report = done("train", "data.npz", *QUICK, "--json").document
    head, *rows = table(here / "runs" / "train-1" / "wrong.csv")
    assert head == ["source", "true", "predicted", "probability"]
    confusion = np.array(report["confusion_matrix"])
    assert len(rows) == confusion.sum() - confusion.trace() > 0
    for source, true, predicted, probability in rows:
        assert source.startswith("data.npz, X row ")
        assert {true, predicted} == {"0", "1"}
        assert 0.5 <= float(probability) <= 1


@pytest.mark.usefixtures("drawing")
def test_wrong_pictures_are_drawn(here: Path, done: Callable) -> None:
    photographs(here / "pets")
    # Untrained, it calls every picture the same.
    done("train", "pets", "--image-size", 8, "--iterations", 1, "--quiet")
    folder = here / "runs" / "train-1"
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FILES, "wrong.png"])
    assert_png(folder / "wrong.png")
    _, *rows = table(folder / "wrong.csv")
    assert rows
    assert all(Path(source).is_file() for source, *_ in rows)


def test_runs_are_numbered(here: Path, done: Callable) -> None:
    write_points(here / "data.npz")
    for number in (1, 2):
        assert f"runs/train-{number}\n" in done("train", "data.npz", *QUICK).out
    for name in ("train-7", "train-x", "other-9"):
        (here / "runs" / name).mkdir()
    (here / "runs" / "train-8").write_text("no folder")
    assert "runs/train-9\n" in done("train", "data.npz", *QUICK).out


@pytest.mark.parametrize("out", ["new", "deep/er/new", "empty", "empty/"])
def test_out_names_the_folder(out: str, here: Path, done: Callable) -> None:
    write_points(here / "data.npz")
    (here / "empty").mkdir()
    outcome = done("train", "data.npz", *QUICK, "--out", out)
    assert f"run folder        {Path(out)}\n" in outcome.out
    assert set(FILES) - {"cost.png"} == {path.name for path in (here / out).iterdir()}
    assert not (here / "runs").exists()
    assert not list(here.rglob(".train-*"))


def test_out_is_the_current_folder(here: Path, done: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_points(here / "data.npz")
    (here / "empty").mkdir(mode=0o750)
    monkeypatch.chdir(here / "empty")
    report = done("train", data, *QUICK, "--out", ".", "--json").document
    assert report["model"] == "model.safetensors"
    assert set(FILES) - {"cost.png"} == {path.name for path in Path.cwd().iterdir()}
    assert (here / "empty").stat().st_mode & 0o777 == 0o750


def test_two_runs_cannot_have_one_folder(
    here: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_points(here / "data.npz")
    refused = []

    def meanwhile(*arguments: Any) -> Any:
        if not refused:
            code = "import sys; from pellucid.cli import main; main(sys.argv[1:])"
            command = [sys.executable, "-c", code, "train", "data.npz", *map(str, QUICK), "--out", "out"]
            refused.append(subprocess.run(command, capture_output=True, text=True, check=False))
        return choose(*arguments)

    monkeypatch.setattr("pellucid.cli.train.choose", meanwhile)
    outcome = run("train", "data.npz", *QUICK, "--out", "out")
    assert outcome.status == 0
    assert (refused[0].returncode, refused[0].stderr) == (
        2,
        f"pellucid: out cannot be used: another training (process {os.getpid()}) writes to it; choose "
        "another folder\n",
    )
    assert ".pellucid-lock" not in [path.name for path in (here / "out").iterdir()]


@pytest.mark.parametrize("made", [False, True])
def test_a_full_disk_leaves_nothing_behind(
    made: bool, here: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_points(here / "data.npz")
    if made:
        (here / "out").mkdir()

    def full(path: Path, _: bytes) -> None:
        raise OutputError(f"{path} cannot be written: the disk is full")

    monkeypatch.setattr("pellucid.files.model_file.write_atomically", full)
    outcome = run("train", "data.npz", *QUICK, "--out", "out")
    assert (outcome.status, outcome.err) == (
        2,
        "pellucid: out/model.safetensors cannot be written: the disk is full\n",
    )
    assert not list((here / "out").iterdir()) if made else not (here / "out").exists()


def test_a_model_that_its_folder_does_not_take_is_saved_elsewhere(
    here: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_points(here / "data.npz")
    (here / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(here / "tmp"))

    def replaced(*arguments: Any, **more: Any) -> Any:
        found = fit_chosen(*arguments, **more)
        shutil.rmtree("runs")
        (here / "runs").write_text("a file by now")
        return found

    monkeypatch.setattr("pellucid.cli.train.fit_chosen", replaced)
    outcome = run("train", "data.npz", *QUICK)
    [folder] = (here / "tmp").iterdir()
    assert outcome.status == 2
    assert outcome.err.startswith(
        "pellucid: runs/train-1/config.toml cannot be written: there is no folder"
    )
    assert outcome.err.endswith(f". The model is saved in {folder} instead\n")
    assert Model.load(folder / "model.safetensors").history.iterations == 3


def test_a_folder_that_is_removed_meanwhile_is_made_again(
    here: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_points(here / "data.npz")

    def removed(*arguments: Any, **more: Any) -> Any:
        shutil.rmtree("runs")
        return fit_chosen(*arguments, **more)

    monkeypatch.setattr("pellucid.cli.train.fit_chosen", removed)
    assert run("train", "data.npz", *QUICK, "--checkpoint-every", "1 epoch").status == 0
    names = [path.name for path in (here / "runs" / "train-1").iterdir()]
    assert {"model.safetensors", "report.json"} <= set(names)


def test_runs_being_a_link_that_leads_nowhere(here: Path, run: Callable) -> None:
    write_points(here / "data.npz")
    (here / "runs").symlink_to(here / "disk" / "runs")
    outcome = run("train", "data.npz", *QUICK)
    assert (outcome.status, outcome.err) == (
        2,
        f"pellucid: runs is a link to {here / 'disk' / 'runs'}, which does not exist; make that folder\n",
    )


def test_what_a_killed_run_left_is_cleared(here: Path, run: Callable) -> None:
    write_points(here / "data.npz")
    old = time.time() - 3600
    for number, age in ((1, old), (2, time.time())):
        (here / "runs" / f"train-{number}").mkdir(parents=True)
        lock = here / "runs" / f"train-{number}" / ".pellucid-lock"
        lock.write_text("123\n")
        os.utime(lock, (age, age))
    (here / "runs" / "train-1" / "config.toml").write_text("epochs = 3")
    (here / "runs" / "train-1" / ".pellucid-0123456789abcdef.tmp").write_text("half a checkpoint")
    (here / "runs" / "train-0").mkdir()
    assert run("train", "data.npz", *QUICK).status == 0
    # One that is new may be another run's; one without a lock was not left by a run.
    assert sorted(path.name for path in (here / "runs").iterdir()) == ["train-0", "train-2", "train-3"]


def test_a_run_folder_is_an_ordinary_folder(here: Path, done: Callable) -> None:
    write_points(here / "data.npz")
    before = os.umask(0o027)
    try:
        done("train", "data.npz", *QUICK)
    finally:
        os.umask(before)
    assert (here / "runs" / "train-1").stat().st_mode & 0o777 == 0o750


def test_runs_at_the_same_time_get_folders_of_their_own(here: Path) -> None:
    write_points(here / "data.npz")
    # Four processes that all find no run before any of them has taken its place.
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from pellucid.cli import main, run_folder\n"
        "class Slow(type(Path())):\n"
        "    def glob(self, pattern):\n"
        "        found = list(super().glob(pattern))\n"
        "        print('ready', flush=True); sys.stdin.readline()\n"
        "        return found\n"
        "run_folder._RUNS = Slow('runs')\n"
        "run_folder._clear_left = lambda: None\n"
        "run_folder.draw = lambda *_: []\n"
        "main(['train', 'data.npz', '--layers', '3', '--iterations', '3', '--json', '--seed', sys.argv[1]])"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for seed in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    outputs = [process.communicate("go\n")[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    reports = [json.loads(output) for output in outputs]
    assert sorted(report["run"] for report in reports) == [f"runs/train-{n}" for n in range(1, 5)]
    for seed, report in enumerate(reports):
        assert read_options(here / report["run"] / "config.toml")["seed"] == seed
    assert len(list((here / "runs").iterdir())) == 4


@pytest.mark.usefixtures("drawing")
def test_costs_of_examples_held_out_are_drawn(
    here: Path, done: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pellucid import plots

    drawn: list[Any] = []
    draw = plots.cost_curve

    def watched(*arguments: Any, **options: Any) -> Any:
        drawn.append(draw(*arguments, **options))
        return drawn[-1]

    monkeypatch.setattr(plots, "cost_curve", watched)
    write_points(here / "data.npz")
    done("train", "data.npz", *QUICK, "--validation-fraction", 0.3, "--patience", 9)
    history = Model.load(here / "runs" / "train-1" / "model.safetensors").history
    lines = drawn[0].axes[0].lines
    _, validation = [line for line in lines if len(line.get_ydata()) == len(history.costs)]
    np.testing.assert_array_equal(validation.get_ydata(), history.validation_costs)
    assert [history.best_epoch] * 2 in [list(line.get_xdata()) for line in lines]


@pytest.mark.usefixtures("drawing")
def test_a_picture_that_cannot_be_drawn_costs_no_training(
    here: Path, done: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("no\nink")

    monkeypatch.setattr("pellucid.plots.cost_curve", broken)
    write_points(here / "data.npz")
    outcome = done("train", "data.npz", *QUICK)
    assert outcome.err == "pellucid: a picture was not drawn, by a bug in Pellucid: ValueError: no ink\n"
    assert (here / "runs" / "train-1" / "model.safetensors").exists()


def test_file_names_that_are_not_unicode(here: Path, done: Callable) -> None:
    folder = Path(os.fsdecode(b"caf\xe9"))
    try:
        photographs(here / folder)
    except OSError:
        pytest.skip("this file system keeps its names in Unicode")
    done("train", folder, "--image-size", 8, "--iterations", 1, "--quiet")
    assert r"caf\udce9" in (here / "runs" / "train-1" / "wrong.csv").read_text("utf-8")
    outcome = done("predict", "runs/train-1/model.safetensors", folder / "cat.0.jpg")
    assert outcome.out.endswith("'caf\\udce9/cat.0.jpg'\n")
    outcome = done("predict", "runs/train-1/model.safetensors", folder / "cat.0.jpg", "--json")
    assert outcome.document["predictions"][0]["source"] == str(folder / "cat.0.jpg")
