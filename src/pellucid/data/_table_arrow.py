"""Columns of a `Table` from pyarrow's: types inferred from texts, or mapped from those of Parquet."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from pellucid.data._files import shown
from pellucid.data._table_values import MISSING, NUMBER, column_of_objects
from pellucid.data.table_texts import Texts
from pellucid.errors import FormatError, not_loaded

Column = np.ndarray[Any, Any]

# Rows from which on columns are read by several threads.
_WORTH_THREADS = 20_000

_MISSING = frozenset(MISSING)
# Digits behind a leading zero; or so many that they may be beyond what float64 holds exactly.
_CODE = r"^[+-]?0\d+$"
_MANY_DIGITS = r"^[+-]?\d{16,}$"


def arrow() -> Any:
    """The package pyarrow.

    Raises:
        MissingPackageError: it is not installed.
    """
    try:
        import pyarrow
    except ImportError as error:
        raise not_loaded(error, "reading tables", "pyarrow", "tables") from None
    return pyarrow


def first_line_of(error: BaseException) -> str:
    """The message of a library's error, as one short line."""
    return " ".join(str(error).split())[:200] or type(error).__name__


def columns_of_texts(columns: Mapping[str, Any], text: frozenset[str]) -> dict[str, Column | Texts]:
    """Each column as numbers if every value is a number, else as texts.

    Args:
        columns: name to an Arrow column of strings without nulls.
        text: names of columns that stay texts.
    """
    if not columns or len(next(iter(columns.values()))) < _WORTH_THREADS:
        return {name: _column(column, name in text) for name, column in columns.items()}
    from concurrent.futures import ThreadPoolExecutor

    # Arrow lets other threads run meanwhile.
    with ThreadPoolExecutor(arrow().cpu_count()) as pool:
        found = pool.map(lambda name: _column(columns[name], name in text), columns)
        return dict(zip(columns, found, strict=True))


def _column(column: Any, stays_text: bool) -> Column | Texts:
    import pyarrow.compute as pc

    column = column.combine_chunks()
    numbers = None if stays_text else _plain_numbers(column)
    if numbers is not None:
        return numbers
    # Values repeat in tables: each distinct value is looked at once.
    encoded = column.dictionary_encode()
    values = pc.utf8_trim_whitespace(encoded.dictionary)
    codes, texts = np.from_dlpack(encoded.indices), values.to_pylist()
    missing = np.array([text in _MISSING for text in texts])
    if not stays_text:
        is_number = _truths(pc.match_substring_regex(values, f"^({NUMBER})$"))
        # 00501 is a code, and so is what float64 cannot hold to its last digit.
        if np.all(is_number | missing) and not _holds_codes(values):
            known = [np.nan if absent else float(text) for absent, text in zip(missing, texts, strict=True)]
            return np.asarray(np.array(known)[codes])
    # Trimmed, some of them are the same.
    found = Texts.of([None if absent else text for absent, text in zip(missing, texts, strict=True)])
    return Texts(found.codes[codes], found.values)


def _plain_numbers(column: Any) -> Column | None:
    """The numbers of a column whose texts Arrow reads as they are; None: it has to be looked at."""
    pa = arrow()
    import pyarrow.compute as pc

    try:
        numbers = np.from_dlpack(pc.cast(column, pa.float64()))
    except pa.ArrowInvalid:
        return None
    if not np.isfinite(numbers).all():
        return None
    # Codes are written longer than their numbers are, 00501, or have too many digits.
    lengths = np.from_dlpack(pc.binary_length(column))
    size = np.abs(numbers)
    odd = (size == np.floor(size)) & (lengths > 1)
    digits = np.floor(np.log10(np.maximum(size, 1))) + 1 + np.signbit(numbers)
    odd &= (lengths != digits) | (size >= 1e15)
    if odd.any() and _holds_codes(column.filter(_as_arrow(odd))):
        return None
    return np.array(numbers)


def _as_arrow(truths: Column) -> Any:
    """NumPy's booleans as an Arrow array, without pandas, which `pyarrow.array` loads."""
    pa = arrow()
    bits = pa.py_buffer(np.packbits(truths, bitorder="little"))
    return pa.Array.from_buffers(pa.bool_(), len(truths), [None, bits])


def _texts(column: Any) -> Texts:
    """A column of texts as it would be read from a text file: without blanks around, some marks missing."""
    if hasattr(column, "combine_chunks"):
        column = column.combine_chunks()
    encoded = column.dictionary_encode()
    stripped = [text.strip() for text in encoded.dictionary.to_pylist()]
    found = Texts.of([None if text in _MISSING else text for text in stripped])
    codes = np.from_dlpack(encoded.indices.fill_null(len(stripped)))
    return Texts(np.append(found.codes, np.int32(-1))[codes], found.values)


def _truths(array: Any) -> Column:
    """An Arrow array of booleans as NumPy's, without pandas, which `to_numpy` loads."""
    import pyarrow.compute as pc

    return np.from_dlpack(pc.cast(array, "uint8")).astype(bool)


def _holds_codes(values: Any) -> bool:
    import pyarrow.compute as pc

    if pc.any(pc.match_substring_regex(values, _CODE)).as_py():
        return True
    many = values.filter(pc.match_substring_regex(values, _MANY_DIGITS)).to_pylist()
    return any(abs(int(text)) > 2**53 for text in many)


def _beyond(column: Any) -> bool:
    """Whether integers are beyond what float64 holds exactly."""
    import pyarrow.compute as pc

    if column.type.bit_width < 64:
        return False
    ends = pc.min_max(column).as_py()
    return any(end is not None and abs(end) > 2**53 for end in ends.values())


def columns_of_types(
    columns: Mapping[str, Any], where: str, text: frozenset[str] = frozenset()
) -> dict[str, Column | Texts]:
    """Columns by their types in the file: see `Table.from_frame`.

    Args:
        columns: name to an Arrow column.
        where: the file, for messages.
        text: names of columns of integers that are texts.

    Raises:
        FormatError: a column of lists, bytes or other structures.
    """
    return {name: _typed(name, column, where, name in text) for name, column in columns.items()}


def _typed(name: str, column: Any, where: str, is_text: bool = False) -> Column | Texts:
    pa = arrow()
    import pyarrow.compute as pc
    from pyarrow import types

    kind = column.type
    if types.is_null(kind):
        return np.full(len(column), np.nan)
    if types.is_integer(kind) and (is_text or _beyond(column)):
        # Codes: as texts they keep every digit.
        return np.asarray(pc.cast(column, pa.string()).to_numpy(zero_copy_only=False), dtype=object)
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        numbers = pc.cast(column, pa.float64(), safe=False)
        return np.array(numbers.to_numpy(), np.float64)
    if types.is_boolean(kind):
        return column_of_objects(name, column.to_pylist())
    if types.is_dictionary(kind):
        combined = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        if isinstance(combined, pa.ChunkedArray):
            combined = column.unify_dictionaries().combine_chunks()
        values = _typed(name, combined.dictionary, where)
        if isinstance(values, Texts):
            return _texts(pc.cast(column, pa.string()))
        codes = pc.fill_null(combined.indices, len(values)).to_numpy(zero_copy_only=False)
        absent = np.nan if values.dtype == np.float64 else None
        return np.asarray(np.append(values, np.array([absent], values.dtype))[codes])
    if types.is_string(kind) or types.is_large_string(kind) or types.is_temporal(kind):
        return _texts(pc.cast(column, pa.string()))
    raise FormatError(f"{where}: column {shown(name)} is of type {kind}; expected numbers or texts")
