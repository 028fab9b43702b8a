"""Reading tables: CSV, TSV and Parquet, recognised by content; types, missing values, line numbers."""

import csv
import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data.load import load_data
from pellucid.data.table import Table
from pellucid.data.table_files import is_table_file, read_table
from pellucid.errors import FormatError, MissingPackageError

pa = pytest.importorskip("pyarrow")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    # By its name it could be anything.
    return tmp_path / "table"


def read(path: Path, content: str | bytes, **options: Any) -> Table:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table(path, **options)


def as_lists(table: Table) -> dict[str, list[Any]]:
    return {name: table.texts(name).tolist() for name in table.names}


TEXT = "x,c\n1,a\n2.5,b b\n"
EXPECTED = {"x": ["1", "2.5"], "c": ["a", "b b"]}


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        TEXT.replace(",", "\t"),
        TEXT.replace(",", ";"),
        TEXT.replace("\n", "\r\n"),
        TEXT.rstrip(),
        "\ufeff" + TEXT,
        TEXT.replace(",", " , "),
        TEXT.replace("1,a", '"1","a"'),
        TEXT.replace("1,a", "+1.0e0,a"),
        'x,"c"\n' + TEXT.partition("\n")[2],
        TEXT.replace("x,c", " x , c "),
        TEXT.replace("1,a\n", "\n1,a\n\n"),
    ],
)
def test_text_in_its_dialects(path: Path, content: str) -> None:
    table = read(path, content)
    assert is_table_file(path)
    assert as_lists(table) == EXPECTED
    assert table.is_numeric("x")


def test_the_separator_is_what_the_names_have_most_of(path: Path) -> None:
    assert read(path, 'a;"b,c,d";e\n1,5;2;3\n').names == ("a", "b,c,d", "e")
    assert read(path, "just one\n1\n2\n").names == ("just one",)


def test_missing_values(path: Path) -> None:
    absent = [
        "",
        "?",
        "NA",
        "N/A",
        "n/a",
        "na",
        "#N/A",
        "NaN",
        "nan",
        "-nan",
        "NULL",
        "null",
        "<NA>",
        " ? ",
    ]
    rows = "".join(f"{word},{word},1\n" for word in absent)
    table = read(path, f"x,c,z\n1,a,1\n{rows}2,None,1\n")
    assert table.missing("x").tolist() == [False, *[True] * len(absent), False]
    assert table["c"].tolist() == ["a", *[None] * len(absent), "None"]
    assert table.is_numeric("x")


def test_a_column_without_values_is_one_of_numbers(path: Path) -> None:
    table = read(path, "x,c\n,a\n?,b\n")
    assert table.is_numeric("x")
    assert table.missing("x").all()


@pytest.mark.parametrize(
    ("values", "numeric"),
    [
        (["1", "-2", "+3", ".5", "5.", "1e5", "1E-5"], True),
        (["inf", "-inf", "Infinity"], True),
        (["1", "1,5"], False),
        (["1_000"], False),
        (["0x10"], False),
        (["1 2"], False),
        (["٣"], False),
        (["true", "false"], False),
        (["2020-01-01"], False),
        (["1", "x"], False),
    ],
)
def test_what_is_a_number(path: Path, values: list[str], numeric: bool) -> None:
    rows = "".join(f'"{value}",a\n' for value in values)
    table = read(path, "x,c\n" + rows)
    assert table.is_numeric("x") == numeric
    if numeric:
        assert table["x"].tolist() == [float(value) for value in values]
    else:
        assert table["x"].tolist() == values


def test_columns_that_stay_text(path: Path) -> None:
    table = read(path, "zip,x\n01234,1\n56789,2\n", text=["zip", "not there"])
    assert table["zip"].tolist() == ["01234", "56789"]
    # Digits behind a zero are a code, whoever asks.
    assert read_table(path)["zip"].tolist() == ["01234", "56789"]


def test_names_that_are_empty_are_numbered(path: Path) -> None:
    assert read(path, ",x\n1,2\n").names == ("column 1", "x")


def test_the_line_of_a_row(path: Path) -> None:
    assert read(path, "x,c\n1,a\n2,b\n").place(1).endswith("table, line 3")
    # Where rows take several lines, or none, it is not guessed.
    assert read(path, 'x,c\n1,"a\na"\n2,b\n').place(1).endswith("table, row 1")
    assert read(path, "x,c\n1,a\n\n2,b\n").place(1).endswith("table, row 1")


def test_values_of_several_lines(path: Path) -> None:
    assert read(path, 'x,c\n1,"a\n""b"", c"\n2,d\n')["c"].tolist() == ['a\n"b", c', "d"]


def test_a_file_larger_than_what_is_parsed_at_once(path: Path) -> None:
    value = "v" * 1000
    table = read(path, "x,c\n" + "".join(f"{i},{value}\n" for i in range(20_000)))
    assert table["x"].tolist() == list(range(20_000))
    assert table.place(19_999).endswith("line 20001")


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from("\n\t"), max_size=8
)
ROWS = st.lists(st.tuples(WORDS, st.integers(-(2**53), 2**53)), min_size=1, max_size=12)


@given(ROWS, st.sampled_from(",\t;"))
def test_what_is_written_is_read(tmp_path_factory: Any, rows: Any, separator: str) -> None:
    path = tmp_path_factory.mktemp("tables") / "t"
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([("text", "number"), *rows])
    table = read(path, stream.getvalue(), text=["text"])
    assert table["number"].tolist() == [number for _, number in rows]
    for (word, _), found in zip(rows, table["text"], strict=True):
        # Spaces of any script do not count.
        assert "".join((found or "").split()) == "".join(word.split()) or found is None


def write_parquet(path: Path, **columns: Any) -> Path:
    from pyarrow import parquet

    parquet.write_table(pa.table(columns), path)
    return path


def test_parquet(path: Path) -> None:
    write_parquet(
        path,
        i=[1, None, 3],
        f=[1.5, float("nan"), None],
        s=["a", None, "?"],
        b=[True, False, None],
        k=pa.array(["u", None, "u"]).dictionary_encode(),
        d=pa.array([0, 1, None], pa.date32()),
        n=pa.nulls(3),
        h=pa.array(np.array([1, 2, 3], np.float16)),
        c=pa.array([1, 2, None], pa.decimal128(5, 2)),
    )
    assert is_table_file(path)
    table = read_table(path)
    assert as_lists(table) == {
        "i": ["1", None, "3"],
        "f": ["1.5", None, None],
        "s": ["a", None, None],
        "b": ["True", "False", None],
        "k": ["u", None, "u"],
        "d": ["1970-01-01", "1970-01-02", None],
        "n": [None, None, None],
        "h": ["1", "2", "3"],
        "c": ["1", "2", None],
    }
    assert [name for name in table.names if table.is_numeric(name)] == ["i", "f", "n", "h", "c"]
    assert read_table(path, text=["i"])["i"].tolist() == ["1", None, "3"]


def test_parquet_in_several_pieces(path: Path) -> None:
    from pyarrow import parquet

    words = [f"w{i % 7}" for i in range(100)]
    parquet.write_table(pa.table({"s": words, "x": np.arange(100)}), path, row_group_size=13)
    assert read_table(path)["s"].tolist() == words


def test_a_long_text_that_is_repeated_is_held_once(path: Path) -> None:
    once = pa.array(["x" * 100_000])
    write_parquet(path, s=once.take(pa.array(np.zeros(3000, np.int64))), x=np.arange(3000))
    table = read_table(path)
    assert len({id(text) for text in table["s"]}) == 1


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"\x89PNG\r\n\x1a\n", b"a,b\0", b"\x93NUMPY\x01\0", bytes(range(256))]
)
def test_what_is_no_table_file(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert not is_table_file(path)
    assert not is_table_file(path.parent)
    assert not is_table_file(path.parent / "nothing")


@pytest.mark.parametrize("content", [b"x,y\n1,2\n", b"PAR1"])
def test_without_pyarrow_it_is_named(path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingPackageError, match=r"pyarrow: pip install 'pellucid\[tables\]'$"):
        read(path, content)


def test_without_narwhals_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "narwhals.stable.v2", None)
    with pytest.raises(MissingPackageError, match=r"narwhals: pip install 'pellucid\[tables\]'$"):
        Table.from_frame(pa.table({"x": [1]}))


def test_a_table_without_a_target_is_named_as_one(path: Path) -> None:
    path.write_text(TEXT)
    with pytest.raises(FormatError, match="reads as a text or a table, not as an array file; to train"):
        load_data(path)


def test_the_census(data_root: Path) -> None:
    table = read_table(data_root / "tables" / "adult-train.csv")
    assert table.m == 32561
    assert [name for name in table.names if table.is_numeric(name)] == [
        *("age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week")
    ]
    assert {name: int(table.missing(name).sum()) for name in table.names if table.missing(name).any()} == {
        "workclass": 1836,
        "occupation": 1843,
        "native_country": 583,
    }
