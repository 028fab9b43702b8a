"""One of several processes of `pellucid train`: how it joins the others, and how it ends if they do."""

import os
import signal
import sys
import threading
from contextlib import suppress
from typing import Any

from pellucid.cli.console import note
from pellucid.cli.inputs import Inputs
from pellucid.cli.streams import set_apart
from pellucid.engines import engine_for, join_processes, tell_processes
from pellucid.errors import OptionError, ProcessError

_FORWARDED = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def join(coordinator: str | None, processes: str | None, process: int | None, engine: Any) -> int:
    """Join the other processes, if there are any; the number of this one.

    Args:
        coordinator: HOST:PORT of process 0.
        processes: how many; "auto": as Slurm, Open MPI or Kubernetes started them.
        process: which of them this is.
        engine: the name of the engine.

    Raises:
        OptionError: options that do not belong together, or another engine.
        ProcessError: the others did not come.
    """
    if (coordinator, processes, process) == (None, None, None):
        return 0
    if engine != "jax":
        raise OptionError("several processes train by the JAX engine; expected --engine jax")
    engine_for("jax")
    if processes == "auto":
        if coordinator is not None or process is not None:
            raise OptionError(
                "--processes auto finds the others; expected no --coordinator and no --process"
            )
        _supervised()
        return join_processes()
    count = int(processes) if processes is not None and processes.isdecimal() else 0
    host, _, port = (coordinator or "").rpartition(":")
    if not (host and port.isdecimal() and process is not None and 0 <= process < count):
        raise OptionError(
            "several processes were asked for; expected --coordinator HOST:PORT --processes N --process I, "
            "with I from 0 to N - 1, or --processes auto"
        )
    _supervised()
    return join_processes(coordinator, count, process)


def refuse_what_differs(inputs: Inputs) -> None:
    """Refuse what would not be the same in every process.

    Raises:
        OptionError: several settings, which are compared as long as there is time; or members.
    """
    if len(inputs.plan.candidates) > 1:
        raise OptionError(
            "several processes train one network, and the comparison of settings goes by the clock of "
            "each; expected --search none"
        )
    if inputs.plan.member_count > 1:
        raise OptionError("several processes train one network at a time; expected --members 1")


def tell(message: str, status: int) -> None:
    """Tell the other processes, and the one that waits for this one, that it failed and has said why."""
    if _to_parent is not None:
        os.write(_to_parent, bytes([status]))
    tell_processes(message, status)


# Where a supervised process writes the exit code of a failure that it has reported.
_to_parent: int | None = None


def _supervised() -> None:
    """Go on in a child process; this one waits for it, and ends as it ends.

    Where another process was killed, the service that keeps them together ends this one by abort(), with
    pages of C++ and no exit code of ours: nothing within it can answer.
    """
    global _to_parent  # noqa: PLW0603 # set once, in the child
    if not hasattr(os, "fork"):
        return
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    alive, writer = os.pipe()
    reader, told = os.pipe()
    child = os.fork()
    if child:
        os.close(alive)
        os.close(told)
        _wait_for(child, reader)
    os.close(writer)
    os.close(reader)
    _to_parent = told
    # Of a group of its own: signals of the terminal come by the parent, once.
    os.setpgid(0, 0)
    threading.Thread(target=_end_with_parent, args=(alive,), daemon=True).start()
    set_apart()


def _end_with_parent(alive: int) -> None:
    os.read(alive, 1)
    os._exit(1)


def _forward(child: int, number: int) -> None:
    # It may have ended a moment ago.
    with suppress(ProcessLookupError):
        os.kill(child, number)


def _wait_for(child: int, reader: int) -> None:
    for number in _FORWARDED:
        signal.signal(number, lambda number, _: _forward(child, number))
    _, status = os.waitpid(child, 0)
    code, told = os.waitstatus_to_exitcode(status), os.read(reader, 1)
    if code < 0 and told:
        code = told[0]
    elif code < 0:
        ended = f"this process was ended by signal {-code}"
        note(ProcessError.WITHOUT_A_WORD if code == -signal.SIGABRT else ended)
        code = 1
    os._exit(code)
