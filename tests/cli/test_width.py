"""Every screen in terminals of 60, 80 and 200 columns: no line is longer, and no word is broken."""

import math
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pellucid.cli.console import note
from pellucid.cli.report import search_text
from pellucid.training.trials import TrialResult
from small_data import write_points
from small_tables import write_numbers

Screen = Callable[..., list[str]]
WIDTHS = (60, 80, 200)


@pytest.fixture(params=WIDTHS)
def columns(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """The width of the terminal that the commands run in."""
    columns: int = request.param
    monkeypatch.setenv("COLUMNS", str(columns))
    return columns


@pytest.fixture
def screen(columns: int, run: Callable, monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Run a command in that terminal: its lines, none of them too long."""

    def screen(*arguments: object) -> list[str]:
        for stream in (sys.stdout, sys.stderr):
            monkeypatch.setattr(stream, "isatty", lambda: True)
        outcome = run(*arguments)
        lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in (outcome.err + outcome.out).splitlines()]
        assert lines
        assert max(map(len, lines)) <= columns, "\n".join(lines)
        return lines

    return screen


def test_looking_inside(screen: Screen, columns: int, here: Path, number_model: Path) -> None:
    data = write_points(here / "data.npz").name
    for command in ("evaluate", "health", "gradcheck"):
        screen(command, number_model, data, "--quiet")
    screen("summary", number_model)
    lines = screen("trace", number_model, data, "--example", 1)
    at = next(i for i, line in enumerate(lines) if line.startswith("Z1 = W1 X + b1"))
    # Two lines for a step where the table is too wide: where it was made stays beside the equation.
    assert "core/linear.py:" in lines[at]
    assert ("(4, 1)" in lines[at]) == (columns == 200)


def test_training_on_a_table(screen: Screen, columns: int, here: Path) -> None:
    pytest.importorskip("pyarrow")
    table = write_numbers(here / "table.csv").name
    lines = screen("train", table, "--target", "price", "--epochs", 3, "--quiet")
    assert lines[0].split() == ["column", "kind", "missing", "becomes"]


def test_a_search(columns: int, screen: Screen, here: Path) -> None:
    lines = screen("train", write_points(here / "data.npz", m=80).name, "--budget", 2, "--quiet")
    head = lines[0].split()
    assert head[:5] == ["parameters", "epochs", "validation", "cost", "seconds"]
    assert (head[5:] == ["settings"]) == (columns > 60)
    assert lines[1].startswith("1  ")


def test_a_solution(screen: Screen, here: Path) -> None:
    (here / "solution.py").write_text(
        "import numpy as np\n\ndef linear_forward(A, W, b):\n    return W.T @ A + b, (A, W, b)\n", "utf-8"
    )
    lines = screen("check", "solution.py", "--explain", "--solution")
    assert any("W is transposed" in line for line in lines)


def test_mistakes(screen: Screen, columns: int) -> None:
    lines = screen("train", "nowhere")
    assert (len(lines) == 1) == (columns == 200)
    assert lines[0].startswith("pellucid: there is no file or folder nowhere")


def test_a_note_that_goes_to_a_file_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    note("word " * 100)
    assert capsys.readouterr().err.count("\n") == 1


def searched(*costs: float) -> Any:
    """A search with these validation costs; infinite: there was no time."""
    candidate = SimpleNamespace(hidden=(4,))
    rows = [TrialResult(candidate, 0 if math.isinf(cost) else 7, cost, 0.5, 0) for cost in costs]
    return SimpleNamespace(table=tuple(rows), reason="the reason")


def test_a_setting_that_was_not_measured_has_no_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pellucid.cli.report.differences", lambda candidates: [""] * len(candidates))
    monkeypatch.setattr(TrialResult, "parameter_count", 17)
    text = search_text(searched(0.25, math.inf))
    assert "inf" not in text
    assert [line.split() for line in text.splitlines()[1:3]] == [
        ["1", "17", "7", "0.250000", "0.5"],
        ["2", "17", "-", "-", "0.5"],
    ]


def test_nothing_measured_is_no_table() -> None:
    assert search_text(searched(math.inf, math.inf)) == "the reason\n"
