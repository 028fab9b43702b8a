"""Regression from array files: what is read, split, refused, and predicted in the targets' units."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_linnerud

from pellucid import MLPRegressor, Model, Network, load_data
from pellucid.data.load import load_labelled, read_inputs
from pellucid.data.recipe import Recipe
from pellucid.data.target_scale import TargetScale
from pellucid.errors import DataError, LabelError, NonFiniteError, OptionError, PellucidError, ShapeError
from table_files import FORMATS, Format

M = 40
RNG = np.random.default_rng(0)
X = RNG.normal(size=(M, 3))
y = 100 + 10 * X @ [1.0, -2.0, 0.5]
THREE = np.arange(M) % 3
TWO = np.column_stack([y, X[:, 0] / 1000])


@pytest.fixture(params=FORMATS, ids=str)
def fmt(request: pytest.FixtureRequest) -> Format:
    return request.param


def saved(fmt: Format, folder: Path, /, name: str = "data", **arrays: Any) -> Path:
    return fmt.write(folder / name, **arrays)


@pytest.mark.parametrize(
    ("inputs", "targets"),
    [(X, y), (X, y[:, None]), (X, TWO), (X, TWO.astype("f4")), (X.T, y[None, :]), (X.T, TWO.T)],
    ids=["(m,)", "(m, 1)", "(m, 2)", "float32", "(1, m)", "(2, m)"],
)
def test_targets_in_every_layout(
    fmt: Format, tmp_path: Path, inputs: np.ndarray, targets: np.ndarray
) -> None:
    rows = fmt.parts(tmp_path, X=inputs, y=targets).train
    expected = y[:, None] if targets.size == M else TWO
    assert (rows.labels, rows.classes, rows.task) == (None, (), "regression")
    np.testing.assert_array_equal(rows.rows, X)
    np.testing.assert_allclose(rows.targets, expected, rtol=1e-6)
    assert rows.targets.dtype == np.float64


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_data_set_keeps_the_units(fmt: Format, tmp_path: Path, dtype: str) -> None:
    train, test = load_data(saved(fmt, tmp_path, X=X, y=TWO), test_fraction=0.25, seed=3, dtype=dtype)
    assert (train.m, test.m, train.classes, test.classes) == (30, 10, (), ())
    assert train.Y.shape == (2, 30)
    assert train.Y.dtype == dtype
    assert train.Y.flags.c_contiguous
    rows = np.concatenate([train.recipe.rows(train.X), train.recipe.rows(test.X)])
    found = np.concatenate([train.Y, test.Y], axis=1).T
    order, expected = np.argsort(rows[:, 0]), np.argsort(X[:, 0])
    np.testing.assert_allclose(found[order], TWO[expected], rtol=1e-5)
    assert repr(train) == "Dataset(30 examples of 3 inputs, 2 numbers to predict)"
    with pytest.raises(LabelError, match=r"^these examples have numbers as targets; expected classes$"):
        train.labels  # noqa: B018


def test_a_test_part_of_the_file(fmt: Format, tmp_path: Path) -> None:
    path = saved(fmt, tmp_path, X_train=X, y_train=y, X_test=X[:5], y_test=np.arange(5))
    train, test = load_data(path)
    np.testing.assert_array_equal(train.Y, y[None, :])
    np.testing.assert_array_equal(test.Y, [[0, 1, 2, 3, 4]])


def test_a_test_set_of_its_own(fmt: Format, tmp_path: Path) -> None:
    train = saved(fmt, tmp_path, X=X, y=y)
    _, test = load_data(train, saved(fmt, tmp_path, "test", X=X[:2], y=[7, 7]))
    np.testing.assert_array_equal(test.Y, [[7, 7]])
    with pytest.raises(LabelError, match=r"test: a training example has 1 targets and a test example 2"):
        load_data(train, saved(fmt, tmp_path, "test", X=X, y=TWO))


@pytest.mark.parametrize(
    "values", [np.arange(M) % 3, (np.arange(M) % 3).astype(float), np.eye(3)[np.arange(M) % 3]]
)
def test_the_task_may_be_named(fmt: Format, tmp_path: Path, values: np.ndarray) -> None:
    path = saved(fmt, tmp_path, X=X, y=values)
    assert load_data(path)[0].classes
    assert load_data(path, task="classification")[0].classes
    train, test = load_data(path, task="regression")
    assert train.classes == test.classes == ()
    assert train.Y.shape[0] == (1 if values.ndim == 1 else 3)
    with pytest.raises(OptionError, match="unknown task 'ranking'"):
        load_data(path, task="ranking")


def test_photographs_may_have_numbers(fmt: Format, tmp_path: Path) -> None:
    pictures = RNG.integers(0, 256, (M, 4, 4, 3), dtype=np.uint8)
    train, _ = load_data(saved(fmt, tmp_path, X=pictures, y=y))
    assert (train.recipe.kind, train.Y.shape) == ("pictures", (1, 32))


def spoiled(row: int, value: float, targets: np.ndarray = y) -> np.ndarray:
    targets = targets.copy()
    targets[row] = value
    return targets


@pytest.mark.parametrize(
    ("targets", "options", "error", "line"),
    [
        (
            spoiled(7, np.nan),
            {},
            NonFiniteError,
            "the target in row 7 of FILE, y is nan; expected a finite number: remove the row",
        ),
        (
            spoiled(7, -np.inf, TWO),
            {},
            NonFiniteError,
            "the target in row 7, column 0 of FILE, y is -inf; expected a finite number: remove the row",
        ),
        (
            np.full(M, 2.5),
            {},
            LabelError,
            "FILE: the target is always 2.5; expected numbers that differ",
        ),
        (
            np.column_stack([y, np.ones(M)]),
            {},
            LabelError,
            "FILE: column 1 of the targets is always 1; expected numbers that differ",
        ),
        (
            y * 1e305,
            {},
            DataError,
            f"FILE: the target holds numbers up to {(y * 1e305).max():g}, which cannot be averaged; "
            "expected numbers of usual size: scale them",
        ),
        (
            spoiled(3, 1e100),
            {"dtype": "float32", "test_fraction": 0.01},
            NonFiniteError,
            "the target 1e+100 (data, X row 3) is beyond the range of float32; expected numbers of usual "
            "size: scale them, or use float64",
        ),
        (
            np.array(["a", "b"] * 20),
            {"task": "regression"},
            LabelError,
            "FILE, y holds text; expected numbers, the targets of a regression",
        ),
        (
            y,
            {"task": "classification"},
            LabelError,
            f"the label in row 0 of FILE, y is {y[0]}; expected classes, as integers or text: this "
            "looks like the target of a regression",
        ),
    ],
)
def test_refused(
    fmt: Format, tmp_path: Path, targets: Any, options: Any, error: type[PellucidError], line: str
) -> None:
    path = saved(fmt, tmp_path, X=X, y=targets)
    with pytest.raises(error) as caught:
        load_data(path, **options)
    assert type(caught.value) is error
    assert str(caught.value).replace(str(path), "FILE") == line


def test_one_example_cannot_be_split(fmt: Format, tmp_path: Path) -> None:
    path = saved(fmt, tmp_path, X=X[:2], y=y[:2])
    assert [part.m for part in load_data(path)] == [1, 1]


@pytest.mark.parametrize("source", ["digits", "moons"])
def test_what_has_classes_is_no_regression(source: str) -> None:
    with pytest.raises(LabelError, match=rf"^{source} has classes; expected the targets of a regression"):
        load_data(source, task="regression")


def linear_model(recipe: Recipe, weights: np.ndarray, bias: float = 0.0) -> Model:
    n_y = len(weights)
    network = Network((recipe.n_x, n_y), output_activation="identity")
    return Model(network, {"W1": weights, "b1": np.full((n_y, 1), bias)}, recipe, ())


def test_a_model_of_numbers_is_evaluated_and_predicts(fmt: Format, tmp_path: Path) -> None:
    recipe = Recipe("numbers", (3,))
    model = linear_model(recipe, np.array([[10.0, -20.0, 5.0]]), 100.0)
    path = saved(fmt, tmp_path, X=X, y=y)
    data = load_labelled(path, recipe, model.classes)
    assert model.evaluate(data).r2 == pytest.approx(1)
    np.testing.assert_allclose(model.predict(read_inputs([path], recipe).rows), y)
    model.save(tmp_path / "m.safetensors")
    np.testing.assert_array_equal(Model.load(tmp_path / "m.safetensors").predict(X), model.predict(X))
    # One row, integers, constant targets: the checks that only training needs are skipped.
    one = load_labelled(saved(fmt, tmp_path, "one", X=X[:1], y=[3]), recipe, ())
    np.testing.assert_array_equal(one.Y, [[3.0]])


def test_data_of_another_kind_than_the_model(fmt: Format, tmp_path: Path) -> None:
    recipe = Recipe("numbers", (3,))
    model = linear_model(recipe, np.ones((1, 3)))
    two = load_labelled(saved(fmt, tmp_path, "two", X=X, y=TWO), recipe, ())
    with pytest.raises(ShapeError, match=r"^the data have 2 targets for each example; expected 1"):
        model.evaluate(two)
    classes = load_labelled(saved(fmt, tmp_path, "classes", X=X, y=np.arange(M) % 2), recipe, ("0", "1"))
    with pytest.raises(LabelError, match=r"^the data have the classes 0, 1; the model predicts numbers$"):
        model.evaluate(classes)
    with pytest.raises(LabelError, match="holds text; expected numbers"):
        load_labelled(saved(fmt, tmp_path, "text", X=X, y=["a"] * M), recipe, ())


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("bunch", [load_diabetes, load_linnerud], ids=["diabetes", "linnerud"])
def test_real_data_make_the_model_that_the_estimator_makes(fmt: Format, tmp_path: Path, bunch: Any) -> None:
    """Files, scaling and folding against `MLPRegressor`, which is given the scaled arrays."""
    inputs, targets = bunch(return_X_y=True)
    train, test = load_data(saved(fmt, tmp_path, X=inputs, y=targets), task="regression", seed=1)
    scale = TargetScale.of(train.Y)
    theirs = MLPRegressor(
        hidden_layer_sizes=(8,), max_iter=40, random_state=0, alpha=0, learning_rate_init=0.01
    )
    learned = scale.scaled(train.Y).T
    theirs.fit(train.X.T, learned[:, 0] if learned.shape[1] == 1 else learned)
    parameters = {
        name: array
        for l, (W, b) in enumerate(zip(theirs.coefs_, theirs.intercepts_, strict=True), start=1)
        for name, array in ((f"W{l}", W.T), (f"b{l}", b[:, None]))
    }
    network = Network((train.n_x, 8, len(train.Y)), output_activation="identity")
    model = Model(network, scale.folded(parameters), train.recipe, ())
    predicted = theirs.predict(test.X.T).reshape(test.m, -1) * scale.deviation + scale.mean
    answers = model.predict(test.recipe.rows(test.X)).reshape(test.m, -1)
    np.testing.assert_allclose(answers, predicted, rtol=1e-7, atol=1e-7)
    assert model.evaluate(train).r2 > 0.2


def test_whole_floats_of_many_values_are_a_regression(fmt: Format, tmp_path: Path) -> None:
    inputs, targets = load_diabetes(return_X_y=True)
    assert np.all(targets == np.rint(targets))
    assert load_data(saved(fmt, tmp_path, X=inputs, y=targets))[0].classes == ()
