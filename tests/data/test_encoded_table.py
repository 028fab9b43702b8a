"""A table in its encoded form: the same inputs, the same training, in a part of the memory."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from pellucid import Model, Network, TrainingOptions, train
from pellucid.core.encoding import dense_inputs
from pellucid.data import load_table
from pellucid.data._table_categories import CategoryColumn
from pellucid.data._table_numbers import NumberColumn
from pellucid.data.table import Table
from pellucid.data.table_recipe import TableRecipe
from pellucid.encoded_table import EncodedTable
from pellucid.errors import NonFiniteError
from pellucid.examples import Columns, Examples

M = 400


def table(seed: int = 0, m: int = M) -> Table:
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=(2, m))
    z[::7] = np.nan
    city = rng.choice(["Bern", "Basel", "Chur"], m).astype(object)
    city[::11] = None
    return Table.from_frame(
        {
            "x": x,
            "z": z,
            "few": rng.integers(0, 3, m),
            "city": list(city),
            "day": [str(np.datetime64("2024-01-01") + i % 300) for i in range(m)],
            "y": np.where(x + (city == "Bern") > 0, "yes", "no").tolist(),
        }
    )


@pytest.fixture(scope="module")
def recipe() -> TableRecipe:
    return TableRecipe.fit(table(), target="y", encoding="piecewise")


def inputs_of(column: NumberColumn, x: np.ndarray) -> np.ndarray:
    """The inputs of a column of numbers (n, m), stated one by one."""
    known = np.where(np.isnan(x), column.fill, x)
    pieces = [np.clip((known - a) / (b - a), 0, 1) for a, b in pairwise(column.edges)]
    missing = [np.isnan(x)] if column.missing else []
    return np.array([(known - column.mean) / column.deviation, *pieces, *missing], float)


def test_the_dense_inputs_are_as_they_are_stated(recipe: TableRecipe) -> None:
    other, start = table(1), 0
    X = recipe.columns(other)
    for column in recipe.inputs:
        own = X[start : start + column.n_inputs]
        start += column.n_inputs
        if isinstance(column, NumberColumn):
            np.testing.assert_allclose(own, inputs_of(column, other[column.name]), rtol=0, atol=1e-12)
        elif isinstance(column, CategoryColumn):
            expected = [other[column.name] == name for name in column.categories]
            np.testing.assert_array_equal(own[: len(expected)], np.array(expected, float))
    assert start == len(X)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_it_holds_the_inputs_of_the_recipe(recipe: TableRecipe, dtype: str) -> None:
    # Of other rows too: beyond the edges, with categories that training never saw.
    other = table(1)
    other = Table(
        {**other.columns, "x": other["x"] * 3, "city": np.where(other["x"] > 1, "Oslo", other["city"])}
    )
    encoded, dense = recipe.encoded(other, dtype), recipe.columns(other, dtype)
    assert isinstance(encoded, Columns)
    assert encoded.shape == dense.shape
    tolerance = 1e-12 if dtype == "float64" else 1e-6
    np.testing.assert_allclose(encoded.dense(slice(None)), dense, rtol=0, atol=tolerance)
    np.testing.assert_allclose(dense_inputs(encoded.columns), dense, rtol=0, atol=tolerance)
    some = np.array([5, 3, 3, 399])
    np.testing.assert_array_equal(encoded.dense(some), encoded.dense(slice(None))[:, some])
    np.testing.assert_array_equal(encoded.take(some).dense(slice(None)), encoded.dense(some))
    assert encoded.dense(some).dtype == dense.dtype


def test_it_takes_a_part_of_the_memory(recipe: TableRecipe) -> None:
    encoded = recipe.encoded(table(), "float32")
    assert encoded.nbytes < recipe.columns(table(), "float32").nbytes / 10


def test_training_on_it_is_training_on_the_dense_inputs(recipe: TableRecipe) -> None:
    encoded, dense = recipe.encoded(table()), recipe.columns(table())
    Y = np.array([[text == "yes" for text in table()["y"]]], float)
    network = Network((recipe.n_x, 8, 1))
    options = TrainingOptions(epochs=3, batch_size=32, learning_rate=0.1, rng=1, shortcut="never")
    one, other = (train(network, Examples(X, Y), options) for X in (encoded, dense))
    for name, value in one.parameters.items():
        np.testing.assert_allclose(value, other.parameters[name], rtol=0, atol=1e-12)


def test_a_large_table_stays_encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    dense = load_table.load_tables(table(), target="y", seed=3)
    monkeypatch.setattr(load_table, "MOST_DENSE", 1000)
    monkeypatch.setattr("pellucid.training.feed.columns_that_fit", lambda examples, most_bytes=0: 50)
    loaded = load_table.load_tables(table(), target="y", seed=3)
    assert isinstance(loaded.train.X, EncodedTable)
    assert repr(loaded.train.X).endswith("inputs, 320 examples)")
    network = Network((loaded.recipe.n_x, 8, 1))
    options = TrainingOptions(epochs=4, batch_size=32, learning_rate=0.2, rng=1)
    models = []
    for each in (loaded, dense):
        end = train(network, each.fitting, options)
        models.append(Model(end.network, end.parameters, each.recipe, each.target.classes, end.history))
    found, expected = (
        model.evaluate(each.test) for model, each in zip(models, (loaded, dense), strict=True)
    )
    assert found.cost == pytest.approx(expected.cost, rel=1e-12)
    np.testing.assert_allclose(found.probabilities, expected.probabilities, rtol=0, atol=1e-12)


def test_the_command_line_trains_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pellucid.cli import main

    rows = table()
    names = list(rows.columns)
    lines = [
        ",".join("" if v is None or v != v else str(v) for v in row)
        for row in zip(*rows.columns.values(), strict=True)
    ]
    (tmp_path / "rows.csv").write_text("\n".join([",".join(names), *lines]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(load_table, "MOST_DENSE", 1000)
    with pytest.raises(SystemExit) as end:
        main(["train", "rows.csv", "--target", "y", "--epochs", "3", "--no-plots", "--quiet"])
    assert end.value.code in (0, None)
    said = capsys.readouterr().out
    assert "the lowest of" in said
    assert "test accuracy" in said


def test_numbers_beyond_the_type_are_refused_with_their_place() -> None:
    wide = Table.from_frame({"x": [0.0] * 50 + [1.0] * 50, "y": ["a", "b"] * 50})
    recipe = TableRecipe.fit(wide, target="y")
    far = Table.from_frame({"x": [0.0, 1e300]})
    with pytest.raises(NonFiniteError, match="row 1 holds a number beyond the range of float32"):
        recipe.encoded(far, "float32").check_finite(far.places)
    recipe.encoded(far, "float64").check_finite(far.places)
