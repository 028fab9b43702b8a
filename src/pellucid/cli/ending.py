"""Signals that end a command: SIGTERM and SIGHUP do what Ctrl-C does, and wait while a model is saved."""

import signal
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

# SIGHUP: the terminal was closed, or the connection to it. Windows has none.
_OTHERS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Ending:
    """Within it SIGTERM and SIGHUP are Ctrl-C, unless somebody else handles or ignores them.

    From `hold` on all of them wait, until `let_go`. Outside the main thread it does nothing.
    """

    def __init__(self) -> None:
        self._before: dict[Any, Any] = {}
        self._held: list[int] = []

    def __enter__(self) -> Self:
        # Others handle them, or ignore them as after nohup; None was not installed from Python.
        self._handle([one for one in _OTHERS if signal.getsignal(one) is signal.SIG_DFL], _as_ctrl_c)
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
                self._before.setdefault(number, before)

    def _wait(self, number: int, _: Any) -> None:
        self._held.append(number)

    def hold(self) -> None:
        """Let signals wait: what there is now must not be lost."""
        # Not before: training has a handler of its own for Ctrl-C, in place of Python's.
        own = [signal.SIGINT] if signal.getsignal(signal.SIGINT) is signal.default_int_handler else []
        self._handle([*own, *self._before], self._wait)

    def let_go(self) -> None:
        """Let signals end the command again.

        Raises:
            KeyboardInterrupt: one came meanwhile.
        """
        for number in self._before:
            ctrl_c = signal.default_int_handler if number == signal.SIGINT else _as_ctrl_c
            signal.signal(number, ctrl_c)
        if self._held:
            raise KeyboardInterrupt


def _as_ctrl_c(*_: Any) -> None:
    signal.raise_signal(signal.SIGINT)
