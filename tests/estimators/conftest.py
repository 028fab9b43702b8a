"""Small real data, scaled as a user would, and the judge of two fitted estimators."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

Data = tuple[np.ndarray, np.ndarray]

# What has to be the same; and what to rounding.
EXACTLY = (
    *("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_"),
    *("classes_", "feature_names_in_", "_no_improvement_count"),
)
CLOSELY = ("loss_", "loss_curve_", "best_loss_", "validation_scores_", "best_validation_score_")
# Of the largest weight of a matrix: how far the others may be off, however small they are. The smallest are
# differences of sums of terms as large as the largest, and are rounded as those are: L-BFGS with a penalty
# leaves weights of 1e-6 that differ by 3e-12, 3e-6 of themselves, between two orders of summation.
OF_THE_LARGEST = 1e-8


def _scaled(X: np.ndarray) -> np.ndarray:
    found: np.ndarray = (X - X.mean(axis=0)) / X.std(axis=0)
    found.flags.writeable = False
    return found


@pytest.fixture(scope="session")
def cancer() -> Data:
    """Two classes: X (569, 30)."""
    from sklearn.datasets import load_breast_cancer

    X, y = load_breast_cancer(return_X_y=True)
    return _scaled(X), y


@pytest.fixture(scope="session")
def iris() -> Data:
    """Three classes: X (150, 4), every third row of one class."""
    from sklearn.datasets import load_iris

    X, y = load_iris(return_X_y=True)
    order = np.arange(150).reshape(3, 50).T.ravel()
    return _scaled(X[order]), y[order]


@pytest.fixture(scope="session")
def diabetes() -> Data:
    """A number: X (442, 10), y in tens."""
    from sklearn.datasets import load_diabetes

    X, y = load_diabetes(return_X_y=True)
    return _scaled(X), y / 10


@pytest.fixture(scope="session")
def labelled() -> Data:
    """Several labels a row: X (200, 8), Y (200, 4)."""
    from sklearn.datasets import make_multilabel_classification

    X, Y = make_multilabel_classification(200, 8, n_classes=4, n_labels=2, random_state=0)
    return _scaled(X), Y


@pytest.fixture(scope="session")
def agree() -> Callable[..., None]:
    """Refuse an estimator of ours that differs from theirs."""

    def judge(
        ours: Any,
        theirs: Any,
        X: Any,
        *,
        tolerance: float = 1e-6,
        floor: float = 1e-12,
    ) -> None:
        def close(mine: Any, other: Any, name: str, floor: float = floor) -> None:
            assert np.shape(mine) == np.shape(other), name
            largest = float(np.abs(other).max(initial=0.0))
            np.testing.assert_allclose(mine, other, rtol=tolerance, atol=floor * largest, err_msg=name)

        for name in EXACTLY:
            assert hasattr(ours, name) == hasattr(theirs, name), name
            if hasattr(theirs, name):
                np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)
        for name in CLOSELY:
            expected = getattr(theirs, name, None)
            assert (getattr(ours, name, None) is None) == (expected is None), name
            if expected is not None:
                close(np.asarray(getattr(ours, name)), np.asarray(expected), name)
        for name in ("coefs_", "intercepts_"):
            assert len(getattr(ours, name)) == len(getattr(theirs, name))
            for l, (mine, other) in enumerate(zip(getattr(ours, name), getattr(theirs, name), strict=True)):
                assert mine.dtype == other.dtype
                close(mine, other, f"{name}[{l}]", max(floor, OF_THE_LARGEST))
        answers = "predict_proba" if hasattr(theirs, "predict_proba") else "predict"
        close(getattr(ours, answers)(X), getattr(theirs, answers)(X), answers)
        if answers == "predict_proba":
            np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))

    return judge
