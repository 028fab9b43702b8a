"""Which exercise a function belongs to, and in whose convention it answers.

The two courses were given in many editions since 2017. Some of their exercises have functions of the same
name, and some editions of one exercise return the same numbers under other keys. What any of them accepted
is right; a remark says which it is.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pellucid.check.cases import EXAMS, Case, Exam
from pellucid.check.outcome import Outcome
from pellucid.check.solution import FunctionSource, Solution

OLD_KEYS = (
    "dA{l} holds the gradient that leaves layer l, as in early editions; later ones call it dA{l - 1}, the "
    "gradient of A{l - 1}"
)
NO_CACHE = "it returns no cache, as in the exercises without linear_activation_forward"
_LAYERS = frozenset({"linear_activation_forward", "L_model_forward", "linear_forward"})


def exam_of(name: str, solution: Solution, *, is_shallow: bool) -> Exam | None:
    """The exam of a function; None: it is that of another exercise, which nothing here judges.

    Args:
        name: of the function.
        solution: the file.
        is_shallow: whether the file is about the network with one hidden layer.
    """
    function = solution.functions.get(name)
    if function is not None and name in _VARIANTS:
        variant = _VARIANTS[name](function, solution)
        if variant is not None:
            return EXAMS.get(variant)
    if is_shallow and f"shallow.{name}" in EXAMS:
        return EXAMS[f"shallow.{name}"]
    return EXAMS.get(name)


def has_three_layers(solution: Solution) -> bool:
    """Whether `forward_propagation` of the file is that of the second course, with three layers.

    Args:
        solution: the file.
    """
    forward = solution.functions.get("forward_propagation")
    return forward is not None and _mentions(forward, "W3")


def is_of_one_number(solution: Solution) -> bool:
    """Whether `forward_propagation` or its partner is that of the gradient check of one number, theta x.

    Args:
        solution: the file.
    """
    both = (solution.functions.get(name) for name in ("forward_propagation", "backward_propagation"))
    return any(function is not None and _of_one_number(function) for function in both)


def _mentions(function: FunctionSource, text: str) -> bool:
    return any(
        (isinstance(node, ast.Constant) and node.value == text)
        or (isinstance(node, ast.Name) and node.id == text)
        for node in ast.walk(function.tree)
    )


def _of_one_number(function: FunctionSource) -> bool:
    return [name.lower() for name in function.parameters[:2]] == ["x", "theta"]


# Each gives the name of the exam, "" where there is none, or None where the usual one serves.
def _forward(function: FunctionSource, _: Solution) -> str | None:
    if _of_one_number(function):
        return "one_number.forward_propagation"
    return "three_layers.forward_propagation" if _mentions(function, "W3") else None


def _backward(function: FunctionSource, solution: Solution) -> str | None:
    if _of_one_number(function):
        return "one_number.backward_propagation"
    first = [name.lower() for name in function.parameters[:3]]
    # Its cache is that of a forward pass which may be written in any way.
    return "" if first == ["x", "y", "cache"] or has_three_layers(solution) else None


def _predict(function: FunctionSource, solution: Solution) -> str | None:
    first = [name.lower() for name in function.parameters[:3]]
    if first == ["w", "b", "x"]:
        return "logistic.predict"
    return "" if has_three_layers(solution) else None


_VARIANTS = {"forward_propagation": _forward, "backward_propagation": _backward, "predict": _predict}


def understood(
    exam: Exam, case: Case, outcome: Outcome, solution: Solution, *, is_shallow: bool
) -> tuple[Outcome, str]:
    """An outcome in the form that the exam has, and what is to be said of its own form.

    Args:
        exam: of the function.
        case: what was given.
        outcome: what came of it.
        solution: the file.
        is_shallow: whether the file is about the network with one hidden layer.
    """
    value = outcome.value
    if outcome.kind != "value":
        return outcome, ""
    if exam.part is not None:
        return replace(outcome, value=exam.part(value)), ""
    if exam.function == "predict" and isinstance(value, list):
        try:
            return replace(outcome, value=np.array(value, float)), ""
        except (TypeError, ValueError):
            return outcome, ""
    if exam.name == "update_parameters_with_adam" and isinstance(value, (tuple, list)):
        # Newer editions return the corrected moments as well.
        return replace(outcome, value=tuple(value[:3])), ""
    if exam.name in ("sigmoid", "relu") and isinstance(value, (np.ndarray, float)):
        if is_shallow or _LAYERS.isdisjoint(solution.functions):
            return replace(outcome, value=(value, case.args[0])), "" if is_shallow else NO_CACHE
        return outcome, ""
    if exam.name == "L_model_backward" and isinstance(value, Mapping):
        return _in_late_keys(outcome, case.args[2])
    return outcome, ""


def _in_late_keys(outcome: Outcome, caches: Sequence[Any]) -> tuple[Outcome, str]:
    """Gradients with the keys of later editions."""
    value, L = outcome.value, len(caches)
    if f"dA{L}" not in value or "dA0" in value:
        return outcome, ""
    wide = [cache[0][0].shape for cache in caches]
    late = {key: each for key, each in value.items() if not key.startswith("dA")}
    for l in range(1, L + 1):
        if f"dA{l}" in value:
            late[f"dA{l - 1}"] = value[f"dA{l}"]
    # Of layers as wide as each other every key fits; of others the shape says whose gradient it is.
    first = value.get("dA1")
    if isinstance(first, np.ndarray) and L > 1 and first.shape != wide[0] and first.shape == wide[1]:
        return outcome, ""
    return replace(outcome, value=late), OLD_KEYS
