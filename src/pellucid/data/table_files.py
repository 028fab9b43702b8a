"""Files that hold a table: Parquet, and text (CSV, TSV), recognised by their content."""

import os
from collections.abc import Iterable
from pathlib import Path

from pellucid.data._files import look
from pellucid.data._table_csv import read_text_table
from pellucid.data._table_parquet import MAGIC, read_parquet
from pellucid.data.table import Table
from pellucid.errors import DataError, FormatError
from pellucid.files.reading import shown

# Control characters that text does not contain: all but tabs, line ends, form feeds and escapes.
_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r\f\x1b")
_WIDE = (b"\xff\xfe", b"\xfe\xff")


def is_table_file(path: str | os.PathLike[str]) -> bool:
    """Whether a file begins like Parquet or text; `read_table` reports errors in the rest."""
    try:
        _, head = look(Path(path))
    except DataError:
        return False
    return head.startswith(MAGIC) or _is_text(head)


def read_table(
    path: str | os.PathLike[str], *, text: Iterable[str] = (), as_written: Iterable[str] = ()
) -> Table:
    """Read a file of named columns: Parquet, or text whose first line holds the names.

    The separator of text is the most frequent of comma, tab and semicolon in the first line. A column holds
    numbers if every value in it is a number. Spaces around values are ignored; empty values and ?, NA, N/A,
    NaN, NULL and the like are missing.

    Args:
        path: of the file; text must be UTF-8.
        text: columns that are read as text even if every value is a number: codes such as 01234. Unknown
            names are ignored.
        as_written: columns that stay texts where the file is text: their numbers are written in another
            form, in which 1.234 may be a thousand.

    Raises:
        NotFoundError: there is no such file.
        FormatError: it is not a table, is damaged, is not UTF-8, is ragged (with the line), has two columns
            of one name, or would not fit in memory.
        MissingPackageError: pyarrow is not installed.
    """
    path = Path(path)
    size, head = look(path)
    if head.startswith(MAGIC):
        return read_parquet(path, size, frozenset(text))
    if not head:
        raise FormatError(f"{shown(path)} is empty; expected a table: names of columns, then rows")
    if head.startswith(_WIDE) or _is_text(head):
        return read_text_table(path, size, frozenset([*text, *as_written]))
    raise FormatError(
        f"{shown(path)} is not a table; expected Parquet, or UTF-8 text (CSV, TSV) whose first line names "
        "the columns"
    )


def _is_text(head: bytes) -> bool:
    return bool(head.strip()) and (head.startswith(_WIDE) or _CONTROL.isdisjoint(head))
