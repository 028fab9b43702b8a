"""Epochs: who may end them, what divergence says, and that Ctrl-C keeps the weights so far."""

import os
import signal
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from pellucid import MLPClassifier, MLPRegressor
from pellucid.errors import DivergenceError
from pellucid.training import EpochEnd

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def classifier(**parameters: Any) -> MLPClassifier:
    return MLPClassifier(
        **{
            "hidden_layer_sizes": (8,),
            "random_state": 0,
            "max_iter": 20,
            "n_iter_no_change": 50,
            **parameters,
        }
    )


def test_callbacks_hear_of_every_epoch(cancer: Any) -> None:
    X, y = cancer
    heard: list[EpochEnd] = []
    found = classifier(callbacks=[heard.append]).fit(X, y, X_val=X, y_val=y)
    assert [event.epoch for event in heard] == list(range(20))
    # 569 rows are three batches of at most 200.
    assert [event.iteration for event in heard] == [3 * k for k in range(1, 21)]
    assert [event.cost for event in heard] == found.loss_curve_
    assert [event.validation_cost for event in heard] == found.validation_loss_curve_
    assert {event.learning_rate for event in heard} == {0.001}
    np.testing.assert_array_equal(heard[-1].snapshot()["W1"].T, found.coefs_[0])


def test_true_from_a_callback_ends_the_training(cancer: Any) -> None:
    X, y = cancer
    found = classifier(callbacks=[lambda event: event.epoch == 4, lambda event: None]).fit(X, y)
    assert found.n_iter_ == len(found.loss_curve_) == 5
    np.testing.assert_array_equal(found.coefs_[0], classifier(max_iter=5).fit(X, y).coefs_[0])


def test_only_true_ends_it_and_all_are_asked(cancer: Any) -> None:
    heard: list[int] = []
    answers = [lambda event: True, lambda event: heard.append(event.epoch)]
    assert classifier(callbacks=answers).fit(*cancer).n_iter_ == 1
    assert heard == [0]
    assert classifier(callbacks=[lambda event: "no"]).fit(*cancer).n_iter_ == 20


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("callbacks", [3, "stop", [3], [None]], ids=str)
def test_what_is_no_callback_is_refused_at_once(callbacks: Any, solver: str, cancer: Any) -> None:
    with pytest.raises(ValueError, match="callbacks"):
        classifier(callbacks=callbacks, solver=solver).fit(*cancer)


def test_lbfgs_calls_back(cancer: Any) -> None:
    heard: list[Any] = []
    found = classifier(solver="lbfgs", callbacks=[heard.append]).fit(*cancer)
    assert len(heard) == found.n_iter_


def test_an_error_in_a_callback_reaches_the_user(cancer: Any) -> None:
    def broken(event: EpochEnd) -> None:
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        classifier(callbacks=[broken]).fit(*cancer)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_no_epoch_begins_after_max_time(solver: str, cancer: Any) -> None:
    found = classifier(solver=solver, max_time=1e-9, tol=0.0).fit(*cancer)
    assert found.n_iter_ == 1
    assert classifier(solver=solver, max_time=3600, tol=0.0).fit(*cancer).n_iter_ == 20


def test_divergence_is_told_with_its_cause_and_remedies(diabetes: Any) -> None:
    """Issue 29504: scikit-learn's words, and then what happened and what to do."""
    X, y = diabetes
    wild = MLPRegressor(hidden_layer_sizes=(8,), solver="sgd", learning_rate_init=10.0, random_state=0)
    with pytest.raises(ValueError, match="Solver produced non-finite parameter weights") as caught:
        wild.fit(100 * X, y)
    text = str(caught.value)
    assert isinstance(caught.value, DivergenceError)
    assert "\n" not in text
    for part in ("In epoch", "learning rate below 10", "scale the inputs", "clip_norm=1.0"):
        assert part in text
    assert all(np.isfinite(coef).all() for coef in wild.coefs_)
    # The last weights whose cost was finite.
    first = MLPRegressor(hidden_layer_sizes=(8,), solver="sgd", learning_rate_init=1e-300, random_state=0)
    assert not np.allclose(wild.coefs_[0], first.partial_fit(100 * X, y).coefs_[0])


def test_early_stopping_survives_divergence(diabetes: Any) -> None:
    X, y = diabetes
    wild = MLPRegressor(
        hidden_layer_sizes=(8,), solver="sgd", learning_rate_init=10.0, random_state=0, early_stopping=True
    )
    with pytest.warns(UserWarning, match="The best weights so far are kept") as caught:
        wild.fit(100 * X, y)
    assert caught[0].filename == __file__
    assert np.isfinite(wild.predict(X)).all()


def test_lbfgs_says_that_the_loss_is_not_finite(diabetes: Any) -> None:
    X, y = diabetes
    with pytest.raises((ValueError, UserWarning), match="finite"), np.errstate(all="ignore"):
        MLPRegressor(hidden_layer_sizes=(8,), solver="lbfgs", random_state=0).fit(1e200 * X, y)


def pressing(epoch: int) -> Any:
    def press(event: EpochEnd) -> None:
        if event.epoch == epoch:
            raise KeyboardInterrupt

    return press


def test_ctrl_c_keeps_the_weights_so_far(cancer: Any) -> None:
    X, y = cancer
    with pytest.warns(UserWarning, match="Training interrupted by user") as caught:
        found = classifier(callbacks=[pressing(6)]).fit(X, y)
    assert caught[0].filename == __file__
    assert found.n_iter_ == 7
    np.testing.assert_array_equal(found.coefs_[0], classifier(max_iter=7).fit(X, y).coefs_[0])


def test_ctrl_c_with_early_stopping_keeps_the_best(cancer: Any) -> None:
    X, y = cancer
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        found = classifier(callbacks=[pressing(6)], early_stopping=True).fit(X, y, X_val=X, y_val=y)
    assert found.score(X, y) == max(found.validation_scores_)


def test_ctrl_c_in_a_stream_is_told_as_well(cancer: Any) -> None:
    X, y = cancer
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        classifier(callbacks=[pressing(0)]).partial_fit(X, y, classes=[0, 1])


INTERRUPTED = """
import sys, warnings
import numpy as np
from pellucid import {name}

rng = np.random.default_rng(0)
X = rng.normal(size=({m}, 50))
y = (X[:, 0] > 0).astype(int)
found = {name}(
    hidden_layer_sizes=({units},), max_iter=10**9, max_fun=10**9, tol=0, solver={solver!r},
    n_iter_no_change=np.inf, random_state=0,
)
print("ready", flush=True)
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    found.fit(X, y)
assert ["interrupted" in str(warning.message) for warning in told] == [True], told
assert all(np.isfinite(coef).all() for coef in found.coefs_)
assert found.n_iter_ == len(getattr(found, "loss_curve_", range(found.n_iter_)))
print(found.predict(X).shape, found.n_iter_, flush=True)
"""


@pytest.mark.parametrize(
    ("name", "solver", "m", "units"),
    [
        ("MLPClassifier", "adam", 500, 10),
        ("MLPRegressor", "sgd", 500, 10),
        ("MLPClassifier", "adam", 40_000, 500),
        ("MLPClassifier", "lbfgs", 40_000, 100),
    ],
)
def test_a_real_signal(name: str, solver: str, m: int, units: int) -> None:
    code = INTERRUPTED.format(name=name, solver=solver, m=m, units=units)
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        try:
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0, err
    assert out.startswith(f"({m},) ")
