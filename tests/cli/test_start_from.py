"""pellucid train --start-from MODEL: its weights, its layers and its preprocessing, on other examples."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.cli.arguments import read_options
from pellucid.model import Model
from small_data import photographs

QUIET = ("--quiet", "--no-plots", "--search", "none")
RNG = np.random.RandomState(0)


def rows(path: Path, m: int, *, shift: float = 0.0, kind: str = "class", city: str = "uvw") -> None:
    """A table whose columns lie elsewhere with `shift`."""
    values = RNG.randn(m, 3) + shift
    towns = [city[i] for i in RNG.randint(len(city), size=m)]
    if kind == "class":
        targets: Any = np.where(values[:, 0] > values[:, 1], "yes", "no")
    else:
        targets = [f"{v:.5f}" for v in 100 + 7 * values[:, 0] * values[:, 1]]
    lines = [
        ",".join([*(f"{v:.4f}" for v in row), town, target])
        for row, town, target in zip(values, towns, targets, strict=True)
    ]
    path.write_text("\n".join(["a,b,c,city,target", *lines]) + "\n")


def first_and_again(run: Callable, data: str, other: str, *more: Any) -> tuple[Model, Model]:
    """A model, and the model that its training on other data begins with."""
    assert run("train", data, *more, "--epochs", 6, *QUIET, "--out", "first").status == 0
    start = ("--start-from", "first/model.safetensors")
    outcome = run("train", other, *start, "--epochs", 0, *QUIET, "--out", "again")
    assert outcome.status == 0, outcome.err
    return Model.load("first/model.safetensors"), Model.load("again/model.safetensors")


@pytest.mark.parametrize("kind", ["class", "number"])
def test_a_table(kind: str, here: Path, run: Callable) -> None:
    pytest.importorskip("pyarrow")
    rows(here / "a.csv", 300, kind=kind)
    rows(here / "b.csv", 200, shift=0.5, kind=kind, city="uvx")
    first, again = first_and_again(run, "a.csv", "b.csv", "--target", "target")
    assert again.recipe == first.recipe
    assert (again.classes, again.network.layer_dims) == (first.classes, first.network.layer_dims)
    for name, value in first.parameters.items():
        # Into the scale of other targets and back is a rounding.
        np.testing.assert_allclose(again.parameters[name], value, rtol=2e-5, atol=2e-5)
    # From there it goes on, and improves.
    outcome = run(
        *("train", "b.csv", "--start-from", "first/model.safetensors", "--epochs", 10, *QUIET, "--json"),
    )
    assert outcome.status == 0
    costs = [cost for _, cost in outcome.document["cost_at"]]
    assert costs[-1] < costs[0]
    config = read_options(Path(outcome.document["run"]) / "config.toml")
    assert config["start_from"] == str(here / "first" / "model.safetensors")
    repeated = run("train", "--config", f"{outcome.document['run']}/config.toml", *QUIET, "--out", "same")
    assert repeated.status == 0, repeated.err
    one, other = (Model.load(f"{folder}/model.safetensors") for folder in (outcome.document["run"], "same"))
    assert one.history == other.history


def test_arrays_and_pictures(here: Path, run: Callable) -> None:
    X = RNG.randn(300, 5)
    y = (X[:, 0] > 0).astype(int)
    np.savez(here / "a.npz", X=X, y=y)
    np.savez(here / "b.npz", X=2 * X + 1, y=1 - y)
    first, again = first_and_again(run, "a.npz", "b.npz")
    assert again.recipe == first.recipe
    np.testing.assert_array_equal(again.parameters["W1"], first.parameters["W1"])
    for folder in ("first", "again"):
        import shutil

        shutil.rmtree(here / folder)
    photographs(here / "pets")
    first, again = first_and_again(run, "pets", "pets", "--image-size", 20)
    assert again.recipe.shape == first.recipe.shape == (20, 20, 3)  # type: ignore[union-attr]
    np.testing.assert_array_equal(again.parameters["W1"], first.parameters["W1"])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--layers", 3], "the model to start from has the layer_dims "),
        (["--hidden-activation", "tanh"], "the model to start from has the hidden_activation "),
        (["--members", 2], "members is 2, and the training starts from a model; expected no members"),
        (
            ["--search", "quick"],
            "search is quick, and the training starts from a model; expected no",
        ),
        (["--target", "a"], "--target is 'a', and the model to start from predicts 'target'"),
        (["--drop", "a"], "--drop is given, and so is --start-from: the preprocessing is the model's"),
    ],
)
def test_what_does_not_fit_the_model(more: list[Any], said: str, here: Path, run: Callable) -> None:
    pytest.importorskip("pyarrow")
    rows(here / "a.csv", 100)
    first = ("--target", "target", "--epochs", 1, "--layers", 4, "--members", 1)
    assert run("train", "a.csv", *first, *QUIET, "--out", "first").status == 0
    start = ("--start-from", "first/model.safetensors", "--quiet", "--no-plots")
    outcome = run("train", "a.csv", *start, *more)
    assert outcome.status == 2
    assert said in outcome.err
    assert not (here / "runs").exists()


def test_beside_a_configuration_and_a_run(here: Path, run: Callable) -> None:
    pytest.importorskip("pyarrow")
    rows(here / "a.csv", 100)
    first = ("--target", "target", "--epochs", 4, "--checkpoint-every", "1 epoch", *QUIET)
    assert run("train", "a.csv", *first, "--members", 1, "--out", "first").status == 0
    start = ("--start-from", "first/model.safetensors")
    # What the file states of the task is what the model does.
    config = ("--config", "first/config.toml")
    assert run("train", *config, *start, *QUIET, "--out", "again").status == 0
    outcome = run("train", "--resume", "first", *start, *QUIET)
    assert (outcome.status, outcome.err) == (
        2,
        "pellucid: --resume and --start-from are both given; expected --resume, which goes on with the "
        "run, or --start-from, which begins another one\n",
    )


def test_other_classes_and_columns(here: Path, run: Callable) -> None:
    pytest.importorskip("pyarrow")
    rows(here / "a.csv", 100)
    text = (here / "a.csv").read_text()
    (here / "classes.csv").write_text(text.replace("yes", "maybe"))
    (here / "columns.csv").write_text(text.replace("city", "town"))
    assert run("train", "a.csv", "--target", "target", "--epochs", 1, *QUIET, "--out", "first").status == 0
    for name, said in {"classes.csv": "maybe", "columns.csv": "city", "nowhere.csv": "nowhere.csv"}.items():
        outcome = run("train", name, "--start-from", "first/model.safetensors", *QUIET)
        assert outcome.status == 2
        assert said in outcome.err
        assert len(outcome.err.splitlines()) == 1
