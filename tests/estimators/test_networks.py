"""What can be trained beside scikit-learn's networks: activations, dropout, losses, solvers, schedules."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from pellucid import MLPClassifier, MLPRegressor
from pellucid.errors import LabelError, OptionError
from pellucid.training import Schedule

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RECTIFIED = {
    "leaky_relu": lambda Z: np.where(Z > 0, Z, 0.01 * Z),
    "relu": lambda Z: np.maximum(Z, 0),
    "tanh": np.tanh,
    "logistic": lambda Z: 1 / (1 + np.exp(-Z)),
    "elu": lambda Z: np.where(Z > 0, Z, np.expm1(Z)),
    "silu": lambda Z: Z / (1 + np.exp(-Z)),
}


def classifier(**parameters: Any) -> MLPClassifier:
    return MLPClassifier(**{"hidden_layer_sizes": (12, 6), "random_state": 0, "max_iter": 30, **parameters})


def regressor(**parameters: Any) -> MLPRegressor:
    return MLPRegressor(**{"hidden_layer_sizes": (12, 6), "random_state": 0, "max_iter": 30, **parameters})


@pytest.mark.parametrize("names", [("leaky_relu", "tanh"), ("elu", "silu"), ["logistic", "relu"]], ids=str)
def test_an_activation_for_each_layer(names: Any, iris: Any) -> None:
    """Issues 10097 and 14807: leaky ReLU, and another activation in each layer."""
    X, y = iris
    found = classifier(activation=names, learning_rate_init=0.01, max_iter=100).fit(X, y)
    assert found.score(X, y) > 0.9
    A = X
    for name, coef, intercept in zip(names, found.coefs_, found.intercepts_, strict=False):
        A = RECTIFIED[name](A @ coef + intercept)
    np.testing.assert_allclose(found.hidden_activations(X)[-1], A, rtol=1e-9, atol=1e-12)
    same = classifier(activation=("tanh", "tanh")).fit(X, y)
    np.testing.assert_array_equal(same.coefs_[0], classifier(activation="tanh").fit(X, y).coefs_[0])


def test_activations_that_do_not_fit_the_layers(iris: Any) -> None:
    for names in (["relu"], ["relu"] * 3, [], 3, None):
        with pytest.raises(OptionError, match="expected one name, or one for each of the 2 hidden layers"):
            classifier(activation=names).fit(*iris)
    with pytest.raises(OptionError, match="activation is 'rely'; expected one of logistic, relu"):
        classifier(activation=("relu", "rely")).fit(*iris)


def test_hidden_activations(iris: Any) -> None:
    """Issue 9468: what the hidden layers make of rows; the last layer of them is all the output sees."""
    from scipy import sparse

    X, y = iris
    found = classifier().fit(X, y)
    layers = found.hidden_activations(X)
    assert [layer.shape for layer in layers] == [(150, 12), (150, 6)]
    Z = layers[-1] @ found.coefs_[-1] + found.intercepts_[-1]
    expected = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.predict_proba(X), expected, rtol=1e-9)
    for mine, other in zip(layers, found.hidden_activations(sparse.csr_matrix(X)), strict=True):
        np.testing.assert_array_equal(mine, other)
    assert classifier(hidden_layer_sizes=()).fit(X, y).hidden_activations(X) == []


@pytest.mark.parametrize(
    "rates", [{"dropout": 0.3}, {"dropout": (0.5, 0.0)}, {"input_dropout": 0.2}], ids=str
)
def test_dropout(rates: dict[str, Any], cancer: Any) -> None:
    """Issue 6175: dropout, of hidden units and of inputs; none when predicting."""
    X, y = cancer
    found = classifier(**rates, learning_rate_init=0.01).fit(X, y)
    assert found.score(X, y) > 0.95
    np.testing.assert_array_equal(found.predict_proba(X), found.predict_proba(X))
    again = classifier(**rates, learning_rate_init=0.01).fit(X, y)
    np.testing.assert_array_equal(found.coefs_[0], again.coefs_[0])
    plain = classifier(learning_rate_init=0.01).fit(X, y)
    assert plain.loss_ < found.loss_
    other = classifier(**rates, learning_rate_init=0.01, random_state=1).fit(X, y)
    assert not np.allclose(found.coefs_[0], other.coefs_[0])


def test_dropout_goes_on_to_other_masks_in_a_stream(cancer: Any) -> None:
    X, y = cancer
    stream = classifier(dropout=0.5, shuffle=False, solver="sgd", learning_rate_init=1e-12)
    stream.partial_fit(X, y, classes=[0, 1])
    losses = [stream.partial_fit(X, y).loss_ for _ in range(3)]
    assert len(set(np.round(losses, 9))) == 3


@pytest.mark.parametrize("loss", ["absolute_error", "huber"])
def test_losses_that_wild_targets_do_not_rule(loss: str) -> None:
    """Issue 14571 and 29270: absolute errors and Huber's loss."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (400, 1))
    y = 2 * X[:, 0]
    wild = np.where(np.arange(400) % 20 == 0, y + 60, y)
    settings = {"max_iter": 300, "learning_rate_init": 0.01, "alpha": 0.0}
    robust = regressor(loss=loss, **settings).fit(X, wild)
    square = regressor(**settings).fit(X, wild)
    errors = [np.abs(found.predict(X) - y).mean() for found in (robust, square)]
    assert errors[0] < 0.4 * errors[1]


def test_counts() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    y = rng.poisson(np.exp(1 + X[:, 0]))
    found = regressor(loss="poisson", max_iter=200, learning_rate_init=0.01).fit(X, y)
    assert (found.predict(X) > 0).all()
    assert found.score(X, y) > 0.7
    with pytest.raises(LabelError, match=r"y\[2\] is -1.* and the loss is 'poisson'; expected counts"):
        regressor(loss="poisson").fit(X, np.where(np.arange(300) == 2, -1, y))
    with pytest.raises(ValueError, match=r"X_val, y_val: .*'poisson'"):
        regressor(loss="poisson").fit(X, y, X_val=X, y_val=-1.0 - y)


@pytest.mark.parametrize("solver", ["adamw", "rmsprop"])
def test_other_solvers(solver: str, cancer: Any) -> None:
    X, y = cancer
    found = classifier(solver=solver, learning_rate_init=0.01).fit(X, y)
    assert found.score(X, y) > 0.95
    assert not np.allclose(found.coefs_[0], classifier(learning_rate_init=0.01).fit(X, y).coefs_[0])


def test_adamw_is_adam_with_a_pull_of_its_own(cancer: Any) -> None:
    X, y = cancer
    adam = classifier(alpha=0.0).fit(X, y)
    without = classifier(alpha=0.0, solver="adamw", weight_decay=0.0).fit(X, y)
    pulled = classifier(alpha=0.0, solver="adamw", weight_decay=5.0).fit(X, y)
    np.testing.assert_allclose(without.coefs_[0], adam.coefs_[0], rtol=1e-9)
    assert np.abs(pulled.coefs_[0]).sum() < 0.8 * np.abs(adam.coefs_[0]).sum()


def test_the_l1_penalty_empties_weights(cancer: Any) -> None:
    X, y = cancer
    sizes = [np.abs(classifier(l1=l1, max_iter=150).fit(X, y).coefs_[0]).sum() for l1 in (0.0, 5.0)]
    assert sizes[1] < 0.7 * sizes[0]


def test_clipping_tames_a_rate_that_diverges(diabetes: Any) -> None:
    X, y = diabetes
    wild = {"solver": "sgd", "learning_rate_init": 5.0, "max_iter": 20}
    with pytest.raises(ValueError, match=r"set clip_norm=1\.0"):
        regressor(**wild).fit(100 * X, y)
    assert np.isfinite(regressor(**wild, clip_norm=1e-3).fit(100 * X, y).loss_)


@pytest.mark.parametrize("init", ["he", "xavier", "lecun_uniform", "small", 0.5])
def test_other_first_weights(init: Any, iris: Any) -> None:
    X, y = iris
    slow = {"learning_rate_init": 1e-12, "max_iter": 1}
    found = classifier(init=init, hidden_layer_sizes=(2000,), **slow).fit(X, y)
    deviation = {"he": np.sqrt(2 / 4), "xavier": 0.5, "lecun_uniform": 0.5, "small": 0.01, 0.5: 0.5}[init]
    assert found.coefs_[0].std() == pytest.approx(deviation, rel=0.05)
    np.testing.assert_allclose(found.intercepts_[0], 0, atol=1e-9)


@pytest.mark.parametrize(
    "rate", ["cosine", "one_cycle", "step:every=5,factor=0.5", Schedule("decay", decay_rate=0.1)], ids=str
)
@pytest.mark.parametrize("solver", ["adam", "sgd", "adamw", "rmsprop"])
def test_schedules(rate: Any, solver: str, cancer: Any) -> None:
    X, y = cancer
    rates: list[float] = []
    found = classifier(
        learning_rate=rate,
        solver=solver,
        learning_rate_init=0.05 if solver == "sgd" else 0.005,
        callbacks=[lambda event: rates.append(event.learning_rate)],
        n_iter_no_change=30,
    ).fit(X, y)
    assert found.score(X, y) > 0.93
    assert len(rates) == 30
    assert rates[-1] < 0.5 * max(rates)


def test_a_warm_up(cancer: Any) -> None:
    X, y = cancer
    rates: list[float] = []
    classifier(
        learning_rate_init=0.01,
        warmup_epochs=5,
        callbacks=[lambda event: rates.append(event.learning_rate)],
    ).fit(X, y)
    np.testing.assert_allclose(rates[:7], [0.002, 0.004, 0.006, 0.008, 0.01, 0.01, 0.01], rtol=1e-12)
    with pytest.raises(OptionError, match="'invscaling', which has no warm-up"):
        classifier(learning_rate="invscaling", warmup_epochs=1).fit(X, y)


def test_a_schedule_goes_on_in_a_stream(cancer: Any) -> None:
    X, y = cancer
    stream = classifier(learning_rate="cosine", max_iter=4, batch_size=569, learning_rate_init=1.0)
    rates = []
    for _ in range(4):
        stream.partial_fit(X, y, classes=[0, 1])
        rates.append(stream._optimizer.learning_rate)
    np.testing.assert_allclose(rates, (1 + np.cos(np.pi * np.arange(4) / 4)) / 2, rtol=1e-12)


@pytest.mark.parametrize(
    "setting",
    [{}, {"solver": "sgd", "clip_norm": 0.1}, {"dropout": 0.2, "l1": 0.1}, {"solver": "lbfgs"}],
    ids=str,
)
def test_the_reference_engine_gives_the_same_numbers(setting: dict[str, Any], iris: Any) -> None:
    X, y = iris
    found = [classifier(engine=name, max_iter=8, **setting).fit(X, y) for name in ("auto", "reference")]
    np.testing.assert_allclose(found[0].loss_, found[1].loss_, rtol=1e-9)
    np.testing.assert_allclose(found[0].coefs_[0], found[1].coefs_[0], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_change_no_more_than_rounding(threads: int, cancer: Any) -> None:
    X, y = cancer
    found = classifier(n_threads=threads, hidden_layer_sizes=(60,)).fit(X, y)
    np.testing.assert_allclose(found.loss_, classifier(hidden_layer_sizes=(60,)).fit(X, y).loss_, rtol=1e-9)


def test_the_type_of_number(iris: Any) -> None:
    X, y = iris
    single = classifier(dtype="float32").fit(X, y)
    assert single.coefs_[0].dtype == single.predict_proba(X).dtype == np.float32
    double = classifier(dtype="float64").fit(X.astype(np.float32), y)
    assert double.coefs_[0].dtype == np.float64
    assert classifier().fit(X.astype(np.float32), y).intercepts_[-1].dtype == np.float32
    np.testing.assert_allclose(single.loss_, classifier().fit(X, y).loss_, rtol=1e-4)
