"""What is counted, held against scikit-learn's; and what is said where a figure is not defined."""

import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pellucid.errors import MissingPackageError
from pellucid.metrics import (
    accuracy,
    calibration_of,
    class_figures,
    confusion_matrix,
    mean_absolute_error,
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
    pytest.importorskip("sklearn")
    scores = np.array([0.0, 0.05, 0.2, 0.62, 0.68, 0.65, 0.64, 1.0])
    labels = np.array([0, 0, 1, 1, 0, 1, 1, 1])
    found = calibration_of(labels, np.stack([1 - scores, scores], axis=1))
    np.testing.assert_allclose(found.predicted, [0.025, 0.2, 0.6475, 1.0])
    np.testing.assert_allclose(found.observed, [0.0, 1.0, 0.75, 1.0])
    assert found.counts.tolist() == [2, 1, 4, 1]
    np.testing.assert_allclose(found.ranges, [[0, 0.1], [0.1, 0.2], [0.6, 0.7], [0.9, 1]])
    assert found.error == pytest.approx((2 * 0.025 + 0.8 + 4 * 0.1025 + 0) / 8)


def test_of_many_classes_the_predicted_one_is_calibrated() -> None:
    pytest.importorskip("sklearn")
    probabilities = np.array([[0.55, 0.25, 0.2], [0.55, 0.25, 0.2], [0.05, 0.05, 0.9 + 1e-16]])
    found = calibration_of(np.array([0, 1, 2]), probabilities)
    np.testing.assert_allclose(found.predicted, [0.55, 0.9])
    np.testing.assert_allclose(found.observed, [0.5, 1.0])


@pytest.mark.parametrize("label", [0, 1])
def test_with_one_class_the_ranking_is_not_defined(label: int) -> None:
    pytest.importorskip("sklearn")
    figures = class_figures(np.full(3, label), np.array([[0.5, 0.5], [0.2, 0.8], [0.9, 0.1]]), NAMES)
    assert (figures.roc_auc, figures.average_precision) == (None, None)
    assert figures.calibration is not None
    assert figures.notes == (
        "ROC AUC and average precision are not defined: none of the 3 examples is of the class "
        f"{NAMES[1 - label]}",
    )


def test_of_many_missing_classes_one_is_named() -> None:
    pytest.importorskip("sklearn")
    figures = class_figures(np.zeros(2, int), np.full((2, 4), 0.25), "abcd")
    assert figures.notes[0].endswith("is of the class b, nor of 2 other classes")


def test_what_is_no_number_is_not_ranked() -> None:
    figures = class_figures(np.array([0, 1]), np.array([[0.5, 0.5], [np.nan, np.nan]]), NAMES)
    assert (figures.roc_auc, figures.calibration) == (None, None)
    assert figures.notes == (
        "ROC AUC, average precision and calibration are not defined: some probabilities are no numbers",
    )


def test_without_scikit_learn_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    labels, probabilities = np.array([0, 1]), np.array([[0.5, 0.5], [0.1, 0.9]])
    line = (
        "counting ROC AUC, average precision and calibration needs scikit-learn: "
        "pip install 'pellucid[sklearn]'"
    )
    assert class_figures(labels, probabilities, NAMES).notes == (line,)
    for curve in (roc_curve, precision_recall_curve):
        with pytest.raises(MissingPackageError, match="needs scikit-learn"):
            curve(labels == 1, probabilities[:, 1])


def test_the_curves_are_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    true, scores = rng.integers(0, 2, 50) == 1, rng.random(50)
    false_positive, true_positive = roc_curve(true, scores)
    assert metrics.auc(false_positive, true_positive) == pytest.approx(metrics.roc_auc_score(true, scores))
    recall, precision = precision_recall_curve(true, scores)
    steps = -np.sum(np.diff(recall) * precision[:-1])
    assert steps == pytest.approx(metrics.average_precision_score(true, scores))
