"""A learner's file, read without running it: its text, its functions, and their lines."""

import ast
import io
import os
import re
import tokenize
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from pellucid.check.notebook import NotebookError, blanked, code_cells
from pellucid.errors import DataError
from pellucid.files.reading import open_regular, shown

_MOST_TEXT = 1 << 20
# A notebook contains its pictures.
_MOST_FILE = 64 << 20
_EXPECTED = "a Python file or a notebook (.ipynb)"


class SolutionError(DataError):
    """A learner's file that cannot be read as Python; the message gives the line."""


@dataclass(frozen=True)
class FunctionSource:
    """A function that a file defines at its top level.

    Attributes:
        name: of the function.
        line: of its `def` (or its first decorator) in `Solution.text`, from 1.
        end_line: its last line.
        parameters: the names of its arguments in order, with their * or **.
        tree: the definition.
    """

    name: str
    line: int
    end_line: int
    parameters: tuple[str, ...]
    tree: ast.FunctionDef


class Unread(NamedTuple):
    """A part of a file that is no Python, and was left out.

    Attributes:
        place: "cell 3, line 4", or "line 12".
        line: the same as a line of `Solution.text`.
        message: what Python says of it, and the line.
        names: the functions that it would define.
    """

    place: str
    line: int
    message: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Solution:
    """The content of a learner's file.

    Attributes:
        path: the file.
        text: Python; of a notebook its code cells one after the other.
        functions: by name, in the order of their last definition, which is the one that counts.
        other_names: what else the file itself makes at its top level (classes, assigned lambdas, numbers)
            and the line; imported names are not its own.
        cells: of a notebook, for each line of `text` its cell and its line in it; else empty.
        unread: the parts that are no Python; their lines are empty in `text`.
        methods: names of functions that stand in classes.
    """

    path: Path
    text: str
    functions: Mapping[str, FunctionSource]
    other_names: Mapping[str, int]
    cells: tuple[tuple[int, int], ...] = ()
    unread: tuple[Unread, ...] = ()
    methods: tuple[str, ...] = ()

    def line_of(self, i: int) -> str:
        """The place of line `i` of `text`: "line 12", or "cell 3, line 4"."""
        return _place(i, self.cells)


def read_solution(path: str | os.PathLike[str]) -> Solution:
    """Read a learner's Python file or notebook.

    Args:
        path: of at most 1 MiB of code.

    Raises:
        NotFoundError: there is no such file.
        SolutionError: it is neither, is too large, or does not parse.
    """
    name = shown(path)
    with open_regular(path, SolutionError, _EXPECTED, most=_MOST_FILE) as file:
        try:
            data = file.read(_MOST_FILE + 1)
        except OSError as error:
            raise SolutionError(
                f"{name} cannot be read ({error.strerror}); expected {_EXPECTED}"
            ) from error
    text, cells = _code(name, data)
    return _solution(Path(path), name, text, cells)


def solution_of_cells(cells: Sequence[tuple[int, str]]) -> Solution:
    """The solution that the cells of a running notebook make together.

    Args:
        cells: the number of each and its text, in the order in which they ran.

    Raises:
        SolutionError: they are too large, or none of them is Python.
    """
    text, places = _joined([(number, blanked(source)) for number, source in cells])
    return _solution(Path("notebook"), "the notebook", text, places)


def _solution(path: Path, name: str, text: str, cells: tuple[tuple[int, int], ...]) -> Solution:
    if len(text) > _MOST_TEXT:
        raise SolutionError(f"{name} has {len(text):,} characters of code; expected at most {_MOST_TEXT:,}")
    whole = text
    text, unread = _readable(name, text, cells)
    tree = _parsed(name, text, cells)
    functions: dict[str, FunctionSource] = {}
    others: dict[str, int] = {}
    for bound, node in _bindings(tree.body):
        functions.pop(bound, None)
        others.pop(bound, None)
        if isinstance(node, ast.FunctionDef):
            functions[bound] = _function(node)
        else:
            others[bound] = node.lineno
    if unread and not functions:
        # Nothing is left: what is wrong with it is the whole answer.
        _parsed(name, whole, cells)
    return Solution(path, text, functions, others, cells, unread, _methods(tree))


def _methods(tree: ast.Module) -> tuple[str, ...]:
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return tuple(node.name for owner in classes for node in owner.body if isinstance(node, ast.FunctionDef))


def _code(name: str, data: bytes) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The Python code of a file; for a notebook also the cell and the line of each line."""
    # By content, not by name: a notebook is a JSON object, and no useful Python program is one.
    is_named_notebook = name.lower().endswith(".ipynb")
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" or is_named_notebook:
        try:
            return _joined(code_cells(data.decode("utf-8-sig")))
        except (NotebookError, UnicodeDecodeError) as error:
            reason = "it is not written in UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
            raise SolutionError(f"{name} is not a notebook: {reason:.200}; expected {_EXPECTED}") from None
    if b"\0" in data:
        raise SolutionError(f"{name} is not a text, it holds null bytes; expected {_EXPECTED}")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError):
        raise SolutionError(f"{name} is not written in the encoding it claims; expected UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n"), ()


def _joined(cells: list[tuple[int, list[str]]]) -> tuple[str, tuple[tuple[int, int], ...]]:
    lines: list[str] = []
    places: list[tuple[int, int]] = []
    for number, cell in cells:
        # An empty line between cells: the last line of a cell may end in a backslash.
        for i, line in enumerate([*cell, ""], start=1):
            lines.append(line)
            places.append((number, min(i, len(cell))))
    return "\n".join(lines), tuple(places)


def _place(line: int, cells: tuple[tuple[int, int], ...]) -> str:
    if not cells:
        return f"line {line}"
    cell, inside = cells[min(max(line, 1), len(cells)) - 1]
    return f"cell {cell}, line {inside}"


def _readable(name: str, text: str, cells: tuple[tuple[int, int], ...]) -> tuple[str, tuple[Unread, ...]]:
    """The text without what is no Python, and what that was."""
    if _complaint(name, text) is None:
        return text, ()
    lines = text.split("\n")
    unread = []
    for first, last in _cell_spans(cells) if cells else _statement_spans(lines):
        error = _complaint(name, "\n".join(lines[first:last]))
        if error is None:
            continue
        at = first + min(max(error.lineno or 1, 1), last - first)
        message = _said(error, lines[at - 1 : at])
        names = tuple(filter(None, map(_defined_name, lines[first:last])))
        unread.append(Unread(_place(at, cells), at, message, names))
        lines[first:last] = [""] * (last - first)
    return "\n".join(lines), tuple(unread)


def _said(error: SyntaxError, stands: list[str]) -> str:
    """What Python says, and the line that it says it of."""
    quoted = "".join(stands).strip()
    return f"{error.msg}: {shown(quoted, 80)}" if quoted else error.msg


def _defined_name(line: str) -> str:
    found = re.match(r"(?:async\s+)?def\s+(\w+)", line)
    return found[1] if found else ""


def _cell_spans(cells: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, int]]:
    """The lines of each cell: the first, and the one after the last, from 0."""
    first = 0
    for i in range(1, len(cells) + 1):
        if i == len(cells) or cells[i][0] != cells[first][0]:
            yield first, i
            first = i


# How many lines that begin at the left margin a statement may go over: a text of several lines, a list.
_MOST_BEGINNINGS = 40


def _statement_spans(lines: list[str]) -> Iterator[tuple[int, int]]:
    """The lines of each statement at the left margin, however wrong it is; as `_cell_spans`."""
    begins = [i for i, line in enumerate(lines) if _BEGINNING.match(line)]
    begins.append(len(lines))
    i = 0
    while i < len(begins) - 1:
        ends = range(i + 1, min(i + _MOST_BEGINNINGS, len(begins)))
        # The shortest that is Python; where none is, this beginning alone is wrong.
        end = next((j for j in ends if _parses(lines[begins[i] : begins[j]])), i + 1)
        yield begins[i], begins[end]
        i = end


# What only goes on with a statement begins none.
_BEGINNING = re.compile(r"(?!elif\b|else\b|except\b|finally\b)[^\s#)\]}]")


def _parses(lines: list[str]) -> bool:
    return _complaint("", "\n".join(lines)) is None


def _complaint(name: str, text: str) -> SyntaxError | None:
    """What Python complains of in a text; None where it is Python.

    Raises:
        SolutionError: an expression is nested too deep.
    """
    try:
        # An invalid escape in a text is only a matter of style here, even if warnings are errors.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        return error
    except (RecursionError, MemoryError, ValueError):
        raise SolutionError(f"{name} cannot be parsed: an expression in it is nested too deep") from None
    return None


def _parsed(name: str, text: str, cells: tuple[tuple[int, int], ...]) -> ast.Module:
    error = _complaint(name, text)
    if error is not None:
        line = error.lineno or 1
        said = _said(error, text.split("\n")[line - 1 : line])
        raise SolutionError(f"{name} is not valid Python at {_place(line, cells)}: {said}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _bindings(body: list[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """The names that top-level statements define, each with its statement; without imports."""
    # A list of pending statements, not a recursion: a chain of elif is deeply nested.
    pending = body[::-1]
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name, node
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in (n for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)):
                if isinstance(name.ctx, ast.Store):
                    yield name.id, node
        else:
            pending += _inside(node)[::-1]


def _inside(node: ast.stmt) -> list[ast.stmt]:
    """The statements under an `if`, a `try`, a loop or a `with`, which are still at the top level."""
    parts: list[Any] = [node, *getattr(node, "handlers", [])]
    return [
        inner
        for part in parts
        for field in ("body", "orelse", "finalbody")
        for inner in getattr(part, field, [])
    ]


def _function(node: ast.FunctionDef) -> FunctionSource:
    arguments = node.args
    parameters = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    if arguments.vararg:
        parameters.append(f"*{arguments.vararg.arg}")
    parameters += [argument.arg for argument in arguments.kwonlyargs]
    if arguments.kwarg:
        parameters.append(f"**{arguments.kwarg.arg}")
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return FunctionSource(node.name, first, node.end_lineno or first, tuple(parameters), node)


def without_assertions(solution: Solution) -> Solution:
    """The same file without its `assert` statements, with all lines in their places.

    Args:
        solution: the file.
    """
    lines = solution.text.split("\n")
    for node in ast.walk(ast.parse(solution.text)):
        if isinstance(node, ast.Assert) and node.end_lineno is not None and node.end_col_offset is not None:
            first, last = node.lineno - 1, node.end_lineno - 1
            # Offsets count bytes.
            before = lines[first].encode()[: node.col_offset].decode()
            after = lines[last].encode()[node.end_col_offset :].decode()
            lines[first : last + 1] = [f"{before}pass{after}", *[""] * (last - first)]
    return replace(solution, text="\n".join(lines))
