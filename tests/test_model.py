"""Model: raw rows in, probabilities out; what it made of labelled examples; and parts that do not fit."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models import assert_same_model, class_outputs, models, small_model
from pellucid.core import compute_cost
from pellucid.data.dataset import Dataset
from pellucid.data.recipe import Recipe
from pellucid.data.rows import Rows
from pellucid.errors import DataError, LabelError, ShapeError
from pellucid.metrics import r2_score
from pellucid.model import Evaluation, Model
from pellucid.network import Network
from pellucid.training import TrainingOptions, train
from pellucid.training.history import History

DTYPES = ("float64", "float32")


def model_of(dims: tuple[int, ...], output: str = "sigmoid", dtype: str = "float64", **parts: Any) -> Model:
    """Random parameters, rows taken as they are, classes c0, c1, ..."""
    network = Network(dims, output_activation=output)
    rng = np.random.default_rng(1)
    parameters = {n: rng.standard_normal(s).astype(dtype) for n, s in network.parameter_shapes.items()}
    recipe = parts.pop("recipe", Recipe("numbers", (dims[0],)))
    classes = parts.pop("classes", tuple(f"c{i}" for i in range(max(dims[-1], 2))))
    return Model(network, parameters, recipe, classes, **parts)


def dataset_of(model: Model, labels: list[int], seed: int = 2) -> Dataset:
    rows = np.random.default_rng(seed).standard_normal((len(labels), *model.recipe.shape))
    return Dataset.from_rows(Rows(rows, np.array(labels), model.classes, ()), model.recipe, model.dtype)


def test_one_sigmoid_unit_by_hand() -> None:
    network = Network((2, 1))
    parameters = {"W1": np.array([[1.0, -2.0]]), "b1": np.array([[0.5]])}
    recipe = Recipe("numbers", (2,), divisor=2.0, mean=(1.0, 0.0), deviation=(1.0, 4.0))
    model = Model(network, parameters, recipe, ("no", "yes"))
    # Row (3, 8) becomes the column ((3 - 1) / 1 / 2, 8 / 4 / 2) = (1, 1), and Z = 1 - 2 + 0.5.
    p = 1 / (1 + np.exp(0.5))
    np.testing.assert_allclose(model.predict_proba([[3, 8]]), [[1 - p, p]], rtol=1e-15)  # type: ignore[arg-type]
    assert model.predict(np.array([[3.0, 8.0]])).tolist() == ["no"]
    assert model.predict(np.array([[3.0, 0.0], [3.0, 8.0]])).tolist() == ["yes", "no"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("output", "n_y"), [("sigmoid", 1), ("softmax", 3), ("sigmoid", 3)])
def test_rows_in_rows_out(dtype: str, output: str, n_y: int) -> None:
    model = model_of((4, 5, n_y), output, dtype)
    rows = np.random.default_rng(3).standard_normal((7, 4))
    K = max(n_y, 2)
    probabilities = model.predict_proba(rows)
    assert probabilities.shape == (7, K)
    assert probabilities.dtype == model.dtype == dtype
    X = rows.T.astype(dtype)
    AL = model.outputs(X)
    assert AL.shape == (n_y, 7)
    # Compiled code may have answered: the same but for rounding.
    rounding = 1e-13 if dtype == "float64" else 1e-6
    np.testing.assert_allclose(probabilities, model.class_probabilities(AL), rtol=rounding, atol=rounding)
    if output == "softmax" or n_y == 1:
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    for i, row in enumerate(rows):
        # One row and seven take different paths through the BLAS.
        np.testing.assert_allclose(model.predict_proba(row[None])[0], probabilities[i], rtol=1e-4)
    assert model.predict(rows).tolist() == [model.classes[i] for i in probabilities.argmax(axis=1)]


def test_pictures_whole_and_flattened() -> None:
    model = model_of((12, 1), recipe=Recipe("pictures", (2, 2, 3), 255.0))
    pictures = np.random.default_rng(1).integers(0, 256, (3, 2, 2, 3), dtype=np.uint8)
    expected = model.class_probabilities(model.outputs(pictures.reshape(3, 12).T / 255))
    np.testing.assert_array_equal(model.predict_proba(pictures), expected)
    np.testing.assert_array_equal(model.predict_proba(pictures.reshape(3, 12)), expected)


@pytest.mark.parametrize(
    "rows", [np.ones(4), np.ones((2, 3)), np.ones((4, 2, 2)), np.ones(()), np.ones((2, 5))]
)
def test_rows_of_another_shape(rows: np.ndarray) -> None:
    model = model_of((4, 1))
    for method in (model.predict, model.predict_proba):
        with pytest.raises(DataError, match="expected rows of 4 numbers"):
            method(rows)


def test_class_probabilities() -> None:
    np.testing.assert_array_equal(
        Model.class_probabilities(np.array([[0.25, 1.0]])), [[0.75, 0.25], [0, 1]]
    )
    several = np.array([[0.25, 0.5], [0.5, 0.25], [0.25, 0.25]])
    np.testing.assert_array_equal(Model.class_probabilities(several), several.T)


@given(models(class_outputs), st.integers(1, 4))
def test_every_class_that_is_predicted_is_the_most_probable(model: Model, m: int) -> None:
    rows = np.ones((m, model.recipe.n_x))
    assume(np.isfinite(model.recipe.columns(rows, model.dtype)).all())
    with np.errstate(all="ignore"):
        probabilities, predicted = model.predict_proba(rows), model.predict(rows)
    assert probabilities.shape == (m, len(model.classes))
    assert predicted.shape == (m,)
    if np.isfinite(probabilities).all():
        np.testing.assert_array_equal(predicted, np.asarray(model.classes)[probabilities.argmax(axis=1)])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("output", "n_y"), [("sigmoid", 1), ("softmax", 3)])
def test_evaluate(dtype: str, output: str, n_y: int) -> None:
    model = model_of((4, 5, n_y), output, dtype)
    labels = [0, 1, 1, 0, 1, 0, 0, 1] if n_y == 1 else [0, 1, 2, 0, 1, 2, 2, 2]
    data = dataset_of(model, labels)
    found = model.evaluate(data)
    assert found.labels.tolist() == labels
    np.testing.assert_array_equal(found.probabilities, model.class_probabilities(model.outputs(data.X)))
    assert found.predicted.tolist() == found.probabilities.argmax(axis=1).tolist()
    right = found.predicted == found.labels
    assert found.accuracy == right.mean()
    assert found.wrong.tolist() == np.flatnonzero(~right).tolist()
    assert found.confusion.sum() == len(labels)
    assert np.trace(found.confusion) == right.sum()
    assert found.confusion.sum(axis=1).tolist() == [labels.count(k) for k in range(len(model.classes))]
    of_the_true = found.probabilities[np.arange(len(labels)), labels].astype(np.float64)
    assert found.cost == pytest.approx(-np.log(of_the_true).mean(), rel=1e-5)
    assert type(found.cost) is float


def test_the_cost_is_the_courses() -> None:
    model = model_of((4, 1))
    data = dataset_of(model, [0, 1, 1])
    assert model.evaluate(data).cost == pytest.approx(
        compute_cost(model.outputs(data.X), data.Y), rel=1e-12
    )


def test_a_model_of_numbers() -> None:
    model = model_of((4, 5, 2), "identity", classes=())
    data = Dataset(np.ones((4, 3)), np.array([[1.0, 2, 3], [4, 4, 4]]), classes=(), recipe=model.recipe)
    found = model.evaluate(data)
    np.testing.assert_array_equal(found.targets, data.Y)
    np.testing.assert_array_equal(found.predicted, model.outputs(data.X))
    assert repr(found).startswith("NumberEvaluation(R^2 ")
    np.testing.assert_array_equal(model.predict(data.X.T), model.outputs(data.X).T)
    with pytest.raises(LabelError, match=r"the network predicts numbers: expected none"):
        model_of((4, 5, 2), "identity", classes=("a", "b"))


def test_the_cost_is_that_of_the_answers_alone() -> None:
    plain = model_of((4, 5, 1))
    told = replace(plain.network, l2=3.0, dropout=0.5, label_smoothing=0.2)
    data = dataset_of(plain, [0, 1, 1])
    model = Model(told, plain.parameters, plain.recipe, plain.classes)
    assert model.evaluate(data).cost == plain.evaluate(data).cost


@pytest.mark.parametrize("rows", [1, 2])
def test_r2_is_scikit_learns(rows: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(1)
    targets = rng.standard_normal((rows, 9))
    predicted = targets + 0.3 * rng.standard_normal((rows, 9))
    assert r2_score(targets, predicted) == pytest.approx(metrics.r2_score(targets.T, predicted.T))
    targets[0] = 2.0
    assert r2_score(targets, predicted) == pytest.approx(metrics.r2_score(targets.T, predicted.T))
    predicted[0] = 2.0
    assert r2_score(targets, predicted) == pytest.approx(metrics.r2_score(targets.T, predicted.T))


def test_an_evaluation_by_hand() -> None:
    found = Evaluation(np.array([0, 0, 1, 2]), np.array([0, 2, 1, 1]), np.zeros((4, 3)), 0.5)
    assert found.accuracy == 0.5
    assert found.confusion.tolist() == [[1, 0, 1], [0, 1, 0], [0, 1, 0]]
    assert found.wrong.tolist() == [1, 3]


def test_what_cannot_be_evaluated() -> None:
    model = model_of((4, 1))
    data = dataset_of(model, [0, 1])
    with pytest.raises(LabelError, match="these examples have no labels"):
        model.evaluate(Dataset(data.X, None, classes=model.classes, recipe=model.recipe))
    with pytest.raises(LabelError, match="the data have the classes c1, c0; the model knows c0, c1"):
        model.evaluate(Dataset(data.X, data.Y, classes=("c1", "c0"), recipe=model.recipe))


PARTS = dict(vars(small_model()))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"network": Network((2, 4, 1))}, r"^W1 has shape \(3, 2\); expected \(4, 2\) to fit"),
        ({"network": Network((2, 3, 1, 1))}, r"^W3 is missing; expected an array of shape \(1, 1\)"),
        ({"parameters": {}}, r"^W1 is missing; expected an array of shape \(3, 2\)"),
        ({"parameters": {**PARTS["parameters"], "b2": np.ones(1)}}, r"^b2 has shape \(1,\), a rank-1"),
        (
            {"parameters": {**PARTS["parameters"], "b3": np.ones((1, 1))}},
            "^the parameters hold b3; expected",
        ),
        ({"recipe": Recipe("numbers", (3,))}, "the recipe makes 3 inputs; the network expects 2"),
    ],
)
def test_shapes_that_do_not_fit_together(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ShapeError, match=sentence):
        Model(**{**PARTS, **change})


@pytest.mark.parametrize("classes", [(), ("a",), ("a", "b", "c"), ("a", "a")])
def test_classes_that_the_network_does_not_tell_apart(classes: tuple[str, ...]) -> None:
    with pytest.raises(LabelError, match=r"the classes are .*; the network tells 2 apart"):
        Model(**{**PARTS, "classes": classes})


def test_as_many_classes_as_softmax_units() -> None:
    assert model_of((2, 3), "softmax").classes == ("c0", "c1", "c2")
    with pytest.raises(LabelError, match="the network tells 3 apart"):
        model_of((2, 3), "softmax", classes=("a", "b"))


def test_the_history_may_be_left_out() -> None:
    assert model_of((2, 1)).history == History()


@pytest.mark.parametrize("as_text", [True, False])
def test_from_training_to_the_file_and_back(tmp_path: Path, as_text: bool) -> None:
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((40, 2)) * 3 + 5
    labels = (rows[:, 0] > rows[:, 1]).astype(np.int64)
    recipe = Recipe.for_rows(rows)
    data = Dataset.from_rows(Rows(rows, labels, ("below", "above"), ()), recipe)
    options = TrainingOptions(epochs=200, learning_rate=0.5, rng=1, initialization="he")
    end = train(Network.for_classes(2, [4], 2), data, options)
    model = Model(end.network, end.parameters, recipe, data.classes, end.history)
    path = tmp_path / "model.safetensors"
    model.save(str(path) if as_text else path)
    loaded = Model.load(str(path) if as_text else path)
    assert_same_model(loaded, model)
    assert loaded.evaluate(data).accuracy > 0.9
    assert loaded.evaluate(data).cost == model.evaluate(data).cost
    np.testing.assert_array_equal(loaded.predict_proba(rows), model.predict_proba(rows))
    np.testing.assert_array_equal(
        loaded.predict(rows), np.array(["below", "above"])[loaded.evaluate(data).predicted]
    )
