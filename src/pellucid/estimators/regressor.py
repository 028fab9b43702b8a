"""MLPRegressor: scikit-learn's regressor, with the options that its users asked for."""

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin

from pellucid.data.target_scale import TargetScale
from pellucid.errors import LabelError, OptionError
from pellucid.estimators.perceptron import Floats, Perceptron, keep
from pellucid.examples import Examples
from pellucid.metrics import r2_score

_LOSSES = ("squared_error", "poisson", "absolute_error", "huber")


class MLPRegressor(RegressorMixin, Perceptron):  # type: ignore[misc]
    """A multi-layer perceptron that predicts numbers: scikit-learn's, trained many times faster.

    Args:
        loss: "squared_error" (halved) or "poisson" (half the deviance, for counts; the output is e^z),
            as in scikit-learn; also "absolute_error" and "huber", which outliers do not dominate.
        hidden_layer_sizes: this and all other parameters and attributes are those of `MLPClassifier`,
            except those of classes; the score is R^2.
        activation: see `MLPClassifier`, as for the rest.
        solver: ...
        alpha: ...
        batch_size: ...
        learning_rate: ...
        learning_rate_init: ...
        power_t: ...
        max_iter: ...
        shuffle: ...
        random_state: ...
        tol: ...
        verbose: ...
        warm_start: ...
        momentum: ...
        nesterovs_momentum: ...
        early_stopping: ...
        validation_fraction: ...
        beta_1: ...
        beta_2: ...
        epsilon: ...
        n_iter_no_change: ...
        max_fun: ...
        dropout: ...
        input_dropout: ...
        l1: ...
        weight_decay: ...
        clip_norm: ...
        huber_delta: ...
        warmup_epochs: ...
        init: ...
        monitor: ...
        restore_best: ...
        max_time: ...
        callbacks: ...
        encode: ...
        n_threads: ...
        engine: ...
        dtype: ...
    """

    def __init__(
        self,
        loss: str = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: Any = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: Any = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: Any = 10,
        max_fun: int = 15000,
        dropout: Any = 0.0,
        input_dropout: float = 0.0,
        l1: float = 0.0,
        weight_decay: float = 0.01,
        clip_norm: float | None = None,
        huber_delta: float = 1.0,
        warmup_epochs: float = 0.0,
        init: Any = "auto",
        monitor: str = "score",
        restore_best: bool = False,
        max_time: float | None = None,
        callbacks: Any = None,
        encode: bool = False,
        n_threads: int | None = None,
        engine: str = "auto",
        dtype: str | None = None,
    ) -> None:
        keep(self, locals())

    def predict(self, X: Any) -> Floats:
        """The predicted numbers: (m,), or (m, n_outputs) if there are several outputs.

        Args:
            X: (m, n), dense or sparse.
        """
        outputs = self._scale.inverse.scaled(self._outputs(X).T).T
        return outputs.ravel() if outputs.shape[1] == 1 else outputs

    _y_numeric = True

    @property
    def _scale(self) -> TargetScale:
        """Of the targets: with `encode` the network learns them scaled, whatever their units."""
        return getattr(self, "_target_scale", None) or TargetScale()

    def _set_classes(self, y: Any, *, incremental: bool, more: bool = True) -> None:
        goes_on = (incremental or self.warm_start) and hasattr(self, "_target_scale")
        if not more or goes_on:
            return
        # Counts are not scaled: a poisson cost needs them as they are.
        scaled = self.encode and self.loss != "poisson"
        Y = np.asarray(y, np.float64)
        self._target_scale = TargetScale.of(Y.reshape(len(Y), -1).T, "y") if scaled else TargetScale()

    def _targets(self, y: Any) -> Floats:
        Y = np.asarray(y, np.float64)
        if self.loss == "poisson" and (Y < 0).any():
            place = int(np.argmax((Y < 0).reshape(len(Y), -1).any(axis=1)))
            raise LabelError(
                f"y[{place}] is {y[place]} and the loss is 'poisson'; expected counts of at least 0"
            )
        return self._scale.scaled((Y.reshape(-1, 1) if Y.ndim == 1 else Y).T).T

    def _output(self) -> str:
        if self.loss not in _LOSSES:
            raise OptionError(f"loss is {self.loss!r:.80}; expected one of {', '.join(_LOSSES)}")
        return "exp" if self.loss == "poisson" else "identity"

    def _score(self, AL: Floats, examples: Examples) -> float:
        weights = None if examples.weights is None else examples.weights[0]
        return r2_score(np.asarray(examples.Y), AL, weights)
