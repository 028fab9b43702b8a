"""The scores by name: each is the figure that scikit-learn has, and an unknown one is refused in a line."""

import numpy as np
import pytest

from answers import classified, measured
from pellucid.errors import OptionError
from pellucid.report.scores import CLASS_SCORES, NUMBER_SCORES, main_scores, score_named


@pytest.mark.parametrize("K", [2, 3, 10])
def test_scores_of_classes_are_those_of_scikit_learn(K: int) -> None:
    scored = pytest.importorskip("sklearn.metrics")
    found = classified(200, K)
    labels, p = found.labels, found.probabilities
    average = "binary" if K == 2 else "macro"
    expected = {
        "accuracy": scored.accuracy_score(labels, found.predicted),
        "balanced_accuracy": scored.balanced_accuracy_score(labels, found.predicted),
        "f1": scored.f1_score(labels, found.predicted, average=average),
        "roc_auc": scored.roc_auc_score(labels, p[:, 1] if K == 2 else p, multi_class="ovr"),
        "average_precision": scored.average_precision_score(
            labels if K == 2 else np.eye(K)[labels], p[:, 1] if K == 2 else p
        ),
        "log_loss": scored.log_loss(labels, p),
    }
    assert {name: score.of(found) for name, score in CLASS_SCORES.items()} == pytest.approx(expected)


def test_scores_of_numbers_are_those_of_scikit_learn() -> None:
    scored = pytest.importorskip("sklearn.metrics")
    found = measured(50)
    true, predicted = found.targets[0], found.predicted[0]
    expected = {
        "r2": scored.r2_score(true, predicted),
        "mae": scored.mean_absolute_error(true, predicted),
        "rmse": scored.root_mean_squared_error(true, predicted),
    }
    assert {name: score.of(found) for name, score in NUMBER_SCORES.items()} == pytest.approx(expected)


def test_each_task_has_its_own_default() -> None:
    assert score_named(None, ()).name == "r2"
    assert score_named(None, "ab").name == "roc_auc"
    assert score_named(None, "abc").name == "accuracy"
    assert [score.name for score in main_scores(score_named("f1", "ab"), "ab")] == [
        *("f1", "accuracy", "roc_auc", "log_loss")
    ]


@pytest.mark.parametrize(
    ("name", "classes", "line"),
    [
        ("r2", "ab", "unknown metric 'r2' for a classification; expected one of accuracy, "
         "balanced_accuracy, f1, roc_auc, average_precision, log_loss"),
        ("auc\n", "", r"unknown metric 'auc\n' for a regression; expected one of r2, mae, rmse"),
    ],
)  # fmt: skip
def test_an_unknown_score_is_refused(name: str, classes: str, line: str) -> None:
    with pytest.raises(OptionError) as refused:
        score_named(name, classes)
    assert str(refused.value) == line


def test_worse_is_lower_or_higher() -> None:
    assert CLASS_SCORES["accuracy"].worse_by(0.75, 0.5) == 0.25
    assert CLASS_SCORES["log_loss"].worse_by(0.5, 0.75) == 0.25
