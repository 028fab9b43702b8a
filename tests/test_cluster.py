"""Many networks on other processes: sweep and the search on a cluster of Dask's, with the same results."""

import math
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from pellucid import Network, TrainingOptions
from pellucid.errors import DivergenceError, MissingPackageError
from pellucid.estimators import MLPClassifier
from pellucid.examples import Examples
from pellucid.sweeping import sweep
from pellucid.training import Candidate, search
from pellucid.training.cluster import Shared, has_cluster

joblib = pytest.importorskip("joblib")
distributed = pytest.importorskip("distributed")

RNG = np.random.RandomState(0)
pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer", "ignore::DeprecationWarning")

X = RNG.randn(400, 8)
Y = (X[:, 0] * X[:, 1] > 0).astype(int)


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_joblibs_own_backends_are_this_machine() -> None:
    assert not has_cluster()
    for backend in ("threading", "loky", "sequential"):
        with joblib.parallel_config(backend):
            assert not has_cluster()


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("encode", [False, True])
def test_a_sweep(encode: bool) -> None:
    rows: Any = X
    if encode:
        pytest.importorskip("narwhals")
        pandas = pytest.importorskip("pandas")
        rows = pandas.DataFrame(X[:, :3], columns=["a", "b", "c"]).assign(d=np.where(X[:, 3] > 0, "u", "v"))
    estimator = MLPClassifier(hidden_layer_sizes=(8,), max_iter=8, random_state=1, encode=encode)
    grid = {"learning_rate_init": [0.001, 0.01, math.inf], "alpha": [0.0, 0.1]}
    here = sweep(estimator, grid, rows, Y, cv=3)
    with joblib.parallel_config("dask"):
        assert has_cluster()
        there = sweep(estimator, grid, rows, Y, cv=3)
    for mine, theirs in zip(here.trials, there.trials, strict=True):
        np.testing.assert_array_equal(mine.scores, theirs.scores)
        assert (mine.parameters, mine.epochs, mine.failed) == (
            theirs.parameters,
            theirs.epochs,
            theirs.failed,
        )
    assert here.best_params_ == there.best_params_
    np.testing.assert_array_equal(here.best_estimator_.coefs_[0], there.best_estimator_.coefs_[0])


@pytest.mark.usefixtures("client")
def test_what_all_jobs_share_is_sent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []

    def counted(self: Shared) -> dict[str, Any]:
        sent.append(self)
        return vars(self)

    monkeypatch.setattr(Shared, "__getstate__", counted, raising=False)
    estimator = MLPClassifier(hidden_layer_sizes=(4,), max_iter=2, random_state=1)
    with joblib.parallel_config("dask"):
        found = sweep(estimator, {"alpha": [0.0, 0.1, 0.2, 0.3]}, X, Y, cv=5, refit=False)
    assert len(found.trials) == 4
    # Twenty jobs on two workers.
    assert 1 <= len(sent) <= 2


def test_a_search(client: Any) -> None:
    examples = Examples(X.T, Y[None, :].astype(float))
    options = TrainingOptions(epochs=15, batch_size=32, optimizer="adam", threads=1)
    candidates = [
        Candidate(Network((8, n, 1)), TrainingOptions(**{**vars(options), "learning_rate": rate}))
        for n, rate in ((4, 0.001), (8, 0.01), (4, 1e300), (16, 0.01))
    ]
    here = search(candidates, examples, seconds=60)
    seen: list[Any] = []
    with joblib.parallel_config("dask"):
        there = search(candidates, examples, seconds=60, listeners=[seen.append])
    assert (there.chosen, there.reason) == (here.chosen, here.reason)
    assert [row.validation_cost for row in there.table] == [row.validation_cost for row in here.table]
    assert len(seen) >= len(candidates)
    assert client.status == "running"


def test_errors_come_back_from_other_processes() -> None:
    diverged = DivergenceError("the cost became nan", 7, {"W1": np.ones((1, 2))})
    found = pickle.loads(pickle.dumps(diverged))
    assert (str(found), found.iteration) == ("the cost became nan", 7)
    np.testing.assert_array_equal(found.parameters["W1"], np.ones((1, 2)))
    missing = MissingPackageError("reading tables", "pyarrow", "tables")
    assert str(pickle.loads(pickle.dumps(missing))) == str(missing)
