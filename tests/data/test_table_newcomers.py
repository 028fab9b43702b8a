"""What people met who tried tables for the first time: each is a kind of file, read right."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import MLPClassifier
from pellucid.data.load_table import load_tables
from pellucid.data.table import Table
from pellucid.data.table_files import read_table
from pellucid.data.table_recipe import TableRecipe
from pellucid.errors import TooLargeError
from pellucid.network import Network
from pellucid.training import TrainingOptions, train

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
M = 400


def csv(path: Path, **columns: Any) -> Path:
    rows = zip(*columns.values(), strict=True)
    path.write_text("\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path


def test_texts_of_parquet_are_those_of_a_text_file(tmp_path: Path) -> None:
    c = (["x", " y", "NA", "?", "null", "n/a "] * M)[:M]
    csv(tmp_path / "t.csv", c=c)
    pq.write_table(pa.table({"c": c}), tmp_path / "t.parquet")
    pq.write_table(pa.table({"c": pa.array(c).dictionary_encode()}), tmp_path / "d.parquet")
    expected = read_table(tmp_path / "t.csv").texts("c").tolist()
    assert expected[:6] == ["x", "y", None, None, None, None]
    for name in ("t.parquet", "d.parquet"):
        assert read_table(tmp_path / name).texts("c").tolist() == expected


@pytest.mark.filterwarnings("ignore")
def test_a_column_of_missing_integers() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {"i": pd.array([1, 2, None, 4] * 50, "Int64"), "n": pd.array([None] * 200, "Int64")}
    )
    table = Table.from_frame(frame)
    assert table.missing("n").all()
    one = MLPClassifier(encode=True, max_iter=2).fit(frame, ["a", "b"] * 100)
    assert one.predict(frame[2:3]).shape == (1,)
    assert one.predict(frame[:0]).shape == (0,)


def test_a_network_too_large_for_memory_is_refused_on_a_table() -> None:
    recipe = TableRecipe.fit(Table.from_frame({"x": np.arange(100.0) % 9}))
    X = recipe.encoded(Table.from_frame({"x": np.arange(100.0) % 9}))
    from pellucid.examples import Examples

    with pytest.raises(TooLargeError):
        train(Network((recipe.n_x, 10**10, 1)), Examples(X, np.ones((1, 100))), TrainingOptions(epochs=1))


@pytest.mark.parametrize("mark", ["unknown", "-", "None", "#DIV/0!"])
def test_marks_in_a_target_of_numbers_are_missing(tmp_path: Path, mark: str) -> None:
    y = [mark if i % 100 == 7 else f"{i * 0.37:.2f}" for i in range(M)]
    loaded = load_tables(csv(tmp_path / "t.csv", x=range(M), z=np.arange(M) % 7, y=y), target="y")
    assert loaded.target.task == "regression"
    assert loaded.train.m + loaded.test.m == M - 4
    assert "4 rows are left out, without a value of y" in loaded.train.skipped[0]


def test_a_mark_that_is_told_leaves_numbers(tmp_path: Path) -> None:
    y = ["gone" if i % 100 == 7 else f"{i * 0.37:.2f}" for i in range(M)]
    path = csv(tmp_path / "t.csv", x=y, z=np.arange(M) % 7, y=y)
    loaded = load_tables(path, target="y", missing=["gone"])
    assert loaded.target.task == "regression"
    assert loaded.train_table.is_numeric("x")


def test_dates_of_a_program_are_read_whatever_the_training_file_wrote() -> None:
    days = [f"{1 + i % 28:02}.{1 + i % 12:02}.{2000 + i % 20}" for i in range(M)]
    recipe = TableRecipe.fit(Table.from_frame({"d": days}))
    iso = [f"{2000 + i % 20}-{1 + i % 12:02}-{1 + i % 28:02}" for i in range(M)]
    for values in (iso, np.array(iso, "datetime64[D]")):
        found = recipe.columns(Table.from_frame({"d": values}))
        np.testing.assert_array_equal(found, recipe.columns(Table.from_frame({"d": days})))


def test_what_counts_as_missing_is_counted() -> None:
    x = ["-" if i % 4 == 0 else str(i * 1.5) for i in range(M)]
    table = Table.from_frame({"x": x})
    recipe = TableRecipe.fit(table)
    assert recipe.summaries(table)[0].missing == M // 4


def test_a_minus_behind_its_number() -> None:
    x = [f"{i % 90}.5-" if i % 2 else f"{i % 90}.5" for i in range(M)]
    recipe = TableRecipe.fit(Table.from_frame({"x": x}))
    found = recipe.inputs[0].raw(Table.from_frame({"x": x}))
    assert found[:4].tolist() == [0.5, -1.5, 2.5, -3.5]


def test_many_texts_of_another_kind_are_not_thrown_away() -> None:
    x = [f"{i % 170} kg" if i % 2 else f"{i % 190} lb" for i in range(M)]
    recipe = TableRecipe.fit(Table.from_frame({"x": x, "z": np.arange(M) % 7}))
    assert not [line for line in recipe.noticed if "are no numbers, and missing" in line]


@pytest.mark.parametrize("odd", ["007", "9007199254740999"])
def test_one_code_among_numbers_is_said(odd: str) -> None:
    x = [odd, *(str(i % 60) for i in range(M - 1))]
    recipe = TableRecipe.fit(Table.from_frame({"x": x}))
    assert f"x: {odd} is written as a code" in recipe.noticed[0]


def test_a_ragged_row_is_named_though_arrow_calls_no_python(tmp_path: Path) -> None:
    from pellucid.errors import FormatError

    (tmp_path / "t.csv").write_text("a,b\n1,2\n3,4,5\n")
    with pytest.raises(FormatError, match=r"line 3 has 3 values and there are 2 columns"):
        read_table(tmp_path / "t.csv")
