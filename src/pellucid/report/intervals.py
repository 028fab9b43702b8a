"""95 % confidence intervals of scores: how far chance alone may move them on other rows of this kind.

They take the model as given: what another training would change, cross-validation shows.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from pellucid.metrics import log_losses, positives_above
from pellucid.model import Evaluation, NumberEvaluation
from pellucid.report.scores import Answers, Score

Floats = np.ndarray[Any, Any]

# Half the width of a 95 % interval of a normal distribution, in standard errors.
Z = 1.959963984540054
_REPLICATES = 1000
# More rows are summed in as many random groups, which are drawn in their place.
_GROUPS = 2000
# Replicates that are drawn at a time.
_AT_A_TIME = 100
# Of a score that has to be counted on all rows of each replicate: at least so many, on huge tables.
_LEAST, _ENTRIES = 200, 4_000_000
_MOST_CLASSES = 100


class Interval(NamedTuple):
    """The limits of a 95 % confidence interval, in the score's units."""

    low: float
    high: float


def interval_of(score: Score, answers: Answers, *, seed: int = 0) -> Interval | None:
    """The 95 % confidence interval of a score of `scores_for`.

    Accuracy has Wilson's (`wilson_interval`), the ROC area DeLong's (`auc_interval`), and the others the
    2.5 and 97.5 % of a bootstrap of 1,000 replicates of the rows (Efron and Tibshirani, 1993). From 2,000
    rows on, sums of random groups of rows are drawn in their place, which has the same mean and variance.

    Args:
        score: one of them.
        answers: a model's, on labelled examples.
        seed: of the bootstrap.

    Returns:
        None where it is not defined: fewer than two examples, the ROC area where a class has fewer than
        two, the average precision of more than two classes; and where a bootstrap tells nothing, since all
        its replicates are the same.
    """
    if isinstance(answers, NumberEvaluation):
        return _of_numbers(score.name, answers, seed)
    m, labels, probabilities = len(answers.labels), answers.labels, answers.probabilities
    if m < 2 or not np.all(np.isfinite(probabilities)):
        return None
    if score.name == "accuracy":
        low, high = wilson_interval(np.asarray(answers.accuracy), np.asarray(m))
        return Interval(float(low), float(high))
    if score.name == "roc_auc":
        return auc_interval(labels, probabilities)
    if score.name == "log_loss":
        losses = log_losses(labels, probabilities)[:, None]
        return _limits(bootstrap(losses, lambda sums: sums[:, 0] / sums[:, 1], seed))
    if score.name == "average_precision":
        return _of_average_precision(answers, seed)
    return _of_confusion(score, answers, seed)


def wilson_interval(shares: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Wilson's 95 % interval of shares among counted examples (Wilson, 1927).

    Args:
        shares: (...) from 0 to 1.
        counts: (...) how many examples each is of.

    Returns:
        `(low, high)`, from 0 to 1, never of no width.
    """
    z2 = Z**2 / counts
    middle = (shares + z2 / 2) / (1 + z2)
    half = Z * np.sqrt(shares * (1 - shares) / counts + z2 / (4 * counts)) / (1 + z2)
    # At the ends rounding would leave the share itself out.
    return np.where(shares == 0, 0.0, middle - half), np.where(shares == 1, 1.0, middle + half)


def auc_interval(labels: Floats, probabilities: Floats) -> Interval | None:
    """The 95 % interval of `metrics.roc_auc`, by the variance of DeLong, DeLong and Clarke-Pearson (1988).

    It is taken on the scale of log(a / (1 - a)), which keeps it between 0 and 1. Where the area is exactly
    1 or 0 the variance says nothing, and Wilson's interval of as many examples as the smallest class has
    stands in its place.

    Args:
        labels: (m,) true class indices.
        probabilities: (m, K), as for `metrics.roc_auc`.

    Returns:
        None if a class has fewer than two examples.
    """
    found = auc_error(labels, probabilities)
    if found is None:
        return None
    area, error = found
    if not 0 < area < 1:
        least = np.min(np.bincount(labels, minlength=probabilities.shape[1]))
        low, high = wilson_interval(np.asarray(area), np.asarray(least))
        return Interval(float(low), float(high))
    middle, half = np.log(area / (1 - area)), Z * error / (area * (1 - area))
    low, high = (1 / (1 + np.exp(-(middle + side * half))) for side in (-1, 1))
    return Interval(float(low), float(high))


def auc_error(labels: Floats, probabilities: Floats) -> tuple[float, float] | None:
    """The ROC area and its standard error by DeLong; for more than two classes those of the mean area.

    Args:
        labels: (m,) true class indices.
        probabilities: (m, K), as for `metrics.roc_auc`.

    Returns:
        `(area, standard error)`; None if a class has fewer than two examples.
    """
    K = probabilities.shape[1]
    added = auc_placements(labels, probabilities)
    if added is None or np.bincount(labels, minlength=K).min() < 2:
        return None
    groups = [added[labels == k] for k in range(K)]
    # Every pair is counted from both of its sides.
    variance = sum(len(group) * np.var(group, ddof=1) for group in groups)
    return float(added.sum()) / 2, float(np.sqrt(variance))


def auc_placements(labels: Floats, probabilities: Floats) -> Floats | None:
    """(m,) what each example adds to twice the ROC area: its placement, by the number of its class.

    The placement of an example is the share of those of the other side that it is on the right side of.
    The variance of a sum of these, taken class by class, is DeLong's of the area; of more than two classes
    that of the mean area of each class against the rest.

    Args:
        labels: (m,) true class indices.
        probabilities: (m, K), as for `metrics.roc_auc`.

    Returns:
        None where a class has no example.
    """
    K = probabilities.shape[1]
    if np.bincount(labels, minlength=K).min() < 1:
        return None
    told = range(1, 2) if K == 2 else range(K)
    added = np.zeros(len(labels))
    for k in told:
        true, scores = labels == k, probabilities[:, k]
        above, below = _placements(scores[true], scores[~true])
        added[true] += above / (len(above) * len(told))
        added[~true] += below / (len(below) * len(told))
    return added


def _placements(positive: Floats, negative: Floats) -> tuple[Floats, Floats]:
    """The share of the negative scores below each positive one, and of positive above each negative."""

    def below(scores: Floats, others: Floats) -> Floats:
        ordered = np.sort(others)
        sides = [np.searchsorted(ordered, scores, side) for side in ("left", "right")]
        return np.asarray((sides[0] + sides[1]) / (2 * len(others)))

    return below(positive, negative), 1 - below(negative, positive)


def bootstrap(values: Floats, statistic: Callable[[Floats], Floats], seed: int) -> Floats:
    """A statistic of 1,000 bootstrap replicates of some rows.

    Args:
        values: (m, q) of each row what is summed.
        statistic: takes the sums of R replicates, (R, q + 1) with the number of rows last, and gives (R,).
        seed: of the draw.

    Returns:
        (1000,)
    """
    rng = np.random.RandomState(seed)
    rows = np.column_stack([np.asarray(values, np.float64), np.ones(len(values))])
    if len(rows) > _GROUPS:
        starts = np.linspace(0, len(rows), _GROUPS, endpoint=False).astype(np.intp)
        rows = np.add.reduceat(rows[rng.permutation(len(rows))], starts)
    found = [statistic(_drawn(rng, len(rows)) @ rows) for _ in range(_REPLICATES // _AT_A_TIME)]
    return np.concatenate(found)


def _drawn(rng: Any, n: int, replicates: int = _AT_A_TIME) -> Floats:
    """(replicates, n) how often each of n rows is in a replicate."""
    drawn = rng.randint(0, n, (replicates, n)) + n * np.arange(replicates)[:, None]
    return np.bincount(drawn.ravel(), minlength=replicates * n).reshape(replicates, n).astype(np.float64)


def _limits(replicates: Floats) -> Interval | None:
    # Where all replicates are the same, as those of perfect answers, they do not tell how rare others are.
    if not np.all(np.isfinite(replicates)) or np.ptp(replicates) == 0:
        return None
    low, high = np.quantile(replicates, [0.025, 0.975])
    return Interval(float(low), float(high))


def _of_numbers(name: str, answers: NumberEvaluation, seed: int) -> Interval | None:
    targets, predicted = np.asarray(answers.targets, np.float64), np.asarray(answers.predicted, np.float64)
    n_y, m = len(targets), targets.shape[1]
    if m < 2:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        errors = targets - predicted
        # Around the mean, so that a mean far from 0 costs no digits.
        around = targets - targets.mean(axis=1, keepdims=True)
        columns = {"mae": [np.abs(errors)], "rmse": [errors**2], "r2": [errors**2, around, around**2]}[name]
        values = np.concatenate(columns).T
        least = 1e-12 * np.mean(around**2, axis=1)

    def statistic(sums: Floats) -> Floats:
        means = (sums[:, :-1] / sums[:, -1:]).reshape(len(sums), -1, n_y)
        if name == "mae":
            return np.asarray(means[:, 0].mean(axis=1))
        if name == "rmse":
            return np.asarray(np.sqrt(means[:, 0]).mean(axis=1))
        errors, variance = means[:, 0], means[:, 2] - means[:, 1] ** 2
        varies = variance > least
        shares = 1 - errors / np.where(varies, variance, 1)
        return np.asarray(np.where(varies, shares, errors == 0).mean(axis=1))

    return _limits(bootstrap(values, statistic, seed)) if np.all(np.isfinite(values)) else None


def _of_confusion(score: Score, answers: Evaluation, seed: int) -> Interval | None:
    """Of a score of the confusion matrix, whose replicates are multinomial."""
    from pellucid.metrics import balanced_accuracy, f1_score

    figure = {"balanced_accuracy": balanced_accuracy, "f1": f1_score}[score.name]
    confusion, m = answers.confusion, len(answers.labels)
    if len(confusion) > _MOST_CLASSES:
        return None
    rng = np.random.RandomState(seed)
    shares = confusion.ravel() / m
    drawn = (rng.multinomial(m, shares, _AT_A_TIME) for _ in range(_REPLICATES // _AT_A_TIME))
    return _limits(np.concatenate([figure(counts.reshape(-1, *confusion.shape)) for counts in drawn]))


def _of_average_precision(answers: Evaluation, seed: int) -> Interval | None:
    if answers.probabilities.shape[1] != 2:
        return None
    true, scores = answers.labels == 1, answers.probabilities[:, 1]
    if not 0 < np.count_nonzero(true) < len(true):
        return None
    rng, m = np.random.RandomState(seed), len(true)
    order = np.argsort(-scores, kind="stable")
    ends = positives_above(true, scores)[1] - 1
    found = []
    for _ in range(int(np.clip(_ENTRIES // m, _LEAST, _REPLICATES))):
        counts = np.bincount(rng.randint(0, m, m), minlength=m)[order]
        taken, hits = np.cumsum(counts)[ends], np.cumsum(counts * true[order])[ends]
        if hits[-1]:
            found.append(np.sum(np.diff(hits, prepend=0) * hits / np.maximum(1, taken)) / hits[-1])
    return _limits(np.array(found))
