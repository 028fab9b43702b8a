"""What is counted, held against scikit-learn's; and what is said where a figure is not defined."""

import sys
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pellucid.metrics import (
    accuracy,
    balanced_accuracy,
    calibration_of,
    class_figures,
    confusion_matrix,
    f1_score,
    log_loss,
    mean_absolute_error,
    positives_above,
    precision_recall_curve,
    r2_score,
    roc_curve,
    root_mean_squared_error,
)

NAMES = ("no", "yes")
SHARES = arrays(np.float64, st.tuples(st.integers(4, 30), st.integers(2, 4)), elements=st.floats(0.01, 1))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1))
def test_counts_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    labels, predicted = np.array(pairs).T
    assert accuracy(labels, predicted) == metrics.accuracy_score(labels, predicted)
    np.testing.assert_array_equal(
        confusion_matrix(labels, predicted, 4), metrics.confusion_matrix(labels, predicted, labels=range(4))
    )


# Numbers whose squares vanish are left out: whether they are 0 depends on the order of the sum.
MODERATE = st.floats(-100, 100).filter(lambda number: number == 0 or abs(number) > 1e-100)


@given(arrays(np.float64, (2, 3, 5), elements=MODERATE))
def test_figures_of_numbers_are_those_of_scikit_learn(numbers: np.ndarray) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    targets, predicted = numbers
    for ours, theirs in (
        (mean_absolute_error, metrics.mean_absolute_error),
        (root_mean_squared_error, metrics.root_mean_squared_error),
        (r2_score, metrics.r2_score),
    ):
        expected = theirs(targets.T, predicted.T)
        assert ours(targets, predicted) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_large_numbers_of_single_precision_have_a_finite_error() -> None:
    targets, predicted = np.float32([[3e28, 1e28]]), np.float32([[1e28, 3e28]])
    assert root_mean_squared_error(targets, predicted) == pytest.approx(2e28)
    assert mean_absolute_error(targets, predicted) == pytest.approx(2e28)


@given(SHARES, st.randoms(use_true_random=False))
def test_figures_of_classes_are_those_of_scikit_learn(shares: np.ndarray, random: Any) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    m, K = shares.shape
    probabilities = shares / shares.sum(axis=1, keepdims=True)
    labels = np.array([random.randrange(K) for _ in range(m)])
    assume(len(np.unique(labels)) == K)
    figures = class_figures(labels, probabilities, "abcd"[:K])
    if K == 2:
        roc_auc = metrics.roc_auc_score(labels, probabilities[:, 1])
        precision = metrics.average_precision_score(labels, probabilities[:, 1])
    else:
        roc_auc = metrics.roc_auc_score(labels, probabilities, multi_class="ovr")
        precision = metrics.average_precision_score(np.eye(K)[labels], probabilities)
    assert figures.roc_auc == pytest.approx(roc_auc)
    assert figures.average_precision == pytest.approx(precision)
    assert figures.notes == ()


def test_a_calibration_counted_by_hand() -> None:
    scores = np.array([0.0, 0.05, 0.2, 0.62, 0.68, 0.65, 0.64, 1.0])
    labels = np.array([0, 0, 1, 1, 0, 1, 1, 1])
    found = calibration_of(labels, np.stack([1 - scores, scores], axis=1))
    np.testing.assert_allclose(found.predicted, [0.025, 0.2, 0.6475, 1.0])
    np.testing.assert_allclose(found.observed, [0.0, 1.0, 0.75, 1.0])
    assert found.counts.tolist() == [2, 1, 4, 1]
    np.testing.assert_allclose(found.ranges, [[0, 0.1], [0.1, 0.2], [0.6, 0.7], [0.9, 1]])
    assert found.error == pytest.approx((2 * 0.025 + 0.8 + 4 * 0.1025 + 0) / 8)


def test_of_many_classes_the_predicted_one_is_calibrated() -> None:
    probabilities = np.array([[0.55, 0.25, 0.2], [0.55, 0.25, 0.2], [0.05, 0.05, 0.9 + 1e-16]])
    found = calibration_of(np.array([0, 1, 2]), probabilities)
    np.testing.assert_allclose(found.predicted, [0.55, 0.9])
    np.testing.assert_allclose(found.observed, [0.5, 1.0])


@pytest.mark.parametrize("label", [0, 1])
def test_with_one_class_the_ranking_is_not_defined(label: int) -> None:
    figures = class_figures(np.full(3, label), np.array([[0.5, 0.5], [0.2, 0.8], [0.9, 0.1]]), NAMES)
    assert (figures.roc_auc, figures.average_precision) == (None, None)
    assert figures.calibration is not None
    assert figures.notes == (
        "ROC AUC and average precision are not defined: none of the 3 examples is of the class "
        f"{NAMES[1 - label]}",
    )


def test_of_many_missing_classes_one_is_named() -> None:
    figures = class_figures(np.zeros(2, int), np.full((2, 4), 0.25), "abcd")
    assert figures.notes[0].endswith("is of the class b, nor of 2 other classes")


def test_what_is_no_number_is_not_ranked() -> None:
    figures = class_figures(np.array([0, 1]), np.array([[0.5, 0.5], [np.nan, np.nan]]), NAMES)
    assert (figures.roc_auc, figures.calibration) == (None, None)
    assert figures.notes == (
        "ROC AUC, average precision and calibration are not defined: some probabilities are no numbers",
    )


def test_scikit_learn_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    labels, probabilities = np.array([0, 1, 1]), np.array([[0.5, 0.5], [0.1, 0.9], [0.6, 0.4]])
    figures = class_figures(labels, probabilities, NAMES)
    assert (figures.roc_auc, figures.notes) == (0.5, ())
    assert figures.calibration is not None


@pytest.mark.parametrize("K", [2, 3, 10])
def test_scores_of_classes_are_those_of_scikit_learn(K: int) -> None:
    scored = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(K)
    labels, predicted = rng.integers(0, K, (2, 60))
    labels[labels == K - 1] = 0
    probabilities = rng.dirichlet(np.ones(K), 60)
    counts = confusion_matrix(labels, predicted, K)
    with warnings.catch_warnings(action="ignore"):
        assert balanced_accuracy(counts) == pytest.approx(scored.balanced_accuracy_score(labels, predicted))
        average = "binary" if K == 2 else "macro"
        assert f1_score(counts) == pytest.approx(scored.f1_score(labels, predicted, average=average))
    expected = scored.log_loss(labels, probabilities, labels=range(K))
    assert log_loss(labels, probabilities) == pytest.approx(expected)
    both = np.stack([counts, counts.T])
    np.testing.assert_allclose(balanced_accuracy(both), [balanced_accuracy(c) for c in both])
    np.testing.assert_allclose(f1_score(both), [f1_score(c) for c in both])


def test_a_probability_of_0_is_no_infinite_loss() -> None:
    for dtype in (np.float32, np.float64):
        loss = log_loss(np.array([0]), np.array([[0, 1]], dtype))
        assert loss == pytest.approx(-np.log(np.finfo(dtype).eps))


def test_the_curves_are_those_of_scikit_learn_with_ties() -> None:
    scored = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(1)
    true, scores = rng.integers(0, 2, 40) == 1, rng.integers(0, 8, 40) / 8
    false_positive, true_positive, _ = scored.roc_curve(true, scores)
    np.testing.assert_allclose(roc_curve(true, scores), [false_positive, true_positive])
    precision, recall, _ = scored.precision_recall_curve(true, scores)
    np.testing.assert_allclose(precision_recall_curve(true, scores), [recall, precision])
    hits, taken, thresholds = positives_above(true, scores)
    assert hits.tolist() == [np.sum(true & (scores >= t)) for t in thresholds]
    assert taken.tolist() == [np.sum(scores >= t) for t in thresholds]


def test_the_calibration_is_that_of_scikit_learn() -> None:
    calibration = pytest.importorskip("sklearn.calibration")
    rng = np.random.default_rng(2)
    scores = rng.random(200)
    labels = (rng.random(200) < scores).astype(int)
    found = calibration_of(labels, np.stack([1 - scores, scores], axis=1))
    observed, predicted = calibration.calibration_curve(labels, scores, n_bins=10)
    np.testing.assert_allclose([found.observed, found.predicted], [observed, predicted])


def test_the_curves_are_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    true, scores = rng.integers(0, 2, 50) == 1, rng.random(50)
    false_positive, true_positive = roc_curve(true, scores)
    assert metrics.auc(false_positive, true_positive) == pytest.approx(metrics.roc_auc_score(true, scores))
    recall, precision = precision_recall_curve(true, scores)
    steps = -np.sum(np.diff(recall) * precision[:-1])
    assert steps == pytest.approx(metrics.average_precision_score(true, scores))


def test_one_example_has_no_variance() -> None:
    assert np.isnan(r2_score(np.array([[3.0]]), np.array([[3.0]])))
