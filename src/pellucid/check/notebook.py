"""A notebook's code: its cells as text that Python can parse, with the origin of each line."""

import ast
import json
import re
import warnings
from collections.abc import Iterator
from typing import Any

# Cell magics whose cell is still Python; with any other (%%bash, %%html) the cell is something else.
_PYTHON_CELLS = re.compile(r"%%(time|timeit|capture|prun|python3?)\b")
# A magic, a shell line or a question, alone or assigned.
_NOT_PYTHON = re.compile(r"\s*([\w, ]+=\s*)?[%!]|\s*\?|.*\?\s*$")


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

    Only if the cell does not parse, and only at the line of the syntax error: a line inside a text may
    begin with a percent sign.
    """
    # Not splitlines: a form feed or one of Unicode's separators ends no line of Python.
    lines = source.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    if source.lstrip().startswith("%%"):
        first = next(i for i, line in enumerate(lines) if line.strip())
        if not _PYTHON_CELLS.match(lines[first].strip()):
            return ["" for _ in lines]
        lines[first] = ""
    for _ in lines:
        at = _error_line("\n".join(lines))
        if at is None or not 0 < at <= len(lines) or not _NOT_PYTHON.match(lines[at - 1]):
            break
        line = lines[at - 1]
        lines[at - 1] = f"{line[: len(line) - len(line.lstrip())]}pass"
    return lines


def _error_line(source: str) -> int | None:
    """The line of the first syntax error in `source`; None: there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    except SyntaxError as error:
        return error.lineno
    except (RecursionError, MemoryError, ValueError):
        return None
    return None
