"""A column of categories as inputs of a network: how it is fitted, applied and kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from pellucid.data._files import shown
from pellucid.data._table_values import check_document, check_name, codes_of, distinct
from pellucid.data.table import Table
from pellucid.errors import DataError, OptionError

Floats = np.ndarray[Any, Any]

# A column with more different texts holds names or numbers of cases, and nothing to learn from.
MAX_CATEGORIES = 10_000


@dataclass(frozen=True)
class CategoryColumn:
    """A column of categories: an input for each, which is 1 where the value is that category, else 0.

    Attributes:
        name: of the column.
        categories: those that have an input of their own, in the order of their names.
        other: whether one more input is 1 for every other category: those that are rare in training, and
            by that whatever was never seen. Where there is none, a category never seen is 0 in all.
        missing: whether there is an input for values that are missing; without it they are 0 in all.
    """

    name: str
    categories: tuple[str, ...]
    other: bool = False
    missing: bool = False

    def __post_init__(self) -> None:
        check_name(self.name)
        texts = all(isinstance(category, str) for category in self.categories)
        if not texts or len(set(self.categories)) != len(self.categories):
            raise OptionError(f"recipe: the categories of {shown(self.name)} are not different texts")
        if not self.n_inputs or len(self.categories) > MAX_CATEGORIES:
            raise OptionError(
                f"recipe: column {shown(self.name)} has {len(self.categories)} categories; expected 1 to "
                f"{MAX_CATEGORIES}"
            )

    @classmethod
    def fit(cls, table: Table, name: str, least: int) -> Self:
        """The column for the categories that a table has there.

        Args:
            table: what is trained on.
            name: of the column.
            least: how often a category has to occur to have an input of its own.

        Raises:
            DataError: too many categories, or no values at all.
        """
        texts = table.texts(name)
        found = distinct(texts)
        if not found:
            raise DataError(f"{table.called(name)} has no values; expected some, or --drop it")
        check_categories(table, name, len(found))
        counts = np.bincount(codes_of(texts, found, len(found)), minlength=len(found) + 1)
        often = [value for value, count in zip(found, counts[:-1].tolist(), strict=True) if count >= least]
        return cls(name, tuple(sorted(often)), len(often) < len(found), bool(counts[-1]))

    @property
    def n_inputs(self) -> int:
        """How many inputs the column becomes."""
        return len(self.categories) + self.other + self.missing

    @property
    def input_names(self) -> tuple[str, ...]:
        """The categories, then what is rare or unknown, then what is missing."""
        names = [f"{self.name} = {category}" for category in self.categories]
        others = [f"{self.name} is another"] * self.other + [f"{self.name} is missing"] * self.missing
        return (*names, *others)

    def describe(self) -> str:
        """What the column becomes, for people."""
        first = ", ".join(shown(category) for category in self.categories[:5])
        more = f" and {len(self.categories) - 5} more" if len(self.categories) > 5 else ""
        parts = [f"one of {len(self.categories)}: {first}{more}"] if self.categories else []
        parts += ["rare and new ones are one input" if self.other else "new ones are none of them"]
        parts += ["missing is one of its own"] if self.missing else []
        return "; ".join(parts)

    def fill_inputs(self, inputs: Floats, table: Table) -> None:
        """Write the column's inputs (m, k), which hold 0, for the rows of a table."""
        n = len(self.categories)
        gone, nothing = (n + self.other if self.missing else -1), -1
        values = [*self.categories, None]
        codes = codes_of(table.texts(self.name), values, n + 1)
        # From a place in `values` to an input: those of the categories, of None, and of all else.
        place = np.array([*range(n), gone, n if self.other else nothing])[codes]
        rows = np.flatnonzero(place >= 0)
        inputs[rows, place[rows]] = 1

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as a model file keeps them."""
        kept = {"categories": list(self.categories), "other": self.other, "missing": self.missing}
        return {"kind": "category", "name": self.name, **kept}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`.

        Raises:
            OptionError: values that no column of categories has.
        """
        check_document(document, {"kind", "name", "categories", "other", "missing"})
        if not isinstance(document["categories"], list) or type(document["other"]) is not bool:
            raise OptionError("recipe: a column's categories are a list, and other is true or false")
        return cls(document["name"], tuple(document["categories"]), document["other"], document["missing"])


def check_categories(table: Table, name: str, found: int) -> None:
    """Refuse a column of names or numbers of cases.

    Raises:
        DataError: there are more than `MAX_CATEGORIES`.
    """
    if found > MAX_CATEGORIES:
        raise DataError(
            f"{table.called(name)} has {found:,} different texts in {table.m:,} rows; expected at "
            f"most {MAX_CATEGORIES:,} categories: drop it (--drop {shown(name)})"
        )
