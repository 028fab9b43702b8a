"""CategoryColumn: a column of categories as one-hot inputs of a network."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from pellucid.core.encoding import EncodedCategory
from pellucid.data._files import shown
from pellucid.data._table_spelling import canonical
from pellucid.data._table_values import check_document, check_name
from pellucid.data.table import Table
from pellucid.data.table_texts import Texts
from pellucid.encoded_table import LevelInputs
from pellucid.errors import DataError, OptionError

Floats = np.ndarray[Any, Any]

# More distinct texts are names or identifiers, from which a network learns nothing.
MAX_CATEGORIES = 10_000


@dataclass(frozen=True)
class CategoryColumn:
    """A column of categories: one input per category, 1 for the category of the value, else 0.

    Attributes:
        name: of the column.
        categories: those with an input of their own, sorted by name.
        other: whether one more input is 1 for all other categories, rare or absent in training. Without it,
            a category that was absent in training is 0 in every input.
        missing: whether there is an input for missing values; without it they are 0 in every input.
    """

    name: str
    categories: tuple[str, ...]
    other: bool = False
    missing: bool = False

    def __repr__(self) -> str:
        return f"CategoryColumn({shown(self.name)}: {self.describe():.200})"

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
        """Fit the column to the categories of a training table.

        Args:
            table: the training table.
            name: of the column.
            least: occurrences that a category needs to have an input of its own.

        Raises:
            DataError: too many categories, or no values at all.
        """
        texts = table.texts(name)
        if not texts.counted:
            raise DataError(f"{table.called(name)} has no values; expected some, or --drop it")
        # 1 and 1.0 are one category, under the name that most rows have.
        groups: dict[str, tuple[int, str, int]] = {}
        for spelling, count in texts.counted.items():
            key = canonical(spelling)
            total, most_common, most = groups.get(key, (0, spelling, 0))
            best = (spelling, count) if count > most else (most_common, most)
            groups[key] = (total + count, *best)
        check_categories(table, name, len(groups))
        often = [name for total, name, _ in groups.values() if total >= least]
        return cls(name, tuple(sorted(often)), len(often) < len(groups), bool(texts.missing.any()))

    @property
    def n_inputs(self) -> int:
        """The number of inputs."""
        return len(self.categories) + self.other + self.missing

    @property
    def layout(self) -> tuple[LevelInputs, ...]:
        """Its inputs as `EncodedTable` names them."""
        return (LevelInputs(self.n_inputs),)

    @property
    def input_names(self) -> tuple[str, ...]:
        """The categories, then the other categories, then missing values."""
        names = [f"{self.name} = {category}" for category in self.categories]
        others = [f"{self.name} is another"] * self.other + [f"{self.name} is missing"] * self.missing
        return (*names, *others)

    def describe(self) -> str:
        """The inputs of the column, in words."""
        first = ", ".join(shown(category) for category in self.categories[:5])
        more = f" and {len(self.categories) - 5} more" if len(self.categories) > 5 else ""
        parts = [f"one of {len(self.categories)}: {first}{more}"] if self.categories else []
        parts += ["rare and new ones share an input" if self.other else "new ones have no input"]
        parts += ["missing has its own"] if self.missing else []
        return "; ".join(parts)

    def raw(self, table: Table) -> np.ndarray[Any, Any]:
        """(m,) int32, the input that is 1 for each row of a table; -1: none is."""
        return self.places(table.texts(self.name))

    def encoded(self, raw: np.ndarray[Any, Any], dtype: str) -> tuple[EncodedCategory, ...]:  # noqa: ARG002
        """The column's inputs as `pellucid.core.encoding` has them.

        Args:
            raw: (m,) some of what `raw` found.
            dtype: float64 or float32.
        """
        return (EncodedCategory(raw, self.n_inputs),)

    def places(self, texts: Texts) -> np.ndarray[Any, Any]:
        """(m,) int32, the input that is 1 for each text; -1: none is."""
        n = len(self.categories)
        new = n if self.other else -1
        places = [self._known.get(value, new) for value in texts.values]
        return texts.mapped(places, n + self.other if self.missing else -1, np.int32)

    @functools.cached_property
    def _known(self) -> "_Spellings":
        return _Spellings(self.categories)

    def unseen(self, texts: Texts) -> tuple[int, int, list[str]]:
        """Rows with a category that training has not seen, rows with one, and the first such categories.

        Args:
            texts: the column.
        """
        counted = texts.counted
        new = [value for value in counted if self._known.get(value, -1) < 0]
        return sum(counted[value] for value in new), sum(counted.values()), new

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a model file."""
        kept = {"categories": list(self.categories), "other": self.other, "missing": self.missing}
        return {"kind": "category", "name": self.name, **kept}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`.

        Raises:
            OptionError: values that are invalid for a column of categories.
        """
        check_document(document, {"kind", "name", "categories", "other", "missing"})
        if not isinstance(document["categories"], list) or type(document["other"]) is not bool:
            raise OptionError("recipe: a column's categories are a list, and other is true or false")
        return cls(document["name"], tuple(document["categories"]), document["other"], document["missing"])


class _Spellings:
    """The place of each category, also in another spelling: 1.0 for 1."""

    def __init__(self, categories: tuple[str, ...]) -> None:
        self._exact = {category: place for place, category in enumerate(categories)}
        self._alike: dict[str, int] = {}
        for category, place in self._exact.items():
            self._alike.setdefault(canonical(category), place)

    def get(self, text: str, otherwise: int) -> int:
        """The place of a category; `otherwise` if it is none of them."""
        place = self._exact.get(text)
        return self._alike.get(canonical(text), otherwise) if place is None else place


def check_categories(table: Table, name: str, found: int) -> None:
    """Refuse a column of names or identifiers.

    Raises:
        DataError: there are more than `MAX_CATEGORIES`.
    """
    if found > MAX_CATEGORIES:
        raise DataError(
            f"{table.called(name)} has {found:,} different texts in {table.m:,} rows; expected at "
            f"most {MAX_CATEGORIES:,} categories: drop it (--drop {shown(name)})"
        )
