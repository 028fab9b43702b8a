"""What a fit says: scikit-learn's lines, a bar only on a terminal, warnings at the user's own line."""

import io
import sys
from contextlib import redirect_stdout
from typing import Any

import pytest

pytest.importorskip("sklearn")

import sklearn.neural_network as theirs
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import pellucid as ours


def said(home: Any, data: Any, **parameters: Any) -> list[str]:
    """What stands on standard output."""
    out = io.StringIO()
    with redirect_stdout(out):
        home.MLPClassifier(hidden_layer_sizes=(5,), random_state=0, verbose=True, **parameters).fit(*data)
    return out.getvalue().splitlines()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "setting",
    [
        {"max_iter": 3},
        {"early_stopping": True, "n_iter_no_change": 2, "learning_rate_init": 0.02},
        {"tol": 1.0, "n_iter_no_change": 2},
        {"solver": "sgd", "learning_rate": "adaptive", "tol": 1.0, "n_iter_no_change": 1, "max_iter": 40},
    ],
    ids=str,
)
def test_the_lines_are_theirs(setting: dict[str, Any], iris: Any) -> None:
    mine, expected = said(ours, iris, **setting), said(theirs, iris, **setting)
    assert len(mine) >= 3
    assert mine == expected


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_bar_only_on_a_terminal(
    iris: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    estimator = ours.MLPClassifier(hidden_layer_sizes=(5,), max_iter=5, verbose=True, random_state=0)
    estimator.fit(*iris)
    out, err = capsys.readouterr()
    assert out.count("Iteration") == 5
    assert err == ""
    for stream in (sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    estimator.fit(*iris)
    out, err = capsys.readouterr()
    assert out == ""
    assert "MLPClassifier" in err
    assert "5/5" in err
    assert "loss 1." in err or "loss 0." in err
    estimator.set_params(verbose=False).fit(*iris)
    assert capsys.readouterr() == ("", "")


def test_training_that_did_not_converge_is_told_at_the_users_line(iris: Any) -> None:
    X, y = iris
    for estimator in (ours.MLPClassifier(max_iter=2), ours.MLPClassifier(max_iter=2, solver="lbfgs")):
        with pytest.warns(ConvergenceWarning) as caught:
            estimator.fit(X, y)
        assert [warning.filename for warning in caught] == [__file__]


def test_also_where_scikit_learn_stands_between(iris: Any) -> None:
    X, y = iris
    pipeline = make_pipeline(StandardScaler(), ours.MLPClassifier(max_iter=2))
    for use in (lambda: pipeline.fit(X, y), lambda: cross_val_score(pipeline, X, y, cv=2)):
        with pytest.warns(ConvergenceWarning) as caught:
            use()
        assert {warning.filename for warning in caught} == {__file__}


def test_a_batch_larger_than_the_data_is_told_at_the_users_line(iris: Any) -> None:
    X, y = iris
    with pytest.warns(
        UserWarning, match="Got `batch_size` less than 1 or larger than sample size"
    ) as caught:
        ours.MLPClassifier(batch_size=151, tol=10.0).fit(X, y)
    assert caught[0].filename == __file__
