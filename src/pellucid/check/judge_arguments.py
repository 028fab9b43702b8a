"""The arguments that a solution's function takes, and their order."""

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.check.cases import Case, Exam
from pellucid.check.cases_networks import network
from pellucid.check.solution import FunctionSource

ARGUMENTS = {
    "initialize_parameters": ("n_x", "n_h", "n_y"),
    "initialize_parameters_deep": ("layer_dims",),
    "initialize_parameters_zeros": ("layers_dims",),
    "initialize_parameters_random": ("layers_dims",),
    "initialize_parameters_he": ("layers_dims",),
    "two_layer_model": ("X", "Y", "layers_dims", "learning_rate", "num_iterations", "print_cost"),
    "L_layer_model": ("X", "Y", "layers_dims", "learning_rate", "num_iterations", "print_cost"),
    "nn_model": ("X", "Y", "n_h", "num_iterations", "print_cost"),
}

# (A_prev, W, b, activation) have their order.
_FEW = 4


def _counts(function: FunctionSource) -> tuple[int, int]:
    """The least and the greatest number of arguments by position."""
    arguments = function.tree.args
    most = len(arguments.posonlyargs) + len(arguments.args)
    least = most - len(arguments.defaults)
    if any(default is None for default in arguments.kw_defaults):
        return 1, 0
    return least, 1000 if arguments.vararg else most


def takes(function: FunctionSource, count: int) -> bool:
    """Whether it can be called with `count` arguments by position.

    Args:
        function: as written.
        count: of the arguments.
    """
    least, most = _counts(function)
    return least <= count <= most


def accepted(function: FunctionSource, count: int) -> int:
    """The number of `count` arguments that it takes; 0 if it needs more.

    Args:
        function: as written.
        count: of the arguments.
    """
    least, most = _counts(function)
    return min(most, count) if least <= count else 0


def by_names(
    function: FunctionSource | None, names: Sequence[str], values: Sequence[Any]
) -> tuple[Any, ...] | None:
    """Arguments in the function's own order, where it has the course's names in another, or more of them.

    What stands between them and is not the course's keeps its default.

    Args:
        function: as written.
        names: of the course, in its order.
        values: an argument for each name.

    Returns:
        They are to be passed by position; None: the function has the course's order, or other names.
    """
    if function is None or function.tree.args.vararg or function.tree.args.kwonlyargs:
        return None
    arguments = function.tree.args
    own = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    if own[: len(names)] == list(names) or not set(names) <= set(own):
        return None
    defaults = dict(zip(own[::-1], arguments.defaults[::-1], strict=False))
    given = dict(zip(names, values, strict=True))
    last = max(own.index(name) for name in names)
    passed = []
    for name in own[: last + 1]:
        if name in given:
            passed.append(given[name])
            continue
        try:
            passed.append(ast.literal_eval(defaults[name]))
        except (KeyError, ValueError):
            return None
    return tuple(passed)


def _many(exam: Exam) -> bool:
    """Whether it has so many arguments that everybody names them in a call; few are passed by position."""
    return len(exam.arguments) > _FEW


def order_of(exam: Exam, function: FunctionSource | None) -> Sequence[str] | None:
    """The order of the function's arguments; None if the course has no order with that number of them."""
    if function is None:
        return exam.arguments
    first = function.parameters[0].lower() if function.parameters else ""
    if "predict" in exam.name and takes(function, 2):
        return ("parameters", "X") if first.startswith(("param", "theta", "w")) else ("X", "parameters")
    if _many(exam) and by_names(function, exam.arguments, exam.arguments) is not None:
        return exam.arguments
    for order in (exam.arguments, *exam.other_arguments):
        if takes(function, len(order)):
            return order
    return None


def arranged(
    exam: Exam, order: Sequence[str], case: Case, function: FunctionSource | None = None
) -> tuple[Any, ...]:
    """The arguments of a case in the order of a function.

    Args:
        exam: of the function.
        order: from `order_of`.
        case: one of the exam's.
        function: as written.
    """
    named = by_names(function, exam.arguments, case.args) if _many(exam) else None
    if named is not None:
        return named
    by_name = dict(zip(exam.arguments, case.args, strict=True))
    # What the exercise of one hidden layer hands to the cost, and only some editions look into.
    by_name.setdefault("parameters", network((2, 4, 1)))
    if "y" in order:
        by_name["y"] = np.asarray(case.expected, float)
    return tuple(by_name.get(name, {}) for name in order)
