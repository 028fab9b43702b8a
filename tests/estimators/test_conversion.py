"""To a Model file and back, to scikit-learn's estimators and from them."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

import joblib
import sklearn.neural_network as theirs
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import pellucid as ours
from pellucid.errors import LabelError, OptionError
from pellucid.model import Model

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SETTINGS: list[dict[str, Any]] = [
    {},
    {"solver": "lbfgs"},
    {"activation": "logistic", "dtype": "float32"},
    {"activation": ("elu", "tanh")},
    {"hidden_layer_sizes": ()},
    {"dropout": 0.2, "input_dropout": 0.1, "l1": 0.1},
    {"early_stopping": True},
]


def classifier(**parameters: Any) -> ours.MLPClassifier:
    return ours.MLPClassifier(
        **{"hidden_layer_sizes": (9, 5), "random_state": 0, "max_iter": 15, **parameters}
    )


def regressor(**parameters: Any) -> ours.MLPRegressor:
    return ours.MLPRegressor(
        **{"hidden_layer_sizes": (9, 5), "random_state": 0, "max_iter": 15, **parameters}
    )


def stored(model: Model, folder: Path) -> Model:
    model.save(folder / "model.safetensors")
    return Model.load(folder / "model.safetensors")


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
@pytest.mark.parametrize("classes", [2, 3])
def test_a_model_of_classes(setting: Any, classes: int, iris: Any, tmp_path: Path) -> None:
    X, y = iris[0][iris[1] < classes], iris[1][iris[1] < classes]
    named = np.array(["setosa", "versicolor", "virginica"])[y]
    found = classifier(**setting).fit(X, named)
    model = stored(found.to_model(), tmp_path)
    assert list(model.classes) == found.classes_.tolist()
    assert len(model.history.costs) == len(getattr(found, "loss_curve_", ()))
    rows = X.astype(np.float32) if "dtype" in setting else X
    tolerance = 1e-5 if "dtype" in setting else 1e-9
    np.testing.assert_allclose(model.predict_proba(rows), found.predict_proba(X), rtol=tolerance)
    np.testing.assert_array_equal(model.predict(rows), found.predict(X))


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber"])
def test_a_model_of_probabilities_with_another_loss(loss: str, cancer: Any, tmp_path: Path) -> None:
    X, y = cancer
    found = classifier(loss=loss).fit(X, y)
    model = stored(found.to_model(), tmp_path)
    assert model.classes == ("0", "1")
    np.testing.assert_allclose(model.predict_proba(X), found.predict_proba(X), rtol=1e-9)


@pytest.mark.parametrize("loss", ["squared_error", "poisson", "huber", "absolute_error"])
@pytest.mark.parametrize("outputs", [1, 2])
def test_a_model_of_numbers(loss: str, outputs: int, diabetes: Any, tmp_path: Path) -> None:
    X, y = diabetes
    found = regressor(loss=loss).fit(X, y if outputs == 1 else np.column_stack([y, y**2 / 9]))
    model = stored(found.to_model(), tmp_path)
    np.testing.assert_allclose(np.squeeze(model.predict(X)), found.predict(X), rtol=1e-9)


def test_a_model_of_a_table_keeps_its_recipe(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    rng = np.random.default_rng(0)
    table = pandas.DataFrame(
        {"x": rng.normal(size=90), "town": np.array(["Bern", "Chur", "Genf"])[np.arange(90) % 3]}
    )
    y = table["x"] + (table["town"] == "Bern") > 0
    found = classifier(encode=True).fit(table, np.where(y, "yes", "no"))
    model = stored(found.to_model(), tmp_path)
    assert model.recipe == found.recipe_
    with pytest.raises(OptionError, match=r"encodes tables.*expected encode=False, or to_model\(\)"):
        found.to_sklearn()


def test_what_a_model_cannot_say(labelled: Any, iris: Any) -> None:
    with pytest.raises(LabelError, match="a row may have several labels"):
        classifier().fit(*labelled).to_model()
    with pytest.raises(LabelError, match="1"):
        classifier().fit(iris[0], np.ones(150)).to_model()
    X, y = iris
    found = classifier().fit(X, y)
    found.classes_ = np.array([1, "1", 2], dtype=object)
    with pytest.raises(LabelError, match="are not all different as text; expected distinct names"):
        found.to_model()
    for use in ("to_model", "to_sklearn"):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            getattr(classifier(), use)()


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_from_theirs_and_back(name: str, solver: str, iris: Any) -> None:
    X, y = iris
    trained = getattr(theirs, name)(
        hidden_layer_sizes=(7,), solver=solver, max_iter=20, random_state=0
    ).fit(X, y)
    mine = getattr(ours, name).from_sklearn(trained)
    np.testing.assert_allclose(mine.predict(X), trained.predict(X), rtol=1e-9)
    assert mine.get_params()["hidden_layer_sizes"] == (7,)
    assert (mine.n_iter_, mine.loss_) == (trained.n_iter_, trained.loss_)
    back = mine.to_sklearn()
    assert type(back) is getattr(theirs, name)
    assert back.get_params() == trained.get_params()
    np.testing.assert_array_equal(back.predict(X), trained.predict(X))
    assert back.coefs_[0] is not trained.coefs_[0]
    assert not np.shares_memory(mine.coefs_[0], trained.coefs_[0])


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_training_goes_on_as_theirs_would(solver: str, iris: Any, agree: Any) -> None:
    X, y = iris
    trained = theirs.MLPClassifier((7,), solver=solver, max_iter=20, random_state=0).fit(X, y)
    mine = ours.MLPClassifier.from_sklearn(trained)
    # Theirs from a fresh optimizer: its moments are spelled otherwise, and do not come along.
    del trained._optimizer
    for start in (0, 50, 20):
        mine.partial_fit(X[start : start + 60], y[start : start + 60])
        trained.partial_fit(X[start : start + 60], y[start : start + 60])
    agree(mine, trained, X)
    back = mine.to_sklearn()
    assert back.partial_fit(X, y).t_ == mine.t_ + 150


def test_a_warm_start_from_theirs(iris: Any, agree: Any) -> None:
    X, y = iris
    trained = theirs.MLPClassifier((7,), max_iter=20, random_state=0, warm_start=True).fit(X, y)
    mine = ours.MLPClassifier.from_sklearn(trained, dropout=0.0, max_iter=30)
    assert mine.warm_start is True
    agree(mine.fit(X, y), trained.set_params(max_iter=30).fit(X, y), X)


def test_early_stopping_from_theirs(iris: Any) -> None:
    X, y = iris
    trained = theirs.MLPClassifier((7,), early_stopping=True, random_state=0).fit(X, y)
    mine = ours.MLPClassifier.from_sklearn(trained)
    assert mine.validation_scores_ == trained.validation_scores_
    epochs = len(trained.validation_scores_)
    mine.partial_fit(X, y, X_val=X, y_val=y)
    assert len(mine.validation_scores_) == epochs + 1
    mine.set_params(warm_start=True).fit(X, y)
    assert mine.score(X, y) > 0.3


def test_what_is_not_theirs_is_refused(iris: Any) -> None:
    X, y = iris
    with pytest.raises(OptionError, match="is of type MLPRegressor; expected scikit-learn's MLPClassifier"):
        ours.MLPClassifier.from_sklearn(theirs.MLPRegressor().fit(X, y))
    with pytest.raises(NotFittedError):
        ours.MLPClassifier.from_sklearn(theirs.MLPClassifier())
    with pytest.raises(TypeError, match="unexpected"):
        ours.MLPClassifier.from_sklearn(theirs.MLPClassifier(max_iter=5).fit(X, y), layers=3)
    for setting in ({"activation": "elu"}, {"activation": ("relu", "tanh")}):
        with pytest.raises(
            OptionError, match="scikit-learn has identity, logistic, tanh, relu, one for all"
        ):
            classifier(**setting).fit(X, y).to_sklearn()
    with pytest.raises(OptionError, match="loss is 'huber', which scikit-learn's estimator does not have"):
        regressor(loss="huber").fit(X, y).to_sklearn()


@pytest.mark.parametrize(
    "setting",
    [{"solver": "adamw"}, {"learning_rate": "cosine"}, {"dropout": 0.3}, {"dtype": "float32"}],
    ids=str,
)
def test_how_it_was_trained_is_of_no_account_to_theirs(setting: Any, iris: Any) -> None:
    X, y = iris
    found = classifier(**setting).fit(X, y)
    back = found.to_sklearn()
    np.testing.assert_allclose(back.predict_proba(X), found.predict_proba(X), rtol=1e-5)
    clone(back).fit(X, y)


@pytest.mark.parametrize("setting", [*SETTINGS, {"clip_norm": 1.0, "learning_rate": "cosine"}], ids=str)
def test_copies_go_on_where_the_original_is(setting: Any, iris: Any, tmp_path: Path) -> None:
    X, y = iris
    found = classifier(**setting).fit(X, y)
    joblib.dump(found, tmp_path / "found.joblib")
    copies = [pickle.loads(pickle.dumps(found)), joblib.load(tmp_path / "found.joblib")]
    for copy in copies:
        np.testing.assert_array_equal(copy.predict_proba(X), found.predict_proba(X))
    if found.solver == "lbfgs":
        return
    for estimator in (found, *copies):
        estimator.partial_fit(X, y, X_val=X, y_val=y)
    for copy in copies:
        np.testing.assert_array_equal(copy.coefs_[0], found.coefs_[0])
        assert copy.validation_scores_ == found.validation_scores_
