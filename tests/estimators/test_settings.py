"""Every parameter out of its range: one clear line with its name, before anything is trained."""

import math
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from pellucid import MLPClassifier, MLPRegressor
from pellucid.engines import processors
from pellucid.errors import OptionError, PellucidError
from pellucid.estimators.settings import threads_of
from pellucid.training import Schedule

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

WRONG: dict[str, tuple[Any, ...]] = {
    "hidden_layer_sizes": ((0,), (-1,), "10", (2.5,), None, ((3, 4),), True, (3, 0)),
    "activation": ("foo", None, 3, ["relu", "tanh"], [None], {}),
    "solver": ("foo", None, ["adam"]),
    "alpha": (-1, "a", math.nan, math.inf, None),
    "batch_size": (0, -1, 1.5, "x", None, np.array([3, 4]), True),
    "learning_rate": ("foo", None, 3, "cosine:floor=2", Schedule("adaptive")),
    "learning_rate_init": (0, -1, math.nan, math.inf, "x", None),
    "power_t": (-1, "x"),
    "max_iter": (0, -1, 1.5, math.inf, None),
    "shuffle": ("x", 1, None),
    "tol": (-1, None),
    "warm_start": (1, "x"),
    "momentum": (-0.1, 1.1, None),
    "nesterovs_momentum": (1, None),
    "early_stopping": ("x", 1),
    "validation_fraction": (-0.1, 1.0, None),
    "beta_1": (-0.1, 1.0),
    "beta_2": (-0.1, 1.0),
    "epsilon": (0, -1),
    "n_iter_no_change": (0, -1, 1.5, None, math.nan),
    "max_fun": (0, 1.5, None),
    "loss": ("foo", None, 3),
    "dropout": (-0.1, 1.0, "x", [0.5, 0.5], None, [None]),
    "input_dropout": (-0.1, 1.0, "x", None, [0.1]),
    "l1": (-1, "x", math.nan),
    "weight_decay": (-1, None),
    "clip_norm": (0, -1, "x", math.nan),
    "huber_delta": (0, -1, None),
    "warmup_epochs": (-1, "x", None),
    "init": ("foo", None, math.nan, []),
    "monitor": ("foo", None),
    "restore_best": (1, None),
    "max_time": (0, -1, "x", math.nan),
    "encode": (1, "x"),
    "n_threads": (0, -1, 1.5, "x", True),
    "engine": ("foo", None, 3),
    "dtype": ("float16", "foo", np.float16),
}
# How messages of other rooms call it.
WORDS = {"learning_rate": "schedule|learning_rate|floor", "init": "initialisation", "engine": "engine"}
CASES = [(name, value) for name, values in WRONG.items() for value in values]


@pytest.mark.parametrize(("name", "value"), CASES, ids=[f"{name}={value!s}" for name, value in CASES])
@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_a_parameter_out_of_its_range(cls: Any, name: str, value: Any, iris: Any) -> None:
    estimator = cls(**{"max_iter": 2, name: value})
    with pytest.raises(OptionError, match=WORDS.get(name, name)) as caught:
        estimator.fit(*iris)
    text = str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert "\n" not in text
    assert "expected" in text or "has no" in text
    assert len(text) < 300
    assert not hasattr(estimator, "loss_curve_")


def test_all_parameters_are_tried_here() -> None:
    known = {*MLPClassifier().get_params(), *MLPRegressor().get_params()}
    elsewhere = {"random_state", "verbose", "callbacks", "class_weight", "label_smoothing"}
    assert known - set(WRONG) == elsewhere


@pytest.mark.parametrize("value", [-0.1, 1.0, "x", None])
def test_label_smoothing_out_of_its_range(value: Any, iris: Any) -> None:
    with pytest.raises(
        OptionError, match=r"label_smoothing is .*; expected a number at least 0 and below 1"
    ):
        MLPClassifier(label_smoothing=value).fit(*iris)


def test_partial_fit_asks_too(iris: Any) -> None:
    X, y = iris
    with pytest.raises(OptionError, match="alpha is -1"):
        MLPClassifier(alpha=-1).partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(OptionError, match="max_iter is 0"):
        MLPRegressor(max_iter=0).partial_fit(X, y)


@pytest.mark.parametrize("change", [{"dropout": 0.1}, {"input_dropout": 0.1}, {"clip_norm": 1.0}], ids=str)
def test_lbfgs_follows_one_cost(change: dict[str, Any], iris: Any) -> None:
    with pytest.raises(
        OptionError, match=f"{next(iter(change))} is .* and the solver is lbfgs.*expected one"
    ):
        MLPClassifier(solver="lbfgs", **change).fit(*iris)


@pytest.mark.parametrize(
    "change", [{"learning_rate": "cosine"}, {"warmup_epochs": 2.0}, {"restore_best": True}], ids=str
)
def test_lbfgs_passes_nothing_over(change: dict[str, Any], iris: Any) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        MLPClassifier(solver="lbfgs", **change).fit(*iris)


def test_numbers_of_numpy_are_numbers(iris: Any) -> None:
    X, y = iris
    plain = MLPClassifier((5, 4), max_iter=3, alpha=0.5, batch_size=50, random_state=0).fit(X, y)
    numpy = MLPClassifier(
        np.array([5, 4]),
        np.array(["relu", "relu"]),
        max_iter=np.int64(3),
        alpha=np.float32(0.5),
        batch_size=np.int32(50),
        random_state=np.int64(0),
        shuffle=np.True_,
        dropout=np.array([0.0, 0.0]),
    ).fit(X, y)
    np.testing.assert_array_equal(plain.coefs_[0], numpy.coefs_[0])
    one = MLPClassifier(5, max_iter=3, random_state=0).fit(X, y)
    np.testing.assert_array_equal(
        one.coefs_[0], MLPClassifier([5], max_iter=3, random_state=0).fit(X, y).coefs_[0]
    )


def test_threads_are_as_many_as_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert threads_of(MLPClassifier()) == processors()
    assert threads_of(MLPClassifier(n_threads=3)) == min(3, processors())
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert threads_of(MLPClassifier()) == 1
    for nonsense in ("", "0", "many", "-1"):
        monkeypatch.setenv("OMP_NUM_THREADS", nonsense)
        assert threads_of(MLPClassifier()) == processors()


ROWS = np.arange(40.0).reshape(20, 2)
HALVES = np.arange(20) % 2


@pytest.mark.parametrize(
    ("X", "y", "weights", "message"),
    [
        (np.where(ROWS == 3, np.nan, ROWS), HALVES, None, "Input X contains NaN"),
        (np.where(ROWS == 3, np.inf, ROWS), HALVES, None, "Input X contains infinity"),
        (ROWS, HALVES[:-1], None, r"inconsistent numbers of samples: \[20, 19\]"),
        (ROWS[:, 0], HALVES, None, "Expected 2D array, got 1D array"),
        (ROWS[:0], HALVES[:0], None, "Found array with 0 sample"),
        (ROWS[:, :0], HALVES, None, "0 feature"),
        (ROWS, HALVES, np.ones(3), r"sample_weight.shape == \(3,\), expected \(20,\)"),
        (ROWS, HALVES, np.full(20, np.nan), "sample_weight contains NaN"),
        (ROWS + 1j, HALVES, None, "Complex data not supported"),
        (ROWS, np.where(HALVES, np.nan, 1.0), None, "Input y contains NaN"),
    ],
    ids=[
        "NaN",
        "inf",
        "lengths",
        "1-D",
        "no rows",
        "no columns",
        "weights",
        "NaN weights",
        "complex",
        "NaN y",
    ],
)
@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_rows_that_are_refused(cls: Any, X: Any, y: Any, weights: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cls().fit(X, y, weights)


def test_classes_that_are_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="Unknown label type"):
        MLPClassifier().fit(ROWS, HALVES + 0.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"hidden_layer_sizes": (7,)}, "hidden_layer_sizes"), ({"solver": "sgd"}, "solver")],
    ids=["sizes", "solver"],
)
def test_what_a_stream_or_a_warm_start_cannot_change(change: Any, message: str) -> None:
    stream = MLPClassifier((5,)).partial_fit(ROWS, HALVES, classes=[0, 1])
    with pytest.raises(ValueError, match=message):
        stream.set_params(**change).partial_fit(ROWS, HALVES)


def test_a_warm_start_with_another_network_is_refused_by_name() -> None:
    warm = MLPClassifier((5,), max_iter=2, warm_start=True).fit(ROWS, HALVES)
    with pytest.raises(ValueError, match="hidden_layer_sizes"):
        warm.set_params(hidden_layer_sizes=(7,)).fit(ROWS, HALVES)
    numbers = MLPRegressor(max_iter=2, warm_start=True).fit(ROWS, HALVES)
    with pytest.raises(ValueError, match=r"output|column"):
        numbers.fit(ROWS, np.column_stack([HALVES, HALVES]))
    with pytest.raises(ValueError, match="X has 1 features, but MLPRegressor is expecting 2"):
        numbers.fit(ROWS[:, :1], HALVES)


def test_every_mistake_of_a_parameter_is_ours() -> None:
    with pytest.raises(PellucidError):
        MLPClassifier(engine="fast").fit(ROWS, HALVES)
