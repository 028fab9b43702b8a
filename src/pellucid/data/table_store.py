"""TableStore: a table file that does not fit into memory, by way of cache files.

Two are made, in a folder beside the file or where the caller says: its columns as they were read, and the
columns of the training rows as a recipe encodes them. Each is used as long as the file and what it was made
for stay the same. What is decided of the table, and its recipe, are computed as in memory, from one column
at a time.
"""

import os
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data._files import look
from pellucid.data._table_arrow import arrow
from pellucid.data._table_csv import text_chunks
from pellucid.data._table_parquet import MAGIC, declared_shape, parquet_chunks
from pellucid.data.cache_file import Key, cached, folder_for, identity_of
from pellucid.data.column_cache import read_columns, write_columns
from pellucid.data.dataset import drawn_to_judge, judged_note
from pellucid.data.stored_rows import Allowance
from pellucid.data.stored_table import StoredTable, read_encoded, write_encoded
from pellucid.data.table import Table
from pellucid.data.table_columns import OneByOne
from pellucid.data.table_recipe import TableRecipe
from pellucid.errors import FormatError, TooLargeError
from pellucid.files.reading import shown
from pellucid.machine import shown_bytes

# What a table in memory takes: for each byte of a text, and for each value of a Parquet file.
_PER_TEXT_BYTE, _PER_VALUE = 5, 40
# What the statistics of one column take: the column, sorted copies of it, and places of rows.
_COLUMN_BYTES = 56
# Of the memory, for the rows that are read at a time.
_READ_SHARE = 4
# What a value of a row takes that a model is judged by.
_JUDGED_BYTES = 100


@dataclass(frozen=True)
class TableStore:
    """A table file with its cache files.

    Attributes:
        source: the file.
        folder: of the cache files.
        memory: bytes that a training may take.
        identity: of the file.
        notes: what was made and why, a line each.
    """

    source: Path
    folder: Path
    memory: int
    identity: Key
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls, source: Any, allowance: Allowance, cache: str | os.PathLike[str] | None
    ) -> "TableStore | None":
        """The store for a file; None: it fits into memory, or is a table already.

        Args:
            source: a path.
            allowance: the memory.
            cache: the folder for cache files; None: beside the file.

        Raises:
            NotFoundError, FormatError: the file cannot be read.
        """
        if isinstance(source, Table):
            return None
        path = Path(source)
        size, head = look(path)
        if head.startswith(MAGIC):
            rows, columns = declared_shape(path)
            memory = allowance.for_whole(_PER_VALUE * rows * columns)
        else:
            memory = allowance.for_whole(_PER_TEXT_BYTE * size)
        if memory is None:
            return None
        notes: list[str] = []
        return cls(path, folder_for(path, cache, notes), memory, identity_of(path), notes)

    def table(self, text: frozenset[str], as_written: frozenset[str] = frozenset()) -> Table:
        """The table, whose columns are read one at a time.

        Args:
            text: columns that are read as texts; see `read_table`.
            as_written: see there.

        Raises:
            TooLargeError: a single column, or its different texts, do not fit into memory.
            OutputError: the cache cannot be written.
            FormatError: the file is damaged.
        """
        _, head = look(self.source)
        is_parquet = head.startswith(MAGIC)
        # Of a file with types the texts are made of what was read.
        forced = frozenset() if is_parquet else text | as_written
        key = {"of": "columns", "source": self.identity, "text": sorted(forced)}

        def write(writer: Any) -> Any:
            make = parquet_chunks if is_parquet else text_chunks
            chunked = make(self.source, self.memory // _READ_SHARE)
            document = write_columns(writer, chunked, forced, self.memory)
            # What Arrow allocated is the system's again.
            arrow().default_memory_pool().release_unused()
            self._check_unchanged()
            return document

        table: Table = cached(self.folder / "columns", key, write, read_columns, self.notes)
        needed = table.m * _COLUMN_BYTES
        if needed > self.memory:
            raise TooLargeError(
                f"{table.prefix}the statistics of one column of {table.m:,} rows need "
                f"{shown_bytes(needed)} of memory and may take {shown_bytes(self.memory)}; expected more "
                "(--memory), or fewer rows"
            )
        if is_parquet and isinstance(table.columns, OneByOne):
            # Its columns have types: only what was asked for is made texts.
            as_text = table.columns.changed(
                lambda name, column: Table({name: column}).texts(name) if name in text else column
            )
            table = replace(table, columns=as_text)
        return table

    def inputs(self, table: Table, recipe: TableRecipe, dtype: str) -> StoredTable:
        """The inputs of the rows of a table, in a cache file.

        Args:
            table: some rows of `table`.
            recipe: that encodes them.
            dtype: "float64" or "float32".

        Raises:
            OutputError: the cache cannot be written.
        """
        rows = np.arange(table.m) if table.rows is None else table.rows
        described = repr(sorted(recipe.to_dict().items()))
        key = {
            "of": "inputs",
            "source": self.identity,
            "recipe": blake2b(described.encode(), digest_size=16).hexdigest(),
            "rows": blake2b(np.ascontiguousarray(rows, "<i8").data, digest_size=16).hexdigest(),
            "dtype": dtype,
        }
        found: StoredTable = cached(
            self.folder / "inputs",
            key,
            lambda writer: write_encoded(writer, table, recipe, dtype, self.folder, self.memory),
            lambda document, file: read_encoded(document, file, recipe, dtype, self.memory),
            self.notes,
        )
        return found

    def _check_unchanged(self) -> None:
        if identity_of(self.source) != self.identity:
            raise FormatError(
                f"{shown(self.source)} changed while it was read; expected a file that stays as it is: "
                "begin again"
            )

    def judged(self, table: Table, seed: int) -> Table:
        """The rows of a test table that are judged, in memory; a note says if they are not all.

        Args:
            table: the test rows of this file.
            seed: of the draw.
        """
        each = _JUDGED_BYTES * max(1, len(table.names))
        rows = drawn_to_judge(table.m, each, self.memory, seed)
        if len(rows) < table.m:
            self.notes.append(judged_note(len(rows), table.m, "rows"))
        return table.take(rows).read()
