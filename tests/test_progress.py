"""The bar below the faces: lines in a log, a live bar in a terminal, nothing when asked."""

import itertools
import os
import pty
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from pellucid.progress import Bar


@pytest.fixture
def _slow(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(monotonic=itertools.count(0, 0.6).__next__)
    monkeypatch.setattr("pellucid.progress.time", clock)


@pytest.mark.usefixtures("_slow")
def test_a_log_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar("fitting", 30, shown=True) as bar:
        for done in range(1, 31):
            bar.update(done, "cost [1]" if done < 30 else "")
    out, err = capsys.readouterr()
    assert out == ""
    # The first after a second, the next ones after five more.
    assert err.splitlines() == [
        *(f"pellucid: fitting {done} of 30: cost [1]" for done in (2, 11, 20, 29)),
        "pellucid: fitting 30 of 30",
    ]


def test_the_end_of_short_work_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar("fitting", 3, shown=True) as bar:
        for done in (1, 2, 3):
            bar.update(done)
    assert capsys.readouterr().err == "pellucid: fitting 3 of 3\n"


@pytest.mark.usefixtures("_slow")
def test_nothing_is_shown_when_asked_or_after_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    hidden, closed = Bar("fitting", 30, shown=False), Bar("fitting", 30, shown=True)
    closed.close()
    closed.close()
    for bar in (hidden, closed):
        for done in range(31):
            bar.update(done)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_shows_a_live_bar_and_standard_output_stays_clean() -> None:
    code = (
        "import itertools, types, pellucid.progress as progress\n"
        "progress.time = types.SimpleNamespace(monotonic=itertools.count(0, 0.6).__next__)\n"
        "with progress.Bar('fitting', 30, shown=True) as bar:\n"
        "    for done in range(1, 31):\n"
        "        bar.update(done, f'cost [{done}]')\n"
    )
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"}
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        environment.pop(name, None)
    screen, terminal = pty.openpty()
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=terminal, check=True
    )
    os.close(terminal)
    # All of it fits into the terminal's buffer.
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", os.read(screen, 65536).decode())
    os.close(screen)
    assert re.search(r"fitting [━╸╺ ]+ 30/30 cost \[30\] \d:\d\d:\d\d", shown), shown
    assert run.stdout == b""


def test_nothing_is_loaded_before_there_is_a_terminal() -> None:
    code = (
        "import sys; from pellucid.progress import Bar\n"
        "Bar('fitting', 2, shown=True).update(2); print('rich' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("False\n", "pellucid: fitting 2 of 2\n")
