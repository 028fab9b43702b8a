"""The cases for each function: many shapes, float64 and float32, and the published exercise.

Every case has the result of the reference, which never leaves this process.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from pellucid import core
from pellucid.check import cases_layers, cases_networks
from pellucid.check.cases_exercises import EXERCISES
from pellucid.check.cases_form import Case, Exam
from pellucid.check.cases_later import LATER

__all__ = ["EXAMS", "Case", "Exam", "cases_of"]


def _unary(function: Callable[..., Any]) -> Callable[[], list[Case]]:
    return lambda: cases_layers.elementwise_forward(function)


def _binary(function: Callable[..., Any]) -> Callable[[], list[Case]]:
    return lambda: cases_layers.elementwise_backward(function)


_LAYER_CACHE = (("A_prev", "W", "b"), "Z")
_GRADIENTS = ("dA_prev", "dW", "db")

EXAMS = {
    exam.name: exam
    for exam in (
        Exam("sigmoid", ("Z",), ("A", "cache"), _unary(core.sigmoid)),
        Exam("relu", ("Z",), ("A", "cache"), _unary(core.relu)),
        Exam("sigmoid_backward", ("dA", "cache"), "dZ", _binary(core.sigmoid_backward)),
        Exam("relu_backward", ("dA", "cache"), "dZ", _binary(core.relu_backward)),
        Exam("linear_forward", ("A", "W", "b"), ("Z", ("A", "W", "b")), cases_layers.linear_forward),
        Exam(
            "linear_activation_forward",
            ("A_prev", "W", "b", "activation"),
            ("A", _LAYER_CACHE),
            cases_layers.linear_activation_forward,
        ),
        Exam("L_model_forward", ("X", "parameters"), ("AL", "caches"), cases_networks.L_model_forward),
        Exam(
            "compute_cost",
            ("AL", "Y"),
            "cost",
            cases_networks.compute_cost,
            (("AL", "Y", "parameters"),),
        ),
        Exam("linear_backward", ("dZ", "cache"), _GRADIENTS, cases_layers.linear_backward),
        Exam(
            "linear_activation_backward",
            ("dA", "cache", "activation"),
            _GRADIENTS,
            cases_layers.linear_activation_backward,
        ),
        Exam("L_model_backward", ("AL", "Y", "caches"), "", cases_networks.L_model_backward),
        Exam("update_parameters", ("parameters", "grads", "learning_rate"), "", cases_networks.update_deep),
        Exam(
            "shallow.update_parameters",
            ("parameters", "grads", "learning_rate"),
            "",
            cases_networks.update_shallow,
        ),
        Exam(
            "predict",
            ("X", "parameters"),
            "labels",
            cases_networks.predict_deep,
            (("parameters", "X"), ("X", "y", "parameters")),
        ),
        Exam(
            "shallow.predict",
            ("parameters", "X"),
            "labels",
            cases_networks.predict_shallow,
            (("X", "parameters"), ("X", "y", "parameters")),
        ),
        Exam("forward_propagation", ("X", "parameters"), ("A2", ""), cases_networks.forward_propagation),
        Exam(
            "backward_propagation",
            ("parameters", "cache", "X", "Y"),
            "",
            cases_networks.backward_propagation,
        ),
    )
}


EXAMS |= {exam.name: exam for exam in EXERCISES}
EXAMS |= {name: Exam(name, arguments, outputs, made) for name, arguments, outputs, made in LATER}


@cache
def cases_of(name: str) -> tuple[Case, ...]:
    """The cases of one function.

    Args:
        name: of a function of `EXAMS`.
    """
    # The course's own formulas warn if AL is exactly 0 or 1.
    with np.errstate(all="ignore"):
        return tuple(EXAMS[name].cases())
