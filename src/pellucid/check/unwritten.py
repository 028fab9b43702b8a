"""Blanks of the course's templates: what a function still has where its author was to write."""

import ast
import re
from collections.abc import Iterator, Sequence

from pellucid.check.solution import FunctionSource

# What the templates set around the lines to write; nothing but comments in between is a blank.
_STARTS = re.compile(r"#.*\b(?:START CODE|YOUR CODE STARTS?|BEGIN SOLUTION)\b", re.IGNORECASE)
_ENDS = re.compile(r"#.*\b(?:END CODE|YOUR CODE ENDS?|END SOLUTION)\b", re.IGNORECASE)


def blank_line(function: FunctionSource, text: str) -> int | None:
    """The line of the first blank of a function; None where it has none.

    Blanks are a body of `pass`, `...` or a docstring alone, NotImplementedError, a name that stays None,
    and None in place of a number. A name that is None first and something else later is no blank.

    Args:
        function: as written.
        text: of the file.
    """
    body = [s for s in function.tree.body if not _is_text(s)]
    if not body:
        return function.tree.lineno
    if all(_is_nothing(statement) for statement in body):
        return body[0].lineno
    return next(_blanks(body, frozenset()), None) or _empty_place(function, text)


def _empty_place(function: FunctionSource, text: str) -> int | None:
    """The line of a comment that says where to write, if nothing was written there."""
    lines = text.split("\n")[: function.end_line]
    start = None
    for number in range(function.line, len(lines) + 1):
        line = lines[number - 1].strip()
        if _STARTS.search(line):
            start = number
        elif _ENDS.search(line):
            if start is not None:
                return start
        elif line and not line.startswith("#"):
            start = None
    return None


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_nothing(statement: ast.stmt) -> bool:
    """`pass`, `...` and other texts, NotImplementedError, `return` and `return None`."""
    if isinstance(statement, ast.Return):
        return statement.value is None or _is_none(statement.value)
    return isinstance(statement, ast.Pass) or _is_text(statement) or _refuses(statement)


def _refuses(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Raise) and "NotImplemented" in ast.unparse(statement)


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _blanks(body: Sequence[ast.stmt], later: frozenset[str]) -> Iterator[int]:
    """The lines of blanks in a block; `later` are the names that are made after it."""
    for i, statement in enumerate(body):
        made = later | {name for after in body[i + 1 :] for name in _made(after)}
        if (
            (isinstance(statement, ast.Assign) and not _set_to_none(statement) <= made)
            or _refuses(statement)
            or _is_ellipsis(statement)
            or _calls_with_none(statement)
        ):
            yield statement.lineno
        for inner in ("body", "orelse", "finalbody"):
            block = getattr(statement, inner, None)
            if isinstance(block, list) and not isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                empty = block and all(isinstance(s, ast.Pass) for s in block)
                # `while True: pass` is written, and hangs.
                if empty and inner == "body" and not isinstance(statement, ast.While):
                    yield block[0].lineno
                # In a loop what is made before is made after as well.
                again = (
                    {name for s in block for name in _made(s) if not _only_none(s)}
                    if isinstance(statement, (ast.For, ast.While))
                    else set()
                )
                yield from _blanks(block, made | again)


def _set_to_none(statement: ast.Assign) -> set[str]:
    """The names that an assignment makes None of."""
    names: set[str] = set()
    for target in statement.targets:
        if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
            pairs = zip(target.elts, statement.value.elts, strict=False)
        else:
            pairs = zip([target], [statement.value], strict=True)
        names.update(name for part, value in pairs if _is_none(value) for name in _names(part))
    return names


def _has_none(value: ast.expr) -> bool:
    parts = value.elts if isinstance(value, ast.Tuple) else [value]
    return any(_is_none(part) for part in parts)


def _is_ellipsis(statement: ast.stmt) -> bool:
    value = getattr(statement, "value", None)
    return isinstance(value, ast.Constant) and value.value is ...


def _calls_with_none(statement: ast.stmt) -> bool:
    """`range(None)`, `np.dot(None, None)`, `None * None`: nobody computes with None."""
    heads: list[ast.AST] = [statement]
    if isinstance(statement, (ast.For, ast.While, ast.If, ast.With, ast.Try, ast.FunctionDef)):
        heads = [getattr(statement, "iter", None) or getattr(statement, "test", None) or ast.Pass()]
    for node in (node for head in heads for node in ast.walk(head)):
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if called.startswith(("range", "np.", "len")) and any(map(_is_none, getattr(node, "args", ()))):
            return True
        if isinstance(node, ast.BinOp) and (_is_none(node.left) or _is_none(node.right)):
            return True
    return False


def _only_none(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and _has_none(statement.value)


def _made(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement, or one inside it, makes something else than None of."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Assign) and not _has_none(node.value):
            yield from (name for target in node.targets for name in _names(target))
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign, ast.For)):
            yield from _names(node.target)


def _names(target: ast.AST) -> Iterator[str]:
    """Names and places, `A` and `grads['dA']`, that an assignment fills."""
    if isinstance(target, (ast.Tuple, ast.List)):
        for part in target.elts:
            yield from _names(part)
    elif isinstance(target, ast.Starred):
        yield from _names(target.value)
    else:
        yield ast.unparse(target)
