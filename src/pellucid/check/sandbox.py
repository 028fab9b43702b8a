"""Running a learner's file in a process of its own: values in, an outcome back, whatever the file does."""

import signal
import struct
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from types import TracebackType
from typing import Any, NamedTuple, Self

from pellucid.check import wire
from pellucid.check.channel import Channel, ClosedError, SilentError
from pellucid.check.limits import Limits
from pellucid.check.outcome import KINDS, Failure, Outcome
from pellucid.check.process import ChildProcess, SandboxError, isolation, processes_now
from pellucid.check.solution import Solution
from pellucid.errors import FormatError

# How long an interpreter may take to start on a machine that has much else to do.
_STARTING = 30.0
# How much longer than its own clock the process is waited for: it answers by itself at the limit, with the
# line it was at, unless it is held up outside Python.
_GRACE = 1.0
# What the child ends with where its own code cannot go on, as `pellucid.check.child` does.
_BROKEN = 70

# After which a process is of no more use: it hangs, is gone, or holds all the memory it may have.
_UNFIT = frozenset({"timeout", "died", "too_much"})


class Call(NamedTuple):
    """One call of a function of the file.

    Attributes:
        name: of the function.
        args: its arguments, by position.
        seed: of NumPy's global stream, set before; None leaves it.
        alone: whether all other functions the file defines are the reference's during the call.
    """

    name: str
    args: tuple[Any, ...]
    seed: int | None = None
    alone: bool = True


class Sandbox:
    """A process with a learner's file loaded, for the length of a `with` block.

    After a call that ran out of time or memory, ended the process, or left something behind (threads,
    functions of NumPy replaced), the next one finds a fresh process.

    Attributes:
        loaded: what came of running the file's top level; where a statement of it failed, "raised" with the
            first failure. The functions can be called all the same.
        problems: all failures of top-level statements, at most ten.
        isolation: how the file is kept apart, in words.
    """

    def __init__(
        self, solution: Solution, *, reference_names: Sequence[str] = (), limits: Limits | None = None
    ) -> None:
        """A sandbox, not yet open.

        Args:
            solution: the file.
            reference_names: functions of `pellucid.course` that the file finds where it does not define
                them itself; "shallow.compute_cost" is that of the network with one hidden layer.
            limits: what the file may use up.
        """
        self._solution = solution
        self._references = tuple(reference_names)
        self._limits = limits or Limits()
        self._child: ChildProcess | None = None
        self._channel: Channel | None = None
        self._number = 0
        self._definitions_only = False
        self._unloadable: Outcome | None = None
        self.loaded = Outcome("value")
        self.problems: tuple[Failure, ...] = ()
        self.isolation = isolation()

    def __enter__(self) -> Self:
        self.loaded = self._start()
        if self.loaded.kind in _UNFIT:
            # Once more without what is not needed for the functions to be there.
            self._definitions_only = True
            again = self._start()
            self._unloadable = again if self._child is None else None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def call(
        self, name: str, args: tuple[Any, ...], *, seed: int | None = None, alone: bool = True
    ) -> Outcome:
        """What comes of one call; see `Call` for the arguments."""
        return self.calls([Call(name, args, seed, alone)])[0]

    def calls(self, calls: Iterable[Call | tuple[Any, ...]]) -> list[Outcome]:
        """What comes of many calls, in their order.

        A function that ran out of time or of memory, or ended its process, is not called again in this
        list: its other calls have the same outcome.
        """
        outcomes: list[Outcome] = []
        given_up: dict[str, Outcome] = {}
        for call in (Call(*call) for call in calls):
            outcome = self._unloadable or given_up.get(call.name) or self._call(call)
            if outcome.kind in _UNFIT:
                given_up[call.name] = outcome
            outcomes.append(outcome)
        return outcomes

    def _start(self) -> Outcome:
        self._end()
        self._child = ChildProcess()
        self._channel = Channel(self._child.popen, self._limits.printed)
        try:
            self._channel.receive(_STARTING)
        except (ClosedError, SilentError, FormatError) as error:
            said = self._channel.printed().split("\n")
            self._end()
            raise SandboxError(f"Python does not start in the sandbox: {' '.join(said)[-300:]}") from error
        self._number = 0
        outcome = self._ask([wire.encode(self._job())], self._limits.loading)
        if outcome.kind == "value" and isinstance(outcome.value, list):
            self.problems = tuple(filter(None, map(_failure, outcome.value)))
            outcome = replace(outcome, value=None)
            if self.problems:
                return replace(outcome, kind="raised", error=self.problems[0])
        return outcome

    def _job(self) -> dict[str, Any]:
        solution = self._solution
        return {
            "text": solution.text,
            "own": [*solution.functions, *solution.other_names],
            "reference_names": list(self._references),
            "definitions_only": self._definitions_only,
            "limits": asdict(self._limits),
            "folder": str(self._child.folder) if self._child else "",
            "processes_now": processes_now(),
        }

    def _call(self, call: Call) -> Outcome:
        if self._child is None:
            again = self._start()
            if self._child is None:
                return again
        self._number += 1
        arguments = [wire.encode(value) for value in call.args]
        header = wire.encode([self._number, call.name, call.seed, call.alone, [*map(len, arguments)]])
        return self._ask([struct.pack("<I", len(header)), header, *arguments], self._limits.call)

    def _ask(self, parts: list[bytes], seconds: float) -> Outcome:
        """Send a request and wait for its outcome; one that leaves the process unfit for more ends it."""
        assert self._channel is not None
        try:
            self._channel.send(parts, seconds + _GRACE)
            outcome, fit = self._outcome(self._channel.receive(seconds + _GRACE))
        except SilentError:
            outcome, fit = _ended("timeout", f"it was still running after {seconds:g} s"), False
        except FormatError as error:
            outcome, fit = _ended("died", f"its process answered out of form: {error}"), False
        except ClosedError:
            printed = self._channel.printed()
            if self._child is not None:
                self._child.settle()
            return replace(_ended("died", _how(self._end())), printed=printed)
        outcome = replace(
            outcome, printed=(outcome.printed + self._channel.printed())[: self._limits.printed]
        )
        if not fit:
            self._end()
        return outcome

    def _outcome(self, frame: memoryview) -> tuple[Outcome, bool]:
        """The outcome in a frame, none of which is believed; and whether the process can serve on."""
        if len(frame) < 4 or (size := struct.unpack("<I", frame[:4])[0]) > len(frame) - 4:
            raise FormatError("it is cut short")
        told: Any = wire.decode(frame[4 : 4 + size])
        if not isinstance(told, dict) or told.get("number") != self._number:
            raise FormatError("it is no answer to what was asked")
        names = ("kind", "seconds", "printed", "changed", "written", "replaced")
        fields: list[Any] = [told.get(name) for name in names]
        kind, seconds, printed, changed, written, replaced = fields
        sound = kind in KINDS and isinstance(seconds, float) and isinstance(printed, str)
        if (
            not sound
            or not _all_of(int, changed)
            or not _all_of(int, written)
            or not _all_of(str, replaced)
        ):
            raise FormatError("it tells no outcome")
        outcome = Outcome(
            kind,
            wire.decode(frame[4 + size :]) if kind == "value" else None,
            _failure(told.get("error")),
            printed,
            seconds,
            changed,
            written,
            replaced,
        )
        # What loading left behind, a fresh process would only leave behind again.
        spoilt = self._number > 0 and bool(told.get("leftover") or outcome.replaced)
        return outcome, kind not in _UNFIT and not spoilt

    def _end(self) -> int:
        child, self._child, self._channel = self._child, None, None
        return child.end() if child is not None else 0


def _ended(kind: Any, message: str) -> Outcome:
    return Outcome(kind, error=Failure("", message, None))


def _all_of(kind: type, values: Any) -> bool:
    return isinstance(values, tuple) and all(type(value) is kind for value in values)


def _failure(told: Any) -> Failure | None:
    if not isinstance(told, tuple) or len(told) != 3:
        return None
    name, message, line = told
    plain = " ".join(str(message).split())[:300]
    return Failure(str(name)[:80], plain, line if type(line) is int and line > 0 else None)


def _how(status: int) -> str:
    if status == _BROKEN:
        return "it took away what Python needs to go on in its process"
    if status < 0:
        number = -status
        known = number in signal.Signals.__members__.values()
        return f"its process was ended by {signal.Signals(number).name if known else f'signal {number}'}"
    return f"its process ended by itself with status {status}"
