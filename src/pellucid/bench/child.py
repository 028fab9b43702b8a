"""Starting one worker: a fresh process, its threads, its answer or the last thing it said."""

import json
import os
import subprocess
import sys
from typing import Any

from pellucid.bench import machine
from pellucid.errors import PellucidError

# The longest honest job, a first compilation and the slowest contender's whole run, takes a few minutes.
_PATIENCE = 1800


class ChildError(PellucidError):
    """A worker ended without an answer; the message is the last line it wrote."""


def answer_of(job: dict[str, Any]) -> dict[str, Any]:
    """What a worker found out.

    Args:
        job: for `pellucid.bench.worker`; its threads are also those of every library.

    Raises:
        ChildError: it failed, or took too long.
    """
    command = [sys.executable, "-P", "-m", "pellucid.bench.worker", json.dumps(job)]
    environment = {**os.environ, **machine.thread_variables(job["threads"])}
    try:
        run = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            env=environment,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ChildError(f"it took longer than {_PATIENCE} s") from None
    if run.returncode:
        said = [line for line in run.stderr.splitlines() if line.strip()]
        raise ChildError(said[-1].strip() if said else f"it ended with status {run.returncode}")
    try:
        answer: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise ChildError("it gave no answer") from None
    return answer
