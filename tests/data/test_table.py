"""Tables in memory: numbers, texts, missing values, and errors."""

import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data._table_values import MISSING
from pellucid.data.table import Table
from pellucid.errors import DataError

NAN = float("nan")


def table(**columns: Any) -> Table:
    return Table.from_frame(columns)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3], [1.0, 2.0, 3.0]),
        ([1, None, 2.5], [1.0, NAN, 2.5]),
        ([Decimal("1.5"), None], [1.5, NAN]),
        ([None, None], [NAN, NAN]),
        (np.array([1, 2], np.int8), [1.0, 2.0]),
        (np.ma.array([1, 2, 3], mask=[False, True, False]), [1.0, NAN, 3.0]),
        (range(2), [0.0, 1.0]),
    ],
)
def test_columns_of_numbers(values: Any, expected: list[float]) -> None:
    found = table(x=values)
    assert found.is_numeric("x")
    np.testing.assert_array_equal(found["x"], expected)
    assert found["x"].dtype == np.float64


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a", None, NAN, "b "], ["a", None, None, "b "]),
        # As in a file.
        (["a", "", "?", " NA "], ["a", None, None, None]),
        (["1", "2"], ["1", "2"]),
        ([1, "x", 2.0, 2.5], ["1", "x", "2", "2.5"]),
        ([True, None, False], ["True", None, "False"]),
        (np.array([True, False]), ["True", "False"]),
        (["x", True, np.bool_(False)], ["x", "True", "False"]),
        (np.array(["2020-01-31", "NaT"], "M8[D]"), ["2020-01-31", None]),
        ([datetime.date(2020, 1, 31), None], ["2020-01-31", None]),
        (np.array(["a", "bc"]), ["a", "bc"]),
    ],
)
def test_columns_of_texts(values: Any, expected: list[str | None]) -> None:
    found = table(x=values)
    assert not found.is_numeric("x")
    assert found["x"].tolist() == expected
    assert found.missing("x").tolist() == [value is None for value in expected]


def test_what_a_table_says_of_itself() -> None:
    found = table(x=[1, 2, None], c=["a", None, "b"])
    assert found.names == ("x", "c")
    assert (found.m, len(found)) == (3, 3)
    assert "x" in found
    assert "y" not in found
    assert repr(found) == "Table(3 rows, columns: 1 of numbers, 1 of text)"
    assert found.head(2) == [{"x": "1", "c": "a"}, {"x": "2", "c": ""}]


def test_numbers_as_texts() -> None:
    texts = table(x=[1, 2.5, None, -0.0, 1e300, 2**53]).texts("x").tolist()
    assert texts == ["1", "2.5", None, "0", "1e+300", str(2**53)]


def test_rows_keep_their_places() -> None:
    found = Table({"x": np.arange(5.0)}, "t.csv", 2)
    few = found.take(np.array([4, 1])).take(np.array([0]))
    assert few["x"].tolist() == [4.0]
    assert few.place(0) == "t.csv, line 6"
    assert found.drop([]).take(np.array([False, True, False, False, True])).place(1) == "t.csv, line 6"
    assert Table({"x": np.arange(5.0)}).take(np.array([3])).place(0) == "row 3"
    assert Table({"x": np.arange(5.0)}, "t.csv").place(3) == "t.csv, row 3"


def test_dropping_columns() -> None:
    found = table(x=[1], c=["a"], y=[2])
    assert found.drop(["c"]).names == ("x", "y")
    with pytest.raises(DataError, match=r"^there are no columns a, z; the columns are x, c, y$"):
        found.drop(["z", "x", "a"])


def test_an_unknown_column_lists_those_there_are() -> None:
    with pytest.raises(DataError, match=r"^there is no column z; the columns are x, c$"):
        table(x=[1], c=["a"])["z"]


def test_of_many_columns_some_are_named() -> None:
    many = Table({f"c{i}": np.zeros(1) for i in range(50)})
    with pytest.raises(DataError, match=r"c38, c39 and 10 more$"):
        many["z"]


@pytest.mark.parametrize(
    ("frame", "names", "line"),
    [
        ({}, None, "there are 0 columns; expected 1 to 100000"),
        ({"a": [1, 2], "b": [1]}, None, "column b has 1 values and a has 2"),
        ({"a": [[1], [2, 3]]}, None, "column a holds sequences"),
        ({"a": [[1], [2]]}, None, "column a holds sequences"),
        ({"a": "text"}, None, "column a is a text"),
        ({"a": 3}, None, "column a holds sequences"),
        ({"a": [b"x"]}, None, "column a, row 0 holds a bytes"),
        ({"a": ["x", object()]}, None, "column a, row 1 holds a object"),
        ({"a": [10**400]}, None, "column a holds an integer beyond 1e308"),
        ({1: [1]}, None, "column 1 is called 1; expected a name, a text"),
        ({"": [1]}, None, "column 1 is called ''; expected a name, a text"),
        (np.ones((2, 2)), None, "an array has no names of columns"),
        (np.ones((2, 2)), ["a"], "there are 2 columns and 1 names"),
        (np.ones((2, 2)), ["a", "a"], "columns 1 and 2 are both called a"),
        (np.ones(2), ["a"], r"the rows have shape \(2,\)"),
    ],
)
def test_what_is_no_table(frame: Any, names: Any, line: str) -> None:
    with pytest.raises(DataError, match=line):
        Table.from_frame(frame, names)


@pytest.mark.parametrize("frame", [3, None, "x", object()])
def test_what_is_no_frame(frame: Any) -> None:
    pytest.importorskip("narwhals")
    with pytest.raises(DataError, match=r"^the rows are of type \w+; expected a data frame"):
        Table.from_frame(frame)


def test_an_array_of_objects_and_a_list_of_rows() -> None:
    rows = [[1, "a"], [None, "b"]]
    for frame in (rows, np.array(rows, dtype=object)):
        found = Table.from_frame(frame, ["x", "c"])
        np.testing.assert_array_equal(found["x"], [1.0, NAN])
        assert found["c"].tolist() == ["a", "b"]


def test_a_table_is_itself() -> None:
    found = table(x=[1])
    assert Table.from_frame(found) is found


@pytest.mark.parametrize("column", [np.zeros((2, 1)), np.zeros(2, np.int64), np.array(["a", "b"])])
def test_columns_of_other_types(column: Any) -> None:
    with pytest.raises(DataError, match="from_frame makes them"):
        Table({"x": column})


def test_a_pandas_frame() -> None:
    pd = pytest.importorskip("pandas")
    pytest.importorskip("narwhals")
    found = Table.from_frame(
        pd.DataFrame(
            {
                "i": pd.array([1, None], "Int64"),
                "f": [1.5, NAN],
                "s": ["a", None],
                "b": pd.array([True, None], "boolean"),
                "c": pd.Categorical(["u", None]),
                "m": [1, "x"],
            }
        )
    )
    assert [found.is_numeric(name) for name in "ifsbcm"] == [True, True, False, False, False, False]
    assert [found.texts(name).tolist() for name in "ifsbcm"] == [
        *(["1", None], ["1.5", None], ["a", None], ["True", None], ["u", None], ["1", "x"])
    ]
    with pytest.raises(DataError, match="expected different names"):
        Table.from_frame(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(DataError, match="column 1 is called 0"):
        Table.from_frame(pd.DataFrame([[1, 2]]))


def test_a_polars_frame() -> None:
    pl = pytest.importorskip("polars")
    pytest.importorskip("narwhals")
    found = Table.from_frame(pl.DataFrame({"i": [1, None], "s": ["a", None], "b": [True, None]}))
    assert [found.texts(name).tolist() for name in "isb"] == [["1", None], ["a", None], ["True", None]]
    assert found.is_numeric("i")


def test_an_arrow_table() -> None:
    pa = pytest.importorskip("pyarrow")
    pytest.importorskip("narwhals")
    found = Table.from_frame(
        pa.table({"i": [1, None], "s": ["a", None], "n": pa.nulls(2), "k": pa.array(["u", None])})
    )
    assert [found.texts(name).tolist() for name in "isnk"] == [
        *(["1", None], ["a", None], [None, None], ["u", None])
    ]
    with pytest.raises(DataError, match=r"column l is of type List\(Int64\)"):
        Table.from_frame(pa.table({"l": [[1]]}))


VALUES = st.none() | st.text(max_size=3) | st.integers(-5, 5) | st.booleans() | st.floats()


@given(st.lists(VALUES, max_size=9))
def test_a_column_of_anything_is_numbers_or_texts(values: list[Any]) -> None:
    found = table(x=values)
    missing = [value is None or value != value or str(value).strip() in MISSING for value in values]
    assert found.missing("x").tolist() == missing
    assert found.m == len(values)
    assert [text is None for text in found.texts("x")] == missing
