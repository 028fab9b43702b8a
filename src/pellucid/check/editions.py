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
from pellucid.check.judge_compare import differences
from pellucid.check.judge_streams import OTHER_NUMBERS, RIGHT_WHATEVER_IS_DRAWN
from pellucid.check.outcome import Outcome
from pellucid.check.solution import FunctionSource, Solution

OLD_KEYS = (
    "dA{l} holds the gradient that leaves layer l, as in early editions; later ones call it dA{l - 1}, the "
    "gradient of A{l - 1}"
)
NO_CACHE = "it returns no cache, as in the exercises without linear_activation_forward"
_LAYERS = frozenset({"linear_activation_forward", "L_model_forward", "linear_forward"})
# Of the gradient check of a network. A file's own stay: they may be called in another way.
_HELPERS = (
    *("forward_propagation_n", "backward_propagation_n"),
    *("dictionary_to_vector", "vector_to_dictionary", "gradients_to_vector"),
)
_PLAIN = frozenset({"forward_propagation_with_dropout", "forward_propagation_n", "gradient_check_n"})


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


def has_two_layers(solution: Solution) -> bool:
    """Whether `predict` or `update_parameters`, alone in a file, is that of one hidden layer.

    Args:
        solution: the file.
    """
    predict = solution.functions.get("predict")
    if predict is not None and len(predict.parameters) == 2:
        called = any(
            isinstance(node, ast.Name) and node.id == "forward_propagation"
            for node in ast.walk(predict.tree)
        )
        if called and predict.parameters[0].lower().startswith("param"):
            return True
    update = solution.functions.get("update_parameters")
    if update is None or any(
        isinstance(node, (ast.For, ast.comprehension)) for node in ast.walk(update.tree)
    ):
        return False
    return _mentions(update, "W2") and not _mentions(update, "W3")


def is_of_one_number(solution: Solution) -> bool:
    """Whether the file holds the gradient check of one number, theta x, or what it calls.

    Args:
        solution: the file.
    """
    names = ("forward_propagation", "backward_propagation", "gradient_check")
    functions = (solution.functions.get(name) for name in names)
    return any(function is not None and _of_one_number(function) for function in functions)


def is_logistic(solution: Solution) -> bool:
    """Whether the file is about logistic regression.

    Args:
        solution: the file.
    """
    if "initialize_with_zeros" in solution.functions:
        return True
    model = solution.functions.get("model")
    functions = (solution.functions.get(name) for name in ("propagate", "optimize", "predict"))
    return (model is not None and _of_two_sets(model)) or any(
        function is not None and _of_w_and_b(function) for function in functions
    )


def has_plain_activations(solution: Solution) -> bool:
    """Whether the functions of the file call a `sigmoid` and a `relu` that return no cache.

    Args:
        solution: the file.
    """
    if not _LAYERS.isdisjoint(solution.functions):
        return False
    return is_logistic(solution) or has_three_layers(solution) or not _PLAIN.isdisjoint(solution.functions)


def exercise_references(solution: Solution) -> tuple[str, ...]:
    """What the reference lends to the exercise that a file is about, beside the functions of deep networks.

    Args:
        solution: the file.
    """
    pair = "one_number" if is_of_one_number(solution) else "shallow"
    found = [f"{pair}.forward_propagation", f"{pair}.backward_propagation"]
    if is_logistic(solution):
        found += [
            f"logistic.{name}" for name in ("initialize_with_zeros", "propagate", "optimize", "predict")
        ]
    start = solution.functions.get("initialize_parameters")
    if start is not None and len(start.parameters) == 1:
        found.append("deep.initialize_parameters")
    helpers = _HELPERS + ("plain.sigmoid", "plain.relu") * has_plain_activations(solution)
    own = {*solution.functions, *solution.other_names}
    return (*found, *(name for name in helpers if name.rpartition(".")[2] not in own))


def _mentions(function: FunctionSource, text: str) -> bool:
    return any(
        (isinstance(node, ast.Constant) and node.value == text)
        or (isinstance(node, ast.Name) and node.id == text)
        for node in ast.walk(function.tree)
    )


def _of_one_number(function: FunctionSource) -> bool:
    return [name.lower() for name in function.parameters[:2]] == ["x", "theta"]


def _of_w_and_b(function: FunctionSource) -> bool:
    """Whether it begins with the weights, the bias and the inputs of logistic regression."""
    return [name[:1].lower() for name in function.parameters[:3]] == ["w", "b", "x"]


def _of_two_sets(function: FunctionSource) -> bool:
    """Whether it begins with inputs and labels for training, then those for testing."""
    return [name[:1].lower() for name in function.parameters[:4]] == ["x", "y", "x", "y"]


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
    if _of_w_and_b(function):
        return "logistic.predict"
    return "" if has_three_layers(solution) else None


def _of_logistic(function: FunctionSource, _: Solution) -> str | None:
    return None if _of_w_and_b(function) else ""


def _model(function: FunctionSource, _: Solution) -> str | None:
    return "logistic.model" if _of_two_sets(function) else ""


def _gradient_check(function: FunctionSource, _: Solution) -> str | None:
    return None if _of_one_number(function) else ""


_VARIANTS = {
    "forward_propagation": _forward,
    "backward_propagation": _backward,
    "predict": _predict,
    "propagate": _of_logistic,
    "optimize": _of_logistic,
    "model": _model,
    "gradient_check": _gradient_check,
}


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
    if exam.name in RIGHT_WHATEVER_IS_DRAWN and RIGHT_WHATEVER_IS_DRAWN[exam.name](case, value):
        # Only where the numbers are others is that worth a remark.
        other = differences(case.expected, exam.part(value) if exam.part else value, exam.outputs)
        return replace(outcome, value=case.expected), OTHER_NUMBERS if other else ""
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
