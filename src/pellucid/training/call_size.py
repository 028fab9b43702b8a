"""How many steps one call of an engine takes: many, so that the loop costs nothing; few, for Ctrl-C."""

import _signal  # type: ignore[import-not-found]
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

# Seconds that one call should take. Ctrl-C, `stop` and whoever asks for the state wait as long.
CALL_SECONDS = 0.05

# From one call to the next: a first step may have been quick by chance.
_GROWTH = 16

# What `signal` wraps, without its conversions to enumerations: they take longer than a small step.
_handler: Callable[[int], Any] = _signal.getsignal
_handle: Callable[[int, Any], Any] = _signal.signal
_CTRL_C = int(signal.SIGINT)


class CallSizer:
    """Measures as it goes how many steps fill `CALL_SECONDS`.

    Attributes:
        steps: that many.
    """

    def __init__(self) -> None:
        self.steps = 1

    def observe(self, steps: int, seconds: float) -> None:
        """Learn from a call."""
        fitting = int(steps * CALL_SECONDS / max(seconds, 1e-9))
        self.steps = max(1, min(fitting, steps * _GROWTH))


def now() -> float:
    """Seconds on a clock that only goes forward."""
    return time.perf_counter()


@contextmanager
def interrupts_wait(strikes: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Let Ctrl-C wait for the end of the block: a call of the engine, and the counting of its steps.

    What the call returns would be lost otherwise. A second Ctrl-C does not wait. Where interrupts are not
    Python's own, or in another thread than the main one, nothing changes.

    Args:
        strikes: asked when Ctrl-C comes: whether it need not wait, because nothing would be lost.

    Raises:
        KeyboardInterrupt: at the end of the block, if it came during the block; at once, if it strikes.
    """
    ours = threading.current_thread() is threading.main_thread()
    if not ours or _handler(_CTRL_C) is not signal.default_int_handler:
        yield
        return
    came = False

    def wait(number: int, frame: FrameType | None) -> None:
        nonlocal came
        if came or strikes():
            signal.default_int_handler(number, frame)
        came = True

    _handle(_CTRL_C, wait)
    try:
        yield
    finally:
        _handle(_CTRL_C, signal.default_int_handler)
    if came:
        raise KeyboardInterrupt
