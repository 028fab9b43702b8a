"""Built-in data sets from scikit-learn: nothing to download."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pellucid.data.rows import Rows, Splits
from pellucid.errors import NotFoundError, not_loaded

BUILTINS = {
    "digits": "1797 handwritten digits, grey pictures of 8 x 8 pixels, 10 classes",
    "breast-cancer": "569 tumours in 30 measurements, malignant or benign",
    "moons": "400 points in the plane, two interleaving half circles",
    "circles": "400 points in the plane, a circle within a circle",
}

_POINTS = 400

# rows, labels, names of the classes
_Loaded = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], tuple[str, ...]]


def read_builtin(name: str, *, seed: int = 0) -> Splits:
    """A built-in data set, all of it for training.

    Args:
        name: a key of `BUILTINS`.
        seed: of the random points of "moons" and "circles".

    Raises:
        NotFoundError: there is no built-in data set of that name.
        MissingPackageError: scikit-learn is not installed.
    """
    if name not in _LOADERS:
        raise NotFoundError(f"there is no built-in data set {name!r}; expected {', '.join(BUILTINS)}")
    try:
        from sklearn import datasets
    except ImportError as error:
        raise not_loaded(error, f"the built-in data set {name}", "scikit-learn", "sklearn") from None
    rows, labels, classes = _LOADERS[name](datasets, seed)
    sources = tuple(f"{name}, row {i}" for i in range(len(rows)))
    return Splits(Rows(rows, labels.astype(np.int64), classes, sources), None)


def _digits(datasets: Any) -> _Loaded:
    bunch = datasets.load_digits()
    # Sixteen levels of grey, scaled to 8 bits, so that they are pictures like any other.
    pictures = np.rint(bunch.images * (255 / 16)).astype(np.uint8)
    return pictures, bunch.target, tuple(map(str, range(10)))


def _breast_cancer(datasets: Any) -> _Loaded:
    bunch = datasets.load_breast_cancer()
    return bunch.data, bunch.target, tuple(map(str, bunch.target_names))


_LOADERS: dict[str, Callable[[Any, int], _Loaded]] = {
    "digits": lambda datasets, seed: _digits(datasets),
    "breast-cancer": lambda datasets, seed: _breast_cancer(datasets),
    "moons": lambda datasets, seed: (
        *datasets.make_moons(_POINTS, noise=0.2, random_state=seed),
        ("upper", "lower"),
    ),
    "circles": lambda datasets, seed: (
        *datasets.make_circles(_POINTS, noise=0.05, factor=0.5, random_state=seed),
        ("outer", "inner"),
    ),
}
