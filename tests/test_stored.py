"""Inputs in files: any of them in any order, and few reads for rows that lie together."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.examples import Columns, Examples
from pellucid.stored import Stored, _pieces
from tests.stored_columns import Kept

X = np.arange(60.0).reshape(3, 20)


@given(st.lists(st.integers(0, 19), max_size=30), st.booleans(), st.integers(1, 9), st.integers(0, 5))
def test_a_block_holds_what_was_asked_for(chosen: list[int], part: bool, step: int, gap: int) -> None:
    stored, whole = Kept(X), X
    if part:
        rows = np.array([17, 3, 3, 8, 9, 10, 0, 19, 18, 5])
        stored, whole = stored.take(rows), X[:, rows]
        chosen = [i % 10 for i in chosen]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pellucid.stored._STEP_BYTES", step * stored.column_bytes)
        patch.setattr("pellucid.stored._GAP_BYTES", gap * stored.column_bytes)
        np.testing.assert_array_equal(stored.block(np.array(chosen, int)), whole[:, chosen])
        np.testing.assert_array_equal(stored.dense(slice(2, 9)), whole[:, 2:9])
        np.testing.assert_array_equal(np.hstack(list(map(np.copy, stored.blocks()))), whole)
        assert max((stop - start for start, stop, _ in stored.reads), default=0) <= max(step, 1)


@given(st.lists(st.integers(0, 100), min_size=1).map(sorted), st.integers(1, 20), st.integers(1, 10))
def test_pieces_are_short_and_without_long_gaps(rows: list[int], at_once: int, gap: int) -> None:
    found = list(_pieces(np.array(rows), at_once, gap))
    assert [first for first, _ in found] == [0, *(last for _, last in found[:-1])]
    assert found[-1][1] == len(rows)
    for first, last in found:
        assert rows[last - 1] - rows[first] < at_once
        assert np.all(np.diff(rows[first:last]) <= gap)


def test_rows_that_lie_together_are_read_at_once() -> None:
    stored = Kept(X)
    stored.block(np.array([7, 4, 5, 6, 9]))
    assert [(start, stop) for start, stop, _ in stored.reads] == [(4, 10)]


def test_they_are_columns_of_which_taking_some_reads_nothing() -> None:
    stored = Kept(X)
    assert isinstance(stored, Columns)
    examples = Examples(stored, X[:1])
    taken = examples.take(np.array([5, 2]))
    assert isinstance(taken.X, Stored)
    assert taken.X.shape == (3, 2)
    assert stored.reads == []
    np.testing.assert_array_equal(taken.block(np.array([1, 0])).X, X[:, [2, 5]])
    np.testing.assert_array_equal(examples.dense(np.array([1, 1])).X, X[:, [1, 1]])
    assert stored.within(7).memory == 7
    assert "20 examples of 3 inputs" in repr(stored)


def test_a_run_is_long_beside_a_seek() -> None:
    assert Kept(X).run == (1 << 18) // 24
    wide: Any = np.empty((1 << 16, 1))
    assert Kept(wide).run == 1
