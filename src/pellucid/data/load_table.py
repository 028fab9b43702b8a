"""Data sets from table files: read, decide the task, split, preprocess."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from pellucid import display
from pellucid.data._files import shown
from pellucid.data._table_roles import roles_of, row_hashes
from pellucid.data.dataset import DTYPES, Dataset, check_finite
from pellucid.data.splitting import check_known, check_split, random_split, stratified_split
from pellucid.data.stored_rows import Allowance
from pellucid.data.table import Table
from pellucid.data.table_columns import OneByOne
from pellucid.data.table_files import read_table
from pellucid.data.table_recipe import TableRecipe, declared_columns
from pellucid.data.table_store import TableStore
from pellucid.data.table_target import Target, marks_of
from pellucid.errors import DataError, LabelError, OptionError
from pellucid.examples import MOST_DENSE

Source = str | os.PathLike[str] | Table

# The share of different rows from which on the same ones are no coincidence.
_MOSTLY_DIFFERENT = 0.5
_FEW_REPEATED = 0.01
# Of columns, in a notebook.
_MOST_ROWS = 40


@dataclass(frozen=True, eq=False)
class LoadedTables:
    """A training and a test set with the tables that they came from.

    Attributes:
        train: X through the recipe, Y in the target's units, classes and recipe.
        test: the same of the test rows.
        train_table: the rows of `train`.
        test_table: the rows of `test`.
        target: the column that is predicted.
        noticed: what was noticed of the tables, a line each, with the option that changes it.
    """

    train: Dataset
    test: Dataset
    train_table: Table
    test_table: Table
    target: Target
    noticed: tuple[str, ...] = ()

    def __repr__(self) -> str:
        rows = f"{self.train.m} rows to train on and {self.test.m} to test"
        return f"LoadedTables({self.target.describe():.120}; {rows}, {self.train.n_x} inputs)"

    def _repr_html_(self) -> str:
        rows = f"{self.train.m:,} to train on, {self.test.m:,} to test"
        pairs = [("target", self.target.describe()), ("rows", rows), ("inputs", f"{self.train.n_x:,}")]
        summaries = self.recipe.summaries(self.train_table)
        columns = [(shown(s.name), s.kind, f"{s.missing:,}", s.becomes) for s in summaries]
        more = len(columns) - _MOST_ROWS
        html = display.table(("column", "kind", "missing", "becomes"), columns[:_MOST_ROWS], "<<><")
        return (
            display.facts(pairs)
            + html
            + (display.facts([("more columns", f"{more:,}")]) if more > 0 else "")
        )

    @property
    def recipe(self) -> TableRecipe:
        """The preprocessing of the columns into inputs."""
        assert isinstance(self.train.recipe, TableRecipe)  # load_tables saw to it
        return self.train.recipe

    @property
    def fitting(self) -> Dataset:
        """The training set with scaled targets (`target.scale`), to train a network on.

        With the trained parameters, `target.scale.folded` gives those that predict in the target's units.
        """
        assert self.train.Y is not None  # rows without a target were left out
        return replace(self.train, Y=self.target.scale.scaled(self.train.Y))

    def to_dict(self) -> dict[str, Any]:
        """How the columns were read, as JSON has it."""
        return {
            "target": self.target.name,
            "task": self.target.task,
            "because": self.target.because,
            "columns": [column._asdict() for column in self.recipe.summaries(self.train_table)],
            "inputs": list(self.recipe.input_names),
            "balance": {"train": self.train.class_counts, "test": self.test.class_counts},
            "noticed": list(self.noticed),
        }


def load_tables(
    source: Source,
    test: Source | None = None,
    *,
    target: str,
    numeric: Sequence[str] = (),
    categorical: Sequence[str] = (),
    drop: Sequence[str] = (),
    encoding: str = "auto",
    missing: Sequence[str] = (),
    decimal: str | None = None,
    task: str | None = None,
    test_fraction: float = 0.2,
    seed: int = 0,
    dtype: str = "float64",
    encoded: bool | None = None,
    memory: int | None = None,
    cache: str | os.PathLike[str] | None = None,
) -> LoadedTables:
    """Read a training and a test table.

    Everything that is fitted (means, categories, pieces) is fitted to the training rows. Rows whose target
    is missing are left out and counted in `Dataset.skipped`.

    A file that does not fit into memory is read by way of cache files (see `TableStore`): X of the training
    rows is then `Stored`, and training reads it block by block. Of the test rows as many as fit are drawn.

    Args:
        source: a file that `read_table` reads, or a table.
        test: the same; None: a share of the rows, stratified by class.
        target: the column that is predicted.
        numeric: see `TableRecipe.fit`.
        categorical: see `TableRecipe.fit`.
        drop: see `TableRecipe.fit`.
        encoding: see `TableRecipe.fit`.
        missing: see `TableRecipe.fit`.
        decimal: see `TableRecipe.fit`.
        task: see `Target.decide`.
        test_fraction: the share that is split off if there is no test table.
        seed: of that split.
        dtype: of X and Y.
        encoded: whether X is an `EncodedTable`, of a tenth of the memory, which trains and predicts the
            same, and faster; None: if the dense inputs would take more than 256 MB.
        memory: bytes that a training may take, beside the program itself; None: half of what is available,
            for a file that does not fit into all of it.
        cache: the folder of cache files; None: one beside the file.

    Raises:
        As `read_table`, `Target.decide` and `TableRecipe.fit`.
        TooLargeError: not even one column fits into the memory.
        OutputError: the cache files cannot be written.
    """
    check_split(test_fraction, seed, dtype)
    if decimal not in (None, ".", ","):
        raise OptionError(f"decimal is {decimal!r:.20}; expected . or ,")
    store = TableStore.of(source, Allowance(memory), cache)
    table, skipped = _with_target(_read(source, categorical, missing, store=store), target)
    decided = Target.decide(table, target, task, decimal)
    declared = declared_columns(table, numeric=numeric, categorical=categorical, drop=drop, target=target)
    # Decided on all rows: a subset may look different.
    roles = roles_of(table, declared, target, decimal)
    roles.noticed += decided.noticed(table, is_given=task is not None)
    beside = TableStore.of(test, Allowance(memory), cache) if test is not None else store
    if test is None:
        table, held_out, test_skipped = _split_off(table, decided, test_fraction, seed)
    else:
        texts = [name for name, role in roles.by_name.items() if role.kind in ("category", "date")]
        as_text = [*categorical, *texts, *([target] if decided.is_text else [])]
        disguised = [name for name, role in roles.by_name.items() if not role.form.is_plain]
        disguised += [target] if decided.form is not None else []
        read = _read(test, as_text, missing, disguised, store=beside)
        held_out, test_skipped = _with_target(read, target)
    if beside is not None:
        held_out = beside.judged(held_out, seed)
    recipe = TableRecipe.fit(
        table,
        numeric=numeric,
        categorical=categorical,
        drop=drop,
        target=target,
        encoding=encoding,
        missing=missing,
        roles=roles,
        target_form=decided.form,
    )
    parts = _Parts(table, held_out, decided, (skipped, test_skipped), split=test is None)
    return _loaded(parts, recipe, store, dtype, encoded)


def load_tables_like(
    source: Source,
    test: Source | None = None,
    *,
    recipe: TableRecipe,
    classes: Sequence[str],
    test_fraction: float = 0.2,
    seed: int = 0,
    dtype: str = "float64",
    memory: int | None = None,
    cache: str | os.PathLike[str] | None = None,
) -> LoadedTables:
    """Read a training and a test table as those of an earlier model were read: to train it on.

    Args:
        source: see `load_tables`.
        test: see `load_tables`.
        recipe: the model's.
        classes: the model's; empty for regression.
        test_fraction: see `load_tables`.
        seed: see `load_tables`.
        dtype: see `load_tables`.
        memory: see `load_tables`.
        cache: see `load_tables`.

    Raises:
        As `load_labelled_table` and `load_tables`.
    """
    check_split(test_fraction, seed, dtype)
    target = _target_of(recipe, classes)
    store = TableStore.of(source, Allowance(memory), cache)
    table, skipped = _read_like(source, recipe, target, store)
    beside = TableStore.of(test, Allowance(memory), cache) if test is not None else store
    if test is None:
        table, held_out, test_skipped = _split_off(table, target, test_fraction, seed)
    else:
        held_out, test_skipped = _read_like(test, recipe, target, beside)
    if beside is not None:
        held_out = beside.judged(held_out, seed)
    parts = _Parts(table, held_out, target, (skipped, test_skipped), split=test is None)
    recipe = replace(recipe, noticed=tuple(recipe.unseen(table)))
    return _loaded(parts, recipe, store, dtype, encoded=True)


class _Parts(NamedTuple):
    """Training and test rows, their target, and lines about the rows that were left out of each."""

    train: Table
    test: Table
    target: Target
    skipped: tuple[tuple[str, ...], tuple[str, ...]]
    split: bool


def _target_of(recipe: TableRecipe, classes: Sequence[str]) -> Target:
    """The target of a model.

    Raises:
        LabelError: the recipe does not name the column that the model predicts.
    """
    if not recipe.target:
        raise LabelError(
            "the model does not know which column it predicts; expected a recipe that names its target"
        )
    return Target(recipe.target, tuple(classes), because="it was", form=recipe.target_form)


def _read_like(
    source: Source, recipe: TableRecipe, target: Target, store: TableStore | None = None
) -> tuple[Table, tuple[str, ...]]:
    """The rows with a target, read as the model's recipe says, and a line about the others."""
    as_text = [*recipe.text_columns, *([target.name] if target.is_text else [])]
    return _with_target(_read(source, as_text, recipe.missing, recipe.disguised, store=store), target.name)


def _split_off(
    table: Table, target: Target, fraction: float, seed: int
) -> tuple[Table, Table, tuple[str, ...]]:
    """Training and test rows of one file; rows left out are reported once, with those of the training."""
    train_rows, test_rows = _split(table, target, fraction, seed)
    return table.take(train_rows), table.take(test_rows), ()


def _loaded(
    parts: _Parts, recipe: TableRecipe, store: TableStore | None, dtype: str, encoded: bool | None
) -> LoadedTables:
    """Both parts through a recipe, and what is noticed of them."""
    table, held_out, target, (skipped, test_skipped), split = parts
    train = _dataset(table, recipe, target, dtype, skipped, encoded, store)
    both = _of_both(table, held_out, recipe, split=split)
    if isinstance(table.columns, OneByOne):
        table.columns.forget()
    test = _dataset(held_out, recipe, target, dtype, test_skipped, encoded)
    noticed = (*recipe.noticed, *both, *(store.notes if store is not None else ()))
    return LoadedTables(train, test, table, held_out, target, noticed)


def _of_both(train: Table, test: Table, recipe: TableRecipe, *, split: bool) -> list[str]:
    """What is noticed of a training and a test table together."""
    lines = [] if split else [f"test: {line}" for line in recipe.unseen(test)]
    names = [name for name in (*recipe.column_names, recipe.target) if name in test and name in train]
    if len(names) < 2:
        return lines
    # Sorted: of so many rows, that is faster than any table of them.
    known, asked = np.sort(row_hashes(train.only(names))), row_hashes(test.only(names))
    # Of a few categories there are only so many rows.
    if 1 + np.sum(known[1:] != known[:-1]) < _MOSTLY_DIFFERENT * train.m:
        return lines
    places = np.searchsorted(known, np.sort(asked))
    repeated = int(np.sum(known[np.minimum(places, len(known) - 1)] == np.sort(asked)))
    if repeated > 1 and repeated >= _FEW_REPEATED * test.m:
        lines.append(
            f"{repeated:,} of the {test.m:,} test rows have the same values as a training row, which makes "
            "the test easier than new rows are; remove duplicates"
        )
    return lines


def load_labelled_table(
    source: Source,
    recipe: TableRecipe,
    classes: Sequence[str],
    *,
    dtype: str = "float64",
    encoded: bool | None = None,
) -> tuple[Table, Dataset]:
    """Rows with their target through the recipe of a model, to evaluate it: the table, and the data set.

    Args:
        source: a file that `read_table` reads, or a table.
        recipe: the model's.
        classes: the model's; empty for regression.
        dtype: of X and Y.
        encoded: see `load_tables`.

    Raises:
        As `read_table`, `TableRecipe.columns` and `Target.encode`.
        LabelError: the recipe does not name the column that the model predicts.
    """
    target = _target_of(recipe, classes)
    table, skipped = _read_like(source, recipe, target)
    return table, _dataset(table, recipe, target, dtype, skipped, encoded)


def read_table_inputs(source: Source, recipe: TableRecipe) -> Table:
    """A table to predict on, whose columns are read with the types that they had in training.

    Raises:
        As `read_table`.
    """
    return _read(source, recipe.text_columns, recipe.missing, recipe.disguised)


def _read(
    source: Source,
    text: Sequence[str],
    missing: Sequence[str],
    as_written: Sequence[str] = (),
    *,
    store: TableStore | None = None,
) -> Table:
    if store is not None:
        return store.table(frozenset(text), frozenset(as_written)).with_missing(missing)
    table = source if isinstance(source, Table) else read_table(source, text=text, as_written=as_written)
    return table.with_missing(missing)


def _with_target(table: Table, target: str) -> tuple[Table, tuple[str, ...]]:
    """The rows with a target, and a line about the rows without one."""
    table.require([target], "the target has to be one of them")
    table = table.without(target, marks) if (marks := marks_of(table, target)) else table
    missing = table.missing(target)
    if not missing.any():
        return table, ()
    if missing.all():
        where = table.where or "the table"
        raise LabelError(f"{where}: the target {shown(target)} has no values; expected one in each row")
    rows = "rows are" if missing.sum() > 1 else "row is"
    first = table.place(int(np.argmax(missing)))
    line = f"{missing.sum()} {rows} left out, without a value of {shown(target)}: {first}"
    return table.take(np.flatnonzero(~missing)), (line,)


def _split(table: Table, target: Target, fraction: float, seed: int) -> tuple[Any, Any]:
    """Indices of a training and a test part."""
    if table.m < 2:
        raise DataError(f"there is {table.m} row; expected at least two, or a test table")
    if not target.classes:
        return random_split(table.m, fraction, seed)
    return stratified_split(target.labels(table), fraction, seed)


def _dataset(
    table: Table,
    recipe: TableRecipe,
    target: Target,
    dtype: str,
    skipped: tuple[str, ...],
    encoded: bool | None,
    store: TableStore | None = None,
) -> Dataset:
    check_known("dtype", dtype, DTYPES)
    Y, sources = target.encode(table, dtype), table.places
    X: Any
    if encoded is None:
        encoded = recipe.n_x * table.m * np.dtype(dtype).itemsize > MOST_DENSE
    if store is not None:
        X = store.inputs(table, recipe, dtype)
    elif encoded:
        X = recipe.encoded(table, dtype)
        X.check_finite(sources)
    else:
        X = recipe.columns(table, dtype)
        check_finite(X, sources)
    return Dataset(
        X,
        Y,
        finite=True,
        classes=target.classes,
        recipe=recipe,
        sources=sources,
        skipped=skipped,
    )
