"""Intervals: SciPy's where it has them, DeLong's by its definition, and how often they hold the truth."""

from typing import Any

import numpy as np
import pytest

from answers import classified, evaluation, measured, of_scores
from pellucid.metrics import roc_auc
from pellucid.model import Evaluation, NumberEvaluation
from pellucid.report.intervals import (
    Z,
    auc_error,
    auc_interval,
    bootstrap,
    interval_of,
    wilson_interval,
)
from pellucid.report.scores import CLASS_SCORES, NUMBER_SCORES


@pytest.mark.parametrize(("right", "m"), [(0, 1), (1, 1), (0, 30), (30, 30), (17, 20), (1234, 5000)])
def test_wilsons_interval_is_that_of_scipy(right: int, m: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    expected = stats.binomtest(right, m).proportion_ci(0.95, "wilson")
    found = wilson_interval(np.array(right / m), np.array(m))
    assert found == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= found[0] <= right / m <= found[1] <= 1


def by_definition(labels: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    """DeLong, DeLong and Clarke-Pearson's estimate, pair by pair."""
    positive, negative = scores[labels == 1], scores[labels == 0]
    wins = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    variance = np.var(wins.mean(axis=1), ddof=1) / len(positive)
    variance += np.var(wins.mean(axis=0), ddof=1) / len(negative)
    return float(wins.mean()), float(np.sqrt(variance))


@pytest.mark.parametrize("digits", [1, 8])
def test_the_error_of_the_area_is_delongs(digits: int) -> None:
    found = classified(80)
    rounded = found.probabilities.round(digits)
    area, error = by_definition(found.labels, rounded[:, 1])
    assert auc_error(found.labels, rounded) == pytest.approx((area, error))
    assert area == pytest.approx(roc_auc(found.labels, rounded))
    interval = auc_interval(found.labels, rounded)
    assert interval is not None
    logits = [np.log(a / (1 - a)) for a in (interval.low, area, interval.high)]
    assert np.diff(logits) == pytest.approx(np.full(2, Z * error / (area * (1 - area))))


def test_the_error_of_the_mean_area_of_several_classes_is_about_that_of_a_bootstrap() -> None:
    found = classified(600, 3, strength=1.0)
    area, error = auc_error(found.labels, found.probabilities) or (0.0, 0.0)
    assert area == pytest.approx(roc_auc(found.labels, found.probabilities))
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(400):
        rows = np.concatenate(
            [rng.choice(np.flatnonzero(found.labels == k), sum(found.labels == k)) for k in range(3)]
        )
        drawn.append(roc_auc(found.labels[rows], found.probabilities[rows]))
    assert error == pytest.approx(np.std(drawn), rel=0.12)


@pytest.mark.parametrize(
    ("labels", "scores", "expected"),
    [
        # Perfect, and wrong throughout: not of no width.
        ([0, 0, 0, 1, 1], [0.1, 0.2, 0.3, 0.6, 0.9], (0.34238, 1.0)),
        ([1, 1, 0, 0], [0.1, 0.2, 0.6, 0.9], (0.0, 0.65762)),
        # Always the same.
        ([1, 1, 0, 0], [0.7, 0.7, 0.7, 0.7], (0.5, 0.5)),
        # A class with one example, or none, has no variance.
        ([1, 0, 0, 0], [0.7, 0.2, 0.1, 0.9], None),
        ([0, 0], [0.7, 0.2], None),
    ],
)
def test_areas_at_the_edge(labels: list[int], scores: list[float], expected: Any) -> None:
    found = interval_of(CLASS_SCORES["roc_auc"], of_scores(labels, scores))
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-5))


@pytest.mark.parametrize("name", ["accuracy", "roc_auc", "log_loss", "f1", "balanced_accuracy"])
def test_nineteen_of_twenty_intervals_hold_the_truth(name: str) -> None:
    score = CLASS_SCORES[name]
    truth = score.of(classified(200_000, seed=99))
    assert truth is not None
    held = 0
    for seed in range(120):
        low, high = interval_of(score, classified(150, seed=seed)) or (1, 0)
        held += low <= truth <= high
    assert held / 120 == pytest.approx(0.95, abs=0.05)


@pytest.mark.parametrize("name", ["r2", "mae", "rmse"])
@pytest.mark.parametrize("m", [60, 5000])
def test_the_bootstrap_of_numbers_is_that_of_scipy(name: str, m: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    found, score = measured(m), NUMBER_SCORES[name]

    def statistic(true: np.ndarray, predicted: np.ndarray) -> Any:
        return score.of(NumberEvaluation(true[None], predicted[None], 0.0))

    expected = stats.bootstrap(
        (found.targets[0], found.predicted[0]),
        statistic,
        n_resamples=2000,
        paired=True,
        vectorized=False,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    low, high = interval_of(score, found) or (0, 0)
    width = expected.high - expected.low
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=0.12 * width)
    assert interval_of(score, found) == (low, high)
    assert interval_of(score, found, seed=1) != (low, high)


def test_average_precision_has_a_bootstrap_too() -> None:
    found, score = classified(300), CLASS_SCORES["average_precision"]
    rng = np.random.default_rng(0)
    draws = (rng.integers(0, 300, 300) for _ in range(500))
    replicates = [
        score.of(Evaluation(found.labels[rows], found.predicted[rows], found.probabilities[rows], 0.0))
        for rows in draws
    ]
    expected = np.quantile([float(value or 0) for value in replicates], [0.025, 0.975])
    assert interval_of(score, found) == pytest.approx(tuple(expected), abs=0.015)
    assert interval_of(score, classified(300, 3)) is None
    assert interval_of(score, of_scores([0, 0, 0], [0.1, 0.2, 0.3])) is None


def test_several_numbers_have_the_interval_of_their_mean_score() -> None:
    found = measured(200, 3)
    for score in NUMBER_SCORES.values():
        low, high = interval_of(score, found) or (1, 0)
        assert low < (score.of(found) or 0) < high


def test_ten_classes_have_all_intervals_but_one() -> None:
    found = classified(500, 10)
    intervals = {name: interval_of(score, found) for name, score in CLASS_SCORES.items()}
    assert intervals.pop("average_precision") is None
    for name, interval in intervals.items():
        assert interval is not None
        assert interval.low < (CLASS_SCORES[name].of(found) or 0) < interval.high


def test_perfect_answers_and_few_rows() -> None:
    perfect = evaluation(np.arange(40) % 2, 40 * np.eye(2)[np.arange(40) % 2])
    assert interval_of(CLASS_SCORES["accuracy"], perfect) == pytest.approx((0.9124, 1.0), abs=1e-4)
    assert interval_of(CLASS_SCORES["f1"], perfect) is None
    numbers = NumberEvaluation(np.array([[1.0, 3.0]]), np.array([[1.0, 3.0]]), 0.0)
    assert interval_of(NUMBER_SCORES["r2"], numbers) is None
    assert interval_of(NUMBER_SCORES["mae"], numbers) is None
    constant = NumberEvaluation(np.full((1, 5), 0.1), np.full((1, 5), 0.2), 0.0)
    assert interval_of(NUMBER_SCORES["r2"], constant) is None
    one = NumberEvaluation(np.ones((1, 1)), np.ones((1, 1)), 0.0)
    assert interval_of(NUMBER_SCORES["rmse"], one) is None
    assert interval_of(CLASS_SCORES["accuracy"], of_scores([1], [0.7])) is None


def test_answers_that_are_no_numbers_have_no_interval() -> None:
    with np.errstate(invalid="ignore"):
        broken = of_scores([0, 1, 0, 1], [0.1, np.nan, 0.2, 0.9])
    assert [interval_of(score, broken) for score in CLASS_SCORES.values()] == [None] * 6
    numbers = NumberEvaluation(np.ones((1, 3)), np.array([[1.0, np.inf, 2.0]]), 0.0)
    assert [interval_of(score, numbers) for score in NUMBER_SCORES.values()] == [None] * 3


def test_sums_of_groups_vary_as_sums_of_rows_do() -> None:
    # In order: neighbours in one group would make the groups differ more than the rows.
    values = np.sort(np.random.default_rng(0).exponential(size=(6001, 1)), axis=0)
    means = bootstrap(values, lambda sums: sums[:, 0] / sums[:, 1], 0)
    assert means.shape == (1000,)
    assert np.mean(means) == pytest.approx(values.mean(), abs=2e-3)
    assert np.std(means) == pytest.approx(values.std() / np.sqrt(6001), rel=0.1)
