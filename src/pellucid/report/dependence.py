"""How a model's answer depends on one column: the mean answer if every row had the same value there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.data.table import Table
from pellucid.data.table_recipe import TableRecipe
from pellucid.data.table_texts import Texts
from pellucid.errors import DataError
from pellucid.files.reading import shown
from pellucid.model import Model
from pellucid.report.importance import places_of

Floats = np.ndarray[Any, Any]

_MOST_ROWS, MOST_AVERAGED = 2000, 500
# Values of a column of numbers.
_VALUES = 24
_MOST_CATEGORIES = 12
# The rows between these shares: the few beyond would stretch the picture.
_FROM, _TO = 0.01, 0.99


@dataclass(frozen=True, eq=False)
class Dependence:
    """The mean answer of a model at some values of one column.

    Attributes:
        column: its name.
        kind: "number", "date" or "category".
        values: the k values, as texts; None: missing.
        numbers: (k,) the same as numbers, in increasing order, of a date the days since the first of
            training; empty for categories, of which the most frequent is the first.
        answers: (K, k) the mean probability of each class, for two classes of the second alone, (1, k); or
            the mean number, (1, k).
        rows: (m,) the numbers of the rows, to draw where they are; empty for categories.
        shares: (k,) the share of the rows with each category; empty otherwise.
    """

    column: str
    kind: str
    values: tuple[str | None, ...]
    numbers: Floats
    answers: Floats
    rows: Floats
    shares: Floats

    @property
    def span(self) -> float:
        """The largest difference that the column makes to an answer."""
        return float(np.ptp(self.answers, axis=1).max())


def partial_dependence(
    model: Model, table: Table, columns: Sequence[str], *, seed: int = 0
) -> tuple[Dependence, ...]:
    """The mean answer over the rows, if all of them had one value of a column, for some values of it.

    Friedman (2001). It also asks about rows that do not exist, where columns depend on each other.

    Args:
        model: of tables.
        table: the rows: values are chosen on a sample of at most 2,000, the mean is that of 500 of them.
        columns: names of the recipe's.
        seed: of the samples.

    Returns:
        Of each column, without those of which the rows have no two different values.

    Raises:
        DataError: a column is no input of the model; the model is none of tables.
    """
    recipe = model.recipe
    places = dict(places_of(recipe)) if isinstance(recipe, TableRecipe) else {}
    for name in columns:
        if name not in places:
            raise DataError(f"{shown(repr(name))} is no column that the model takes")
    if not columns or not isinstance(recipe, TableRecipe):
        return ()
    table = table.take(np.random.RandomState(seed).permutation(table.m)[:_MOST_ROWS])
    encoded = recipe.columns(table, model.dtype)
    described = {column.name: column.to_dict() for column in recipe.inputs}
    found = (_dependence(model, table, described[name], encoded, places[name]) for name in columns)
    return tuple(one for one in found if one is not None)


def _dependence(
    model: Model, table: Table, described: dict[str, Any], encoded: Floats, place: slice
) -> Dependence | None:
    """Of one column, whose inputs stand at `place` of encoded (n_x, m)."""
    name = described["name"]
    chosen, numbers, rows, shares = _chosen(described, table, name, encoded[place])
    if len(chosen) < 2:
        return None
    X = np.array(encoded[:, :MOST_AVERAGED], order="F")
    answers = []
    for row in chosen:
        X[place] = encoded[place, row : row + 1]
        answers.append(model.outputs(X).mean(axis=1, dtype=np.float64))
    texts = tuple(table.texts(name).take(np.array(chosen)).tolist())
    return Dependence(name, described["kind"], texts, numbers, np.array(answers).T, rows, shares)


def _chosen(
    described: dict[str, Any], table: Table, column: str, inputs: Floats
) -> tuple[list[int], Floats, Floats, Floats]:
    """Rows that have the values to try; these as numbers; those of all rows; the shares of categories."""
    none = np.empty(0)
    if described["kind"] == "category":
        chosen, shares = _frequent(table.texts(column))
        return chosen, none, none, shares
    first = described if described["kind"] == "number" else described["parts"]["days"]
    there = ~table.missing(column)
    if first.get("missing"):
        # Texts that are no numbers count as missing too.
        there &= inputs[_indicator(first)] == 0
    where = np.flatnonzero(there)
    rows = inputs[0, where].astype(np.float64) * first["deviation"] + first["mean"]
    if described["kind"] == "number" and table.is_numeric(column):
        rows = table[column][where]
    if not len(where):
        return [], none, none, none
    order = where[np.argsort(rows, kind="stable")]
    rows = np.sort(rows)
    different, chosen = np.unique(rows), _spread(rows, rows, _VALUES)
    if 2 * len(different) < len(rows):
        # Half of them: where many rows share few values, quantiles of the rows leave the others out.
        chosen = [*_spread(rows, rows, _VALUES // 2), *_spread(different, rows, _VALUES // 2)]
    ranks = np.unique(chosen)
    numbers, firsts = np.unique(rows[ranks], return_index=True)
    return order[ranks[firsts]].tolist(), numbers, rows, none


def _spread(values: Floats, rows: Floats, count: int) -> list[int]:
    """The places, among the sorted rows, of quantiles of sorted values."""
    low, high = rows[[int(share * (len(rows) - 1)) for share in (_FROM, _TO)]]
    inside = values[(values >= low) & (values <= high)]
    few = inside[np.linspace(0, len(inside) - 1, count).round().astype(np.intp)]
    found: list[int] = np.searchsorted(rows, few).tolist()
    return found


def _indicator(number: dict[str, Any]) -> int:
    """Where the indicator of missing values is among the inputs of a column of numbers."""
    return max(0, len(number["edges"]) - 1) + 1


def _frequent(texts: Texts) -> tuple[list[int], Floats]:
    """The first row of each of the most frequent categories, and their shares."""
    codes, firsts, counts = np.unique(texts.codes, return_index=True, return_counts=True)
    most = sorted(range(len(codes)), key=lambda i: (-counts[i], firsts[i]))[:_MOST_CATEGORIES]
    return firsts[most].tolist(), counts[most] / len(texts)
