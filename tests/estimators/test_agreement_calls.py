"""Ours and theirs in other uses than one fit: streams, warm starts, sparse rows, several outputs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

import sklearn.neural_network as theirs
from scipy import sparse

import pellucid as ours

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

Agree = Callable[..., None]
STREAMS: list[dict[str, Any]] = [
    {},
    {"solver": "sgd", "learning_rate_init": 0.05},
    {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.1},
    {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.1, "tol": 1.0},
    {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.05},
    {"batch_size": 7, "activation": "logistic"},
    {"shuffle": False, "batch_size": 16},
    {"n_iter_no_change": 1, "tol": 1.0},
]


def pair(name: str, **parameters: Any) -> tuple[Any, Any]:
    parameters = {"random_state": 0, "max_iter": 15, "hidden_layer_sizes": (12, 6), **parameters}
    return getattr(ours, name)(**parameters), getattr(theirs, name)(**parameters)


def words(setting: dict[str, Any]) -> str:
    return ",".join(f"{name}={value}" for name, value in setting.items()) or "defaults"


@pytest.mark.parametrize("setting", STREAMS, ids=words)
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
def test_a_stream_of_classes(setting: Any, weighted: bool, iris: Any, agree: Agree) -> None:
    X, y = iris
    weights = np.random.RandomState(1).uniform(0.5, 2, len(y))
    for start in range(0, 150, 40):
        some = slice(start, start + 40)
        if start == 0:
            mine, other = pair("MLPClassifier", **setting)
        for estimator in (mine, other):
            given = weights[some] if weighted else None
            estimator.partial_fit(X[some], y[some], sample_weight=given, classes=[0, 1, 2])
        agree(mine, other, X)


@pytest.mark.parametrize("setting", STREAMS, ids=words)
def test_a_stream_of_numbers(setting: Any, diabetes: Any, agree: Agree) -> None:
    X, y = diabetes
    mine, other = pair("MLPRegressor", loss="poisson", **{**setting, "learning_rate_init": 1e-3})
    for start in range(0, 400, 90):
        for estimator in (mine, other):
            estimator.partial_fit(X[start : start + 90], y[start : start + 90])
    agree(mine, other, X)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_a_fit_that_a_stream_continues(solver: str, cancer: Any, agree: Agree) -> None:
    X, y = cancer
    mine, other = pair("MLPClassifier", solver=solver, learning_rate_init=0.01)
    for estimator in (mine, other):
        estimator.fit(X[:300], y[:300])
        for start in (300, 350, 400):
            estimator.partial_fit(X[start : start + 50], y[start : start + 50])
    agree(mine, other, X)


@pytest.mark.parametrize("setting", [*STREAMS, {"solver": "lbfgs"}], ids=words)
def test_three_warm_starts(setting: Any, iris: Any, agree: Agree) -> None:
    X, y = iris
    mine, other = pair("MLPClassifier", warm_start=True, **setting)
    for rows in (slice(0, 120), slice(None), slice(30, None)):
        for estimator in (mine, other):
            estimator.fit(X[rows], y[rows])
        agree(mine, other, X)


def test_warm_starts_of_numbers(diabetes: Any, agree: Agree) -> None:
    X, y = diabetes
    mine, other = pair("MLPRegressor", warm_start=True, learning_rate_init=0.01)
    for _ in range(3):
        for estimator in (mine, other):
            estimator.fit(X, y)
    agree(mine, other, X)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_single_precision(solver: str, iris: Any, agree: Agree) -> None:
    X, y = iris
    X = X.astype(np.float32)
    mine, other = pair("MLPClassifier", solver=solver, learning_rate_init=0.01)
    mine.fit(X, y), other.fit(X, y)
    assert mine.coefs_[0].dtype == mine.predict_proba(X).dtype == np.float32
    # SciPy gives theirs back in float64.
    other.coefs_ = [coef.astype(np.float32) for coef in other.coefs_]
    other.intercepts_ = [intercept.astype(np.float32) for intercept in other.intercepts_]
    agree(mine, other, X, tolerance=1e-3, floor=1e-3)


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_matrix, sparse.coo_array, sparse.lil_array])
@pytest.mark.parametrize("setting", [{}, {"solver": "lbfgs"}, {"early_stopping": True}], ids=words)
def test_sparse_rows(make: Any, setting: Any, iris: Any, agree: Agree) -> None:
    X, y = iris
    X = make(np.where(np.abs(X) < 0.7, 0, X))
    mine, other = pair("MLPClassifier", activation="tanh", **setting)
    agree(mine.fit(X, y), other.fit(X, y), X)


@pytest.mark.parametrize(
    "setting", [{}, {"solver": "lbfgs"}, {"early_stopping": True}, {"solver": "sgd"}], ids=words
)
def test_several_labels_a_row(setting: Any, labelled: Any, agree: Agree) -> None:
    X, Y = labelled
    mine, other = pair("MLPClassifier", **setting)
    agree(mine.fit(X, Y), other.fit(X, Y), X)
    assert mine.score(X, Y) == other.score(X, Y)


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_several_numbers(loss: str, solver: str, diabetes: Any, agree: Agree) -> None:
    X, y = diabetes
    Y = np.column_stack([y, np.sqrt(y), X[:, 0] ** 2])
    mine, other = pair("MLPRegressor", loss=loss, solver=solver, learning_rate_init=1e-3)
    agree(mine.fit(X, Y), other.fit(X, Y), X)


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_weights_with_early_stopping(name: str, cancer: Any, agree: Agree) -> None:
    X, y = cancer
    weights = np.random.RandomState(3).uniform(0, 3, len(y))
    setting = {"early_stopping": True, "n_iter_no_change": 2, "max_iter": 60, "learning_rate_init": 0.01}
    mine, other = pair(name, **setting)
    agree(mine.fit(X, y, weights), other.fit(X, y, weights), X)


@pytest.mark.parametrize("setting", [{}, {"early_stopping": True}, {"solver": "lbfgs"}], ids=words)
def test_a_shared_stream_ends_where_theirs_does(setting: Any, iris: Any, agree: Agree) -> None:
    X, y = iris
    mine, other = pair("MLPClassifier", activation="tanh", **setting)
    streams = np.random.RandomState(5), np.random.RandomState(5)
    for estimator, stream in zip((mine, other), streams, strict=True):
        estimator.set_params(random_state=stream).fit(X, y).fit(X, y)
    agree(mine, other, X)
    assert streams[0].randint(2**31) == streams[1].randint(2**31)


@pytest.mark.parametrize("activation", ["relu", "logistic", "tanh", "identity"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_without_hidden_layers(activation: str, solver: str, cancer: Any, agree: Agree) -> None:
    X, y = cancer
    mine, other = pair("MLPClassifier", hidden_layer_sizes=(), activation=activation, solver=solver)
    agree(mine.fit(X, y), other.fit(X, y), X)


def test_names_of_classes_and_columns_of_targets(iris: Any, agree: Agree) -> None:
    X, y = iris
    mine, other = pair("MLPClassifier")
    for named in (np.array(["c", "a", "b"])[y], y.astype(float), np.array([7, -2, 3])[y]):
        agree(mine.fit(X, named), other.fit(X, named), X)


def test_probabilities_that_vanish(iris: Any, agree: Agree) -> None:
    # Their loss takes no probability for less than the precision of its type: L-BFGS sees it in its search.
    X, y = iris
    X = np.where(np.abs(X) < 0.7, 0, X)
    mine, other = pair("MLPClassifier", solver="lbfgs", max_iter=3)
    agree(mine.fit(X, y), other.fit(X, y), X)
