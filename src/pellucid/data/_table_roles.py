"""What each column of a table is: a number, a category, a date, or left out; and what was noticed.

Decided on the whole table, before rows are held out: a part of it may look different.
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid.data._files import shown
from pellucid.data._table_categories import MAX_CATEGORIES
from pellucid.data._table_dates import form_of, is_ambiguous
from pellucid.data._table_spelling import NEARLY_ALL, PLACEHOLDERS, NumberForm, looks_grouped
from pellucid.data._table_values import is_code, number_of, text_of
from pellucid.data.table import Table

Floats = np.ndarray[Any, Any]

_NAMELESS = re.compile(
    r"column 1|Unnamed: ?0(?:\.\d+)?|rownames?|row\.names|__index_level_0__|X\.?1?", re.ASCII
)
_CAMEL = re.compile(r".*[a-z](?:Id|ID|Key|No|Nr|Number|Index|UUID)", re.ASCII)
_SNAKE = re.compile(r"(?:.*[^a-z])?(?:id|key|number|no|nr|uuid|guid|index|rowid)", re.ASCII)
# A series has each of its years once, and they are what it is about.
_TIME_NAME = re.compile(
    r"(?:.*[^a-z])?(?:years?|yr|time|t|months?|weeks?|days?|hours?|dates?|age|period|quarter)", re.ASCII
)
# A column is of numbers where nearly all of its values are; or more than half, and so many different ones
# that they are no categories, beside so few different texts that these are marks.
_HALF, _MANY_NUMBERS, _FEW_TEXTS = 0.5, 50, 5
# Fewer rows than these may well be all different.
_FEW_ROWS = 20
# The share of different texts from which on each is nearly its own, and that of long ones.
_OWN, _LONG_OWN, _LONG = 0.9, 0.5, 40
_SENTINELS = (-9, -99, -999, -9999, -99999, 999, 9999, 99999)


@dataclass(frozen=True)
class Role:
    """What a column is.

    Attributes:
        kind: "number", "category", "date" or "left out".
        why: of a column that is left out.
        is_guess: whether it is left out for what it seems to be, an id or a text of its own.
        form: of numbers that are written as texts.
        others: whether texts among the numbers count as missing.
        date: the form of dates.
    """

    kind: str
    why: str = ""
    is_guess: bool = False
    form: NumberForm = NumberForm()  # noqa: RUF009 - a frozen value
    others: bool = False
    date: str = ""


@dataclass
class Roles:
    """The role of each column but the target, and a line for each thing that was noticed.

    Attributes:
        by_name: the roles.
        noticed: the lines.
    """

    by_name: dict[str, Role] = field(default_factory=dict)
    noticed: list[str] = field(default_factory=list)

    def notice(self, name: str, text: str) -> None:
        """Add a line about a column."""
        self.noticed.append(f"{shown(name)}: {text}")


def roles_of(
    table: Table, declared: Mapping[str, str], target: str = "", decimal: str | None = None
) -> Roles:
    """The roles of a table's columns.

    Args:
        table: all rows.
        declared: for some columns "numeric", "categorical" or "drop".
        target: the column that is predicted, which has no role.
        decimal: the decimal mark of numbers in texts; None: it is inferred.
    """
    roles = Roles(noticed=list(table.notes))
    _look_at_names(table, roles)
    for place, name in enumerate(table.names):
        if name != target:
            roles.by_name[name] = _role(table, name, place, declared.get(name), decimal, roles)
    if roles.by_name and all(role.kind == "left out" for role in roles.by_name.values()):
        _keep_something(table, roles)
    return roles


def _keep_something(table: Table, roles: Roles) -> None:
    """Where ids and the like are all that there is, they are what is to be learnt from."""
    for name, role in roles.by_name.items():
        if role.is_guess:
            roles.by_name[name] = Role("number" if table.is_numeric(name) else "category")
            roles.noticed = [
                line for line in roles.noticed if not line.startswith(f"{shown(name)}: left out")
            ]
            roles.notice(name, f"{role.why}, kept since there is no other column")


def _quoted(name: str) -> str:
    """A name as one writes it on a command line."""
    return shlex.quote(shown(name))


def _look_at_names(table: Table, roles: Roles) -> None:
    numbers = [name for name in table.names if number_of(name) is not None]
    if len(table.names) > 1 and 2 * len(numbers) >= len(table.names):
        roles.noticed.append(
            f"the names of the columns look like data ({', '.join(map(shown, table.names[:4]))}): the "
            "first line was taken for names; write a line of names above it"
        )


def _role(
    table: Table, name: str, place: int, declared: str | None, decimal: str | None, roles: Roles
) -> Role:
    if declared == "drop":
        return Role("left out", "dropped")
    why = useless(table, name)
    if why:
        return Role("left out", why)
    if declared == "categorical":
        return Role("category")
    if table.is_numeric(name):
        return _role_of_numbers(table, name, place, declared, roles)
    return _role_of_texts(table, name, place, declared, decimal, roles)


def _role_of_numbers(table: Table, name: str, place: int, declared: str | None, roles: Roles) -> Role:
    missing = table.missing(name)
    numbers = table.numbers(name)[~missing]
    # Every row has its number, or it is none.
    kept = declared == "numeric" or missing.any()
    if not kept and np.all(numbers == np.rint(numbers)) and _all_different(numbers):
        consecutive = float(np.ptp(numbers)) == len(numbers) - 1
        called = _is_id_name(name) or (place == 0 and _NAMELESS.fullmatch(name))
        counted = consecutive and len(numbers) >= _FEW_ROWS and not _TIME_NAME.fullmatch(name.lower())
        if len(numbers) > 2 and (called or counted):
            what = "row numbers" if consecutive else "ids"
            roles.notice(
                name,
                f"left out, {what}: {len(numbers):,} different integers; --numeric {_quoted(name)} "
                "keeps it",
            )
            return Role("left out", f"{what}, all different", is_guess=True)
        if len(numbers) >= _FEW_ROWS:
            roles.notice(
                name,
                f"{len(numbers):,} different integers, kept as numbers; if they are ids, "
                f"--drop {_quoted(name)}",
            )
    sentinel = _sentinel(numbers)
    if sentinel is not None:
        count = int(np.sum(numbers == sentinel))
        roles.notice(
            name,
            f"{sentinel:g} stands in {count:,} rows, far from the other numbers; if it marks a missing "
            f"value, --missing={sentinel:g}",
        )
    return Role("number")


def _all_different(numbers: Floats) -> bool:
    ordered = np.sort(numbers)
    return bool(np.all(ordered[1:] != ordered[:-1]))


def _is_id_name(name: str) -> bool:
    return bool(_SNAKE.fullmatch(name.lower()) or _CAMEL.fullmatch(name))


def _sentinel(numbers: Floats) -> float | None:
    """A number that seems to mark missing values: alone, and far from the others."""
    for sentinel in _SENTINELS:
        marked = numbers == sentinel
        rest = numbers[~marked]
        if not marked.any() or len(rest) < _FEW_ROWS:
            continue
        low, high = float(rest.min()), float(rest.max())
        if sentinel < 0 and low >= 0:
            return sentinel
        several = marked.sum() >= max(2, len(numbers) // 200)
        if several and (sentinel < low - 3 * (high - low) or sentinel > high + 3 * (high - low)):
            return sentinel
    return None


def _role_of_texts(
    table: Table, name: str, place: int, declared: str | None, decimal: str | None, roles: Roles
) -> Role:
    counted = table.texts(name).counted
    values = list(counted)
    plain = all(number_of(value) is not None for value in values)
    if declared == "numeric":
        form = NumberForm() if plain else NumberForm.of(counted, table.separator, decimal)[0]
        return Role("number", form=form)
    if plain:
        # Codes: the file could have stored numbers, and did not, or wrote them with zeros in front.
        codes = [value for value in values if is_code(value)]
        if 0 < 2 * len(codes) < len(values):
            roles.notice(
                name,
                f"{shown(codes[0])} is written as a code, or longer than numbers are exact, so all its "
                f"values are categories; --numeric {_quoted(name)} reads numbers",
            )
        return _category(name, place, counted, roles)
    date = form_of(values)
    if date is not None:
        both = "; day and month could be exchanged" if is_ambiguous(values, date) else ""
        roles.notice(
            name,
            f"read as dates, such as {shown(values[0])}{both}; --categorical {_quoted(name)} keeps "
            "the texts",
        )
        return Role("date", date=date)
    number = _number_in_disguise(table, name, counted, decimal, roles)
    return number or _category(name, place, counted, roles)


def _number_in_disguise(
    table: Table, name: str, counted: Mapping[str, int], decimal: str | None, roles: Roles
) -> Role | None:
    form, share = NumberForm.of(counted, table.separator, decimal)
    if share <= _HALF:
        return None
    read = {text: form.number_of(text) for text in counted}
    lost = [text for text, number in read.items() if number is None]
    several = len({*read.values()}) > _MANY_NUMBERS and len(lost) <= _FEW_TEXTS
    if share < NEARLY_ALL and not several:
        written = "" if form.is_plain else f" {form.describe()}"
        roles.notice(
            name,
            f"{share:.0%} of its values are numbers{written}, and {shown(lost[0])} is none; kept as "
            f"categories, --numeric {_quoted(name)} --missing {_quoted(lost[0])} reads numbers",
        )
        return None
    marks = [text for text in counted if text.strip() in PLACEHOLDERS]
    said = [f"read as numbers {form.describe()}" if not form.is_plain else "read as numbers"]
    if decimal is None and form.decimal == "." and looks_grouped(list(counted)):
        said.append("its commas as those of thousands, --decimal , reads them otherwise")
    if marks:
        rows = sum(counted[text] for text in marks)
        said.append(f"{', '.join(map(shown, marks[:3]))} as missing ({rows:,} rows)")
    if lost:
        rows = sum(counted[text] for text in lost)
        said.append(f"{', '.join(map(shown, lost[:3]))} are no numbers, and missing ({rows:,} rows)")
    roles.notice(name, f"{'; '.join(said)}; --categorical {_quoted(name)} keeps the texts")
    return Role("number", form=form, others=bool(lost))


def _category(name: str, place: int, counted: Mapping[str, int], roles: Roles) -> Role:
    rows, different = sum(counted.values()), len(counted)
    nameless = place == 0 and _NAMELESS.fullmatch(name) and different == rows
    long = rows and sum(len(text) * count for text, count in counted.items()) / rows > _LONG
    own = different > (_LONG_OWN if long else _OWN) * rows
    if (
        nameless
        or different > MAX_CATEGORIES
        or (own and different >= _FEW_ROWS)
        or (own and _is_id_name(name))
    ):
        what = (
            "names of the rows"
            if nameless
            else "free text"
            if long
            else "nearly every row has its own text"
        )
        roles.notice(
            name,
            f"left out, {what}: {different:,} different texts in {rows:,} rows; "
            f"--categorical {_quoted(name)} keeps it",
        )
        return Role("left out", f"{what}: {different:,} different", is_guess=True)
    return Role("category")


def useless(table: Table, name: str) -> str:
    """The reason why nothing can be learnt from a column; empty: there is none.

    Args:
        table: its rows.
        name: of the column.
    """
    missing = table.missing(name).any()
    if table.is_numeric(name):
        present = table.numbers(name)
        present = present[~np.isnan(present)]
        values = text_of(present[:1]).values
        several = missing or bool(np.any(present != present[:1]))
    else:
        values = tuple(table.texts(name).counted)
        several = missing or len(values) > 1
    if not values:
        return "it has no values"
    return "" if several else f"it is always {shown(values[0])}"


def classes_alike(classes: Sequence[str]) -> list[str]:
    """Classes that differ in case or blanks only, in pairs: "yes and Yes".

    Args:
        classes: their names.
    """
    seen: dict[str, str] = {}
    alike = []
    for name in classes:
        key = " ".join(name.split()).casefold()
        if key in seen:
            alike.append(f"{shown(seen[key])} and {shown(name)}")
        seen.setdefault(key, name)
    return alike


def row_hashes(table: Table) -> Floats:
    """(m,) a 64-bit number for each row, the same for rows of the same values in one process.

    Args:
        table: its rows.
    """
    mixed = np.zeros(table.m, np.uint64)
    for name in table.names:
        if table.is_numeric(name):
            column = table.numbers(name)
            own = np.where(column == 0, 0.0, column).view(np.uint64)
            own = np.where(np.isnan(column), np.uint64(1), own)
        else:
            texts = table.texts(name)
            own = texts.mapped([hash(text) & (2**64 - 1) for text in texts.values], 1, np.uint64)
        mixed = (mixed ^ own) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed
