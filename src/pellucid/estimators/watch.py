"""After every epoch: measure, keep the best, count what brought no improvement. As scikit-learn does it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from pellucid.engines import Engine, Steps, flat
from pellucid.estimators.forward import outputs
from pellucid.estimators.start import coefs_of
from pellucid.estimators.trainee import Examples, Trainee
from pellucid.network import Network

Floats = np.ndarray[Any, Any]


# So many examples times parameters are measured by one thread.
_ALONE = 10_000_000


def outputs_averaged(network: Network) -> int:
    """Over how many outputs scikit-learn averages the loss it shows: its gradient is of the sum."""
    return network.n_y if network.cost == "mean_squared_error" else 1


class Validation:
    """Rows that are not trained on, and what a network makes of them.

    Args:
        network: what is trained.
        engine: what computes.
        examples: the rows.
        threads: how many may work.
        score: of answers (m, n_y), targets (m, n_y) and weights: scikit-learn's score.
    """

    def __init__(
        self,
        network: Network,
        engine: Engine,
        examples: Examples,
        threads: int,
        score: Callable[[Floats, Floats, Floats | None], float],
    ) -> None:
        self._network, self._examples, self._score = network, examples, score
        # Of the answers alone.
        bare = replace(network, l2=0.0, l1=0.0, dropout=0.0, input_dropout=0.0, label_smoothing=0.0)
        empty = {name: np.zeros(shape) for name, shape in network.parameter_shapes.items()}
        # Training's threads wait for its next epoch: for little work these would only take their places.
        threads = threads if len(examples.Y) * network.parameter_count > _ALONE else 1
        self._trainee = Trainee(engine, bare, examples, Steps(threads=threads), empty)

    def measure(self, parameters: Mapping[str, Floats]) -> tuple[float, float]:
        """`(loss, score)` of parameters: the loss without penalties; the score NaN where answers are."""
        row = flat(self._network, parameters, self._examples.dtype)
        with np.errstate(all="ignore"):
            loss, _ = self._trainee.cost_and_gradient(row)
            answers = outputs(self._network, parameters, self._examples.X)
        finite = bool(np.isfinite(answers).all())
        score = self._score(answers, self._examples.Y, self._examples.weights) if finite else math.nan
        return loss / outputs_averaged(self._network), float(score)


class Watch:
    """What the epochs brought, written on the estimator under scikit-learn's names.

    Args:
        estimator: whose attributes they are.
        validation: None: none.
    """

    def __init__(self, estimator: Any, validation: Validation | None) -> None:
        self._of, self._validation = estimator, validation

    @property
    def keeps_best(self) -> bool:
        """Whether the best weights are kept, to end with."""
        return self._validation is not None and (self._stops or self._of.restore_best)

    @property
    def _stops(self) -> bool:
        """Whether validation decides when to stop; as in scikit-learn, lbfgs does not ask it."""
        return bool(self._of.early_stopping and self._of.solver != "lbfgs")

    def see(self, snapshot: Callable[[], dict[str, Floats]]) -> None:
        """Take the end of an epoch, whose loss stands last in `loss_curve_`."""
        estimator = self._of
        if self._validation is not None:
            parameters = snapshot()
            loss, score = self.measure(parameters)
            if self._stops:
                self._compare(loss, score, parameters)
                return
        self._count(estimator.loss_curve_[-1] > estimator.best_loss_ - estimator.tol)
        estimator.best_loss_ = min(estimator.best_loss_, estimator.loss_curve_[-1])

    def measure(self, parameters: dict[str, Floats]) -> tuple[float, float]:
        """Note the loss and the score of parameters; with `restore_best`, keep those of the lowest loss."""
        assert self._validation is not None
        estimator = self._of
        loss, score = self._validation.measure(parameters)
        self._note(loss, score)
        if estimator.restore_best and not self._stops and loss < estimator._best_loss:
            estimator._best_loss = loss
            self._keep(parameters)
        return loss, score

    def lost(self) -> None:
        """Take the end of an epoch that left the finite numbers."""
        self._note(math.nan, math.nan)

    def _note(self, loss: float, score: float) -> None:
        estimator = self._of
        estimator.validation_loss_curve_.append(loss)
        estimator.validation_scores_.append(score)

    def _compare(self, loss: float, score: float, parameters: dict[str, Floats]) -> None:
        estimator = self._of
        if estimator.monitor == "loss":
            self._count(not loss < estimator._best_loss - estimator.tol)
            better = loss < estimator._best_loss
        else:
            self._count(score < estimator.best_validation_score_ + estimator.tol)
            better = score > estimator.best_validation_score_
        if better:
            estimator._best_loss, estimator.best_validation_score_ = loss, score
            self._keep(parameters)

    def _count(self, no_improvement: bool) -> None:
        self._of._no_improvement_count = self._of._no_improvement_count + 1 if no_improvement else 0

    def _keep(self, parameters: dict[str, Floats]) -> None:
        self._of._best_coefs, self._of._best_intercepts = coefs_of(parameters)


def accuracy(answers: Floats, Y: Floats, weights: Floats | None) -> float:
    """The share of rows whose classes are all right: scikit-learn's accuracy.

    Args:
        answers: (m, n_y) probabilities.
        Y: (m, n_y) of 0 and 1; for several classes one-hot where softmax made the answers.
        weights: (m,) or None.
    """
    right = ((answers > 0.5) == (Y > 0.5)).all(axis=1)
    return float(np.average(right, weights=weights))


def accuracy_of_one(answers: Floats, Y: Floats, weights: Floats | None) -> float:
    """The share of rows whose most probable class is the right one. Arguments as for `accuracy`."""
    return float(np.average(answers.argmax(axis=1) == Y.argmax(axis=1), weights=weights))


def r2(answers: Floats, Y: Floats, weights: Floats | None) -> float:
    """The share of the variance that is predicted, the mean over the outputs: scikit-learn's R^2.

    Args:
        answers: (m, n_y) predicted numbers.
        Y: (m, n_y) true ones.
        weights: (m,) or None.
    """
    w = np.ones(len(Y)) if weights is None else weights
    errors = w @ (Y - answers.astype(np.float64)) ** 2
    squares = w @ (Y - np.average(Y, axis=0, weights=w)) ** 2
    shares = 1 - errors / np.where(squares > 0, squares, 1)
    return float(np.mean(np.where(squares > 0, shares, np.where(errors == 0, 1.0, 0.0))))
