"""The recipes of docs/teachers.md, run as they stand there as far as the grader is installed."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "teachers.md").read_text("utf-8")
RIGHT = """import numpy as np
def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    return W.T @ dZ, dZ @ A_prev.T / m, np.sum(dZ, axis=1, keepdims=True) / m
"""
WRONG = RIGHT.replace("axis=1", "axis=0")
CAUSE = "db is summed over the wrong axis"


def recipes(heading: str, language: str) -> list[str]:
    section = PAGE.partition(f"### {heading}\n")[2].partition("\n## ")[0].partition("\n### ")[0]
    found = re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert found
    return found


def shell(command: str, folder: Path) -> int:
    """The exit code of a line of a recipe, with `pellucid` and the graders of this environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        check=False,
    )
    return run.returncode


@pytest.mark.parametrize(("text", "status"), [(RIGHT, 0), (WRONG, 1)])
def test_github_classroom(tmp_path: Path, text: str, status: int) -> None:
    (tmp_path / "solution.py").write_text(text)
    (recipe,) = recipes("GitHub Classroom", "yaml")
    (command,) = re.findall(r"^    command: (.*)$", recipe, re.MULTILINE)
    assert shell(command, tmp_path) == status
    assert ET.parse(tmp_path / "report.xml").getroot().get("failures") == str(status)


@pytest.mark.parametrize(
    ("name", "text", "points"),
    [("mine.py", RIGHT, 1.0), ("mine.py", WRONG, 0.0), ("mine.py", "def (", None), ("notes.txt", "", None)],
)
def test_gradescope(tmp_path: Path, name: str, text: str, points: float | None) -> None:
    for folder in ("submission", "results"):
        (tmp_path / folder).mkdir()
    (tmp_path / "submission" / name).write_text(text)
    (recipe,) = recipes("Gradescope", "bash")
    assert shell(recipe.replace("/autograder", str(tmp_path)), tmp_path) == 0
    document: Any = json.loads((tmp_path / "results" / "results.json").read_text())
    if points is None:
        assert document["score"] == 0
        assert "is not valid Python" in document["output"] or "there is no file" in document["output"]
    else:
        assert sum(test["score"] for test in document["tests"]) == points


@pytest.fixture
def cells(tmp_path: Path) -> Any:
    """Runs cells in IPython, as the kernel of a notebook does."""
    interactive = pytest.importorskip("IPython.core.interactiveshell")
    config = pytest.importorskip("traitlets.config").Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    interactive.InteractiveShell.clear_instance()
    started = interactive.InteractiveShell.instance(config=config, ipython_dir=str(tmp_path))
    yield lambda text: started.run_cell(text, store_history=True)
    interactive.InteractiveShell.clear_instance()


def test_the_cells_of_nbgrader(cells: Any) -> None:
    whole, part = recipes("nbgrader", "py")
    assert cells(RIGHT).success
    assert cells(whole).success
    assert cells(part).result == 1
    assert cells(WRONG).success
    ended = cells(whole)
    assert isinstance(ended.error_in_exec, AssertionError)
    assert CAUSE in str(ended.error_in_exec)
    assert "outside the functions" not in str(ended.error_in_exec)
    assert cells(part).result == 0


def notebook(cells: list[dict[str, Any]]) -> str:
    kernel = {"name": "python3", "display_name": "Python", "language": "python"}
    return json.dumps(
        {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    )


def cell(text: str, name: str, **grading: Any) -> dict[str, Any]:
    about = {"schema_version": 3, "grade_id": name, "locked": False, "task": False, "cell_type": "code"}
    return {
        "cell_type": "code",
        "id": name,
        "source": text,
        "outputs": [],
        "execution_count": None,
        "metadata": {"nbgrader": {**about, **grading}} if grading else {},
    }


def test_nbgrader(tmp_path: Path) -> None:
    pytest.importorskip("nbgrader")
    tests = cell(recipes("nbgrader", "py")[0], "tests", grade=True, solution=False, points=2)
    for folder, text in (("source", RIGHT), ("submitted/ada", RIGHT), ("submitted/bob", WRONG)):
        (tmp_path / folder / "ps1").mkdir(parents=True)
        written = cell(text, "written", grade=False, solution=True)
        (tmp_path / folder / "ps1" / "ps1.ipynb").write_text(notebook([written, tests]))
    command = "nbgrader generate_assignment ps1 && nbgrader autograde ps1 && nbgrader export"
    assert shell(command, tmp_path) == 0
    rows = (tmp_path / "grades.csv").read_text().splitlines()[1:]
    assert [(row.split(",")[3], row.split(",")[9]) for row in rows] == [("ada", "2.0"), ("bob", "0.0")]


@pytest.mark.parametrize(("text", "said"), [(RIGHT, "All tests passed!"), (WRONG, CAUSE)])
def test_otter(tmp_path: Path, text: str, said: str) -> None:
    pytest.importorskip("otter")
    (tmp_path / "tests").mkdir()
    (recipe,) = recipes("Otter", "py")
    (tmp_path / "tests" / "linear_backward.py").write_text(recipe)
    (tmp_path / "mine.ipynb").write_text(notebook([cell(text, "written")]))
    assert shell("otter check mine.ipynb -t tests > said.txt 2>&1", tmp_path) == 0
    assert said in (tmp_path / "said.txt").read_text()
