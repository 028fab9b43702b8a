"""Run a learner's file inside its own process: the only module that runs code of other people.

The file's top level runs statement by statement, so that a failing line (a missing data set, a test module
of the course) does not prevent the definition of the functions below it. The reference supplies the names
that the file does not define, and while a function is judged alone, also those that it defines.
"""

import __future__

import ast
import builtins
import math
import operator
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType, ModuleType
from typing import Any

import numpy as np
import numpy.random

from pellucid.check.course_modules import MODULES
from pellucid.check.drawing import Nothing

# The name of the file in tracebacks.
FILE = "<the checked file>"

_WATCHED = (builtins, math, np, np.linalg, np.random)


class Replaced:
    """Finds functions of Python and NumPy that a file replaced."""

    def __init__(self) -> None:
        self._was: list[tuple[str, dict[str, Any], tuple[str, ...], tuple[Any, ...]]] = []
        for module in _WATCHED:
            was = {name: value for name, value in vars(module).items() if not name.startswith("__")}
            self._was.append((module.__name__, vars(module), tuple(was), tuple(was.values())))
        # Held here, since they may be replaced too.
        self._all, self._map, self._zip = all, map, zip

    def put_back(self) -> tuple[str, ...]:
        """Restore the replaced functions, which the following code uses; their names."""
        replaced: tuple[str, ...] = ()
        for module, now, names, values in self._was:
            if self._all(self._map(operator.is_, self._map(now.get, names), values)):
                continue
            for name, value in self._zip(names, values):
                if now.get(name) is not value:
                    now[name] = value
                    replaced += (f"{module}.{name}",)
        return replaced


class Learner:
    """The names that a learner's file defines, and its functions."""

    def __init__(self, own: Sequence[str], reference_names: Sequence[str]) -> None:
        self._own = frozenset(own)
        self._references = dict(map(_reference, reference_names))
        self._module = ModuleType("solution")
        self._module.__file__ = FILE
        sys.modules["solution"] = self._module
        self._names: dict[str, Any] = vars(self._module)
        self._names.update(self._references)

    def load(self, text: str, *, definitions_only: bool) -> Iterator[BaseException]:
        """Run the top level.

        Args:
            text: the file, which parses.
            definitions_only: skip statements that call the file's own functions, or define nothing.

        Yields:
            The exception of each failing statement; the next statement still runs. A failure that involves
            a stand-in for data, drawings or the courses' own files is not the file's.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(text).body
            if definitions_only:
                body = [node for node in body if self._defines(node)]
            flags = _future_flags(body)
            for node in body:
                uses, kept = Nothing.uses, self._overwritten(node)
                try:
                    code = compile(ast.Module([node], []), FILE, "exec", flags, dont_inherit=True)
                    exec(code, self._names)
                except BaseException as error:
                    # The reference, too, says what it was given: "parameters is of type Nothing".
                    if Nothing.uses == uses and f"type {Nothing.__name__}" not in _said(error):
                        yield error
                    else:
                        self._fill(node)
                self._names.update(kept)

    def function(self, name: str) -> Callable[..., Any]:
        """The file's function `name`.

        Raises:
            NameError: the file does not define it.
        """
        value = self._names.get(name)
        if value is None or value is self._references.get(name):
            raise NameError(f"the file defines no {name}")
        return value  # type: ignore[no-any-return]

    def alone(self, name: str) -> Mapping[str, Any]:
        """Replace all names of the file except `name` by the reference; the replaced values."""
        swapped = {n: f for n, f in self._references.items() if n != name and n in self._own}
        before = {n: self._names[n] for n in swapped if n in self._names}
        self._names.update(swapped)
        return before

    def together(self, before: Mapping[str, Any]) -> None:
        """Undo `alone`."""
        self._names.update(before)

    def _overwritten(self, node: ast.stmt) -> Mapping[str, Any]:
        """The file's own functions, which an import from a module of the courses would replace."""
        if not isinstance(node, ast.ImportFrom) or node.module not in MODULES:
            return {}
        made = {name: self._names[name] for name in self._own if name in self._names}
        return {name: value for name, value in made.items() if value is not self._references.get(name)}

    def _fill(self, node: ast.stmt) -> None:
        """Let the names that a statement was to make stand for what it would have got."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                self._names.setdefault(part.id, Nothing())

    def _defines(self, node: ast.stmt) -> bool:
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            called = {
                n.func.id
                for n in ast.walk(node)
                if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
            }
            return not called & (self._own | self._references.keys())
        return isinstance(
            node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
        )


def value_in(frame: FrameType, part: ast.expr) -> Any:
    """The value of an expression of the file, where one of its functions stands.

    Args:
        frame: of the function.
        part: the expression.
    """
    code = compile(ast.Expression(part), FILE, "eval")
    # Of the file that runs here anyway, in a process of its own.
    return eval(code, frame.f_globals, frame.f_locals)  # noqa: S307


def _said(error: BaseException) -> str:
    try:
        return str(error)
    # Of a class of the learner's own.
    except BaseException:
        return ""


def _reference(name: str) -> tuple[str, Any]:
    """The name in the file, and the function, of `sigmoid` or `shallow.compute_cost`."""
    from pellucid import core
    from pellucid.check.exercise_functions import LENT

    if name in LENT:
        return name.rpartition(".")[2], LENT[name]
    module: Any = core
    *modules, last = name.split(".")
    for submodule in modules:
        module = getattr(module, submodule)
    if not hasattr(module, last):
        # The trainers, which load the training loop.
        from pellucid import course

        module = course
    return last, getattr(module, last)


def _future_flags(body: list[ast.stmt]) -> int:
    flags = 0
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    return flags
