"""Classes and their numbers: scikit-learn's LabelBinarizer, checks of labels, and class weights."""

from typing import Any

import numpy as np
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import type_of_target, unique_labels

from pellucid.data.rows import listed
from pellucid.errors import LabelError, TableWarning, warn

Floats = np.ndarray[Any, Any]

# So few rows may have one label each by chance.
_ENOUGH = 20


def is_multilabel(y: Any) -> bool:
    """Whether every row may have several labels: (m, K) of 0 and 1."""
    return str(type_of_target(y)).startswith("multilabel")


def warn_of_one_hot(y: Any) -> None:
    """Warn where every row of y has one label of several: one-hot columns, each learnt as a label."""
    Y = np.asarray(y)
    is_large = Y.ndim == 2 and Y.shape[1] > 1 and len(Y) >= _ENOUGH
    if is_large and is_multilabel(Y) and np.all((Y != 0).sum(axis=1) == 1):
        warn(
            f"y has {Y.shape[1]} columns with exactly one 1 in each row, and is learnt as so many labels, "
            "each on its own; if it is one-hot, y.argmax(axis=1) gives the classes",
            TableWarning,
        )


def begin_classes(estimator: Any, y: Any) -> None:
    """Set the classes to those of y."""
    estimator._label_binarizer = LabelBinarizer().fit(y)
    estimator.classes_ = estimator._label_binarizer.classes_


def begin_classes_of_stream(estimator: Any, y: Any, classes: Any) -> None:
    """Set the classes in the first call of `partial_fit`.

    `classes` may be None if y has a column for each label.

    Raises:
        ValueError: `classes` is missing, or its number is not that of the columns of y.
    """
    multilabel = is_multilabel(y)
    if classes is None and not multilabel:
        raise ValueError("classes must be passed on the first call to partial_fit.")
    if multilabel:
        labels = np.arange(np.shape(y)[1]) if classes is None else unique_labels(classes)
        _check_columns(y, labels)
        estimator._label_binarizer = LabelBinarizer().fit(y)
    else:
        labels = unique_labels(classes)
        estimator._label_binarizer = LabelBinarizer().fit(classes)
    estimator.classes_ = labels


def check_repeated_classes(estimator: Any, classes: Any) -> None:
    """Check that a later call of `partial_fit` does not change the classes. It may repeat them.

    Raises:
        ValueError: the classes are not those of the first call.
    """
    if classes is not None and not np.array_equal(estimator.classes_, unique_labels(classes)):
        raise ValueError(
            f"`classes={classes!r}` is not the same as on last call to partial_fit, was: "
            f"{estimator.classes_!r}"
        )


def check_same_classes(estimator: Any, y: Any) -> None:
    """Check that a warm start has the classes of the fit before.

    Raises:
        ValueError: some are missing or new.
    """
    classes = unique_labels(y)
    if set(classes) != set(estimator.classes_):
        raise ValueError(
            "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
            f"Previously got {estimator.classes_}, `y` has {classes}"
        )


def check_known_classes(estimator: Any, y: Any) -> None:
    """Check that later rows have no new class.

    Raises:
        ValueError: a class is new; the message lists the classes.
    """
    if is_multilabel(y):
        _check_columns(y, estimator.classes_)
        return
    classes = unique_labels(y)
    if len(np.setdiff1d(classes, estimator.classes_, assume_unique=True)):
        raise ValueError(
            "`y` has classes not in `self.classes_`. "
            f"`self.classes_` has {estimator.classes_}. 'y' has {classes}."
        )


def _check_columns(y: Any, classes: Any) -> None:
    if np.shape(y)[1] != len(classes):
        raise ValueError(
            f"y has {np.shape(y)[1]} columns of labels and there are {len(classes)} classes "
            f"({classes!s:.200}); expected a column for each"
        )


def weighted(estimator: Any, weights: Floats | None, y: Any, *, stream: bool) -> Floats | None:
    """How much each row counts: its own weight times that of its class.

    Args:
        estimator: with `class_weight`, and `classes_` settled.
        weights: (m,) or None.
        y: labels, in the user's spelling.
        stream: more rows may follow (`partial_fit`).

    Raises:
        LabelError: `class_weight` names an unknown class, or is "balanced" in a stream.
    """
    class_weight = estimator.class_weight
    if class_weight is None:
        return weights
    _check_class_weight(class_weight, is_multilabel(y))
    if stream and class_weight == "balanced":
        raise LabelError(
            "class_weight='balanced' counts the classes of all rows, and partial_fit sees some at a time; "
            "expected a dict: sklearn.utils.class_weight.compute_class_weight makes one"
        )
    if isinstance(class_weight, dict):
        known = estimator.classes_.tolist()
        unknown = [name for name in class_weight if name not in known]
        if unknown:
            raise LabelError(
                f"class_weight names {unknown[0]!r:.80}, which is not a class of y; expected some of "
                f"{listed([repr(name) for name in known])}"
            )
        if not is_multilabel(y):
            class_weight = dict.fromkeys(known, 1.0) | class_weight
            if not any(class_weight.values()):
                raise LabelError("class_weight is 0 for every class; expected a weight above 0 for some")
    factors = compute_sample_weight(class_weight, y)
    return np.asarray(factors if weights is None else weights * factors)


def _check_class_weight(class_weight: Any, multilabel: bool) -> None:
    dicts = class_weight if multilabel and isinstance(class_weight, (list, tuple)) else [class_weight]
    if not all(isinstance(one, dict) or (isinstance(one, str) and one == "balanced") for one in dicts):
        raise LabelError(f"class_weight is {class_weight!r:.80}; expected 'balanced', a dict or None")
    for one in dicts:
        values = one.items() if isinstance(one, dict) else ()
        for name, value in values:
            is_number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(
                value, bool
            )
            if not is_number or not 0 <= value < np.inf:
                raise LabelError(
                    f"class_weight of {name!r:.80} is {value!r:.80}; expected a finite number of at least 0"
                )
