"""Cases of the exercise on logistic regression."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pellucid.check import exercise_functions
from pellucid.check.cases_form import Array, Case, Exam, made
from pellucid.check.cases_networks import labels


def _plain(value: Any) -> Any:
    """b and db as a number: one in an array of one is right too."""
    return value.reshape(()) if isinstance(value, np.ndarray) and value.size == 1 else value


def _with_plain(value: Any, key: str) -> Any:
    return {**value, key: _plain(value[key])} if isinstance(value, Mapping) and key in value else value


def _of_start(result: Any) -> Any:
    if isinstance(result, (tuple, list)) and len(result) == 2:
        return result[0], _plain(result[1])
    return result


def _of_propagate(result: Any) -> Any:
    if isinstance(result, (tuple, list)) and len(result) == 2:
        return _with_plain(result[0], "db"), result[1]
    return result


def _of_optimize(result: Any) -> Any:
    """The parameters and gradients; which costs are kept is free."""
    if isinstance(result, (tuple, list)) and len(result) == 3:
        costs = () if isinstance(result[2], (tuple, list, np.ndarray)) else result[2]
        return _with_plain(result[0], "b"), _with_plain(result[1], "db"), costs
    return result


def _of_model(result: Any) -> Any:
    return _with_plain(result, "b")


def _published() -> tuple[Array, float, Array, Array]:
    w, b = np.array([[1.0], [2.0]]), 2.0
    return w, b, np.array([[1.0, 2.0, -1.0], [3.0, 4.0, -3.2]]), np.array([[1, 0, 1]])


def _examples() -> list[tuple[str, tuple[Array, float, Array, Array]]]:
    """w, b, X and Y of several shapes, the published exercise first."""
    found = [("the published exercise", _published())]
    for n, m in ((4, 7), (3, 1), (1, 5), (5, 200)):
        rng = np.random.default_rng([41, n, m])
        w, X = rng.standard_normal((n, 1)), rng.standard_normal((n, m))
        found.append((f"n_x = {n}, m = {m}", (w, 0.4, X, labels(1, m))))
    return found


def _starts() -> list[Case]:
    function = exercise_functions.initialize_with_zeros
    return [made(function, f"dim = {dim}", dim) for dim in (2, 3, 1, 12)]


def _propagate() -> list[Case]:
    return [made(exercise_functions.propagate, text, *args) for text, args in _examples()]


def _optimize() -> list[Case]:
    cases = []
    for (text, args), count, rate in zip(
        _examples(), (100, 1, 30, 7, 120), (0.009, 0.1, 0.5, 0.2, 0.3), strict=True
    ):
        params, grads, _ = exercise_functions.optimize(*args, count, rate)
        steps = f"{count} iterations, learning rate {rate}"
        cases.append(Case(f"{text}, {steps}", (*args, count, rate, False), (params, grads, ())))
    return cases


def _predict() -> list[Case]:
    published = (
        np.array([[0.1124579], [0.23106775]]),
        -0.3,
        np.array([[1.0, -1.1, -3.2], [1.2, 2.0, 0.1]]),
    )
    examples = [("the published exercise", published)]
    examples += [(text, (w, b, X)) for text, (w, b, X, _) in _examples()[1:]]
    return [made(exercise_functions.predict, text, *args) for text, args in examples]


def _model() -> list[Case]:
    cases = []
    for n, m, count, rate in ((3, 8, 60, 0.1), (4, 50, 10, 0.02)):
        rng = np.random.default_rng([42, n, m])
        X_train, X_test = rng.standard_normal((n, m)), rng.standard_normal((n, 5))
        args = (X_train, labels(1, m), X_test, labels(1, 5), count, rate, False)
        found = exercise_functions.model(*args)
        text = f"n_x = {n}, m = {m}, {count} iterations, learning rate {rate}"
        cases.append(Case(text, args, {"w": found["w"], "b": found["b"]}))
    return cases


_OPTIMIZE = ("w", "b", "X", "Y", "num_iterations", "learning_rate", "print_cost")
_MODEL = ("X_train", "Y_train", "X_test", "Y_test", "num_iterations", "learning_rate", "print_cost")

LOGISTIC: Sequence[Exam] = (
    Exam("initialize_with_zeros", ("dim",), ("w", "b"), _starts, part=_of_start),
    Exam("propagate", ("w", "b", "X", "Y"), ("grads", "cost"), _propagate, part=_of_propagate),
    Exam(
        "optimize",
        _OPTIMIZE,
        ("params", "grads", "costs"),
        _optimize,
        other_arguments=(_OPTIMIZE[:-1],),
        part=_of_optimize,
    ),
    Exam("logistic.predict", ("w", "b", "X"), "Y_prediction", _predict),
    Exam("logistic.model", _MODEL, "", _model, other_arguments=(_MODEL[:-1],), part=_of_model),
)
