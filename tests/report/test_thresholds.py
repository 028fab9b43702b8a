"""Thresholds: each row is scikit-learn's, and the best is better than any other."""

import numpy as np
import pytest

from answers import classified, of_scores
from pellucid.report.thresholds import AT, thresholds_of


def test_each_row_is_that_of_scikit_learn() -> None:
    scored = pytest.importorskip("sklearn.metrics")
    answers = classified(300, strength=0.7)
    found = thresholds_of(answers.labels, answers.probabilities)
    assert found is not None
    assert [row.threshold for row in found.rows] == list(AT)
    scores = answers.probabilities[:, 1]
    for row in (*found.rows, found.best):
        taken = scores >= row.threshold
        precision, recall, f1, _ = scored.precision_recall_fscore_support(
            answers.labels, taken, average="binary", zero_division=0
        )
        assert row[1:] == pytest.approx((precision, recall, f1, taken.mean()))
    every = [scored.f1_score(answers.labels, scores >= score) for score in scores]
    assert found.best.f1 == pytest.approx(max(every))


def test_where_nothing_is_taken_for_positive_there_is_no_precision() -> None:
    found = thresholds_of(*_parts([0, 1, 0], [0.1, 0.4, 0.3]))
    assert found is not None
    assert found.rows[-1] == (0.95, None, 0.0, 0.0, 0.0)
    assert found.best[1:] == (1.0, 1.0, 1.0, 1 / 3)
    assert found.best.threshold == pytest.approx(0.35)


def test_one_class_only() -> None:
    only = thresholds_of(*_parts([1, 1], [0.6, 0.9]))
    assert only is not None
    assert only.best == (pytest.approx(0.3), 1.0, 1.0, 1.0, 1.0)
    none = thresholds_of(*_parts([0, 0], [0.6, 0.9]))
    assert none is not None
    assert (none.rows[5].recall, none.rows[5].f1, none.best.f1) == (None, 0.0, 0.0)


def test_only_two_classes_have_thresholds() -> None:
    answers = classified(30, 3)
    assert thresholds_of(answers.labels, answers.probabilities) is None
    assert thresholds_of(np.zeros(0, int), np.zeros((0, 2))) is None
    with np.errstate(invalid="ignore"):
        assert thresholds_of(*_parts([0, 1], [np.nan, 0.9])) is None


def _parts(labels: list[int], scores: list[float]) -> tuple[np.ndarray, np.ndarray]:
    answers = of_scores(labels, scores)
    return answers.labels, answers.probabilities
