"""The task of a data set, classification or regression, inferred from its targets.

Arrays have a type that was chosen: integers, booleans and texts are classes, and fractions are the targets
of a regression. Only integers in a floating-point array are ambiguous. A column of a table has an inferred
type, so its rule is stricter: many different integers mean regression.
"""

from typing import Any

import numpy as np

from pellucid.data._labels import MAX_CLASSES, are_integers
from pellucid.errors import OptionError

TASKS = ("classification", "regression")

# Integers are classes if there are at most this many different ones, or several examples for each. In a
# table both are required.
_FEW = 20
_EXAMPLES_FOR_EACH = 5


def check_task(task: str | None) -> None:
    """Validate a task; None: it is inferred from the values.

    Raises:
        OptionError: with the known tasks.
    """
    if task is not None and task not in TASKS:
        raise OptionError(f"unknown task {task!r:.80}; expected {' or '.join(TASKS)}")


def task_of_array(values: np.ndarray[Any, Any], *, named: bool = False) -> str:
    """The task that fits the targets of an array file.

    Args:
        values: (m,) or (m, K).
        named: whether the file names its classes.

    Returns:
        "classification" for texts, booleans, integers of at most 10,000 different values, columns of only 0
        and 1, and every target whose classes the file names. Integers in floating point are classes if at
        most 20 are different, or each occurs five times on average. Otherwise "regression".
    """
    if named or values.dtype.kind in "bSU":
        return "classification"
    if values.ndim == 2 and values.shape[1] > 1:
        return "classification" if np.all((values == 0) | (values == 1)) else "regression"
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
        if not np.all(are_integers(values)):
            return "regression"
        distinct = len(np.unique(values))
        classes = distinct <= _FEW or distinct * _EXAMPLES_FOR_EACH <= values.size
        return "classification" if classes else "regression"
    return "classification" if len(np.unique(values)) <= MAX_CLASSES else "regression"


def task_of_column(numbers: np.ndarray[Any, Any]) -> tuple[str, str]:
    """The task that fits a table's column of numbers, and the reason, in words.

    Two different numbers are classes, and so are at most 20 different integers that occur five times each
    on average.

    Args:
        numbers: (m,) finite.
    """
    distinct = len(np.unique(numbers))
    if distinct <= 2:
        return "classification", "it holds two different numbers"
    few = distinct <= _FEW and distinct * _EXAMPLES_FOR_EACH <= len(numbers)
    if few and np.all(numbers == np.rint(numbers)):
        return "classification", f"it holds {distinct} different integers"
    return "regression", f"it holds {distinct} different numbers"
