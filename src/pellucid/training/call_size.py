"""The number of steps in one call of an engine: many for a cheap loop, few for a quick Ctrl-C."""

import _signal  # type: ignore[import-not-found]
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

# Seconds that one call should take. Ctrl-C, `stop` and requests for the state wait as long.
CALL_SECONDS = 0.05

# Largest growth from one call to the next: a first step may have been quick by chance.
_GROWTH = 16

# The functions that `signal` wraps: its conversions to enumerations take longer than a small step.
_handler: Callable[[int], Any] = _signal.getsignal
_handle: Callable[[int, Any], Any] = _signal.signal
_CTRL_C = int(signal.SIGINT)
_MAIN = threading.main_thread().ident


class CallSizer:
    """Measures how many steps fill `CALL_SECONDS`.

    Attributes:
        steps: the number of steps for the next call.
    """

    def __init__(self) -> None:
        self.steps = 1

    def observe(self, steps: int, seconds: float) -> None:
        """Adjust `steps` to the duration of a call."""
        fitting = int(steps * CALL_SECONDS / max(seconds, 1e-9))
        self.steps = max(1, min(fitting, steps * _GROWTH))


def now() -> float:
    """Seconds on a clock that only goes forward."""
    return time.perf_counter()


# In the main thread: takes Ctrl-C, or a signal that stands for it, while the engine is called.
_taker: Callable[[FrameType | None], None] | None = None

# Seconds after which another Ctrl-C is impatience, and not a key that was held down.
_PATIENCE = 2.0


def ctrl_c(frame: FrameType | None = None) -> None:
    """What Ctrl-C does, for the handlers of other signals: also where Ctrl-C itself is ignored.

    Raises:
        KeyboardInterrupt: unless it has to wait.
    """
    if _taker is None:
        raise KeyboardInterrupt
    _taker(frame)


class _Taking:
    """Within it Ctrl-C, and `ctrl_c`, call `take`. A class: entering a generator takes twice as long.

    Outside the main thread, or if the program has its own handler of Ctrl-C, it does nothing.
    """

    __slots__ = ("_before", "_handler")

    def take(self, frame: FrameType | None) -> None:
        """What Ctrl-C does."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        global _taker  # signals are the process's
        handler = _handler(_CTRL_C)
        ours = is_pythons(handler)
        self._handler = None
        if threading.get_ident() == _MAIN and (ours or handler == signal.SIG_IGN):
            self._handler, self._before, _taker = handler, _taker, self.take
            # Where Ctrl-C is ignored, as in the background of a script, it stays so.
            if ours:
                _handle(_CTRL_C, _interrupted)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        global _taker  # noqa: PLW0603 # as above
        if self._handler is None:
            return
        # Somebody may have taken it over meanwhile.
        if self._handler != signal.SIG_IGN and _handler(_CTRL_C) is _interrupted:
            _handle(_CTRL_C, self._handler)
        _taker = self._before


class interrupts_wait(_Taking):  # noqa: N801 - a context, as those of contextlib
    """Delay Ctrl-C to the end of the block: a call of the engine, and the counting of its steps.

    Otherwise the results of the call would be lost. One that comes seconds after the first is not delayed.
    Outside the main thread, or if the program has its own handler of Ctrl-C, this does nothing.

    Args:
        strikes: called on Ctrl-C; True: interrupt at once, because nothing would be lost.

    Raises:
        KeyboardInterrupt: at the end of the block, if Ctrl-C came during it; at once, if `strikes()`.
    """

    __slots__ = ("_first", "_strikes")

    def __init__(self, strikes: Callable[[], bool] = lambda: False) -> None:
        self._strikes, self._first = strikes, 0.0

    def take(self, frame: FrameType | None) -> None:
        """See `_Taking.take`."""
        del frame
        if self._strikes() or (self._first and now() > self._first + _PATIENCE):
            raise KeyboardInterrupt
        self._first = self._first or now()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if self._first and error is None:
            raise KeyboardInterrupt


class interrupts_held(_Taking):  # noqa: N801 - as above
    """Let Ctrl-C do nothing: a training is being ended, which somebody may ask for again and again.

    One that comes seconds later interrupts that too.

    Raises:
        KeyboardInterrupt: within the block.
    """

    __slots__ = ("_began",)

    def __init__(self) -> None:
        self._began = now()

    def take(self, frame: FrameType | None) -> None:
        """See `_Taking.take`."""
        del frame
        if now() > self._began + _PATIENCE:
            raise KeyboardInterrupt


def is_pythons(handler: Any) -> bool:
    """Whether a handler of Ctrl-C is Python's own, or stands for it during a training."""
    return handler in (signal.default_int_handler, _interrupted)


def _interrupted(_: int, frame: FrameType | None) -> None:
    ctrl_c(frame)
