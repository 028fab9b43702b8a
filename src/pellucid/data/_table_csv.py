"""Text tables: a file is scanned, pyarrow parses it, and the types of its columns are inferred."""

import codecs
import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pellucid.data._files import check_size, shown
from pellucid.data._table_arrow import arrow, columns_of_texts, first_line_of
from pellucid.data._table_values import check_names, number_of
from pellucid.data.table import MAX_COLUMNS, Table
from pellucid.data.table_columns import Chunked
from pellucid.errors import FormatError
from pellucid.files import reading
from pellucid.files.reading import open_regular

SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
_STEP = 2**20
# What a spreadsheet writes for itself, and comments; a column may be called "# of rooms" or "#1".
_ABOVE = re.compile(r"sep=.?\s*$|#(?![^,;\t|]*[,;\t|]).*", re.IGNORECASE)
_MOST_ABOVE = 100
# Room for a hundred thousand columns; pyarrow holds a few lines of this length at a time.
_LONGEST_LINE = 2**23
# The least that is parsed at a time, and the share of the memory for texts before they become columns.
_LEAST_BLOCK, _TEXTS_SHARE = 1 << 16, 8


@dataclass(frozen=True)
class _Layout:
    """Facts about a text file from scanning it, before it is parsed.

    Attributes:
        header: the line of names.
        separator: between columns.
        above: lines above the names: `sep=;`, and what # begins.
        lines: how many there are from the line of names on.
        blank_lines: whether some are blank.
        quotes: how many there are.
    """

    header: str
    separator: str
    above: int
    lines: int
    blank_lines: bool
    quotes: int


def read_text_table(path: Path, size: int, text: frozenset[str]) -> Table:
    """As `pellucid.data.table_files.read_table`, for a text file.

    Raises:
        FormatError: see there.
    """
    where = reading.shown(path)
    layout = _scan(path, where)
    # A parsed value takes eight bytes, a pointer or a number; in the file it takes at least two.
    check_size(where, 4 * size, size)
    names = _names(layout, where)
    if layout.lines < 2:
        raise FormatError(f"{where} has names of columns and no rows; expected rows below the first line")
    read = _parsed(path, where, layout, len(names))
    columns = columns_of_texts(dict(zip(names, read.columns, strict=True)), text)
    return Table(columns, where, **_described(layout, where, read.num_rows))


def text_chunks(path: Path, memory: int) -> Chunked:
    """A text file that is read some rows at a time.

    Args:
        path: of the file.
        memory: bytes that the rows read at a time may take, but for the longest line.

    Raises:
        FormatError: as `read_text_table`; while it is read, too.
    """
    where = reading.shown(path)
    layout = _scan(path, where)
    names = _names(layout, where)
    if layout.lines < 2:
        raise FormatError(f"{where} has names of columns and no rows; expected rows below the first line")

    # Arrow makes room for a whole block in each of its columns.
    block_bytes = max(_LEAST_BLOCK, min(2 * _LONGEST_LINE, memory // len(names)))

    def chunks(text: frozenset[str]) -> Iterator[dict[str, Any]]:
        batches = _batches(path, where, layout, len(names), block_bytes)
        for several in _gathered(batches, memory // _TEXTS_SHARE):
            read = arrow().Table.from_batches(several)
            yield columns_of_texts(dict(zip(names, read.columns, strict=True)), text)

    return Chunked(names, where, chunks, lambda rows: _described(layout, where, rows))


def _gathered(batches: Iterator[Any], most: int) -> Iterator[list[Any]]:
    """Batches of so many bytes together: a chunk of a column takes as long as a thousand of its values."""
    several: list[Any] = []
    for batch in batches:
        several.append(batch)
        if sum(one.nbytes for one in several) >= most:
            yield several
            several = []
    if several:
        yield several


def _described(layout: _Layout, where: str, rows: int) -> dict[str, Any]:
    """What a table says of the file that it was read from."""
    notes: tuple[str, ...] = ()
    if layout.above:
        lines = "line is" if layout.above == 1 else f"{layout.above} lines are"
        notes = (f"{where}: the first {lines} above the names of the columns (sep= or #), and left out",)
    one_line_each = layout.lines == rows + 1 and not layout.blank_lines
    first_line = layout.above + 2 if one_line_each else 0
    return {"first_line": first_line, "separator": layout.separator, "notes": notes}


def values_as_written(path: Path) -> dict[str, list[str]]:
    """The values of each column of a text file, as they stand there: with blanks and marks of missing ones.

    Raises:
        FormatError: as `read_text_table`.
    """
    where = reading.shown(path)
    layout = _scan(path, where)
    names = _names(layout, where)
    read = _parsed(path, where, layout, len(names))
    return {name: column.to_pylist() for name, column in zip(names, read.columns, strict=True)}


def _scan(path: Path, where: str) -> _Layout:
    """Read the file once: is it UTF-8, and how long are its lines?"""
    decoder = codecs.getincrementaldecoder("utf-8")()
    header, last = b"", b"\n"
    length, lines, quotes, blank = 0, 0, 0, False
    with open_regular(path, FormatError, "a table") as file:
        while piece := file.read(_STEP):
            _check_utf8(decoder, piece, lines, where)
            longest = _longest(piece, length, lines, where)
            if b"\0" in piece:
                line = lines + 1 + piece[: piece.index(b"\0")].count(b"\n")
                raise FormatError(f"{where}, line {line} holds a null character; expected plain text")
            if lines == 0 and length < _LONGEST_LINE:
                header += piece.partition(b"\n")[0]
            flat = piece.replace(b"\r", b"") if b"\r" in piece else piece
            blank = blank or b"\n\n" in last + flat
            length = longest
            lines += piece.count(b"\n")
            quotes += piece.count(b'"')
            last = flat[-1:] or last
        _check_utf8(decoder, b"", lines, where, final=True)
    above, separator, names = _names_below(path, header.decode("utf-8-sig").strip("\r\n"))
    if not names.strip():
        raise FormatError(f"{where}: the first line is empty; expected the names of the columns")
    total = lines + (last != b"\n") - above
    return _Layout(names, separator or _separator(names), above, total, blank, quotes)


def _names_below(path: Path, first: str) -> tuple[int, str, str]:
    """How many lines stand above the names, the separator that one of them says, and the line of names."""
    above, separator, line = 0, "", first
    if not _ABOVE.match(first):
        return 0, "", first
    with open_regular(path, FormatError, "a table") as file:
        for raw in file:
            line = raw.decode("utf-8-sig").strip("\r\n")
            if not _ABOVE.match(line) or above == _MOST_ABOVE:
                break
            if line.lower().startswith("sep="):
                separator = line[4:5] or "\t"
            above += 1
    return above, separator if separator in SEPARATORS else "", line


def _check_utf8(decoder: Any, piece: bytes, lines: int, where: str, *, final: bool = False) -> None:
    if lines == 0 and piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FormatError(f"{where} is encoded as UTF-16; expected UTF-8: save it as such")
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError as error:
        # In front are bytes left over from the previous piece, which hold no line end.
        line = lines + 1 + error.object[: error.start].count(b"\n")
        raise FormatError(
            f"{where}, line {line} holds the byte 0x{error.object[error.start]:02x}, which is not UTF-8; "
            "expected UTF-8: save it as such (it may be Latin-1 or Windows-1252)"
        ) from None


def _longest(piece: bytes, length: int, lines: int, where: str) -> int:
    """Check the length of the lines that end in a piece; the length so far of the last line."""
    first = piece.find(b"\n")
    too_long = length + (first if first >= 0 else len(piece)) > _LONGEST_LINE
    if too_long:
        raise FormatError(
            f"{where}, line {lines + 1} has more than {_LONGEST_LINE:,} bytes; expected a table with a "
            "line for each row"
        )
    # Later lines of this piece are shorter than the piece, which is shorter than the limit.
    return length + len(piece) if first < 0 else len(piece) - piece.rfind(b"\n") - 1


def _separator(header: str) -> str:
    """The separator that is most frequent in the header, outside quotes."""
    outside = "".join(header.split('"')[::2])
    return max(SEPARATORS, key=outside.count)


def _names(layout: _Layout, where: str) -> list[str]:
    if "\r" in layout.header:
        raise FormatError(f"{where}: lines end in a carriage return alone; expected line feeds")
    try:
        cells = next(csv.reader([layout.header], delimiter=layout.separator), [])
    except csv.Error as error:
        raise FormatError(f"{where}: the first line does not name columns: {error}") from None
    if len(cells) > MAX_COLUMNS:
        raise FormatError(f"{where} has {len(cells)} columns; expected at most {MAX_COLUMNS}")
    if all(number_of(name) is not None for name in cells):
        raise FormatError(
            f"{where}: the first line holds numbers only ({shown(', '.join(cells))}); expected the names "
            "of the columns: write them above it"
        )
    names = [name.strip() or f"column {place}" for place, name in enumerate(cells, start=1)]
    check_names(names, f"{where}: ")
    return names


def _parsed(path: Path, where: str, layout: _Layout, width: int) -> Any:
    """The rows as an Arrow table of `width` columns of text."""
    options = _how(layout, width, 2 * _LONGEST_LINE)
    import pyarrow.csv as pc

    with _refusing(path, where, options):
        read = pc.read_csv(str(path), **_as_arguments(options))
    _check_quotes(layout, where, read)
    return read


def _batches(path: Path, where: str, layout: _Layout, width: int, block_bytes: int) -> Iterator[Any]:
    """The rows in batches of columns of text."""
    options = _how(layout, width, block_bytes)
    import pyarrow.csv as pc

    batch: Any = None
    with _refusing(path, where, options), pc.open_csv(str(path), **_as_arguments(options)) as reader:
        for batch in reader:
            if batch.num_rows:
                yield batch
    if batch is not None:
        _check_quotes(layout, where, batch)


def _check_quotes(layout: _Layout, where: str, read: Any) -> None:
    if layout.quotes % 2 and read.num_rows and "\n" in read.column(read.num_columns - 1)[-1].as_py():
        raise FormatError(f"{where}: a quote is opened and never closed; expected quotes in pairs")


class _How(NamedTuple):
    """How Arrow reads a file: its options, and those that it is parsed by."""

    read: Any
    parse: dict[str, Any]
    convert: Any


def _how(layout: _Layout, width: int, block_bytes: int) -> _How:
    pa = arrow()
    import pyarrow.csv as pc

    keys = [str(place) for place in range(width)]
    types = dict.fromkeys(keys, pa.string())
    return _How(
        pc.ReadOptions(column_names=keys, skip_rows=1 + layout.above, block_size=block_bytes),
        {"delimiter": layout.separator, "newlines_in_values": True},
        pc.ConvertOptions(check_utf8=False, strings_can_be_null=False, column_types=types),
    )


def _as_arguments(options: _How) -> dict[str, Any]:
    import pyarrow.csv as pc

    parse = pc.ParseOptions(**options.parse)
    return {"read_options": options.read, "parse_options": parse, "convert_options": options.convert}


@contextmanager
def _refusing(path: Path, where: str, options: _How) -> Iterator[None]:
    """Turn an error of Arrow into one that names the place."""
    pa = arrow()
    try:
        yield
    except (pa.ArrowException, MemoryError, OSError) as error:
        refused = _refused(path, options.read, options.parse, options.convert)
        if refused is not None:
            raise FormatError(_ragged(path, where, refused)) from None
        raise FormatError(f"{where} cannot be read as a table: {first_line_of(error)}") from None


def _refused(path: Path, read_options: Any, how: dict[str, Any], convert_options: Any) -> Any:
    """The first row with more or fewer values than there are names; None: that is not what is wrong.

    Only here Arrow calls Python, in this thread: a function that its own threads hold may be called, and
    end the process, while the interpreter ends.
    """
    pa = arrow()
    import pyarrow.csv as pc

    found: list[Any] = []

    def refuse(row: Any) -> str:
        found.append(row)
        return "error"

    read_options.use_threads = False
    options = pc.ParseOptions(**how, invalid_row_handler=refuse)
    with suppress(pa.ArrowException, MemoryError, OSError):
        pc.read_csv(
            str(path), read_options=read_options, parse_options=options, convert_options=convert_options
        )
    return found[0] if found else None


def _ragged(path: Path, where: str, row: Any) -> str:
    """The message about a row with more or fewer values than there are names."""
    first = str(row.text).partition("\n")[0].rstrip("\r").encode()
    place = ""
    with open_regular(path, FormatError, "a table") as file:
        for number, line in enumerate(file, start=1):
            if line.rstrip(b"\r\n") == first:
                place = f", line {number}"
                break
    values = "value" if row.actual_columns == 1 else "values"
    return (
        f"{where}{place} has {row.actual_columns} {values} and there are {row.expected_columns} columns; "
        "expected as many: quote a value that holds the separator"
    )
