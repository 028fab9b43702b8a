"""Text tables: a file is scanned, pyarrow parses it, and the types of its columns are inferred."""

import codecs
import csv
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pellucid.data._files import check_size, shown
from pellucid.data._table_arrow import arrow, columns_of_texts, first_line_of
from pellucid.data._table_values import check_names, number_of
from pellucid.data.table import MAX_COLUMNS, Table
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
    one_line_each = layout.lines == read.num_rows + 1 and not layout.blank_lines
    notes: tuple[str, ...] = ()
    if layout.above:
        lines = "line is" if layout.above == 1 else f"{layout.above} lines are"
        notes = (f"{where}: the first {lines} above the names of the columns (sep= or #), and left out",)
    first_line = layout.above + 2 if one_line_each else 0
    return Table(columns, where, first_line, separator=layout.separator, notes=notes)


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
    pa = arrow()
    import pyarrow.csv as pc

    keys = [str(place) for place in range(width)]
    read_options = pc.ReadOptions(
        column_names=keys, skip_rows=1 + layout.above, block_size=2 * _LONGEST_LINE
    )
    how: dict[str, Any] = {"delimiter": layout.separator, "newlines_in_values": True}
    convert_options = pc.ConvertOptions(
        check_utf8=False, strings_can_be_null=False, column_types=dict.fromkeys(keys, pa.string())
    )
    try:
        read = pc.read_csv(
            str(path),
            read_options=read_options,
            parse_options=pc.ParseOptions(**how),
            convert_options=convert_options,
        )
    except (pa.ArrowException, MemoryError, OSError) as error:
        refused = _refused(path, read_options, how, convert_options)
        if refused is not None:
            raise FormatError(_ragged(path, where, refused)) from None
        raise FormatError(f"{where} cannot be read as a table: {first_line_of(error)}") from None
    if layout.quotes % 2 and read.num_rows and "\n" in read.column(width - 1)[-1].as_py():
        raise FormatError(f"{where}: a quote is opened and never closed; expected quotes in pairs")
    return read


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
