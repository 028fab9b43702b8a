"""History: what it refuses, the costs it shows, and that it survives becoming plain values."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import histories
from pellucid.errors import OptionError
from pellucid.training.history import History


@given(histories)
def test_it_survives_becoming_plain_values(history: History) -> None:
    assert History.from_dict(history.to_dict()) == history
    assert History.from_dict(json.loads(json.dumps(history.to_dict()))) == history


def test_plain_values_by_hand() -> None:
    assert History((0.5, 0.25), 2, "native", "interrupted").to_dict() == {
        "costs": [0.5, 0.25],
        "iterations": 2,
        "engine": "native",
        "reason": "interrupted",
    }


def test_what_has_nothing_to_say_is_left_out() -> None:
    history = History((0.5, 0.25), 2, "native", "early_stopping", (0.6, 0.7), 0, "exact: in the span")
    assert history.to_dict() == {
        "costs": [0.5, 0.25],
        "iterations": 2,
        "engine": "native",
        "reason": "early_stopping",
        "validation_costs": [0.6, 0.7],
        "best_epoch": 0,
        "shortcut": "exact: in the span",
    }
    assert History.from_dict(history.to_dict()) == history


def test_a_history_of_the_first_version_still_loads() -> None:
    document = {"costs": [0.5], "iterations": 1, "engine": "reference", "reason": "completed"}
    assert History.from_dict(document) == History((0.5,), 1, "reference")


def test_an_unknown_reason() -> None:
    with pytest.raises(
        OptionError,
        match="unknown reason 'bored'; expected completed, interrupted, early_stopping or stopped",
    ):
        History(reason="bored")


@pytest.mark.parametrize(
    ("count", "every", "epochs"),
    [
        (0, 100, []),
        (1, 100, [0]),
        (100, 100, [0, 99]),
        (101, 100, [0, 100]),
        (250, 100, [0, 100, 200, 249]),
        (3, 1, [0, 1, 2]),
    ],
)
def test_the_costs_that_the_course_prints(count: int, every: int, epochs: list[int]) -> None:
    history = History(tuple(i / 10 for i in range(count)), count)
    assert history.cost_at(every) == [(i, i / 10) for i in epochs]


@given(histories, st.integers(1, 4))
def test_the_last_cost_is_always_among_them(history: History, every: int) -> None:
    shown = history.cost_at(every)
    assert [i for i, _ in shown] == sorted({i for i, _ in shown})
    assert [cost for _, cost in shown[-1:]] == list(history.costs[-1:])


@pytest.mark.parametrize(
    "change",
    [
        {"costs": (0.5,)},
        {"costs": None},
        {"costs": ["0.5"]},
        {"costs": [True]},
        {"costs": [float("nan")]},
        {"costs": [float("inf")]},
        {"costs": [[0.5]]},
        {"iterations": -1},
        {"iterations": 1.0},
        {"iterations": True},
        {"engine": None},
        {"reason": 1},
        {"reason": "bored"},
        {"author": "somebody"},
        {"validation_costs": None},
        {"validation_costs": [0.5, 0.5]},
        {"validation_costs": [float("inf")]},
        {"best_epoch": 1},
        {"best_epoch": -1},
        {"best_epoch": 0.0},
        {"best_epoch": True},
        {"shortcut": None},
    ],
)
def test_plain_values_that_describe_no_history(change: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="history"):
        History.from_dict({**History((0.5,), 1, "reference").to_dict(), **change})


@pytest.mark.parametrize("document", [None, [], "history", {"costs": []}])
def test_what_is_no_whole_description(document: Any) -> None:
    with pytest.raises(OptionError, match="a history is described by costs, engine, iterations, reason"):
        History.from_dict(document)


def test_whole_numbers_become_floats() -> None:
    history = History.from_dict({"costs": [1, 2], "iterations": 2, "engine": "", "reason": "completed"})
    assert history == History((1.0, 2.0), 2)
    assert [type(cost) for cost in history.costs] == [float, float]
