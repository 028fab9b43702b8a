"""What is said of a solution: on the terminal, as a page, and of a whole class."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from check.judging import RIGHT, examined, replaced
from pellucid.check.class_folder import Submission, submissions_in
from pellucid.check.explain import DERIVATIONS, answer_lines, derivation
from pellucid.check.judge import NAMES
from pellucid.check.judge_file import check_file
from pellucid.check.report import report
from pellucid.check.report_class import class_csv, class_document, class_text, mistakes
from pellucid.check.report_html import html_report
from pellucid.errors import DataError

WRONG = replaced("axis=1, keepdims=True", "axis=0, keepdims=True")


def test_a_right_one_is_a_table(tmp_path: Path) -> None:
    lines = report(examined(RIGHT, tmp_path, together=True)).splitlines()
    assert lines[0].endswith("solution.py: 16 of 16 functions right")
    assert lines[2].split() == ["function", "verdict", "where", "diagnosis"]
    assert all("right" in line for line in lines[3:19])
    assert "all together: they train" in report(examined(RIGHT, tmp_path, together=True))
    assert not any(line.endswith(" ") for line in lines)


def test_a_wrong_one_has_its_details(tmp_path: Path) -> None:
    examination = examined(WRONG, tmp_path)
    said = report(examination)
    assert "db is summed over the wrong axis" in said
    assert "first case that differs: the published exercise" in said
    assert "    db        (3, 1)    (1, 4)" in said
    assert "cause: db-wrong-axis" in said
    # The solution is not given away.
    assert "axis=1" not in said
    assert "xp.sum(dZ, axis=1" not in said
    assert derivation("linear_backward")[:40] in report(examination, explain=True)
    assert "def linear_backward" in report(examination, solution=True)


def test_every_function_has_its_derivation_and_its_answer() -> None:
    assert set(DERIVATIONS) < set(NAMES)
    for name in NAMES:
        assert derivation(name)
        for is_shallow in (False, True):
            lines = answer_lines(name, is_shallow=is_shallow)
            assert lines.startswith(f"def {name}(")
            assert '"""' not in lines
    assert "1 - A1**2" in answer_lines("backward_propagation")


def test_what_a_learner_wrote_cannot_command_the_terminal_or_the_page(tmp_path: Path) -> None:
    text = replaced("A = np.maximum(0, Z)", 'raise ValueError("\\x1b[2J<script>alert(1)</script>")')
    examination = examined(text, tmp_path)
    assert "\x1b" not in report(examination)
    page = html_report(examination)
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_the_page_stands_alone(tmp_path: Path) -> None:
    page = html_report(examined(WRONG, tmp_path, together=True))
    assert page.startswith("<!doctype html>")
    assert "db is summed over the wrong axis" in page
    assert "http" not in page
    assert "src=" not in page


def test_json_has_the_keys_that_are_promised(tmp_path: Path) -> None:
    document = json.loads(json.dumps(examined(WRONG, tmp_path, together=True).to_dict(), allow_nan=False))
    assert {"functions", "trains"} <= set(document)
    for function in document["functions"]:
        assert {"name", "status", "cause", "message", "line", "case"} <= set(function)
    assert document["trains"] is False


@pytest.fixture
def submissions(tmp_path: Path) -> list[Submission]:
    return [
        Submission("ada.py", examined(RIGHT, tmp_path, together=True), ""),
        Submission("=bob.py", examined(WRONG, tmp_path, together=True), ""),
        Submission("cy.py", examined(WRONG, tmp_path), ""),
        Submission("dan.py", None, "dan.py is not valid Python at line 3"),
    ]


def test_a_class_is_one_table(submissions: list[Submission]) -> None:
    rows = list(csv.DictReader(io.StringIO(class_csv(submissions))))
    assert [row["submission"] for row in rows] == ["ada.py", "'=bob.py", "cy.py", "dan.py"]
    assert [row["linear_backward"] for row in rows] == [
        "pass",
        "fail: db-wrong-axis",
        "fail: db-wrong-axis",
        "",
    ]
    assert [row["trains"] for row in rows] == ["yes", "no", "", ""]
    assert rows[0]["right"] == rows[0]["judged"] == "16"
    assert rows[3]["problem"] == "dan.py is not valid Python at line 3"


def test_the_mistakes_of_a_class(submissions: list[Submission]) -> None:
    (only,) = mistakes(submissions)
    assert (only["cause"], only["count"], only["submissions"]) == ("db-wrong-axis", 2, ["=bob.py", "cy.py"])
    said = class_text(submissions)
    assert said.startswith("4 submissions: 1 all right, 1 train a network, 1 not usable\n")
    assert "    2  linear_backward  db is summed over the wrong axis [db-wrong-axis]" in said
    assert "not usable: dan.py is not valid Python at line 3" in said
    assert class_document(submissions)["submissions"][3] == {
        "name": "dan.py",
        "problem": submissions[3].problem,
    }


def test_which_files_of_a_folder_are_submissions(tmp_path: Path) -> None:
    for name in (
        "b.py",
        "a.ipynb",
        "notes.txt",
        "ada/solution.py",
        ".hidden/x.py",
        "ada/one/two/y.py",
        "ada/one/two/three/y.py",
        "ada/.z.py",
        "ada/__pycache__/z.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    found = [str(path.relative_to(tmp_path)) for path in submissions_in(tmp_path)]
    assert found == ["a.ipynb", "ada/one/two/y.py", "ada/solution.py", "b.py"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no solution"):
        submissions_in(tmp_path / "empty")


ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_example_of_the_documentation_is_what_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "check.md").read_text("utf-8")
    source = page.partition("```python\n")[2].partition("```")[0]
    said = page.partition("$ pellucid check solution.py\nsolution.py")[2].partition("```")[0]
    monkeypatch.chdir(tmp_path)
    examination = examined(source, Path(), together=True)
    assert report(examination).rpartition("\n")[0] == f"solution.py{said}".rstrip()


def test_the_page_of_the_causes_is_what_the_table_says() -> None:
    script = ROOT / "scripts" / "write_causes_page.py"
    run = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_one_mistake_in_several_functions_has_one_hint(tmp_path: Path) -> None:
    path = tmp_path / "solution.py"
    path.write_text(
        "import numpy as np\n"
        "def linear_forward(A, W, b):\n    return W * A + b, (A, W, b)\n"
        "def linear_activation_forward(A_prev, W, b, activation):\n"
        "    Z = W * A_prev + b\n"
        "    A = np.maximum(0, Z) if activation == 'relu' else 1 / (1 + np.exp(-Z))\n"
        "    return A, ((A_prev, W, b), Z)\n"
    )
    text = report(check_file(path))
    assert text.count("cause: product-elementwise") == 2
    assert text.count("hint: Each unit sums") == 1
    assert "\n  hint: as for linear_forward\n" in text
