"""Signals that end a command: SIGTERM and SIGHUP do what Ctrl-C does, but not while a model is saved."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# SIGHUP: the terminal was closed, or the connection to it. Windows has none.
_OTHERS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


def _as_ctrl_c(*_: Any) -> None:
    signal.raise_signal(signal.SIGINT)


@contextmanager
def ends_like_ctrl_c() -> Iterator[None]:
    """Within it SIGTERM and SIGHUP are Ctrl-C, unless somebody else handles or ignores them."""
    with _handled([one for one in _OTHERS if signal.getsignal(one) is signal.SIG_DFL], _as_ctrl_c):
        yield


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Within it signals that end a command wait, and take effect at its end."""
    seen: list[int] = []
    with _handled([signal.SIGINT, *_OTHERS], lambda number, _: seen.append(number)):
        yield
    if seen:
        signal.raise_signal(seen[0])


@contextmanager
def _handled(numbers: list[Any], handler: Any) -> Iterator[None]:
    """Within it these signals are handled so; only the main thread may ask for it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in numbers}
    # One that was not installed from Python cannot be put back.
    before = {number: known for number, known in before.items() if known is not None}
    for number in before:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, known in before.items():
            signal.signal(number, known)
