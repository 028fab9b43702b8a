"""A table file with additional columns, as `pellucid predict --out` writes it."""

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data._files import look
from pellucid.data._table_arrow import arrow
from pellucid.data._table_csv import values_as_written
from pellucid.data._table_parquet import MAGIC
from pellucid.data._table_values import number_of
from pellucid.data.table import Table
from pellucid.data.table_files import read_table
from pellucid.errors import FormatError, OptionError
from pellucid.files.reading import shown

_INTEGER = re.compile(r"-?(?:0|[1-9]\d*)", re.ASCII)
_CODE = re.compile(r"[+-]?0\d+", re.ASCII)

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

    Values stay as they are in `source`: texts with their zeros and marks of missing values, integers with
    every digit, the types of Parquet. From text to Parquet a column becomes integers, numbers or texts.

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
        # As text, so that 007 and 1.50 stay what they are.
        written = None if is_parquet else read_table(source, text=table.names)
        if written is not None:
            _check_same(table, written.names, written.m)
        return _parquet(source, written, columns)
    if is_parquet:
        texts = _texts_of_parquet(source)
    else:
        values = values_as_written(source)
        texts = [*values.values()]
        _check_same(table, tuple(values), len(texts[0]))
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


def _check_same(first: Table, names: tuple[str, ...], m: int) -> None:
    """Refuse a second reading of a file that does not have the rows and columns of the first."""
    if (first.names, first.m) != (names, m):
        raise FormatError(f"{first.where} was changed while it was read; expected no change: start again")


def _parquet(source: Path, written: Table | None, columns: Mapping[str, np.ndarray[Any, Any]]) -> bytes:
    pa = arrow()
    from pyarrow import parquet

    if written is None:
        # The file alone: pyarrow would make columns of the names of its folders.
        rows = parquet.ParquetFile(source).read()
    else:
        rows = pa.table({name: _typed(written.texts(name).tolist()) for name in written.names})
    for name, column in columns.items():
        rows = rows.append_column(name, pa.array(column))
    data = io.BytesIO()
    parquet.write_table(rows, data)
    return data.getvalue()


def _typed(texts: list[str | None]) -> Any:
    """Texts as an Arrow array: of integers or numbers where each is one, and no code such as 007."""
    pa = arrow()
    present = [text for text in texts if text is not None]
    if present and all(_INTEGER.fullmatch(text) for text in present):
        integers = [None if text is None else int(text) for text in texts]
        if all(value is None or abs(value) < 2**63 for value in integers):
            return pa.array(integers, pa.int64())
    elif present and not any(_CODE.fullmatch(text) for text in present):
        numbers = [None if text is None else number_of(text) for text in texts]
        if all(number is not None or text is None for number, text in zip(numbers, texts, strict=True)):
            return pa.array(numbers, pa.float64())
    return pa.array(texts, pa.string())


def _texts_of_parquet(source: Path) -> list[list[str]]:
    """The columns of a Parquet file as texts, empty where there is no value."""
    pa = arrow()
    import pyarrow.compute as pc
    from pyarrow import parquet

    texts = []
    for column in parquet.ParquetFile(source).read().columns:
        if pa.types.is_dictionary(column.type):
            column = pc.cast(column, column.type.value_type)  # noqa: PLW2901 - the same values
        texts.append(pc.fill_null(pc.cast(column, pa.string()), "").to_pylist())
    return texts
