"""What the commands share in talking to people: results on standard output, the rest on standard error."""

import json
import math
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pellucid.errors import NonFiniteError
from pellucid.files.reading import shown
from pellucid.progress import Bar

if TYPE_CHECKING:
    import numpy as np

Progress = Callable[[int, int], None]


def print_json(document: Any) -> None:
    """One JSON document on standard output, whole or not at all."""
    sys.stdout.write(json_text(document))


def json_text(document: Any) -> str:
    """One JSON document: strict, because NaN would be no JSON, and ASCII, which holds any file name."""
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def finite_or_none(value: float) -> float | None:
    """The number as JSON can hold it: null stands for infinity and NaN."""
    return value if math.isfinite(value) else None


def note(message: str) -> None:
    """One line beside the results, however many the message has."""
    one_line = " ".join(line.strip() for line in message.splitlines())
    print(f"pellucid: {one_line}", file=sys.stderr)  # noqa: T201


def note_skipped(skipped: Sequence[str], most: int = 10) -> None:
    """Name what could not be read, and count it; name the folders that were left out."""
    from pellucid.data.folder_layout import LeftOut

    folders = [line for line in skipped if isinstance(line, LeftOut)]
    pictures = [line for line in skipped if not isinstance(line, LeftOut)]
    for left_out in folders[:most]:
        note(left_out)
    if len(folders) > most:
        note(f"{len(folders)} folders left out ({most} shown)")
    for line in pictures[:most]:
        note(line)
    if pictures:
        more = f" ({most} shown)" if len(pictures) > most else ""
        note(f"{len(pictures)} skipped{more}; with --strict an unreadable picture stops the run")


def check_answers(probabilities: "np.ndarray[Any, Any]", sources: Sequence[str]) -> None:
    """Refuse to call NaN an answer.

    Args:
        probabilities: (m, K), of the model.
        sources: where each of the m examples came from.

    Raises:
        NonFiniteError: finite inputs so large that the network cannot count with them.
    """
    for source, row in zip(sources, probabilities.tolist(), strict=True):
        if not all(map(math.isfinite, row)):
            raise NonFiniteError(
                f"{shown(source)}: the network makes {row[-1]} of these inputs, which are too large "
                "for it; expected inputs like those it was trained on"
            )


@contextmanager
def reading(quiet: bool) -> Iterator[Progress]:
    """A progress bar for reading pictures, in a terminal, once there is something to show."""
    bars: list[Bar] = []

    def show(done: int, total: int) -> None:
        if not bars:
            bars.append(Bar("reading pictures", total, shown=not quiet and sys.stderr.isatty()))
        bars[0].update(done)

    try:
        yield show
    finally:
        for bar in bars:
            bar.close()


def width() -> int | None:
    """Columns of the terminal that results are printed in; None: they go to a file or another program."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def wrapped(text: str, indent: int = 0) -> str:
    """A line of text broken at spaces where the terminal is narrower.

    Args:
        text: one line.
        indent: columns before the second and later lines.
    """
    columns = width()
    if columns is None or len(text) <= columns:
        return text
    room = max(columns, indent + 20)
    return textwrap.fill(
        text, room, subsequent_indent=" " * indent, break_on_hyphens=False, break_long_words=False
    )


def confusion_table(
    confusion: "np.ndarray[Any, Any]", classes: Sequence[str], elsewhere: str, most: int = 20
) -> str:
    """The confusion matrix as text: a row per true class, a column per predicted one.

    Args:
        confusion: (K, K).
        classes: their K names.
        elsewhere: where to look instead, with more than `most` classes: "see report.json".
        most: how many classes a terminal has room for.
    """
    columns = width() or 10_000
    for longest in (40, 12, 6):
        names = [shown(name, longest) for name in classes]
        head = ["true \\ predicted", *names]
        rows = [
            head,
            *([name, *map(str, row)] for name, row in zip(names, confusion.tolist(), strict=True)),
        ]
        table = aligned_table(rows, "l" + "r" * len(classes))
        if len(classes) <= most and len(table.partition("\n")[0]) <= columns:
            return table
    return wrapped(f"(confusion matrix of {len(classes)} classes: {elsewhere})")


def aligned_table(rows: Sequence[Sequence[str]], sides: str) -> str:
    """Rows of cells as text: each column as wide as its widest cell, or less in a narrow terminal.

    Args:
        rows: the head among them.
        sides: "l" or "r" for each column: where its cells are aligned.
    """
    rows, widths = _within(rows, width() or 10_000)
    lines = (
        "  ".join(
            cell.ljust(width) if side == "l" else cell.rjust(width)
            for cell, width, side in zip(row, widths, sides, strict=True)
        )
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _within(rows: Sequence[Sequence[str]], columns: int) -> tuple[Sequence[Sequence[str]], list[int]]:
    """The rows and the widths of their columns, the widest of them cut where the terminal is narrower."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    excess = sum(widths) + 2 * (len(widths) - 1) - columns
    widest = widths.index(max(widths))
    room = widths[widest] - excess
    if excess <= 0 or room < 10:
        return rows, widths
    cut = [[shown(cell, room) if i == widest else cell for i, cell in enumerate(row)] for row in rows]
    widths[widest] = room
    return cut, widths


def aligned(lines: Sequence[tuple[str, str]], least: int) -> str:
    """What each line is called, and beside it what it says.

    Args:
        lines: pairs of these.
        least: how wide the names' column is at the least.
    """
    indent = max(least, *(len(name) for name, _ in lines)) + 2
    return "\n".join(wrapped(f"{name:<{indent}}{said}", indent) for name, said in lines)
