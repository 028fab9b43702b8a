"""Parquet files: the declared sizes are checked before any data are read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pellucid.data._files import check_size
from pellucid.data._table_arrow import arrow, columns_of_types, first_line_of
from pellucid.data._table_values import check_names
from pellucid.data.table import MAX_COLUMNS, Table
from pellucid.data.table_columns import Chunked
from pellucid.errors import DataError, FormatError
from pellucid.files.reading import open_regular, shown

MAGIC = b"PAR1"
_MAX_METADATA = 2**26
_LIMITS = {"thrift_string_size_limit": _MAX_METADATA, "thrift_container_size_limit": 2**20}
# Rows that are read at a time, and what a value takes: as Arrow has it, as a number, and as written.
_FEWEST_ROWS, _MOST_ROWS, _VALUE_BYTES = 1000, 1 << 16, 32
# Of a column that is read from the file at a time.
_BUFFER_BYTES = 1 << 16


def read_parquet(path: Path, size: int, text: frozenset[str]) -> Table:
    """As `pellucid.data.table_files.read_table`, for a Parquet file.

    Raises:
        FormatError: see there.
    """
    where = shown(path)
    with _explained(where):
        with open_regular(path, FormatError, "a table") as file:
            reader = _reader(file, where)
            _check_declared(reader.metadata, where, size)
            read = reader.read()
            # Finds invalid indices and texts that are not UTF-8, among other damage.
            read.validate(full=True)
        columns = columns_of_types(dict(zip(read.column_names, read.columns, strict=True)), where)
        table = Table(columns, where)
    as_text = {name: table.texts(name) for name in table.names if name in text}
    return Table({**table.columns, **as_text}, where)


def parquet_chunks(path: Path, memory: int) -> Chunked:
    """A Parquet file that is read some rows at a time, row group by row group.

    Args:
        path: of the file.
        memory: bytes that the rows read at a time may take.

    Raises:
        FormatError: as `read_parquet`; while it is read, too.
    """
    where = shown(path)
    with _explained(where), open_regular(path, FormatError, "a table") as file:
        reader = _reader(file, where)
        names = reader.schema_arrow.names
        _check_shape(reader.metadata, where)
    rows = max(_FEWEST_ROWS, min(_MOST_ROWS, memory // (_VALUE_BYTES * len(names))))

    def chunks(text: frozenset[str]) -> Iterator[dict[str, Any]]:
        with _explained(where), open_regular(path, FormatError, "a table") as file:
            for batch in _reader(file, where).iter_batches(rows):
                batch.validate(full=True)
                columns = (arrow().chunked_array([column]) for column in batch.columns)
                yield columns_of_types(dict(zip(names, columns, strict=True)), where, text)

    return Chunked(names, where, chunks, lambda rows: {})


def declared_shape(path: Path) -> tuple[int, int]:
    """How many rows and columns a Parquet file says that it has."""
    where = shown(path)
    with _explained(where), open_regular(path, FormatError, "a table") as file:
        metadata = _reader(file, where).metadata
        return int(metadata.num_rows), int(metadata.num_columns)


def _reader(file: Any, where: str) -> Any:
    """An open Parquet file; each distinct text will be held once in memory."""
    pa = arrow()
    from pyarrow import parquet

    schema = parquet.ParquetFile(file, **_LIMITS).schema_arrow
    check_names(schema.names, f"{where}: ")
    strings = [field.name for field in schema if pa.types.is_string(field.type)]
    # Without reading ahead: a row group may be larger than what is read of it at a time.
    return parquet.ParquetFile(
        file, read_dictionary=strings, buffer_size=_BUFFER_BYTES, pre_buffer=False, **_LIMITS
    )


@contextmanager
def _explained(where: str) -> Iterator[None]:
    """Turn the errors of Arrow about a file into a `FormatError`."""
    pa = arrow()
    try:
        yield
    except DataError:
        raise
    except MemoryError:
        raise FormatError(f"{where} needs more memory than there is; split the file") from None
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise FormatError(
            f"{where} is a damaged Parquet file ({first_line_of(error)}); expected a whole one: copy it "
            "again"
        ) from None


def _check_shape(metadata: Any, where: str) -> None:
    rows, columns = metadata.num_rows, metadata.num_columns
    if not 0 < columns <= MAX_COLUMNS:
        raise FormatError(f"{where} has {columns} columns; expected 1 to {MAX_COLUMNS}")
    if rows <= 0:
        raise FormatError(f"{where} has no rows; expected some")


def _check_declared(metadata: Any, where: str, size: int) -> None:
    """Refuse a table that would not fit in memory."""
    _check_shape(metadata, where)
    stored = 0
    for group in range(metadata.num_row_groups):
        stored += max(0, metadata.row_group(group).total_byte_size)
    check_size(where, max(8 * metadata.num_rows * metadata.num_columns, stored), size)
