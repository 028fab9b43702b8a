"""Training made visible in the terminal: a live bar, or a line now and then where there is no terminal."""

import sys
import time
from collections.abc import Callable
from typing import Any, Self

from pellucid.cli.console import error_console, note
from pellucid.training import EpochEnd, Event, TrainingStart

# The score costs a forward pass: it may take this share of the time.
_SHARE = 0.05


class TrainingProgress:
    """A listener that shows cost, accuracy and time left.

    Args:
        score: in words, how good parameters are on the training set.
        quiet: show nothing.
    """

    def __init__(self, score: Callable[[dict[str, Any]], str], *, quiet: bool) -> None:
        self._score = score
        self._quiet = quiet
        self._live = not quiet and sys.stderr.isatty()
        self._bar: Any = None
        self._task: Any = None
        self._epochs = 0
        self._next_score = 0.0
        self._next_line = 0.0
        self._shown = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, event: Event) -> None:
        """Take one event."""
        if self._quiet:
            return
        if isinstance(event, TrainingStart):
            self._start(event)
        elif isinstance(event, EpochEnd):
            self._epoch(event)

    def _start(self, event: TrainingStart) -> None:
        self._epochs = event.epochs
        self._next_line = time.monotonic() + 1
        if not self._live:
            return
        from rich import progress

        self._bar = progress.Progress(
            progress.TextColumn("training"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[state]}"),
            progress.TimeRemainingColumn(),
            console=error_console(),
            transient=True,
        )
        self._task = self._bar.add_task("training", total=event.epochs, state="")
        self._bar.start()

    def _epoch(self, event: EpochEnd) -> None:
        now = time.monotonic()
        due = now >= self._next_line or event.epoch + 1 == self._epochs
        if not due:
            return
        if now >= self._next_score:
            self._shown = f"  {self._score(event.snapshot())}"
            self._next_score = time.monotonic() + (time.monotonic() - now) / _SHARE
        state = f"cost {event.cost:.6f}{self._shown}"
        if self._bar is not None:
            self._next_line = now + 0.1
            self._bar.update(self._task, completed=event.epoch + 1, state=state)
        else:
            self._next_line = now + 5
            note(f"epoch {event.epoch + 1} of {self._epochs}: {state}")
