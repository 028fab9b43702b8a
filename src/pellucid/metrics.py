"""What a report counts: two sums, so they are written here; scikit-learn's import takes a second.

The curves of probabilistic classifiers (ROC, precision-recall, calibration) are scikit-learn's, and
belong here, loaded late, when a report needs them.
"""

from typing import Any

import numpy as np

Integers = np.ndarray[Any, Any]


def accuracy(labels: Integers, predicted: Integers) -> float:
    """The share of examples whose predicted class is the true one.

    Args:
        labels: (m,) true class indices.
        predicted: (m,) predicted class indices.
    """
    return float(np.mean(labels == predicted))


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
