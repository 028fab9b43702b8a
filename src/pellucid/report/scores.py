"""The scores that a model can be judged by, each by name: of classes, and of numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pellucid import metrics
from pellucid.errors import OptionError
from pellucid.files.reading import shown
from pellucid.model import Evaluation, NumberEvaluation

Answers = Evaluation | NumberEvaluation


@dataclass(frozen=True)
class Score:
    """A number that says how good answers are.

    Attributes:
        name: in options and in JSON.
        label: for people.
        of: the score of an evaluation; None where it is not defined.
        greater_is_better: whether the best model has the highest.
        in_units: whether it is in the units of the target.
    """

    name: str
    label: str
    of: Callable[[Any], float | None]
    greater_is_better: bool = True
    in_units: bool = False

    def worse_by(self, reference: float, value: float) -> float:
        """How much worse a value is than the reference, in the score's units; below 0: it is better."""
        return reference - value if self.greater_is_better else value - reference


def _of_probabilities(figure: Callable[[Any, Any], float | None]) -> Callable[[Evaluation], float | None]:
    return lambda found: figure(found.labels, found.probabilities)


def _of_confusion(figure: Callable[[Any], Any]) -> Callable[[Evaluation], float | None]:
    return lambda found: float(figure(found.confusion))


def _of_numbers(figure: Callable[[Any, Any], float]) -> Callable[[NumberEvaluation], float | None]:
    return lambda found: figure(found.targets, found.predicted)


CLASS_SCORES: Mapping[str, Score] = {
    score.name: score
    for score in (
        Score("accuracy", "accuracy", lambda found: found.accuracy),
        Score("balanced_accuracy", "balanced accuracy", _of_confusion(metrics.balanced_accuracy)),
        Score("f1", "F1", _of_confusion(metrics.f1_score)),
        Score("roc_auc", "ROC AUC", _of_probabilities(metrics.roc_auc)),
        Score("average_precision", "average precision", _of_probabilities(metrics.average_precision)),
        Score("log_loss", "log loss", _of_probabilities(metrics.log_loss), greater_is_better=False),
    )
}
NUMBER_SCORES: Mapping[str, Score] = {
    score.name: score
    for score in (
        Score("r2", "R^2", lambda found: found.r2),
        Score("mae", "mean absolute error", _of_numbers(metrics.mean_absolute_error), False, True),
        Score("rmse", "root mean square error", _of_numbers(metrics.root_mean_squared_error), False, True),
    )
}


def scores_for(classes: Sequence[str]) -> Mapping[str, Score]:
    """The scores of a task, by name.

    Args:
        classes: of the model; empty for a regression.
    """
    return CLASS_SCORES if classes else NUMBER_SCORES


def score_named(name: str | None, classes: Sequence[str]) -> Score:
    """The score that a model is judged by first.

    Args:
        name: of the score; None: the ROC area of two classes, the accuracy of more, R^2 of numbers.
        classes: of the model; empty for a regression.

    Raises:
        OptionError: there is no such score for the task; the message lists those there are.
    """
    known = scores_for(classes)
    if name is None:
        return known["r2" if not classes else "roc_auc" if len(classes) == 2 else "accuracy"]
    if name not in known:
        task = "classification" if classes else "regression"
        raise OptionError(
            f"unknown metric {shown(repr(name), 40)} for a {task}; expected one of {', '.join(known)}"
        )
    return known[name]


def main_scores(metric: Score, classes: Sequence[str]) -> tuple[Score, ...]:
    """The few scores that are shown side by side: the main one first.

    Args:
        metric: the main one.
        classes: of the model; empty for a regression.
    """
    usual = ("accuracy", "roc_auc", "log_loss") if classes else ("r2", "mae", "rmse")
    known = scores_for(classes)
    return tuple(dict.fromkeys((metric, *(known[name] for name in usual))))
