"""The task of a data set: whether its targets are classes or numbers. The rule for arrays and tables.

Arrays say more than tables do: integers, truth values and texts are classes, and numbers with a fraction
are the targets of a regression. Only whole numbers in a floating-point array leave a doubt. A column of a
table has no type that was chosen with care, so its rule is stricter: many whole numbers are a regression.
"""

from typing import Any

import numpy as np

from pellucid.data._labels import MAX_CLASSES, are_integers
from pellucid.errors import OptionError

TASKS = ("classification", "regression")

# Whole numbers are taken for classes where they are as few as this, or each stands for several examples.
# In a table both have to be true.
_FEW = 20
_EXAMPLES_FOR_EACH = 5


def check_task(task: str | None) -> None:
    """Refuse an unknown task; None leaves it to the values.

    Raises:
        OptionError: with the tasks there are.
    """
    if task is not None and task not in TASKS:
        raise OptionError(f"unknown task {task!r:.80}; expected {' or '.join(TASKS)}")


def task_of_array(values: np.ndarray[Any, Any], *, named: bool = False) -> str:
    """The task that the targets in an array file are for.

    Args:
        values: (m,) or (m, K).
        named: the file names its classes.

    Returns:
        "classification" for texts, truth values, integers of at most 10,000 different values, columns that
        hold only 0 and 1, and whatever the file names classes for. Whole floating-point numbers are classes
        where they are at most 20, or stand for five examples each on average. Otherwise "regression".
    """
    if named or values.dtype.kind in "bSU":
        return "classification"
    if values.ndim == 2 and values.shape[1] > 1:
        return "classification" if np.all((values == 0) | (values == 1)) else "regression"
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
        if not np.all(are_integers(values)):
            return "regression"
        found = len(np.unique(values))
        classes = found <= _FEW or found * _EXAMPLES_FOR_EACH <= values.size
        return "classification" if classes else "regression"
    return "classification" if len(np.unique(values)) <= MAX_CLASSES else "regression"


def task_of_column(numbers: np.ndarray[Any, Any]) -> tuple[str, str]:
    """The task that a table's column of numbers is for, and why, in words.

    Two different numbers are classes, and so are whole numbers that are at most 20 and stand for five rows
    each on average.

    Args:
        numbers: (m,) finite.
    """
    found = len(np.unique(numbers))
    if found <= 2:
        return "classification", "it holds two different numbers"
    few = found <= _FEW and found * _EXAMPLES_FOR_EACH <= len(numbers)
    if few and np.all(numbers == np.rint(numbers)):
        return "classification", f"it holds {found} different whole numbers"
    return "regression", f"it holds {found} different numbers"
