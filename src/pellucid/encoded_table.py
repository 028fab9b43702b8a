"""EncodedTable: the inputs of a table in their encoded form, of which no dense array is ever needed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np

from pellucid.core.encoding import EncodedCategory, EncodedColumn, EncodedNumber
from pellucid.errors import NonFiniteError, ShapeError

Floats = np.ndarray[Any, Any]
Integers = np.ndarray[Any, Any]


class NumberInputs(NamedTuple):
    """The inputs of a column of numbers: the value, its pieces, and one if it may be missing.

    Attributes:
        pieces: how many; 0: the values alone.
        missing: whether there is an input for missing values.
    """

    pieces: int = 0
    missing: bool = False

    @property
    def n_inputs(self) -> int:
        """The number of inputs."""
        return 1 + self.pieces + self.missing


class LevelInputs(NamedTuple):
    """The inputs of a column of categories.

    Attributes:
        levels: how many, one input each.
    """

    levels: int

    @property
    def n_inputs(self) -> int:
        """The number of inputs."""
        return self.levels


ColumnInputs = NumberInputs | LevelInputs


@dataclass(frozen=True, eq=False)
class EncodedTable:
    """The columns of a table as `pellucid.core.encoding` has them, row by row in memory.

    `pellucid.examples.Columns`: about twelve bytes for a number in single precision and four for a
    category, however many inputs they are.

    Attributes:
        layout: the inputs of each column of the table, in their order.
        values: (m, n_values) the standardised numbers.
        fractions: (m, n_pieced) the way through its piece, of each number that has pieces.
        codes: (m, n_coded) int32: first the pieces, then the levels (-1: none) of each column of
            categories, and 0 or -1 for each number that may be missing, in the order of the columns.
    """

    layout: tuple[ColumnInputs, ...]
    values: Floats
    fractions: Floats
    codes: Integers

    @classmethod
    def empty(cls, layout: Sequence[ColumnInputs], m: int, dtype: Any) -> Self:
        """A table of m rows to be filled.

        Args:
            layout: the inputs of each column.
            m: examples.
            dtype: float64 or float32.
        """
        numbers = [inputs for inputs in layout if isinstance(inputs, NumberInputs)]
        pieced = sum(inputs.pieces > 0 for inputs in numbers)
        leveled = len(layout) - len(numbers) + sum(inputs.missing for inputs in numbers)
        return cls(
            tuple(layout),
            np.empty((m, len(numbers)), dtype),
            np.empty((m, pieced), dtype),
            np.empty((m, pieced + leveled), np.int32),
        )

    def fill(self, rows: slice, columns: Iterable[EncodedColumn]) -> None:
        """Write some rows of a table that is being made.

        Args:
            rows: which.
            columns: all columns of these rows.

        Raises:
            ShapeError: a column has other inputs, or another number of examples.
        """
        part = self.take(rows)
        for place, column in zip(part._places, columns, strict=True):
            if column.m != part.shape[1] or column.n_inputs != place.inputs.n_inputs:
                raise ShapeError(
                    f"a column has {column.m} examples of {column.n_inputs} inputs; expected "
                    f"{part.shape[1]} of {place.inputs.n_inputs}"
                )
            part._fill(place, column)

    def __post_init__(self) -> None:
        arrays = (self.values, self.fractions, self.codes)
        if {array.ndim for array in arrays} != {2} or len({len(array) for array in arrays}) != 1:
            raise ShapeError(
                "the arrays of an encoded table have the shapes "
                f"{', '.join(str(array.shape) for array in arrays)}; expected as many rows in each"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """(n_x, m)."""
        return sum(inputs.n_inputs for inputs in self.layout), len(self.codes)

    @property
    def dtype(self) -> Any:
        """The type of number of the inputs."""
        return self.values.dtype

    @property
    def nbytes(self) -> int:
        """The memory that the arrays take, in bytes."""
        return self.values.nbytes + self.fractions.nbytes + self.codes.nbytes

    @property
    def columns(self) -> tuple[EncodedColumn, ...]:
        """The columns one by one; views."""
        return tuple(map(self._column, self._places))

    @property
    def places(self) -> "tuple[list[int], list[int], list[int]]":
        """Where the columns are among the inputs.

        Returns:
            `(value_inputs, first_inputs, sizes)`: the input of each column of `values`; the input of the
            first piece or level of each column of `codes`, and how many pieces or levels it has.
        """
        value_inputs, pieces, levels = [], [], []
        for place in self._places:
            if isinstance(place.inputs, LevelInputs):
                levels.append((place.start, place.inputs.levels))
                continue
            value_inputs.append(place.start)
            if place.inputs.pieces:
                pieces.append((place.start + 1, place.inputs.pieces))
            if place.inputs.missing:
                levels.append((place.start + 1 + place.inputs.pieces, 1))
        coded = pieces + levels
        return value_inputs, [first for first, _ in coded], [size for _, size in coded]

    def __repr__(self) -> str:
        n_x, m = self.shape
        return f"EncodedTable({len(self.layout)} columns as {n_x} inputs, {m} examples)"

    def dense(self, columns: Integers | slice) -> Floats:
        """Some of the examples as an array (n_x, k), example by example in memory.

        Args:
            columns: indices of the examples, or a slice of them.
        """
        taken = self.take(columns)
        rows = np.zeros((taken.shape[1], taken.shape[0]), self.dtype)
        for place in taken._places:
            own = rows[:, place.start : place.start + place.inputs.n_inputs]
            column = taken._column(place)
            if isinstance(column, EncodedCategory):
                _fill_levels(own, column)
            else:
                _fill_number(own, column)
        return rows.T

    def take(self, columns: Integers | slice) -> Self:
        """Some of the examples, encoded; views for a slice.

        Args:
            columns: indices of the examples, or a slice of them.
        """
        parts = (array[columns] for array in (self.values, self.fractions, self.codes))
        return type(self)(self.layout, *parts)

    def astype(self, dtype: Any) -> Self:
        """The same in another type of number."""
        if self.dtype == dtype:
            return self
        return replace(self, values=self.values.astype(dtype), fractions=self.fractions.astype(dtype))

    def check_finite(self, sources: Sequence[str] = ()) -> None:
        """Refuse values beyond the range of the type.

        Args:
            sources: of the examples, if they are known.

        Raises:
            NonFiniteError: with the source of the first.
        """
        finite = np.isfinite(self.values)
        if not finite.all():
            row = int(np.argmin(finite.all(axis=1)))
            where = sources[row] if sources else f"row {row}"
            raise NonFiniteError(
                f"{where} holds a number beyond the range of {np.dtype(self.dtype).name}; expected "
                "numbers of usual size: scale them, or use float64"
            )

    @property
    def _places(self) -> "list[_Place]":
        """The input that each column begins with, and its columns of the arrays."""
        places, start, value, piece = [], 0, 0, 0
        level = self.fractions.shape[1]
        for inputs in self.layout:
            places.append(_Place(inputs, start, value, piece, level))
            start += inputs.n_inputs
            if isinstance(inputs, LevelInputs):
                level += 1
            else:
                value, piece, level = value + 1, piece + (inputs.pieces > 0), level + inputs.missing
        return places

    def _column(self, place: "_Place") -> EncodedColumn:
        if isinstance(place.inputs, LevelInputs):
            return EncodedCategory(self.codes[:, place.level], place.inputs.levels)
        values = self.values[:, place.value]
        missing = None if not place.inputs.missing else (self.codes[:, place.level] == 0).astype(np.uint8)
        if not place.inputs.pieces:
            return EncodedNumber(values, missing=missing)
        pieces = self.codes[:, place.piece], self.fractions[:, place.piece]
        return EncodedNumber(values, *pieces, place.inputs.pieces, missing)

    def _fill(self, place: "_Place", column: EncodedColumn) -> None:
        if isinstance(column, EncodedCategory):
            self.codes[:, place.level] = column.code
            return
        self.values[:, place.value] = column.values
        if column.pieces:
            self.codes[:, place.piece] = column.piece
            self.fractions[:, place.piece] = column.fraction
        if column.missing is not None:
            self.codes[:, place.level] = np.where(column.missing, 0, -1)


class _Place(NamedTuple):
    """The inputs of a column, the first of them, and its next columns of values, pieces and levels."""

    inputs: ColumnInputs
    start: int
    value: int
    piece: int
    level: int


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
