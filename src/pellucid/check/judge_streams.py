"""Right answers made of other random numbers than those of the published exercise."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pellucid.check.cases_exercises import named_batches
from pellucid.check.cases_form import Case

OTHER_NUMBERS = (
    "right; the random numbers are others than those of the published exercise, which is no mistake"
)
# How many standard deviations the share of kept units may be away.
_FAR = 4.5


def _are_batches(case: Case, result: Any) -> bool:
    """Whether they hold every column once, each with its label, in a new order and in the right sizes."""
    X, Y, size, _ = case.args
    m = X.shape[1]
    named = named_batches(result)
    if not isinstance(named, list) or not all(isinstance(batch, Mapping) for batch in named):
        return False
    parts = [(batch["mini_batch_X"], batch["mini_batch_Y"]) for batch in named]
    sizes = [min(size, m - start) for start in range(0, m, size)]
    if [(np.shape(x), np.shape(y)) for x, y in parts] != [((len(X), k), (1, k)) for k in sizes]:
        return False
    got = np.vstack([np.hstack([x for x, _ in parts]), np.hstack([y for _, y in parts])])
    all_columns = np.vstack([X, Y])
    if got.dtype.kind not in "fiu" or np.array_equal(got, all_columns):
        return False
    # By the first row, in which no number stands twice.
    return np.array_equal(got[:, np.argsort(got[0])], all_columns[:, np.argsort(all_columns[0])])


def _are_masked(case: Case, result: Any) -> bool:
    """Whether A3 follows from masks in the published cache that keep the right share of the units."""
    X, parameters, keep_prob = case.args
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return False
    A3, cache = result
    if not isinstance(cache, (tuple, list)) or len(cache) != 14:
        return False
    A = X
    for l, D in ((1, cache[1]), (2, cache[6])):
        Z = np.dot(parameters[f"W{l}"], A) + parameters[f"b{l}"]
        if not isinstance(D, np.ndarray) or D.shape != Z.shape or not np.isin(D, (0, 1)).all():
            return False
        spread = np.sqrt(keep_prob * (1 - keep_prob) / D.size)
        if abs(float(np.mean(D)) - keep_prob) > _FAR * spread:
            return False
        A = np.maximum(0, Z) * D / keep_prob
    right = 1 / (1 + np.exp(-(np.dot(parameters["W3"], A) + parameters["b3"])))
    return (
        isinstance(A3, np.ndarray) and A3.shape == right.shape and bool(np.allclose(A3, right, rtol=1e-6))
    )


# By exam: whether a result is right, whatever was drawn.
RIGHT_WHATEVER_IS_DRAWN: dict[str, Callable[[Case, Any], bool]] = {
    "random_mini_batches": _are_batches,
    "forward_propagation_with_dropout": _are_masked,
}
