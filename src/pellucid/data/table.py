"""Table: named columns of numbers and texts, as a file or a data frame holds them, before any recipe."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, overload

import numpy as np

from pellucid import display
from pellucid.data._files import shown
from pellucid.data._table_values import check_names, column_of, is_code, number_of, text_of
from pellucid.data.table_columns import OneByOne
from pellucid.data.table_texts import Texts
from pellucid.errors import DataError

Column = np.ndarray[Any, Any]

# One-hot encoded this is beyond what a dense network trains on; the check keeps names cheap to compare.
MAX_COLUMNS = 100_000
# Of columns, in a notebook.
_MOST_ROWS = 40


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of equal length by name: numbers with NaN, or texts with None, for missing values.

    A table is a value: do not change its columns in place.

    Attributes:
        columns: name to (m,) float64, or to `Texts`; given as (m,) objects, each a str or None, too.
            `OneByOne`, if they do not fit into memory together.
        where: the file it was read from, for messages; empty: it came from memory.
        first_line: the line of its first row in the file; 0: some row is not exactly one line.
        rows: (m,) the indices of these rows in the source; None: all of them.
        separator: of the file's columns: ",", ";", a tab; empty: unknown.
        notes: what was noticed when it was read, one line each.

    Raises:
        DataError: no columns, columns of different lengths, or a name that is empty.
    """

    columns: Mapping[str, Column | Texts]
    where: str = ""
    first_line: int = 0
    rows: Column | None = None
    separator: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.columns, OneByOne):
            # Checked when the file was read.
            return
        columns = {name: _of_objects(column) for name, column in self.columns.items()}
        object.__setattr__(self, "columns", columns)
        if not 0 < len(self.columns) <= MAX_COLUMNS:
            raise DataError(
                f"{self.prefix}there are {len(self.columns)} columns; expected 1 to {MAX_COLUMNS}"
            )
        for name, column in self.columns.items():
            if not isinstance(name, str) or not name:
                raise DataError(f"{self.prefix}a column is called {name!r:.80}; expected a name")
            if not isinstance(column, Texts) and (column.ndim != 1 or column.dtype != np.float64):
                raise DataError(
                    f"{self.prefix}column {shown(name)} has type {column.dtype} and shape {column.shape}; "
                    "expected (m,) float64 or objects: Table.from_frame makes them"
                )
            if len(column) != self.m:
                raise DataError(
                    f"{self.prefix}column {shown(name)} has {len(column)} values and "
                    f"{shown(self.names[0])} has {self.m}; expected as many in every column"
                )

    @classmethod
    def from_frame(cls, frame: Any, names: Sequence[str] | None = None) -> Self:
        """A table from a data frame, a dictionary of columns, or an array.

        Numbers stay numbers. Texts, categories, dates and booleans (as "True" and "False") are texts; so
        are all values of a column that holds both numbers and texts. None, NaN, NaT and null are missing
        values, and so are the texts that mean one in a file: empty ones, ?, NA, NULL and the like.

        Args:
            frame: a pandas or polars data frame or an Arrow table (with narwhals); a dictionary of equally
                long sequences; or an array (m, n) of numbers or objects, with `names`.
            names: of an array's columns.

        Raises:
            DataError: another type, a name that occurs twice, or lists or other structures as values.
            MissingPackageError: a data frame, and narwhals is not installed.
        """
        if isinstance(frame, cls):
            return frame
        if isinstance(frame, Mapping):
            pairs = list(frame.items())
        elif isinstance(frame, (np.ndarray, list, tuple)):
            pairs = _columns_of_array(frame, names)
        else:
            from pellucid.data._table_frames import columns_of_frame

            return cls(columns_of_frame(frame))
        check_names([name for name, _ in pairs])
        return cls({name: column_of(name, values) for name, values in pairs})

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(self.columns)

    @property
    def m(self) -> int:
        """The number of rows."""
        if isinstance(self.columns, OneByOne):
            return self.columns.m
        return len(next(iter(self.columns.values())))

    def __len__(self) -> int:
        return self.m

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> Column:
        """(m,): float64 with NaN, or objects, each a str or None.

        Raises:
            DataError: there is no such column; the message lists the columns.
        """
        self.require([name])
        column = self.columns[name]
        return column.objects() if isinstance(column, Texts) else column

    def __repr__(self) -> str:
        numeric = sum(map(self.is_numeric, self.names))
        return f"Table({self.m} rows, columns: {numeric} of numbers, {len(self.names) - numeric} of text)"

    def _repr_html_(self) -> str:
        """A line for each column: a wide table would not fit the page."""
        head = self.head()
        rows = [
            (
                shown(name),
                "numbers" if self.is_numeric(name) else "texts",
                f"{int(self.missing(name).sum()):,}",
                ", ".join(shown(row[name]) if row[name] else "(missing)" for row in head),
            )
            for name in self.names[:_MOST_ROWS]
        ]
        more = len(self.names) - _MOST_ROWS
        pairs = [("rows", f"{self.m:,}"), *([("more columns", f"{more:,}")] if more > 0 else [])]
        html = display.table(("column", "holds", "missing", "first rows"), rows, "<<><")
        return html + display.facts(pairs)

    @property
    def prefix(self) -> str:
        """The file and a colon, the beginning of a message; empty: it came from memory."""
        return f"{self.where}: " if self.where else ""

    def called(self, name: str) -> str:
        """A column, the beginning of a message: "adult.csv: column age"."""
        return f"{self.prefix}column {shown(name)}"

    def require(self, names: Iterable[str], purpose: str = "") -> None:
        """Refuse a table that lacks a column.

        Args:
            names: of the required columns.
            purpose: why they are required, for the message: "the model was trained with it".

        Raises:
            DataError: with the missing columns and the existing ones.
        """
        missing = [name for name in names if name not in self.columns]
        if missing:
            there_is = "there are no columns" if len(missing) > 1 else "there is no column"
            why = f"; {purpose}" if purpose else ""
            there_are = _listed(self.names, 40)
            raise DataError(f"{self.prefix}{there_is} {_listed(missing)}{why}; the columns are {there_are}")

    def is_numeric(self, name: str) -> bool:
        """Whether a column holds numbers."""
        self.require([name])
        return not isinstance(self.columns[name], Texts)

    def missing(self, name: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """(m,): whether a value is missing."""
        self.require([name])
        column = self.columns[name]
        return column.missing if isinstance(column, Texts) else np.isnan(column)

    def texts(self, name: str) -> Texts:
        """A column as texts; integers have no decimal point."""
        self.require([name])
        column = self.columns[name]
        return column if isinstance(column, Texts) else text_of(column)

    def numbers(self, name: str) -> Column:
        """(m,) float64, a column of numbers; NaN where one is missing.

        Raises:
            DataError: it holds texts.
        """
        self.require([name])
        column = self.columns[name]
        if isinstance(column, Texts):
            raise DataError(f"{self.called(name)} holds texts; expected numbers")
        return column

    def place(self, row: int) -> str:
        """The place of a row as a person would look it up: "adult.csv, line 17", or "row 15"."""
        row = row if self.rows is None else int(self.rows[row])
        here = f"line {row + self.first_line}" if self.first_line else f"row {row}"
        return f"{self.where}, {here}" if self.where else here

    @property
    def places(self) -> "Places":
        """The `place` of each row."""
        return Places(self, range(self.m))

    def take(self, rows: Column | slice) -> Self:
        """The rows at these indices, in that order; views for a slice."""
        taken = np.arange(self.m)[rows] if self.rows is None else self.rows[rows]

        def part(_: str, column: Column | Texts) -> Column | Texts:
            return column.take(rows) if isinstance(column, Texts) else column[rows]

        return replace(self, columns=self._changed(part, len(taken)), rows=taken)

    def _changed(
        self, change: Callable[[str, Column | Texts], Column | Texts], m: int | None = None
    ) -> Mapping[str, Column | Texts]:
        """Each column with another in its place; `m`: rows of them, if not as many."""
        if isinstance(self.columns, OneByOne):
            return self.columns.changed(change, m)
        return {name: change(name, column) for name, column in self.columns.items()}

    @property
    def is_stored(self) -> bool:
        """Whether its columns are read one by one from a cache file."""
        return isinstance(self.columns, OneByOne)

    def read(self) -> Self:
        """The table with all columns in memory."""
        return replace(self, columns=dict(self.columns.items())) if self.is_stored else self

    def drop(self, names: Iterable[str]) -> Self:
        """The table without these columns.

        Raises:
            DataError: there is no such column.
        """
        dropped = set(names)
        self.require(sorted(dropped))
        return self.only([name for name in self.names if name not in dropped])

    def only(self, names: Sequence[str]) -> Self:
        """The table with these columns alone, in this order.

        Raises:
            DataError: there is no such column.
        """
        self.require(names)
        if isinstance(self.columns, OneByOne):
            return replace(self, columns=self.columns.only(names))
        return replace(self, columns={name: self.columns[name] for name in names})

    def with_missing(self, marks: Iterable[str]) -> Self:
        """The table with these texts as missing values, and these numbers in columns of numbers.

        Args:
            marks: such as "-" or "-999".
        """
        texts = frozenset(marks)
        if not texts:
            return self
        numbers = [number for number in map(number_of, texts) if number is not None]

        def without_marks(_: str, column: Column | Texts) -> Column | Texts:
            if isinstance(column, Texts):
                return _numbers_or_texts(column, column.without(texts.__contains__))
            return np.where(np.isin(column, numbers), np.nan, column)

        return replace(self, columns=self._changed(without_marks))

    def without(self, name: str, marks: Iterable[str]) -> Self:
        """The table with these texts of one column as missing values.

        Args:
            name: of the column.
            marks: texts of it.
        """
        known = frozenset(marks)

        def without_marks(other: str, column: Column | Texts) -> Column | Texts:
            if other != name:
                return column
            texts = column if isinstance(column, Texts) else text_of(column)
            return _numbers_or_texts(texts, texts.without(known.__contains__))

        self.require([name])
        return replace(self, columns=self._changed(without_marks))

    def head(self, rows: int = 5) -> list[dict[str, str]]:
        """The first rows as texts for display; missing values are empty."""
        few = self.take(slice(rows))
        texts = {name: list(few.texts(name)) for name in self.names}
        return [{name: column[row] or "" for name, column in texts.items()} for row in range(few.m)]


class Places(Sequence[str]):
    """Where each row of a table came from, made up when it is asked for.

    Args:
        table: the table.
        rows: of it.
    """

    def __init__(self, table: Table, rows: range) -> None:
        # Without the columns: a data set may outlive them.
        self._table, self._rows = table.only(table.names[:1]), rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> "Places": ...
    def __getitem__(self, row: int | slice) -> "str | Places":
        if isinstance(row, slice):
            return Places(self._table, self._rows[row])
        return self._table.place(self._rows[row])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (tuple, Places)) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Places({len(self)} rows of {self._table.where or 'a table'})"


def _numbers_or_texts(before: Texts, after: Texts) -> Column | Texts:
    """A column whose marks were taken out: of numbers, where only the marks were none."""
    if after is before or not after.counted:
        return after
    numbers = [number_of(text) for text in after.values]
    kept = [number for text, number in zip(after.values, numbers, strict=True) if text in after.counted]
    if None in kept or any(map(is_code, after.counted)):
        return after
    return after.mapped([np.nan if number is None else number for number in numbers], np.nan, np.float64)


def _of_objects(column: Column | Texts) -> Column | Texts:
    is_texts = isinstance(column, np.ndarray) and column.ndim == 1 and column.dtype == np.object_
    return Texts.of(column) if is_texts else column


def _columns_of_array(array: Any, names: Sequence[str] | None) -> list[tuple[str, Any]]:
    values = np.asarray(array) if isinstance(array, np.ndarray) else np.array(array, dtype=object)
    if values.ndim != 2:
        raise DataError(f"the rows have shape {values.shape}; expected (m, n): m rows of n columns")
    if names is None:
        raise DataError("an array has no names of columns; expected names=[...], or a data frame")
    if len(names) != values.shape[1]:
        raise DataError(
            f"there are {values.shape[1]} columns and {len(names)} names; expected a name for each column"
        )
    return [(name, values[:, i]) for i, name in enumerate(names)]


def _listed(names: Iterable[str], most: int = 10) -> str:
    """The first `most` names, separated by commas, each shortened to fit a message."""
    named = [shown(name) for name in names]
    more = f" and {len(named) - most} more" if len(named) > most else ""
    return ", ".join(named[:most]) + more
