"""A notebook's code: its cells as text that Python can parse, with the origin of each line."""

import json
import re
from collections.abc import Iterator
from typing import Any

# Cell magics whose cell is Python all the same; any other (%%bash, %%html) makes the cell something else.
_PYTHON_CELLS = re.compile(r"%%(time|timeit|capture|prun|python3?|check)\b")
# A magic or a shell line, alone or assigned; a question before or after a name.
_NOT_PYTHON = re.compile(r"\s*([\w, ]+=\s*)?[%!]|\s*\?|\s*%?[\w.*\[\]'\"]+\?{1,2}\s*$")
# Magics that IPython takes without their percent sign; those that take nothing stand alone.
_ALONE = "ls|ll|la|pwd|who|whos|hist|history|cd|dirs|lsmagic|magic|quickref"
_COMMANDS = (
    "mkdir|rmdir|cat|cp|mv|rm|man|more|less|pip|conda|mamba|matplotlib|load_ext|reload_ext|pylab|run"
)
_AUTOMAGIC = re.compile(rf"(?:{_ALONE})\s*$|(?:{_ALONE}|{_COMMANDS})\s+(?:[\w'\"./~$]|-\w)")
_KEYWORDS = re.compile(r"\w+\s+(?:in|is|if|and|or|not|else|for)\b")
_TRIPLE = re.compile(r"\"\"\"|\'\'\'")


class NotebookError(ValueError):
    """The document is not a notebook; the message has the reason."""


def code_cells(text: str) -> list[tuple[int, list[str]]]:
    """The code cells of a notebook that have any code.

    Args:
        text: the JSON document.

    Returns:
        For each, its number among all code cells, from 1, and its lines, blank if they are not Python.

    Raises:
        NotebookError: it is not JSON, or not a notebook.
    """
    try:
        document = json.loads(text)
    except RecursionError:
        raise NotebookError("its JSON is nested too deep") from None
    except ValueError as error:
        raise NotebookError(f"its JSON cannot be read: {error}") from None
    sources = [_source(cell) for cell in _cells(document) if cell.get("cell_type") == "code"]
    return [(i, blanked(source)) for i, source in enumerate(sources, start=1) if source.strip()]


def _cells(document: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(document, dict):
        raise NotebookError("it holds no cells")
    sheets = [document]
    # Format 3, with the cells on worksheets.
    if "cells" not in document and isinstance(document.get("worksheets"), list):
        sheets = [sheet for sheet in document["worksheets"] if isinstance(sheet, dict)]
    for sheet in sheets:
        cells = sheet.get("cells")
        if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
            raise NotebookError("it holds no list of cells")
        yield from cells


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise NotebookError("a code cell's source is not a text")
    return source


def blanked(source: str) -> list[str]:
    """The lines of a cell, with IPython's extensions of Python replaced by `pass`.

    Only where a statement begins: a line of a text may begin with a percent sign.

    Args:
        source: the cell.
    """
    # Not splitlines: a form feed or one of Unicode's separators ends no line of Python.
    lines = source.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    if source.lstrip().startswith("%%"):
        first = next(i for i, line in enumerate(lines) if line.strip())
        if not _PYTHON_CELLS.match(lines[first].strip()):
            return ["" for _ in lines]
        lines[first] = ""
    state = _Scanned()
    for i, line in enumerate(lines):
        if not state.begins:
            state.take(line)
        elif _NOT_PYTHON.match(line) or _is_automagic(line, source):
            lines[i] = f"{line[: len(line) - len(line.lstrip())]}pass"
        else:
            state.take(line)
    return lines


def _is_automagic(line: str, source: str) -> bool:
    if not _AUTOMAGIC.match(line) or _KEYWORDS.match(line):
        return False
    # A name that the cell makes is no magic.
    word = line.split(maxsplit=1)[0]
    return not re.search(rf"^\s*{word}\s*=|\b(?:def|import|as|for)\s+{word}\b", source, re.MULTILINE)


class _Scanned:
    """Where the lines so far have led: into a text of three quotes, into brackets, to a backslash."""

    def __init__(self) -> None:
        self._quotes = ""
        self._depth = 0
        self._continued = False

    @property
    def begins(self) -> bool:
        """Whether the next line begins a statement."""
        return not self._quotes and self._depth == 0 and not self._continued

    def take(self, line: str) -> None:
        """Read one more line."""
        i = 0
        self._continued = False
        while i < len(line):
            if self._quotes:
                end = _end_of(line, i, self._quotes)
                if end is None:
                    return
                i, self._quotes = end, ""
                continue
            character = line[i]
            if character == "#":
                return
            if character in "\"'":
                if _TRIPLE.match(line, i):
                    self._quotes, i = line[i : i + 3], i + 3
                    continue
                i = _end_of(line, i + 1, character) or len(line)
                self._continued = i >= len(line) and line.endswith("\\")
                continue
            if character in "([{":
                self._depth += 1
            elif character in ")]}":
                self._depth = max(0, self._depth - 1)
            i += 1
        self._continued = self._continued or line.endswith("\\")


def _end_of(line: str, start: int, quotes: str) -> int | None:
    """The place after the closing quotes of a text that `start` is inside of; None where it goes on."""
    i = start
    while i < len(line):
        if line[i] == "\\":
            i += 2
        elif line.startswith(quotes, i):
            return i + len(quotes)
        else:
            i += 1
    return None
