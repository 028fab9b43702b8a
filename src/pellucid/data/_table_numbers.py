"""NumberColumn: a column of numbers as inputs of a network."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from pellucid.core.encoding import EncodedNumber
from pellucid.data._files import shown
from pellucid.data._table_spelling import NumberForm, numbers_by
from pellucid.data._table_values import check_document, check_name
from pellucid.data.table import Table
from pellucid.encoded_table import NumberInputs
from pellucid.errors import DataError, NonFiniteError, OptionError

Floats = np.ndarray[Any, Any]

_MAX_EDGES = 1000
# Numbers that edges are found with.
_MOST_FOR_EDGES = 100_000
_PLAIN = NumberForm()


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers: standardised, encoded piece by piece, with an indicator of missing values.

    The inputs of a value x are (x - mean) / deviation; for each pair of neighbouring edges a, b the share
    of the way from a to b, (x - a) / (b - a) clipped to 0 and 1 (the piecewise-linear encoding of Gorishniy
    et al., 2022); and 1 if the value is missing. A missing value counts as `fill`.

    Attributes:
        name: of the column.
        fill: replaces a missing value: the median of the training values.
        mean: subtracted.
        deviation: divided by.
        edges: of the pieces, increasing; empty: no pieces.
        missing: whether there is an indicator of missing values.
        form: how its numbers are written, if they are texts.
        others: whether texts that are no numbers count as missing values.
    """

    name: str
    fill: float
    mean: float
    deviation: float
    edges: tuple[float, ...] = ()
    missing: bool = False
    form: NumberForm = _PLAIN
    others: bool = False

    def __repr__(self) -> str:
        return f"NumberColumn({shown(self.name)}: {self.describe():.200})"

    def __post_init__(self) -> None:
        check_name(self.name)
        numbers = (self.fill, self.mean, self.deviation, *self.edges)
        if not all(map(math.isfinite, numbers)) or self.deviation <= 0:
            raise OptionError(
                f"recipe: column {shown(self.name)} holds numbers that are not finite, or a deviation that "
                "is not above 0"
            )
        growing = all(0 < b - a < math.inf for a, b in zip(self.edges, self.edges[1:], strict=False))
        if len(self.edges) == 1 or len(self.edges) > _MAX_EDGES or not growing:
            raise OptionError(
                f"recipe: column {shown(self.name)} has {len(self.edges)} edges; expected none, or 2 to "
                f"{_MAX_EDGES} that grow"
            )

    @classmethod
    def fit(
        cls,
        table: Table,
        name: str,
        pieces: int,
        form: NumberForm = _PLAIN,
        *,
        others: bool = False,
    ) -> Self:
        """Fit the column to the numbers of a training table.

        Args:
            table: the training table.
            name: of the column.
            pieces: about how many, if there are many distinct numbers; 0: none.
            form: how they are written.
            others: whether texts that are no numbers count as missing values.

        Raises:
            DataError: no numbers, a text among them, or numbers too large to be averaged.
            NonFiniteError: infinity.
        """
        numbers = numbers_in(table, name, form, others=others)
        return replace(cls.of(name, numbers, pieces, table.called(name)), form=form, others=others)

    @classmethod
    def of(cls, name: str, numbers: Floats, pieces: int, called: str) -> Self:
        """The column of numbers that are known.

        Args:
            name: of the column.
            numbers: (m,), NaN where one is missing.
            pieces: about how many, if there are many distinct numbers; 0: none.
            called: the column, the beginning of a message.

        Raises:
            DataError: no numbers, or numbers too large to be averaged.
        """
        present = numbers[~np.isnan(numbers)]
        if not len(present):
            raise DataError(f"{called} has no values; expected some, or --drop it")
        with np.errstate(over="ignore", invalid="ignore"):
            fill, mean, deviation = np.median(present), present.mean(), present.std()
            known = np.isfinite([fill, mean, deviation, np.ptp(present)]).all()
        if not known:
            raise DataError(
                f"{called} holds numbers up to {np.abs(present).max():g}, too large to be "
                "averaged; expected smaller ones: scale them down"
            )
        # The mean of a constant may be rounded, which gives a deviation above 0.
        deviation = 1.0 if np.all(present == present[0]) else deviation or 1.0
        edges = edges_of(present, pieces) if pieces else ()
        return cls(
            name, float(fill), float(mean), float(deviation), edges, missing=len(present) < len(numbers)
        )

    @property
    def n_inputs(self) -> int:
        """The number of inputs."""
        return 1 + max(0, len(self.edges) - 1) + self.missing

    @property
    def layout(self) -> tuple[NumberInputs, ...]:
        """Its inputs as `EncodedTable` names them."""
        return (NumberInputs(max(0, len(self.edges) - 1), self.missing),)

    @property
    def input_names(self) -> tuple[str, ...]:
        """The column itself, its pieces, its indicator."""
        pieces = zip(self.edges, self.edges[1:], strict=False)
        names = (self.name, *(f"{self.name} from {a:g} to {b:g}" for a, b in pieces))
        return (*names, f"{self.name} is missing") if self.missing else names

    def describe(self) -> str:
        """The inputs of the column, in words."""
        parts = [f"(x - {self.mean:.4g}) / {self.deviation:.4g}"]
        if self.edges:
            count = len(self.edges) - 1
            pieces = "pieces" if count > 1 else "piece"
            parts.append(f"{count} {pieces} from {self.edges[0]:g} to {self.edges[-1]:g}")
        if self.missing:
            parts.append(f"missing counts as {self.fill:g} and has an indicator")
        if not self.form.is_plain:
            parts.append(f"written {self.form.describe()}")
        return "; ".join(parts)

    def unreadable(self, table: Table) -> tuple[int, list[str]]:
        """How many values are texts that are no numbers, and the different ones of them."""
        if table.is_numeric(self.name):
            return 0, []
        counted = table.texts(self.name).counted
        lost = [text for text in counted if self.form.number_of(text) is None]
        return sum(counted[text] for text in lost), lost

    def raw(self, table: Table) -> Floats:
        """(m,) the numbers of a table's rows, NaN where one is missing.

        Raises:
            DataError: a text among the numbers.
            NonFiniteError: infinity.
        """
        return numbers_in(table, self.name, self.form, others=self.others)

    def encoded(self, raw: Floats, dtype: str) -> tuple[EncodedNumber, ...]:
        """The column's inputs as `pellucid.core.encoding` has them.

        Args:
            raw: (m,) some of what `raw` found.
            dtype: float64 or float32.
        """
        return (self._encoded(raw, dtype),)

    def _encoded(self, numbers: Floats, dtype: str) -> EncodedNumber:
        absent = np.isnan(numbers)
        known = np.where(absent, self.fill, numbers)
        missing = absent.astype(np.uint8) if self.missing else None
        # Values beyond single precision become infinite; the caller checks for them.
        with np.errstate(over="ignore"):
            values = ((known - self.mean) / self.deviation).astype(dtype)
        pieces = max(0, len(self.edges) - 1)
        if not pieces:
            return EncodedNumber(values, missing=missing)
        edges = np.array(self.edges)
        piece = np.clip(np.searchsorted(edges, known, "right") - 1, 0, pieces - 1)
        fraction = np.clip((known - edges[piece]) / (edges[piece + 1] - edges[piece]), 0.0, 1.0)
        return EncodedNumber(values, piece.astype(np.int16), fraction.astype(dtype), pieces, missing)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a model file."""
        numbers = {"fill": self.fill, "mean": self.mean, "deviation": self.deviation}
        kept: dict[str, Any] = {"edges": list(self.edges), "missing": self.missing}
        # Only where it is not as ever: files of version 0.1.0 have no such keys.
        if not self.form.is_plain:
            kept["form"] = self.form.to_list()
        if self.others:
            kept["others"] = True
        return {"kind": "number", "name": self.name, **numbers, **kept}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`.

        Raises:
            OptionError: values that are invalid for a column of numbers.
        """
        form, others = (
            NumberForm.from_list(document.get("form", ["", "", "."])),
            document.get("others", False),
        )
        plain = {key: value for key, value in document.items() if key not in ("form", "others")}
        check_document(plain, {"kind", "name", "fill", "mean", "deviation", "edges", "missing"})
        if type(others) is not bool:
            raise OptionError("recipe: others is true or false")
        edges = document["edges"]
        numbers = [document[key] for key in ("fill", "mean", "deviation")]
        if not isinstance(edges, list) or not all(type(n) in (int, float) for n in (*numbers, *edges)):
            raise OptionError("recipe: a column of numbers holds a value that is not a number")
        try:
            fill, mean, deviation, *edges = map(float, (*numbers, *edges))
        except OverflowError:
            raise OptionError("recipe: a number is beyond what floating-point numbers hold") from None
        column = cls(document["name"], fill, mean, deviation, tuple(edges), document["missing"])
        return replace(column, form=form, others=others)


def numbers_in(table: Table, name: str, form: NumberForm = _PLAIN, *, others: bool = False) -> Floats:
    """(m,) the numbers of a column, NaN for missing ones.

    Args:
        table: with the column.
        name: of the column.
        form: how texts write them.
        others: whether texts that are no numbers count as missing values.

    Raises:
        DataError: a text that is not a number, with its place.
        NonFiniteError: infinity, with its place.
    """
    if table.is_numeric(name):
        column = table.numbers(name)
    else:
        column, wrong = numbers_by(form, table.texts(name), others=others)
        if wrong is not None:
            expected = "" if form.is_plain else f", written {form.describe()}"
            raise DataError(
                f"{table.place(wrong)}: column {shown(name)} holds {shown(repr(table[name][wrong]))}; "
                f"expected a number{expected}, since the column is numeric"
            )
    infinite = np.flatnonzero(np.isinf(column))
    if len(infinite):
        more = f"; {len(infinite)} such values in all" if len(infinite) > 1 else ""
        raise NonFiniteError(
            f"{table.place(int(infinite[0]))}: column {shown(name)} holds {column[infinite[0]]}; expected "
            f"finite numbers, or nothing where one is missing{more}"
        )
    return column


def edges_of(numbers: Floats, pieces: int) -> tuple[float, ...]:
    """The edges of pieces that each hold about equally many numbers.

    A value that many rows share is an edge, and so are its neighbours, so that the network can learn about
    that value alone. If there are few distinct values, each is an edge; two distinct values need no pieces.

    Args:
        numbers: (m,) finite.
        pieces: about how many.
    """
    ends = numbers.min(), numbers.max()
    if len(numbers) > 2 * _MOST_FOR_EDGES:
        # Of so many the edges are the same, but for chance.
        numbers = np.append(numbers[:: len(numbers) // _MOST_FOR_EDGES], ends)
    values, counts = np.unique(numbers, return_counts=True)
    if len(values) <= 2:
        return ()
    if len(values) <= pieces + 1:
        return tuple(values.tolist())
    frequent = np.flatnonzero(counts * pieces > len(numbers))
    neighbours = np.clip([frequent - 1, frequent, frequent + 1], 0, len(values) - 1)
    rest = np.delete(values, frequent).repeat(np.delete(counts, frequent))
    cuts = np.quantile(rest, np.linspace(0, 1, pieces + 1), method="inverted_cdf")
    edges = np.unique(np.concatenate([cuts, values[neighbours].ravel(), values[[0, -1]]]))
    return tuple(edges.tolist())
