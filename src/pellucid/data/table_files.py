"""Files that hold a table: Parquet, and text (CSV, TSV), told apart by their content."""

import os
from collections.abc import Iterable
from pathlib import Path

from pellucid.data._files import look
from pellucid.data._table_csv import read_text_table
from pellucid.data._table_parquet import MAGIC, read_parquet
from pellucid.data.table import Table
from pellucid.errors import DataError, FormatError
from pellucid.files.reading import shown

# What no text holds but tabs, line ends, form feeds and escapes.
_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r\f\x1b")
_WIDE = (b"\xff\xfe", b"\xfe\xff")


def is_table_file(path: str | os.PathLike[str]) -> bool:
    """Whether a file begins as Parquet or text does: what is wrong with it, `read_table` says."""
    try:
        _, head = look(Path(path))
    except DataError:
        return False
    return head.startswith(MAGIC) or _is_text(head)


def read_table(path: str | os.PathLike[str], *, text: Iterable[str] = ()) -> Table:
    """Read a file of named columns: Parquet, or text whose first line holds the names.

    In text the names are separated by commas, tabs or semicolons: by whichever the first line has most
    of. A column is one of numbers if every value in it is a number. Spaces around values do not count;
    empty values and ?, NA, N/A, NaN, NULL and the like are missing.

    Args:
        path: of the file; UTF-8 where it is text.
        text: columns that are read as text whatever they hold: codes such as 01234. Names that are not
            there do not matter.

    Raises:
        NotFoundError: there is no such file.
        FormatError: it is no table, is damaged, is not UTF-8, is ragged (with the line), names a column
            twice, or would not fit in memory.
        MissingPackageError: pyarrow is not installed.
    """
    path = Path(path)
    size, head = look(path)
    if head.startswith(MAGIC):
        return read_parquet(path, size, frozenset(text))
    if not head:
        raise FormatError(f"{shown(path)} is empty; expected a table: names of columns, then rows")
    if head.startswith(_WIDE) or _is_text(head):
        return read_text_table(path, size, frozenset(text))
    raise FormatError(
        f"{shown(path)} is no table; expected Parquet, or UTF-8 text (CSV, TSV) whose first line names the "
        "columns"
    )


def _is_text(head: bytes) -> bool:
    return bool(head.strip()) and (head.startswith(_WIDE) or _CONTROL.isdisjoint(head))
