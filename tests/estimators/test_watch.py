"""Validation: rows of one's own, the curve of their loss, the best weights. Issues are scikit-learn's."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.metrics import accuracy_score, log_loss, mean_squared_error, r2_score

from pellucid import MLPClassifier, MLPRegressor
from pellucid.errors import OptionError
from pellucid.estimators.watch import accuracy, accuracy_of_one, r2

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def classifier(**parameters: Any) -> MLPClassifier:
    return MLPClassifier(
        **{"hidden_layer_sizes": (30,), "random_state": 0, "learning_rate_init": 0.02, **parameters}
    )


def noisy(m: int = 160) -> tuple[np.ndarray, ...]:
    """Rows that a network learns by heart, and others that it then gets wrong."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2 * m, 10))
    y = (X[:, 0] + rng.normal(size=2 * m) > 0).astype(int)
    return X[:m], y[:m], X[m:], y[m:]


def test_a_validation_set_of_ones_own() -> None:
    """Issues 18748 and 18507: rows that are not trained on are handed in, and their loss is noted."""
    X, y, X_val, y_val = noisy()
    found = classifier(max_iter=60).fit(X, y, X_val=X_val, y_val=y_val)
    plain = classifier(max_iter=60).fit(X, y)
    np.testing.assert_array_equal(found.coefs_[0], plain.coefs_[0])
    assert plain.validation_loss_curve_ is None
    assert len(found.validation_loss_curve_) == len(found.validation_scores_) == found.n_iter_
    last = found.predict_proba(X_val)
    assert found.validation_loss_curve_[-1] == pytest.approx(log_loss(y_val, last), rel=1e-9)
    assert found.validation_scores_[-1] == found.score(X_val, y_val)
    # Overfitted: the losses part.
    assert found.loss_curve_[-1] == min(found.loss_curve_)
    assert found.validation_loss_curve_[-1] > 1.2 * min(found.validation_loss_curve_)


def test_the_loss_of_the_split_is_noted_too(cancer: Any) -> None:
    """Issue 18507."""
    found = classifier(early_stopping=True).fit(*cancer)
    assert len(found.validation_loss_curve_) == len(found.validation_scores_) == found.n_iter_
    assert all(np.isfinite(found.validation_loss_curve_))


def test_penalties_dropout_and_smoothing_are_no_part_of_it() -> None:
    X, y, X_val, y_val = noisy()
    setting = {"alpha": 5.0, "l1": 1.0, "dropout": 0.5, "label_smoothing": 0.1, "max_iter": 20}
    found = classifier(**setting).fit(X, y, X_val=X_val, y_val=y_val)
    last = found.predict_proba(X_val)
    assert found.validation_loss_curve_[-1] == pytest.approx(log_loss(y_val, last), rel=1e-9)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_numbers_to_validate_on(solver: str, diabetes: Any) -> None:
    X, y = diabetes
    Y = np.column_stack([y, y**2 / 20])
    found = MLPRegressor(hidden_layer_sizes=(8,), random_state=0, max_iter=30, solver=solver)
    found.fit(X[:300], Y[:300], X_val=X[300:], y_val=Y[300:])
    last = found.predict(X[300:])
    assert found.validation_loss_curve_[-1] == pytest.approx(mean_squared_error(Y[300:], last) / 2)
    assert found.validation_scores_[-1] == pytest.approx(r2_score(Y[300:], last))


@pytest.mark.parametrize("monitor", ["score", "loss"])
def test_early_stopping_restores_the_best_weights(monitor: str) -> None:
    X, y, X_val, y_val = noisy()
    found = classifier(early_stopping=True, monitor=monitor, max_iter=300)
    found.fit(X, y, X_val=X_val, y_val=y_val)
    assert found.n_iter_ < 300
    probabilities = found.predict_proba(X_val)
    if monitor == "loss":
        assert log_loss(y_val, probabilities) == pytest.approx(min(found.validation_loss_curve_))
        # The epoch of the lowest loss, and n_iter_no_change + 1 more that brought no tol.
        assert found.n_iter_ - int(np.argmin(found.validation_loss_curve_)) >= 11
    else:
        assert found.score(X_val, y_val) == max(found.validation_scores_)
        assert found.best_validation_score_ == max(found.validation_scores_)


def test_the_best_weights_without_early_stopping() -> None:
    X, y, X_val, y_val = noisy()
    best = classifier(restore_best=True, max_iter=80).fit(X, y, X_val=X_val, y_val=y_val)
    last = classifier(max_iter=80).fit(X, y, X_val=X_val, y_val=y_val)
    assert best.n_iter_ == last.n_iter_ == 80
    assert best.validation_loss_curve_ == last.validation_loss_curve_
    lowest = min(best.validation_loss_curve_)
    assert log_loss(y_val, best.predict_proba(X_val)) == pytest.approx(lowest, rel=1e-9)
    assert log_loss(y_val, last.predict_proba(X_val)) > 1.2 * lowest


def test_the_best_weights_of_lbfgs() -> None:
    X, y, X_val, y_val = noisy()
    found = classifier(solver="lbfgs", restore_best=True, max_iter=60).fit(X, y, X_val=X_val, y_val=y_val)
    lowest = min(found.validation_loss_curve_)
    assert lowest < found.validation_loss_curve_[-1]
    assert log_loss(y_val, found.predict_proba(X_val)) == pytest.approx(lowest, rel=1e-9)


def test_what_needs_validation_rows_asks_for_them(cancer: Any) -> None:
    with pytest.raises(ValueError, match=r"restore_best.*X_val"):
        classifier(restore_best=True).fit(*cancer)


def test_a_warm_start_goes_back_to_the_best_of_all() -> None:
    X, y, X_val, y_val = noisy()
    found = classifier(early_stopping=True, monitor="loss", warm_start=True)
    found.fit(X, y, X_val=X_val, y_val=y_val)
    lowest = min(found.validation_loss_curve_)
    found.set_params(n_iter_no_change=3).fit(X, y, X_val=X_val, y_val=y_val)
    lowest = min(lowest, *found.validation_loss_curve_)
    assert log_loss(y_val, found.predict_proba(X_val)) == pytest.approx(lowest, rel=1e-9)


@pytest.mark.parametrize("monitor", ["score", "loss"])
def test_a_stream_stops_early(monitor: str) -> None:
    """Issue 25694: partial_fit with early stopping, on rows of one's own."""
    X, y, X_val, y_val = noisy()
    stream = classifier(early_stopping=True, monitor=monitor, n_iter_no_change=5)
    calls = 0
    while not getattr(stream, "stopped_", False):
        stream.partial_fit(X, y, classes=[0, 1], X_val=X_val, y_val=y_val)
        calls += 1
        assert calls < 500
    assert len(stream.validation_scores_) == calls
    if monitor == "loss":
        lowest = min(stream.validation_loss_curve_)
        assert log_loss(y_val, stream.predict_proba(X_val)) == pytest.approx(lowest, rel=1e-9)
    else:
        assert stream.score(X_val, y_val) == max(stream.validation_scores_)
    weights = stream.coefs_[0].copy()
    stream.partial_fit(X, y, X_val=X_val, y_val=y_val)
    np.testing.assert_array_equal(stream.coefs_[0], weights)
    assert len(stream.validation_scores_) == calls
    stream.fit(X, y, X_val=X_val, y_val=y_val)
    assert not stream.stopped_


def test_a_stream_that_stops_early_needs_validation_rows(cancer: Any) -> None:
    X, y = cancer
    with pytest.raises(ValueError, match="early_stopping=True without a validation set: expected X_val"):
        classifier(early_stopping=True).partial_fit(X, y, classes=[0, 1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_val": None}, "one of X_val and y_val is given without the other"),
        ({"X_val": None}, "one of X_val and y_val is given without the other"),
        ({"X_val": np.ones((160, 3))}, "X_val, y_val: X has 3 features, but MLPClassifier is expecting 10"),
        ({"y_val": np.ones(4)}, "X_val, y_val: Found input variables with inconsistent numbers of samples"),
        ({"y_val": np.full(160, 7)}, r"X_val, y_val: `y` has classes not in .* 'y' has \[7\]"),
        ({"X_val": np.full((160, 10), np.nan)}, "X_val, y_val: Input X contains NaN"),
        ({"X_val": np.ones((0, 10)), "y_val": np.ones(0)}, "X_val, y_val: Found array with 0 sample"),
    ],
    ids=["no y", "no X", "columns", "rows", "classes", "NaN", "none"],
)
def test_validation_rows_that_are_refused(change: dict[str, Any], message: str) -> None:
    X, y, X_val, y_val = noisy()
    with pytest.raises(ValueError, match=message):
        classifier().fit(X, y, **{"X_val": X_val, "y_val": y_val, **change})


@pytest.mark.parametrize("columns", [1, 3])
def test_validation_targets_with_other_columns_are_refused(columns: int, diabetes: Any) -> None:
    X, y = diabetes
    y_val = y if columns == 1 else np.column_stack([y] * columns)
    with pytest.raises(ValueError, match=r"X_val, y_val: .*2"):
        MLPRegressor().fit(X, np.column_stack([y, y]), X_val=X, y_val=y_val)


def test_a_split_that_is_too_small(iris: Any) -> None:
    X, y = iris
    with pytest.raises(ValueError, match="The validation set is too small"):
        MLPRegressor(early_stopping=True).fit(X[:9], y[:9])
    with pytest.raises(OptionError, match=r"validation_fraction is 1\.0; expected"):
        MLPRegressor(early_stopping=True, validation_fraction=1.0).fit(X, y)


def test_the_scores_are_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    w = rng.uniform(0.1, 2, 50)
    Y, answers = rng.normal(size=(2, 50, 3))
    Y[:, 2] = 4.0
    for weights in (None, w):
        expected = r2_score(Y, answers, sample_weight=weights)
        assert r2(answers, Y, weights) == pytest.approx(expected)
        labels, guesses = Y > 0, answers > 0.5
        expected = accuracy_score(labels, guesses, sample_weight=weights)
        assert accuracy(answers, labels, weights) == pytest.approx(expected)
        expected = accuracy_score(Y.argmax(1), answers.argmax(1), sample_weight=weights)
        assert accuracy_of_one(answers, np.eye(3)[Y.argmax(1)], weights) == pytest.approx(expected)
    assert r2(Y, Y, None) == r2_score(Y, Y) == 1.0
