"""Data sets from table files: the split, fitting to the training rows, evaluation and prediction."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.data.load_table import LoadedTables, load_labelled_table, load_tables, read_table_inputs
from pellucid.data.table import Table
from pellucid.data.table_files import read_table
from pellucid.errors import DataError, LabelError, OptionError

M = 50


def rows(m: int = M, seed: int = 0) -> Table:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=m)
    return Table.from_frame(
        {"x": x, "c": rng.choice(["u", "v"], m).tolist(), "z": 3 * x + 1, "y": np.where(x > 0, "yes", "no")}
    )


def test_a_share_is_split_off_and_nothing_is_learnt_from_it() -> None:
    loaded = load_tables(rows(), target="y", test_fraction=0.3, seed=1)
    assert isinstance(loaded, LoadedTables)
    assert loaded.train.m + loaded.test.m == M
    assert loaded.test.m == 15
    assert loaded.train.classes == loaded.test.classes == ("no", "yes")
    assert loaded.recipe is loaded.train.recipe is loaded.test.recipe
    # Mean 0 and deviation 1 are those of the training rows.
    np.testing.assert_allclose([loaded.train.X[0].mean(), loaded.train.X[0].std()], [0, 1], atol=1e-12)
    assert abs(loaded.test.X[0].mean()) > 1e-3
    share = loaded.train.labels.mean() - loaded.test.labels.mean()
    assert abs(share) < 0.1
    places = [int(source.removeprefix("row ")) for source in (*loaded.train.sources, *loaded.test.sources)]
    assert sorted(places) == [*range(M)]
    x = rows()["x"]
    np.testing.assert_array_equal(loaded.train_table["x"], x[places[: loaded.train.m]])
    np.testing.assert_array_equal(loaded.test_table["x"], x[places[loaded.train.m :]])


def test_the_split_is_repeatable_and_depends_on_the_seed() -> None:
    first, again, other = (load_tables(rows(), target="y", seed=seed).test.sources for seed in (1, 1, 2))
    assert first == again != other


def test_a_test_table_of_its_own() -> None:
    loaded = load_tables(rows(), rows(20, seed=1), target="y", dtype="float32")
    assert (loaded.train.m, loaded.test.m) == (M, 20)
    assert loaded.train.X.dtype == loaded.test.X.dtype == loaded.train.Y.dtype == np.float32


def test_numbers_are_kept_in_their_units_and_scaled_to_be_learnt() -> None:
    loaded = load_tables(rows(), target="z", drop=["y"])
    assert loaded.target.task == "regression"
    assert loaded.train.classes == ()
    np.testing.assert_array_equal(loaded.train.Y[0], loaded.train_table["z"])
    np.testing.assert_allclose(loaded.fitting.Y.std(), 1, atol=0.2)
    np.testing.assert_allclose(
        loaded.target.scale.inverse.scaled(loaded.fitting.Y), loaded.train.Y, rtol=1e-12
    )
    assert loaded.fitting.X is loaded.train.X


def test_classes_are_learnt_as_they_are() -> None:
    loaded = load_tables(rows(), target="y")
    assert loaded.fitting.Y is loaded.train.Y


def test_rows_without_a_target_are_left_out_and_counted() -> None:
    table = rows()
    y = table["y"].copy()
    y[[3, 8]] = None
    gappy = Table({**table.columns, "y": y}, "t.csv", 2)
    loaded = load_tables(gappy, gappy, target="y")
    assert loaded.train.m == loaded.test.m == M - 2
    line = "2 rows are left out, without a value of y: t.csv, line 5"
    assert loaded.train.skipped == loaded.test.skipped == (line,)
    split = load_tables(gappy, target="y")
    assert (split.train.skipped, split.test.skipped) == ((line,), ())
    one = Table({**table.columns, "y": np.where(np.arange(M) == 7, None, table["y"])})
    assert load_tables(one, target="y").train.skipped == ("1 row is left out, without a value of y: row 7",)


def test_what_a_column_is_is_asked_of_all_rows() -> None:
    # Of the training rows alone most would be numbers.
    codes = np.array(["7"] * 26 + ["a"] * 26, dtype=object)
    table = Table.from_frame({"code": codes, "x": np.arange(52.0), "y": ["p", "q"] * 26})
    for seed in range(8):
        loaded = load_tables(table, target="y", test_fraction=0.4, seed=seed)
        assert "code" in loaded.recipe.text_columns


@pytest.mark.parametrize(
    ("options", "error", "line"),
    [
        ({"target": "w"}, DataError, "there is no column w; the target has to be one of them"),
        ({"target": "y", "test_fraction": 1.5}, OptionError, "the test fraction is 1.5"),
        ({"target": "y", "dtype": "int8"}, OptionError, "unknown dtype 'int8'"),
        ({"target": "y", "seed": "one"}, OptionError, "seed is of type str"),
        ({"target": "y", "task": "guess"}, OptionError, "unknown task 'guess'"),
        ({"target": "y", "drop": ["w"]}, DataError, "there is no column w"),
        ({"target": "y", "numeric": ["c"]}, DataError, "column c holds '[uv]'; expected a number"),
    ],
)
def test_what_is_refused(options: dict[str, Any], error: type[Exception], line: str) -> None:
    with pytest.raises(error, match=line):
        load_tables(rows(), **options)


def test_a_test_table_that_does_not_fit() -> None:
    with pytest.raises(DataError, match="there is no column x; the model needs them all"):
        load_tables(rows(), rows().drop(["x"]), target="y")
    with pytest.raises(DataError, match="there is no column y; the target has to be one of them"):
        load_tables(rows(), rows().drop(["y"]), target="y")
    other = Table({**rows().columns, "y": np.array(["yes", "maybe"] * (M // 2), object)})
    with pytest.raises(LabelError, match="row 1: the target y is maybe; expected one of no, yes"):
        load_tables(rows(), other, target="y")
    nothing = Table({**rows().columns, "y": np.array([None] * M)})
    with pytest.raises(LabelError, match="the table: the target y has no values"):
        load_tables(rows(), nothing, target="y")


def test_a_single_row() -> None:
    table = Table.from_frame({"x": [1], "y": ["a"]})
    with pytest.raises(LabelError, match="the target y is always a"):
        load_tables(table, target="y")


def test_loading_for_a_model() -> None:
    loaded = load_tables(rows(), target="y")
    table, data = load_labelled_table(rows(), loaded.recipe, loaded.target.classes, dtype="float32")
    assert table.m == data.m == M
    assert (data.X.dtype, data.classes) == (np.float32, ("no", "yes"))
    np.testing.assert_array_equal(data.labels, rows()["y"] == "yes")
    assert read_table_inputs(rows().drop(["y"]), loaded.recipe).m == M
    numbers = load_tables(rows(), target="z").recipe
    assert load_labelled_table(rows(), numbers, ())[1].Y[0].tolist() == rows()["z"].tolist()


def test_a_recipe_that_names_no_target_cannot_evaluate() -> None:
    from pellucid.data.table_recipe import TableRecipe

    with pytest.raises(LabelError, match="does not know which column it predicts"):
        load_labelled_table(rows(), TableRecipe.fit(rows()), ("no", "yes"))


def test_codes_are_read_as_in_training(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    train, new = tmp_path / "train.csv", tmp_path / "new.csv"
    train.write_text("zip,y\n" + "01234,a\n56789,b\n" * 9)
    loaded = load_tables(train, target="y", categorical=["zip"])
    assert loaded.recipe.input_names == ("zip = 01234", "zip = 56789")
    new.write_text("zip\n01234\n1234\n")
    table = read_table_inputs(new, loaded.recipe)
    np.testing.assert_array_equal(loaded.recipe.columns(table), [[1, 0], [0, 0]])
    assert table.places == (f"{new}, line 2", f"{new}, line 3")
    assert table.m == 2
    _, data = load_labelled_table(train, loaded.recipe, loaded.target.classes)
    np.testing.assert_array_equal(data.X, loaded.recipe.columns(read_table(train, text=["zip"])))
    assert (data.X.sum(axis=0) == 1).all()
    assert (load_tables(train, train, target="y", categorical=["zip"]).test.X.sum(axis=0) == 1).all()


def test_what_is_text_in_training_is_text_in_every_file(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    train, new = tmp_path / "train.csv", tmp_path / "new.csv"
    train.write_text("code,grade\n" + "01,007\nx,b\n" * 9)
    # Here all are numbers.
    new.write_text("code,grade\n01,007\n01,007\n")
    loaded = load_tables(train, new, target="grade")
    _, data = load_labelled_table(new, loaded.recipe, loaded.target.classes)
    for found in (loaded.test, data):
        np.testing.assert_array_equal(found.X, [[1, 1], [0, 0]])
        np.testing.assert_array_equal(found.labels, [0, 0])


def test_classes_that_are_numbers_may_be_written_in_any_way(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    train, new = tmp_path / "train.csv", tmp_path / "new.csv"
    train.write_text("x,y\n" + "1,0\n2,1\n" * 9)
    new.write_text("x,y\n1,0.0\n2,1.0\n")
    loaded = load_tables(train, new, target="y")
    assert loaded.test.labels.tolist() == [0, 1]
    assert load_labelled_table(new, loaded.recipe, ("0", "1"))[1].labels.tolist() == [0, 1]
