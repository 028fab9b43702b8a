"""Predicting block by block: the same answers and the same words as of one piece, in little memory."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from models import small_model
from pellucid.core.model import L_model_forward
from pellucid.data.dataset import Dataset, check_finite
from pellucid.data.recipe import AnyRecipe, Recipe
from pellucid.data.table import Table
from pellucid.data.table_recipe import TableRecipe
from pellucid.errors import DataError, NonFiniteError
from pellucid.model import Model
from pellucid.network import Network

M = 9000
RNG = np.random.default_rng(4)
NUMBERS = RNG.standard_normal((M, 2))
PICTURES = RNG.integers(0, 256, (M, 4, 5, 3), dtype=np.uint8)


def words(m: int = M) -> Table:
    names = np.array(["a", "b", "c"])[np.arange(m) % 3]
    return Table.from_frame({"x": NUMBERS[:m, 0], "c": names.tolist(), "z": NUMBERS[:m, 1]})


RAW: dict[str, tuple[AnyRecipe, Any]] = {
    "numbers": (Recipe.for_rows(NUMBERS), NUMBERS),
    "pictures": (Recipe.for_rows(PICTURES), PICTURES),
    "tables": (TableRecipe.fit(words()), words()),
}


def model_with(recipe: AnyRecipe, hidden: int = 5, dtype: str = "float64") -> Model:
    network = Network((recipe.n_x, hidden, 1))
    parameters = {n: RNG.standard_normal(s).astype(dtype) for n, s in network.parameter_shapes.items()}
    return Model(network, parameters, recipe, ("no", "yes"))


def peak_of(work: Callable[[], object]) -> int:
    """Bytes that it holds at the most."""
    work()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", RAW)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_blocks_are_the_columns(kind: str, dtype: str) -> None:
    recipe, raw = RAW[kind]
    blocks = list(recipe.blocks(raw, dtype))
    if kind == "tables":
        # Encoded, they need no blocks.
        [table] = blocks
        tolerance = 1e-12 if dtype == "float64" else 1e-6
        expected = recipe.columns(raw, dtype)
        np.testing.assert_allclose(table.dense(slice(None)), expected, rtol=0, atol=tolerance)
        return
    assert len(blocks) > 1
    found = np.concatenate(blocks, axis=1)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, recipe.columns(raw, dtype))


@pytest.mark.parametrize("kind", RAW)
def test_the_answers_are_the_courses(kind: str) -> None:
    recipe, raw = RAW[kind]
    model = model_with(recipe)
    AL, _ = L_model_forward(recipe.columns(raw), model.parameters)
    np.testing.assert_allclose(model.outputs_of_rows(raw), AL, rtol=1e-12)
    np.testing.assert_allclose(model.predict_proba(raw)[:, 1], AL[0], rtol=1e-12)


def test_no_rows() -> None:
    assert model_with(RAW["pictures"][0]).predict_proba(PICTURES[:0]).shape == (0, 2)
    assert model_with(RAW["tables"][0]).predict_proba(words(0)).shape == (0, 2)


def message(work: Callable[[], object]) -> str:
    with pytest.raises(DataError) as caught:
        work()
    return str(caught.value)


def test_rows_are_counted_from_the_first_block() -> None:
    recipe, model = RAW["numbers"][0], model_with(RAW["numbers"][0])
    rows = NUMBERS.copy()
    rows[5000, 1] = rows[7000, 0] = rows[8999, 1] = np.nan
    found = message(lambda: model.predict(rows))
    assert found.startswith(
        "the input in row 5000, column 1 is nan; expected finite numbers; 3 such values"
    )
    assert found == message(lambda: check_finite(recipe.columns(rows)))
    with pytest.raises(NonFiniteError, match=r"row 5000, column 1 is nan \(file, line 5002\)"):
        model.outputs_of_rows(rows, [f"file, line {i + 2}" for i in range(M)])


def test_pictures_are_counted_from_the_first_block() -> None:
    recipe, model = RAW["pictures"][0], model_with(RAW["pictures"][0])
    rows = PICTURES.astype(float)
    rows[6000, 1, 2, 0] = 0.5
    assert message(lambda: model.predict(rows)).startswith("the picture in row 6000 holds 0.5;")
    assert message(lambda: model.predict(rows)) == message(lambda: recipe.columns(rows))


def test_a_table_is_refused_in_the_same_words() -> None:
    recipe, model = RAW["tables"][0], model_with(RAW["tables"][0])
    columns = {name: words()[name].copy() for name in words().names}
    # The second column's fault comes first in the file, and the first column's is named.
    columns["z"][100] = np.inf
    columns["x"][5000] = columns["x"][8000] = np.inf
    found = message(lambda: model.predict(columns))
    assert found.startswith("row 5000: column x holds inf;")
    assert found.endswith("2 such values in all")
    assert found == message(lambda: recipe.columns(Table.from_frame(columns)))


def test_predicting_makes_no_large_X() -> None:
    pictures = np.zeros((9000, 32, 32, 3), np.uint8)
    model = model_with(Recipe.for_rows(pictures), dtype="float32")
    whole = pictures.size * 4
    assert peak_of(lambda: model.predict_proba(pictures)) < whole / 2


def test_evaluating_keeps_no_layers() -> None:
    model = model_with(RAW["numbers"][0], hidden=500)
    X = np.tile(NUMBERS.T, 4)
    data = Dataset(X, (X[:1] > 0).astype(float), classes=model.classes, recipe=model.recipe)
    layer = 500 * data.m * 8
    assert peak_of(lambda: model.evaluate(data)) < layer / 2


def test_a_model_sets_up_one_predictor() -> None:
    model = small_model()
    assert model.predictor is model.predictor
