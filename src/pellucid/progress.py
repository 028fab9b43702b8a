"""Progress on standard error: a bar in a terminal, elsewhere a line now and then.

The faces show it; training and reading only emit events.
"""

import sys
import time
from collections.abc import Callable
from typing import Any, Self

# Seconds: how often a bar moves at most; when the first line comes, and how long the next ones wait.
_BAR, _FIRST_LINE, _LINE = 0.1, 1.0, 5.0
# Columns of a terminal that shows the time left.
_ROOM_FOR_TIME = 70


class Bar:
    """Progress through a known number of steps.

    Args:
        what: the work, in a word or two: "training".
        total: how many steps there are.
        shown: False: nothing is written.

    Attributes:
        total: as given.
    """

    def __init__(self, what: str, total: int, *, shown: bool) -> None:
        self._what, self.total, self._shown = what, total, shown
        self._next = time.monotonic() + _FIRST_LINE
        self._bar: Any = None
        self._task: Any = None
        if shown and sys.stderr.isatty():
            self._next = 0.0
            self._start()

    def _start(self) -> None:
        from rich import progress
        from rich.console import Console
        from rich.table import Column

        console = Console(stderr=True)
        # In a narrow terminal the bar shrinks, not the words and numbers; the time left has no room there.
        shown = [
            progress.TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
            progress.BarColumn(),
            progress.MofNCompleteColumn(table_column=Column(no_wrap=True)),
            progress.TextColumn("{task.fields[state]}", markup=False, table_column=Column(no_wrap=True)),
        ]
        if console.width >= _ROOM_FOR_TIME:
            shown.append(progress.TimeRemainingColumn(table_column=Column(no_wrap=True)))
        self._bar = progress.Progress(*shown, console=console, transient=True)
        self._task = self._bar.add_task(self._what, total=self.total, state="")
        self._bar.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def update(self, done: int, state: str | Callable[[], str] = "", *, last: bool = False) -> None:
        """Show that so many steps are done, unless something was shown a moment ago.

        Args:
            done: of `total`; the last step is always shown.
            state: what else to show, such as the cost; a function is called only where it is shown.
            last: no more steps will follow.
        """
        now = time.monotonic()
        if not self._shown or (now < self._next and done < self.total and not last):
            return
        said = state if isinstance(state, str) else state()
        if self._bar is not None:
            self._next = now + _BAR
            self._bar.update(self._task, completed=done, state=said)
            return
        self._next = now + _LINE
        line = f": {said}" if said else ""
        sys.stderr.write(f"pellucid: {self._what} {done} of {self.total}{line}\n")

    def close(self) -> None:
        """Remove the bar; after that nothing is shown. Closing twice is closing once."""
        self._shown = False
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
