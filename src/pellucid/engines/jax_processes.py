"""Several processes that train one network: how they meet, tell each other of failures, and part.

They meet by `jax.distributed`. Beside it a thread of each process looks four times a second whether
another one has left word that it failed, and shows the others that it lives. A process that
waits for the others within a step cannot be interrupted there, so this thread ends it: with one line, which
says who failed and why.
"""

import atexit
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import jax

# The keys and values that the processes share. JAX has no public name for them.
from jax._src import distributed

from pellucid.errors import OptionError, ProcessError

# Seconds to wait for the others when a training begins.
_PATIENCE = 60

# Seconds between two looks for word of a failure; looks from one sign of life to the next; and seconds
# without one after which a process is taken for dead. Of a killed one the connections break at once.
_LOOK, _LOOKS_A_BEAT, _SILENCE = 0.25, 20, 60.0

_FAILED, _ALIVE = "pellucid/failed", "pellucid/alive/"

Ending = Callable[[str], None]


class _Watch:
    """Looks after the other processes, until it is told to stop."""

    def __init__(self, client: Any, ending: Ending) -> None:
        self._client, self._ending = client, ending
        self._own, self._count = jax.process_index(), jax.process_count()
        self._stopped, self._parts = threading.Event(), False
        # The last sign of life of each process, and when it was seen.
        self._seen: dict[str, tuple[str, float]] = {}
        self._thread = threading.Thread(target=self._look, name="pellucid-processes", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no longer."""
        self._stopped.set()

    def part(self) -> None:
        """Show signs of life, but end for nobody any more."""
        self._parts = True

    def tell(self, message: str) -> None:
        """Leave word that this process failed, and let the others read it."""
        self.stop()
        with suppress(Exception):
            self._client.key_value_set(_FAILED, f"process {self._own} failed: {message}")
            # They read it here: the values are kept by process 0.
            deadline = time.monotonic() + 2
            while self._own == 0 and time.monotonic() < deadline:
                if len(self._client.key_value_dir_get("pellucid/heard/")) >= self._count - 1:
                    return
                time.sleep(_LOOK)

    def word(self, seconds: float = 0.0) -> str:
        """What another process has said of its failure; waits for it; empty: nothing."""
        deadline = time.monotonic() + seconds
        while True:
            with suppress(Exception):
                return str(self._client.key_value_try_get(_FAILED))
            if time.monotonic() >= deadline:
                return ""
            time.sleep(_LOOK)

    def _look(self) -> None:
        beats = 0
        while not self._stopped.wait(_LOOK):
            beats += 1
            try:
                word = self.word()
                if beats % _LOOKS_A_BEAT == 0:
                    self._client.key_value_set(f"{_ALIVE}{self._own}", str(beats), allow_overwrite=True)
                    word = word or self._silent()
            except Exception:
                word = "process 0, which keeps the others together, ended without a word"
            if word and not (self._parts or self._stopped.is_set()):
                with suppress(Exception):
                    self._client.key_value_set(f"pellucid/heard/{self._own}", "")
                self._ending(word)

    def _silent(self) -> str:
        """Which process has shown no sign of life for too long; empty: none."""
        now = time.monotonic()
        for key, beats in self._client.key_value_dir_get(_ALIVE):
            if self._seen.get(key, ("",))[0] != beats:
                self._seen[key] = (beats, now)
            elif now - self._seen[key][1] > _SILENCE:
                return f"process {key.rpartition('/')[2]} has not answered for {_SILENCE:g} s"
        return ""


_watch: _Watch | None = None


def join(
    coordinator: str | None, processes: int | None, process: int | None, *, ending: Ending | None = None
) -> int:
    """See `pellucid.engines.join_processes`."""
    global _watch  # noqa: PLW0603 # a process joins once
    if distributed.global_state.client is not None:
        raise OptionError("this process has joined others before; expected to join once")
    # Of several processes on CPUs; GPUs and TPUs have their own.
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    # Its service would answer SIGTERM, which ends a training in an orderly way without it.
    jax.config.update("jax_enable_preemption_service", False)
    try:
        jax.distributed.initialize(coordinator, processes, process, initialization_timeout=_PATIENCE)
    except ValueError as error:
        raise OptionError(
            f"the other processes are not known: {error}; expected --coordinator HOST:PORT --processes N "
            "--process I, or a start by Slurm, Open MPI or Kubernetes"
        ) from None
    except RuntimeError as error:
        if "before any JAX" in str(error):
            raise OptionError(
                "JAX was used before this process joined others; expected to join first"
            ) from None
        raise ProcessError(
            f"the other processes did not come within {_PATIENCE} s: {first_line(error)}; expected each of "
            "them to be started with the same coordinator and number of processes"
        ) from None
    jax.devices()
    _watch = _Watch(distributed.global_state.client, ending or _end)
    sys.excepthook = _telling(sys.excepthook)
    return int(jax.process_index())


def _telling(hook: Any) -> Any:
    """An exception that nobody catches is one that the others hear of."""

    def told(kind: Any, error: BaseException, trace: Any) -> None:
        hook(kind, error, trace)
        tell(f"{kind.__name__}: {error}", 1)

    return told


def _end(message: str) -> None:
    """End this process, which may be waiting within a step, where nothing else reaches it."""
    with suppress(Exception):
        sys.stderr.write(f"pellucid: {message}; this process ends too\n")
        sys.stderr.flush()
    os._exit(1)


def leave() -> None:
    """See `pellucid.engines.leave_processes`."""
    global _watch  # noqa: PLW0603 # as `join`
    if _watch is None:
        return
    _watch.part()
    # Who is gone already has its part of the result.
    with suppress(Exception):
        jax.distributed.shutdown()
    _watch.stop()
    _watch = None


def tell(message: str, status: int) -> None:
    """See `pellucid.engines.tell_processes`."""
    if _watch is None:
        return
    _watch.tell(message)
    # At exit JAX would wait for the others, who are gone.
    atexit.register(_exit_at_once, status)


def _exit_at_once(status: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    os._exit(status)


# Of the messages of an exchange that broke off: the libraries have no exception of its own.
_BROKEN = ("Gloo", "NCCL", "RCCL", "UNAVAILABLE", "DEADLINE", "coordination")


def lost(error: Exception) -> ProcessError | None:
    """The error for an exchange that broke off: that of the process that failed, if it has left word.

    None: the error is another.
    """
    if not any(word in str(error) for word in _BROKEN):
        return None
    word = ""
    if _watch is not None:
        # This thread ends the process now.
        _watch.stop()
        word = _watch.word(2.0)
    return ProcessError(f"{word}; this process ends too" if word else ProcessError.WITHOUT_A_WORD)


def first_line(error: Exception) -> str:
    """The first line of an error of the libraries."""
    return str(error).partition("\n")[0][:200]
