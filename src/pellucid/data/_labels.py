"""Targets of array files as class indices or numbers: one rule for every format."""

from typing import Any

import numpy as np

from pellucid.data._files import shown
from pellucid.data.rows import check_labels
from pellucid.errors import LabelError, NonFiniteError

MAX_CLASSES = 10_000
_LONGEST_TEXT = 200

# Beyond this, float64 cannot represent every integer.
_MAX_INTEGER = 2.0**53


def read_labels(
    values: np.ndarray[Any, Any], names: tuple[str, ...], where: str
) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Class indices and class names.

    Without names, the classes are the sorted distinct values, named by their text; for one-hot rows they
    are the columns, named by their index. With names, the values are indices into them.

    Args:
        values: (m,) or (m, 1) integers, booleans or texts; or one-hot (m, K).
        names: of the classes, if the file names them; may be empty.
        where: file and array, for messages.

    Returns:
        (m,) int64 indices, and the names.

    Raises:
        LabelError: values that cannot be classes, with the first one and its row.
    """
    if values.ndim == 2 and values.shape[1] > 1:
        indices = _from_one_hot(values, where)
        if names and len(names) != values.shape[1]:
            raise LabelError(
                f"{where} is one-hot with {values.shape[1]} columns, but {len(names)} classes are named; "
                "expected one column for each class"
            )
        return indices, names or tuple(map(str, range(values.shape[1])))
    values = _as_integers(values.reshape(-1), where)
    if names:
        if values.dtype.kind in "SU":
            raise LabelError(
                f"{where} holds text and the file names its classes; expected indices of these names, "
                f"0 to {len(names) - 1}"
            )
        check_labels(values, names, where, least=1)
        return values.astype(np.int64), names
    return _distinct(values, where)


def read_targets(values: np.ndarray[Any, Any], where: str) -> np.ndarray[Any, Any]:
    """The targets of a regression.

    Args:
        values: (m,) or (m, n_y) numbers.
        where: file and array, for messages.

    Returns:
        (m, n_y) float64.

    Raises:
        LabelError: text.
        NonFiniteError: NaN or infinity, with the first one and its row.
    """
    if values.dtype.kind in "SU":
        raise LabelError(f"{where} holds text; expected numbers, the targets of a regression")
    targets = values.reshape(len(values), -1).astype(np.float64)
    wrong = ~np.isfinite(targets)
    if wrong.any():
        row, column = np.unravel_index(int(np.argmax(wrong)), targets.shape)
        place = f"row {row}" if targets.shape[1] == 1 else f"row {row}, column {column}"
        raise NonFiniteError(
            f"the target in {place} of {where} is {targets[row, column]}; expected a finite number: "
            "remove the row"
        )
    return targets


def class_names(values: np.ndarray[Any, Any], where: str) -> tuple[str, ...]:
    """The names a file gives its classes.

    Args:
        values: (K,) or (1, K) or (K, 1) texts.
        where: file and array, for messages.

    Raises:
        LabelError: too many names, two that are the same, or one that cannot be printed.
    """
    if max(values.shape) != values.size or values.size > MAX_CLASSES:
        raise LabelError(f"{where} has shape {values.shape}; expected (K,), at most {MAX_CLASSES} names")
    names = _texts(values.reshape(-1), where)
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise LabelError(f"{where} names the class {name} twice; expected different names")
        seen.add(name)
    return names


def is_one_hot(values: np.ndarray[Any, Any]) -> bool:
    """Whether each row of (m, K) is one 1 among zeros."""
    return len(_not_one_hot(values)) == 0


def _not_one_hot(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The rows of (m, K) that are not one 1 among zeros."""
    if values.dtype.kind not in "biuf":
        return np.arange(len(values))
    ones = values == 1
    wrong = ~(ones | (values == 0)).all(axis=1) | (ones.sum(axis=1) != 1)
    return np.asarray(np.flatnonzero(wrong))


def _from_one_hot(values: np.ndarray[Any, Any], where: str) -> np.ndarray[Any, Any]:
    wrong = _not_one_hot(values)
    if len(wrong):
        raise LabelError(
            f"{where} has shape {values.shape}, and row {wrong[0]} is not one-hot; expected one 1 among "
            "zeros in each row, or (m,) with one class for each row"
        )
    if values.shape[1] > MAX_CLASSES:
        raise LabelError(f"{where} has {values.shape[1]} columns; expected at most {MAX_CLASSES} classes")
    return np.asarray(np.argmax(values, axis=1), np.int64)


def _distinct(values: np.ndarray[Any, Any], where: str) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Indices into the distinct values in their order, and these values as text."""
    distinct, indices = np.unique(values, return_inverse=True)
    if len(distinct) > MAX_CLASSES:
        raise LabelError(
            f"{where} holds {len(distinct)} different values; expected at most {MAX_CLASSES} classes: "
            "this looks like the target of a regression, or an identifier"
        )
    return indices.astype(np.int64), _texts(distinct, where)


def are_integers(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Whether each floating-point number is an integer, and small enough to be exact."""
    with np.errstate(invalid="ignore"):
        return np.asarray((values == np.floor(values)) & (np.abs(values) <= _MAX_INTEGER))


def _as_integers(values: np.ndarray[Any, Any], where: str) -> np.ndarray[Any, Any]:
    """Floats with integer values as integers; every other type unchanged."""
    if values.dtype.kind != "f":
        return values
    wrong = np.flatnonzero(~are_integers(values))
    if len(wrong) == 0:
        return values.astype(np.int64)
    row = int(wrong[0])
    if np.isnan(values[row]):
        raise LabelError(
            f"the label in row {row} of {where} is missing (nan); expected a class: remove the row"
        )
    raise LabelError(
        f"the label in row {row} of {where} is {values[row]}; expected classes, as integers or text: "
        "this looks like the target of a regression"
    )


def _texts(values: np.ndarray[Any, Any], where: str) -> tuple[str, ...]:
    try:
        texts = [v.decode() if isinstance(v, bytes) else str(v) for v in values.tolist()]
    except ValueError:
        raise LabelError(f"{where} holds text that is not Unicode; expected class names in UTF-8") from None
    for text in texts:
        if not (text and text.isprintable() and len(text) <= _LONGEST_TEXT):
            raise LabelError(
                f"{where} holds the class name {shown(text)!r}; expected 1 to {_LONGEST_TEXT} "
                "printable characters"
            )
    return tuple(texts)
