"""`--layers auto`: shapes are tried and shown, the best is trained, and the run repeats without search."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pellucid import modelling
from pellucid.cli.arguments import read_options
from pellucid.data.load import load_data
from small_data import write_points
from small_tables import write_numbers

AUTO = ("--layers", "auto", "--epochs", 4, "--batch-size", 20, "--optimizer", "adam", "--quiet")


@pytest.fixture(autouse=True)
def _data(here: Path) -> None:
    write_points(here / "data.npz", m=200)


def test_the_best_of_some_shapes_is_trained(here: Path, done: Callable) -> None:
    outcome = done("train", "data.npz", *AUTO)
    lines = outcome.out.splitlines()
    assert lines[0].split() == ["parameters", "epochs", "validation", "cost", "seconds", "settings"]
    report = done("train", "data.npz", *AUTO, "--json").document
    tried = report["search"]
    assert report["layer_dims"][1:-1] in [row["layers"] for row in tried]
    assert {"layers", "settings", "parameters", "epochs", "validation_cost", "seconds"} == set(tried[0])
    assert len(tried) == lines.index("") - 1 > 2
    config = read_options(here / "runs" / "train-1" / "config.toml")
    assert list(config["layers"]) == report["layer_dims"][1:-1]


def test_it_repeats_itself_without_a_search(here: Path, done: Callable) -> None:
    done("train", "data.npz", *AUTO)
    report = done("train", "--config", "runs/train-1/config.toml", "--quiet", "--json").document
    assert report["search"] is None
    models = [here / "runs" / run / "model.safetensors" for run in ("train-1", "train-2")]
    assert models[0].read_bytes() == models[1].read_bytes()


def test_the_search_has_the_settings_of_the_run(done: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    search = modelling.auto_layers

    def watched(network_for: Any, data: Any, options: Any, **more: Any) -> Any:
        seen.append((network_for((32, 16)), data, options, more["seed"]))
        return search(network_for, data, options, **more)

    monkeypatch.setattr(modelling, "auto_layers", watched)
    done("train", "data.npz", *AUTO, "--hidden-activation", "tanh", "--dropout", 0.2, "--seed", 3)
    [(network, data, options, seed)] = seen
    assert network.layer_dims == (3, 32, 16, 1)
    assert (network.hidden_activation, network.dropout) == ("tanh", 0.2)
    # Of the training part alone: the test part is looked at once, at the end.
    assert data.X.shape == load_data("data.npz", seed=3)[0].X.shape
    assert (options.epochs, options.batch_size, options.optimizer.name, seed) == (4, 20, "adam", 3)


def test_an_interrupted_search_trains_the_best_so_far(
    done: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = modelling.auto_layers
    monkeypatch.setattr(
        modelling, "auto_layers", lambda *a, **k: replace(search(*a, **k), hidden=(16,), interrupted=True)
    )
    outcome = done("train", "data.npz", *AUTO, "--json")
    assert outcome.err == (
        "pellucid: the comparison of settings was interrupted; training with the best so far\n"
    )
    assert outcome.document["layer_dims"] == [3, 16, 1]


def test_tables(here: Path, done: Callable) -> None:
    pytest.importorskip("pyarrow")
    write_numbers(here / "prices.csv")
    options = ("--target", "price", "--layers", "auto", "--epochs", 3, "--quiet", "--json")
    report = done("train", "prices.csv", *options).document
    # Prices about 1000 are learnt as numbers about 0.
    assert all(row["validation_cost"] < 10 for row in report["search"])
    assert report["figures"]["r2"] is not None


def test_in_a_file(here: Path, done: Callable, refused: Callable) -> None:
    (here / "run.toml").write_text('data = "data.npz"\nlayers = "auto"\nepochs = 2\n', "utf-8")
    assert done("train", "--config", "run.toml", "--quiet", "--json").document["search"]
    (here / "run.toml").write_text('data = "data.npz"\nlayers = "many"\n', "utf-8")
    assert refused("train", "--config", "run.toml") == (
        "run.toml: layers is 'many'; expected at least 1 unit for each hidden layer, or auto alone"
    )


def test_what_is_refused(refused: Callable) -> None:
    expected = "expected at least 1 unit for each hidden layer, or auto alone"
    assert refused("train", "data.npz", "--layers", 4.5) == f"--layers is '4.5'; {expected}"
    line = refused("train", "data.npz", "--layers", "auto", "--layers", 5)
    assert line == f"--layers is ('auto', 5); {expected}"
    assert "epochs is 0" in refused("train", "data.npz", "--layers", "auto", "--epochs", 0)
