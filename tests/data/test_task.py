"""Whether the targets in an array are classes or the numbers of a regression."""

from typing import Any

import numpy as np
import pytest

from pellucid.data.task import check_task, task_of_array, task_of_column
from pellucid.errors import OptionError

FRACTIONS = np.linspace(0, 1, 30)


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["a", "b", "a"], "classification"),
        (np.array([b"a", b"b"]), "classification"),
        ([True, False, True], "classification"),
        (np.arange(10_000), "classification"),
        (np.arange(10_001), "regression"),
        (np.arange(20.0), "classification"),
        (np.arange(21.0), "regression"),
        (np.repeat(np.arange(21.0), 5), "classification"),
        (np.repeat(np.arange(21.0), 5)[1:], "regression"),
        ([0.0, np.nan, 1.0], "classification"),
        ([0.5, np.inf, 1.5], "regression"),
        ([0.0, 1.0, 2.0**60], "regression"),
        (FRACTIONS, "regression"),
        (FRACTIONS[:, None], "regression"),
        (np.eye(3), "classification"),
        (np.eye(3, dtype=bool), "classification"),
        ([[1, 0], [1, 1]], "classification"),
        ([[1, 0], [0, 2]], "regression"),
        ([[0.9, 0.1], [0.2, 0.8]], "regression"),
    ],
)
def test_the_task_of_an_array(values: Any, task: str) -> None:
    values = np.asarray(values)
    assert task_of_array(values) == task
    assert task_of_array(values, named=True) == "classification"


@pytest.mark.parametrize(("repeats", "task"), [(5, "classification"), (1, "regression")])
def test_arrays_and_tables_agree_on_whole_numbers_that_are_few_or_many(repeats: int, task: str) -> None:
    values = np.repeat(np.arange(3.0 if repeats == 5 else 50.0), repeats)
    assert task_of_array(values) == task_of_column(values)[0] == task


def test_an_unknown_task() -> None:
    for task in (None, "classification", "regression"):
        check_task(task)
    with pytest.raises(
        OptionError, match=r"^unknown task 'ranking'; expected classification or regression$"
    ):
        check_task("ranking")
