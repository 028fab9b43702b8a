"""The output of a fit: lines or a progress bar, and warnings that point at the user's own line."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pellucid.errors import warn as warn_user

# With many trainings at a time a warning does not show which one it belongs to; and Python's filters of
# warnings are not per thread.
_SILENT: ContextVar[bool] = ContextVar("silent", default=False)


@contextmanager
def silently() -> Iterator[None]:
    """Suppress our warnings in this thread."""
    token = _SILENT.set(True)
    try:
        yield
    finally:
        _SILENT.reset(token)


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line that called in from outside of Pellucid and scikit-learn."""
    if _SILENT.get():
        return
    warn_user(message, category)


class VerboseReporter:
    """The lines that scikit-learn prints with `verbose`; on a terminal a bar instead.

    Args:
        estimator: with `verbose`.
        epochs: the most epochs.
    """

    def __init__(self, estimator: Any, epochs: int) -> None:
        self._verbose = bool(estimator.verbose)
        self._bar = _bar(type(estimator).__name__, epochs) if self._verbose and epochs > 1 else None

    def epoch(self, done: int, loss: float, score: float | None = None) -> None:
        """Show epoch number `done`, counted from 1."""
        if not self._verbose:
            return
        if self._bar is not None:
            scored = "" if score is None else f", validation score {score:.4f}"
            self._bar.update(done, f"loss {loss:.6f}{scored}")
            return
        self.line(f"Iteration {done}, loss = {loss:.8f}")
        if score is not None:
            self.line(f"Validation score: {score:f}")

    def line(self, text: str) -> None:
        """Print one line, if there is no bar."""
        if self._verbose and self._bar is None:
            sys.stdout.write(f"{text}\n")

    def close(self, text: str = "") -> None:
        """Remove the bar, and print why the fit ended."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        if text:
            self.line(text)


def _bar(title: str, epochs: int) -> Any:
    """A bar, if both outputs are terminals: it replaces the lines."""
    if not (sys.stderr.isatty() and sys.stdout.isatty()):
        return None
    from pellucid.progress import Bar

    return Bar(title, epochs, shown=True)
