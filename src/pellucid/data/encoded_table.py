"""EncodedTable: the inputs of a large table in their encoded form, made dense some examples at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.core.encoding import EncodedCategory, EncodedColumn, EncodedNumber
from pellucid.errors import NonFiniteError
from pellucid.examples import Integers

Floats = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class EncodedTable:
    """`Columns` of a table: about ten bytes for a number, four for a category, however many inputs it is.

    Attributes:
        columns: of the table, each with m examples.
        dtype: the type of number of the inputs.
    """

    columns: tuple[EncodedColumn, ...]
    dtype: Any

    @property
    def shape(self) -> tuple[int, int]:
        """(n_x, m)."""
        return sum(column.n_inputs for column in self.columns), self.columns[0].m

    def __repr__(self) -> str:
        return (
            f"EncodedTable({len(self.columns)} columns as {self.shape[0]} inputs, {self.shape[1]} examples)"
        )

    def dense(self, columns: Integers | slice) -> Floats:
        """Some of the examples as an array (n_x, k), example by example in memory.

        Args:
            columns: indices of the examples, or a slice of them.
        """
        taken = [_taken(column, columns) for column in self.columns]
        rows = np.zeros((taken[0].m, self.shape[0]), self.dtype)
        start = 0
        for column in taken:
            own = rows[:, start : start + column.n_inputs]
            start += column.n_inputs
            (_fill_levels if isinstance(column, EncodedCategory) else _fill_number)(own, column)  # type: ignore[arg-type]
        return rows.T

    def take(self, columns: Integers | slice) -> "EncodedTable":
        """Some of the examples, encoded.

        Args:
            columns: indices of the examples, or a slice of them.
        """
        return EncodedTable(tuple(_taken(column, columns) for column in self.columns), self.dtype)

    def check_finite(self, sources: Sequence[str]) -> None:
        """Refuse values beyond the range of the type.

        Raises:
            NonFiniteError: with the source of the first.
        """
        for column in self.columns:
            if isinstance(column, EncodedNumber) and not np.isfinite(column.values).all():
                row = int(np.argmin(np.isfinite(column.values)))
                raise NonFiniteError(
                    f"{sources[row]} holds a number beyond the range of {np.dtype(self.dtype).name}; "
                    "expected numbers of usual size: scale them, or use float64"
                )


def _taken(column: EncodedColumn, columns: Integers | slice) -> EncodedColumn:
    if isinstance(column, EncodedCategory):
        return EncodedCategory(column.code[columns], column.levels)
    values, piece, fraction, pieces, missing = column
    return EncodedNumber(
        values[columns],
        None if piece is None else piece[columns],
        None if fraction is None else fraction[columns],
        pieces,
        None if missing is None else missing[columns],
    )


def _fill_number(own: Floats, column: EncodedNumber) -> None:
    own[:, 0] = column.values
    if column.pieces:
        assert column.piece is not None  # a column with pieces has them
        assert column.fraction is not None
        piece = column.piece[:, None]
        inside = own[:, 1 : 1 + column.pieces]
        inside[:] = np.arange(column.pieces, dtype=piece.dtype) < piece
        np.put_along_axis(inside, piece.astype(np.intp), column.fraction[:, None], axis=1)
    if column.missing is not None:
        own[:, -1] = column.missing


def _fill_levels(own: Floats, column: EncodedCategory) -> None:
    rows = np.flatnonzero(column.code >= 0)
    own[rows, column.code[rows]] = 1
