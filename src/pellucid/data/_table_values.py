"""The values of one column: numbers, texts and missing values."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from pellucid.data._files import shown
from pellucid.data.table_texts import Texts
from pellucid.errors import DataError, OptionError

Column = np.ndarray[Any, Any]

# How tables write numbers. "inf" is included, so that it is refused as infinite and not read as a text.
NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(?i:inf|infinity)"
_NUMBER = re.compile(rf"\s*({NUMBER})\s*", re.ASCII)

# How texts write a missing value. "None" is not included: it may be a category.
MISSING = (*("", "?", "NA", "N/A", "n/a", "na", "#N/A", "NaN", "nan", "-nan", "NULL", "null", "<NA>"),)
_MISSING = frozenset(MISSING)

# Beyond this, float64 cannot represent every integer.
_MAX_INTEGER = 2.0**53


def text_of(numbers: Column) -> Texts:
    """(m,) numbers as texts, integers without a decimal point; NaN is missing."""
    values, codes = np.unique(numbers, return_inverse=True)
    known = np.isnan(values)
    # NaN is the last of them.
    codes = np.where(known[codes], -1, codes).astype(np.int32)
    return Texts(codes, tuple(_written(value) for value in values[~known].tolist()))


def _written(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) <= _MAX_INTEGER else repr(number)


def number_of(text: str) -> float | None:
    """The number that a text represents; None: it is not a number."""
    return float(text) if _NUMBER.fullmatch(text) else None


def is_code(text: str) -> bool:
    """Whether a text of digits is no number: one with zeros in front, or more digits than float64 holds."""
    digits = text.strip().lstrip("+-")
    if not digits.isdecimal():
        return False
    return (len(digits) > 1 and digits[0] == "0") or (len(digits) > 15 and int(digits) > 2**53)


def column_of(name: str, values: Any) -> Column:
    """A sequence as a column of a table: see `Table.from_frame`.

    Raises:
        DataError: it is not a sequence of plain values.
    """
    if isinstance(values, (str, bytes)):
        raise DataError(f"column {shown(name)} is a text; expected a sequence of values")
    try:
        array = values if isinstance(values, np.ndarray) else np.asarray(values)
    except ValueError:
        # NumPy makes no array of sequences of different lengths.
        array = np.empty((0, 0))
    except TypeError:
        raise DataError(f"column {shown(name)} is not a sequence; expected a list or an array") from None
    if array.ndim != 1:
        raise DataError(f"column {shown(name)} holds sequences; expected one plain value in each row")
    if isinstance(array, np.ma.MaskedArray):
        hidden, array = np.ma.getmaskarray(array), np.ma.getdata(array).astype(object)
        array[hidden] = None
    if array.dtype.kind in "iu" and len(array) and max(-int(array.min()), int(array.max())) > _MAX_INTEGER:
        # Codes beyond what float64 holds: as texts they keep every digit.
        return np.array([str(value) for value in array.tolist()], dtype=object)
    if array.dtype.kind in "iuf":
        return np.array(array, np.float64)
    # NumPy turns numbers beside texts into texts: take the values before that conversion.
    objects = values if isinstance(values, (list, tuple)) else array.tolist()
    if array.dtype.kind == "M":
        objects = [None if np.isnat(moment) else str(moment) for moment in array]
    return column_of_objects(name, objects)


def column_of_objects(name: str, objects: Sequence[Any]) -> Column:
    """Python values as a column: numbers if all present values are numbers, else texts.

    Raises:
        DataError: one is a list, a dictionary or another structure.
    """
    missing = [_is_missing(value) for value in objects]
    present = [value for value, absent in zip(objects, missing, strict=True) if not absent]
    if all(_is_number(value) for value in present):
        if not present:
            return np.full(len(objects), np.nan)
        try:
            return np.array(
                [np.nan if absent else float(value) for value, absent in zip(objects, missing, strict=True)]
            )
        except OverflowError:
            raise DataError(
                f"column {shown(name)} holds an integer beyond 1e308; expected smaller ones, or texts"
            ) from None
    column = np.empty(len(objects), dtype=object)
    for row, (value, absent) in enumerate(zip(objects, missing, strict=True)):
        column[row] = None if absent else _text(name, row, value)
    return column


def _is_missing(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip() in _MISSING
    if isinstance(value, (float, np.floating)):
        return bool(np.isnan(value))
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return bool(np.isnat(value))
    # Those of pandas are recognised by name, without importing it.
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating, Decimal)) and not isinstance(value, bool)


def _text(name: str, row: int, value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if _is_number(value):
        return str(_written(float(value)))
    if isinstance(value, (date, time, timedelta, np.datetime64, np.timedelta64)):
        return str(value)
    raise DataError(
        f"column {shown(name)}, row {row} holds a {type(value).__name__}; expected numbers or texts"
    )


def check_names(names: Sequence[Any], where: str = "") -> None:
    """Refuse names that are not texts, or occur twice.

    Raises:
        DataError: with the first such name.
    """
    seen: dict[str, int] = {}
    for place, name in enumerate(names, start=1):
        if not isinstance(name, str) or not name:
            raise DataError(f"{where}column {place} is called {name!r:.80}; expected a name, a text")
        if name in seen:
            raise DataError(
                f"{where}columns {seen[name]} and {place} are both called {shown(name)}; "
                "expected different names: rename one"
            )
        seen[name] = place


def check_name(name: Any) -> None:
    """Check the name of a column in a recipe.

    Raises:
        OptionError: it is not a text, or empty.
    """
    if not isinstance(name, str) or not name:
        raise OptionError(f"recipe: a column is called {name!r:.80}; expected a name")


def check_document(document: Mapping[str, Any], expected: set[str]) -> None:
    """Check the keys that describe a column in a recipe, and the value of `missing`.

    Raises:
        OptionError: other keys, with those expected; or a `missing` that is not true or false.
    """
    if set(document) != expected or type(document["missing"]) is not bool:
        raise OptionError(f"recipe: a column is described by {', '.join(sorted(expected))}")
