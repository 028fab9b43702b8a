"""Run a learner's file in a process of its own: every call has an outcome, whatever the file does."""

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

# Seconds that an interpreter may take to start on a busy machine.
_STARTING = 30.0
# Seconds to wait beyond the time limit of the process: at the limit it answers by itself, with the current
# line, unless it is blocked outside Python.
_GRACE = 1.0
# Exit status of the child if its own code cannot continue, as in `pellucid.check.child`.
_BROKEN = 70

# Outcomes after which a process is useless: it hangs, has ended, or has used all its memory.
_UNFIT = frozenset({"timeout", "died", "too_much"})


class Call(NamedTuple):
    """One call of a function of the file.

    Attributes:
        name: of the function.
        args: its arguments, by position.
        seed: of NumPy's global stream, set before; None: unchanged.
        alone: whether the reference replaces all other functions of the file during the call.
    """

    name: str
    args: tuple[Any, ...]
    seed: int | None = None
    alone: bool = True


class Sandbox:
    """A process with a learner's file loaded, for the length of a `with` block.

    After a call that ran out of time or memory, ended the process, or left something behind (threads,
    replaced functions of NumPy), the next call runs in a fresh process.

    Attributes:
        loaded: the outcome of running the file's top level; if a statement failed, "raised" with the first
            failure. The functions can still be called.
        problems: all failures of top-level statements, at most ten.
        isolation: the kind of isolation, in words.
    """

    def __init__(
        self, solution: Solution, *, reference_names: Sequence[str] = (), limits: Limits | None = None
    ) -> None:
        """A sandbox, not yet open.

        Args:
            solution: the file.
            reference_names: functions of `pellucid.course` for the file to use if it does not define them;
                "shallow.compute_cost" is that of the network with one hidden layer.
            limits: of the process.
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
            # Once more with the definitions only.
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
        """The outcome of one call; see `Call` for the arguments."""
        return self.calls([Call(name, args, seed, alone)])[0]

    def calls(self, calls: Iterable[Call | tuple[Any, ...]]) -> list[Outcome]:
        """The outcomes of many calls, in their order.

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
            output = self._channel.printed().split("\n")
            self._end()
            raise SandboxError(
                f"Python does not start in the sandbox: {' '.join(output)[-300:]}"
            ) from error
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
        """Send a request and wait for its outcome; end the process if it cannot serve further calls."""
        assert self._channel is not None
        try:
            self._channel.send(parts, seconds + _GRACE)
            outcome, fit = self._outcome(self._channel.receive(seconds + _GRACE))
        except SilentError:
            outcome, fit = _ended("timeout", f"it was still running after {seconds:g} s"), False
        except FormatError as error:
            outcome, fit = _ended("died", f"its process sent an invalid answer: {error}"), False
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
        """The outcome in an untrusted frame; and whether the process can serve further calls."""
        if len(frame) < 4 or (size := struct.unpack("<I", frame[:4])[0]) > len(frame) - 4:
            raise FormatError("it is cut short")
        answer: Any = wire.decode(frame[4 : 4 + size])
        if not isinstance(answer, dict) or answer.get("number") != self._number:
            raise FormatError("it is no answer to what was asked")
        names = ("kind", "seconds", "printed", "changed", "written", "replaced")
        fields: list[Any] = [answer.get(name) for name in names]
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
            _failure(answer.get("error")),
            printed,
            seconds,
            changed,
            written,
            replaced,
        )
        # A fresh process would leave the same behind after loading.
        spoilt = self._number > 0 and bool(answer.get("leftover") or outcome.replaced)
        return outcome, kind not in _UNFIT and not spoilt

    def _end(self) -> int:
        child, self._child, self._channel = self._child, None, None
        return child.end() if child is not None else 0


def _ended(kind: Any, message: str) -> Outcome:
    return Outcome(kind, error=Failure("", message, None))


def _all_of(kind: type, values: Any) -> bool:
    return isinstance(values, tuple) and all(type(value) is kind for value in values)


def _failure(answer: Any) -> Failure | None:
    if not isinstance(answer, tuple) or len(answer) != 3:
        return None
    name, message, line = answer
    plain = " ".join(str(message).split())[:300]
    return Failure(str(name)[:80], plain, line if type(line) is int and line > 0 else None)


def _how(status: int) -> str:
    if status == _BROKEN:
        return "it removed what Python needs to continue"
    if status < 0:
        number = -status
        is_known = number in signal.Signals.__members__.values()
        return f"its process was ended by {signal.Signals(number).name if is_known else f'signal {number}'}"
    return f"its process ended by itself with status {status}"
