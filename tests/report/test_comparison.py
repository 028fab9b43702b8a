"""Two models on the same rows: DeLong's paired test by its definition, and bootstraps of the others."""

import numpy as np
import pytest

from answers import classified, evaluation, measured, of_scores
from pellucid.model import Evaluation, NumberEvaluation
from pellucid.report.comparison import compared
from pellucid.report.intervals import Z
from pellucid.report.scores import CLASS_SCORES, NUMBER_SCORES


def other(m: int, K: int, strength: float) -> tuple[Evaluation, Evaluation]:
    """The answers of two models that err on the same rows."""
    ours = classified(m, K)
    noise = np.random.default_rng(7).normal(size=(m, K))
    return ours, evaluation(ours.labels, np.log(ours.probabilities) + strength * noise)


def test_the_areas_are_compared_as_delong_has_it() -> None:
    ours, theirs = other(120, 2, 0.7)
    true = ours.labels == 1
    placements = []
    for found in (ours, theirs):
        scores = found.probabilities[:, 1]
        wins = (scores[true][:, None] > scores[~true]) + 0.5 * (scores[true][:, None] == scores[~true])
        placements.append((wins.mean(axis=1), wins.mean(axis=0)))
    of_true, of_false = (np.cov(placements[0][side], placements[1][side]) for side in (0, 1))
    covariance = of_true / true.sum() + of_false / (~true).sum()
    error = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    difference = placements[0][0].mean() - placements[1][0].mean()
    found = compared(CLASS_SCORES["roc_auc"], ours, theirs)
    assert found is not None
    assert found.better_by == pytest.approx(difference)
    assert found.interval == pytest.approx((difference - Z * error, difference + Z * error))


@pytest.mark.parametrize("name", ["accuracy", "log_loss", "roc_auc"])
@pytest.mark.parametrize("K", [2, 3])
def test_classes_are_compared_as_a_bootstrap_would(name: str, K: int) -> None:
    ours, theirs = other(500, K, 0.5)
    score, rng = CLASS_SCORES[name], np.random.default_rng(0)
    drawn = []
    for _ in range(400):
        rows = rng.integers(0, 500, 500)
        values = [
            score.of(Evaluation(a.labels[rows], a.predicted[rows], a.probabilities[rows], 0.0))
            for a in (ours, theirs)
        ]
        drawn.append(score.worse_by(values[0] or 0, values[1] or 0))
    found = compared(score, ours, theirs)
    assert found is not None
    assert (found.interval.high - found.interval.low) / 2 == pytest.approx(Z * np.std(drawn), rel=0.15)
    assert found.better_by == pytest.approx(np.mean(drawn), abs=np.std(drawn) / 5)


@pytest.mark.parametrize("name", NUMBER_SCORES)
def test_numbers_are_compared_as_a_bootstrap_would(name: str) -> None:
    ours = measured(400)
    rng = np.random.default_rng(1)
    theirs = NumberEvaluation(ours.targets, ours.predicted + rng.normal(size=(1, 400)), 0.0)
    score, drawn = NUMBER_SCORES[name], []
    for _ in range(500):
        rows = rng.integers(0, 400, 400)
        parts = [NumberEvaluation(a.targets[:, rows], a.predicted[:, rows], 0.0) for a in (ours, theirs)]
        values = [score.of(part) or 0.0 for part in parts]
        drawn.append(score.worse_by(values[0], values[1]))
    found = compared(score, ours, theirs)
    assert found is not None
    assert found.better_by > 0
    assert not found.may_be_chance
    assert (found.interval.high - found.interval.low) / 2 == pytest.approx(Z * np.std(drawn), rel=0.15)


def test_a_model_is_not_told_from_itself() -> None:
    answers = classified(50)
    assert compared(CLASS_SCORES["accuracy"], answers, answers) is None


def test_as_many_wrong_answers_in_other_places_may_be_chance() -> None:
    ours, theirs = (
        of_scores([0, 1, 0, 1], [0.9, 0.9, 0.1, 0.8]),
        of_scores([0, 1, 0, 1], [0.2, 0.3, 0.1, 0.8]),
    )
    found = compared(CLASS_SCORES["accuracy"], ours, theirs)
    assert found is not None
    assert found.better_by == 0
    assert found.may_be_chance
    assert found.interval.high == -found.interval.low > 0


def test_what_is_not_compared() -> None:
    answers, one = classified(50), of_scores([1], [0.5])
    assert compared(CLASS_SCORES["f1"], answers, answers) is None
    assert compared(CLASS_SCORES["accuracy"], one, one) is None
    only = of_scores([1, 1], [0.5, 0.6])
    assert compared(CLASS_SCORES["roc_auc"], only, only) is None
    few = of_scores([1, 0, 0], [0.5, 0.6, 0.7])
    assert compared(CLASS_SCORES["roc_auc"], few, few) is None
    constant = NumberEvaluation(np.ones((1, 3)), np.zeros((1, 3)), 0.0)
    assert compared(NUMBER_SCORES["r2"], constant, constant) is None
