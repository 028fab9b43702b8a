"""StoredTable: the encoded columns of a table in a cache file, read block by block."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np

from pellucid.data.cache_file import CacheError, CacheWriter
from pellucid.data.stored_rows import FlatFile
from pellucid.data.table import Table
from pellucid.data.table_recipe import TableRecipe
from pellucid.encoded_table import EncodedTable, LevelInputs
from pellucid.stored import Stored

Floats = np.ndarray[Any, Any]

# Rows that are encoded at a time, and the share of the memory for them.
_FEWEST_ROWS, _MOST_ROWS, _ROWS_SHARE = 64, 8192, 32
# The types of whole numbers in a file, the narrowest first; pieces are never below 0, and levels are.
_PIECES, _LEVELS = ("<u1", "<u2"), ("<i1", "<i2", "<i4")


class _Form:
    """How the arrays of an encoded table lie in a file: one after the other, each row by row.

    Whole numbers are as narrow as the columns allow.

    Attributes:
        types: of values, fractions, pieces and levels.
        widths: numbers of each in a row.
    """

    def __init__(self, recipe: TableRecipe, dtype: str) -> None:
        self.layout = tuple(inputs for column in recipe.inputs for inputs in column.layout)
        empty = EncodedTable.empty(self.layout, 0, np.dtype(dtype))
        n_values, n_pieced = empty.values.shape[1], empty.fractions.shape[1]
        pieces = [one.pieces for one in self.layout if not isinstance(one, LevelInputs)]
        levels = [one.levels for one in self.layout if isinstance(one, LevelInputs)]
        floating = np.dtype(dtype).newbyteorder("<")
        self.types = (
            floating,
            floating,
            _narrowest(_PIECES, max(pieces, default=0)),
            _narrowest(_LEVELS, max(levels, default=0)),
        )
        self.widths = (n_values, n_pieced, n_pieced, empty.codes.shape[1] - n_pieced)

    @property
    def row_bytes(self) -> int:
        """Bytes of a row in the file."""
        return sum(self.item_bytes)

    @property
    def item_bytes(self) -> list[int]:
        """Bytes of each array in a row."""
        return [kind.itemsize * width for kind, width in zip(self.types, self.widths, strict=True)]

    def begins(self, m: int) -> list[int]:
        """Where each array of m rows begins."""
        return [0, *np.cumsum([m * size for size in self.item_bytes[:-1]]).tolist()]

    def parts(self, table: EncodedTable) -> list[Floats]:
        """The arrays as they lie in the file."""
        n_pieced = self.widths[1]
        arrays = (table.values, table.fractions, table.codes[:, :n_pieced], table.codes[:, n_pieced:])
        return [np.ascontiguousarray(part, kind) for part, kind in zip(arrays, self.types, strict=True)]


def _narrowest(types: Sequence[str], most: int) -> np.dtype[Any]:
    return np.dtype(next(kind for kind in types if most <= np.iinfo(kind).max))


class StoredTable(Stored):
    """The inputs of a table that were encoded once.

    Args:
        file: the numbers of the cache file.
        form: how they lie.
        m: rows.
        memory: see `Stored`.
    """

    def __init__(self, file: FlatFile, form: _Form, m: int, memory: int) -> None:
        self._form, self._file, self._begins = form, file, form.begins(m)
        block = EncodedTable.empty(form.layout, 1, form.types[0].newbyteorder("="))
        super().__init__(block.shape[0], m, block.dtype, block.nbytes, memory)

    def room(self, count: int) -> tuple[Floats, ...]:
        """See `Stored.room`."""
        table = EncodedTable.empty(self._form.layout, count, self.dtype)
        return table.values, table.fractions, table.codes

    def inputs(self, arrays: Sequence[Floats]) -> EncodedTable:
        """See `Stored.inputs`."""
        return EncodedTable(self._form.layout, *arrays)

    def _read_rows(self, start: int, arrays: Sequence[Floats]) -> None:
        values, fractions, codes = arrays
        n_pieced = self._form.widths[1]
        for place, into in enumerate((values, fractions)):
            self._fill(place, start, into)
        for place, into in ((2, codes[:, :n_pieced]), (3, codes[:, n_pieced:])):
            own = np.empty(into.shape, self._form.types[place])
            self._fill(place, start, own)
            into[...] = own

    def _fill(self, place: int, start: int, into: Floats) -> None:
        if into.size:
            self._file.fill(self._begins[place] + start * self._form.item_bytes[place], into)


def write_encoded(
    writer: CacheWriter, table: Table, recipe: TableRecipe, dtype: str, folder: Path, memory: int
) -> Mapping[str, Any]:
    """Encode the columns of a table that are read one at a time.

    Args:
        writer: of the cache file.
        table: the rows to encode.
        recipe: that encodes them.
        dtype: "float64" or "float32".
        folder: where there is room for the columns while they are encoded.
        memory: bytes that a training may take.

    Returns:
        The document of the cache file.

    Raises:
        NonFiniteError: a number beyond the range of the type, with its place.
    """
    form = _Form(recipe, dtype)
    step = max(_FEWEST_ROWS, min(_MOST_ROWS, memory // _ROWS_SHARE // form.row_bytes))
    for start, block in _encoded(table, recipe, dtype, folder, step):
        block.check_finite(table.take(slice(start, start + block.shape[1])).places)
        parts = zip(form.begins(table.m), form.item_bytes, form.parts(block), strict=True)
        for begin, size, part in parts:
            writer.file.seek(writer.begin + begin + start * size)
            writer.file.write(part.tobytes())
    return {"m": table.m, "row_bytes": form.row_bytes}


def _encoded(
    table: Table, recipe: TableRecipe, dtype: str, folder: Path, step: int
) -> Iterator[tuple[int, EncodedTable]]:
    """The rows, encoded `step` at a time, each with the place of the first."""
    marked, m = table.with_missing(recipe.missing), table.m
    layout = tuple(inputs for column in recipe.inputs for inputs in column.layout)
    # Column by column: what is encoded is one number for each row, of 4 or 8 bytes.
    with TemporaryFile(dir=folder, prefix=".pellucid-", suffix=".tmp") as file:
        begins, types = [], []
        for column in recipe.inputs:
            raw = np.ascontiguousarray(column.raw(marked))
            begins.append(file.tell())
            types.append(raw.dtype)
            file.write(raw.data)
        file.flush()
        for start in range(0, m, step):
            count = min(step, m - start)
            block = EncodedTable.empty(layout, count, np.dtype(dtype))
            own = []
            for begin, kind in zip(begins, types, strict=True):
                file.seek(begin + start * kind.itemsize)
                own.append(np.frombuffer(file.read(count * kind.itemsize), kind))
            columns = zip(recipe.inputs, own, strict=True)
            block.fill(
                slice(0, count), (part for column, raw in columns for part in column.encoded(raw, dtype))
            )
            yield start, block


def read_encoded(
    document: Mapping[str, Any], file: FlatFile, recipe: TableRecipe, dtype: str, memory: int
) -> StoredTable:
    """The inputs in a cache file.

    Args:
        document: that of the file.
        file: its numbers.
        recipe: that encoded them.
        dtype: see `write_encoded`.
        memory: see `Stored`.

    Raises:
        CacheError: the document does not describe the numbers.
    """
    form, m = _Form(recipe, dtype), document.get("m")
    if type(m) is not int or m < 1 or document["size"] != m * form.row_bytes:
        raise CacheError("is damaged: its description is not of encoded columns")
    return StoredTable(file, form, m, memory)
