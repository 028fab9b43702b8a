"""Whether one model's score differs from another's on the same rows by more than chance."""

from typing import Any, NamedTuple

import numpy as np

from pellucid.metrics import log_losses
from pellucid.model import Evaluation, NumberEvaluation
from pellucid.report.intervals import Interval, Z, auc_placements
from pellucid.report.scores import Answers, Score

Floats = np.ndarray[Any, Any]


class Comparison(NamedTuple):
    """How much better one model is than another on the same rows.

    Attributes:
        better_by: the difference of the scores, in the score's units; below 0: it is worse.
        interval: the 95 % interval of that.
    """

    better_by: float
    interval: Interval

    @property
    def may_be_chance(self) -> bool:
        """Whether the interval holds 0."""
        return self.interval.low <= 0 <= self.interval.high


def compared(score: Score, ours: Answers, theirs: Answers) -> Comparison | None:
    """How much better `ours` is than `theirs`, row by row, with a 95 % interval.

    It is normal, with the variance of what each row adds to the difference: of the mean of the rows for
    accuracy, log loss and the absolute error; by the delta method for R^2 and the root mean square error;
    that of DeLong, DeLong and Clarke-Pearson (1988) for the ROC area. Two models that err on the same rows
    are told apart by fewer of them than their own intervals suggest.

    Args:
        score: one of `scores_for`.
        ours: a model's answers.
        theirs: another's, to the same examples.

    Returns:
        None for other scores, where one is not defined, with fewer than two examples (of each class, for
        the ROC area), and where no example tells the two apart.
    """
    values = score.of(ours), score.of(theirs)
    added = _added(score.name, ours), _added(score.name, theirs)
    if values[0] is None or values[1] is None or added[0] is None or added[1] is None:
        return None
    difference = added[0] - added[1]
    groups = [difference]
    if score.name == "roc_auc" and isinstance(ours, Evaluation):
        groups = [difference[ours.labels == k] for k in range(ours.probabilities.shape[1])]
    if min(map(len, groups)) < 2 or not np.all(np.isfinite(difference)):
        return None
    error = Z * float(np.sqrt(sum(len(group) * np.var(group, ddof=1) for group in groups)))
    if error == 0:
        return None
    better = score.worse_by(values[0], values[1])
    return Comparison(better, Interval(better - error, better + error))


def _added(name: str, answers: Answers) -> Floats | None:
    """(m,) what each example adds to the score, but for a constant; None: it is no such sum."""
    if isinstance(answers, Evaluation):
        m = len(answers.labels)
        if name == "roc_auc":
            return auc_placements(answers.labels, answers.probabilities)
        if name == "accuracy":
            return np.asarray((answers.labels == answers.predicted) / m)
        return log_losses(answers.labels, answers.probabilities) / m if name == "log_loss" else None
    return _added_of_numbers(name, answers)


def _added_of_numbers(name: str, answers: NumberEvaluation) -> Floats | None:
    targets = np.asarray(answers.targets, np.float64)
    errors = targets - answers.predicted
    squares, m = np.mean(errors**2, axis=1, keepdims=True), targets.shape[1]
    if name == "mae":
        added = np.abs(errors)
    elif name == "rmse":
        added = errors**2 / np.where(squares > 0, 2 * np.sqrt(squares), 1)
    else:
        around = (targets - targets.mean(axis=1, keepdims=True)) ** 2
        variance = around.mean(axis=1, keepdims=True)
        if not np.all(variance > 0):
            return None
        added = squares / variance**2 * around - errors**2 / variance
    return np.asarray(added.mean(axis=0) / m)
