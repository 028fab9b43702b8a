"""What becomes of two classes at other thresholds than one half."""

from typing import Any, NamedTuple

import numpy as np

from pellucid.metrics import positives_above

Floats = np.ndarray[Any, Any]

AT = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


class Threshold(NamedTuple):
    """What is right when examples of at least this probability are taken for positive.

    Attributes:
        threshold: the probability.
        precision: the share of the positive answers that are right; None: there are none.
        recall: the share of the positive examples that are found; None: there are none.
        f1: 2 right / (true + predicted), 0 where both are none.
        predicted_positive: the share of all examples that are taken for positive.
    """

    threshold: float
    precision: float | None
    recall: float | None
    f1: float
    predicted_positive: float


class Thresholds(NamedTuple):
    """Some thresholds, and the best one.

    Attributes:
        rows: thresholds in increasing order.
        best: the one with the highest F1 on these very examples, which flatters it a little.
    """

    rows: tuple[Threshold, ...]
    best: Threshold


def thresholds_of(labels: Floats, probabilities: Floats) -> Thresholds | None:
    """The table of thresholds of two classes; the second is the positive one.

    Args:
        labels: (m,) true class indices, 0 and 1.
        probabilities: (m, 2), a column per class.

    Returns:
        None for more than two classes, or without examples.
    """
    if probabilities.shape[1] != 2 or not len(labels) or not np.all(np.isfinite(probabilities)):
        return None
    true, scores = labels == 1, probabilities[:, 1].astype(np.float64)
    hits, taken, levels = positives_above(true, scores)
    # Between two scores, so that a rounded threshold says the same.
    between = (levels + np.append(levels[1:], 0.0)) / 2
    best = int(np.argmax(2 * hits / (taken + true.sum())))
    rows = (_at(threshold, true, scores) for threshold in AT)
    return Thresholds(tuple(rows), _at(float(between[best]), true, scores))


def _at(threshold: float, true: Floats, scores: Floats) -> Threshold:
    taken = scores >= threshold
    right, positive, predicted = (int(np.sum(x)) for x in (true & taken, true, taken))
    return Threshold(
        threshold,
        right / predicted if predicted else None,
        right / positive if positive else None,
        2 * right / (positive + predicted) if positive + predicted else 0.0,
        predicted / len(true),
    )
