"""Mistakes as replacements of text: planted in a right solution, each at exactly one place."""

import ast
import json
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Bug:
    """One mistake, or with an empty code one other way of writing the same.

    Attributes:
        function: the function of the course that it makes wrong.
        code: the cause by which the judge knows it.
        edits: what is replaced by what.
        where: the definition whose text is edited: a function, a "Class.method", or "" for the whole file.
    """

    function: str
    code: str
    edits: tuple[tuple[str, str], ...]
    where: str

    @property
    def name(self) -> str:
        """ "function: code", which pairs are made of."""
        return f"{self.function}: {self.code}"


def bug(function: str, code: str, *texts: str, where: str | None = None) -> Bug:
    """A `Bug` of old, new, old, new, ...; it stands in `function` unless `where` says otherwise."""
    edits = tuple(zip(texts[::2], texts[1::2], strict=True))
    return Bug(function, code, edits, function if where is None else where)


def planted(text: str, bugs: Iterable[Bug]) -> str:
    """A solution, Python or a notebook, with mistakes in it.

    Raises:
        AssertionError: what a mistake replaces is not there exactly once.
    """
    if not text.startswith("{"):
        for each in bugs:
            text = _planted_one(text, each)
        return text
    notebook = json.loads(text)
    for each in bugs:
        cells = [cell for cell in notebook["cells"] if f"def {each.where}(" in "".join(cell["source"])]
        assert len(cells) == 1, each
        cells[0]["source"] = _planted_one("".join(cells[0]["source"]), each)
    return json.dumps(notebook)


def _planted_one(text: str, each: Bug) -> str:
    for old, new in each.edits:
        first, end = _extent(text, each.where)
        inside = text[first:end]
        assert inside.count(old) == 1, f"{each.name}: {old!r} stands there {inside.count(old)} times"
        text = text[:first] + inside.replace(old, new) + text[end:]
    return text


def _extent(text: str, where: str) -> tuple[int, int]:
    """From where to where in the text a definition goes."""
    if not where:
        return 0, len(text)
    body, node = ast.parse(text).body, None
    for name in where.split("."):
        (node,) = (n for n in body if isinstance(n, (ast.FunctionDef, ast.ClassDef)) and n.name == name)
        body = node.body
    assert node is not None
    lines = text.splitlines(keepends=True)
    return len("".join(lines[: node.lineno - 1])), len("".join(lines[: node.end_lineno]))
