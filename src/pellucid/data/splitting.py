"""Splits of examples into a training and a test part, stratified by class if there are classes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.core.randomness import random_stream
from pellucid.data.dataset import DTYPES
from pellucid.errors import DataError, LabelError, OptionError


def stratified_split(
    labels: np.ndarray[Any, Any], fraction: float, seed: int
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Indices of a training and a test part, with about the same share of each class in the test part.

    Args:
        labels: (m,) class indices.
        fraction: the share of the test part.
        seed: of the draw.

    Returns:
        `(train, test)`, both sorted. A class of two or more examples is in both parts.

    Raises:
        LabelError: no class has two examples, so nothing can be held out.
    """
    rng = np.random.RandomState(seed)
    held_out = []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        count = min(max(1, round(fraction * len(members))), len(members) - 1)
        held_out.append(members[:count])
    test = np.sort(np.concatenate(held_out))
    if len(test) == 0:
        raise LabelError("every class has a single example; expected more, or a test set of its own")
    trained_on = np.ones(len(labels), np.bool_)
    trained_on[test] = False
    return np.flatnonzero(trained_on), test


def random_split(m: int, fraction: float, seed: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Indices of a training and a test part of m examples, drawn uniformly.

    Args:
        m: number of examples.
        fraction: the share of the test part.
        seed: of the draw.

    Returns:
        `(train, test)`, both sorted, neither empty.

    Raises:
        DataError: there are fewer than two examples.
    """
    if m < 2:
        raise DataError("there is one example; expected at least two, or a test set of its own")
    return stratified_split(np.zeros(m, np.intp), fraction, seed)


def check_split(test_fraction: float, seed: int, dtype: str) -> None:
    """Validate the options of a split before anything is read.

    Raises:
        OptionError: a fraction not between 0 and 1, an invalid seed, or an unknown dtype.
    """
    if not isinstance(test_fraction, (int, float, np.integer, np.floating)):
        raise OptionError(
            f"test_fraction is of type {type(test_fraction).__name__}; expected a number between 0 and 1"
        )
    if not 0 < test_fraction < 1:
        raise OptionError(f"the test fraction is {test_fraction}; expected a number between 0 and 1")
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        # A generator would advance: the same call would split differently.
        raise OptionError(
            f"seed is of type {type(seed).__name__}; expected an integer from 0 to {2**32 - 1}"
        )
    random_stream(seed)
    check_known("dtype", dtype, DTYPES)


def check_known(name: str, value: str, known: Sequence[str]) -> None:
    """Refuse a value that is not among those known.

    Raises:
        OptionError: with the known values.
    """
    if value not in known:
        raise OptionError(f"unknown {name} {value!r}; expected one of {', '.join(known)}")
