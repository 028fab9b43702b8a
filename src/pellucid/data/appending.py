"""A table file with additional columns, as `pellucid predict --out` writes it."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data._files import look
from pellucid.data._table_arrow import arrow
from pellucid.data._table_parquet import MAGIC
from pellucid.data.table import Table
from pellucid.data.table_files import read_table
from pellucid.errors import FormatError, OptionError
from pellucid.files.reading import shown

FORMATS = {".csv": ",", ".tsv": "\t", ".parquet": ""}


def format_of(path: Path) -> str:
    """The format of a file by the ending of its name: ".csv", ".tsv" or ".parquet".

    Raises:
        OptionError: another ending.
    """
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise OptionError(
            f"cannot write a table to {shown(path)}; expected a name ending in .csv, .tsv or .parquet"
        )
    return kind


def with_columns(
    source: Path, table: Table, columns: Mapping[str, np.ndarray[Any, Any]], kind: str
) -> bytes:
    """The content of a file with the rows of `source` and additional columns.

    Text stays as in `source` (missing values become empty), and columns of Parquet keep their types; from
    one format to the other, the numbers and texts of `table` are written.

    Args:
        source: the file that `table` was read from.
        table: its rows.
        columns: name to (m,) numbers or texts, appended after the others.
        kind: see `format_of`.

    Raises:
        FormatError: `source` was changed meanwhile.
        MissingPackageError: pyarrow is not installed.
    """
    is_parquet = look(source)[1].startswith(MAGIC)
    if kind == ".parquet":
        return _parquet(source if is_parquet else None, table, columns)
    if not is_parquet:
        # As text, so that 007 and 1.50 stay what they are.
        table = _again(table, read_table(source, text=table.names))
    texts = [[value or "" for value in table.texts(name)] for name in table.names]
    added = [column.tolist() for column in columns.values()]
    lines = _Lines()
    writer = csv.writer(lines, delimiter=FORMATS[kind], lineterminator="\r\n")
    writer.writerow([*table.names, *columns])
    writer.writerows(zip(*texts, *added, strict=True))
    return "\n".join([*lines.written, ""]).encode()


class _Lines:
    """The lines that a csv.writer writes.

    The writer quotes a line end within a value only if its own line end contains it: CR LF contains both.
    """

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, line: str) -> None:
        self.written.append(line.removesuffix("\r\n"))


def _again(first: Table, second: Table) -> Table:
    """The second reading of a file, checked to have the rows and columns of the first."""
    if (first.names, first.m) != (second.names, second.m):
        raise FormatError(f"{first.where} was changed while it was read; expected no change: start again")
    return second


def _parquet(source: Path | None, table: Table, columns: Mapping[str, np.ndarray[Any, Any]]) -> bytes:
    pa = arrow()
    from pyarrow import parquet

    if source is None:
        rows = pa.table({name: pa.array(table[name], from_pandas=True) for name in table.names})
    else:
        # The file alone: pyarrow would make columns of the names of its folders.
        rows = parquet.ParquetFile(source).read()
    for name, column in columns.items():
        rows = rows.append_column(name, pa.array(column))
    data = io.BytesIO()
    parquet.write_table(rows, data)
    return data.getvalue()
