"""Baselines: always the same, and scikit-learn's linear models on the same columns."""

import numpy as np
import pytest

from pellucid.report.baselines import constant_baseline, linear_baseline
from pellucid.report.scores import CLASS_SCORES, NUMBER_SCORES
from table_models import levelled_table, priced_table, trained


@pytest.mark.parametrize("K", [2, 3])
def test_the_most_frequent_class(K: int) -> None:
    loaded, model = trained(levelled_table(K=K), "level", epochs=1)
    Y = loaded.train.Y
    assert Y is not None
    answers = model.evaluate(loaded.test)
    found = constant_baseline(Y, answers, model.classes)
    counts = np.bincount(loaded.train.labels)
    most = counts.argmax()
    assert found.name == f"always {model.classes[most]}"
    assert CLASS_SCORES["accuracy"].of(found.answers) == np.mean(answers.labels == most)
    assert CLASS_SCORES["roc_auc"].of(found.answers) == 0.5
    shares = counts / counts.sum()
    assert CLASS_SCORES["log_loss"].of(found.answers) == pytest.approx(
        -np.log(shares[answers.labels]).mean()
    )


def test_the_mean() -> None:
    loaded, model = trained(priced_table(), "price", epochs=1)
    Y = loaded.train.Y
    assert Y is not None
    answers = model.evaluate(loaded.test)
    found = constant_baseline(Y, answers)
    assert found.name == "always the mean"
    mean = float(Y.mean())
    assert NUMBER_SCORES["mae"].of(found.answers) == pytest.approx(np.abs(answers.targets - mean).mean())
    assert (NUMBER_SCORES["r2"].of(found.answers) or 0) <= 0


@pytest.mark.parametrize("K", [2, 3])
def test_logistic_regression_on_the_columns(K: int) -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    loaded, model = trained(levelled_table(K=K), "level", epochs=1)
    Y = loaded.train.Y
    assert Y is not None
    answers = model.evaluate(loaded.test)
    arguments = (loaded.train_table, Y, loaded.recipe, loaded.test_table, answers)
    found = linear_baseline(*arguments)
    assert found.name == "logistic regression"
    plain = [i for i, name in enumerate(loaded.recipe.input_names) if " from " not in name]
    assert len(plain) < loaded.recipe.n_x
    fitted = linear.LogisticRegression(tol=1e-9, max_iter=5000).fit(
        loaded.recipe.columns(loaded.train_table)[plain].T, loaded.train.labels
    )
    expected = fitted.predict_proba(loaded.recipe.columns(loaded.test_table)[plain].T)
    np.testing.assert_allclose(found.answers.probabilities, expected, atol=2e-3)
    assert (CLASS_SCORES["accuracy"].of(found.answers) or 0) > 0.7


def test_ridge_regression_on_the_columns() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    loaded, model = trained(priced_table(), "price", epochs=1)
    Y = loaded.train.Y
    assert Y is not None
    answers = model.evaluate(loaded.test)
    found = linear_baseline(loaded.train_table, Y, loaded.recipe, loaded.test_table, answers)
    plain = [i for i, name in enumerate(loaded.recipe.input_names) if " from " not in name]
    fitted = linear.Ridge(1.0).fit(loaded.recipe.columns(loaded.train_table)[plain].T, Y[0])
    expected = fitted.predict(loaded.recipe.columns(loaded.test_table)[plain].T)
    np.testing.assert_allclose(found.answers.predicted[0], expected, rtol=1e-6)
    assert (NUMBER_SCORES["r2"].of(found.answers) or 0) > 0.99


def test_large_tables_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("_MOST_ROWS", 40), ("_AT_A_TIME", 7)):
        monkeypatch.setattr(f"pellucid.report.baselines.{name}", value)
    loaded, model = trained(priced_table(), "price", epochs=1)
    Y = loaded.train.Y
    assert Y is not None
    answers = model.evaluate(loaded.test)
    arguments = (loaded.train_table, Y, loaded.recipe, loaded.test_table, answers)
    found, again = linear_baseline(*arguments), linear_baseline(*arguments)
    other = linear_baseline(*arguments, seed=1)
    np.testing.assert_array_equal(found.answers.predicted, again.answers.predicted)
    assert (found.answers.predicted != other.answers.predicted).all()
    assert (NUMBER_SCORES["r2"].of(found.answers) or 0) > 0.95
