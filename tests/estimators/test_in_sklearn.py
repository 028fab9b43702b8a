"""Ours in scikit-learn's tools: clones, searches, pipelines, ensembles, routed metadata."""

import pickle
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

import sklearn
import sklearn.neural_network as theirs
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.ensemble import BaggingClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

import pellucid as ours

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def classifier(**parameters: Any) -> ours.MLPClassifier:
    return ours.MLPClassifier(
        **{"hidden_layer_sizes": (8,), "random_state": 0, "max_iter": 15, **parameters}
    )


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_every_parameter_of_theirs_with_its_default(name: str) -> None:
    expected = getattr(theirs, name)().get_params()
    mine = getattr(ours, name)().get_params()
    assert expected.items() <= mine.items()


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_positional_parameters_are_theirs(name: str) -> None:
    import inspect

    def positional(cls: Any) -> list[str]:
        kinds = inspect.signature(cls.__init__).parameters.values()
        return [kind.name for kind in kinds if kind.kind is kind.POSITIONAL_OR_KEYWORD][:3]

    first = positional(getattr(ours, name))
    assert first == [
        word for word in first if word in getattr(theirs, name)().get_params() or word == "self"
    ]
    assert first[:2] == positional(getattr(theirs, name))[:2]


def test_parameters_are_kept_as_given_and_cloned() -> None:
    sizes, rates = [5, 4], (0.1, 0.2)
    found = classifier(hidden_layer_sizes=sizes, dropout=rates, callbacks=[print])
    assert found.get_params()["hidden_layer_sizes"] is sizes
    assert found.get_params()["dropout"] is rates
    copy = clone(found)
    assert copy.get_params() == found.get_params()
    assert not hasattr(copy, "coefs_")
    with pytest.raises(ValueError, match="Invalid parameter 'layers'"):
        found.set_params(layers=3)
    assert repr(classifier(dropout=0.5)).endswith("random_state=0)")


def test_parameters_that_are_set_later_count(iris: Any) -> None:
    X, y = iris
    found = classifier().fit(X, y)
    found.set_params(hidden_layer_sizes=(3,), dropout=0.2, solver="rmsprop").fit(X, y)
    assert found.coefs_[0].shape == (4, 3)


def test_answers_are_of_the_fitted_network(iris: Any) -> None:
    X, y = iris
    found = classifier().fit(X, y)
    expected = found.predict_proba(X)
    for change in ({"hidden_layer_sizes": (3,)}, {"alpha": -1.0}, {"solver": "sgd", "dropout": 7}):
        changed = pickle.loads(pickle.dumps(found)).set_params(**change)
        np.testing.assert_array_equal(changed.predict_proba(X), expected)


def test_kinds_and_tags() -> None:
    assert is_classifier(ours.MLPClassifier())
    assert is_regressor(ours.MLPRegressor())
    tags = ours.MLPClassifier().__sklearn_tags__()
    assert tags.input_tags.sparse
    assert tags.classifier_tags.multi_label
    assert not tags.input_tags.allow_nan
    assert ours.MLPClassifier(encode=True).__sklearn_tags__().input_tags.allow_nan


def test_a_grid_search(cancer: Any) -> None:
    X, y = cancer
    pipeline = Pipeline([("scale", StandardScaler()), ("net", classifier(learning_rate_init=0.01))])
    grid = {
        "net__dropout": [0.0, 0.3],
        "net__hidden_layer_sizes": [(4,), (8, 4)],
        "net__solver": ["adam", "adamw"],
    }
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_score_ > 0.95
    assert search.score(X, y) > 0.95


def test_processes_of_joblib(cancer: Any) -> None:
    scores = [cross_val_score(classifier(), *cancer, cv=2, n_jobs=jobs) for jobs in (1, 2)]
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-9)


def test_cross_validation_is_theirs(iris: Any) -> None:
    X, y = iris
    setting = {"hidden_layer_sizes": (8,), "random_state": 0, "max_iter": 15}
    mine = cross_val_score(ours.MLPClassifier(**setting), X, y, cv=3)
    np.testing.assert_array_equal(mine, cross_val_score(theirs.MLPClassifier(**setting), X, y, cv=3))


def test_bagging(iris: Any) -> None:
    X, y = iris
    bag = BaggingClassifier(classifier(learning_rate_init=0.05), n_estimators=3, random_state=0).fit(X, y)
    assert bag.score(X, y) > 0.9


def test_a_pipeline_of_weighted_rows_and_validation_rows(cancer: Any) -> None:
    X, y = cancer
    weights = np.where(y == 1, 0.1, 1.0)
    scaled = StandardScaler().fit(X)
    pipeline = make_pipeline(StandardScaler(), classifier())
    given = {"sample_weight": weights, "X_val": scaled.transform(X), "y_val": y}
    pipeline.fit(X, y, **{f"mlpclassifier__{name}": value for name, value in given.items()})
    alone = classifier().fit(scaled.transform(X), y, **given)
    np.testing.assert_array_equal(pipeline[-1].coefs_[0], alone.coefs_[0])
    assert len(pipeline[-1].validation_loss_curve_) == 15


@pytest.mark.skipif(
    sklearn.__version__.startswith("1.7."), reason="its Pipeline.score takes no routed weights"
)
def test_metadata_are_routed(cancer: Any) -> None:
    X, y = cancer
    weights = np.where(y == 1, 0.1, 1.0)
    with sklearn.config_context(enable_metadata_routing=True):
        net = classifier().set_fit_request(sample_weight=True, X_val=True, y_val=True)
        net = net.set_score_request(sample_weight=True)
        found = cross_validate(
            make_pipeline(StandardScaler().set_fit_request(sample_weight=False), net),
            X,
            y,
            cv=2,
            params={"sample_weight": weights, "X_val": X[:50], "y_val": y[:50]},
            return_estimator=True,
            error_score="raise",
        )
        request = classifier().set_partial_fit_request(classes=True, sample_weight=True)
        assert request.get_metadata_routing().partial_fit.requests["classes"] is True
    for pipeline in found["estimator"]:
        assert len(pipeline[-1].validation_loss_curve_) == 15


def test_lbfgs_has_no_partial_fit(iris: Any) -> None:
    assert hasattr(classifier(), "partial_fit")
    assert not hasattr(classifier(solver="lbfgs"), "partial_fit")
    with pytest.raises(AttributeError, match="partial_fit"):
        classifier(solver="lbfgs").partial_fit(*iris, classes=[0, 1, 2])
