"""The report on a table: what `train` and `evaluate` say of it, in text, in JSON and in the run folder."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.cli.arguments import read_options
from pellucid.errors import LabelError
from pellucid.model import Model
from pellucid.report import cross_validation
from small_data import write_points
from small_tables import write_flats, write_numbers

pytest.importorskip("pyarrow")

FLATS = ("train", "flats.csv", "--target", "sold", "--drop", "code", "--epochs", 30, "--quiet")
PRICES = ("train", "prices.csv", "--target", "price", "--epochs", 40, "--quiet")


@pytest.fixture(autouse=True)
def _data(here: Path) -> None:
    write_flats(here / "flats.csv")
    write_numbers(here / "prices.csv")


def test_all_parts_of_the_text(done: Callable) -> None:
    text = done(*FLATS, "--cv", 3).out
    lines = text.splitlines()
    _, _, report = text.partition("true \\ predicted")
    # Of a wide confusion matrix, a long class or a long name of a column there may be more.
    assert max(map(len, report.splitlines())) <= 80
    heads = [line.split("  ")[0] for line in lines]
    for head in ("compared with", "positive from", "largest loss", "column, shuffled", "cross-validation"):
        assert any(line.strip() == head for line in heads), head
    assert [line for line in heads if line in ("this network", "logistic regression", "always yes")] == [
        *("this network", "logistic regression", "always yes")
    ]
    [verdict] = [line for line in lines if line.startswith("ROC AUC: ")]
    assert "logistic regression" in verdict
    assert sum("best F1" in line for line in lines) == 1
    assert heads.count("mean of 3 folds") == heads.count("deviation between them") == 1
    [accuracy] = [line for line in lines if line.startswith("test accuracy")]
    assert "(95 %: 0." in accuracy
    assert "(of flats.csv)" in lines


def test_the_document_has_everything(here: Path, done: Callable) -> None:
    report = done(*FLATS, "--cv", 3, "--json").document
    saved = json.loads((here / report["run"] / "report.json").read_text("utf-8"))
    quality = report["quality"]
    assert saved["quality"] == quality
    assert saved["cross_validation"] == report["cross_validation"]
    assert quality["metric"] == "roc_auc"
    assert quality["scores"]["accuracy"] == report["test_accuracy"]
    assert quality["scores"]["roc_auc"] == report["figures"]["roc_auc"]
    assert set(report["figures"]["intervals"]) == set(quality["scores"])
    constant, linear = quality["baselines"]
    assert (constant["name"], linear["name"]) == ("always yes", "logistic regression")
    assert list(linear["scores"]) == ["roc_auc", "accuracy", "log_loss"]
    assert linear["interval"][0] <= linear["model_better_by"] <= linear["interval"][1]
    assert len(quality["thresholds"]) == 11
    assert quality["best_threshold"]["f1"] >= max(row["f1"] for row in quality["thresholds"])
    assert len(quality["worst"]) == 10
    assert quality["importance"]["rows"] == 24
    columns = [one["column"] for one in quality["importance"]["columns"]]
    assert set(columns) == {"rooms", "city", "age"}
    dependent = [one["column"] for one in quality["dependence"]]
    assert dependent == columns[: len(dependent)]
    crossed = report["cross_validation"]
    assert (crossed["folds"], crossed["asked"]) == (3, 3)
    assert list(crossed["scores"]) == ["roc_auc", "accuracy", "log_loss"]
    each = crossed["scores"]["accuracy"]
    assert each["mean"] == pytest.approx(np.mean(each["of_each"]))
    assert each["deviation"] == pytest.approx(np.std(each["of_each"], ddof=1))


def test_the_worst_rows_are_found_in_the_file(here: Path, done: Callable) -> None:
    report = done(*FLATS, "--json").document
    lines = (here / "flats.csv").read_text("utf-8").splitlines()
    model = Model.load(here / report["model"])
    worst = report["quality"]["worst"]
    losses = [row["loss"] for row in worst]
    assert losses == sorted(losses, reverse=True)
    for row in worst:
        line = lines[int(row["place"].removeprefix("flats.csv, line ")) - 1]
        rooms, city, _, age, sold = line.split(",")
        assert row["true"] == sold
        values = {"rooms": [float(rooms)], "city": [city], "age": [float(age) if age else np.nan]}
        [probabilities] = model.predict_proba(values)
        true = model.classes.index(sold)
        assert row["probability_of_true"] == pytest.approx(probabilities[true], rel=1e-4)
        assert row["loss"] == pytest.approx(-np.log(probabilities[true]), rel=1e-4)


def test_evaluate_says_the_same_of_the_same_rows(here: Path, done: Callable) -> None:
    write_flats(here / "test.csv", 60, seed=3)
    report = done(*FLATS, "--test", "test.csv", "--json").document
    again = done("evaluate", report["model"], "test.csv", "--json").document
    for part in ("scores", "thresholds", "best_threshold", "worst", "importance", "dependence"):
        assert again["quality"][part] == report["quality"][part], part
    assert [one["name"] for one in again["quality"]["baselines"]] == ["always yes"]
    text = done("evaluate", report["model"], "test.csv", "--metric", "f1").out
    assert "F1 falls by" in text
    assert "compared with" in text


def test_the_metric_decides(here: Path, done: Callable) -> None:
    report = done(*FLATS, "--metric", "log_loss", "--cv", 2, "--json").document
    assert report["quality"]["importance"]["score"] == "log_loss"
    assert next(iter(report["cross_validation"]["scores"])) == "log_loss"
    config = read_options(here / report["run"] / "config.toml")
    assert (config["metric"], config["cv"]) == ("log_loss", 2)
    again = done("train", "--config", here / report["run"] / "config.toml", "--quiet", "--json").document
    assert again["cross_validation"] == report["cross_validation"]
    text = done(*PRICES, "--metric", "rmse").out
    assert "root mean square error rises by" in text
    assert "cross_validation" not in text


def test_numbers(done: Callable) -> None:
    outcome = done(*PRICES, "--cv", 4)
    assert "positive from" not in outcome.out
    assert "ridge regression" in outcome.out
    assert "mean of 4 folds" in outcome.out
    quality = done(*PRICES, "--json").document["quality"]
    assert quality["thresholds"] is None
    assert quality["worst"][0]["loss"] == pytest.approx(
        abs(quality["worst"][0]["true"] - quality["worst"][0]["predicted"])
    )
    assert quality["importance"]["columns"][0]["column"] == "x"


def test_one_class_and_one_row_to_test_on(here: Path, done: Callable) -> None:
    lines = (here / "flats.csv").read_text("utf-8").splitlines()
    only = [line for line in lines[1:] if line.endswith("yes")]
    for rows in (only, only[:1]):
        (here / "yes.csv").write_text("\n".join([lines[0], *rows]) + "\n", "utf-8")
        quality = done(*FLATS, "--test", "yes.csv", "--json").document["quality"]
        assert (quality["scores"]["roc_auc"], quality["importance"]) == (None, None)
        assert quality["dependence"] == []
        assert done(*FLATS, "--test", "yes.csv").out


@pytest.mark.usefixtures("drawing")
def test_the_pictures_are_named(here: Path, done: Callable) -> None:
    report = done(*FLATS, "--json").document
    there = sorted(path.name for path in (here / report["run"]).glob("*.png"))
    assert report["pictures"] == there
    assert {"importance.png", "dependence.png"} <= set(there)
    saved = json.loads((here / report["run"] / "report.json").read_text("utf-8"))
    assert saved["pictures"] == there
    assert f"pictures          {', '.join(there)}\n" in done(*FLATS).out
    report = done(*FLATS, "--no-plots", "--json").document
    assert report["pictures"] == []
    assert report["quality"]["dependence"]


def test_what_is_refused(here: Path, refused: Callable) -> None:
    write_points(here / "data.npz")
    assert refused(*FLATS, "--metric", "r2") == (
        "unknown metric 'r2' for a classification; expected one of accuracy, balanced_accuracy, f1, "
        "roc_auc, average_precision, log_loss"
    )
    assert refused(*PRICES, "--metric", "accuracy") == (
        "unknown metric 'accuracy' for a regression; expected one of r2, mae, rmse"
    )
    assert refused(*FLATS, "--cv", 1) == "--cv is 1; expected an integer from 2 to 1000"
    assert refused(*FLATS, "--cv", "many") == "--cv is 'many'; expected an integer from 2 to 1000"
    assert refused(*PRICES, "--cv", 200) == (
        "cv is 200 and the table has 100 rows; expected at most as many folds"
    )
    for option, value in (("--cv", 3), ("--metric", "accuracy")):
        assert refused("train", "data.npz", option, value) == (
            f"{option} is about the report of a table; expected --target and a table, and data.npz came "
            "without --target"
        )


def test_a_metric_needs_a_table(here: Path, number_model: Path, refused: Callable) -> None:
    write_points(here / "data.npz")
    line = "--metric is about the report of a table, and data.npz is none"
    assert refused("evaluate", number_model, "data.npz", "--part", "train", "--metric", "f1") == line


@pytest.mark.parametrize(
    ("error", "why"),
    [(KeyboardInterrupt, "interrupted"), (LabelError, "too few rows")],
)
def test_a_fold_that_fails_costs_no_model(
    error: type[BaseException], why: str, here: Path, done: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit_model, calls = cross_validation.fit_model, []

    def failing(*arguments: Any, **settings: Any) -> Any:
        calls.append(settings)
        if len(calls) % 3 == 2:
            raise error("too few rows")
        return fit_model(*arguments, **settings)

    monkeypatch.setattr(cross_validation, "fit_model", failing)
    outcome = done(*FLATS, "--cv", 3)
    assert outcome.err == f"pellucid: the cross-validation ended after 1 of 3 folds: {why}\n"
    assert "mean of 1 of 3 folds" in outcome.out
    assert (here / "runs" / "train-1" / "model.safetensors").exists()


def test_cross_validation_takes_all_rows_of_the_file_but_not_the_test_file(
    here: Path, done: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = []
    cross_validate = cross_validation.cross_validate

    def watched(table: Any, *arguments: Any, **how: Any) -> Any:
        rows.append(table.m)
        return cross_validate(table, *arguments, **how)

    monkeypatch.setattr("pellucid.cli.judging.cross_validate", watched)
    write_flats(here / "test.csv", 60, seed=3)
    done(*FLATS, "--cv", 2)
    done(*FLATS, "--cv", 2, "--test", "test.csv")
    assert rows == [120, 120]
