"""How many epochs an engine takes at a time: many, so that the loop costs nothing; few, for Ctrl-C."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Seconds that one call of the engine may take where that is up to the loop.
CALL = 0.05

# From one call to the next: a first epoch may have been quick by chance.
_GROWTH = 16


class Pace:
    """Measures as it goes how many epochs fill `CALL` seconds.

    Attributes:
        epochs: so many.
    """

    def __init__(self) -> None:
        self.epochs = 1

    def took(self, epochs: int, seconds: float) -> None:
        """Learn from a call."""
        fitting = int(epochs * CALL / max(seconds, 1e-9))
        self.epochs = max(1, min(fitting, epochs * _GROWTH))


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
