"""The arguments that a solution's function takes, and their order."""

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


def order_of(exam: Exam, function: FunctionSource | None) -> Sequence[str] | None:
    """The order of the function's arguments; None if the course has no order with that number of them."""
    if function is None:
        return exam.arguments
    first = function.parameters[0].lower() if function.parameters else ""
    if "predict" in exam.name and takes(function, 2):
        return ("parameters", "X") if first.startswith(("param", "theta", "w")) else ("X", "parameters")
    for order in (exam.arguments, *exam.other_arguments):
        if takes(function, len(order)):
            return order
    return None


def arranged(exam: Exam, order: Sequence[str], case: Case) -> tuple[Any, ...]:
    """The arguments of a case in the order of a function.

    Args:
        exam: of the function.
        order: from `order_of`.
        case: one of the exam's.
    """
    by_name = dict(zip(exam.arguments, case.args, strict=True))
    # What the exercise of one hidden layer hands to the cost, and only some editions look into.
    by_name.setdefault("parameters", network((2, 4, 1)))
    if "y" in order:
        by_name["y"] = np.asarray(case.expected, float)
    return tuple(by_name.get(name, {}) for name in order)
