"""What a report counts, in NumPy alone: scikit-learn has the same figures, and takes a second to import."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Integers = np.ndarray[Any, Any]
Floats = np.ndarray[Any, Any]

# Ranges of probability that a calibration is counted in.
_BINS = 10
_FIGURES = "ROC AUC, average precision and calibration"


def accuracy(labels: Integers, predicted: Integers, weights: Floats | None = None) -> float:
    """The share of examples whose predicted class is the true one.

    Args:
        labels: (m,) true class indices; or (K, m) truth values, all of which have to be right.
        predicted: the same of the predictions.
        weights: (m,), how much each example counts; None: all the same.
    """
    right = labels == predicted
    return float(np.average(right if right.ndim == 1 else right.all(axis=0), weights=weights))


def r2_score(targets: Floats, predicted: Floats, weights: Floats | None = None) -> float:
    """The share of the variance that is predicted: 1 - squared errors / squares around the mean.

    Args:
        targets: (n_y, m) true numbers.
        predicted: (n_y, m) predicted numbers.
        weights: (m,), how much each example counts; None: all the same.

    Returns:
        The mean over the outputs. As scikit-learn has it, an output that never varies counts 1 where it is
        predicted exactly, else 0; of a single example NaN, which has no variance.
    """
    if targets.shape[1] < 2:
        return math.nan
    targets, predicted = targets.astype(np.float64, copy=False), predicted.astype(np.float64, copy=False)
    center = np.average(targets, axis=1, weights=weights)[:, None]
    errors = np.average((targets - predicted) ** 2, axis=1, weights=weights)
    squares = np.average((targets - center) ** 2, axis=1, weights=weights)
    shares = 1 - errors / np.where(squares > 0, squares, 1)
    return float(np.mean(np.where(squares > 0, shares, errors == 0)))


def confusion_matrix(labels: Integers, predicted: Integers, n_classes: int) -> Integers:
    """How often each class was taken for each: (n_classes, n_classes), rows true, columns predicted.

    Args:
        labels: (m,) true class indices.
        predicted: (m,) predicted class indices.
        n_classes: how many classes there are.
    """
    counts = np.zeros((n_classes, n_classes), np.int64)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def mean_absolute_error(targets: Floats, predicted: Floats) -> float:
    """How far predictions are off on average, in the targets' units.

    Args:
        targets: (n_y, m) true numbers.
        predicted: (n_y, m) predicted numbers.
    """
    return float(np.mean(np.abs(np.subtract(targets, predicted, dtype=np.float64))))


def root_mean_squared_error(targets: Floats, predicted: Floats) -> float:
    """The same with large errors weighing more: the root of the mean square.

    Args:
        targets: (n_y, m) true numbers.
        predicted: (n_y, m) predicted numbers.

    Returns:
        As scikit-learn has it, the mean over the outputs of each one's root.
    """
    # Squares of single precision would be infinite from 2e19 on.
    errors = np.subtract(targets, predicted, dtype=np.float64)
    squares = np.mean(errors**2, axis=1)
    return float(np.mean(np.sqrt(squares)))


@dataclass(frozen=True, eq=False)
class Calibration:
    """What came true of what was predicted, in ten equal ranges of probability; empty ranges are left out.

    Attributes:
        predicted: (k,) the mean probability that was given in each range.
        observed: (k,) the share of it that came true.
        counts: (k,) how many examples the range holds.
        ranges: (k, 2) where it begins and ends.
    """

    predicted: Floats
    observed: Floats
    counts: Integers
    ranges: Floats

    def __repr__(self) -> str:
        return f"Calibration(off by {self.error:.4f} on average, {self.counts.sum()} examples)"

    @property
    def error(self) -> float:
        """The expected calibration error: how far the two are apart, over the examples."""
        return float(np.average(np.abs(self.predicted - self.observed), weights=self.counts))

    def to_dicts(self) -> list[dict[str, float]]:
        """One plain value for each range, as JSON has them."""
        columns = (*self.ranges.T, self.predicted, self.observed, self.counts)
        names = ("from", "to", "predicted", "observed", "examples")
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [dict(zip(names, row, strict=True)) for row in rows]


@dataclass(frozen=True, eq=False)
class ClassFigures:
    """What the probabilities of classes are worth, whatever threshold is drawn through them.

    For two classes the second is the positive one. For more, each is told from the rest, and the mean over
    the classes is given ("one-vs-rest, macro" in scikit-learn).

    Attributes:
        roc_auc: the chance that a positive example is given a higher probability than a negative one.
        average_precision: the area under precision over recall.
        calibration: of the positive class; for more than two classes, of the class that was predicted.
        notes: a line for each figure that is None, which says why.
    """

    roc_auc: float | None = None
    average_precision: float | None = None
    calibration: Calibration | None = None
    notes: tuple[str, ...] = ()


def class_figures(labels: Integers, probabilities: Floats, classes: Sequence[str]) -> ClassFigures:
    """The figures of probabilities on labelled examples; where one is not defined, a note says why.

    Args:
        labels: (m,) true class indices.
        probabilities: (m, K), a column per class.
        classes: the K names.
    """
    if not np.all(np.isfinite(probabilities)):
        return ClassFigures(notes=(f"{_FIGURES} are not defined: some probabilities are no numbers",))
    calibration = calibration_of(labels, probabilities)
    missing = [name for k, name in enumerate(classes) if not np.any(labels == k)]
    if missing:
        more = f", nor of {len(missing) - 1} other classes" if len(missing) > 1 else ""
        why = f"none of the {len(labels)} examples is of the class {missing[0]}{more}"
        note = f"ROC AUC and average precision are not defined: {why}"
        return ClassFigures(calibration=calibration, notes=(note,))
    return ClassFigures(
        roc_auc(labels, probabilities), average_precision(labels, probabilities), calibration
    )


def roc_auc(labels: Integers, probabilities: Floats) -> float | None:
    """The chance that a positive example is given a higher probability than a negative one.

    Args:
        labels: (m,) true class indices.
        probabilities: (m, K): for two classes those of the second count; for more, each class is told from
            the rest and the mean is taken ("one-vs-rest, macro" in scikit-learn).

    Returns:
        From 0 to 1; None where a class has no example, or a probability is no number.
    """
    areas = []
    for true, scores in _told_apart(labels, probabilities):
        false_positive, true_positive = roc_curve(true, scores)
        areas.append(np.trapezoid(true_positive, false_positive))
    return float(np.mean(areas)) if areas else None


def average_precision(labels: Integers, probabilities: Floats) -> float | None:
    """The area under precision over recall, summed in steps. Arguments and result as of `roc_auc`."""
    areas = []
    for true, scores in _told_apart(labels, probabilities):
        recall, precision = precision_recall_curve(true, scores)
        areas.append(-np.sum(np.diff(recall) * precision[:-1]))
    return float(np.mean(areas)) if areas else None


def log_loss(labels: Integers, probabilities: Floats) -> float:
    """-log of the probability that was given to the true class, on average, in nats.

    Args:
        labels: (m,) true class indices.
        probabilities: (m, K), a column per class.

    Returns:
        As scikit-learn has it, with probabilities of at least the float's epsilon: never infinite.
    """
    return float(np.mean(log_losses(labels, probabilities)))


def log_losses(labels: Integers, probabilities: Floats) -> Floats:
    """(m,): the loss of each example; see `log_loss`."""
    given = probabilities[np.arange(len(labels)), labels]
    least = np.finfo(given.dtype).eps
    return -np.log(np.clip(given.astype(np.float64), least, 1.0))


def balanced_accuracy(confusion: Integers) -> Any:
    """The mean over the classes of the share of their examples that were predicted right.

    Args:
        confusion: (..., K, K), rows true, columns predicted; one matrix or several.

    Returns:
        (...): classes without an example do not count, as in scikit-learn.
    """
    right, there = _right(confusion), confusion.sum(axis=-1)
    shares = np.where(there > 0, right / np.where(there > 0, there, 1), 0.0)
    return shares.sum(axis=-1) / np.maximum(1, np.count_nonzero(there, axis=-1))


def f1_score(confusion: Integers) -> Any:
    """2 right / (true + predicted): of the second class of two, else the mean over the classes.

    Args:
        confusion: (..., K, K), rows true, columns predicted; one matrix or several.

    Returns:
        (...): a class that is neither true nor predicted anywhere counts 0 of two classes, and does not
        count among more, as in scikit-learn.
    """
    right = _right(confusion)
    either = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    shares = np.where(either > 0, 2 * right / np.where(either > 0, either, 1), 0.0)
    if confusion.shape[-1] == 2:
        return shares[..., 1]
    return shares.sum(axis=-1) / np.maximum(1, np.count_nonzero(either, axis=-1))


def _right(confusion: Integers) -> Integers:
    return np.diagonal(confusion, axis1=-2, axis2=-1)


def calibration_of(labels: Integers, probabilities: Floats) -> Calibration:
    """Whether what is given seventy per cent comes true in seven of ten cases.

    Args:
        labels: (m,) true class indices.
        probabilities: (m, K): for two classes those of the second are judged, for more those of the
            class that was predicted.
    """
    if probabilities.shape[1] == 2:
        came_true, scores = labels == 1, probabilities[:, 1]
    else:
        came_true, scores = labels == probabilities.argmax(axis=1), probabilities.max(axis=1)
    # Rounding may lead above 1.
    scores = np.clip(np.asarray(scores, np.float64), 0.0, 1.0)
    edges = np.linspace(0.0, 1.0, _BINS + 1)
    places = np.searchsorted(edges[1:-1], scores)
    counts = np.bincount(places, minlength=_BINS)
    there = counts > 0
    sums = [np.bincount(places, values, _BINS)[there] for values in (scores, came_true)]
    predicted, observed = (total / counts[there] for total in sums)
    return Calibration(predicted, observed, counts[there], np.stack([edges[:-1], edges[1:]], axis=1)[there])


def roc_curve(true: Integers, scores: Floats) -> tuple[Floats, Floats]:
    """Two arrays of one length: false and true positive rates, of every threshold where the curve bends.

    Args:
        true: (m,) whether each example is positive; some have to be, and some not.
        scores: (m,) probabilities of that.
    """
    hits, taken, _ = positives_above(true, scores)
    missed = taken - hits
    # Points within a straight line draw nothing; on large data they are most.
    bends = np.ones(len(hits), np.bool_)
    bends[1:-1] = (np.diff(hits, 2) != 0) | (np.diff(missed, 2) != 0)
    hits, missed = hits[bends], missed[bends]
    return np.append(0.0, missed / missed[-1]), np.append(0.0, hits / hits[-1])


def precision_recall_curve(true: Integers, scores: Floats) -> tuple[Floats, Floats]:
    """Two arrays of one length: the recall and the precision of every threshold, from the lowest on.

    Args:
        true: (m,) whether each example is positive; some have to be.
        scores: (m,) probabilities of that.

    Returns:
        Both end, as in scikit-learn, with a recall of 0 and a precision of 1.
    """
    hits, taken, _ = positives_above(true, scores)
    return np.append((hits / hits[-1])[::-1], 0.0), np.append((hits / taken)[::-1], 1.0)


def positives_above(true: Integers, scores: Floats) -> tuple[Integers, Integers, Floats]:
    """What every threshold takes for positive, from the highest of the k different scores to the lowest.

    Args:
        true: (m,) whether each example is positive.
        scores: (m,) probabilities of that.

    Returns:
        (k,) how many of the examples at or above the threshold are positive; (k,) how many there are; and
        (k,) the thresholds.
    """
    order = np.argsort(-scores, kind="stable")
    scores = scores[order]
    ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    return np.cumsum(true[order])[ends], ends + 1, scores[ends]


def _told_apart(labels: Integers, probabilities: Floats) -> list[tuple[Integers, Floats]]:
    """Truth and probability of each class that is told from the rest; none where that is not defined."""
    K = probabilities.shape[1]
    pairs = [(labels == k, probabilities[:, k]) for k in (range(1, 2) if K == 2 else range(K))]
    defined = np.all(np.isfinite(probabilities)) and all(np.any(labels == k) for k in range(K))
    return pairs if defined else []
