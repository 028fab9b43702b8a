"""Every example once per epoch, with its own label, in the published order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.core import random_mini_batches
from pellucid.errors import OptionError, ShapeError


@given(m=st.integers(0, 40), size=st.integers(1, 50), seed=st.integers(0, 2**32 - 1))
def test_each_example_comes_once_with_its_label(m: int, size: int, seed: int) -> None:
    X, Y = np.arange(3 * m).reshape(3, m), np.arange(m).reshape(1, m)
    batches = random_mini_batches(X, Y, size, seed)
    assert [part.shape[1] for part, _ in batches[:-1]] == [size] * (len(batches) - 1)
    assert all(0 < part.shape[1] <= size for part, _ in batches)
    for part, labels in batches:
        np.testing.assert_array_equal(part, X[:, labels[0]])
    met = [int(label) for _, labels in batches for label in labels[0]]
    np.testing.assert_array_equal(met, np.random.RandomState(seed).permutation(m))


def test_refusals() -> None:
    X, Y = np.ones((2, 5)), np.ones((1, 5))
    with pytest.raises(OptionError, match="mini_batch_size is 0"):
        random_mini_batches(X, Y, 0)
    with pytest.raises(OptionError, match="mini_batch_size is True"):
        random_mini_batches(X, Y, True)
    with pytest.raises(ShapeError, match=r"^Y has shape \(1, 4\); expected \(n_y, 5\) to fit X"):
        random_mini_batches(X, Y[:, :4])
    with pytest.raises(ShapeError, match="rank-1"):
        random_mini_batches(X, Y[0])
