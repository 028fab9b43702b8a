"""Checks of X and y: arrays, sparse matrices, data frames of any library, and raw tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils.validation import check_X_y, validate_data

from pellucid.core._shapes import Sizes, is_transposed, shape_error
from pellucid.data.table import Table
from pellucid.data.table_recipe import TableRecipe
from pellucid.errors import DataError, ShapeError, TableWarning, warn
from pellucid.estimators.examples import EncodedRows


def checked_examples(estimator: Any, X: Any, y: Any, *, reset: bool, numeric: bool) -> tuple[Any, Any]:
    """Rows (m, n_x) for the network, and their targets unchanged.

    Args:
        estimator: with `reset` it stores the names of the columns; else they are compared with its names.
        X: dense or sparse; with `encode` any table.
        y: targets.
        reset: these are the first rows.
        numeric: targets are numbers.

    Raises:
        ValueError: scikit-learn's checks fail; `DataError` if a table is invalid.
    """
    if estimator.encode:
        rows = _encoded(estimator, X, y, reset=reset)
        # Of the rows only their number is looked at.
        _, y = check_X_y(np.zeros((len(rows), 1)), y, multi_output=True, y_numeric=numeric)
        return rows, y
    m = len(y) if hasattr(y, "__len__") else "m"
    sizes = (m, "n_x" if reset else estimator.n_features_in_)
    with _naming_transposed(X, sizes, " to fit y"):
        return validate_data(  # type: ignore[no-any-return]
            estimator,
            _for_sklearn(X),
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
        return _encoded(estimator, X, None, reset=False)
    with _naming_transposed(X, ("m", estimator.n_features_in_), " to fit the model"):
        return validate_data(
            estimator, _for_sklearn(X), accept_sparse="csr", dtype=dtypes(estimator), reset=False
        )


@contextmanager
def _naming_transposed(X: Any, sizes: Sizes, because: str) -> Iterator[None]:
    """Add to scikit-learn's message, which its tests require, that X looks transposed."""
    try:
        yield
    except ValueError as error:
        if is_transposed(getattr(X, "shape", ()), sizes):
            raise ShapeError(f"{error}; {shape_error('X', X, sizes, because)}") from None
        raise


def dtypes(estimator: Any) -> tuple[type, ...]:
    """The types of number that X may have; any other type is converted to the first."""
    return (np.float64, np.float32) if estimator.dtype is None else (np.dtype(estimator.dtype).type,)


def _for_sklearn(X: Any) -> Any:
    """X in a form that scikit-learn accepts: the booleans of an Arrow table become integers.

    Raises:
        DataError: a column of an Arrow table holds text.
    """
    if not type(X).__module__.startswith("pyarrow"):
        return X
    kinds = {field.name: str(field.type) for field in X.schema}
    for i, (name, kind) in enumerate(kinds.items()):
        if kind == "bool":
            X = X.set_column(i, name, X.column(i).cast("int8"))
    texts = [name for name, kind in kinds.items() if kind != "bool" and not _is_number(kind)]
    if texts:
        raise DataError(
            f"column {texts[0]!r:.80} holds text; expected numbers, or encode=True, which encodes "
            "categories"
        )
    return X


def _is_number(kind: str) -> bool:
    return kind.startswith(("int", "uint", "float", "double", "halffloat", "decimal", "null"))


def _encoded(estimator: Any, X: Any, y: Any, *, reset: bool) -> EncodedRows:
    table = _table(X)
    if reset:
        # A model of it is evaluated on files that have the target among their columns.
        recipe = TableRecipe.fit(table)
        estimator.recipe_ = replace(recipe, target=_target_name(y, table), noticed=recipe.noticed)
        estimator.noticed_ = estimator.recipe_.noticed
        estimator.n_features_in_ = len(table.names)
        estimator.feature_names_in_ = np.array(table.names, dtype=object)
    noticed = estimator.noticed_ if reset else estimator.recipe_.unseen(table)
    if noticed:
        warn("\n".join(noticed), TableWarning)
    dtype = np.dtype(dtypes(estimator)[0]).name
    found = estimator.recipe_.encoded(table, dtype)
    found.check_finite(table.places)
    return EncodedRows(found)


def _target_name(y: Any, table: Table) -> str:
    """The name of a series, else y; empty where a column has it already."""
    name = getattr(y, "name", None)
    name = name if isinstance(name, str) and name else "y"
    return "" if name in table else name


def _table(X: Any) -> Table:
    """Any table; columns without names, or with numbers for names, get scikit-learn's names."""
    names: Any = getattr(X, "columns", ())
    if hasattr(X, "set_axis") and not all(isinstance(name, str) for name in names):
        return Table.from_frame(X.set_axis([str(name) for name in names], axis=1))
    if isinstance(X, (list, tuple)):
        X = np.array(X, dtype=object)
    if isinstance(X, np.ndarray):
        if X.ndim != 2:
            raise DataError(
                f"X is an array of shape {X.shape}; expected rows and columns, (m, n), or a table with "
                "names"
            )
        return Table.from_frame(X, [f"x{i}" for i in range(X.shape[1])])
    if isinstance(X, str) or not hasattr(X, "__len__"):
        raise DataError(
            f"X is {X!r:.80}; expected a table: of pandas, polars or Arrow, or rows and columns"
        )
    return Table.from_frame(X)
