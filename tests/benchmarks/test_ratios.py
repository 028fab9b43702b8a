"""What something costs beside doing without it: real pairs, and what the document makes of them."""

import os
import subprocess
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import child, pairs, ratios, stopwatch
from benchmarks.child import ChildError
from benchmarks.ratios import RATIOS, Ratio, measured_ratios, ratio_of
from benchmarks.report import ratio_cells


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows, and no more timings than needed."""
    monkeypatch.setattr(pairs, "_ROWS", 400)
    monkeypatch.setattr(ratios, "_LEAST_TIMINGS", 1)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", [name for name in RATIOS if not name.startswith("busy")])
def test_both_ways_of_a_pair_are_timed(name: str) -> None:
    longer, plain = ratio_of({"name": name, "threads": 1, "seconds": 1e-4})["seconds"]
    assert longer > 0
    assert plain > 0


def test_a_busy_process_is_beside_the_longer_way_only(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = pairs.beside_busy_process("middle", 2)
    assert pair.during is pairs.busy_process
    assert pairs.Pair(pair.longer, pair.plain).during is nullcontext
    calls: list[str] = []

    class Busy:
        def __enter__(self) -> None:
            calls.append("busy")

        def __exit__(self, *_: object) -> None:
            calls.append("idle")

    noted = pairs.Pair(lambda _: calls.append("longer"), lambda _: calls.append("plain"), Busy)
    monkeypatch.setattr(Ratio, "opened", lambda *_: noted)
    monkeypatch.setattr(ratios, "enough_rounds", lambda *_: 1)
    ratio_of({"name": "busy-middle", "threads": 2, "seconds": 1e-4})
    assert calls[:7] == ["busy", "longer", "idle", "busy", "longer", "idle", "plain"]


def test_the_busy_process_computes_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen] = []
    popen = subprocess.Popen

    def noted(*arguments: Any, **options: Any) -> subprocess.Popen:
        started.append(popen(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(pairs.subprocess, "Popen", noted)
    with pairs.busy_process():
        (process,) = started
        stop = time.monotonic() + 30
        while processor_time(process.pid) < 0.02 and time.monotonic() < stop:
            time.sleep(0.01)
        assert process.poll() is None
        assert processor_time(process.pid) >= 0.02
    assert process.returncode is not None


def processor_time(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except FileNotFoundError:
        pytest.skip("this system does not say what a process uses")
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def test_the_document_and_its_table(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([[2.0, 1.0], [3.0, 1.0], [5.0, 2.0]])

    def answer(job: dict[str, Any]) -> dict[str, Any]:
        if job["name"] == "predict":
            raise ChildError("no such method")
        return {"seconds": next(answers)}

    monkeypatch.setattr(child, "answer_of", answer)
    asked = [replace(RATIOS["evaluate"], limit=1.5), RATIOS["predict"]]
    evaluate, predict = measured_ratios(asked, 3, 2, 0.1, lambda _: None)
    assert evaluate["samples"] == [2.0, 3.0, 2.5]
    assert (evaluate["median"], evaluate["min"], evaluate["max"]) == (2.5, 2.0, 3.0)
    assert evaluate["seconds"] == [3.0, 1.0]
    assert predict["failed"] == "failed: no such method"
    assert predict["samples"] == []
    assert predict["seconds"] is None
    assert [row[1:] for row in ratio_cells([evaluate, predict])[1:]] == [
        ["3.00 s", "1.00 s", "2.50", "2.00 - 3.00", "1.50"],
        ["failed: no such method", "", "", "", ""],
    ]


def test_rounds_are_repetitions() -> None:
    calls: list[int] = []
    stopwatch.repeated(lambda: calls.append(1))(3)
    assert len(calls) == 3
