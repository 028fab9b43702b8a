"""Training on tables: what is inferred is shown, anything can be said otherwise, the report is whole."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.cli.arguments import read_options
from pellucid.data.load_table import load_labelled_table
from pellucid.model import Model
from pellucid.optimizer import Optimizer
from pellucid.training.defaults import defaults_for
from small_data import write_points
from small_tables import write_flats, write_numbers

metrics = pytest.importorskip("sklearn.metrics")
pytest.importorskip("pyarrow")

FLATS = ("train", "flats.csv", "--target", "sold", "--drop", "code", "--epochs", 30, "--quiet")


@pytest.fixture(autouse=True)
def _data(here: Path) -> None:
    write_flats(here / "flats.csv")
    write_numbers(here / "prices.csv")


def test_what_is_inferred_is_shown_before_the_report(done: Callable) -> None:
    lines = done(*FLATS).out.splitlines()
    assert lines[0].split() == ["column", "kind", "missing", "becomes"]
    rows = {line.split()[0]: line.split() for line in lines[1:6]}
    assert rows["rooms"][1:3] == ["number", "-"]
    # Of 96 rows to train on.
    assert rows["city"][1] == "category"
    assert int(rows["city"][2]) in range(3, 9)
    assert rows["code"][1:3] == ["left", "out"]
    assert rows["sold"][1] == "target"
    assert lines[7] == "sold is one of 2 classes (no, yes), since it holds texts: classification"
    assert lines[9].split() == ["class", "train", "test"]
    shares = {line.split()[0]: line.split()[1:] for line in lines[10:12]}
    assert int(shares["no"][0]) + int(shares["yes"][0]) == 96
    assert float(shares["no"][1][:-1]) + float(shares["yes"][1][:-1]) == pytest.approx(100, abs=0.11)
    names = {line[:24].strip() for line in lines}
    assert {"test ROC AUC", "test average precision", "test calibration error", "settings"} <= names
    assert next(line for line in lines if line.startswith("test ROC AUC")).endswith("; of yes)")


def test_the_json_is_whole(here: Path, done: Callable) -> None:
    report = done(*FLATS, "--json").document
    table = report["table"]
    assert (table["target"], table["task"]) == ("sold", "classification")
    assert [column["name"] for column in table["columns"]] == ["rooms", "city", "code", "age", "sold"]
    assert [column["kind"] for column in table["columns"]] == [
        *("number", "category", "left out", "number", "target")
    ]
    assert len(table["inputs"]) == report["layer_dims"][0]
    assert sum(table["balance"]["train"].values()) == report["train_examples"] == 96
    assert sum(table["balance"]["test"].values()) == report["test_examples"] == 24
    assert report["figures"]["positive_class"] == report["classes"][1] == "yes"
    assert report["test_accuracy"] > 0.7
    saved = json.loads((here / "runs" / "train-1" / "report.json").read_text("utf-8"))
    assert saved["figures"] == report["figures"]
    assert saved["table"] == table


def test_the_figures_are_those_of_scikit_learn(here: Path, done: Callable) -> None:
    write_flats(here / "test.csv", 60, seed=3)
    report = done(*FLATS, "--test", "test.csv", "--json").document
    assert (report["train_examples"], report["test_examples"]) == (120, 60)
    model = Model.load(report["model"])
    _, test = load_labelled_table("test.csv", model.recipe, model.classes, dtype=model.dtype)
    result = model.evaluate(test)
    figures = report["figures"]
    scores = result.probabilities[:, 1]
    assert figures["roc_auc"] == pytest.approx(metrics.roc_auc_score(test.labels, scores))
    expected = metrics.average_precision_score(test.labels, scores)
    assert figures["average_precision"] == pytest.approx(expected)
    # `evaluate` has the same, from the file alone.
    again = done("evaluate", report["model"], "test.csv", "--json").document
    assert again["figures"] == figures
    assert again["accuracy"] == report["test_accuracy"]
    assert again["confusion_matrix"] == report["confusion_matrix"]
    assert again["predictions"][0]["source"] == "test.csv, line 2"
    shown = done("evaluate", report["model"], "test.csv").out
    low, high = figures["intervals"]["roc_auc"]
    assert (
        f"ROC AUC            {figures['roc_auc']:.4f}  (95 %: {low:.4f} to {high:.4f}; of yes)\n" in shown
    )


@pytest.mark.usefixtures("drawing")
def test_the_pictures_of_classes(here: Path, done: Callable) -> None:
    done(*FLATS)
    names = {path.name for path in (here / "runs" / "train-1").iterdir()}
    assert {
        "cost.png",
        "roc.png",
        "precision-recall.png",
        "calibration.png",
        "wrong.csv",
        "importance.png",
    } <= names


@pytest.mark.usefixtures("drawing")
def test_numbers_are_predicted_in_their_own_units(here: Path, done: Callable) -> None:
    arguments = ("train", "prices.csv", "--target", "price", "--epochs", 200, "--quiet")
    outcome = done(*arguments)
    assert "price is a number, since it holds 100 different numbers: regression\n" in outcome.out
    assert "class " not in outcome.out
    folder = here / "runs" / "train-1"
    report = json.loads((folder / "report.json").read_text("utf-8"))
    assert (report["classes"], report["confusion_matrix"], report["test_accuracy"]) == ([], None, None)
    assert report["table"]["task"] == "regression"
    figures = report["figures"]
    assert figures["r2"] > 0.9
    with (folder / "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    true, predicted = (np.array([float(row[key]) for row in rows]) for key in ("true", "predicted"))
    assert len(rows) == 20
    assert 500 < predicted.min() < predicted.max() < 1500
    assert figures["r2"] == pytest.approx(metrics.r2_score(true, predicted), rel=1e-4)
    off = metrics.mean_absolute_error(true, predicted)
    assert figures["mean_absolute_error"] == pytest.approx(off, rel=1e-4)
    root = metrics.root_mean_squared_error(true, predicted)
    assert figures["root_mean_squared_error"] == pytest.approx(root, rel=1e-4)
    assert {path.name for path in folder.iterdir()} == {
        *("config.toml", "cost.png", "history.csv", "model.safetensors", "predicted.png"),
        *("predictions.csv", "report.json", "importance.png", "dependence.png"),
    }
    again = done("evaluate", folder / "model.safetensors", "prices.csv", "--json").document
    assert again["examples"] == 100
    assert again["figures"]["r2"] > 0.9
    assert len(again["predictions"][0]["numbers"]) == 1
    assert done("evaluate", folder / "model.safetensors", "prices.csv").out.startswith("examples ")


def test_columns_can_be_said_to_be_otherwise(done: Callable) -> None:
    def kinds(*options: object) -> dict[str, str]:
        columns = done(*FLATS, *options, "--json").document["table"]["columns"]
        return {column["name"]: column["kind"] for column in columns}

    assert kinds("--categorical", "rooms,age")["rooms"] == "category"
    found = kinds("--drop", "age", "--drop", "city,code")
    assert [found[name] for name in ("age", "city", "code")] == ["left out"] * 3


def test_the_task_can_be_said(done: Callable) -> None:
    arguments = ("train", "flats.csv", "--target", "rooms", "--epochs", 2, "--quiet", "--json")
    assert done(*arguments).document["table"]["task"] == "classification"
    report = done(*arguments, "--task", "regression").document
    assert (report["table"]["task"], report["classes"]) == ("regression", [])


def test_the_defaults_are_those_for_tables_and_options_win(here: Path, done: Callable) -> None:
    options = ("--target", "sold", "--search", "none", "--quiet", "--json")
    report = done("train", "flats.csv", *options).document
    config = read_options(here / report["run"] / "config.toml")
    n_x = report["layer_dims"][0]
    network, training = defaults_for("table", 96, n_x, 1, "classification")
    assert tuple(report["layer_dims"]) == network["layer_dims"]
    assert config["dropout"] == network["dropout"] > 0
    for name in ("learning_rate", "epochs", "batch_size"):
        assert config[name] == training[name]
    assert config["optimizer"] == training["optimizer"]
    assert config["schedule"] == training["schedule"]
    assert (config["dtype"], config["task"]) == ("float32", "classification")
    asked = ("--learning-rate", 0.5, "--layers", 3, "--iterations", 4, "--optimizer", "gradient_descent")
    report = done("train", "flats.csv", "--target", "sold", *asked, "--quiet", "--json").document
    config = read_options(here / report["run"] / "config.toml")
    assert report["layer_dims"] == [n_x, 3, 1]
    assert (config["learning_rate"], config["iterations"], config["optimizer"]) == (
        0.5,
        4,
        Optimizer("gradient_descent"),
    )
    assert "batch_size" not in config


@pytest.mark.parametrize(
    "options",
    ["--target sold --drop code --epochs 4", "--target sold --iterations 5", "--target rooms --seed 0"],
)
def test_a_run_on_a_table_repeats_itself_to_the_bit(options: str, here: Path, done: Callable) -> None:
    done("train", "flats.csv", *options.split(), "--quiet")
    done("train", "--config", "runs/train-1/config.toml", "--quiet")
    first, second = here / "runs" / "train-1", here / "runs" / "train-2"
    # wrong.csv names the table as it was named: by its full path the second time.
    for name in ("model.safetensors", "config.toml", "history.csv"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_a_file_of_options(here: Path, done: Callable, refused: Callable) -> None:
    text = 'data = "flats.csv"\ntarget = "sold"\ndrop = ["code", "age"]\nepochs = 2\nlayers = [4]\n'
    (here / "run.toml").write_text(text, "utf-8")
    report = done("train", "--config", "run.toml", "--quiet", "--json").document
    assert report["layer_dims"][1:] == [4, 1]
    left_out = [c["name"] for c in report["table"]["columns"] if c["kind"] == "left out"]
    assert left_out == ["code", "age"]
    (here / "run.toml").write_text("drop = [3]", "utf-8")
    assert refused("train", "--config", "run.toml") == "run.toml: drop is [3]; expected a list of names"


def test_rows_without_a_target_are_left_out_and_told(here: Path, done: Callable) -> None:
    lines = (here / "flats.csv").read_text("utf-8").splitlines()
    lines[3] = lines[3].rpartition(",")[0] + ","
    (here / "flats.csv").write_text("\n".join(lines) + "\n", "utf-8")
    outcome = done(*FLATS)
    assert outcome.err.count("\n") == 1
    assert outcome.err.startswith("pellucid: 1 row ")
    assert "flats.csv, line 4" in outcome.err
    report = json.loads((here / "runs" / "train-1" / "report.json").read_text("utf-8"))
    assert report["train_examples"] + report["test_examples"] == 119
    assert len(report["skipped"]) == 1


def test_one_class_in_the_test_table(here: Path, done: Callable) -> None:
    lines = (here / "flats.csv").read_text("utf-8").splitlines()
    only = [lines[0], *(line for line in lines[1:] if line.endswith("yes"))]
    (here / "yes.csv").write_text("\n".join(only) + "\n", "utf-8")
    outcome = done(*FLATS, "--test", "yes.csv", "--json")
    figures = outcome.document["figures"]
    assert (figures["roc_auc"], figures["average_precision"]) == (None, None)
    assert outcome.err == (
        "pellucid: ROC AUC and average precision are not defined: "
        f"none of the {len(only) - 1} examples is of the class no\n"
    )


@pytest.mark.parametrize("kind", ["tsv", "parquet"])
def test_other_formats(kind: str, here: Path, done: Callable) -> None:
    from pyarrow import csv as arrow_csv
    from pyarrow import parquet

    table = arrow_csv.read_csv(here / "flats.csv")
    if kind == "parquet":
        parquet.write_table(table, here / "flats.parquet")
    else:
        arrow_csv.write_csv(table, here / "flats.tsv", arrow_csv.WriteOptions(delimiter="\t"))
    report = done("train", f"flats.{kind}", "--target", "sold", "--epochs", 2, "--quiet", "--json").document
    assert report["classes"] == ["no", "yes"]


def test_the_census(data_root: Path, here: Path, done: Callable) -> None:
    folder = data_root / "tables"
    if not folder.is_dir():
        pytest.skip(f"the census tables are missing: {folder}")
    arguments: tuple[Any, ...] = ("train", folder / "adult-train.csv", "--target", "income")
    options = ("--test", folder / "adult-test.csv", "--epochs", 2, "--layers", 16, "--quiet", "--json")
    report = done(*arguments, *options).document
    assert (report["train_examples"], report["test_examples"]) == (32561, 16281)
    assert report["classes"] == ["<=50K", ">50K"]
    missing = {c["name"]: c["missing"] for c in report["table"]["columns"] if c["missing"]}
    assert missing == {"workclass": 1836, "occupation": 1843, "native_country": 583}
    assert report["figures"]["roc_auc"] > 0.85
    assert report["table"]["balance"]["test"] == {"<=50K": 12435, ">50K": 3846}


def test_options_of_tables_need_a_table(here: Path, refused: Callable) -> None:
    write_points(here / "data.npz")
    assert refused("train", "data.npz", "--drop", "a") == (
        "--drop is about the columns of a table; expected --target and a table, and data.npz came without "
        "--target"
    )
    assert refused("train", "flats.csv", "--target", "sold", "--scaling", "unit").startswith(
        "--scaling is unit and the data are a table, whose columns are scaled one by one; "
    )
    line = "data.npz is not a table; expected Parquet, or UTF-8 text"
    assert refused("train", "data.npz", "--target", "sold").startswith(line)


def test_names_that_are_no_line_of_text_stay_on_one(here: Path, done: Callable) -> None:
    content = "a\u2028b,c\n" + "".join(
        f"{i},{('yes', 'n' + chr(0x2028) + 'o')[i % 2]}\n" for i in range(20)
    )
    (here / "odd.csv").write_text(content, "utf-8")
    out = done("train", "odd.csv", "--target", "c", "--epochs", 2, "--quiet").out
    assert r"'a\u2028b'" in out
    assert r"'n\u2028o'" in out
    # The line that says what was decided is not ours.
    rest = [line for line in out.split("\n") if not line.startswith("c is one of")]
    assert "\u2028" not in "\n".join(rest)


def test_a_long_description_is_cut(here: Path, done: Callable) -> None:
    cities = [f"a city with a rather long name {i}" for i in range(10)]
    content = "city,sold\n" + "".join(f"{cities[i % 10]},{i % 2}\n" for i in range(60))
    (here / "long.csv").write_text(content, "utf-8")
    outcome = done("train", "long.csv", "--target", "sold", "--epochs", 2, "--quiet")
    assert max(map(len, outcome.out.splitlines())) < 130
    report = json.loads((here / "runs" / "train-1" / "report.json").read_text("utf-8"))
    assert len(report["table"]["columns"][0]["becomes"]) > 130
