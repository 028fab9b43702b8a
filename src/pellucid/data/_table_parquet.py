"""Parquet files: the declared sizes are checked before any data are read."""

from pathlib import Path

from pellucid.data._files import check_size
from pellucid.data._table_arrow import arrow, columns_of_types, first_line_of
from pellucid.data._table_values import check_names
from pellucid.data.table import MAX_COLUMNS, Table
from pellucid.errors import DataError, FormatError
from pellucid.files.reading import open_regular, shown

MAGIC = b"PAR1"
_MAX_METADATA = 2**26


def read_parquet(path: Path, size: int, text: frozenset[str]) -> Table:
    """As `pellucid.data.table_files.read_table`, for a Parquet file.

    Raises:
        FormatError: see there.
    """
    where = shown(path)
    pa = arrow()
    from pyarrow import parquet

    limits = {"thrift_string_size_limit": _MAX_METADATA, "thrift_container_size_limit": 2**20}
    try:
        with open_regular(path, FormatError, "a table") as file:
            schema = parquet.ParquetFile(file, **limits).schema_arrow
            check_names(schema.names, f"{where}: ")
            # Each distinct text is held once in memory.
            strings = [field.name for field in schema if pa.types.is_string(field.type)]
            reader = parquet.ParquetFile(file, read_dictionary=strings, **limits)
            _check_declared(reader.metadata, where, size)
            read = reader.read()
            # Finds invalid indices and texts that are not UTF-8, among other damage.
            read.validate(full=True)
        columns = columns_of_types(dict(zip(read.column_names, read.columns, strict=True)), where)
        table = Table(columns, where)
    except DataError:
        raise
    except MemoryError:
        raise FormatError(f"{where} needs more memory than there is; split the file") from None
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise FormatError(
            f"{where} is a damaged Parquet file ({first_line_of(error)}); expected a whole one: copy it "
            "again"
        ) from None
    as_text = {name: table.texts(name) for name in table.names if name in text}
    return Table({**table.columns, **as_text}, where)


def _check_declared(metadata: object, where: str, size: int) -> None:
    """Refuse a table that would not fit in memory."""
    rows, columns = metadata.num_rows, metadata.num_columns  # type: ignore[attr-defined]
    if not 0 < columns <= MAX_COLUMNS:
        raise FormatError(f"{where} has {columns} columns; expected 1 to {MAX_COLUMNS}")
    if rows <= 0:
        raise FormatError(f"{where} has no rows; expected some")
    stored = 0
    for group in range(metadata.num_row_groups):  # type: ignore[attr-defined]
        stored += max(0, metadata.row_group(group).total_byte_size)  # type: ignore[attr-defined]
    check_size(where, max(8 * rows * columns, stored), size)
