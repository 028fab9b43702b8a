"""sweep: the splits, trainings and scores of GridSearchCV, many networks at a time."""

import threading
import warnings
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

import sklearn.neural_network as theirs
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV, ParameterSampler, RepeatedKFold
from sklearn.preprocessing import scale

from pages import text_of
from pellucid import MLPClassifier, MLPRegressor, sweep
from pellucid.errors import OptionError

# What a refit says, and theirs.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

GRID = {"hidden_layer_sizes": [(5,), (7, 3)], "alpha": [1e-4, 1.0]}


@pytest.fixture(scope="module")
def iris() -> Any:
    X, y = load_iris(return_X_y=True)
    return scale(X), np.array(["setosa", "versicolor", "virginica"])[y]


def grid_search(estimator: Any, grid: Any, X: Any, y: Any, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return GridSearchCV(estimator, grid, **options).fit(X, y)


@pytest.mark.parametrize("n_jobs", [1, 2, None])
@pytest.mark.parametrize("options", [{}, {"early_stopping": True}, {"solver": "lbfgs"}], ids=str)
def test_scores_are_those_of_a_grid_search(iris: Any, options: dict[str, Any], n_jobs: int | None) -> None:
    X, y = iris
    options = {"max_iter": 20, "random_state": 0, **options}
    if "early_stopping" in options:
        # Before 1.9 scikit-learn's own cannot score the rows it holds out where the classes have names.
        y = np.unique(y, return_inverse=True)[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = sweep(MLPClassifier(**options), GRID, X, y, cv=3, n_jobs=n_jobs)
    expected = grid_search(theirs.MLPClassifier(**options), GRID, X, y, cv=3)
    splits = np.array([expected.cv_results_[f"split{k}_test_score"] for k in range(3)]).T
    np.testing.assert_allclose([trial.scores for trial in found.trials], splits, rtol=1e-12)
    assert [trial.parameters for trial in found.trials] == expected.cv_results_["params"]
    assert found.best_params_ == expected.best_params_
    assert found.best_score_ == pytest.approx(expected.best_score_)
    np.testing.assert_array_equal(found.best_estimator_.predict(X), expected.predict(X))


def test_numbers_weights_and_a_splitter_of_ones_own() -> None:
    X, y = load_diabetes(return_X_y=True)
    X, y = scale(X), scale(y)
    weights = np.random.RandomState(0).uniform(0.5, 2, len(y))
    cv = RepeatedKFold(n_splits=2, n_repeats=2, random_state=0)
    options = {"max_iter": 15, "random_state": 0, "solver": "sgd", "learning_rate_init": 0.05}
    grid = {"hidden_layer_sizes": [4, 9]}
    found = sweep(MLPRegressor(**options), grid, X, y, cv=cv, refit=False)
    expected = grid_search(theirs.MLPRegressor(**options), grid, X, y, cv=cv, refit=False)
    np.testing.assert_allclose(
        [trial.score for trial in found.trials], expected.cv_results_["mean_test_score"], rtol=1e-9
    )
    assert found.best_estimator_ is None
    weighted = sweep(MLPRegressor(**options), grid, X, y, weights, cv=cv, refit=False)
    one = MLPRegressor(hidden_layer_sizes=4, **options)
    train, test = next(cv.split(X))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one.fit(X[train], y[train], weights[train])
    score = one.score(X[test], y[test], weights[test])
    assert weighted.trials[0].scores[0] == pytest.approx(score, rel=1e-9)


def test_another_score_and_class_weights(iris: Any) -> None:
    X, y = iris
    options = {"max_iter": 60, "random_state": 0}
    grid = {"hidden_layer_sizes": [(5,)]}
    found = sweep(MLPClassifier(**options), grid, X, y, cv=3, scoring="neg_log_loss", refit=False)
    expected = grid_search(theirs.MLPClassifier(**options), grid, X, y, cv=3, scoring="neg_log_loss")
    assert found.best_score_ == pytest.approx(expected.best_score_, rel=1e-9)
    weighted = {**options, "class_weight": {"setosa": 5.0}}
    one, other = (
        sweep(MLPClassifier(**each), grid, X, y, cv=3, refit=False).trials[0].scores
        for each in (options, weighted)
    )
    ours = grid_search(MLPClassifier(**weighted), grid, X, y, cv=3)
    assert one != other
    assert other == tuple(ours.cv_results_[f"split{k}_test_score"][0] for k in range(3))


def test_settings_may_be_drawn(iris: Any) -> None:
    X, y = iris
    drawn = ParameterSampler({"alpha": [0.1, 0.2, 0.3, 0.4]}, 3, random_state=0)
    found = sweep(MLPClassifier(max_iter=2), drawn, X, y, cv=2, refit=False)
    assert [trial.parameters for trial in found.trials] == [*drawn]


def test_a_table_is_encoded_anew_for_every_split() -> None:
    pandas = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    colours = rng.choice(["red", "green", "blue"], 90)
    table = pandas.DataFrame({"colour": colours, "x": rng.randn(90)})
    y = (colours == "red") ^ (table["x"].to_numpy() > 1.5)
    found = sweep(
        MLPClassifier(encode=True, max_iter=60, learning_rate_init=0.05, random_state=0),
        {"hidden_layer_sizes": [(8,)]},
        table,
        y,
        cv=3,
    )
    assert found.best_score_ > 0.8
    assert found.best_estimator_.predict(table).shape == (90,)


def test_the_networks_train_side_by_side(iris: Any) -> None:
    X, y = iris
    together, before = threading.Barrier(2, timeout=30), threading.active_count()

    def meet(event: Any) -> None:
        # Nobody passes alone.
        if event.epoch == 0:
            together.wait()

    found = sweep(
        MLPClassifier(max_iter=2, callbacks=[meet]),
        {"alpha": [0.1, 0.2]},
        X,
        y,
        cv=2,
        n_jobs=2,
        refit=False,
    )
    assert all(np.isfinite(trial.score) for trial in found.trials)
    assert threading.active_count() == before


def test_a_setting_that_fails_is_told_and_the_others_are_scored(iris: Any) -> None:
    X, y = iris
    found = sweep(
        MLPClassifier(max_iter=3, solver="sgd"), {"learning_rate_init": [1e200, 0.1]}, X * 1e100, y, cv=2
    )
    assert np.isnan(found.trials[0].score)
    assert "non-finite" in found.trials[0].failed
    assert found.ranked[-1] is found.trials[0] or np.isnan(found.trials[1].score)


def test_all_failing_is_said() -> None:
    X, y = np.full((20, 2), 1e200), np.arange(20.0)
    found = sweep(MLPRegressor(max_iter=3), {"alpha": [0.1]}, X, y, cv=2)
    assert found.best_estimator_ is None
    with pytest.raises(OptionError, match=r"^no setting could be scored: Solver produced non-finite"):
        _ = found.best


def test_ctrl_c_keeps_what_was_scored(iris: Any) -> None:
    X, y = iris
    import _thread

    seen: list[int] = []

    def interrupt(event: Any) -> None:
        seen.append(event.epoch)
        if len(seen) == 300:
            _thread.interrupt_main()

    found = sweep(
        MLPClassifier(max_iter=100, n_iter_no_change=np.inf, callbacks=[interrupt]),
        {"alpha": [*np.linspace(0.1, 1, 40)]},
        X,
        y,
        cv=2,
        n_jobs=1,
        refit=False,
    )
    assert found.interrupted
    assert np.isfinite(found.trials[0].score)
    assert found.trials[-1].failed == "interrupted"
    assert len(seen) < 2000


def test_the_table_for_people(iris: Any) -> None:
    X, y = iris
    found = sweep(MLPClassifier(max_iter=2), {"alpha": [*np.linspace(0.1, 1, 22)]}, X, y, cv=2, refit=False)
    lines = str(found).splitlines()
    assert lines[0].split() == ["score", "spread", "epochs", "seconds", "parameters"]
    assert len(lines) == 22
    assert lines[-1] == "and 2 more"
    html = found._repr_html_()
    assert text_of(html).startswith("alphascorespreadepochsseconds")
    assert (html.count("<tr>"), html.count("font-weight:bold")) == (21, 5)
    assert "more settings: 2" in text_of(html)
    assert repr(found).startswith(f"Sweep(22 settings, best {found.best_score_:.4f}: alpha=")
    assert len(repr(found)) < 100


def test_a_sweep_shows_what_failed(iris: Any) -> None:
    X, y = iris
    found = sweep(MLPClassifier(max_iter=2), {"alpha": [-1.0]}, X, y, cv=2, refit=False)
    assert repr(found) == "Sweep(1 settings, none could be scored)"
    assert "alpha" in text_of(found._repr_html_())
    assert found.trials[0].failed[:80] in text_of(found._repr_html_())
    assert "bold" not in found._repr_html_()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"parameters": {}}, None),
        (
            {"parameters": {"alphas": [1]}},
            "'alphas' is no parameter of MLPClassifier; expected some of activation",
        ),
        ({"parameters": iter(())}, "there is no setting to try"),
        ({"n_jobs": 0}, "n_jobs is 0; expected an integer"),
        ({"n_jobs": 1.5}, "n_jobs is 1.5; expected"),
        ({"estimator": theirs.MLPClassifier()}, "sweep is given a MLPClassifier; expected Pellucid's"),
    ],
)
def test_what_cannot_be_swept(iris: Any, arguments: dict[str, Any], sentence: str | None) -> None:
    X, y = iris
    given = {"estimator": MLPClassifier(max_iter=1), "parameters": {"alpha": [0.1]}, "cv": 2, **arguments}
    if sentence is None:
        # No names: the estimator as it is.
        assert len(sweep(X=X, y=y, **given).trials) == 1
        return
    with pytest.raises(OptionError, match=f"^{sentence}"):
        sweep(X=X, y=y, **given)
