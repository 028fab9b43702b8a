"""Tables as people and enemies make them: each mistake is one clear line, and nothing else comes out."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.data import _files
from pellucid.data.load_table import load_tables
from pellucid.data.table import Table
from pellucid.data.table_files import read_table
from pellucid.data.table_recipe import TableRecipe
from pellucid.errors import DataError, FormatError, LabelError, NonFiniteError, NotFoundError, PellucidError

pa = pytest.importorskip("pyarrow")

ROWS = "".join(f"{i},{'ab'[i % 2]},{i % 2}\n" for i in range(20))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(content: str | bytes, error: type[PellucidError] = FormatError, **options: Any) -> str:
    """The line that a table is refused with."""
    Path("t.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(error) as caught:
        load_tables("t.csv", **{"target": "y", **options})
    assert type(caught.value) is error
    line = str(caught.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "t.csv is empty; expected a table: names of columns, then rows"),
        (b"x,y\n", "t.csv has names of columns and no rows; expected rows below the first line"),
        (b"x,y", "t.csv has names of columns and no rows; expected rows below the first line"),
        (b"\nx,y\n1,2\n", "t.csv: the first line is empty; expected the names of the columns"),
        (
            b"1,2.5\n3,4\n",
            "t.csv: the first line holds numbers only (1, 2.5); expected the names of the columns: write "
            "them above it",
        ),
        (b"x,y\r1,2\r", "t.csv: lines end in a carriage return alone; expected line feeds"),
        (
            "x,é\n".encode() + "1,é\n".encode("latin-1"),
            "t.csv, line 2 holds the byte 0xe9, which is not UTF-8; expected UTF-8: save it as such (it "
            "may be Latin-1 or Windows-1252)",
        ),
        ("x,y\n1,é\n".encode()[:-2], "t.csv, line 2 holds the byte 0xc3, which is not UTF-8"),
        ("x,y\n1,2\n".encode("utf-16"), "t.csv is encoded as UTF-16; expected UTF-8: save it as such"),
        (
            "x,y\n1,2\n".encode("utf-16-be"),
            "t.csv is not a table; expected Parquet, or UTF-8 text (CSV, TSV)",
        ),
        (b"\x89PNG\r\n\x1a\n\0", "t.csv is not a table; expected Parquet, or UTF-8 text (CSV, TSV)"),
        (
            b"x,y\n" + b"1,a\n" * 2000 + b"1,\0\n",
            "t.csv, line 2002 holds a null character; expected plain text",
        ),
        (
            b'x,y\n1,a\n2,"b\n3,c\n4,d\n',
            "t.csv: a quote is opened and never closed; expected quotes in pairs",
        ),
    ],
)
def test_text_that_is_no_table(here: Path, content: bytes, line: str) -> None:
    assert refused(content).startswith(line)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (f"x,c,y\n{ROWS}1,2\n{ROWS}", "line 22 has 2 values"),
        (f"x,c,y\n{ROWS}1,2,3,4\n{ROWS}", "line 22 has 4 values"),
        (f"x,c,y\n\n{ROWS}1\n", "line 23 has 1 value"),
        (f'x,c,y\n1,"a\nb",0\n{ROWS}1,2\n', "line 24 has 2 values"),
        (f"x,c,y\r\n{ROWS}1,2\r\n", "line 22 has 2 values"),
    ],
)
def test_ragged_rows(here: Path, content: str, place: str) -> None:
    assert refused(content) == (
        f"t.csv, {place} and there are 3 columns; expected as many: quote a value that holds the separator"
    )


def test_a_ragged_row_far_down(here: Path) -> None:
    rows = "".join(f"{i},{'v' * 400},{i % 2}\n" for i in range(60_000))
    assert refused(f"x,c,y\n{rows}1,2\n").startswith("t.csv, line 60002 has 2 values")


def test_names_that_are_there_twice(here: Path) -> None:
    assert refused("x,c, x\n1,2,3\n", DataError) == (
        "t.csv: columns 1 and 3 are both called x; expected different names: rename one"
    )


@pytest.mark.parametrize(("before", "line"), [(b"", 1), (b"x,y\n1,2\n", 3)])
def test_a_line_of_a_gigabyte(here: Path, before: bytes, line: int) -> None:
    # Sparse: it takes no room, and of a line that is too long no more is read than shows it.
    with Path("t.csv").open("wb") as file:
        file.write(before + b"a" * 2**23)
        for place in range(1, 4):
            file.seek(place * 2**28)
            file.write(b"a")
    with pytest.raises(FormatError) as caught:
        read_table("t.csv")
    assert str(caught.value) == (
        f"t.csv, line {line} has more than 8,388,608 bytes; expected a table with a line for each row"
    )


def test_a_long_line_is_refused_before_the_file_is_parsed(here: Path) -> None:
    content = b"x,y\n" + b"a" * (2**23 + 1) + b",1\n"
    assert refused(content).startswith("t.csv, line 2 has more than 8,388,608 bytes")


def test_an_unknown_target_lists_the_columns(here: Path) -> None:
    assert refused(f"x,c,y\n{ROWS}", DataError, target="income") == (
        "t.csv: there is no column income; the target has to be one of them; the columns are x, c, y"
    )


def test_a_target_with_one_class(here: Path) -> None:
    assert refused("x,y\n1,a\n2,a\n3,a\n", LabelError) == (
        "t.csv: the target y is always a; expected at least two classes"
    )


def test_a_target_of_mixed_types(here: Path) -> None:
    assert refused("y,x\n1,a\n2,b\nabc,a\n3,b\n4,a\n", DataError) == (
        "t.csv, line 4: column y holds 'abc', and 80% of its values are numbers; expected only numbers, or "
        "texts: correct it, or say --task classification"
    )


@pytest.mark.parametrize("number", ["inf", "-Infinity", "1e999"])
def test_infinite_numbers(here: Path, number: str) -> None:
    sign = "-" if number.startswith("-") else ""
    assert refused(f"x,y\n1,a\n2,b\n{number},a\n3,b\n", NonFiniteError, target="y") == (
        f"t.csv, line 4: column x holds {sign}inf; expected finite numbers, or nothing where one is missing"
    )


def test_infinite_numbers_do_not_matter_where_they_are_not_used(here: Path) -> None:
    Path("t.csv").write_text("x,z,y\n1,inf,a\n2,1,b\n3,1,a\n5,1,b\n")
    assert load_tables("t.csv", target="y", drop=["z"]).recipe.column_names == ("x",)


def test_a_category_of_a_million_values(here: Path) -> None:
    names = np.array([f"n{i}" for i in range(1_000_000)], dtype=object)
    table = Table({"name": names, "y": np.arange(1_000_000.0) % 2}, "t.csv")
    with pytest.raises(DataError) as caught:
        TableRecipe.fit(table, target="y", categorical=["name"])
    assert str(caught.value) == (
        "t.csv: column name has 1,000,000 different texts in 1,000,000 rows; expected at most 10,000 "
        "categories: drop it (--drop name)"
    )


def test_names_that_are_not_fit_to_print_are_quoted(here: Path) -> None:
    line = refused("x\x1b[2J,y\n1,a\n2,b\nabc,a\n3,b\n", DataError)
    assert "\x1b" not in line


def test_what_is_no_file(here: Path) -> None:
    os.mkfifo("pipe")
    for path, error in (("pipe", FormatError), (".", FormatError), ("nothing.csv", NotFoundError)):
        with pytest.raises(error):
            read_table(path)


def test_a_file_that_would_not_fit_in_memory(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_files, "memory", lambda: 1000)
    assert "this machine has 1,000 bytes of memory" in refused(f"x,c,y\n{ROWS}" * 3)


def parquet(table: Any, **options: Any) -> bytes:
    from pyarrow import parquet as module

    module.write_table(table, "made.parquet", **options)
    return Path("made.parquet").read_bytes()


def test_parquet_that_is_refused(here: Path) -> None:
    nested = parquet(pa.table({"l": [[1], [2]]}))
    assert refused(nested) == "t.csv: column l is of type list<element: int64>; expected numbers or texts"
    twice = parquet(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"]))
    assert refused(twice, DataError) == (
        "t.csv: columns 1 and 2 are both called a; expected different names: rename one"
    )
    assert refused(parquet(pa.table({"a": pa.array([], pa.int64())}))) == (
        "t.csv has no rows; expected some"
    )
    assert refused(parquet(pa.table({}))) == "t.csv has 0 columns; expected 1 to 100000"
    damaged = refused(parquet(pa.table({"a": [1, 2]}))[:-9])
    assert damaged.startswith("t.csv is a damaged Parquet file (")
    assert damaged.endswith("); expected a whole one: copy it again")


def test_parquet_whose_texts_lead_nowhere(here: Path) -> None:
    content = parquet(pa.table({"c": ["a", "bb"] * 6}), compression="none")
    # The dictionary declares one text where there are two.
    assert content.count(b"L\x15\x04") == 1
    line = refused(content.replace(b"L\x15\x04", b"L\x15\x02"))
    assert line.startswith("t.csv is a damaged Parquet file (Column 0: ")
    assert refused(content.replace(b"\0\0\0bb", b"\0\0\0b\xff")).startswith(
        "t.csv is a damaged Parquet file ("
    )


def test_parquet_that_claims_to_be_a_lot(here: Path) -> None:
    content = parquet(pa.table({"a": pa.array(np.zeros(60_000_000, np.int64))}))
    assert len(content) < 2**20
    assert refused(content).startswith("t.csv declares 480,000,000 bytes but stores only ")


LETTERS = [bytes([value]) for value in b'xy,\n"1?;\t \xff\0']
PIECES = st.sampled_from([*LETTERS, b"\r\n", b"2.5", b"inf", b"\xc3\xa9"])


@given(st.lists(PIECES, max_size=40).map(b"".join), st.booleans())
def test_any_text_is_a_table_or_refused(tmp_path_factory: Any, content: bytes, named: bool) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "t"
    path.write_bytes(b"x,y\n" * named + content)
    try:
        table = read_table(path)
    except PellucidError:
        return
    assert table.m >= 0
    assert all(len(table[name]) == table.m for name in table.names)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    from pyarrow import parquet as module

    path = tmp_path_factory.mktemp("sound") / "t.parquet"
    columns = {
        "x": [1.0, None, 3.0] * 9,
        "c": ["a", None, "bb"] * 9,
        "b": [True, False, None] * 9,
        "k": pa.array(["u", "v", "u"] * 9).dictionary_encode(),
    }
    module.write_table(pa.table(columns), path, compression="gzip")
    return path.read_bytes()


@settings(max_examples=300)
@given(st.data())
def test_any_damage_to_parquet_is_told(sound: bytes, tmp_path_factory: Any, data: st.DataObject) -> None:
    content = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("fuzz") / "t"
    path.write_bytes(content)
    try:
        table = read_table(path)
    except PellucidError:
        return
    assert all(len(table[name]) == table.m for name in table.names)
