"""Dataset: examples ready to train on. Columns, as everywhere inside."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from pellucid.core._arrays import first_non_finite
from pellucid.data.examples import Examples
from pellucid.data.recipe import Recipe
from pellucid.data.table_recipe import TableRecipe
from pellucid.errors import DataError, LabelError, NonFiniteError, OptionError

DTYPES = ("float64", "float32")


@dataclass(frozen=True, eq=False)
class Dataset:
    """m examples as columns, with their labels and what is known of them.

    Attributes:
        X: inputs, (n_x, m), float64 or float32.
        Y: targets of the same type: (1, m) of 0 and 1 for two classes, one-hot columns (K, m) for K
            classes, numbers (n_y, m) where there are no classes; None where nothing was labelled.
        classes: the names of the classes; for two, the second is the one that Y = 1 means.
        recipe: how X came from raw rows, or from the columns of a table.
        sources: where each column came from; may be empty.
        skipped: one line for each source that could not be read.
    """

    X: np.ndarray[Any, Any]
    Y: np.ndarray[Any, Any] | None
    classes: tuple[str, ...]
    recipe: Recipe | TableRecipe
    sources: tuple[str, ...] = field(default=(), repr=False)
    skipped: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def from_examples(cls, examples: Examples, recipe: Recipe, dtype: str = "float64") -> Self:
        """Raw rows through the recipe.

        Raises:
            DataError: rows that are not of the recipe's shape.
            NonFiniteError: NaN or infinity among the inputs, with its row and column.
            OptionError: unknown dtype.
        """
        if dtype not in DTYPES:
            raise OptionError(f"unknown dtype {dtype!r}; expected {' or '.join(DTYPES)}")
        X = recipe.columns(examples.rows, dtype)
        check_finite(X, examples.sources)
        # Two classes are told apart by one output, more by one each: see `Network.for_classes`.
        n_y = 1 if len(examples.classes) == 2 else len(examples.classes)
        Y = None if examples.labels is None else one_hot(examples.labels, n_y, dtype)
        return cls(X, Y, examples.classes, recipe, examples.sources, examples.skipped)

    @property
    def m(self) -> int:
        """How many examples."""
        return int(self.X.shape[1])

    @property
    def n_x(self) -> int:
        """How many inputs each example has."""
        return int(self.X.shape[0])

    @property
    def labels(self) -> np.ndarray[Any, Any]:
        """(m,) integers: the index of each example's class.

        Raises:
            LabelError: nothing was labelled.
        """
        if self.Y is None:
            raise LabelError("these examples have no labels; expected labelled ones")
        return labels_of(self.Y)

    def __repr__(self) -> str:
        classes = ", ".join(self.classes) or "unknown"
        return f"Dataset({self.m} examples of {self.n_x} inputs, classes {classes})"


def labels_of(Y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """(m,) class indices of targets or probabilities: (1, m) against one half, (K, m) by the largest."""
    if Y.shape[0] == 1:
        return np.asarray(Y[0] > 0.5, np.int64)
    return np.asarray(np.argmax(Y, axis=0))


def one_hot(labels: np.ndarray[Any, Any], n_y: int, dtype: str = "float64") -> np.ndarray[Any, Any]:
    """Y (n_y, m): for one output unit the labels themselves, 0 and 1; for more, one-hot columns.

    Args:
        labels: (m,) class indices.
        n_y: how many output units there are.
        dtype: of the result.
    """
    if n_y == 1:
        return np.asarray(labels.reshape(1, -1), dtype)
    return np.asarray(np.arange(n_y)[:, None] == labels[None, :], dtype)


def check_finite(X: np.ndarray[Any, Any], sources: Sequence[str] = ()) -> None:
    """Refuse NaN and infinity, naming the first.

    Args:
        X: (n_x, m).
        sources: where each column came from, if known.

    Raises:
        NonFiniteError: in the terms of the caller's rows: the example is the row, the input the column.
    """
    found = first_non_finite(X)
    if found is None:
        return
    column, row, value, count = found
    where = f" ({sources[row]})" if sources else ""
    more = f"; {count} such values in all" if count > 1 else ""
    raise NonFiniteError(
        f"the input in row {row}, column {column} is {value}{where}; "
        f"expected finite numbers{more}: remove or replace them"
    )


def listed(names: Sequence[str], most: int = 10) -> str:
    """The names with commas; of many the first, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def check_labels(labels: np.ndarray[Any, Any], classes: Sequence[str], where: str, least: int = 2) -> None:
    """Refuse labels that are no index of a class, or fewer than `least` classes.

    Raises:
        LabelError: with the first label that names no class.
    """
    if len(classes) < least:
        found = f"one class, {classes[0]}" if classes else "no class"
        raise LabelError(f"{where}: found {found}; expected at least two classes to tell apart")
    wrong = np.flatnonzero((labels < 0) | (labels >= len(classes)))
    if len(wrong):
        raise LabelError(
            f"{where}: the label in row {wrong[0]} is {labels[wrong[0]]}; "
            f"expected 0 to {len(classes) - 1} ({listed(classes)})"
        )


def check_same_classes(train: Examples, test: Examples) -> Examples:
    """The test examples with their labels counted in the training classes.

    Raises:
        LabelError: the test examples have a class that training never saw.
        DataError: their rows have another shape.
    """
    if test.rows.shape[1:] != train.rows.shape[1:]:
        raise DataError(
            f"a training example has shape {train.rows.shape[1:]} and a test example "
            f"{test.rows.shape[1:]}; expected the same shape"
        )
    return with_classes(test, train.classes)


def with_classes(examples: Examples, classes: tuple[str, ...]) -> Examples:
    """The same examples, their labels counted in `classes`.

    Raises:
        LabelError: they have a class that is none of `classes`.
    """
    labels = examples.labels
    if examples.classes != classes and labels is not None:
        unknown = [name for name in examples.classes if name not in classes]
        if unknown:
            raise LabelError(f"the examples have the class {unknown[0]}; expected one of {listed(classes)}")
        labels = np.array([classes.index(name) for name in examples.classes])[labels]
    return replace(examples, labels=labels, classes=classes)
