"""From columns to inputs: fitting, prediction on other tables, errors."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data import table_recipe
from pellucid.data._table_categories import CategoryColumn
from pellucid.data._table_numbers import NumberColumn, edges_of
from pellucid.data.table import Table
from pellucid.data.table_recipe import ColumnSummary, TableRecipe
from pellucid.errors import DataError, NonFiniteError, OptionError

NAN = float("nan")


def table(**columns: Any) -> Table:
    return Table.from_frame(columns)


TRAIN = table(
    x=[1.0, 2.0, NAN, 3.0, 3.0, 10.0],
    c=["a", "a", None, "b", "b", "rare"],
    d=["u", "v", "u", "v", "u", "v"],
    y=[0, 1, 0, 1, 0, 1],
)
RECIPE = TableRecipe.fit(TRAIN, target="y")
MEAN, DEVIATION = np.mean([1, 2, 3, 3, 10]), np.std([1, 2, 3, 3, 10])


def test_the_inputs_by_name() -> None:
    assert RECIPE.input_names == (
        *("x", "x is missing"),
        *("c = a", "c = b", "c is another", "c is missing"),
        *("d = u", "d = v"),
    )
    assert RECIPE.n_x == 8
    assert RECIPE.shape == (8,)
    assert RECIPE.column_names == ("x", "c", "d")
    assert RECIPE.text_columns == ("c", "d")
    assert RECIPE.target == "y"
    assert RECIPE.kind == "table"
    assert RECIPE.pictures(np.zeros((8, 1))) is None


def test_the_columns_by_hand() -> None:
    np.testing.assert_allclose(
        RECIPE.columns(TRAIN).T,
        [
            [(1 - MEAN) / DEVIATION, 0, 1, 0, 0, 0, 1, 0],
            [(2 - MEAN) / DEVIATION, 0, 1, 0, 0, 0, 0, 1],
            # The median stands for what is missing.
            [(3 - MEAN) / DEVIATION, 1, 0, 0, 0, 1, 1, 0],
            [(3 - MEAN) / DEVIATION, 0, 0, 1, 0, 0, 0, 1],
            [(3 - MEAN) / DEVIATION, 0, 0, 1, 0, 0, 1, 0],
            [(10 - MEAN) / DEVIATION, 0, 0, 0, 1, 0, 0, 1],
        ],
    )


def test_another_table_may_have_other_columns_in_another_order() -> None:
    other = table(more=["?", "?"], d=["v", "never seen"], c=["never seen", "b"], x=[NAN, 4])
    np.testing.assert_allclose(
        RECIPE.columns(other).T,
        [
            # A category never seen is like a rare one; where none was rare it is none.
            [(3 - MEAN) / DEVIATION, 1, 0, 0, 1, 0, 0, 1],
            [(4 - MEAN) / DEVIATION, 0, 0, 1, 0, 0, 0, 0],
        ],
    )


def test_missing_values_where_training_had_none() -> None:
    recipe = TableRecipe.fit(table(x=[1, 2, 6], c=["a", "b", "a"]))
    X = recipe.columns(table(x=[NAN], c=np.array([None], dtype=object)))
    np.testing.assert_allclose(X, [[(2 - 3) / np.std([1, 2, 6])], [0], [0]])


def test_types_of_numbers() -> None:
    X = RECIPE.columns(TRAIN, "float32")
    assert X.dtype == np.float32
    # Examples lie one after the other, as those of every recipe.
    assert X.T.flags.c_contiguous
    np.testing.assert_array_equal(X, RECIPE.columns(TRAIN).astype(np.float32))


def test_missing_columns_are_named() -> None:
    with pytest.raises(DataError) as caught:
        RECIPE.columns(table(c=["a"], z=[1]))
    assert str(caught.value) == "there are no columns x, d; the model needs them all; the columns are c, z"


def test_a_text_among_numbers_is_told_with_its_place() -> None:
    found = Table(
        {**table(c=["a", "b"], d=["u", "v"]).columns, "x": np.array(["1", "x"], object)}, "t.csv", 2
    )
    with pytest.raises(DataError) as caught:
        RECIPE.columns(found)
    assert str(caught.value) == (
        "t.csv, line 3: column x holds 'x'; expected a number, since the column is numeric"
    )


def test_numbers_as_texts_are_numbers_where_training_had_numbers() -> None:
    texts = table(x=["1", " 2e0 "], c=["a", "a"], d=["u", "u"])
    assert not texts.is_numeric("x")
    np.testing.assert_array_equal(RECIPE.columns(texts)[0], (np.array([1, 2]) - MEAN) / DEVIATION)


def test_numbers_that_are_categories() -> None:
    recipe = TableRecipe.fit(table(k=[1, 2, 2, 1], x=[1, 2, 3, 4]), categorical=["k"])
    assert recipe.input_names[:2] == ("k = 1", "k = 2")
    np.testing.assert_array_equal(recipe.columns(table(k=[2.0, 3], x=[1, 1]))[:2], [[0, 0], [1, 0]])


def test_texts_that_are_numbers() -> None:
    recipe = TableRecipe.fit(table(k=["1", "2", None]), numeric=["k"])
    assert isinstance(recipe.inputs[0], NumberColumn)
    with pytest.raises(DataError, match="row 1: column k holds 'x'"):
        TableRecipe.fit(table(k=["1", "x"]), numeric=["k"])


def test_what_is_left_out() -> None:
    recipe = TableRecipe.fit(
        table(
            x=[1, 2, 3, 4],
            gone=[1, 2, 3, 4],
            none=[None] * 4,
            same=[7] * 4,
            word=["w"] * 4,
            names=["a", "b", "c", "d"],
            half=[7, None, 7, 7],
        ),
        drop=["gone"],
    )
    assert recipe.column_names == ("x", "half")
    assert dict(recipe.left_out) == {
        "gone": "dropped",
        "none": "it has no values",
        "same": "it is always 7",
        "word": "it is always w",
        "names": "each of its texts is rare",
    }


def test_what_is_told_of_each_column() -> None:
    train = table(**{name: TRAIN[name] for name in TRAIN.names}, z=[1] * 6)
    assert TableRecipe.fit(train, target="y").summaries(train) == [
        ColumnSummary("x", "number", 1, "(x - 3.8) / 3.187; missing counts as 3 and has an indicator"),
        ColumnSummary(
            "c", "category", 1, "one of 2: a, b; rare and new ones share an input; missing has its own"
        ),
        ColumnSummary("d", "category", 0, "one of 2: u, v; new ones have no input"),
        ColumnSummary("y", "target", 0, "the column to predict"),
        ColumnSummary("z", "left out", 0, "it is always 1"),
    ]
    assert RECIPE.describe() == "rows of a table with the columns x, c, d"
    assert RECIPE.describe_scaling().startswith("made 8 inputs: ")


def test_how_often_a_category_has_to_occur() -> None:
    words = np.repeat([f"w{i}" for i in range(5)], [9970, 10, 9, 9, 2]).astype(object)
    recipe = TableRecipe.fit(table(c=words))
    assert recipe.input_names == ("c = w0", "c = w1", "c is another")


@pytest.mark.parametrize(
    ("options", "error", "line"),
    [
        ({"numeric": ["z"]}, DataError, "there is no column z; the columns are x, c, d, y"),
        ({"drop": ["z", "w"]}, DataError, "there are no columns z, w; the columns are x, c, d, y"),
        ({"target": "z"}, DataError, "there is no column z; the columns are x, c, d, y"),
        (
            {"numeric": ["x"], "drop": ["x"]},
            OptionError,
            "column x is declared numeric and drop; expected one of them",
        ),
        (
            {"target": "y", "drop": ["y"]},
            OptionError,
            "column y is declared target and drop; expected one of them",
        ),
        ({"drop": "x"}, OptionError, "drop is the text 'x'; expected a list of names"),
        (
            {"encoding": "hot"},
            OptionError,
            "unknown encoding 'hot'; expected one of auto, piecewise, standard",
        ),
        (
            {"drop": ["x", "c", "d"], "target": "y"},
            DataError,
            "no column is left to train on (x: dropped, c: dropped, d: dropped); expected one at least",
        ),
    ],
)
def test_what_cannot_be_fitted(options: dict[str, Any], error: type[Exception], line: str) -> None:
    with pytest.raises(error) as caught:
        TableRecipe.fit(TRAIN, **options)
    assert str(caught.value) == line


def test_a_table_with_nothing_but_its_target() -> None:
    with pytest.raises(DataError, match="no column is left to train on"):
        TableRecipe.fit(table(y=[1, 2]), target="y")


@pytest.mark.parametrize("encoding", ["standard", "piecewise"])
def test_numbers_too_large_to_be_averaged(encoding: str) -> None:
    with pytest.raises(DataError, match=r"^column x holds numbers up to 1e\+308"):
        TableRecipe.fit(table(x=[1e308, -1e308, 1e308]), encoding=encoding)


def test_infinite_numbers() -> None:
    with pytest.raises(NonFiniteError) as caught:
        TableRecipe.fit(table(x=[1, np.inf, -np.inf]))
    assert str(caught.value) == (
        "row 1: column x holds inf; expected finite numbers, or nothing where one is missing; 2 such "
        "values in all"
    )


def test_more_inputs_than_memory_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_recipe, "memory", lambda: 100)
    with pytest.raises(DataError, match="6 rows of 8 inputs take 384 bytes and this machine has 100"):
        RECIPE.columns(TRAIN)


def test_pieces_by_hand() -> None:
    column = NumberColumn("x", 0.0, 0.0, 1.0, (0.0, 1.0, 3.0))
    inputs = TableRecipe((column,)).columns(table(x=[-1, 0.5, 1, 2, 9])).T
    np.testing.assert_array_equal(inputs[:, 1:], [[0, 0], [0.5, 0], [1, 0], [1, 0.5], [1, 1]])
    assert column.input_names == ("x", "x from 0 to 1", "x from 1 to 3")


def test_how_many_pieces() -> None:
    def pieces(m: int, columns: int = 1, encoding: str = "auto") -> int:
        x = np.random.default_rng(0).normal(size=m)
        recipe = TableRecipe.fit(table(**{f"x{i}": x for i in range(columns)}), encoding=encoding)
        return recipe.inputs[0].n_inputs - 1

    assert [pieces(m) for m in (99, 100, 500, 3200, 9000)] == [0, 2, 10, 64, 64]
    assert pieces(9000, columns=100) == 20
    assert pieces(9000, encoding="standard") == 0
    assert pieces(99, encoding="piecewise") == 64


def test_where_numbers_are_cut() -> None:
    assert edges_of(np.array([0.0, 1.0] * 9), 4) == ()
    assert edges_of(np.array([3.0, 1.0, 2.0] * 9), 4) == (1.0, 2.0, 3.0)
    assert edges_of(np.arange(101.0), 4) == (0.0, 25.0, 50.0, 75.0, 100.0)
    # Most are 0: the other numbers still have fine pieces, and 0 has edges of its own.
    spiked = np.concatenate([np.zeros(900), np.arange(1.0, 102.0)])
    assert edges_of(spiked, 4) == (0.0, 1.0, 26.0, 51.0, 76.0, 101.0)
    middle = np.concatenate([np.full(900, 50.0), np.arange(101.0)])
    assert {49.0, 50.0, 51.0} <= set(edges_of(middle, 4))


NUMBERS = st.lists(st.floats(-1e9, 1e9) | st.just(7.0), min_size=1, max_size=60)


@given(NUMBERS, st.integers(1, 10))
def test_edges_grow_and_span_the_numbers(numbers: list[float], pieces: int) -> None:
    edges = edges_of(np.array(numbers), pieces)
    assert list(edges) == sorted(set(edges))
    assert set(edges) <= set(numbers)
    if edges:
        assert (edges[0], edges[-1]) == (min(numbers), max(numbers))


@given(NUMBERS, st.lists(st.sampled_from([*"abc", None]), min_size=1, max_size=60), st.randoms())
def test_any_table_becomes_columns(numbers: list[float], words: list[Any], random: Any) -> None:
    m = min(len(numbers), len(words))
    rows = Table({"x": np.array(numbers[:m]), "c": np.array(words[:m], dtype=object)})
    try:
        recipe = TableRecipe.fit(rows, encoding="piecewise")
    except DataError:
        return
    X = recipe.columns(rows)
    assert X.shape == (recipe.n_x, m) == (len(recipe.input_names), m)
    assert np.isfinite(X).all()
    for name, row in zip(recipe.input_names, X, strict=True):
        assert name == "x" or (row.min() >= 0 and row.max() <= 1)
    # Every row says one thing of its category.
    of_category = [i for i, name in enumerate(recipe.input_names) if name.startswith("c ")]
    assert not of_category or (X[of_category].sum(axis=0) == 1).all()
    order = random.sample(range(m), m)
    np.testing.assert_array_equal(recipe.columns(rows.take(np.array(order))), X[:, order])
    assert TableRecipe.from_dict(recipe.to_dict()) == recipe


def test_categories_are_in_the_order_of_their_names() -> None:
    column = CategoryColumn.fit(table(c=["b", "a", "C", "b", "a", "C"]), "c", 2)
    assert column.categories == ("C", "a", "b")
