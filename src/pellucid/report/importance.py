"""Which columns of a table a model relies on: how much worse it is when one is shuffled."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.data.dataset import labels_of
from pellucid.data.table import Table
from pellucid.data.table_recipe import TableRecipe
from pellucid.errors import DataError
from pellucid.metrics import log_loss
from pellucid.model import Evaluation, Model, NumberEvaluation
from pellucid.report.scores import Answers, Score

Floats = np.ndarray[Any, Any]

_MOST_ROWS = 2000
_REPEATS = 5
# Of a table with more, those are shuffled that move the first layer most.
_MOST_COLUMNS = 100
# Numbers that go through the network; above, there are fewer rows.
_MOST_ENTRIES = 400_000_000
_FEWEST_ROWS = 200


@dataclass(frozen=True)
class ColumnImportance:
    """How much worse a model is without what one column says.

    Attributes:
        column: its name.
        drops: by how much the score was worse in each repeat; below 0: it was better, by chance.
    """

    column: str
    drops: tuple[float, ...]

    @property
    def drop(self) -> float:
        """The mean of the repeats."""
        return float(np.mean(self.drops))

    @property
    def deviation(self) -> float:
        """The standard deviation of the repeats."""
        return float(np.std(self.drops))


@dataclass(frozen=True)
class Importance:
    """The columns of a table in the order of their importance.

    Attributes:
        score: what dropped.
        reference: the score with every column in place.
        columns: the most important first.
        rows: how many rows were shuffled.
        left_out: how many columns were not looked at.
    """

    score: Score
    reference: float
    columns: tuple[ColumnImportance, ...]
    rows: int
    left_out: int = 0


def permutation_importance(
    model: Model, table: Table, answers: Answers, score: Score, *, repeats: int = _REPEATS, seed: int = 0
) -> Importance | None:
    """How much a score drops when the values of one column are shuffled among the rows.

    Breiman (2001); Fisher, Rudin and Dominici (2019). Columns that say the same share their importance:
    each may be small although the two together are not. At most 2,000 rows are taken, in a table of
    thousands of inputs at least 200, and of more than 100 columns the 100 that move the first layer most.

    Args:
        model: of tables.
        table: the rows of `answers`.
        answers: the model's, on these rows, which hold the truth.
        score: one of `scores_for`.
        repeats: how often each column is shuffled.
        seed: of the rows and of the shuffling.

    Returns:
        None where the score is not defined on these rows.

    Raises:
        DataError: `answers` are those of other rows; the model is none of tables.
    """
    recipe = model.recipe
    count = _count(answers)
    if not isinstance(recipe, TableRecipe) or count != table.m:
        raise DataError(f"there are {table.m} rows and {count} answers; expected a model of tables")
    rng = np.random.RandomState(seed)
    columns = min(len(recipe.inputs), _MOST_COLUMNS)
    most = min(_MOST_ROWS, max(_FEWEST_ROWS, _MOST_ENTRIES // (recipe.n_x * columns * repeats)))
    rows = rng.permutation(table.m)[:most]
    X = np.ascontiguousarray(recipe.columns(table.take(rows), model.dtype).T)
    reference = score.of(_judged(model, X, answers, rows))
    if reference is None or len(rows) < 2:
        return None
    orders = [rng.permutation(len(rows)) for _ in range(repeats)]
    found = []
    for name, place in _strongest(model, recipe, X, columns):
        kept = X[:, place].copy()
        drops = []
        for order in orders:
            X[:, place] = kept[order]
            value = score.of(_judged(model, X, answers, rows))
            drops.append(0.0 if value is None else score.worse_by(reference, value))
        X[:, place] = kept
        found.append(ColumnImportance(name, tuple(drops)))
    found.sort(key=lambda column: -column.drop)
    return Importance(score, reference, tuple(found), len(rows), len(recipe.inputs) - columns)


def places_of(recipe: TableRecipe) -> Iterator[tuple[str, slice]]:
    """The name of each column, and where its inputs are."""
    start = 0
    for column in recipe.inputs:
        yield column.name, slice(start, start + column.n_inputs)
        start += column.n_inputs


def _strongest(model: Model, recipe: TableRecipe, X: Floats, most: int) -> list[tuple[str, slice]]:
    """The columns that move the first layer most on the rows X (m, n_x); all, if there are few."""
    places = list(places_of(recipe))
    if len(places) <= most:
        return places
    W, centered = model.parameters["W1"], X - X.mean(axis=0)
    moved = [float(np.sum((centered[:, place] @ W[:, place].T) ** 2)) for _, place in places]
    return [places[i] for i in sorted(np.argsort(moved)[::-1][:most].tolist())]


def _judged(model: Model, X: Floats, answers: Answers, rows: Floats) -> Answers:
    """The evaluation of some of the rows with other inputs X (m, n_x)."""
    AL = model.outputs(X.T)
    if isinstance(answers, NumberEvaluation):
        return NumberEvaluation(answers.targets[:, rows], AL, 0.0)
    labels, probabilities = answers.labels[rows], model.class_probabilities(AL)
    return Evaluation(labels, labels_of(AL), probabilities, log_loss(labels, probabilities))


def _count(answers: Answers) -> int:
    return answers.targets.shape[1] if isinstance(answers, NumberEvaluation) else len(answers.labels)
