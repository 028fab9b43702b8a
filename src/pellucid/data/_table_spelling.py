"""How values are written: numbers in disguise, marks of missing values, and spellings of one category."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from pellucid.data._table_values import number_of
from pellucid.data.table_texts import Texts
from pellucid.errors import OptionError

# In a column of numbers these are marks of a missing value; elsewhere they may be categories.
PLACEHOLDERS = frozenset(
    {
        *("-", "--", "---", ".", "*", "#", "None", "none", "NONE", "missing", "Missing", "MISSING"),
        *("unknown", "Unknown", "n.a.", "N.A.", "k.A.", "nil", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?"),
        *("#NUM!", "#N/A!", "\N{EN DASH}", "\N{EM DASH}"),
    }
)
# The share of a column's values that has to agree.
NEARLY_ALL = 0.95

_SPACES = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"
_DIGITS = rf"\d[\d.,'\N{{RIGHT SINGLE QUOTATION MARK}} {_SPACES}]*"
_DISGUISED = re.compile(
    rf"(?P<sign>[+-]?)(?P<before>[^\d+\-.,()]*)(?P<inner>[+-]?)(?P<digits>[.,]?{_DIGITS}?(?:[eE][+-]?\d+)?)"
    r"(?P<after>[^\d]*)",
    re.ASCII,
)
_CURRENCIES = frozenset(
    {
        *"$\N{EURO SIGN}\N{POUND SIGN}\N{YEN SIGN}\N{INDIAN RUPEE SIGN}\N{WON SIGN}\N{RUBLE SIGN}",
        *(
            "US$",
            "A$",
            "C$",
            "R$",
            "HK$",
            "Rs",
            "Rs.",
            "kr",
            "kr.",
            "Fr.",
            "USD",
            "EUR",
            "GBP",
            "CHF",
            "JPY",
        ),
        *("INR", "CNY", "AUD", "CAD", "SEK", "NOK", "DKK", "PLN", "BRL"),
    }
)
# With one of another kind behind its number, a text may be the name of a category: 4G, 1st, 5A.
_UNITS = frozenset(
    {
        *("%", "\N{PER MILLE SIGN}", "kg", "g", "mg", "t", "lb", "lbs", "oz", "km", "m", "cm", "mm", "mi"),
        *("miles", "ft", "in", "yd", "l", "ml", "cl", "cc", "s", "sec", "min", "h", "hr", "hrs", "hours"),
        *(
            "days",
            "weeks",
            "months",
            "years",
            "yrs",
            "v",
            "w",
            "kw",
            "kwh",
            "wh",
            "mah",
            "hz",
            "mhz",
            "ghz",
        ),
        *("kb", "mb", "gb", "tb", "mph", "km/h", "kmh", "m/s", "kmpl", "km/kg", "mpg", "hp", "bhp", "ps"),
        *("\N{DEGREE SIGN}", "\N{DEGREE SIGN}c", "\N{DEGREE SIGN}f", "m2", "m\N{SUPERSCRIPT TWO}", "sqft"),
        *("sq ft", "m3", "m\N{SUPERSCRIPT THREE}", "px", "bpm", "kcal", "cal", "kj", "pa", "hpa", "bar"),
    }
)
_MOST_AFFIX = 12
_SAMPLE = 1000
_GROUPS = {
    ".": re.compile(r"\d{1,3}(?:[,' ]\d{3})+(?:\.\d*)?|\d*\.?\d*(?:[eE][+-]?\d+)?", re.ASCII),
    ",": re.compile(r"\d{1,3}(?:[.' ]\d{3})+(?:,\d*)?|\d*,?\d*(?:[eE][+-]?\d+)?", re.ASCII),
}
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+", re.ASCII)


@dataclass(frozen=True)
class NumberForm:
    """How the numbers of a column are written.

    Attributes:
        before: what stands before each: "$".
        after: what stands behind each: "%", "kg".
        decimal: "." or ",".

    Raises:
        OptionError: another decimal mark, or what is too long.
    """

    before: str = ""
    after: str = ""
    decimal: str = "."

    def __post_init__(self) -> None:
        affixes = (self.before, self.after)
        if self.decimal not in (".", ",") or not all(
            isinstance(affix, str) and len(affix) <= _MOST_AFFIX for affix in affixes
        ):
            raise OptionError(
                f"recipe: numbers are written {self.before!r:.40}, {self.after!r:.40} and with the decimal "
                f"mark {self.decimal!r:.10}; expected short texts, and . or ,"
            )

    def to_list(self) -> list[str]:
        """Plain values, for a model file."""
        return [self.before, self.after, self.decimal]

    @classmethod
    def from_list(cls, document: Any) -> Self:
        """The inverse of `to_list`.

        Raises:
            OptionError: it is no list of three texts.
        """
        if not isinstance(document, list) or [*map(type, document)] != [str] * 3:
            raise OptionError(
                f"recipe: the form of numbers is {document!r:.80}; expected a list of three texts"
            )
        return cls(*document)

    @property
    def is_plain(self) -> bool:
        """Whether numbers are written as everywhere: 1234.5."""
        return self == NumberForm()

    def describe(self) -> str:
        """In words: "as $1", "with decimal commas"."""
        parts = []
        if self.before or self.after:
            space = " " if self.after.isalpha() else ""
            parts.append(f"as {self.before}1{space}{self.after}")
        if self.decimal == ",":
            parts.append("with decimal commas")
        return " ".join(parts) or "with thousands separators, or other signs than 1234.5"

    def number_of(self, text: str) -> float | None:
        """The number that a text stands for; NaN for a mark of a missing value; None: it is none."""
        plain = number_of(text) if self.decimal == "." else None
        if plain is not None:
            return plain
        if text.strip() in PLACEHOLDERS:
            return float("nan")
        found = _taken_apart(text)
        if found is None:
            return None
        sign, before, digits, after = found
        if (before, after) not in ((self.before, self.after), ("", "")):
            return None
        number = _plain_digits(digits, self.decimal)
        return None if number is None else sign * number

    @classmethod
    def of(cls, counted: Mapping[str, int], separator: str, decimal: str | None) -> tuple[Self, float]:
        """The form that most of the texts of a column have, and the share of them that it reads.

        Args:
            counted: each distinct text with how often it occurs.
            separator: of the file, between columns; empty: unknown.
            decimal: the decimal mark where it is known.
        """
        if len(counted) > 2 * _SAMPLE:
            # Where few of some texts are numbers, nobody has to look at a million of them.
            some = dict(list(counted.items())[:: len(counted) // _SAMPLE])
            form, share = cls.of(some, separator, decimal)
            if share < 0.5:
                return form, share
        affixes: Counter[tuple[str, str]] = Counter()
        digits: Counter[str] = Counter()
        total = 0
        for text, count in counted.items():
            if text.strip() in PLACEHOLDERS:
                continue
            total += count
            found = _taken_apart(text)
            if found is not None:
                affixes[found[1], found[3]] += count
                digits[found[2]] += count
        if not total or not affixes:
            return cls(), 0.0
        # A number without a sign of its own is one of any form.
        own = Counter({pair: count for pair, count in affixes.items() if pair != ("", "")})
        (before, after), count = own.most_common(1)[0] if own else (("", ""), 0)
        if 2 * count < total:
            # The signs of a few are no form of all.
            before, after = "", ""
        if (before and before not in _CURRENCIES) or not _is_unit(after):
            return cls(), 0.0
        form = cls(before, after, decimal or _decimal(digits, separator))
        read = sum(
            count
            for text, count in counted.items()
            if text.strip() not in PLACEHOLDERS and form.number_of(text) is not None
        )
        return form, read / total


def _is_unit(after: str) -> bool:
    # One capital letter behind a number is a name: 4G, 2L, 5M.
    alike = after if len(after) == 1 else after.lower()
    return not after or after in _CURRENCIES or alike in _UNITS


def _taken_apart(text: str) -> tuple[int, str, str, str] | None:
    """Sign, what stands before, the digits with their marks, and what stands behind."""
    text = text.strip().replace("\N{MINUS SIGN}", "-")
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1].strip()
    if text.endswith("-") and text[:-1].strip().endswith(tuple("0123456789")):
        # As SAP writes what is below zero.
        text = f"-{text[:-1].strip()}"
    if text.startswith("(") and text.endswith(")"):
        # As accountants write what is below zero.
        text = f"-{text[1:-1]}"
    found = _DISGUISED.fullmatch(text)
    if found is None or not any(letter.isdigit() for letter in found["digits"]):
        return None
    before, after = found["before"].strip(), found["after"].strip()
    if len(before) > _MOST_AFFIX or len(after) > _MOST_AFFIX or (found["sign"] and found["inner"]):
        return None
    sign = -1 if "-" in (found["sign"], found["inner"]) else 1
    return sign, before, found["digits"].strip(), after


def _plain_digits(digits: str, decimal: str) -> float | None:
    for space in (*_SPACES, "\N{RIGHT SINGLE QUOTATION MARK}"):
        digits = digits.replace(space, " " if space in _SPACES else "'")
    if not _GROUPS[decimal].fullmatch(digits):
        return None
    other = "," if decimal == "." else "."
    for mark in (other, "'", " "):
        digits = digits.replace(mark, "")
    return number_of(digits.replace(decimal, "."))


def _decimal(digits: Counter[str], separator: str) -> str:
    """The decimal mark of a column: a comma only where the columns have another separator."""
    if separator in ("", ","):
        return "."
    with_comma = {text: count for text, count in digits.items() if "," in text}
    if not with_comma or all(_THOUSANDS.fullmatch(text) for text in with_comma):
        return "."
    total = sum(digits.values())
    agree = sum(count for text, count in digits.items() if _plain_digits(text, ",") is not None)
    return "," if agree >= NEARLY_ALL * total else "."


def looks_grouped(texts: Sequence[str]) -> bool:
    """Whether the only commas are those of thousands, which could be decimal commas too: 1,234.

    Args:
        texts: the values of a column.
    """
    with_comma = [text for text in texts if "," in text]
    return bool(with_comma) and all(_THOUSANDS.search(text) for text in with_comma)


_TRUTH = {"true": "true", "false": "false"}


def canonical(text: str) -> str:
    """The one spelling of a category: 1 for 1.0, true for True; composed letters, no blanks around.

    Args:
        text: as written.
    """
    text = unicodedata.normalize("NFC", text.strip())
    lowered = text.lower()
    if lowered in _TRUTH:
        return _TRUTH[lowered]
    # 007 is a code, and 1e5 may be one; 1.0 is what a program made of 1.
    if re.fullmatch(r"-?(?:0|[1-9]\d*)\.0+", text, re.ASCII):
        return text.partition(".")[0]
    return text


def numbers_by(
    form: NumberForm, texts: Texts, *, others: bool = False
) -> tuple[np.ndarray[Any, Any], int | None]:
    """The numbers that texts represent.

    Args:
        form: how they are written.
        texts: the column.
        others: whether texts that are no numbers count as missing values.

    Returns:
        (m,) float64, NaN for missing values; and the row of the first text that is not a number, or None.
    """
    known = [form.number_of(value) for value in texts.values]
    numbers = texts.mapped([np.nan if number is None else number for number in known], np.nan, np.float64)
    wrong = texts.mapped([number is None and not others for number in known], False, np.bool_)
    return numbers, int(np.argmax(wrong)) if wrong.any() else None
