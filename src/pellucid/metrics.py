"""What a report counts: two sums, so they are written here; scikit-learn's import takes a second.

The curves of probabilistic classifiers (ROC, precision-recall, calibration) are scikit-learn's, and
belong here, loaded late, when a report needs them.
"""

from typing import Any

import numpy as np

Integers = np.ndarray[Any, Any]
Floats = np.ndarray[Any, Any]


def accuracy(labels: Integers, predicted: Integers) -> float:
    """The share of examples whose predicted class is the true one.

    Args:
        labels: (m,) true class indices.
        predicted: (m,) predicted class indices.
    """
    return float(np.mean(labels == predicted))


def r2_score(targets: Floats, predicted: Floats) -> float:
    """The share of the variance that is predicted: 1 - squared errors / squares around the mean.

    Args:
        targets: (n_y, m) true numbers.
        predicted: (n_y, m) predicted numbers.

    Returns:
        The mean over the outputs. As scikit-learn has it, an output that never varies counts 1 where it is
        predicted exactly, else 0.
    """
    errors = np.sum((targets - predicted) ** 2, axis=1, dtype=np.float64)
    squares = np.sum((targets - targets.mean(axis=1, keepdims=True)) ** 2, axis=1, dtype=np.float64)
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
