"""Sparse rows that would not fit in memory when dense: groups of batches, and the same numbers."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from scipy import sparse

from pellucid import MLPClassifier, MLPRegressor
from pellucid.engines import Steps, engine_named
from pellucid.estimators import forward, trainee
from pellucid.estimators.trainee import Examples, Trainee
from pellucid.network import Network
from pellucid.optimizer import Optimizer

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SETTINGS: list[dict[str, Any]] = [
    {},
    {"solver": "sgd", "learning_rate_init": 0.05},
    {"solver": "sgd", "learning_rate": "cosine", "learning_rate_init": 0.05, "batch_size": 7},
    {"solver": "rmsprop", "batch_size": 150},
    {"solver": "adamw", "early_stopping": True},
    {"solver": "lbfgs", "alpha": 0.5, "activation": "tanh"},
    {"l1": 0.5, "clip_norm": 0.5},
]


def rows(m: int = 150, n: int = 40) -> tuple[Any, np.ndarray]:
    rng = np.random.default_rng(0)
    X = sparse.csr_matrix(rng.normal(size=(m, n)) * (rng.uniform(size=(m, n)) < 0.15))
    return X, np.asarray(X[:, :5].sum(axis=1) > 0).ravel().astype(int)


@pytest.fixture(params=[1, 3, 50], ids=lambda batches: f"{batches} rows of memory")
def little_memory(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if only so many rows of 40 numbers could be dense at a time."""
    monkeypatch.setattr(Trainee.__init__, "__defaults__", changed(Trainee, request.param * 40 * 8))
    monkeypatch.setattr(forward, "MOST_DENSE", request.param * 40 * 8)


def changed(cls: Any, most: int) -> tuple[Any, ...]:
    """The defaults of the constructor with another limit."""
    return tuple(most if value == trainee.MOST_DENSE else value for value in cls.__init__.__defaults__)


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
def test_groups_give_the_numbers_of_the_whole(setting: Any, weighted: bool, little_memory: None) -> None:
    X, y = rows()
    weights = np.random.default_rng(1).uniform(0.5, 2, len(y)) if weighted else None
    parameters = {
        "hidden_layer_sizes": (9, 4),
        "random_state": 0,
        "max_iter": 6,
        "batch_size": 16,
        **setting,
    }
    some = MLPClassifier(**parameters).fit(X, y, weights)
    whole = MLPClassifier(**parameters).fit(X.toarray(), y, weights)
    np.testing.assert_allclose(some.loss_, whole.loss_, rtol=1e-9)
    for mine, other in zip(some.coefs_, whole.coefs_, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-7, atol=1e-10)
    np.testing.assert_allclose(some.predict_proba(X), whole.predict_proba(X.toarray()), rtol=1e-7)
    for mine, other in zip(some.hidden_activations(X), whole.hidden_activations(X.toarray()), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", ["adam", "sgd", "rmsprop"])
def test_numbers_and_streams_in_groups(name: str, little_memory: None) -> None:
    X, y = rows()
    Y = np.column_stack([y, 2 * y])
    parameters = {"hidden_layer_sizes": (9,), "random_state": 0, "solver": name, "batch_size": 32}
    some, whole = MLPRegressor(**parameters), MLPRegressor(**parameters)
    for start in (0, 70, 30):
        part = slice(start, start + 70)
        some.partial_fit(X[part], Y[part], X_val=X, y_val=Y)
        whole.partial_fit(X[part].toarray(), Y[part], X_val=X.toarray(), y_val=Y)
    np.testing.assert_allclose(some.coefs_[0], whole.coefs_[0], rtol=1e-7, atol=1e-10)
    np.testing.assert_allclose(some.loss_curve_, whole.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(some.validation_loss_curve_, whole.validation_loss_curve_, rtol=1e-9)


def test_dropout_in_groups_draws_new_masks(little_memory: None) -> None:
    X, y = rows()
    parameters = {"random_state": 0, "dropout": 0.5, "solver": "sgd", "learning_rate_init": 1e-12}
    found = MLPClassifier(hidden_layer_sizes=(9,), max_iter=4, batch_size=16, **parameters).fit(X, y)
    assert len(set(np.round(found.loss_curve_, 9))) == 4


def test_never_more_is_dense_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = rows()
    seen: list[int] = []
    dense = trainee.dense

    def noted(X: Any) -> Any:
        seen.append(X.shape[0])
        return dense(X)

    monkeypatch.setattr(trainee, "dense", noted)
    network = Network((40, 5, 1))
    parameters = {name: np.full(shape, 0.1) for name, shape in network.parameter_shapes.items()}
    trained = Trainee(
        engine_named("auto"),
        network,
        Examples(X, y[:, None]),
        Steps(Optimizer("adam")),
        parameters,
        most_dense=33 * 40 * 8,
    )
    costs = trained.advance(np.arange(150), 10, 0.01)
    assert len(costs) == len(trained.penalties) == 15
    assert sorted(set(seen)) == [30]
    trained.cost_and_gradient(np.zeros(40 * 5 + 5 + 5 + 1))
    assert max(seen) == 33


def test_rows_of_a_width_no_memory_holds() -> None:
    X = sparse.csr_matrix((np.ones(300), (np.arange(300), np.arange(300) % 7)), shape=(300, 120_000))
    y = np.arange(300) % 7 < 3
    found = MLPClassifier((2,), max_iter=2, batch_size=50, random_state=0, learning_rate_init=0.01)
    assert found.fit(X, y).predict(X).shape == (300,)
