"""The promise of the command line on real photographs: 400 to train on, 100 to evaluate, any to predict."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def cats_dogs(data_root: Path) -> Path:
    folder = data_root / "cats_dogs"
    if not folder.is_dir():
        pytest.skip(f"there are no photographs: {folder} does not exist")
    return folder


def test_train_evaluate_and_predict_agree(cats_dogs: Path, done: Callable) -> None:
    options = ("--image-size", 16, "--layers", 5, "--iterations", 40, "--learning-rate", 0.05)
    report = done("train", cats_dogs, *options, "--json").document
    assert report["classes"] == ["cat", "dog"]
    assert (report["train_examples"], report["test_examples"]) == (400, 100)
    assert report["cost_at"][-1][1] < report["cost_at"][0][1]
    model = report["model"]

    evaluation = done("evaluate", model, cats_dogs / "test", "--json").document
    assert evaluation["examples"] == 100
    assert evaluation["accuracy"] == report["test_accuracy"]
    assert evaluation["confusion_matrix"] == report["confusion_matrix"]

    said = {row["source"]: row for row in evaluation["predictions"]}
    for source in sorted(said)[::9]:
        (row,) = done("predict", model, source, "--json").document["predictions"]
        assert row["label"] == said[source]["label"]
        # Alone or among others, a column is multiplied in another order: the last bit may differ.
        assert row["probability"] == pytest.approx(said[source]["probability"], rel=1e-14)

    photo = sorted(said)[0]
    run = subprocess.run(
        [sys.executable, "-m", "pellucid", "predict", model, photo],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == [said[photo]["label"], f"{said[photo]['probability']:.4f}", photo]
    assert run.stderr == ""
