"""The course's two cat classifiers, from the command line to the published digits."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("four-layer cat classifier", ["--layers", "20", "7", "5", "--init", "xavier"]),
        ("two-layer cat classifier", ["--layers", "7", "--init", "small"]),
    ],
)
def test_the_published_series(
    name: str, options: list[str], reference: dict[str, Any], data_root: Path, tmp_path: Path
) -> None:
    run = next(run for run in reference["training_runs"] if run["name"] == name)
    folder = data_root.resolve() / "catvnoncat"
    command = [
        *(sys.executable, "-m", "pellucid", "train", str(folder / "train_catvnoncat.h5")),
        *("--test", str(folder / "test_catvnoncat.h5"), *options, "--learning-rate", "0.0075"),
        *("--iterations", "2500", "--seed", "1", "--json"),
    ]
    # Beside other tests, more threads of linear algebra only wait for each other.
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=True, env=environment
    )
    report = json.loads(done.stdout)
    assert [iteration for iteration, _ in report["cost_at"]] == [i for i, _ in run["cost_at"]]
    for (iteration, cost), (_, published) in zip(report["cost_at"], run["cost_at"], strict=True):
        assert cost == pytest.approx(published, rel=1e-6), f"iteration {iteration}"
    assert report["train_accuracy"] == pytest.approx(run["train_accuracy"])
    assert report["test_accuracy"] == pytest.approx(run["test_accuracy"])
    assert (tmp_path / report["model"]).is_file()
    assert (tmp_path / "runs" / "train-1" / "wrong.png").is_file()
