"""Examples from named arrays: X and y by name, examples in rows or columns. For HDF5 and NumPy files."""

import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pellucid.data._files import shown
from pellucid.data._labels import MAX_CLASSES, class_names, is_one_hot, read_labels, read_targets
from pellucid.data.rows import Numbered, Rows, Splits
from pellucid.data.stored_rows import StoredRows
from pellucid.data.task import task_of_array
from pellucid.errors import FormatError, LabelError

# Names of arrays, in upper or lower case. The course's train_set_x is one of them.
_NAME = re.compile(
    r"(?:(train|test)_(?:set_)?)?(?:(x|data|features|images)|(y|labels|target))(?:_(train|test))?",
    re.IGNORECASE | re.ASCII,
)
_CLASS_NAMES = ("list_classes", "classes", "class_names", "target_names")
_EXPECTED = (
    "X (or x, data, features, images) with y (or labels, target), X_train, y_train, X_test, y_test, "
    "or train_set_x, train_set_y"
)
_LISTED = 12

_MAX_RANK = 4
_MAX_ITEM = 4096
_KINDS = {
    "inputs": ("biuf", "integers or floating-point numbers of at most 64 bits"),
    "labels": ("biufSU", "numbers of at most 64 bits or text of fixed length"),
    "classes": ("SU", "text"),
}


class PartKeys(NamedTuple):
    """The names of one part's arrays."""

    inputs: str
    labels: str | None


class Keys(NamedTuple):
    """The names of a file's arrays by role."""

    train: PartKeys | None
    test: PartKeys | None
    classes: str | None

    def roles(self) -> dict[str, str]:
        """Name to role - "inputs", "labels" or "classes" - of the arrays to read."""
        roles = {}
        for part in (self.train, self.test):
            if part is not None:
                roles[part.inputs] = "inputs"
                if part.labels is not None:
                    roles[part.labels] = "labels"
        if self.classes is not None:
            roles[self.classes] = "classes"
        return roles


def at(path: Path, name: str) -> str:
    """File and array, as messages name them."""
    return f"{path}, {name}" if name else str(path)


def find_keys(path: Path, names: Iterable[str], describe: Callable[[str], str]) -> Keys:
    """Find inputs, labels and class names by the names of the arrays.

    Args:
        path: for messages.
        names: of all arrays in the file.
        describe: shape and type of the array with a name, for a message.

    Raises:
        FormatError: no array is named as inputs are, or two arrays have the same role.
    """
    names = list(names)
    by_role: dict[tuple[str, str], str] = {}
    for name in names:
        role = _role(name)
        if role is None:
            continue
        if role in by_role:
            raise FormatError(
                f"{path}: {by_role[role]} and {name} could both be the {' '.join(role).strip()}; "
                "expected one: rename or remove the other"
            )
        by_role[role] = name
    parts = []
    for part in ("training", "test"):
        inputs, labels = by_role.get((part, "inputs")), by_role.get((part, "labels"))
        if inputs is None and labels is not None:
            raise FormatError(f"{path} has the {part} labels {labels} but no {part} inputs; expected both")
        parts.append(None if inputs is None else PartKeys(inputs, labels))
    if parts == [None, None]:
        listed = ", ".join(f"{shown(name)} {describe(name)}" for name in names[:_LISTED]) or "nothing"
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        raise FormatError(f"{path} holds {listed}{more}; expected arrays named {_EXPECTED}: rename yours")
    return Keys(parts[0], parts[1], by_role.get(("", "classes")))


def check_array(where: str, dtype: np.dtype[Any], shape: tuple[int, ...], role: str) -> None:
    """Refuse, before anything is allocated, an array that does not suit its role.

    Args:
        where: file and array, for messages.
        dtype: its declared type.
        shape: its declared shape.
        role: "inputs", "labels" or "classes".

    Raises:
        FormatError: an unsupported type, no dimension or too many, or an empty array.
    """
    kinds, expected = _KINDS[role]
    limit = _MAX_ITEM if dtype.kind in "SU" else 8
    if dtype.kind not in kinds or not 0 < dtype.itemsize <= limit:
        raise FormatError(f"{where} is of type {shown(str(dtype))}, which is not read; expected {expected}")
    if not 1 <= len(shape) <= _MAX_RANK:
        raise FormatError(f"{where} has {len(shape)} dimensions; expected 1 to {_MAX_RANK}")
    if 0 in shape:
        raise FormatError(f"{where} is empty, of shape {shape}; expected at least one example")
    if role == "classes" and math.prod(shape) > MAX_CLASSES:
        raise FormatError(f"{where} holds {math.prod(shape)} names; expected at most {MAX_CLASSES}")


def assemble(path: Path, keys: Keys, arrays: Mapping[str, Any], task: str | None = None) -> Splits:
    """The arrays of one file as examples.

    Args:
        path: for messages and sources.
        keys: the roles of the arrays.
        arrays: the arrays that `keys` names; each has passed `check_array`. Inputs may be `StoredRows`.
        task: "classification" or "regression"; None: decided by `task_of_array` from the training targets.

    Raises:
        FormatError: shapes that cannot be examples, or inputs and labels that do not fit together.
        LabelError: labels that cannot be classes, or test classes that training does not have.
        NonFiniteError: a target of a regression that is NaN or infinite.
        DataError: training and test examples of different shapes.
    """
    arrays = {
        name: values if isinstance(values, StoredRows) else _usable(at(path, name), values)
        for name, values in arrays.items()
    }
    names = () if keys.classes is None else class_names(arrays[keys.classes], at(path, keys.classes))
    train = None if keys.train is None else _examples(path, keys.train, arrays, names, task)
    if train is not None:
        task = task or train.task
    test = None if keys.test is None else _examples(path, keys.test, arrays, names, task)
    if train is not None and test is not None and train.task is not None:
        try:
            test = test.beside(train)
        except LabelError as error:
            raise LabelError(f"{path}: {error}") from None
    return Splits(train, test)


def _role(name: str) -> tuple[str, str] | None:
    if name.lower() in _CLASS_NAMES:
        return "", "classes"
    match = _NAME.fullmatch(name)
    if match is None or (match[1] and match[4]):
        return None
    part = "test" if (match[1] or match[4] or "").lower() == "test" else "training"
    return part, "inputs" if match[2] else "labels"


def _usable(where: str, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array in native byte order, checked for bytes that represent no value."""
    values = values.astype(values.dtype.newbyteorder("="), copy=False)
    if values.dtype.kind == "b" and values.view(np.uint8).max() > 1:
        raise FormatError(f"{where} is damaged: a boolean is neither 0 nor 1; expected only these")
    if values.dtype.kind == "U" and np.ascontiguousarray(values).view(np.uint32).max() > sys.maxunicode:
        raise FormatError(f"{where} is damaged: it holds characters beyond Unicode; expected text")
    return values


def _examples(
    path: Path,
    part: PartKeys,
    arrays: Mapping[str, Any],
    names: tuple[str, ...],
    task: str | None,
) -> Rows:
    X = arrays[part.inputs]
    axis = "row"
    labels, targets, classes = None, None, names
    if part.labels is not None:
        y = arrays[part.labels]
        shapes = f"{part.inputs} has shape {X.shape} and {part.labels} {y.shape}"
        if y.ndim > 2:
            raise LabelError(f"{path}: {shapes}; expected (m,), (1, m), one-hot (m, K) or targets (m, n_y)")
        if _in_columns(X, y):
            X, y, axis = X.T, y.T, "column"
        elif y.shape == (1, len(X)):
            y = y[0]
        if len(X) != len(y):
            columns = X.ndim == 2 and y.ndim == 1 and len(y) == X.shape[1]
            hint = f": examples in columns need {part.labels}.reshape(1, -1)" if columns else ""
            raise FormatError(f"{path}: {shapes}; expected one label for each of the {len(X)} rows{hint}")
        if (task or task_of_array(y, named=bool(names))) == "regression":
            targets, classes = read_targets(y, at(path, part.labels)), ()
        else:
            labels, classes = read_labels(y, names, at(path, part.labels))
    rows = _rows(at(path, part.inputs), X)
    prefix = f"{path.name}, {part.inputs} {axis}" if part.inputs else f"{path.name}, {axis}"
    return Rows(rows, labels, classes, Numbered(prefix, range(len(rows))), targets=targets)


def _in_columns(X: Any, y: np.ndarray[Any, Any]) -> bool:
    """Whether examples are columns, as in the course: X (n_x, m) with Y (n_y, m), such as (1, m).

    If both fit, examples are rows, unless Y has one row.
    """
    if X.ndim != 2 or y.ndim != 2 or y.shape[1] != X.shape[1]:
        return False
    if y.shape[0] == 1 or y.shape[0] != X.shape[0]:
        return True
    return y.shape[1] > 1 and not is_one_hot(y) and is_one_hot(y.T)


def _rows(where: str, X: Any) -> Any:
    """8-bit pictures (m, height, width[, 3]) unchanged, everything else as numbers (m, n)."""
    if X.ndim == 4 and X.shape[3] == 1:
        X = X[..., 0]
    if X.ndim < 2 or (X.ndim == 4 and X.shape[3] != 3):
        raise FormatError(
            f"{where} has shape {X.shape}; expected numbers (m, n), or pictures (m, height, width) or "
            "(m, height, width, 3)"
        )
    return X if X.dtype == np.uint8 else X.reshape(len(X), -1)
