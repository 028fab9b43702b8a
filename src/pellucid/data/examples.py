"""Examples: what a reader finds in a file, in rows, before any recipe.

Readers know formats and nothing of networks; `Dataset` knows columns and nothing of files. This is
what passes between them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

# Called with (done, total) while a reader works; a face may show it.
Progress = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """Shows nothing: the `Progress` of who does not want to know."""


@dataclass(frozen=True, eq=False)
class Examples:
    """m raw examples in rows.

    Attributes:
        rows: (m, ...): uint8 pictures (m, height, width[, channels]), or numbers (m, n).
        labels: (m,) integers, the index of each row's class; None where nothing was labelled.
        classes: the names of the classes, in the order of their indices.
        sources: where each row came from, as a person would look it up: a path, or "file, row 7".
        skipped: one line for each source that could not be read.
    """

    rows: np.ndarray[Any, Any]
    labels: np.ndarray[Any, Any] | None
    classes: tuple[str, ...]
    sources: tuple[str, ...]
    skipped: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, indices: np.ndarray[Any, Any]) -> "Examples":
        """The rows at `indices`, in that order."""
        return Examples(
            self.rows[indices],
            None if self.labels is None else self.labels[indices],
            self.classes,
            tuple(self.sources[i] for i in indices),
            self.skipped,
        )


class Parts(NamedTuple):
    """What one source holds: examples to train on, examples to test on, or both."""

    train: Examples | None
    test: Examples | None
