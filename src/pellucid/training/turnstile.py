"""A lock whose waiters get their turn: between two calls of a thread that takes it again at once."""

import threading
from types import TracebackType


class Turnstile:
    """Mutual exclusion, fair to a thread that asks seldom.

    A plain lock may be taken again by the thread that has just released it before a waiting one wakes. Here
    everybody passes a gate first, and who waits for the lock holds the gate. Re-entrant: a signal handler
    in the thread that holds the lock goes past the gate, whoever waits there.
    """

    def __init__(self) -> None:
        self._gate = threading.RLock()
        self._lock = threading.RLock()
        self._mine = threading.local()

    def __enter__(self) -> None:
        depth = getattr(self._mine, "depth", 0)
        if depth:
            self._lock.acquire()
            self._mine.depth = depth + 1
            return
        with self._gate:
            self._lock.acquire()
            self._mine.depth = 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()
        self._mine.depth -= 1
