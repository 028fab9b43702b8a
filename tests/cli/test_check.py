"""pellucid check: the table, the exit codes, and everything that can be asked of it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from check.judging import RIGHT, replaced

WRONG = replaced("axis=1, keepdims=True", "axis=0, keepdims=True")


@pytest.fixture
def right(here: Path) -> Path:
    (here / "right.py").write_text(RIGHT)
    return Path("right.py")


@pytest.fixture
def wrong(here: Path) -> Path:
    (here / "wrong.py").write_text(WRONG)
    return Path("wrong.py")


def test_a_right_solution(run: Callable, right: Path) -> None:
    outcome = run("check", right)
    assert outcome.status == 0, outcome.err
    assert outcome.out.startswith("right.py: 16 of 16 functions right\n")
    assert "all together: they train" in outcome.out
    assert "run in " in outcome.out


def test_a_wrong_one_and_one_of_its_functions(run: Callable, wrong: Path) -> None:
    outcome = run("check", wrong, "--only", "linear_backward", "--explain", "--solution")
    assert outcome.status == 1
    assert "db is summed over the wrong axis" in outcome.out
    assert "dJ/dW[i, k]" in outcome.out
    assert "  | def linear_backward" in outcome.out
    assert run("check", wrong, "--only", "sigmoid").status == 0


def test_json(run: Callable, wrong: Path) -> None:
    outcome = run("check", wrong, "--json")
    assert outcome.status == 1
    functions = {each["name"]: each for each in outcome.document["functions"]}
    assert functions["linear_backward"]["cause"] == "db-wrong-axis"
    assert functions["linear_backward"]["status"] == "fail"
    assert outcome.document["trains"] is False


def test_a_page_to_hand_in(run: Callable, wrong: Path, here: Path) -> None:
    assert run("check", wrong, "--only", "linear_backward", "--html", "report.html").status == 1
    assert "db is summed over the wrong axis" in (here / "report.html").read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def sigmoid(Z:\n", "not valid Python at line 1"),
        ("x = 1\n", "defines none of the course's functions"),
        ("\0", "not a text"),
    ],
)
def test_a_file_that_cannot_be_used(run: Callable, here: Path, text: str, said: str) -> None:
    (here / "solution.py").write_text(text)
    outcome = run("check", "solution.py")
    assert outcome.status == 2
    assert said in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_what_cannot_be_asked(run: Callable, right: Path, here: Path) -> None:
    assert "no function 'relus'" in run("check", right, "--only", "relus").err
    assert "--csv is for a folder" in run("check", right, "--csv", "x.csv").err
    assert "--watch is for one file" in run("check", here, "--watch").err
    assert "--gradescope is for one file" in run("check", here, "--gradescope", "x.json").err
    assert "--watch never ends" in run("check", right, "--watch", "--json").err
    assert run("check", "nowhere.py").status == 2
    assert run("check", here / "empty").status == 2


def test_a_class(run: Callable, here: Path) -> None:
    folder = here / "class"
    folder.mkdir()
    start, end = RIGHT.index("def linear_backward"), RIGHT.index("def linear_activation_backward")
    alone = "import numpy as np\n\n\n" + RIGHT[start:end]
    (folder / "ada.py").write_text(alone)
    (folder / "bob.py").write_text(alone.replace("axis=1", "axis=0"))
    (folder / "cy.py").write_text("def (:\n")
    outcome = run("check", "class", "--csv", "grades.csv")
    assert outcome.status == 1
    assert outcome.out.startswith("3 submissions: 1 all right, 1 train a network, 1 not usable\n")
    assert "linear_backward  db is summed over the wrong axis [db-wrong-axis]" in outcome.out
    assert sorted(outcome.err.splitlines())[0] == "pellucid: ada.py: 1 of 1 functions right"
    rows = (here / "grades.csv").read_text().splitlines()
    assert len(rows) == 4
    document = run("check", "class", "--json", "--html", "class.html").document
    assert "3 submissions: 1 all right" in (here / "class.html").read_text()
    assert [each["name"] for each in document["submissions"]] == ["ada.py", "bob.py", "cy.py"]
    assert document["mistakes"][0]["count"] == 1


@pytest.mark.parametrize("option", ["--csv", "--html", "--junit"])
def test_a_file_that_cannot_be_written_is_refused_before_the_first_submission(
    run: Callable, here: Path, option: str
) -> None:
    (here / "class").mkdir()
    (here / "class" / "ada.py").write_text(RIGHT)
    outcome = run("check", "class", option, "nowhere/file")
    assert outcome.status == 2
    assert outcome.err.startswith("pellucid: nowhere/file cannot be written: there is no folder ")
    assert len(outcome.err.splitlines()) == 1


def test_watching_checks_again_when_the_file_is_saved(
    run: Callable, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = here / "solution.py"
    path.write_text("def sigmoid(Z:\n")
    texts = [WRONG, RIGHT]

    def pause(_: float) -> None:
        if not texts:
            raise KeyboardInterrupt
        path.write_text(texts.pop(0))

    monkeypatch.setattr("pellucid.cli.check.time.sleep", pause)
    outcome = run("check", "solution.py", "--watch", "--only", "linear_backward")
    assert outcome.status == 0
    assert "not valid Python" in outcome.err
    assert "0 of 1 functions right" in outcome.out
    assert "1 of 1 functions right" in outcome.out
    assert outcome.err.count("watching solution.py") == 3


def test_reports_for_graders(run: Callable, wrong: Path, here: Path) -> None:
    outcome = run("check", wrong, "--junit", "junit.xml", "--gradescope", "results.json")
    assert outcome.status == 1
    names = {case.get("name") for case in ElementTree.parse(here / "junit.xml").iter("testcase")}
    tests = json.loads((here / "results.json").read_text())["tests"]
    assert "linear_backward" in names
    assert names == {test["name"] for test in tests}
    (here / "class").mkdir()
    shutil.copy(wrong, here / "class" / "ada.py")
    (here / "class" / "bob.py").write_text("x = (")
    run("check", "class", "--junit", "class.xml")
    suites = list(ElementTree.parse(here / "class.xml").iter("testsuite"))
    assert [suite.get("name") for suite in suites] == ["ada.py", "bob.py"]
    outcome = run("check", "class", "--gradescope", "results.json")
    assert (outcome.status, "is for one file" in outcome.err) == (2, True)


def test_a_starter_file(run: Callable, here: Path) -> None:
    assert run("check", "--start", "course").status == 0
    assert json.loads((here / "course.ipynb").read_text())["nbformat"] == 4
    assert run("check", "mine.py", "--start", "cost").status == 0
    assert "def compute_cost(AL, Y):" in (here / "mine.py").read_text()
    outcome = run("check", "mine.py", "--start", "forward")
    assert (outcome.status, "mine.py exists" in outcome.err) == (2, True)
    assert "def compute_cost" in (here / "mine.py").read_text()
    assert "there is no chapter 'costs'" in run("check", "--start", "costs").err
    assert "--start writes .py or .ipynb" in run("check", "mine.txt", "--start", "cost").err
    assert "SOLUTION is missing" in run("check").err
    outcome = run("check", "mine.py")
    assert (outcome.status, "1 not written yet" in outcome.out) == (1, True)
