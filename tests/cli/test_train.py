"""Training from the command line on every kind of data."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pellucid.cli.app import spread
from pellucid.model import Model
from small_data import photographs, points, truncate, write_points
from table_files import write_hdf5, write_npz

Run = Callable[..., object]
KEYS = {
    "model",
    "run",
    "cost_at",
    "train_accuracy",
    "test_accuracy",
    "confusion_matrix",
    "iterations",
    "ended",
}


def fields(report: dict, *names: str) -> list:
    return [report[name] for name in names]


@pytest.mark.parametrize(
    ("name", "dims", "examples"),
    [
        ("digits", [64, 5, 10], 1797),
        ("breast-cancer", [30, 5, 1], 569),
        ("moons", [2, 5, 1], 400),
        ("circles", [2, 5, 1], 400),
    ],
)
def test_built_in_data(name: str, dims: list[int], examples: int, done: Callable) -> None:
    outcome = done("train", name, "--layers", 5, "--iterations", 20, "--learning-rate", 0.1, "--json")
    report = outcome.document
    assert set(report) >= KEYS
    assert fields(report, "layer_dims", "iterations", "ended") == [dims, 20, "completed"]
    assert report["train_examples"] + report["test_examples"] == examples
    assert report["test_examples"] == pytest.approx(examples / 5, abs=len(report["classes"]))
    assert np.sum(report["confusion_matrix"]) == report["test_examples"]
    assert [epoch for epoch, _ in report["cost_at"]] == [0, 19]
    assert report["cost_at"][1][1] < report["cost_at"][0][1]
    assert Model.load(report["model"]).network.layer_dims == tuple(dims)
    assert outcome.err == ""


@pytest.mark.parametrize("name", ["data.h5", "data.npz"])
@pytest.mark.parametrize("classes", [2, 3])
def test_arrays(name: str, classes: int, here: Path, done: Callable) -> None:
    write_points(here / name, m=60, classes=classes)
    report = done(
        *("train", name, "--layers", 8, "--iterations", 400, "--learning-rate", 0.5, "--json")
    ).document
    assert report["classes"] == ["0", "1", "2"][:classes]
    assert report["layer_dims"] == [3, 8, 1 if classes == 2 else 3]
    assert fields(report, "train_examples", "test_examples") == [48, 12]
    assert report["train_accuracy"] > 0.95
    assert report["test_accuracy"] > 0.7
    model = Model.load(report["model"])
    assert model.network.output_activation == ("sigmoid" if classes == 2 else "softmax")


def test_the_layout_of_the_course(here: Path, done: Callable) -> None:
    rng = np.random.default_rng(1)
    pictures = rng.integers(0, 256, (12, 6, 6, 3), np.uint8)
    write_hdf5(
        here / "data.h5",
        train_set_x=pictures[:8],
        train_set_y=np.arange(8)[None, :] % 2,
        test_set_x=pictures[8:],
        test_set_y=np.arange(4)[None, :] % 2,
        list_classes=np.array(["non-cat", "cat"]),
    )
    report = done("train", "data.h5", "--layers", 4, "--iterations", 5, "--json").document
    assert fields(report, "classes", "layer_dims") == [["non-cat", "cat"], [108, 4, 1]]
    assert fields(report, "train_examples", "test_examples") == [8, 4]
    assert Model.load(report["model"]).recipe.divisor == 255


def test_a_test_set_of_its_own(here: Path, done: Callable) -> None:
    write_points(here / "train.npz")
    write_points(here / "test.h5", m=10, seed=2)
    report = done("train", "train.npz", "--test", "test.h5", "--iterations", 5, "--json").document
    assert fields(report, "train_examples", "test_examples") == [40, 10]


def move(root: Path, layout: str) -> None:
    """Rename cat.3.jpg and the like by a pattern of {part}, {kind} and {number}."""
    for path in sorted(root.glob("*.jpg")):
        kind, number, _ = path.name.split(".")
        part = "test" if int(number) >= 4 else "train"
        target = root / layout.format(part=part, kind=kind, number=number)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)


@pytest.mark.parametrize(
    ("layout", "examples"),
    [
        ("{kind}.{number}.jpg", [10, 2]),
        ("{kind}/{number}.jpg", [10, 2]),
        ("{part}/{kind}.{number}.jpg", [8, 4]),
        ("{part}/{kind}/{number}.jpg", [8, 4]),
    ],
)
def test_folders_of_photographs(layout: str, examples: list[int], here: Path, done: Callable) -> None:
    move(photographs(here / "pets"), layout)
    options = ("--image-size", "5x7", "--layers", 4, "--learning-rate", 0.05, "--iterations", 150)
    report = done("train", "pets", *options, "--json").document
    assert fields(report, "classes", "layer_dims") == [["cat", "dog"], [5 * 7 * 3, 4, 1]]
    assert fields(report, "train_examples", "test_examples") == examples
    assert fields(report, "train_accuracy", "test_accuracy") == [1.0, 1.0]
    assert Model.load(report["model"]).recipe.shape == (5, 7, 3)


@pytest.mark.parametrize("parts", [False, True])
def test_unreadable_pictures_are_named_and_counted_and_the_others_go_on(
    parts: bool, here: Path, done: Callable
) -> None:
    root = photographs(here / "pets")
    truncate(root / "cat.1.jpg")
    (root / "dog.5.jpg").write_bytes(b"")
    if parts:
        move(root, "{part}/{kind}.{number}.jpg")
    options = ("--image-size", 8, "--iterations", 3, "--quiet", "--json")
    outcome = done("train", "pets", *options)
    lines = outcome.err.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("pellucid: pets/")
    assert "cat.1.jpg is a truncated or damaged picture (" in lines[0]
    assert "dog.5.jpg is empty; expected a JPEG, PNG, BMP or WebP picture" in lines[1]
    assert lines[2] == "pellucid: 2 skipped; with --strict an unreadable picture stops the run"
    report = outcome.document
    assert report["train_examples"] + report["test_examples"] == 10
    assert [f"pellucid: {line}" for line in report["skipped"]] == lines[:2]


def test_folders_left_out_are_no_skipped_pictures(here: Path, done: Callable) -> None:
    for kind in ("cat", "dog"):
        photographs(here / "pets" / kind, 3, kinds=(kind,))
    (here / "pets" / "owl").mkdir()
    options = ("--image-size", 4, "--iterations", 2, "--quiet", "--json")
    outcome = done("train", "pets", *options, "--strict")
    assert outcome.err == "pellucid: pets/owl holds no pictures: not a class\n"
    assert outcome.document["skipped"] == ["pets/owl holds no pictures: not a class"]
    (here / "pets" / "cat" / "cat.1.jpg").write_bytes(b"")
    lines = done("train", "pets", *options).err.splitlines()
    assert lines[0] == "pellucid: pets/owl holds no pictures: not a class"
    assert lines[2] == "pellucid: 1 skipped; with --strict an unreadable picture stops the run"
    for number in range(11):
        (here / "pets" / f"owl{number}").mkdir()
    lines = done("train", "pets", *options).err.splitlines()
    assert lines[10] == "pellucid: 12 folders left out (10 shown)"


def test_many_unreadable_pictures_are_named_in_part(here: Path, done: Callable) -> None:
    root = photographs(here / "pets", 14)
    for number in range(12):
        (root / f"cat.{number}.jpg").write_bytes(b"")
    lines = done("train", "pets", "--image-size", 4, "--iterations", 2, "--quiet").err.splitlines()
    assert len(lines) == 11
    assert lines[-1] == "pellucid: 12 skipped (10 shown); with --strict an unreadable picture stops the run"


def test_mini_batches(here: Path, done: Callable) -> None:
    write_points(here / "data.npz")
    report = done("train", "data.npz", "--epochs", 7, "--batch-size", 10, "--json").document
    # 32 examples to train on are 4 batches.
    assert fields(report, "iterations", "train_examples") == [28, 32]
    assert [epoch for epoch, _ in report["cost_at"]] == [0, 6]


def test_options_reach_the_training(here: Path, done: Callable) -> None:
    write_points(here / "data.npz")
    options = ("--hidden-activation", "tanh", "--init", "0.3", "--dtype", "float32", "--scaling", "none")
    sizes = ("--layers", 6, 2, "--epochs", 3, "--test-fraction", 0.5)
    report = done("train", "data.npz", *options, *sizes, "--json").document
    model = Model.load(report["model"])
    assert model.network.layer_dims == (3, 6, 2, 1)
    assert model.network.hidden_activation == "tanh"
    assert model.dtype == "float32"
    assert (model.recipe.mean, model.recipe.divisor) == ((), 1.0)
    assert fields(report, "train_examples", "test_examples") == [20, 20]
    weights = 0.3 * np.random.RandomState(1).standard_normal((6, 3))
    np.testing.assert_allclose(model.parameters["W1"], weights, atol=0.03)


def test_every_part_of_the_training_can_be_told(here: Path, done: Callable) -> None:
    write_points(here / "data.npz", m=60)
    network = ("--layers", 6, 4, "--hidden-activation", "tanh,relu", "--l2", 0.1, "--l1", 0.01)
    network += ("--dropout", "0.1,0.2", "--input-dropout", 0.05, "--label-smoothing", 0.1)
    training = ("--optimizer", "adam", "--learning-rate", 0.01, "--schedule", "cosine", "--clip-norm", 5)
    report = done("train", "data.npz", *network, *training, "--epochs", 20, "--json").document
    found = Model.load(report["model"]).network
    assert (found.hidden_activation, found.dropout) == (("tanh", "relu"), (0.1, 0.2))
    assert (found.l2, found.l1, found.input_dropout, found.label_smoothing) == (0.1, 0.01, 0.05, 0.1)


def test_early_stopping(here: Path, done: Callable) -> None:
    rng = np.random.default_rng(0)
    # Labels that have nothing to do with the inputs: nothing can be learned for long.
    write_npz(here / "data.npz", X=rng.normal(size=(60, 3)), y=rng.permutation(60) % 2)
    options = ("--learning-rate", 0.5, "--epochs", 3000, "--patience", 5, "--validation-fraction", 0.25)
    outcome = done("train", "data.npz", *options)
    report = json.loads((here / "runs" / "train-1" / "report.json").read_text("utf-8"))
    history = Model.load(here / "runs" / "train-1" / "model.safetensors").history
    assert report["ended"] == history.reason == "early_stopping"
    assert report["best_epoch"] == history.best_epoch == np.argmin(history.validation_costs)
    assert report["validation_cost"] == min(history.validation_costs)
    assert f"stopped early, the best was epoch {history.best_epoch}" in outcome.out
    head, *rows = (here / "runs" / "train-1" / "history.csv").read_text("utf-8").splitlines()
    assert head == "epoch,cost,validation_cost"
    assert [float(row.split(",")[2]) for row in rows] == list(history.validation_costs)


def test_the_short_cut_is_told(here: Path, done: Callable) -> None:
    photographs(here / "pets")
    options = ("--image-size", 16, "--iterations", 3)
    assert "iterations, exact: trained in" in done("train", "pets", *options, "--shortcut", "always").out
    report = done("train", "pets", *options, "--shortcut", "never", "--json").document
    assert report["shortcut"] == ""


def test_the_same_seed_gives_the_same_model(here: Path, done: Callable) -> None:
    write_points(here / "data.npz")

    def trained(seed: int) -> bytes:
        options = ("--epochs", 5, "--batch-size", 8, "--seed", seed, "--json")
        return Path(done("train", "data.npz", *options).document["model"]).read_bytes()

    assert trained(3) == trained(3)
    assert trained(3) != trained(4)


@pytest.mark.usefixtures("drawing")
def test_no_iterations_give_an_untrained_model(here: Path, done: Callable) -> None:
    write_points(here / "data.npz")
    outcome = done("train", "data.npz", "--iterations", 0)
    assert "cost  " not in outcome.out
    assert "training time     0.0 s, 0 iterations" in outcome.out
    assert not (here / "runs" / "train-1" / "cost.png").exists()


def test_the_report(here: Path, done: Callable) -> None:
    write_points(here / "data.npz", m=30, classes=3)
    out = done("train", "data.npz", "--layers", 4, "--iterations", 5).out
    lines = out.splitlines()
    assert lines[0] == "network           3 -> 4 -> 3"
    assert lines[1].startswith("settings          gradient_descent at 0.0075, constant, full batch")
    assert lines[2].startswith("cost              ")
    assert lines[3].startswith("train accuracy    ")
    assert lines[3].endswith("(24 examples)")
    assert lines[4].startswith("test accuracy     ")
    assert "true \\ predicted  0  1  2" in lines
    assert lines[-2] == "run folder        runs/train-1"
    assert lines[-1] == "use it            pellucid predict runs/train-1/model.safetensors INPUT..."


def test_a_confusion_matrix_too_wide_for_a_terminal(here: Path, done: Callable) -> None:
    y = np.arange(60) % 30
    write_npz(here / "data.npz", X=points(60)["X"], y=y)
    out = done("train", "data.npz", "--layers", 2, "--iterations", 1).out
    assert "(confusion matrix of 30 classes: see runs/train-1/report.json)" in out
    out = done("evaluate", "runs/train-1/model.safetensors", "data.npz").out
    assert "(confusion matrix of 30 classes: --json shows it)" in out


@pytest.mark.parametrize(
    ("typed", "parsed"),
    [
        ("train d --layers 20 7 5", "train d --layers 20 --layers 7 --layers 5"),
        ("train --layers 20 7 5 d", "train --layers 20 --layers 7 --layers 5 d"),
        ("train --layers 20 --seed 5 d", "train --layers 20 --seed 5 d"),
        ("train --layers 20 7 --seed 5 --layers 3", "train --layers 20 --layers 7 --seed 5 --layers 3"),
        ("train --layers=20 7 5 d", "train --layers=20 --layers 7 --layers 5 d"),
        ("train --layers=20 d 7", "train --layers=20 d 7"),
        ("train --layers", "train --layers"),
        ("train --layers d 7", "train --layers d --layers 7"),
        ("predict m 20 7", "predict m 20 7"),
    ],
)
def test_layers_are_spread(typed: str, parsed: str) -> None:
    assert spread(typed.split()) == parsed.split()


@pytest.mark.parametrize("at", range(4))
def test_layers_anywhere(at: int, here: Path, done: Callable) -> None:
    write_points(here / "data.npz")
    pieces = [["data.npz"], ["--json"], ["--iterations", "2"]]
    pieces.insert(at, ["--layers", "4", "3", "2"])
    arguments = [argument for piece in pieces for argument in piece]
    assert done("train", *arguments).document["layer_dims"] == [3, 4, 3, 2, 1]


@pytest.mark.parametrize(
    "layers", [["--layers=4", "3", "2"], ["--layers=4", "--layers=3", "--layers", "2"]]
)
def test_other_ways_to_write_layers(layers: list[str], here: Path, done: Callable) -> None:
    write_points(here / "data.npz")
    report = done("train", *layers, "data.npz", "--iterations", 2, "--json").document
    assert report["layer_dims"] == [3, 4, 3, 2, 1]
