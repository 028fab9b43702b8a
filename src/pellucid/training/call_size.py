"""How many steps one call of an engine takes: many, so that the loop costs nothing; few, for Ctrl-C."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Seconds that one call should take. Ctrl-C, `stop` and whoever asks for the state wait as long.
CALL_SECONDS = 0.05

# From one call to the next: a first step may have been quick by chance.
_GROWTH = 16


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
def interrupts_wait() -> Iterator[None]:
    """Let Ctrl-C wait for the end of the block: a call of the engine that is known to be short.

    What the call returns would be lost otherwise. A second Ctrl-C does not wait. Where interrupts are not
    Python's own, or in another thread than the main one, nothing changes.

    Raises:
        KeyboardInterrupt: at the end of the block, if it came during the block.
    """
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    came = False

    def wait(number: int, frame: FrameType | None) -> None:
        nonlocal came
        if came:
            signal.default_int_handler(number, frame)
        came = True

    signal.signal(signal.SIGINT, wait)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if came:
        raise KeyboardInterrupt
