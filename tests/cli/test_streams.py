"""Standard streams that are closed or full: a line, or nothing, and never a lost training."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pellucid.model import Model
from small_data import write_points

pytestmark = pytest.mark.skipif(os.name != "posix", reason="shells differ")
TRAIN = "train data.npz --iterations 3"


def shell(command: str) -> tuple[int, str, str]:
    """What a command of ours does in a shell: its exit code and what it wrote."""
    ours = f"{sys.executable} -m pellucid {command}"
    done = subprocess.run(["bash", "-c", ours], capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_a_training_needs_no_streams(here: Path, closed: str) -> None:
    write_points(here / "data.npz")
    status, _, err = shell(f"{TRAIN} {closed}")
    assert status == 0
    assert "2>" not in closed or not err
    assert "bug" not in err
    assert Model.load("runs/train-1/model.safetensors").history.reason == "completed"
    assert (here / "runs" / "train-1" / "report.json").exists()


def test_a_full_standard_output_is_one_line_and_the_model_is_there(here: Path) -> None:
    write_points(here / "data.npz")
    status, _, err = shell(f"{TRAIN} --quiet > /dev/full")
    assert status == 2
    assert err == (
        "pellucid: standard output cannot be written: No space left on device; expected a place with room, "
        "or --out\n"
    )
    assert Model.load("runs/train-1/model.safetensors")


@pytest.mark.parametrize("command", ["--help", "--version", "train --help"])
@pytest.mark.parametrize("where", [">&-", "> /dev/full", "| head -c 1"])
def test_help_is_lost_in_one_line(command: str, where: str) -> None:
    status, _, err = shell(f"{command} {where}")
    assert "bug" not in err
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    assert status in (0, 1, 2)


def test_results_of_evaluate_and_predict_that_are_lost_are_an_error(here: Path) -> None:
    write_points(here / "data.npz")
    assert shell(f"{TRAIN} --quiet")[0] == 0
    for command in ("evaluate", "predict"):
        rest = "data.npz --json" if command == "predict" else "data.npz"
        status, _, err = shell(f"{command} runs/train-1/model.safetensors {rest} > /dev/full")
        assert status == 2
        assert "standard output cannot be written" in err.splitlines()[-1]
