"""`encode=True`: raw tables, which are trained on in their encoded form."""

from typing import Any

import numpy as np
import pytest

from pellucid import MLPClassifier, MLPRegressor
from pellucid.data.table import Table
from pellucid.data.table_recipe import TableRecipe
from pellucid.encoded_table import EncodedTable
from pellucid.errors import TableWarning
from pellucid.estimators import examples as module
from pellucid.estimators.examples import EncodedRows
from pellucid.training.doubt import SAMPLE

M = 600


def people(seed: int = 0, m: int = M) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    age = rng.normal(40, 12, m)
    age[::9] = np.nan
    return {
        "age": age,
        "city": rng.choice(["Bern", "Basel", "Chur"], m).tolist(),
        "rooms": rng.integers(1, 6, m).astype(float),
    }


def classes(rows: dict[str, Any]) -> Any:
    city = np.array(rows["city"])
    return np.where((np.nan_to_num(rows["age"], nan=40) > 40) ^ (city == "Bern"), "yes", "no")


KINDS = [
    (MLPClassifier, classes, "predict_proba"),
    (MLPRegressor, lambda rows: np.array(rows["rooms"]) * 100 + 7, "predict"),
]


def dense(X: dict[str, Any], dtype: str = "float64") -> Any:
    return np.ascontiguousarray(TableRecipe.fit(Table.from_frame(X)).columns(Table.from_frame(X), dtype).T)


@pytest.mark.parametrize(("kind", "target", "ask"), KINDS, ids=["classes", "numbers"])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.filterwarnings("ignore")
def test_they_learn_what_they_learn_from_the_dense_inputs(
    kind: Any, target: Any, ask: str, solver: str, *, early_stopping: bool
) -> None:
    X, y = people(), target(people())
    how = {"hidden_layer_sizes": (8,), "max_iter": 7, "solver": solver, "random_state": 0}
    if early_stopping:
        how["early_stopping"] = solver != "lbfgs"
    one = kind(**how, encode=True).fit(X, y)
    scaled = y if kind is MLPClassifier else (y - y.mean()) / y.std()
    other = kind(**how).fit(dense(X), scaled)
    found, expected = getattr(one, ask)(X), getattr(other, ask)(dense(X))
    if kind is MLPRegressor:
        expected = expected * y.std() + y.mean()
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 * max(1.0, np.abs(expected).max()))


@pytest.mark.parametrize(("kind", "target", "ask"), KINDS, ids=["classes", "numbers"])
@pytest.mark.filterwarnings("ignore")
def test_the_first_call_of_partial_fit_fixes_the_encoding(kind: Any, target: Any, ask: str) -> None:
    del ask
    first, later = people(0), people(1, 300)
    later["city"][:50] = ["Oslo"] * 50
    more = {"classes": ["no", "yes"]} if kind is MLPClassifier else {}
    one = kind(hidden_layer_sizes=(8,), random_state=0, encode=True)
    one.partial_fit(first, target(first), **more)
    recipe = one.recipe_
    with pytest.warns(TableWarning, match="Oslo"):
        one.partial_fit(later, target(later))
    assert one.recipe_ is recipe
    assert one.n_features_in_ == 3
    assert one.coefs_[0].shape[0] == recipe.n_x
    assert one.predict(later).shape == (300,)


@pytest.mark.filterwarnings("ignore")
def test_sample_weights_and_hidden_activations() -> None:
    X, y = people(), classes(people())
    weights = np.random.default_rng(3).integers(0, 3, M).astype(float)
    how = {"hidden_layer_sizes": (8, 4), "max_iter": 5, "random_state": 0}
    one = MLPClassifier(**how, encode=True).fit(X, y, sample_weight=weights)
    other = MLPClassifier(**how).fit(dense(X), y, sample_weight=weights)
    np.testing.assert_allclose(one.coefs_[0], other.coefs_[0], atol=1e-9)
    for found, expected in zip(one.hidden_activations(X), other.hidden_activations(dense(X)), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.filterwarnings("ignore")
def test_only_a_sample_is_made_dense(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise AssertionError("the inputs were made dense")

    made: list[int] = []
    dense_of = EncodedTable.dense

    def counted(table: EncodedTable, columns: Any) -> Any:
        found = dense_of(table, columns)
        made.append(found.shape[1])
        return found

    m = 3 * SAMPLE
    X, y = people(0, m), classes(people(0, m))
    monkeypatch.setattr(EncodedTable, "dense", counted)
    monkeypatch.setattr(TableRecipe, "columns", refuse)
    one = MLPClassifier(hidden_layer_sizes=(8,), max_iter=3, random_state=0, encode=True).fit(X, y)
    assert one.predict(X).shape == (m,)
    # On it the training is judged to have learned something.
    assert max(made, default=0) <= SAMPLE


@pytest.mark.filterwarnings("ignore")
def test_a_model_of_an_estimator_is_evaluated_on_a_file(tmp_path: Any) -> None:
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    from pellucid.data.load_table import load_labelled_table

    X = pd.DataFrame(people())
    y = pd.Series(classes(people()), name="late")
    model = MLPClassifier(max_iter=3, encode=True, random_state=0).fit(X, y).to_model()
    assert model.recipe.target == "late"
    X.assign(late=y).to_csv(tmp_path / "t.csv", index=False)
    _, data = load_labelled_table(tmp_path / "t.csv", model.recipe, model.classes, dtype=model.dtype)
    assert model.evaluate(data).accuracy > 0
    unnamed = MLPClassifier(max_iter=3, encode=True, random_state=0).fit(X, y.to_numpy())
    assert unnamed.recipe_.target == "y"
    assert MLPClassifier(max_iter=3, encode=True).fit(X.assign(y=1.0), y.to_numpy()).recipe_.target == ""


def test_the_rows_of_a_table_are_counted_as_rows() -> None:
    recipe = TableRecipe.fit(Table.from_frame(people()))
    rows = EncodedRows(recipe.encoded(Table.from_frame(people())))
    assert rows.shape == (M, recipe.n_x)
    assert len(rows) == M
    assert np.concatenate(list(module.dense_parts(rows))).shape == rows.shape
