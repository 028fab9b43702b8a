"""What is shown while a command works: lines in a log, a live bar in a terminal, nothing when asked."""

import itertools
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from small_data import photographs, write_points

# The clock of the progress display goes on by 0.6 seconds whenever it is read.
SLOW = "itertools.count(0, 0.6).__next__"
LINE = re.compile(r"pellucid: training (\d+) of 30: cost \d+\.\d{6}  train accuracy [01]\.\d{3}")


@pytest.fixture
def _slow(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(monotonic=itertools.count(0, 0.6).__next__)
    monkeypatch.setattr("pellucid.cli.progress.time", clock)
    monkeypatch.setattr("pellucid.progress.time", clock)


@pytest.fixture(autouse=True)
def _data(here: Path) -> None:
    write_points(here / "data.npz")


@pytest.mark.usefixtures("_slow")
def test_a_log_gets_a_line_now_and_then(done: Callable) -> None:
    outcome = done("train", "data.npz", "--iterations", 30)
    matches = [LINE.fullmatch(line) for line in outcome.err.splitlines()]
    assert all(matches)
    epochs = [int(match[1]) for match in matches if match]
    assert 2 <= len(epochs) <= 10
    assert epochs == sorted(set(epochs))
    assert epochs[-1] == 30


def test_the_end_of_a_short_training_is_told(done: Callable) -> None:
    (line,) = done("train", "data.npz", "--iterations", 30).err.splitlines()
    assert LINE.fullmatch(line)


@pytest.mark.usefixtures("_slow")
@pytest.mark.parametrize("option", ["--quiet", "--json"])
def test_nothing_is_shown_when_asked(option: str, done: Callable) -> None:
    assert done("train", "data.npz", "--iterations", 30, option).err == ""


def in_terminal(folder: Path, *arguments: str, columns: int = 120) -> tuple[int, str, str]:
    """Run a command whose standard error is a terminal: its exit code, standard output, and the screen."""
    code = (
        "import itertools, sys, types\n"
        "import pellucid.progress as progress\n"
        f"progress.time = types.SimpleNamespace(monotonic={SLOW})\n"
        "from pellucid.cli import main, run_folder\n"
        "run_folder.draw = lambda *_: []\n"
        "main(sys.argv[1:])"
    )
    environment = {
        **os.environ,
        "OPENBLAS_NUM_THREADS": "1",
        "TERM": "xterm-256color",
        "COLUMNS": str(columns),
    }
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        environment.pop(name, None)
    screen, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
    ) as process:
        os.close(terminal)
        shown = read_all(screen)
        assert process.stdout is not None
        out = process.stdout.read()
    os.close(screen)
    return process.returncode, out, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)


def read_all(screen: int) -> str:
    pieces = []
    while True:
        try:
            piece = os.read(screen, 65536)
        # Linux says so when the other end is closed.
        except OSError:
            piece = b""
        if not piece:
            return b"".join(pieces).decode()
        pieces.append(piece)


def test_a_terminal_shows_live_bars_and_standard_output_stays_clean(here: Path) -> None:
    photographs(here / "pets")
    options = ("--image-size", "8", "--layers", "4", "--iterations", "60")
    status, out, screen = in_terminal(here, "train", "pets", *options)
    assert status == 0, screen
    assert re.search(r"reading pictures [━╸╺ ]+ 12/12", screen)
    # The bar, how many of how many, cost, accuracy, time left.
    shown = r"training [━╸╺ ]+ 60/60 cost \d\.\d{6}  train accuracy [01]\.\d{3} \d:\d\d:\d\d"
    assert re.search(shown, screen), screen
    assert out.startswith("network           192 -> 4 -> 1\n")
    assert out.isascii()
    assert "\x1b" not in out
    assert "cost 0" not in out


def test_a_narrow_terminal_shortens_the_bar_alone(here: Path) -> None:
    status, _, screen = in_terminal(here, "train", "data.npz", "--iterations", "2500", columns=60)
    assert status == 0, screen
    assert re.search(r"training [━╸╺ ]* 2500/2500 cost \d\.\d{6}  train accuracy [01]\.\d{3}", screen), (
        screen
    )
    assert "…" not in screen


def test_a_terminal_stays_empty_when_asked(here: Path) -> None:
    status, out, screen = in_terminal(here, "train", "data.npz", "--iterations", "30", "--quiet")
    assert (status, screen) == (0, "")
    assert out.startswith("network ")


def test_a_mistake_in_a_terminal_is_one_line(here: Path) -> None:
    options = ("--iterations", "30", "--learning-rate", "1e200")
    status, out, screen = in_terminal(here, "train", "data.npz", *options)
    assert (status, out) == (2, "")
    # A terminal breaks the line at spaces.
    line = " ".join(screen[screen.index("pellucid: ") :].split())
    assert line.startswith("pellucid: the cost became nan at iteration 1: Z2 (l")
