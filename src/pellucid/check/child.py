"""The other side of the sandbox: a process that loads one learner's file and answers calls.

Requests arrive on descriptor 0 and answers leave on descriptor 1; before any code of the learner runs, both
are moved to other descriptors, which printing does not reach, and 0, 1 and 2 become an empty input and a
pipe whose content is only shown.
"""

import _thread
import ctypes
import fcntl
import io
import os
import signal
import struct
import sys
from collections.abc import Callable
from time import perf_counter
from types import FrameType
from typing import Any, NoReturn

import numpy as np

from pellucid.check import course_modules, drawing, guard, learner, old_names, raised, wire
from pellucid.check.limits import Limits, impose
from pellucid.check.watching import ArgumentWatch

_FIRST_DESCRIPTOR = 20
_PR_SET_PDEATHSIG = 1
# `pellucid.check.sandbox` distinguishes it from the status of a learner's own exit.
_BROKEN = 70


class _Channel:
    """Frames: a length of eight bytes, then that many bytes. Printing does not reach them."""

    def __init__(self) -> None:
        self._requests = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, _FIRST_DESCRIPTOR)
        self._answers = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, _FIRST_DESCRIPTOR)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        self._read, self._write = os.read, os.write

    def receive(self) -> memoryview:
        return memoryview(self._exactly(struct.unpack("<Q", self._exactly(8))[0]))

    def send(self, *parts: bytes) -> None:
        data = memoryview(b"".join((struct.pack("<Q", sum(map(len, parts))), *parts)))
        while data:
            data = data[self._write(self._answers, data) :]

    def _exactly(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            read = self._read(self._requests, min(count - len(data), 1 << 20))
            if not read:
                # The other side has ended.
                os._exit(0)
            data += read
        return bytes(data)


class _Captured(io.RawIOBase):
    """Keeps the beginning of the output."""

    def __init__(self, most: int) -> None:
        self.data = bytearray()
        self._most = most

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        room = self._most - len(self.data)
        if room > 0:
            self.data += data[:room]
        return len(data)


class _Process:
    """Serves the other side: loads the file, then runs calls one at a time."""

    def __init__(self, channel: _Channel, job: dict[str, Any]) -> None:
        self._channel = channel
        self._job = job
        self._limits = Limits(**job["limits"])
        self._learner = learner.Learner(job["own"], job["reference_names"])
        self._replaced = learner.Replaced()
        self._count_threads = _thread._count
        self._threads = 0
        self._running = False
        self._number = 0
        self._printed = _Captured(0)
        self._started = 0.0

    def load(self) -> None:
        errors: list[tuple[str, str, int | None]] = []

        def work() -> Any:
            for error in self._learner.load(
                self._job["text"], definitions_only=self._job["definitions_only"]
            ):
                if len(errors) < 10:
                    errors.append(raised.described(error, self._job["text"]))
            return errors

        self._run(0, work, self._limits.loading, ArgumentWatch(()))
        self._threads = self._count_threads()

    def call(self, request: memoryview) -> None:
        (size,) = struct.unpack("<I", request[:4])
        number, name, seed, alone, lengths = wire.decode(request[4 : 4 + size])
        at, arguments = 4 + size, []
        for length in lengths:
            arguments.append(wire.decode(request[at : at + length]))
            at += length
        watch = ArgumentWatch(arguments)

        def work() -> Any:
            function = self._learner.function(name)
            before = self._learner.alone(name) if alone else {}
            try:
                return function(*arguments)
            finally:
                self._learner.together(before)

        if seed is not None:
            np.random.seed(seed)
        self._run(number, work, self._limits.call, watch)

    def _run(self, number: int, work: Callable[[], Any], seconds: float, watch: ArgumentWatch) -> None:
        self._number = number
        self._printed = _Captured(self._limits.printed)
        raw: Any = self._printed
        screen = io.TextIOWrapper(raw, "utf-8", "backslashreplace", write_through=True)
        sys.stdout = sys.stderr = screen
        self._arm(seconds)
        value, error, kind, failure = None, None, "value", None
        try:
            value = work()
        # BaseException: a learner's file may raise anything, including SystemExit.
        except BaseException as exception:
            failure = exception
        # Before anything else: the following code uses them.
        replaced = self._replaced.put_back()
        took = perf_counter() - self._started
        if failure is not None:
            kind = "too_much" if isinstance(failure, MemoryError) else "raised"
            error = raised.described(failure, self._job["text"])
        self._disarm()
        self._answer(kind, value, error, took, (watch.changed(), watch.written()), replaced)

    def _arm(self, seconds: float) -> None:
        signal.signal(signal.SIGALRM, self._too_long)
        self._running = True
        self._started = perf_counter()
        signal.setitimer(signal.ITIMER_REAL, seconds)

    def _disarm(self) -> None:
        self._running = False
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _too_long(self, _: int, frame: FrameType | None) -> None:
        if not self._running:
            return
        self._replaced.put_back()
        line = None
        while frame is not None and line is None:
            line = frame.f_lineno if frame.f_code.co_filename == learner.FILE else None
            frame = frame.f_back
        took = perf_counter() - self._started
        self._answer(
            "timeout", None, ("", f"it was still running after {took:.1f} s", line), took, ((), ()), ()
        )
        os._exit(0)

    def _answer(self, kind: str, value: Any, error: Any, took: float, changed: Any, replaced: Any) -> None:
        header = {
            "number": self._number,
            "kind": kind,
            "error": error,
            "printed": bytes(self._printed.data).decode("utf-8", "replace"),
            "seconds": took,
            "changed": changed[0],
            "written": changed[1],
            "replaced": replaced[:10],
            "leftover": self._count_threads() > self._threads,
        }
        data = wire.encode(header)
        self._channel.send(struct.pack("<I", len(data)), data, wire.encode(value))


def main() -> NoReturn:
    """Load the file of the first request, then answer calls until the other side has ended."""
    channel = _Channel()
    # Python and NumPy are loaded; from now on time limits apply.
    channel.send()
    job = wire.decode(channel.receive())
    _end_with_parent()
    impose(Limits(**job["limits"]), job["processes_now"])
    guard.refuse_outside(job["folder"])
    drawing.draw_nothing()
    course_modules.lend_course_modules()
    old_names.supply_old_names()
    sys.argv = ["solution.py"]
    try:
        process = _Process(channel, job)
        process.load()
        while True:
            process.call(channel.receive())
    finally:
        # Exit without running the learner's exit handlers.
        os._exit(_BROKEN)


def _end_with_parent() -> None:
    """Let the kernel kill this process when the check itself is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
