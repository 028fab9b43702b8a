"""Two counts, held against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.metrics import accuracy, confusion_matrix


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1))
def test_counts_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    labels, predicted = np.array(pairs).T
    assert accuracy(labels, predicted) == metrics.accuracy_score(labels, predicted)
    np.testing.assert_array_equal(
        confusion_matrix(labels, predicted, 4), metrics.confusion_matrix(labels, predicted, labels=range(4))
    )
