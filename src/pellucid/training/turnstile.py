"""Turnstile: a lock that serves waiting threads before the thread that has just released it."""

import threading
from types import TracebackType


class Turnstile:
    """A fair, re-entrant lock.

    A thread that has just released a plain lock may take it again before a waiting thread wakes. Here a
    thread first takes a gate, and holds it while it waits for the lock. A thread that already holds the
    lock, as in a signal handler, does not pass the gate again.
    """

    def __init__(self) -> None:
        self._gate = threading.RLock()
        self._lock = threading.RLock()
        self._of_thread = threading.local()

    def __enter__(self) -> None:
        depth = getattr(self._of_thread, "depth", 0)
        if depth:
            self._lock.acquire()
            self._of_thread.depth = depth + 1
            return
        with self._gate:
            self._lock.acquire()
            self._of_thread.depth = 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()
        self._of_thread.depth -= 1
