"""Texts: a column of texts of which each different one is held once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

Column = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Texts:
    """A column of texts, as Arrow's dictionaries are: the different texts, and the number of each row's.

    Attributes:
        codes: (m,) int32, the place of each row's text in `values`; -1: missing.
        values: different texts; some may be in no row.
    """

    codes: Column
    values: tuple[str, ...]

    @classmethod
    def of(cls, objects: Iterable[Any]) -> Self:
        """A column of objects, each a str or None."""
        listed = objects.tolist() if isinstance(objects, np.ndarray) else list(objects)
        values = tuple(value for value in dict.fromkeys(listed) if value is not None)
        places: dict[Any, int] = {value: place for place, value in enumerate(values)}
        places[None] = -1
        return cls(np.fromiter(map(places.__getitem__, listed), np.int32, len(listed)), values)

    def __repr__(self) -> str:
        return f"Texts({len(self.codes)} rows, {len(self.values)} different)"

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[str | None]:
        return iter(self.tolist())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Column:
        """`objects`, for NumPy."""
        del copy
        return self.objects().astype(dtype or object, copy=False)

    def tolist(self) -> list[str | None]:
        """The text of each row."""
        listed: list[str | None] = self.objects().tolist()
        return listed

    def objects(self) -> Column:
        """(m,) objects, each a str or None."""
        return self.mapped(self.values, None, object)

    @property
    def missing(self) -> Column:
        """(m,) whether there is no text."""
        return self.codes < 0

    @cached_property
    def counted(self) -> dict[str, int]:
        """How many rows have each text that some row has, in the order of `values`."""
        counts = np.bincount(self.codes + 1, minlength=len(self.values) + 1)[1:].tolist()
        return {value: count for value, count in zip(self.values, counts, strict=True) if count}

    def take(self, rows: Column | slice) -> Self:
        """The texts of some rows."""
        return type(self)(self.codes[rows], self.values)

    def mapped(self, numbers: Sequence[Any], missing: Any, dtype: Any) -> Column:
        """(m,) something that each different text stands for.

        Args:
            numbers: of each of `values`.
            missing: of a missing one.
            dtype: of the result.
        """
        # Code -1 is the last.
        known = np.empty(len(self.values) + 1, dtype)
        known[:-1] = numbers
        known[-1] = missing
        return known[self.codes]

    def places_in(self, values: Mapping[str, int] | Sequence[str], unknown: int = -1) -> Column:
        """(m,) the place of each text in others.

        Args:
            values: the others, or the place of each.
            unknown: of a text that is none of them, and of a missing one.
        """
        if not isinstance(values, Mapping):
            values = {value: place for place, value in enumerate(values)}
        return self.mapped([values.get(value, unknown) for value in self.values], unknown, np.int32)

    def without(self, is_missing: Callable[[str], bool]) -> Self:
        """The same with some texts as missing values."""
        marked = [is_missing(value) for value in self.values]
        if not any(marked):
            return self
        return type(self)(np.where(self.mapped(marked, True, np.bool_), -1, self.codes), self.values)
