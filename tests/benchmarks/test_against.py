"""Two checkouts in turn: whose package is timed, in which order, and what is said of it."""

import re
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from benchmarks import against
from benchmarks.against import against_table, measured_against
from benchmarks.child import ROOT, Checkout, ChildError, answer_of
from benchmarks.contenders import CONTENDERS
from benchmarks.errors import BenchmarkError
from benchmarks.ratios import RATIOS
from benchmarks.suite import Request, Settings, failed
from benchmarks.works import WORKS

QUICK = Settings(repeats=3, threads=1, seconds=0.001)
TINY = Request([WORKS["tiny"]], [CONTENDERS["ours"], CONTENDERS["numpy"]])
PEAK = {"job": "peak", "dtype": "float32", "threads": 1, "seconds": 0.001}


@pytest.fixture
def other(tmp_path: Path) -> Checkout:
    """A checkout whose package is this one's, and whose interpreter knows no installed Pellucid."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "pellucid").symlink_to(ROOT / "src" / "pellucid")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    # -S: an editable installation of this checkout would come before PYTHONPATH.
    packages = sysconfig.get_path("purelib")
    python.write_text(f'#!/bin/sh\nPYTHONPATH="$PYTHONPATH:{packages}" exec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    return Checkout(tmp_path, python)


def test_a_worker_says_whose_package_it_timed(other: Checkout) -> None:
    assert answer_of(PEAK, Checkout.this())["pellucid"] == str(ROOT / "src/pellucid/__init__.py")
    assert answer_of(PEAK, other)["pellucid"] == str(other.folder / "src/pellucid/__init__.py")
    (other.folder / "src" / "pellucid").unlink()
    with pytest.raises(ChildError, match=r"it timed .*, which is not in "):
        answer_of(PEAK, other)


def test_what_is_no_checkout_is_refused(other: Checkout) -> None:
    assert Checkout.at(other.folder).folder == other.folder
    (other.folder / ".venv" / "bin" / "python").unlink()
    with pytest.raises(BenchmarkError, match=r"there is no .*/\.venv/bin/python; expected a checkout"):
        Checkout.at(other.folder)


def test_real_processes_of_both(other: Checkout) -> None:
    found = measured_against(other, TINY, Settings(repeats=1, threads=1, seconds=0.001), lambda _: None)
    (row,) = found["rows"]
    assert row["name"] == "tiny ours float32"
    assert row["failed"] is None
    assert row["samples"] == [row["this"] / row["other"]]
    assert not failed(found)


def test_the_checkouts_take_turns(other: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[tuple[str, bool]] = []

    def answer(job: dict[str, Any], checkout: Checkout) -> dict[str, Any]:
        turns.append((job["job"], checkout == other))
        return {"seconds": [4.0, 2.0] if job["job"] == "ratio" else 1.0 + (checkout == other)}

    monkeypatch.setattr(against, "answer_of", answer)
    request = Request(TINY.works, TINY.contenders, ratios=[RATIOS["evaluate"]])
    found = measured_against(other, request, QUICK, lambda _: None)
    assert turns[:2] == [("prepare", False), ("prepare", True)]
    assert [second for _, second in turns[2:8]] == [False, True, True, False, False, True]
    tiny, longer, plain = found["rows"]
    assert (tiny["this"], tiny["other"], tiny["ratio"]) == (1.0, 2.0, 0.5)
    assert (longer["name"], longer["this"]) == ("evaluate, with", 4.0)
    assert (plain["name"], plain["this"]) == ("evaluate, without", 2.0)
    text = against_table(found)
    assert re.search(r"^tiny ours float32 +1\.00 s +2\.00 s +0\.50 +0\.50 - 0\.50$", text, re.MULTILINE)
    assert "the slowest row is evaluate, with, 1.00" in text


def test_the_headline_is_told_whole(other: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(against, "answer_of", lambda *_: {"seconds": 1e-3})
    request = Request([WORKS["headline"]], [CONTENDERS["ours-same-arithmetic"]])
    found = measured_against(other, request, QUICK, lambda _: None)
    assert [row["this"] for row in found["rows"]] == [pytest.approx(2.5)] * 2


def test_a_failure_names_its_checkout(other: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(job: dict[str, Any], checkout: Checkout) -> dict[str, Any]:
        if checkout == other:
            raise ChildError("no such name")
        return {"seconds": 1.0}

    monkeypatch.setattr(against, "answer_of", answer)
    found = measured_against(other, TINY, QUICK, lambda _: None)
    assert found["rows"][0]["failed"] == f"failed: {other.folder}: no such name"
    assert failed(found)
    assert "no such name" in against_table(found)
