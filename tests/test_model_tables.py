"""Models of tables: predicting on frames and files, saving, loading, and what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.data.load_table import LoadedTables, load_labelled_table, load_tables
from pellucid.data.table import Table
from pellucid.errors import DataError, ModelFileError, NonFiniteError
from pellucid.model import Evaluation, Model, NumberEvaluation
from pellucid.network import Network
from pellucid.training import TrainingOptions, train
from pellucid.training.defaults import defaults_for


def rows(m: int = 120) -> Table:
    rng = np.random.default_rng(0)
    x = rng.normal(size=m)
    c = rng.choice(["u", "v"], m)
    z = 100 + 20 * x + 10 * (c == "u")
    return Table.from_frame({"x": x, "c": c.tolist(), "z": z, "y": np.where(z > 105, "yes", "no")})


def trained(target: str, drop: str) -> tuple[Model, LoadedTables]:
    loaded = load_tables(rows(), target=target, drop=[drop], dtype="float32")
    network, options = defaults_for(
        "table", loaded.train.m, loaded.recipe.n_x, loaded.target.n_y, loaded.target.task
    )
    end = train(Network(**network), loaded.fitting, TrainingOptions(rng=0, **options))
    parameters = loaded.target.scale.folded(end.parameters)
    classes = loaded.target.classes
    return Model(end.network, parameters, loaded.recipe, classes, end.history), loaded


@pytest.fixture(scope="module")
def classifier() -> tuple[Model, LoadedTables]:
    return trained("y", drop="z")


@pytest.fixture(scope="module")
def regressor() -> tuple[Model, LoadedTables]:
    return trained("z", drop="y")


def test_classes_are_learnt(classifier: tuple[Model, LoadedTables]) -> None:
    model, loaded = classifier
    evaluation = model.evaluate(loaded.test)
    assert isinstance(evaluation, Evaluation)
    assert evaluation.accuracy > 0.9


def test_numbers_are_learnt_and_predicted_in_their_units(regressor: tuple[Model, LoadedTables]) -> None:
    model, loaded = regressor
    evaluation = model.evaluate(loaded.test)
    assert isinstance(evaluation, NumberEvaluation)
    assert evaluation.r2 > 0.9
    answers = model.predict(loaded.test_table)
    assert answers.shape == (loaded.test.m,)
    assert abs(answers.mean() - loaded.test_table["z"].mean()) < 10


def test_whatever_holds_columns_is_predicted_on(classifier: tuple[Model, LoadedTables]) -> None:
    model, loaded = classifier
    table = loaded.test_table
    expected = model.class_probabilities(model.outputs(loaded.test.X))
    frames: list[Any] = [
        table,
        {name: table[name].tolist() for name in reversed(table.names)},
        {**table.columns, "more": np.arange(table.m)},
        np.column_stack([table[name].astype(object) for name in model.recipe.column_names]),
    ]
    for frame in frames:
        np.testing.assert_array_equal(model.predict_proba(frame), expected)
    assert model.predict(table).tolist() == [model.classes[i] for i in expected.argmax(axis=1)]


def test_a_data_frame_is_predicted_on(classifier: tuple[Model, LoadedTables]) -> None:
    pytest.importorskip("narwhals")
    pa = pytest.importorskip("pyarrow")
    model, loaded = classifier
    frame = pa.table({name: loaded.test_table[name] for name in loaded.test_table.names})
    np.testing.assert_array_equal(model.predict(frame), model.predict(loaded.test_table))


def test_rows_that_do_not_fit(classifier: tuple[Model, LoadedTables]) -> None:
    model, _ = classifier
    with pytest.raises(DataError, match=r"^there is no column x; the model needs them all; "):
        model.predict_proba({"c": ["u"]})
    with pytest.raises(DataError, match="column x holds 'one'; expected a number"):
        model.predict({"x": ["one"], "c": ["u"]})
    with pytest.raises(NonFiniteError, match="row 1: column x holds inf"):
        model.predict({"x": [1, np.inf], "c": ["u", "v"]})
    with pytest.raises(DataError, match="there are 3 columns and 2 names"):
        model.predict(np.ones((1, 3)))
    # Finite, and beyond single precision once it is scaled.
    with pytest.raises(NonFiniteError):
        model.predict({"x": [1e300], "c": ["u"]})
    assert model.predict({"x": [None], "c": ["never seen"]}).shape == (1,)


@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_there_and_back_through_a_file(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    model, loaded = request.getfixturevalue(kind)
    path = tmp_path / "m.safetensors"
    model.save(path)
    again = Model.load(path)
    assert again.recipe == model.recipe
    assert again.classes == model.classes
    np.testing.assert_array_equal(again.predict(loaded.test_table), model.predict(loaded.test_table))
    _, data = load_labelled_table(loaded.test_table, again.recipe, again.classes, dtype=again.dtype)
    assert repr(again.evaluate(data)) == repr(model.evaluate(loaded.test))


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        ('"kind":"table"', '"kind":"taxle"'),
        ('"kind":"category"', '"kind":"catogory"'),
        ('"missing":false', '"missing":fal50'),
        ('"name":"c"', '"name":"x"'),
        ('"categories":["u","v"]', '"categories":["u","u"]'),
        ('"other":false', '"other":nulll'),
    ],
)
def test_a_file_whose_recipe_was_changed(
    found: str, instead: str, classifier: tuple[Model, LoadedTables], tmp_path: Path
) -> None:
    path = tmp_path / "m.safetensors"
    classifier[0].save(path)
    content = path.read_bytes()
    # The document stands in the header as a JSON text within JSON.
    old, new = (json.dumps(text)[1:-1].encode() for text in (found, instead))
    assert old in content
    assert len(old) == len(new)
    path.write_bytes(content.replace(old, new, 1))
    with pytest.raises(ModelFileError):
        Model.load(path)
