"""The number of steps in one call of an engine: many for a cheap loop, few for a quick Ctrl-C."""

import _signal  # type: ignore[import-not-found]
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

# Seconds that one call should take. Ctrl-C, `stop` and requests for the state wait as long.
CALL_SECONDS = 0.05

# Largest growth from one call to the next: a first step may have been quick by chance.
_GROWTH = 16

# The functions that `signal` wraps: its conversions to enumerations take longer than a small step.
_handler: Callable[[int], Any] = _signal.getsignal
_handle: Callable[[int, Any], Any] = _signal.signal
_CTRL_C = int(signal.SIGINT)


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


@contextmanager
def interrupts_wait(strikes: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Delay Ctrl-C to the end of the block: a call of the engine, and the counting of its steps.

    Otherwise the results of the call would be lost. A second Ctrl-C is not delayed. Outside the main
    thread, or if the program has its own handler of Ctrl-C, this does nothing.

    Args:
        strikes: called on Ctrl-C; True: interrupt at once, because nothing would be lost.

    Raises:
        KeyboardInterrupt: at the end of the block, if Ctrl-C came during it; at once, if `strikes()`.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or _handler(_CTRL_C) is not signal.default_int_handler:
        yield
        return
    interrupted = False

    def wait(number: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        if interrupted or strikes():
            signal.default_int_handler(number, frame)
        interrupted = True

    _handle(_CTRL_C, wait)
    try:
        yield
    finally:
        _handle(_CTRL_C, signal.default_int_handler)
    if interrupted:
        raise KeyboardInterrupt
