"""Ours and theirs in settings and on data that Hypothesis makes up."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("sklearn")

import sklearn.neural_network as theirs

import pellucid as ours

pytestmark = pytest.mark.filterwarnings("ignore")

SETTINGS = st.fixed_dictionaries(
    {
        "hidden_layer_sizes": st.lists(st.integers(1, 7), max_size=3).map(tuple),
        "activation": st.sampled_from(["relu", "tanh", "logistic", "identity"]),
        "solver": st.sampled_from(["adam", "sgd", "lbfgs"]),
        "alpha": st.sampled_from([0.0, 1e-4, 0.1, 3.0]),
        "batch_size": st.one_of(st.just("auto"), st.integers(1, 70)),
        "learning_rate": st.sampled_from(["constant", "invscaling", "adaptive"]),
        "learning_rate_init": st.sampled_from([1e-4, 1e-3, 0.02]),
        "power_t": st.sampled_from([0.0, 0.5, 1.0]),
        "max_iter": st.integers(1, 8),
        "shuffle": st.booleans(),
        "random_state": st.integers(0, 2**32 - 1),
        "tol": st.sampled_from([0.0, 1e-4, 0.1]),
        "momentum": st.sampled_from([0.0, 0.5, 0.9, 1.0]),
        "nesterovs_momentum": st.booleans(),
        "early_stopping": st.booleans(),
        "validation_fraction": st.sampled_from([0.1, 0.3]),
        "beta_1": st.sampled_from([0.0, 0.9]),
        "beta_2": st.sampled_from([0.5, 0.999]),
        "epsilon": st.sampled_from([1e-8, 1e-3]),
        "n_iter_no_change": st.integers(1, 3),
        "max_fun": st.integers(1, 30),
    }
)
TASKS = ("two classes", "four classes", "labels", "number", "numbers", "counts")


def problem(task: str, m: int, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(m, n))
    if task in ("two classes", "four classes"):
        k = 2 if task == "two classes" else 4
        return X, np.arange(m) % k
    if task == "labels":
        return X, rng.integers(0, 2, (m, 3))
    if task == "counts":
        return X, rng.poisson(2.0, m)
    return X, rng.normal(size=m if task == "number" else (m, 2))


def outcome(use: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """The fitted estimator; None where training left the finite numbers."""
    try:
        return use(*given, **named)
    except ValueError as error:
        if "non-finite" not in str(error):
            raise
        return None


def compare(mine: Any, other: Any, X: np.ndarray, agree: Callable[..., None], *, stops_early: bool) -> None:
    """The same, or neither arrived: theirs raises later, when the weights are no numbers any more."""
    if other is None or not np.isfinite(other.loss_):
        # With early stopping ours goes back to the best weights instead.
        assert mine is None or stops_early or mine.solver == "lbfgs"
        return
    assert mine is not None
    if mine.solver == "lbfgs" and mine.n_iter_ != other.n_iter_:
        # At the minimum a last digit decides whether one more iteration is taken.
        assert mine.loss_ == pytest.approx(other.loss_, rel=1e-8)
        return
    agree(mine, other, X, floor=1e-8)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    setting=SETTINGS,
    task=st.sampled_from(TASKS),
    m=st.integers(40, 60),
    n=st.integers(1, 6),
    seed=st.integers(0, 99),
    weighted=st.booleans(),
)
def test_any_setting(
    setting: dict[str, Any],
    task: str,
    m: int,
    n: int,
    seed: int,
    weighted: bool,
    agree: Callable[..., None],
) -> None:
    X, y = problem(task, m, n, seed)
    weights = np.random.default_rng(seed).uniform(0.1, 2.0, m) if weighted else None
    name = "MLPRegressor" if task in ("number", "numbers", "counts") else "MLPClassifier"
    if task == "counts":
        setting = {**setting, "loss": "poisson"}
    mine, other = getattr(ours, name)(**setting), getattr(theirs, name)(**setting)
    fits = [outcome(estimator.fit, X, y, weights) for estimator in (mine, other)]
    compare(*fits, X, agree, stops_early=setting["early_stopping"])


@given(setting=SETTINGS, task=st.sampled_from(TASKS), seed=st.integers(0, 99), calls=st.integers(1, 5))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_any_stream(
    setting: dict[str, Any], task: str, seed: int, calls: int, agree: Callable[..., None]
) -> None:
    X, y = problem(task, 60, 4, seed)
    setting = {**setting, "early_stopping": False}
    setting["solver"] = "sgd" if setting["solver"] == "lbfgs" else setting["solver"]
    name = "MLPRegressor" if task in ("number", "numbers", "counts") else "MLPClassifier"
    mine, other = getattr(ours, name)(**setting), getattr(theirs, name)(**setting)
    told = {"classes": np.unique(y)} if task.endswith("classes") else {}
    # scikit-learn asks for the classes of labels too; ours takes the columns.
    theirs_told = {"classes": np.arange(3)} if task == "labels" else told
    for call in range(calls):
        some = slice(10 * call, 10 * call + 20)
        ended = [
            outcome(mine.partial_fit, X[some], y[some], **told),
            outcome(other.partial_fit, X[some], y[some], **theirs_told),
        ]
        compare(*ended, X, agree, stops_early=False)
        if None in ended:
            return
