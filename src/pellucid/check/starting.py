"""Starter files: the course with blanks, in its order and with its words, for `pellucid check` to follow.

The words are those of `pellucid.chapters`; the blanks are cut into the answers of `pellucid.check.answers`.
"""

import ast
import json
from collections.abc import Sequence
from typing import Any

from pellucid.chapters import NAMES, Chapter, chapter
from pellucid.check.explain import answer_lines

_BLANK = "None  # YOUR CODE HERE"
# The course of its own: its functions have names of the others.
_SHALLOW = "hidden-layer"
# Calls that only put a number into its form; they stay.
_FORMS = ("len", "float", "np.squeeze")


def starter(chapters: Sequence[str] = (), *, notebook: bool) -> bytes:
    """A starter file.

    Args:
        chapters: their names; none: all chapters of the deep network.
        notebook: a notebook (.ipynb); otherwise a Python file.

    Returns:
        The file's bytes, UTF-8.

    Raises:
        NotFoundError: there is no such chapter.
    """
    pages = [chapter(name) for name in chapters or NAMES[:-1]]
    text = _notebook(pages) if notebook else _script(pages)
    return text.encode("utf-8")


def with_blanks(name: str, *, is_shallow: bool = False) -> str:
    """A function of the course, each computation of its body replaced by `None`.

    Args:
        name: of the function.
        is_shallow: that of the network with one hidden layer, if there are two.
    """
    source = answer_lines(name, is_shallow=is_shallow)
    lines = source.splitlines()
    steps = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Assign | ast.Return)]
    # A function that only looks things up: all of that is the exercise.
    blanks = [n for n in steps if _computes(n.value)] or [n for n in steps if isinstance(n, ast.Assign)]
    # From the last to the first: the lines before keep their numbers.
    for node in sorted(blanks, key=lambda n: n.lineno, reverse=True):
        before = lines[node.lineno - 1][: node.value.col_offset if node.value else None]
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        more = len(target.elts) - 1 if isinstance(target, ast.Tuple) else 0
        lines[node.lineno - 1 : node.end_lineno] = [before + "None, " * more + _BLANK]
    return "\n".join(lines) + "\n"


def _computes(value: ast.expr | None) -> bool:
    parts = list(ast.walk(value)) if value else []
    if any(isinstance(part, ast.BinOp) for part in parts):
        return not any(ast.unparse(part.func) == "len" for part in parts if isinstance(part, ast.Call))
    calls = [part for part in parts if isinstance(part, ast.Call)]
    return isinstance(value, ast.Compare) or any(ast.unparse(call.func) not in _FORMS for call in calls)


def _script(pages: Sequence[Chapter]) -> str:
    parts = [
        "# Fill in every blank; after each function, run: pellucid check FILE\n\nimport numpy as np\n",
    ]
    for page in pages:
        parts.append(_comment(f"{page.title}\n\n{page.introduction}"))
        for name, words in page.functions.items():
            parts.append(f"{_comment(words)}{with_blanks(name, is_shallow=page.name == _SHALLOW)}")
    return "\n\n".join(parts)


def _comment(words: str) -> str:
    return "".join(f"# {line}".rstrip() + "\n" for line in words.splitlines())


def _notebook(pages: Sequence[Chapter]) -> str:
    cells = [_cell("code", "import numpy as np\n\n%load_ext pellucid")]
    for page in pages:
        cells.append(_cell("markdown", f"## {page.title}\n\n{page.introduction}"))
        for name, words in page.functions.items():
            cells.append(_cell("markdown", f"### `{name}`\n\n{words}"))
            cells.append(_cell("code", with_blanks(name, is_shallow=page.name == _SHALLOW).rstrip()))
        cells.append(_cell("code", "%check"))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    document = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=1) + "\n"


def _cell(kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True)}
    return cell | {"execution_count": None, "outputs": []} if kind == "code" else cell
