"""Rows: raw examples from a reader, before any recipe.

Readers know formats and nothing of networks; `Dataset` knows columns and nothing of files. `Rows` pass
between them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self, overload

import numpy as np

from pellucid.errors import DataError, LabelError

# Called with (done, total) while a reader works, for example to show a progress bar.
Progress = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """The `Progress` that shows nothing."""


class Remark(str):
    """A line in `Rows.skipped` that is not about a picture that could not be read."""


@dataclass(frozen=True, eq=False)
class Rows:
    """m raw examples in rows.

    Attributes:
        rows: (m, ...): uint8 pictures (m, height, width[, channels]), or numbers (m, n); `StoredRows`, if
            they stay in their file.
        labels: (m,) integers, the index of each row's class; None without classes.
        classes: the names of the classes, in the order of their indices; empty for regression.
        sources: where each row came from, as a person would look it up: a path, or "file, row 7".
        skipped: one line for each source that could not be read.
        targets: (m, n_y) numbers, for regression; None otherwise. Labelled rows have either labels or
            targets.
    """

    rows: Any
    labels: np.ndarray[Any, Any] | None
    classes: tuple[str, ...]
    sources: Sequence[str]
    skipped: tuple[str, ...] = ()
    targets: np.ndarray[Any, Any] | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, indices: np.ndarray[Any, Any], skipped: tuple[str, ...] = ()) -> "Rows":
        """The rows at `indices`, in that order.

        Args:
            indices: (k,).
            skipped: of the result, since a skipped source belongs to no row.
        """
        labels = None if self.labels is None else self.labels[indices]
        targets = None if self.targets is None else self.targets[indices]
        sources: Sequence[str]
        if isinstance(self.sources, Numbered):
            sources = self.sources.take(indices)
        else:
            sources = tuple(self.sources[i] for i in indices)
        return Rows(self.rows[indices], labels, self.classes, sources, skipped, targets)

    @property
    def task(self) -> str | None:
        """The kind of task: "classification" or "regression"; None without labels."""
        if self.targets is not None:
            return "regression"
        return None if self.labels is None else "classification"

    def with_classes(self, classes: tuple[str, ...]) -> Self:
        """The same rows with labels as indices into `classes`.

        Raises:
            LabelError: they have a class that is not in `classes`.
        """
        if self.classes == classes:
            return self
        labels = self.labels
        if labels is not None:
            unknown = [name for name in self.classes if name not in classes]
            if unknown:
                raise LabelError(
                    f"the examples have the class {unknown[0]}; expected one of {listed(classes)}"
                )
            labels = np.array([classes.index(name) for name in self.classes])[labels]
        return replace(self, labels=labels, classes=classes)

    def beside(self, train: "Rows") -> Self:
        """The same rows as a test set of `train`: with labels as indices into its classes.

        Raises:
            LabelError: they have a class that `train` lacks, or another number of targets.
            DataError: they have another shape.
        """
        if self.rows.shape[1:] != train.rows.shape[1:]:
            raise DataError(
                f"a training example has shape {train.rows.shape[1:]} and a test example "
                f"{self.rows.shape[1:]}; expected the same shape"
            )
        if self.targets is not None and train.targets is not None:
            n_y, expected = self.targets.shape[1], train.targets.shape[1]
            if n_y != expected:
                raise LabelError(
                    f"a training example has {expected} targets and a test example {n_y}; expected as many"
                )
        return self.with_classes(train.classes)


class Numbered(Sequence[str]):
    """The sources of the rows of a file, "file, row 7", made up when they are asked for.

    Args:
        prefix: before the number.
        rows: their numbers.
    """

    def __init__(self, prefix: str, rows: "range | np.ndarray[Any, Any]") -> None:
        self._prefix, self._rows = prefix, rows

    def take(self, indices: "np.ndarray[Any, Any]") -> "Numbered":
        """Those of some rows."""
        return Numbered(self._prefix, np.asarray(self._rows)[indices])

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> "Numbered": ...
    def __getitem__(self, row: int | slice) -> "str | Numbered":
        if isinstance(row, slice):
            return Numbered(self._prefix, self._rows[row])
        return f"{self._prefix} {self._rows[row]}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (tuple, Numbered)) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Numbered({len(self)} of {self._prefix})"


class Splits(NamedTuple):
    """The rows of one source: to train on, to test on, or both."""

    train: Rows | None
    test: Rows | None


def listed(names: Sequence[str], most: int = 10) -> str:
    """The first `most` names, separated by commas, and the number of the others."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def check_labels(labels: np.ndarray[Any, Any], classes: Sequence[str], where: str, least: int = 2) -> None:
    """Refuse labels that are not indices of classes, or fewer than `least` classes.

    Raises:
        LabelError: with the first invalid label.
    """
    if len(classes) < least:
        present = f"one class, {classes[0]}" if classes else "no class"
        raise LabelError(f"{where}: found {present}; expected at least two classes")
    wrong = np.flatnonzero((labels < 0) | (labels >= len(classes)))
    if len(wrong):
        raise LabelError(
            f"{where}: the label in row {wrong[0]} is {labels[wrong[0]]}; "
            f"expected 0 to {len(classes) - 1} ({listed(classes)})"
        )
