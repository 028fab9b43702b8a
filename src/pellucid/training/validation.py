"""Splits of the examples: those to train on, and those that are held out."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from pellucid.core._arrays import as_numpy
from pellucid.core.activations import activation_named
from pellucid.errors import LabelError
from pellucid.examples import Examples
from pellucid.network import Network

Integers = np.ndarray[Any, np.dtype[np.int64]]


def split_off(
    network: Network, examples: Examples, fraction: float, seed: int
) -> tuple[Examples, Examples]:
    """Training examples and held-out ones, drawn by `RandomState(seed)` and stratified by class.

    Args:
        network: its output shows whether the targets are classes: one sigmoid unit, or softmax.
        examples: all examples, checked.
        fraction: the share to hold out.
        seed: of the draw.

    Returns:
        `(train, held_out)`, each in the order of the examples.

    Raises:
        LabelError: too few examples to hold one out, or all weights of a part are 0.
    """
    return next(folds(network, examples, fraction, seed))


def folds(
    network: Network, examples: Examples, fraction: float, seed: int
) -> Iterator[tuple[Examples, Examples]]:
    """Splits that hold out one share of the examples after the other; the first is that of `split_off`.

    Args:
        network: its output shows whether the targets are classes: one sigmoid unit, or softmax.
        examples: all examples, checked.
        fraction: the share that each split holds out.
        seed: of the draw.

    Yields:
        `(train, held_out)`, until every example was held out.

    Raises:
        LabelError: too few examples to hold one out, or all weights of a part are 0.
    """
    rng = np.random.RandomState(seed)
    classes = [rng.permutation(group) for group in _groups(network, as_numpy(examples.Y))]
    for i in range(max(1, round(1 / fraction))):
        taken = []
        for group in classes:
            start, end = (round(fraction * len(group) * j) for j in (i, i + 1))
            # The first split holds out at least one example of each class; one is always trained on.
            end = min(max(end, i == 0), start + len(group) - 1)
            taken.append(group[start:end])
        yield _parts(examples, np.sort(np.concatenate(taken)), fraction)


def _parts(examples: Examples, held_out: Integers, fraction: float) -> tuple[Examples, Examples]:
    if not len(held_out):
        raise LabelError(
            f"validation_fraction is {fraction:g} and there are {examples.m} examples, of which none can "
            "be held out: every class has a single one; expected more, or a validation set of its own"
        )
    parts = examples.take(np.setdiff1d(np.arange(examples.m), held_out)), examples.take(held_out)
    for name, part in zip(("trained on", "held out"), parts, strict=True):
        if part.weights is not None and not float(part.weights.sum()) > 0:
            raise LabelError(f"the weights of the examples {name} are all 0; expected some above 0")
    return parts


def _groups(network: Network, Y: np.ndarray[Any, Any]) -> list[Integers]:
    """The columns of each class; all in one group unless each example has one class."""
    one_class = network.n_y == 1 or not activation_named(network.output_activation).elementwise
    if network.is_regression or not one_class:
        return [np.arange(Y.shape[1])]
    labels = Y[0] > 0.5 if network.n_y == 1 else np.argmax(Y, axis=0)
    return [np.flatnonzero(labels == label) for label in np.unique(labels)]
