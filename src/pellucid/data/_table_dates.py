"""Dates in a column of texts: the form that all of them have, and their parts as numbers."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import numpy as np

from pellucid.core.encoding import EncodedNumber
from pellucid.data._files import shown
from pellucid.data._table_numbers import NumberColumn
from pellucid.data._table_values import Column, check_name
from pellucid.data.table import Table
from pellucid.data.table_texts import Texts
from pellucid.encoded_table import NumberInputs
from pellucid.errors import DataError, OptionError

ISO = "iso"
# Beside ISO's own, the common forms; where day and month could be exchanged, all values decide.
FORMS = (
    *("%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d.%m.%y", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y"),
    *("%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y"),
)
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_ISO = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z| ?[+-]\d\d:?\d\d| UTC)?", re.ASCII
)
_DATE_LIKE = re.compile(
    r"\d{1,4}[-/. ]?(?:\d{1,2}|[A-Za-z]{3,9})[-/., ]|[A-Za-z]{3,9} \d{1,2},? \d{4}", re.ASCII
)
# So many of the distinct texts are looked at before all of them are.
_SAMPLE = 200

PARTS = ("days", "year", "month", "day", "weekday", "hour")


def form_of(texts: Sequence[str]) -> str | None:
    """The form in which all texts are dates: "iso", or a format of `strptime`; None: there is none.

    Args:
        texts: the distinct values of a column, at least one.
    """
    sample = texts[:: max(1, len(texts) // _SAMPLE)]
    if not all(_DATE_LIKE.match(text.strip()) for text in sample):
        return None
    forms = [ISO, *(date + time for date in FORMS for time in _TIMES)]
    for form in forms:
        if all(_moment(text, form) is not None for text in sample) and all(
            _moment(text, form) is not None for text in texts
        ):
            return form
    return None


def is_ambiguous(texts: Iterable[str], form: str) -> bool:
    """Whether day and month could be exchanged in every text.

    Args:
        texts: the distinct values.
        form: theirs.
    """
    for one, other in (("%m/%d", "%d/%m"), ("%d-%m", "%m-%d")):
        if form.startswith(one):
            exchanged = form.replace(one, other)
            return all(_moment(text, exchanged) is not None for text in texts)
    return False


def _moment(text: str, form: str) -> datetime | None:
    text = text.strip()
    try:
        if form == ISO:
            if not _ISO.fullmatch(text):
                return None
            moment = datetime.fromisoformat(text.removesuffix(" UTC").replace(" +", "+").replace(" -", "-"))
            # The day and hour as they were written, wherever that was.
            return moment.replace(tzinfo=None)
        return datetime.strptime(text, form)
    except ValueError:
        return None


def moments_of(texts: Texts, form: str) -> tuple[Column, int | None]:
    """The moments of texts, in seconds since 1970 began.

    Args:
        texts: the column.
        form: of them.

    Returns:
        (m,) float64, NaN for missing ones; and the row of the first text that is no such date, or None.
    """
    epoch = datetime(1970, 1, 1)
    # Dates that a program wrote, of frames and Parquet too, are ISO's.
    known = [_moment(value, form) or _moment(value, ISO) for value in texts.values]
    seconds = [np.nan if moment is None else (moment - epoch).total_seconds() for moment in known]
    wrong = texts.mapped([moment is None for moment in known], False, np.bool_)
    return texts.mapped(seconds, np.nan, np.float64), int(np.argmax(wrong)) if wrong.any() else None


def part_of(seconds: Column, part: str, first: float = 0.0) -> Column:
    """One part of moments as numbers, NaN where there is none.

    Args:
        seconds: (m,) since 1970 began.
        part: one of `PARTS`; weekday 0 is Monday.
        first: the moment from which `days` counts.
    """
    if part == "days":
        return (seconds - first) / 86400.0
    missing = np.isnan(seconds)
    moments = np.where(missing, 0, seconds).astype("int64").astype("datetime64[s]")
    days = moments.astype("datetime64[D]")
    if part == "year":
        numbers = moments.astype("datetime64[Y]").astype(np.int64) + 1970
    elif part == "month":
        numbers = moments.astype("datetime64[M]").astype(np.int64) % 12 + 1
    elif part == "day":
        numbers = (days - days.astype("datetime64[M]")).astype(np.int64) + 1
    elif part == "weekday":
        numbers = (days.astype(np.int64) + 3) % 7
    else:
        numbers = (moments - days).astype(np.int64) // 3600
    return np.where(missing, np.nan, numbers)


@dataclass(frozen=True)
class DateColumn:
    """A column of dates: days since the first, year, month, day, weekday and hour, as columns of numbers.

    A part that is always the same has no inputs.

    Attributes:
        name: of the column.
        form: "iso", or a format of `strptime`.
        first: the first moment of training, in seconds since 1970 began.
        parts: by the names of `PARTS`, the numbers of each.
    """

    name: str
    form: str
    first: float
    parts: tuple[tuple[str, NumberColumn], ...]

    def __post_init__(self) -> None:
        check_name(self.name)
        known = isinstance(self.form, str) and (self.form == ISO or "%" in self.form)
        if not known or not np.isfinite(self.first) or not self.parts:
            raise OptionError(f"recipe: column {shown(self.name)} has no form of dates, or no parts")
        if any(part not in PARTS for part, _ in self.parts):
            raise OptionError(
                f"recipe: column {shown(self.name)} has unknown parts; expected {', '.join(PARTS)}"
            )

    def __repr__(self) -> str:
        return f"DateColumn({shown(self.name)}: {self.describe():.200})"

    @classmethod
    def fit(cls, table: Table, name: str, form: str, pieces: int) -> Self:
        """Fit the column to the dates of a training table.

        Args:
            table: the training table.
            name: of the column.
            form: of its dates.
            pieces: of each part, about how many; 0: none.

        Raises:
            DataError: a text that is no such date, or no date at all.
        """
        seconds = _seconds(table, name, form)
        first = float(np.nanmin(seconds)) if not np.isnan(seconds).all() else 0.0
        parts = []
        for part in PARTS:
            numbers = part_of(seconds, part, first)
            present = numbers[~np.isnan(numbers)]
            if part == "days" or (len(present) and np.any(present != present[0])):
                parts.append(
                    (part, NumberColumn.of(f"{name} ({part})", numbers, pieces, table.called(name)))
                )
        return cls(name, form, first, tuple(parts))

    @property
    def n_inputs(self) -> int:
        """The number of inputs."""
        return sum(column.n_inputs for _, column in self.parts)

    @property
    def layout(self) -> tuple[NumberInputs, ...]:
        """Its inputs as `EncodedTable` names them: a column of numbers for each part."""
        return tuple(inputs for _, column in self.parts for inputs in column.layout)

    @property
    def input_names(self) -> tuple[str, ...]:
        """Those of the parts, one after the other."""
        return tuple(name for _, column in self.parts for name in column.input_names)

    def describe(self) -> str:
        """The inputs of the column, in words."""
        first = np.datetime64(int(self.first), "s").astype("datetime64[D]")
        names = ["days since the first" if part == "days" else part for part, _ in self.parts]
        return f"dates from {first}: {', '.join(names)}"

    def raw(self, table: Table) -> Column:
        """(m,) the moments of a table's rows, in seconds since 1970 began.

        Raises:
            DataError: a text that is no date of the column's form, with its place.
        """
        return _seconds(table, self.name, self.form)

    def encoded(self, raw: Column, dtype: str) -> tuple[EncodedNumber, ...]:
        """The column's inputs as `pellucid.core.encoding` has them: a column of numbers for each part.

        Args:
            raw: (m,) some of what `raw` found.
            dtype: float64 or float32.
        """
        return tuple(
            encoded
            for part, column in self.parts
            for encoded in column.encoded(part_of(raw, part, self.first), dtype)
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a model file."""
        parts = {part: column.to_dict() for part, column in self.parts}
        return {"kind": "date", "name": self.name, "form": self.form, "first": self.first, "parts": parts}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`.

        Raises:
            OptionError: values that are invalid for a column of dates.
        """
        if set(document) != {"kind", "name", "form", "first", "parts"}:
            raise OptionError("recipe: a column of dates is described by name, form, first and parts")
        parts = document["parts"]
        if type(document["first"]) not in (int, float) or not isinstance(parts, Mapping):
            raise OptionError("recipe: the first moment of dates is a number, and their parts have names")
        if not all(isinstance(part, Mapping) for part in parts.values()):
            raise OptionError("recipe: a part of dates is a column of numbers")
        columns = tuple((name, NumberColumn.from_dict(part)) for name, part in parts.items())
        return cls(document["name"], document["form"], float(document["first"]), columns)


def _seconds(table: Table, name: str, form: str) -> Column:
    texts = table.texts(name)
    seconds, wrong = moments_of(texts, form)
    if wrong is not None:
        raise DataError(
            f"{table.place(wrong)}: column {shown(name)} holds {shown(repr(table[name][wrong]))}; expected "
            f"a date as in training: {'2024-12-31' if form == ISO else form}"
        )
    return seconds
