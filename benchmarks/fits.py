"""Whole fits of scikit-learn's estimators on real data: the settings that ours are compared in.

On every data set the defaults, then one thing or two changed at a time: solver, activation, batch (32 and
16 too, which many use), width, depth, schedule, early stopping, weights.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

Floats = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Fit:
    """One setting.

    Attributes:
        data: the name of a data set of `DATA`.
        parameters: of the estimator, beside `random_state`.
        weighted: whether every row has a weight of its own.
        examples: only so many of the rows; None: all.
    """

    data: str
    parameters: dict[str, Any] = field(default_factory=dict)
    weighted: bool = False
    examples: int | None = None

    @property
    def name(self) -> str:
        """The data and what is not as usual."""
        words = [f"{name}={value}".replace(" ", "") for name, value in self.parameters.items()]
        words += ["weighted"] if self.weighted else []
        words += [f"{self.examples} rows"] if self.examples else []
        return f"{self.data}: {', '.join(words) or 'defaults'}"

    @property
    def estimator(self) -> str:
        """The name of the class, ours and theirs."""
        return "MLPRegressor" if self.data == "diabetes" else "MLPClassifier"


def _fits(data: str, *settings: dict[str, Any]) -> list[Fit]:
    found = []
    for setting in settings:
        own = {name: setting[name] for name in ("weighted", "examples") if name in setting}
        found.append(Fit(data, {k: v for k, v in setting.items() if k not in own}, **own))
    return found


FITS: list[Fit] = [
    *_fits(
        "breast cancer",
        {},
        {"solver": "sgd", "learning_rate_init": 0.01},
        {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.1, "max_iter": 100},
        {
            "solver": "sgd",
            "learning_rate": "adaptive",
            "learning_rate_init": 0.05,
            "nesterovs_momentum": False,
        },
        {"solver": "lbfgs", "alpha": 1.0},
        {"hidden_layer_sizes": (16, 8), "batch_size": 32},
        {"activation": "tanh", "hidden_layer_sizes": (32,), "batch_size": 64},
        {"early_stopping": True, "learning_rate_init": 0.01},
        {"batch_size": 32, "max_iter": 100},
        {"hidden_layer_sizes": (10,), "batch_size": 16, "max_iter": 100},
        {"activation": "logistic", "weighted": True},
        {"shuffle": False, "hidden_layer_sizes": (20, 20, 20), "max_iter": 100},
    ),
    *_fits(
        "diabetes",
        {},
        {"solver": "sgd", "learning_rate_init": 0.001, "momentum": 0.5},
        {"solver": "lbfgs", "alpha": 10.0, "hidden_layer_sizes": (20,)},
        {"hidden_layer_sizes": (32, 16), "batch_size": 32, "learning_rate_init": 0.01},
        {"batch_size": 32, "max_iter": 100},
        {"hidden_layer_sizes": (10,), "batch_size": 16, "max_iter": 100},
        {"early_stopping": True, "learning_rate_init": 0.05},
        {"loss": "poisson", "learning_rate_init": 0.01},
        {"activation": "tanh", "weighted": True, "learning_rate_init": 0.01},
    ),
    *_fits(
        "digits",
        {},
        {"solver": "sgd", "learning_rate_init": 0.1, "max_iter": 100},
        {"solver": "lbfgs", "max_iter": 100},
        {"hidden_layer_sizes": (32,), "batch_size": 32, "max_iter": 50},
        {"batch_size": 32, "max_iter": 50},
        {"hidden_layer_sizes": (10,), "batch_size": 16, "max_iter": 30},
        {"activation": "tanh", "hidden_layer_sizes": (50, 20), "max_iter": 100},
        {"early_stopping": True},
        {"alpha": 1.0, "activation": "logistic", "max_iter": 100},
        {
            "solver": "sgd",
            "learning_rate": "adaptive",
            "learning_rate_init": 0.5,
            "batch_size": 100,
            "max_iter": 60,
        },
    ),
    *_fits(
        "adult",
        {"max_iter": 10},
        {"hidden_layer_sizes": (32,), "max_iter": 10, "batch_size": 64},
        {"batch_size": 32, "max_iter": 3},
        {"hidden_layer_sizes": (10,), "batch_size": 16, "max_iter": 2},
        {"solver": "sgd", "learning_rate_init": 0.05, "max_iter": 10, "early_stopping": True},
        {"hidden_layer_sizes": (64, 32), "activation": "tanh", "max_iter": 10},
        {"solver": "lbfgs", "hidden_layer_sizes": (10,), "max_iter": 40},
        {"weighted": True, "max_iter": 10, "hidden_layer_sizes": (50,)},
    ),
    *_fits(
        "mnist10k",
        {"max_iter": 10},
        {"hidden_layer_sizes": (32,), "batch_size": 32, "max_iter": 5},
        {"batch_size": 32, "max_iter": 3},
        {"hidden_layer_sizes": (10,), "batch_size": 16, "max_iter": 3},
        {"solver": "sgd", "learning_rate_init": 0.1, "max_iter": 10},
        {"hidden_layer_sizes": (256, 128), "max_iter": 5},
        {"activation": "tanh", "early_stopping": True, "max_iter": 8},
        {"solver": "lbfgs", "hidden_layer_sizes": (20,), "max_iter": 30, "examples": 2000},
    ),
]


def _breast_cancer(_: Path | None) -> tuple[Floats, Floats]:
    from sklearn.datasets import load_breast_cancer

    return load_breast_cancer(return_X_y=True)  # type: ignore[no-any-return]


def _diabetes(_: Path | None) -> tuple[Floats, Floats]:
    from sklearn.datasets import load_diabetes

    X, y = load_diabetes(return_X_y=True)
    # In tens, so that the first weights are not hopelessly far; counts, where a loss wants them.
    return X, np.rint(y / 10)


def _digits(_: Path | None) -> tuple[Floats, Floats]:
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return X / 16, y


def _adult(root: Path | None) -> tuple[Floats, Floats]:
    assert root is not None
    with (root / "tables" / "adult-train.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, skipinitialspace=True))
    y = np.array([row["income"] for row in rows])
    columns = []
    for name in [name for name in rows[0] if name != "income"]:
        values = np.array([row[name] for row in rows])
        try:
            numbers = values.astype(np.float64)
            columns.append(((numbers - numbers.mean()) / numbers.std())[:, None])
        except ValueError:
            columns.append((values[:, None] == np.unique(values)).astype(np.float64))
    return np.hstack(columns), y


def _mnist10k(root: Path | None) -> tuple[Floats, Floats]:
    assert root is not None
    with np.load(root / "mnist10k.npz", allow_pickle=False) as file:
        return file["X_train"].reshape(-1, 784) / 255.0, file["y_train"]


DATA: dict[str, Callable[[Path | None], tuple[Floats, Floats]]] = {
    "breast cancer": _breast_cancer,
    "diabetes": _diabetes,
    "digits": _digits,
    "adult": _adult,
    "mnist10k": _mnist10k,
}
# Those that come from the folder of data.
FROM_FOLDER = ("adult", "mnist10k")


def problem_of_fit(fit: Fit, root: Path | None) -> tuple[Floats, Floats, Floats | None]:
    """`(X, y, weights)`: rows (m, n) in float64, scaled as a user would, and their targets.

    Args:
        fit: the setting.
        root: the folder of data, for the sets of `FROM_FOLDER`.
    """
    X, y = DATA[fit.data](root)
    if fit.data in ("breast cancer", "diabetes"):
        X = (X - X.mean(axis=0)) / X.std(axis=0)
    X, y = X[: fit.examples], y[: fit.examples]
    weights = np.random.RandomState(0).uniform(0.5, 2.0, len(X)) if fit.weighted else None
    return np.ascontiguousarray(X, np.float64), y, weights


def estimators_of(fit: Fit, *, seed: int = 0) -> tuple[Any, Any]:
    """`(ours, theirs)`, not yet fitted, with the same parameters and the same stream of random numbers."""
    import sklearn.neural_network as theirs

    import pellucid as ours

    def made(home: Any) -> Any:
        return getattr(home, fit.estimator)(random_state=seed, **fit.parameters)

    return made(ours), made(theirs)
