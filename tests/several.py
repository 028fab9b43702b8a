"""Several processes on one machine, for tests."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

# Whether everything is tried, as by `make jax`, or what takes seconds.
ALL = os.environ.get("PELLUCID_JAX_TESTS") == "all"


class Ended(NamedTuple):
    """What a process left."""

    code: int
    out: str
    err: str


def free_port() -> int:
    """One that no process listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


_started: list[subprocess.Popen[str]] = []


def end_all() -> None:
    """End what was started and still runs: of a test that failed before it waited for them."""
    while _started:
        process = _started.pop()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def start(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Python with these arguments, in a group of its own."""
    # One thread each: two processes share two processors with other tests.
    ours = {**os.environ, "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false", **(environment or {})}
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ours,
        start_new_session=True,
    )
    _started.append(process)
    return process


def ended(processes: Sequence[subprocess.Popen[str]], seconds: float = 180) -> list[Ended]:
    """What each has left; it fails if one does not end in time."""
    found = []
    try:
        for process in processes:
            out, err = process.communicate(timeout=seconds)
            found.append(Ended(process.returncode, out, err))
    except subprocess.TimeoutExpired:
        pytest.fail(f"process {len(found)} of {len(processes)} has not ended in {seconds} s")
    finally:
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
    return found


def script(name: str) -> str:
    """The path of a script among the tests."""
    return str(Path(__file__).parent / name)
