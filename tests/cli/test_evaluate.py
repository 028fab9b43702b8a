"""How good a model is on labelled data, and that prediction says the same of each example."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pellucid.data.load import load_labelled
from pellucid.metrics import class_figures
from pellucid.model import Model
from pellucid.report.intervals import interval_of
from pellucid.report.scores import CLASS_SCORES
from small_data import photograph, photographs, points, truncate, write_points
from table_files import write_npz


def test_the_report(here: Path, done: Callable, number_model: Path) -> None:
    write_points(here / "data.npz", m=30, seed=5)
    outcome = done("evaluate", number_model, "data.npz")
    model = Model.load(number_model)
    result = model.evaluate(load_labelled("data.npz", model.recipe, model.classes))
    lines = outcome.out.splitlines()
    figures = class_figures(result.labels, result.probabilities, model.classes)
    assert figures.calibration is not None

    def limits(name: str) -> str:
        low, high = interval_of(CLASS_SCORES[name], result) or (0, 0)
        return f"95 %: {low:.4f} to {high:.4f}"

    assert [line.split("  ")[0] for line in lines[:5]] == [
        *("accuracy", "cost", "ROC AUC", "average precision", "calibration error")
    ]
    assert lines[1][19:] == f"{result.cost:.6f}"
    assert (
        lines[0][19:]
        == f"{result.accuracy:.4f}  ({limits('accuracy')}; 30 examples, {len(result.wrong)} wrong)"
    )
    assert lines[2][19:] == f"{figures.roc_auc:.4f}  ({limits('roc_auc')}; of 1)"
    assert lines[3][19:] == f"{figures.average_precision:.4f}  ({limits('average_precision')}; of 1)"
    assert lines[4][19:25] == f"{figures.calibration.error:.4f}"
    assert lines[6] == "true \\ predicted   0   1"
    assert [line.split() for line in lines[7:]] == [
        ["0", *map(str, result.confusion[0])],
        ["1", *map(str, result.confusion[1])],
    ]
    assert outcome.err == (
        "pellucid: data.npz has no test part: these 30 examples may include those the model was "
        "trained on\n"
    )
    assert done("evaluate", number_model, "data.npz", "--part", "train").err == ""


def test_a_test_part_needs_no_note(here: Path, done: Callable, number_model: Path) -> None:
    data = points(9)
    tested = {"X_test": data["X"][:3], "y_test": data["y"][:3]}
    write_npz(here / "test.npz", **tested)
    write_npz(here / "both.npz", **tested, X_train=data["X"], y_train=data["y"])
    for name in ("test.npz", "both.npz"):
        outcome = done("evaluate", number_model, name, "--json")
        assert (outcome.document["examples"], outcome.err) == (3, "")


def test_the_json(here: Path, done: Callable, number_model: Path) -> None:
    data = write_points(here / "data.h5", m=30, seed=5)
    document = done("evaluate", number_model, data.name, "--json").document
    assert (document["model"], document["data"]) == (str(number_model), "data.h5")
    assert (document["examples"], document["classes"], document["skipped"]) == (30, ["0", "1"], [])
    right = [row["true"] == row["label"] for row in document["predictions"]]
    assert document["accuracy"] == np.mean(right)
    confusion = np.array(document["confusion_matrix"])
    assert (confusion.sum(), confusion.trace()) == (30, sum(right))
    assert [row["source"] for row in document["predictions"]] == [f"data.h5, X row {i}" for i in range(30)]


def test_training_and_evaluation_agree(here: Path, done: Callable) -> None:
    write_points(here / "train.npz")
    write_points(here / "test.npz", seed=3)
    arguments = ("train.npz", "--test", "test.npz", "--iterations", 30, "--learning-rate", 0.3, "--json")
    report = done("train", *arguments).document
    on_test = done("evaluate", report["model"], "test.npz", "--json").document
    on_train = done("evaluate", report["model"], "train.npz", "--json").document
    assert on_test["accuracy"] == report["test_accuracy"]
    assert on_test["cost"] == report["test_cost"]
    assert on_test["confusion_matrix"] == report["confusion_matrix"]
    assert on_train["accuracy"] == report["train_accuracy"]


@pytest.mark.parametrize(("part", "examples"), [("test", 2), ("train", 4)])
def test_the_parts_of_a_folder(
    part: str, examples: int, here: Path, done: Callable, picture_model: Path
) -> None:
    photographs(here / "pets" / "train", 2)
    photographs(here / "pets" / "test", 1, first=8)
    document = done("evaluate", picture_model, "pets", "--part", part, "--json").document
    assert document["examples"] == examples
    assert all(row["source"].startswith(f"pets/{part}/") for row in document["predictions"])


def test_the_test_part_is_the_default_and_without_parts_all_is_evaluated(
    here: Path, done: Callable, picture_model: Path
) -> None:
    photographs(here / "pets" / "train", 2)
    photographs(here / "pets" / "test", 1)
    assert done("evaluate", picture_model, "pets", "--json").document["examples"] == 2
    assert done("evaluate", picture_model, "pets/train", "--json").document["examples"] == 4


def test_one_class_is_enough_to_evaluate_on(here: Path, done: Callable, picture_model: Path) -> None:
    photographs(here / "dogs", 3, kinds=("dog",))
    document = done("evaluate", picture_model, "dogs", "--json").document
    assert document["confusion_matrix"][0] == [0, 0]
    assert document["accuracy"] == 1.0


def test_what_is_not_defined_is_null_and_a_line_says_why(
    here: Path, done: Callable, picture_model: Path
) -> None:
    photographs(here / "dogs" / "test", 3, kinds=("dog",))
    outcome = done("evaluate", picture_model, "dogs", "--json")
    line = "ROC AUC and average precision are not defined: none of the 3 examples is of the class cat"
    assert outcome.err == f"pellucid: {line}\n"
    figures = outcome.document["figures"]
    assert (figures["roc_auc"], figures["average_precision"], figures["notes"]) == (None, None, [line])
    assert figures["calibration_error"] is not None
    assert "ROC AUC" not in done("evaluate", picture_model, "dogs").out


def test_the_figures_in_the_json(here: Path, done: Callable, number_model: Path) -> None:
    write_points(here / "data.npz", m=50, seed=5)
    figures = done("evaluate", number_model, "data.npz", "--json").document["figures"]
    assert figures["positive_class"] == "1"
    assert 0.5 < figures["roc_auc"] <= 1
    assert sum(row["examples"] for row in figures["calibration"]) == 50
    assert all(row["from"] <= row["predicted"] <= row["to"] for row in figures["calibration"])


def test_unreadable_pictures(here: Path, done: Callable, run: Callable, picture_model: Path) -> None:
    truncate(photographs(here / "pets", 2) / "dog.1.jpg")
    outcome = done("evaluate", picture_model, "pets", "--json")
    named, counted, _ = outcome.err.splitlines()
    assert named.startswith("pellucid: pets/dog.1.jpg is a truncated or damaged picture")
    assert counted == "pellucid: 1 skipped; with --strict an unreadable picture stops the run"
    assert outcome.document["examples"] == 3
    assert outcome.document["skipped"] == [named.removeprefix("pellucid: ")]
    strict = run("evaluate", picture_model, "pets", "--strict")
    assert (strict.status, strict.out, strict.err) == (2, "", f"{named}\n")


def test_prediction_agrees_with_evaluation(here: Path, done: Callable, picture_model: Path) -> None:
    photographs(here / "pets", 4, first=50)
    photograph(here / "pets" / "cat.99.jpg", "dog", 99)
    evaluated = done("evaluate", picture_model, "pets", "--json").document["predictions"]
    # One by one and together.
    together = done("predict", picture_model, "pets", "--json").document["predictions"]
    keys = ("source", "label", "probability")
    assert sorted([row[key] for key in keys] for row in together) == sorted(
        [row[key] for key in keys] for row in evaluated
    )
    for row in evaluated:
        (alone,) = done("predict", picture_model, row["source"], "--json").document["predictions"]
        assert [alone[key] for key in keys[:2]] == [row[key] for key in keys[:2]]
        # One picture and five take different paths through the BLAS.
        assert alone["probability"] == pytest.approx(row["probability"], rel=1e-12)
