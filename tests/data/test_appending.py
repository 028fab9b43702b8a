"""A table file with additional columns: its rows stay unchanged."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pellucid.data.appending import format_of, with_columns
from pellucid.data.table_files import read_table
from pellucid.errors import FormatError, OptionError

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

MORE = {"said": np.array(["yes", "no"], object), "p": np.array([0.25, 1.0])}


def appended(path: Path, kind: str) -> bytes:
    return with_columns(path, read_table(path), MORE, kind)


def test_texts_stay_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('code,price,note\n007,1.50,"a, b"\n008,?,"say ""no"""\n', "utf-8")
    expected = 'code,price,note,said,p\n007,1.50,"a, b",yes,0.25\n008,?,"say ""no""",no,1.0\n'
    assert appended(path, ".csv").decode() == expected
    rows = list(csv.reader(io.StringIO(appended(path, ".tsv").decode()), delimiter="\t"))
    assert rows == list(csv.reader(io.StringIO(expected)))


@given(st.lists(st.text(min_size=1, max_size=5), min_size=2, max_size=2))
@example(["a\r", "b\n"])
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("any") / "a.parquet"
    parquet.write_table(pa.table({"a": pa.array(texts)}), path)
    (name, *_), *rows = csv.reader(io.StringIO(appended(path, ".csv").decode(), newline=""))
    assert name == "a"
    assert [row[0] for row in rows] == texts


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    # A folder of this name is no column of what lies in it.
    path = tmp_path / "year=2024" / "a.parquet"
    path.parent.mkdir()
    parquet.write_table(pa.table({"id": [2**60 + 1, 2], "flag": [True, None]}), path)
    back = parquet.ParquetFile(io.BytesIO(appended(path, ".parquet"))).read()
    assert back.column_names == ["id", "flag", "said", "p"]
    assert back.column("id").to_pylist() == [2**60 + 1, 2]
    assert back.column("flag").to_pylist() == [True, None]
    assert back.column("said").to_pylist() == ["yes", "no"]
    assert back.column("p").to_pylist() == [0.25, 1.0]


def test_text_to_parquet_has_numbers_and_gaps(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("n,t\n1.5,x\n,?\n", "utf-8")
    back = parquet.ParquetFile(io.BytesIO(appended(path, ".parquet"))).read()
    assert back.column("n").to_pylist() == [1.5, None]
    assert back.column("t").to_pylist() == ["x", None]


def test_parquet_to_text(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"n": [1, None], "t": ["x", None]}), path)
    assert appended(path, ".csv").decode() == "n,t,said,p\n1,x,yes,0.25\n,,no,1.0\n"


def test_a_file_that_changes_meanwhile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("n,t\n1,x\n2,y\n", "utf-8")
    table = read_table(path)
    path.write_text("n,t\n1,x\n2,y\n3,z\n", "utf-8")
    with pytest.raises(FormatError, match="was changed while it was read"):
        with_columns(path, table, MORE, ".csv")


def test_the_name_says_the_format() -> None:
    assert [format_of(Path(name)) for name in ("a.CSV", "b.tsv", "c.parquet")] == [
        ".csv",
        ".tsv",
        ".parquet",
    ]
    with pytest.raises(OptionError, match=r"cannot write a table to a\.xlsx; expected a name ending in"):
        format_of(Path("a.xlsx"))
