"""Data frames of other libraries, through narwhals: pandas, polars, Arrow and others that it supports."""

from typing import Any

import numpy as np

from pellucid.data._files import shown
from pellucid.data._table_values import check_names, column_of_objects
from pellucid.errors import DataError, not_loaded


def columns_of_frame(frame: Any) -> dict[str, np.ndarray[Any, Any]]:
    """The columns by name, as `Table.from_frame` describes them.

    Raises:
        DataError: it is not a data frame of plain columns with different names.
        MissingPackageError: narwhals is not installed.
    """
    try:
        import narwhals.stable.v2 as nw
    except ImportError as error:
        raise not_loaded(error, "reading data frames", "narwhals", "tables") from None

    try:
        wrapped = nw.from_native(frame, eager_only=True)
    except TypeError:
        raise DataError(
            f"the rows are of type {type(frame).__name__}; expected a data frame (pandas, polars, Arrow), "
            "a dictionary of columns, or an array with names"
        ) from None
    # narwhals reports duplicate names in its own words, and only here.
    except Exception as error:
        if type(error).__name__ != "DuplicateError":
            raise
        raise DataError(f"{' '.join(str(error).split()):.200}; expected different names") from None
    names = list(wrapped.columns)
    check_names(names)
    return {name: _column(name, wrapped[name], nw) for name in names}


def _column(name: str, series: Any, nw: Any) -> np.ndarray[Any, Any]:
    dtype = series.dtype
    if dtype.is_nested() or dtype == nw.Binary:
        raise DataError(f"column {shown(name)} is of type {dtype}; expected numbers or texts")
    # Without values the ends are None, NaN or pandas' NA.
    ends = (
        [end for end in (series.min(), series.max()) if isinstance(end, (int, np.integer))]
        if dtype.is_integer()
        else []
    )
    if any(abs(int(end)) > 2**53 for end in ends):
        # Codes beyond what float64 holds: as texts they keep every digit.
        integers = series.to_list()
        return column_of_objects(name, [None if value is None else str(int(value)) for value in integers])
    if dtype.is_integer() or dtype.is_float():
        numbers = series.cast(nw.Float64).to_numpy()
        if numbers.dtype != np.float64:
            # A masked type has objects of its own for nulls.
            return column_of_objects(name, numbers.tolist())
        return np.array(numbers, np.float64)
    if dtype == nw.Boolean or dtype == nw.Object or dtype.is_decimal():  # noqa: PLR1714 - types compare by class
        return column_of_objects(name, series.to_list())
    if dtype == nw.Unknown and series.null_count() == len(series):
        return np.full(len(series), np.nan)
    # Before pandas 3 texts are objects, and the cast turns missing values into the text "None".
    texts = zip(series.cast(nw.String).to_list(), series.is_null().to_list(), strict=True)
    return column_of_objects(name, [None if missing else text for text, missing in texts])
