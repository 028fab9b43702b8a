"""The linear models are scikit-learn's, by another way."""

import numpy as np
import pytest

from pellucid.metrics import log_loss
from pellucid.report.linear import fit_logistic, fit_ridge, probabilities_of


@pytest.mark.parametrize(("n", "m", "n_y"), [(3, 50, 1), (5, 60, 2), (40, 12, 1), (4, 2, 1)])
def test_ridge_is_that_of_scikit_learn(n: int, m: int, n_y: int) -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(n, m)), 100 + rng.normal(size=(n_y, m))
    W, b = fit_ridge(X, Y)
    expected = linear.Ridge(1.0).fit(X.T, Y.T)
    np.testing.assert_allclose(W, expected.coef_.reshape(n_y, n), atol=1e-8)
    np.testing.assert_allclose(b.ravel(), np.ravel(expected.intercept_), rtol=1e-8)


@pytest.mark.parametrize(("K", "strength"), [(2, 1.0), (2, 9.0), (3, 2.0), (10, 3.0)])
def test_logistic_regression_is_that_of_scikit_learn(K: int, strength: float) -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(K)
    X = rng.normal(size=(6, 300))
    labels = (strength * rng.normal(size=(K, 6)) @ X + rng.gumbel(size=(K, 300))).argmax(axis=0)
    # A column that is always 0, and one that repeats another.
    X = np.vstack([X, np.zeros(300), X[0]])
    W, b = fit_logistic(X, labels, K)
    expected = linear.LogisticRegression(tol=1e-10, max_iter=10_000).fit(X.T, labels)
    found = probabilities_of(W, b, X)
    np.testing.assert_allclose(found, expected.predict_proba(X.T), atol=2e-3)
    assert log_loss(labels, found) == pytest.approx(log_loss(labels, expected.predict_proba(X.T)), rel=1e-3)


def test_separable_and_degenerate_data_end() -> None:
    X = np.array([[-1.0, -2.0, 1.0, 2.0]])
    W, b = fit_logistic(X, np.array([0, 0, 1, 1]), 2)
    assert (probabilities_of(W, b, X).argmax(axis=1) == [0, 0, 1, 1]).all()
    # One class only, and one row of each of two.
    for labels in (np.ones(4, int), np.zeros(4, int)):
        W, b = fit_logistic(X, labels, 2)
        assert (probabilities_of(W, b, X).argmax(axis=1) == labels).all()
    W, b = fit_logistic(1e4 * X[:, 1:3], np.array([0, 1]), 2)
    assert np.isfinite(W).all()
    # A class that no row has.
    W, b = fit_logistic(X, np.array([0, 0, 1, 1]), 3)
    assert probabilities_of(W, b, X)[:, 2].max() < 0.05
