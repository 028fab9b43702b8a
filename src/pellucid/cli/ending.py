"""Signals that end a command: SIGTERM and SIGHUP do what Ctrl-C does, and wait while a model is saved."""

import signal
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from pellucid.training.call_size import ctrl_c, is_pythons

# SIGHUP: the terminal was closed, or the connection to it. Windows has none.
_OTHERS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Ending:
    """Within it SIGTERM and SIGHUP are Ctrl-C, unless somebody else handles or ignores them.

    From `hold` on all of them wait, until `let_go`. Outside the main thread it does nothing.
    """

    def __init__(self) -> None:
        self._before: dict[Any, Any] = {}
        self._held: list[int] = []
        self._asked = False

    def __enter__(self) -> Self:
        # Others handle them, or ignore them as after nohup; None was not installed from Python.
        self._handle([one for one in _OTHERS if signal.getsignal(one) is signal.SIG_DFL], self._end)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, numbers: Iterable[int], handler: Any) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in numbers:
                before = signal.signal(number, handler)
                self._before.setdefault(
                    number, signal.default_int_handler if is_pythons(before) else before
                )

    def _wait(self, number: int, _: Any) -> None:
        self._held.append(number)

    def _end(self, _: int, frame: Any) -> None:
        self._asked = True
        # Not by raising SIGINT, which is ignored in the background of a script.
        ctrl_c(frame)

    def check(self) -> None:
        """End the command if another signal than Ctrl-C asked for it: there is no result yet to save.

        Raises:
            KeyboardInterrupt: it was.
        """
        if self._asked:
            raise KeyboardInterrupt

    def hold(self) -> None:
        """Let signals wait: what there is now must not be lost."""
        # Not before: training has a handler of its own for Ctrl-C, in place of Python's.
        own = [signal.SIGINT] if is_pythons(signal.getsignal(signal.SIGINT)) else []
        self._handle([*own, *self._before], self._wait)

    def let_go(self) -> None:
        """Let signals end the command again.

        Raises:
            KeyboardInterrupt: one came meanwhile.
        """
        for number in self._before:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else self._end)
        if self._held:
            raise KeyboardInterrupt
