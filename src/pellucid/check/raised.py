"""What an exception of a learner's file says: its class, one line, and the line of the file.

Of an assertion that failed, the line is its text and the values of both sides.
"""

import ast
import builtins
import contextlib
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any

import numpy as np

from pellucid.check import wire
from pellucid.check.learner import FILE, value_in

_MOST = 300
_MOST_SIDE = 120
# An array of at most so many numbers is shown whole.
_FEW = 6
# What may be called once more to see its value; a function of the file may take for ever.
_LOOKS = frozenset(
    {"len", "abs", "type", "isinstance", "round", "sum", "max", "min", "float", "int", "str"}
)


def described(error: BaseException, text: str) -> tuple[str, str, int | None]:
    """The name of the class, the message on one line, and the deepest line in the file.

    Args:
        error: as raised.
        text: of the file.
    """
    frame, line = None, None
    traceback: TracebackType | None = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == FILE:
            frame, line = traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next
    message = ""
    # The exception, and what it compares, may be of classes of the learner's own.
    with contextlib.suppress(BaseException):
        message = " ".join(str(error).split())[:_MOST]
    with contextlib.suppress(BaseException):
        if type(error) is AssertionError and frame is not None and line is not None:
            message = _assertion(text, frame, line, message)[:_MOST]
    return wire.class_name(error), message, line


def _assertion(text: str, frame: FrameType, line: int, message: str) -> str:
    """The assertion that stands on a line and the values of its sides, or else the message."""
    found = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assert) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    if not found:
        return message
    test = found[-1].test
    parts = list(_sides(test))
    names = {ast.unparse(part): part for part in parts if not isinstance(part, ast.Constant)}
    values = []
    for name, part in names.items():
        shown = _value(part, frame)
        # A name that stands for itself, as the class in `isinstance(cost, float)`, says nothing.
        if shown and shown != name:
            values.append(f"{name[:_MOST_SIDE]} is {shown[:_MOST_SIDE]}")
    said = f" ({message})" if message else ""
    ending = f": {', '.join(values)}" if values else ""
    return f"assert {ast.unparse(test)[:_MOST_SIDE]}{ending}{said}"


def _sides(test: ast.expr) -> Iterator[ast.expr]:
    """What a condition compares, or the arguments of the function that decides."""
    if isinstance(test, ast.Compare):
        yield from (test.left, *test.comparators)
    elif isinstance(test, ast.Call):
        yield from test.args
    elif isinstance(test, ast.UnaryOp):
        yield from _sides(test.operand)
    elif isinstance(test, ast.BoolOp):
        for part in test.values:
            yield from _sides(part)


def _value(part: ast.expr, frame: FrameType) -> str:
    for node in ast.walk(part):
        if isinstance(node, (ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr, ast.Lambda)):
            return ""
        if isinstance(node, ast.Call) and not _only_looks(node.func, frame):
            return ""
    try:
        return shown_value(value_in(frame, part))
    # Evaluated a second time, it may fail in any way.
    except BaseException:
        return ""


def _only_looks(function: ast.expr, frame: FrameType) -> bool:
    """Whether a function is NumPy's, or one of Python's that change nothing."""
    names = ast.unparse(function).split(".")
    owner = frame.f_locals.get(names[0], frame.f_globals.get(names[0]))
    if owner is None:
        return len(names) == 1 and names[0] in _LOOKS
    return owner is np or owner is getattr(builtins, names[0], None)


def shown_value(value: Any) -> str:
    """A value in at most some ten words: small arrays whole, large ones by their shape.

    Args:
        value: of any class.
    """
    if isinstance(value, np.ndarray):
        if value.size > _FEW:
            return f"an array of shape {value.shape}"
        return f"array({np.array2string(value, precision=6, separator=', ')})".replace("\n", "")
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, np.generic):
        return f"{value.item():.10g}" if isinstance(value, np.floating) else repr(value.item())
    if isinstance(value, dict):
        return f"a dictionary of {', '.join(map(str, value))}"
    return repr(value)
