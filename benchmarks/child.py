"""Fresh processes: one worker for each measurement, its threads, its answer or the last thing it said."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.errors import BenchmarkError

ROOT = Path(__file__).resolve().parent.parent

# The longest job, a first compilation and the slowest contender's whole run, takes a few minutes.
_PATIENCE = 1800

# This checkout comes last on the path: it brings the package `benchmarks` and shadows nothing.
_CODE = "import sys; sys.path.append(sys.argv[1]); from benchmarks.worker import main; main(sys.argv[2])"


class ChildError(BenchmarkError):
    """A worker ended without an answer; the message is the last line it wrote."""


@dataclass(frozen=True)
class Checkout:
    """A working copy of Pellucid, whose package a worker is to time.

    Attributes:
        folder: its root; the package is in src/.
        python: the interpreter that runs it.
    """

    folder: Path
    python: Path

    @classmethod
    def this(cls) -> "Checkout":
        """The one that this file belongs to, run by the current interpreter."""
        return cls(ROOT, Path(sys.executable))

    @classmethod
    def at(cls, folder: str | os.PathLike[str]) -> "Checkout":
        """Another one, run by its own virtual environment.

        Raises:
            BenchmarkError: there is no src/pellucid or no .venv/bin/python.
        """
        root = Path(folder).absolute()
        python = root / ".venv" / "bin" / "python"
        for needed in (root / "src" / "pellucid", python):
            if not needed.exists():
                raise BenchmarkError(
                    f"{folder} cannot be timed: there is no {needed}; expected a checkout with its .venv"
                )
        return cls(root, python)


def answer_of(
    job: Mapping[str, Any], checkout: Checkout | None = None, patience: float = _PATIENCE
) -> dict[str, Any]:
    """The result of a job.

    Args:
        job: for `benchmarks.worker`; its "threads" are also those of every library.
        checkout: the Pellucid to time; None: the installed one.
        patience: seconds that it may take.

    Raises:
        ChildError: the worker failed or took too long, or loaded the Pellucid of another checkout.
    """
    python = sys.executable if checkout is None else str(checkout.python)
    environment = {**with_bytecode(), **machine.thread_variables(job["threads"])}
    if checkout is not None:
        environment["PYTHONPATH"] = str(checkout.folder / "src")
    try:
        run = subprocess.run(
            [python, "-P", "-c", _CODE, str(ROOT), json.dumps(job)],
            capture_output=True,
            text=True,
            errors="replace",
            env=environment,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ChildError(f"it took longer than {patience:g} s") from None
    if run.returncode:
        said = [line for line in run.stderr.splitlines() if line.strip()]
        raise ChildError(said[-1].strip() if said else f"it ended with status {run.returncode}")
    try:
        answer: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise ChildError("it gave no answer") from None
    if checkout is not None and not Path(answer["pellucid"] or "").is_relative_to(checkout.folder / "src"):
        raise ChildError(f"it timed {answer['pellucid']}, which is not in {checkout.folder / 'src'}")
    return answer


def with_bytecode() -> dict[str, str]:
    """The environment, with modules compiled to bytecode once, as every installation has them."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass
class Answers:
    """The answers of one job's repetitions, or why there are none."""

    found: list[dict[str, Any]] = field(default_factory=list)
    failed: str | None = None


def answers_in_turn(
    jobs: Mapping[str, Mapping[str, Any]], repeats: int, progress: Callable[[str], None]
) -> dict[str, Answers]:
    """Every job `repeats` times, in turn: a machine that slows down slows all of them.

    A job that fails is not tried again, and loses its earlier answers: fewer samples are another number.
    """
    answers = {name: Answers() for name in jobs}
    for repeat in range(repeats):
        for name, job in jobs.items():
            if answers[name].failed is not None:
                continue
            progress(f"{name}: {repeat + 1} of {repeats}")
            try:
                answers[name].found.append(answer_of(job))
            except ChildError as error:
                answers[name] = Answers(failed=f"failed: {error}")
    return answers
