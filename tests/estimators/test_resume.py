"""fit(X, y, resume=folder): the same call does the rest, after whatever ended it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.errors import OptionError, OutputError
from pellucid.estimators import MLPClassifier, MLPRegressor
from pellucid.training import Checkpoints

RNG = np.random.RandomState(0)
X = RNG.randn(300, 6)
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
COMMON: dict[str, Any] = {"hidden_layer_sizes": (12,), "max_iter": 25, "random_state": 3, "batch_size": 32}

pytestmark = pytest.mark.filterwarnings(
    "ignore:Stochastic Optimizer", "ignore:Training interrupted by user"
)


going_on = Checkpoints.going_on


class PowerCut:
    """A callback that fails after some epochs."""

    def __init__(self, epochs: int) -> None:
        self._left = epochs

    def __call__(self, _: Any) -> None:
        self._left -= 1
        if self._left < 0:
            raise RuntimeError


def fitted_after_cuts(kind: Any, settings: dict[str, Any], y: Any, folder: Path, **more: Any) -> Any:
    """An estimator whose fit failed twice, and was called again each time."""
    for epochs in (5, 4):
        with pytest.raises(RuntimeError):
            kind(**settings, callbacks=[PowerCut(epochs)]).fit(X, y, resume=folder, **more)
    return kind(**settings).fit(X, y, resume=folder, **more)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (MLPClassifier, {}),
        (MLPClassifier, {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.1}),
        (MLPClassifier, {"early_stopping": True, "n_iter_no_change": 30}),
        (MLPClassifier, {"shuffle": False, "alpha": 0.1}),
        (MLPRegressor, {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.05}),
    ],
)
def test_the_same_as_a_fit_that_was_not_ended(
    kind: Any, settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pellucid.training.checkpoints._FIRST", 0.0)
    monkeypatch.setattr(
        "pellucid.estimators.stochastic.Checkpoints.going_on",
        lambda folder: going_on(folder, "1 epoch"),
    )
    y = Y if kind is MLPClassifier else X[:, 0] * X[:, 1]
    settings = {**COMMON, **settings}
    whole = kind(**settings).fit(X, y)
    found = fitted_after_cuts(kind, settings, y, tmp_path)
    for name in ("coefs_", "intercepts_"):
        for mine, expected in zip(getattr(found, name), getattr(whole, name), strict=True):
            np.testing.assert_array_equal(mine, expected)
    for name in (
        *("loss_curve_", "loss_", "best_loss_", "n_iter_", "t_", "validation_scores_"),
        *("validation_loss_curve_", "best_validation_score_", "_no_improvement_count", "_optimizer"),
    ):
        assert getattr(found, name) == getattr(whole, name), name
    # A third call has nothing left to do.
    again = kind(**settings).fit(X, y, resume=tmp_path)
    np.testing.assert_array_equal(again.coefs_[0], whole.coefs_[0])
    with pytest.raises(OptionError, match="the targets of the examples are others"):
        kind(**settings).fit(X, y[::-1], resume=tmp_path)


def test_other_shuffles_and_fewer_epochs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        MLPClassifier(**COMMON, callbacks=[PowerCut(3)]).fit(X, Y, resume=tmp_path / "cut")
    # It failed before a checkpoint was due, and gave its folder back.
    assert not (tmp_path / "cut").exists()
    MLPClassifier(**{**COMMON, "max_iter": 4}, callbacks=[KeyboardInterruptAfter(2)]).fit(
        X, Y, resume=tmp_path
    )
    with pytest.raises(OptionError, match="order's shuffle, by random_state, is another"):
        MLPClassifier(**{**COMMON, "random_state": 4}).fit(X, Y, resume=tmp_path)
    with pytest.raises(OptionError, match="the checkpoint is in epoch 3 and the training is to have 2"):
        MLPClassifier(**{**COMMON, "max_iter": 2}).fit(X, Y, resume=tmp_path)
    with pytest.raises(OptionError, match="the folder of checkpoints is ''"):
        MLPClassifier(**COMMON).fit(X, Y, resume="")


class KeyboardInterruptAfter(PowerCut):
    """A callback that presses Ctrl-C after some epochs."""

    def __call__(self, _: Any) -> None:
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"solver": "lbfgs"}, "resume is given, and solver is lbfgs; expected sgd or adam"),
        ({"random_state": None}, "resume is given, and random_state is None; expected an integer"),
    ],
)
def test_fits_that_cannot_be_repeated(settings: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=said):
        MLPClassifier(**{**COMMON, **settings}).fit(X, Y, resume=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_warm_start_has_no_checkpoints(tmp_path: Path) -> None:
    estimator = MLPClassifier(**COMMON, warm_start=True).fit(X, Y)
    with pytest.raises(OptionError, match="resume is given to a warm start"):
        estimator.fit(X, Y, resume=tmp_path)


def test_a_folder_that_cannot_be_written_to_is_refused_before(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is no folder; choose another place"):
        MLPClassifier(**COMMON).fit(X, Y, resume=tmp_path / "file")
