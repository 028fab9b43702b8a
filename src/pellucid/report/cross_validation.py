"""Cross-validation of a training on a table: the same settings on other rows, preprocessing and all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pellucid.data.dataset import labels_of
from pellucid.data.load_table import load_tables
from pellucid.data.table import Table
from pellucid.data.table_target import Target
from pellucid.errors import DataError, OptionError
from pellucid.modelling import fit_model
from pellucid.report.scores import Answers, Score, main_scores

Integers = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """The scores of a training on each fold.

    Attributes:
        scores: by the name of the score, the main one first, one for each fold; None where it was not
            defined, as the ROC area of a fold without a class.
        of: the scores themselves, by name.
        asked: how many folds there were to be; fewer were finished where it was interrupted.
    """

    scores: Mapping[str, tuple[float | None, ...]]
    of: Mapping[str, Score]
    asked: int

    @property
    def folds(self) -> int:
        """How many were finished."""
        return len(next(iter(self.scores.values())))

    def mean(self, name: str) -> float | None:
        """The mean of a score over the folds where it is defined; None: nowhere."""
        defined = self._defined(name)
        return float(np.mean(defined)) if defined else None

    def deviation(self, name: str) -> float | None:
        """The standard deviation between the folds, of a sample; None with fewer than two.

        That of the mean is not this by the root of the folds, since the folds share rows to train on
        (Bengio and Grandvalet, 2004).
        """
        defined = self._defined(name)
        return float(np.std(defined, ddof=1)) if len(defined) > 1 else None

    def _defined(self, name: str) -> list[float]:
        return [score for score in self.scores[name] if score is not None]


def cross_validate(
    table: Table,
    target: Target,
    folds: int,
    settings: Mapping[str, Any],
    metric: Score,
    *,
    seed: int = 0,
    **reading: Any,
) -> Iterator[CrossValidation]:
    """Train on all folds but one and score on that one, each in turn.

    Recipe, scale of the targets and network are fitted to the rows that are trained on.

    Args:
        table: all rows, each with a target.
        target: as it was decided on them.
        folds: how many; see `fold_rows`.
        settings: of `fit_model`, by name.
        metric: the main score.
        seed: of the folds.
        reading: further arguments of `load_tables`: numeric, categorical, drop, missing, decimal, dtype.

    Yields:
        What is known after each fold; Ctrl-C ends it.

    Raises:
        OptionError: more folds than there are rows, or than the largest class has.
        DataError, LabelError, DivergenceError: as `load_tables` and `fit_model`.
    """
    scores = main_scores(metric, target.classes)
    found: list[Answers] = []
    for held_out in fold_rows(table, target, folds, seed):
        trained_on = np.setdiff1d(np.arange(table.m), held_out)
        loaded = load_tables(
            table.take(trained_on),
            table.take(held_out),
            target=target.name,
            task=target.task,
            encoded=True,
            **reading,
        )
        fitted = fit_model(loaded.train, scale=loaded.target.scale, **settings)
        if fitted.model.history.reason == "interrupted":
            return
        found.append(fitted.model.evaluate(loaded.test))
        yield CrossValidation(
            {score.name: tuple(map(score.of, found)) for score in scores},
            {score.name: score for score in scores},
            folds,
        )


def joined(one: Table, other: Table) -> Table:
    """The rows of two parts of one table, in the order that they have there."""
    if one.rows is None or other.rows is None:
        raise DataError("expected two parts of one table, which know their rows")
    rows = np.concatenate([one.rows, other.rows])
    order = np.argsort(rows, kind="stable")
    columns = {name: np.concatenate([one[name], other[name]])[order] for name in one.names}
    return replace(one, columns=columns, rows=rows[order])


def fold_rows(table: Table, target: Target, folds: int, seed: int) -> list[Integers]:
    """The rows that each fold holds out, sorted; each class is spread evenly over the folds.

    A class of a single row is always trained on.

    Args:
        table: all rows.
        target: tells the classes.
        folds: at least 2.
        seed: of the draw.

    Raises:
        OptionError: more folds than there are rows, or than the largest class has.
    """
    labels = labels_of(target.encode(table)) if target.classes else np.zeros(table.m, np.intp)
    counts = np.bincount(labels)
    if counts.max() < folds:
        what = "the most frequent class has" if target.classes else "the table has"
        raise OptionError(f"cv is {folds} and {what} {counts.max()} rows; expected at most as many folds")
    rng = np.random.RandomState(seed)
    place, dealt = np.full(table.m, -1), 0
    for label in np.flatnonzero(counts > 1):
        members = rng.permutation(np.flatnonzero(labels == label))
        # One class goes on where the last ended, so that small classes do not meet in the first folds.
        place[members] = (dealt + np.arange(len(members))) % folds
        dealt += len(members)
    return [np.flatnonzero(place == fold) for fold in range(folds)]
