"""What a report counts. Sums are written here; scikit-learn's import takes a second.

The curves of probabilistic classifiers (ROC, precision-recall, calibration) are scikit-learn's, loaded
late, when a report needs them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.errors import MissingPackageError

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
        predicted exactly, else 0.
    """
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
    return float(np.mean(np.abs(targets - predicted), dtype=np.float64))


def root_mean_squared_error(targets: Floats, predicted: Floats) -> float:
    """The same with large errors weighing more: the root of the mean square.

    Args:
        targets: (n_y, m) true numbers.
        predicted: (n_y, m) predicted numbers.

    Returns:
        As scikit-learn has it, the mean over the outputs of each one's root.
    """
    squares = np.mean(np.square(targets - predicted), axis=1, dtype=np.float64)
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
    try:
        _need_sklearn()
    except MissingPackageError as error:
        return ClassFigures(notes=(str(error),))
    calibration = calibration_of(labels, probabilities)
    missing = [name for k, name in enumerate(classes) if not np.any(labels == k)]
    if missing:
        more = f", nor of {len(missing) - 1} other classes" if len(missing) > 1 else ""
        why = f"none of the {len(labels)} examples is of the class {missing[0]}{more}"
        note = f"ROC AUC and average precision are not defined: {why}"
        return ClassFigures(calibration=calibration, notes=(note,))
    import sklearn.metrics as scored

    told = range(1, 2) if len(classes) == 2 else range(len(classes))
    pairs = [(labels == k, probabilities[:, k]) for k in told]
    return ClassFigures(
        float(np.mean([scored.roc_auc_score(true, scores) for true, scores in pairs])),
        float(np.mean([scored.average_precision_score(true, scores) for true, scores in pairs])),
        calibration,
    )


def calibration_of(labels: Integers, probabilities: Floats) -> Calibration:
    """Whether what is given seventy per cent comes true in seven of ten cases.

    Args:
        labels: (m,) true class indices.
        probabilities: (m, K): for two classes those of the second are judged, for more those of the
            class that was predicted.

    Raises:
        MissingPackageError: scikit-learn is not installed.
    """
    _need_sklearn()
    from sklearn.calibration import calibration_curve

    if probabilities.shape[1] == 2:
        came_true, scores = labels == 1, probabilities[:, 1]
    else:
        came_true, scores = labels == probabilities.argmax(axis=1), probabilities.max(axis=1)
    # Rounding may lead above 1, which scikit-learn refuses.
    scores = np.clip(np.asarray(scores, np.float64), 0.0, 1.0)
    observed, predicted = calibration_curve(came_true, scores, n_bins=_BINS, pos_label=True)
    edges = np.linspace(0.0, 1.0, _BINS + 1)
    counts = np.bincount(np.searchsorted(edges[1:-1], scores), minlength=_BINS)
    there = counts > 0
    ranges = np.stack([edges[:-1], edges[1:]], axis=1)
    return Calibration(predicted, observed, counts[there], ranges[there])


def roc_curve(true: Integers, scores: Floats) -> tuple[Floats, Floats]:
    """Two arrays of one length: the false positive rate and the true positive rate of every threshold.

    Args:
        true: (m,) whether each example is positive; some have to be, and some not.
        scores: (m,) probabilities of that.

    Raises:
        MissingPackageError: scikit-learn is not installed.
    """
    _need_sklearn()
    from sklearn.metrics import roc_curve as curve

    false_positive, true_positive, _ = curve(true, scores)
    return false_positive, true_positive


def precision_recall_curve(true: Integers, scores: Floats) -> tuple[Floats, Floats]:
    """Two arrays of one length: the recall and the precision of every threshold.

    Args:
        true: (m,) whether each example is positive; some have to be.
        scores: (m,) probabilities of that.

    Raises:
        MissingPackageError: scikit-learn is not installed.
    """
    _need_sklearn()
    from sklearn.metrics import precision_recall_curve as curve

    precision, recall, _ = curve(true, scores)
    return recall, precision


def _need_sklearn() -> None:
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise MissingPackageError(f"counting {_FIGURES}", "scikit-learn", "sklearn") from None
