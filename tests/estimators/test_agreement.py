"""Ours and theirs with the same stream of random numbers: the same weights, losses and answers."""

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("sklearn")

from benchmarks.fits import FITS, FROM_FOLDER, Fit, estimators_of, problem_of_fit

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_the_settings_are_many_and_of_every_solver() -> None:
    assert len(FITS) >= 37
    assert len({fit.name for fit in FITS}) == len(FITS)
    assert {fit.parameters.get("solver", "adam") for fit in FITS} == {"adam", "sgd", "lbfgs"}


@pytest.mark.parametrize("fit", FITS, ids=lambda fit: fit.name)
def test_a_whole_fit(fit: Fit, agree: Callable[..., None], request: pytest.FixtureRequest) -> None:
    root = request.getfixturevalue("data_root") if fit.data in FROM_FOLDER else None
    X, y, weights = problem_of_fit(fit, root)
    ours, theirs = estimators_of(fit)
    agree(ours.fit(X, y, weights), theirs.fit(X, y, weights), X)


def test_the_judge_refuses_another_seed(agree: Callable[..., None], cancer: Any) -> None:
    X, y = cancer
    fit = Fit("breast cancer", {"max_iter": 2})
    ours, _ = estimators_of(fit, seed=0)
    _, theirs = estimators_of(fit, seed=1)
    with pytest.raises(AssertionError, match="loss_"):
        agree(ours.fit(X, y), theirs.fit(X, y), X)
