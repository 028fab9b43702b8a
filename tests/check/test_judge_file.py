"""A file judged in the sandbox: the same verdict as without its walls, whatever else the file does."""

import json
from pathlib import Path

import pytest

from check.judging import RIGHT, examined, replaced, with_function
from pellucid.check.judge_file import check_file
from pellucid.check.solution import SolutionError


def test_the_walls_change_nothing(tmp_path: Path) -> None:
    text = replaced("axis=1, keepdims=True) / m\n", "axis=1) / m\n    assert db.shape == b.shape\n")
    text = text.replace("1 - AL)) / m", "1 - AL))")
    without = examined(text, tmp_path, together=True)
    within = check_file(tmp_path / "solution.py")
    assert [f.to_dict() for f in within.judgements] == [f.to_dict() for f in without.judgements]
    assert within.trains == without.trains
    causes = {f.name: f.cause for f in within.judgements if not f.right}
    assert causes == {"linear_backward": "db-missing-keepdims", "compute_cost": "cost-not-averaged"}


def test_functions_that_end_or_replace_are_told_and_the_others_are_judged(tmp_path: Path) -> None:
    text = with_function("def relu(Z):\n    import os\n    os._exit(3)")
    text = text.replace("    Z = np.dot(W, A) + b", "    np.dot = np.multiply\n    Z = W @ A + b")
    (tmp_path / "solution.py").write_text(text)
    judgements = {f.name: f for f in check_file(tmp_path / "solution.py").judgements}
    assert judgements["relu"].cause == "died"
    assert judgements["linear_forward"].cause == "replaces-numpy"
    assert judgements["sigmoid"].right
    assert judgements["L_model_backward"].right


def test_a_notebook_and_a_line_that_does_not_work_here(tmp_path: Path) -> None:
    path = tmp_path / "solution.ipynb"
    cells = ["import h5py_of_the_course\n", RIGHT.replace("axis=1", "axis=0")]
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    document["cells"] = [{"cell_type": "code", "source": cell.splitlines(True)} for cell in cells]
    path.write_text(json.dumps(document))
    examination = check_file(path, only="linear_backward")
    (judgement,) = examination.judgements
    assert judgement.cause == "db-wrong-axis"
    assert judgement.place.startswith("cell 2, line ")
    assert "cell 1, line 1" in examination.notes[0]


def test_a_file_without_functions_of_the_course(tmp_path: Path) -> None:
    (tmp_path / "solution.py").write_text("print(1)\n")
    with pytest.raises(SolutionError, match="none of the course's functions"):
        check_file(tmp_path / "solution.py")
