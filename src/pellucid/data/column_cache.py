"""The columns of a table file in a cache file: parsed once, and then read one at a time."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from pellucid.data._files import shown
from pellucid.data.cache_file import CacheError, CacheWriter
from pellucid.data.stored_rows import FlatFile
from pellucid.data.table import Table
from pellucid.data.table_columns import Chunked, Column, Maker, OneByOne
from pellucid.data.table_texts import Texts
from pellucid.errors import TooLargeError

# Texts are numbered: their numbers take four bytes, and numbers eight.
_TYPES: dict[str, np.dtype[Any]] = {"number": np.dtype("<f8"), "text": np.dtype("<i4")}
# What a different text takes in memory beside its characters: a string, its place in a table of them.
_TEXT_BYTES = 160
# Of the memory, for the different texts of all columns.
_TEXTS_SHARE = 4


def write_columns(
    writer: CacheWriter, chunked: Chunked, text: frozenset[str], memory: int
) -> Mapping[str, Any]:
    """Write the columns of a file, chunk by chunk.

    A column is of numbers if all its chunks are, as a column in memory is of numbers if all its values are.
    Where a later chunk shows that it is of texts, the file is read again.

    Args:
        writer: of the cache file.
        chunked: the file.
        text: columns whose numbers are to be texts.
        memory: bytes that the different texts may take a part of.

    Returns:
        The document of the cache file.

    Raises:
        TooLargeError: a column has too many different texts.
        FormatError: the file cannot be read.
    """
    forced = frozenset(text)
    while True:
        writer.file.seek(writer.begin)
        writer.file.truncate()
        columns = _Columns(writer, chunked, forced, memory // _TEXTS_SHARE)
        for chunk in chunked.chunks(forced):
            columns.add(chunk)
        if not columns.turned:
            return columns.document()
        forced |= columns.turned


class _Columns:
    """Columns that are being written.

    Attributes:
        turned: columns of texts, of which a chunk was written as numbers.
    """

    def __init__(self, writer: CacheWriter, chunked: Chunked, forced: frozenset[str], most: int) -> None:
        self._file, self._chunked, self._most = writer.file, chunked, most
        self._kinds: dict[str, str] = dict.fromkeys(forced & set(chunked.names), "text")
        self._texts: dict[str, dict[str, int]] = {name: {} for name in chunked.names}
        self._text_bytes = 0
        self._rows: list[int] = []
        self.turned: set[str] = set()

    def add(self, chunk: Mapping[str, Column | Texts]) -> None:
        """Write a chunk; once a column has turned out to be of texts, only look at it."""
        written = []
        for name in self._chunked.names:
            column = chunk[name]
            if isinstance(column, np.ndarray) and column.dtype == np.object_:
                column = Texts.of(column)
            written.append(self._as_written(name, column))
        self._rows.append(len(written[0]))
        if not self.turned:
            for column in written:
                self._file.write(column.tobytes())

    def _as_written(self, name: str, column: Column | Texts) -> Column:
        kind = self._kinds.get(name)
        if isinstance(column, Texts):
            if kind == "number":
                self.turned.add(name)
            self._kinds[name] = "text"
            return self._numbered(name, column)
        if kind == "text":
            if not np.isnan(column).all():
                self.turned.add(name)
            # Nothing but missing values is of either kind.
            return np.full(len(column), -1, _TYPES["text"])
        self._kinds[name] = "number"
        return column.astype(_TYPES["number"], copy=False)

    def _numbered(self, name: str, texts: Texts) -> Column:
        """The number of each row's text among those of all chunks."""
        known, before = self._texts[name], len(self._texts[name])
        places = [known.setdefault(value, len(known)) for value in texts.values]
        new = [value for value, place in zip(texts.values, places, strict=True) if place >= before]
        self._text_bytes += sum(map(len, new)) + _TEXT_BYTES * len(new)
        if self._text_bytes > self._most:
            raise TooLargeError(
                f"{self._chunked.where}: column {shown(name)} has more than {len(known):,} different "
                "texts, which do not fit into memory; expected more (--memory), or a file without it"
            )
        return texts.mapped(places, -1, _TYPES["text"])

    def document(self) -> dict[str, Any]:
        """What describes the columns in the cache file."""
        rows = sum(self._rows)
        described = self._chunked.described(rows)
        return {
            "columns": [
                [name, self._kinds.get(name, "number"), list(self._texts[name])]
                for name in self._chunked.names
            ],
            "rows": self._rows,
            "where": self._chunked.where,
            "first_line": described.get("first_line", 0),
            "separator": described.get("separator", ""),
            "notes": list(described.get("notes", ())),
        }


def read_columns(document: Mapping[str, Any], file: FlatFile) -> Table:
    """The table in a cache file, whose columns are read one at a time.

    Args:
        document: that of the file.
        file: its numbers.

    Raises:
        CacheError: the document does not describe the numbers.
    """
    try:
        columns = [(name, kind, tuple(values)) for name, kind, values in document["columns"]]
        rows = list(document["rows"])
        texts = [name for name, _, values in columns for name in (name, *values)]
        sound = (
            all(type(count) is int and count > 0 for count in rows)
            and all(isinstance(text, str) for text in texts)
            and len({name for name, _, _ in columns}) == len(columns) > 0
            and document["size"] == sum(rows) * sum(_TYPES[kind].itemsize for _, kind, _ in columns)
        )
        described = [document[name] for name in ("where", "first_line", "separator")]
        sound &= [type(value) for value in described] == [str, int, str]
        notes = tuple(map(str, document["notes"]))
    except (KeyError, TypeError, ValueError):
        sound = False
    if not sound:
        raise CacheError("is damaged: its description is not of columns")
    makers, width = dict[str, Maker](), 0
    row_bytes = sum(_TYPES[kind].itemsize for _, kind, _ in columns)
    for name, kind, values in columns:
        makers[name] = partial(_column, file, kind, values, rows, width, row_bytes)
        width += _TYPES[kind].itemsize
    where, first_line, separator = described
    return Table(OneByOne(makers, sum(rows)), where, first_line, separator=separator, notes=notes)


def _column(
    file: FlatFile, kind: str, values: tuple[str, ...], rows: list[int], width: int, row_bytes: int
) -> Column | Texts:
    """A column, from its part of each chunk; `width` and `row_bytes`: of the columns before, and of all."""
    found: Column = np.empty(sum(rows), _TYPES[kind])
    at = 0
    for count in rows:
        file.fill(at * row_bytes + count * width, found[at : at + count])
        at += count
    if kind == "number":
        return found.astype(np.float64, copy=False)
    # Whatever a file holds, no text is looked for beyond the last.
    return Texts(np.clip(found, -1, len(values) - 1).astype(np.int32, copy=False), values)
