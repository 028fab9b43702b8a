"""TableRecipe: the preprocessing of a table's columns into a network's inputs. The model stores it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np

from pellucid import display
from pellucid.data._files import memory, shown
from pellucid.data._table_categories import CategoryColumn
from pellucid.data._table_dates import DateColumn
from pellucid.data._table_numbers import NumberColumn
from pellucid.data._table_roles import Role, Roles, roles_of, useless
from pellucid.data._table_spelling import NumberForm
from pellucid.data.table import Table
from pellucid.encoded_table import EncodedTable
from pellucid.errors import DataError, OptionError

InputColumn = NumberColumn | CategoryColumn | DateColumn

ENCODINGS = ("auto", "piecewise", "standard")
MAX_INPUTS = 1_000_000

# More gain little on tables of census size; docs/tables.md has the measurements.
_PIECES = 64
# In all columns together: a table of a thousand columns of numbers is wide enough without pieces.
_ALL_PIECES = 2000
# Examples for each piece: with fewer, a piece would hold too few to learn from.
_PER_PIECE = 50
# Rows that are encoded at a time: their columns stay in the cache. Threads share so many of these.
_ROWS_AT_A_TIME = 8192
_WORTH_THREADS = 4
# Of columns, in a notebook.
_MOST_ROWS = 40


class ColumnSummary(NamedTuple):
    """Summary of one column for display: name, kind, count of missing values, and its inputs in words."""

    name: str
    kind: str
    missing: int
    becomes: str


@dataclass(frozen=True)
class TableRecipe:
    """The preprocessing of named columns into the columns X of a network.

    Attributes:
        inputs: the encoding of each column, in the order of the network's inputs.
        target: the name of the column that is predicted; empty: unknown. It is not an input.
        left_out: pairs of a column that is not an input and the reason.
        missing: texts and numbers that mark missing values.
        target_form: how the numbers of the target are written, where it is one of numbers in disguise.
        noticed: what was noticed of the training table, a line each; a model file does not keep it.

    Raises:
        OptionError: no columns, a column that occurs twice, or too many inputs.
    """

    inputs: tuple[InputColumn, ...]
    target: str = ""
    left_out: tuple[tuple[str, str], ...] = field(default=())
    missing: tuple[str, ...] = ()
    target_form: NumberForm | None = None
    noticed: tuple[str, ...] = field(default=(), compare=False, repr=False)

    kind = "table"
    scaling = None

    def __post_init__(self) -> None:
        names = [
            *self.column_names,
            *([self.target] if self.target else []),
            *(n for n, _ in self.left_out),
        ]
        if len(set(names)) != len(names):
            duplicate = next(name for name in names if names.count(name) > 1)
            raise OptionError(f"recipe: column {shown(duplicate)} occurs twice; expected each once")
        if not 0 < self.n_x <= MAX_INPUTS:
            raise OptionError(
                f"recipe: {len(self.inputs)} columns become {self.n_x} inputs; expected 1 to {MAX_INPUTS:,}"
            )

    def __repr__(self) -> str:
        return f"TableRecipe({self.describe():.200}; {self.n_x} inputs)"

    def _repr_html_(self) -> str:
        rows = [(shown(column.name), f"{column.n_inputs:,}", column.describe()) for column in self.inputs]
        rows += [(shown(name), "0", f"left out: {why}") for name, why in self.left_out]
        more = [("more columns", f"{len(rows) - _MOST_ROWS:,}")] if len(rows) > _MOST_ROWS else []
        html = display.table(("column", "inputs", "becomes"), rows[:_MOST_ROWS], "<><")
        return html + display.facts([("inputs", f"{self.n_x:,}"), *more])

    @classmethod
    def fit(
        cls,
        table: Table,
        *,
        numeric: Iterable[str] = (),
        categorical: Iterable[str] = (),
        drop: Iterable[str] = (),
        target: str = "",
        encoding: str = "auto",
        decimal: str | None = None,
        missing: Iterable[str] = (),
        roles: Roles | None = None,
        target_form: NumberForm | None = None,
    ) -> Self:
        """The recipe for a training table.

        Columns of numbers are numbers, and columns of text are categories, dates or numbers that are
        written otherwise ($1,234.50), unless an option says otherwise. Row numbers, ids, free text, and a
        column without values, or with a single distinct one, are left out. Rare categories (in fewer than
        one in a thousand rows, or 2 rows, but never more than 20) share an input.

        Args:
            table: the training table.
            numeric: columns of text to read as numbers; every value must be a number.
            categorical: columns of numbers to read as categories.
            drop: columns that are not used.
            target: the column that is predicted.
            encoding: of numbers: "standard" scales them to mean 0 and deviation 1; "piecewise" adds a
                piecewise-linear encoding of 64 pieces; "auto" adds one of at most 64 pieces, one for every
                50 rows, and 2000 in all columns together.
            decimal: the decimal mark of numbers in texts; None: inferred.
            missing: texts and numbers that mark missing values.
            roles: of the columns, where they were decided on more rows.
            target_form: see the attribute.

        Raises:
            DataError: an unknown column, too many categories, or no column left to train on.
            NonFiniteError: an infinite number, with its place.
            OptionError: an unknown encoding, or contradictory options.
        """
        if encoding not in ENCODINGS:
            raise OptionError(f"unknown encoding {encoding!r:.80}; expected one of {', '.join(ENCODINGS)}")
        declared = declared_columns(
            table, numeric=numeric, categorical=categorical, drop=drop, target=target
        )
        marks = tuple(dict.fromkeys(missing))
        table = table.with_missing(marks)
        roles = roles or roles_of(table, declared, target, decimal)
        pieces = _pieces(table, encoding)
        inputs: list[InputColumn] = []
        left_out: list[tuple[str, str]] = []
        for name in table.names:
            if name == target:
                continue
            encoded = _fitted(table, name, roles.by_name[name], pieces)
            if isinstance(encoded, str):
                left_out.append((name, encoded))
            else:
                inputs.append(encoded)
        if not inputs:
            reasons = ", ".join(f"{shown(name)}: {why}" for name, why in left_out[:10]) or "there are none"
            raise DataError(f"no column is left to train on ({reasons}); expected one at least")
        noticed = tuple(roles.noticed)
        return cls(tuple(inputs), target, tuple(left_out), marks, target_form, noticed=noticed)

    @property
    def n_x(self) -> int:
        """The number of inputs per row."""
        return sum(column.n_inputs for column in self.inputs)

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns that a table must have, in any order."""
        return tuple(column.name for column in self.inputs)

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns to read as text, as in training: pass them to `read_table`."""
        return tuple(column.name for column in self.inputs if not isinstance(column, NumberColumn))

    @property
    def disguised(self) -> tuple[str, ...]:
        """The columns of numbers, and the target, that are written in another form: see `read_table`."""
        columns = [c.name for c in self.inputs if isinstance(c, NumberColumn) and not c.form.is_plain]
        return (*columns, *([self.target] if self.target_form is not None else []))

    @property
    def input_names(self) -> tuple[str, ...]:
        """A name for each input of the network."""
        return tuple(name for column in self.inputs for name in column.input_names)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example: (n_x,)."""
        return (self.n_x,)

    def describe(self) -> str:
        """A description of the examples, for error messages."""
        names = ", ".join(map(shown, self.column_names[:5]))
        more = f" and {len(self.inputs) - 5} more" if len(self.inputs) > 5 else ""
        columns = "columns" if len(self.inputs) > 1 else "column"
        return f"rows of a table with the {columns} {names}{more}"

    def describe_scaling(self) -> str:
        """The encoding of the columns, in words."""
        return f"made {self.n_x} inputs: numbers scaled to mean 0 and deviation 1, categories one-hot"

    def summaries(self, table: Table) -> list[ColumnSummary]:
        """A summary of each column of the training table, in its order."""
        becomes = {column.name: column for column in self.inputs}
        left_out = dict(self.left_out)
        summaries = []
        for name in table.names:
            missing = int(table.missing(name).sum())
            column = becomes.get(name)
            if isinstance(column, NumberColumn) and not table.is_numeric(name):
                # With the marks and the texts that are no numbers.
                missing = int(np.isnan(column.raw(table)).sum())
            if name in becomes:
                kind = _KINDS[type(becomes[name])]
                summaries.append(ColumnSummary(name, kind, missing, becomes[name].describe()))
            elif name in left_out:
                summaries.append(ColumnSummary(name, "left out", missing, left_out[name]))
            elif name == self.target:
                summaries.append(ColumnSummary(name, "target", missing, "the column to predict"))
        return summaries

    def columns(self, table: Table, dtype: str = "float64") -> np.ndarray[Any, Any]:
        """X (n_x, m): each row of a table as a column.

        The columns may be in any order; others are ignored.

        Args:
            table: with the columns of `column_names`.
            dtype: "float64" or "float32".

        Raises:
            DataError: missing columns, with their names; a text in a column of numbers.
            NonFiniteError: an infinite number, with its place.
        """
        self._require(table)
        bytes_needed = self.n_x * table.m * np.dtype(dtype).itemsize
        if bytes_needed > memory():
            raise DataError(
                f"{table.m:,} rows of {self.n_x:,} inputs take {bytes_needed:,} bytes and this machine has "
                f"{memory():,}; expected fewer rows, or fewer categories: --drop columns with many"
            )
        return self.encoded(table, dtype).dense(slice(None))

    def encoded(self, table: Table, dtype: str = "float64") -> EncodedTable:
        """The same inputs in their encoded form, in a small part of the memory.

        Args:
            table: with the columns of `column_names`.
            dtype: "float64" or "float32".

        Raises:
            DataError, NonFiniteError: as `columns`.
        """
        self._require(table)
        table = table.with_missing(self.missing)
        layout = [inputs for column in self.inputs for inputs in column.layout]
        found = EncodedTable.empty(layout, table.m, np.dtype(dtype))
        raw = [column.raw(table) for column in self.inputs]

        def fill(start: int) -> None:
            rows = slice(start, start + _ROWS_AT_A_TIME)
            parts = zip(self.inputs, raw, strict=True)
            found.fill(rows, (part for column, own in parts for part in column.encoded(own[rows], dtype)))

        starts = range(0, table.m, _ROWS_AT_A_TIME)
        if len(starts) < _WORTH_THREADS:
            for start in starts:
                fill(start)
            return found
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(2) as pool:
            # Sorting into pieces lets other threads run.
            for _ in pool.map(fill, starts):
                pass
        return found

    def blocks(self, raw: Any, dtype: str = "float64") -> Iterator[EncodedTable]:
        """The inputs of rows, encoded, in one block.

        Args:
            raw: rows that `Table.from_frame` accepts.
            dtype: "float64" or "float32".
        """
        yield self.encoded(Table.from_frame(raw, self.column_names), dtype)

    def _require(self, table: Table) -> None:
        table.require(self.column_names, "the model needs them all" if len(self.inputs) > 1 else "")

    def unseen(self, table: Table) -> list[str]:
        """A line for each column with values that training has not seen, or that are unreadable.

        Args:
            table: rows to predict on.

        Raises:
            DataError: missing columns, with their names.
        """
        self._require(table)
        lines = []
        table = table.with_missing(self.missing)
        for column in self.inputs:
            if isinstance(column, NumberColumn) and column.others:
                rows, texts = column.unreadable(table)
                if rows:
                    which = ", ".join(map(shown, texts[:3]))
                    lines.append(
                        f"{shown(column.name)}: {rows:,} of {table.m:,} values are no numbers, and count "
                        f"as missing: {which}"
                    )
            if not isinstance(column, CategoryColumn):
                continue
            rows, present, new = column.unseen(table.texts(column.name))
            examples = ", ".join(map(shown, new[:3])) + (", ..." if len(new) > 3 else "")
            if rows and rows == present:
                known = ", ".join(map(shown, column.categories[:3]))
                none = "its value was NOT" if rows == 1 else f"NONE of its {rows:,} values was"
                lines.append(
                    f"{shown(column.name)}: {none} seen in training: {examples}; training has "
                    f"{known or 'none'}: is it written in another way?"
                )
            elif rows:
                lines.append(
                    f"{shown(column.name)}: {rows:,} of {present:,} values were not seen in training, or "
                    f"seldom: {examples}"
                )
        return lines

    def pictures(self, X: np.ndarray[Any, Any]) -> None:
        """None: rows of a table are not pictures."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a model file."""
        # Only where there are some: files of version 0.1.0 have no such key.
        more: dict[str, Any] = {"missing": list(self.missing)} if self.missing else {}
        if self.target_form is not None:
            more["target_form"] = self.target_form.to_list()
        return {
            "kind": self.kind,
            "target": self.target,
            "columns": [column.to_dict() for column in self.inputs],
            "left_out": [list(pair) for pair in self.left_out],
            **more,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`.

        Raises:
            OptionError: keys or values that are invalid for a recipe of a table.
        """
        expected = {"kind", "target", "columns", "left_out"}
        if (
            not isinstance(document, Mapping)
            or set(document) - {"missing", "target_form"} != expected
            or document["kind"] != cls.kind
        ):
            raise OptionError(f"a recipe of a table is described by {', '.join(sorted(expected))}")
        columns, left_out = document["columns"], document["left_out"]
        if not isinstance(columns, list) or not isinstance(left_out, list):
            raise OptionError("recipe: columns and left_out are lists")
        pairs = all(
            isinstance(pair, list) and len(pair) == 2 and all(isinstance(text, str) for text in pair)
            for pair in left_out
        )
        if not pairs or not isinstance(document["target"], str):
            raise OptionError("recipe: left_out holds pairs of texts, and target is a text")
        missing = document.get("missing", [])
        if not isinstance(missing, list) or not all(isinstance(mark, str) for mark in missing):
            raise OptionError("recipe: missing is a list of texts")
        return cls(
            tuple(map(_column_from_dict, columns)),
            document["target"],
            tuple((n, why) for n, why in left_out),
            tuple(missing),
            NumberForm.from_list(document["target_form"]) if "target_form" in document else None,
        )


_KINDS: dict[type[InputColumn], str] = {
    NumberColumn: "number",
    CategoryColumn: "category",
    DateColumn: "date",
}


def _column_from_dict(document: Any) -> InputColumn:
    kinds: dict[str, type[InputColumn]] = {kind: column for column, kind in _KINDS.items()}
    kind = document.get("kind") if isinstance(document, Mapping) else None
    if not isinstance(kind, str) or kind not in kinds:
        raise OptionError(f"recipe: a column is of the kind {kind!r:.80}; expected {' or '.join(kinds)}")
    return kinds[kind].from_dict(document)


def _pieces(table: Table, encoding: str) -> int:
    """The number of pieces for a column of numbers; 0: none."""
    if encoding != "auto":
        return _PIECES if encoding == "piecewise" else 0
    numbers = sum(table.is_numeric(name) for name in table.names)
    enough = min(_PIECES, table.m // _PER_PIECE, _ALL_PIECES // max(1, numbers))
    # A single piece adds nothing to the number itself.
    return enough if enough > 1 else 0


def declared_columns(table: Table, *, target: str, **options: Iterable[str]) -> dict[str, str]:
    """The option that names each column: "numeric", "categorical", "drop" or "target".

    Args:
        table: with the columns.
        target: the column that is predicted.
        options: the names that each option has.

    Raises:
        DataError: an unknown column.
        OptionError: a column with two options.
    """
    declared: dict[str, str] = {target: "target"} if target else {}
    for option, names in options.items():
        if isinstance(names, str):
            raise OptionError(f"{option} is the text {names!r:.80}; expected a list of names")
        for name in names:
            if declared.get(name, option) != option:
                raise OptionError(
                    f"column {shown(name)} is declared {declared[name]} and {option}; expected one of them"
                )
            declared[name] = option
    table.require(declared)
    return declared


def _fitted(table: Table, name: str, role: Role, pieces: int) -> InputColumn | str:
    """The encoding of a column; or the reason why it is left out."""
    # The rows that are trained on may have less than all of them.
    why = role.why if role.kind == "left out" else useless(table, name)
    if why:
        return why
    if role.kind == "number":
        return NumberColumn.fit(table, name, pieces, role.form, others=role.others)
    if role.kind == "date":
        return DateColumn.fit(table, name, role.date, pieces)
    column = CategoryColumn.fit(table, name, min(20, max(2, table.m // 1000)))
    return column if column.categories or column.missing else "each of its texts is rare"
