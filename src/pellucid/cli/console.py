"""What the commands share in talking to people: results on standard output, the rest on standard error."""

import json
import math
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

import typer

from pellucid.display import aligned_table, fitted
from pellucid.errors import NonFiniteError
from pellucid.files.reading import shown
from pellucid.progress import Bar

if TYPE_CHECKING:
    import numpy as np

Progress = Callable[[int, int], None]


def width(stream: TextIO | None = None) -> int | None:
    """Columns of the terminal behind a stream (default: standard output); None: it is no terminal."""
    stream = stream or sys.stdout
    if not stream.isatty():
        return None
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except OSError:
        columns = 0
    return shutil.get_terminal_size((columns or 80, 24)).columns


def show(text: str) -> None:
    """Results for people on standard output; a terminal gets no line longer than itself."""
    typer.echo(fitted(text, width()))


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
    """One line beside the results, however many the message has; a terminal breaks it at spaces."""
    one_line = " ".join(line.strip() for line in message.splitlines())
    typer.echo(fitted(f"pellucid: {one_line}", width(sys.stderr)), err=True)


def note_skipped(skipped: Sequence[str], most: int = 10) -> None:
    """Name what could not be read, and count it; name the folders that were left out."""
    from pellucid.data.folder_layout import LeftOut
    from pellucid.data.rows import Remark

    for remark in skipped:
        if isinstance(remark, Remark) and not isinstance(remark, LeftOut):
            note(remark)
    folders = [line for line in skipped if isinstance(line, LeftOut)]
    pictures = [line for line in skipped if not isinstance(line, Remark)]
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

    def progress(done: int, total: int) -> None:
        if not bars:
            bars.append(Bar("reading pictures", total, shown=not quiet and sys.stderr.isatty()))
        bars[0].update(done)

    try:
        yield progress
    finally:
        for bar in bars:
            bar.close()


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
    for longest, corner in (
        (40, "true \\ predicted"),
        (12, "true \\ predicted"),
        (12, "true"),
        (6, "true"),
    ):
        names = [shown(name, longest) for name in classes]
        rows = [[name, *map(str, row)] for name, row in zip(names, confusion.tolist(), strict=True)]
        table = aligned_table([[corner, *names], *rows], "<" + ">" * len(classes))
        if len(classes) <= most and len(table.partition("\n")[0]) <= columns:
            return table
    return f"(confusion matrix of {len(classes)} classes: {elsewhere})"


def aligned(lines: Sequence[tuple[str, str]], least: int) -> str:
    """Lines of a name and its value; the column of the names is at least so wide."""
    indent = max(least, *(len(name) for name, _ in lines)) + 2
    return "\n".join(f"{name:<{indent}}{value}" for name, value in lines)
