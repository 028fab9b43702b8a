"""What users hand in: arrays, sparse matrices, data frames of any library; and tables as they are."""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_X_y, validate_data

from pellucid.data.table import Table
from pellucid.data.table_recipe import TableRecipe
from pellucid.errors import DataError


def checked_examples(estimator: Any, X: Any, y: Any, *, reset: bool, numeric: bool) -> tuple[Any, Any]:
    """Rows (m, n_x) that the network takes, and their targets as given.

    Args:
        estimator: takes notice of the columns and their names, with `reset`; else they are compared.
        X: dense or sparse; with `encode` any table.
        y: targets.
        reset: these rows are the first.
        numeric: targets are numbers.

    Raises:
        ValueError: what scikit-learn's checks refuse; `DataError` where a table is at fault.
    """
    if estimator.encode:
        rows = _encoded(estimator, X, reset=reset)
        return check_X_y(rows, y, multi_output=True, y_numeric=numeric, dtype=dtypes(estimator))  # type: ignore[no-any-return]
    return validate_data(  # type: ignore[no-any-return]
        estimator,
        _known(X),
        y,
        accept_sparse="csr",
        multi_output=True,
        y_numeric=numeric,
        dtype=dtypes(estimator),
        reset=reset,
    )


def checked_rows(estimator: Any, X: Any) -> Any:
    """Rows (m, n_x) to predict on. Arguments and errors as for `checked_examples`."""
    if estimator.encode:
        return _encoded(estimator, X, reset=False)
    return validate_data(estimator, _known(X), accept_sparse="csr", dtype=dtypes(estimator), reset=False)


def dtypes(estimator: Any) -> tuple[type, ...]:
    """The types of number that X may have, the first of them where it has another."""
    return (np.float64, np.float32) if estimator.dtype is None else (np.dtype(estimator.dtype).type,)


def _known(X: Any) -> Any:
    """What scikit-learn knows as it is; an Arrow table as a frame that it knows."""
    if not type(X).__module__.startswith("pyarrow"):
        return X
    table = Table.from_frame(X)
    texts = [name for name in table.names if not table.is_numeric(name)]
    if texts:
        raise DataError(
            f"column {texts[0]!r:.80} holds text; expected numbers, or encode=True, which makes inputs of "
            "categories"
        )
    return _Named(table)


class _Named:
    """Numbers with the names of their columns, as scikit-learn asks a frame for them."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.columns = list(table.names)
        self.shape = (table.m, len(table.names))

    def __len__(self) -> int:
        return self._table.m

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray[Any, Any]:
        rows = np.column_stack([self._table[name] for name in self._table.names])
        return rows.astype(dtype or rows.dtype, copy=False)


def _encoded(estimator: Any, X: Any, *, reset: bool) -> np.ndarray[Any, Any]:
    table = Table.from_frame(X)
    if reset:
        estimator.recipe_ = TableRecipe.fit(table)
        estimator.n_features_in_ = len(table.names)
        estimator.feature_names_in_ = np.array(table.names, dtype=object)
    dtype = np.dtype(dtypes(estimator)[0]).name
    return np.ascontiguousarray(estimator.recipe_.columns(table, dtype).T)
