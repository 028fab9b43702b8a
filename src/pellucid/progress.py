"""How far a long work is, on standard error: a bar in a terminal, elsewhere a line now and then.

For the faces: what works tells, and does not show.
"""

import sys
import time
from typing import Any, Self

# Seconds: how often a bar moves at most; when the first line comes, and how long the next ones wait.
_BAR, _FIRST_LINE, _LINE = 0.1, 1.0, 5.0


class Bar:
    """Progress through a known number of steps.

    Args:
        what: is done, in a word or two: "training".
        total: how many steps there are.
        shown: False: nothing is written.
    """

    def __init__(self, what: str, total: int, *, shown: bool) -> None:
        self._what, self._total, self._shown = what, total, shown
        self._next = time.monotonic() + _FIRST_LINE
        self._bar: Any = None
        self._task: Any = None
        if shown and sys.stderr.isatty():
            self._next = 0.0
            self._start()

    def _start(self) -> None:
        from rich import progress
        from rich.console import Console

        self._bar = progress.Progress(
            progress.TextColumn("{task.description}", markup=False),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[state]}", markup=False),
            progress.TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task(self._what, total=self._total, state="")
        self._bar.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def update(self, done: int, state: str = "") -> None:
        """So many steps are done; what is between two moments of showing is passed over, the end is not.

        Args:
            done: of `total`.
            state: what else there is to say, such as the cost.
        """
        now = time.monotonic()
        if not self._shown or (now < self._next and done < self._total):
            return
        if self._bar is not None:
            self._next = now + _BAR
            self._bar.update(self._task, completed=done, state=state)
            return
        self._next = now + _LINE
        said = f": {state}" if state else ""
        sys.stderr.write(f"pellucid: {self._what} {done} of {self._total}{said}\n")

    def close(self) -> None:
        """Remove the bar; after that nothing is shown. Closing twice is closing once."""
        self._shown = False
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
