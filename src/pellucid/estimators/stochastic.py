"""Epoch by epoch: scikit-learn's stream of shuffles, batches, rates and stops, with our engines' steps."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul
from typing import Any

import numpy as np

from pellucid.engines import Memory
from pellucid.errors import DivergenceError
from pellucid.estimators.settings import schedule_of
from pellucid.estimators.telling import Telling, warn
from pellucid.estimators.trainee import Trainee
from pellucid.estimators.watch import Watch, outputs_averaged
from pellucid.training import EpochEnd
from pellucid.training.schedules import Extent

# scikit-learn's adaptive rate is divided by 5 until it is as small as this.
_DIVISOR, _SMALLEST = 5.0, 1e-6


@dataclass(eq=False)
class Moving:
    """What goes on from one call of `partial_fit` to the next: scikit-learn calls it the optimizer.

    Attributes:
        learning_rate: that of the next epoch.
        memory: what the optimizer carries; None before the first step.
        epochs: how many it has seen.
    """

    learning_rate: float
    memory: Memory | None = None
    epochs: int = 0


class Epochs:
    """One call of `fit` or `partial_fit` by one of the stochastic solvers.

    Args:
        estimator: whose parameters are followed and whose attributes are written.
        trainee: the network in training.
        watch: what looks at every epoch's end.
        telling: what shows it.
        epochs: how many there may be.
    """

    def __init__(
        self, estimator: Any, trainee: Trainee, watch: Watch, telling: Telling, epochs: int
    ) -> None:
        self._of, self._trainee, self._watch, self._epochs = estimator, trainee, watch, epochs
        self._telling = telling
        self._order = trainee.examples.order
        self._size = _batch_size(estimator.batch_size, len(self._order))
        self._sizes = [
            min(self._size, len(self._order) - start) for start in range(0, len(self._order), self._size)
        ]
        self._schedule = schedule_of(estimator)
        self._averaged = outputs_averaged(trainee.network)
        self._ends = math.inf if estimator.max_time is None else time.monotonic() + estimator.max_time

    def run(self) -> str:
        """Train.

        Returns:
            Why it ended: "completed", "converged", "callback", "time" or "interrupted".
        """
        estimator = self._of
        try:
            for _ in range(self._epochs):
                self._epoch()
                estimator.n_iter_ += 1
                reason = self._told() or self._decided()
                if reason:
                    return reason
                if time.monotonic() > self._ends:
                    self._telling.close(f"max_time={estimator.max_time:g} seconds are over. Stopping.")
                    return "time"
        except KeyboardInterrupt:
            return "interrupted"
        return "completed"

    def _epoch(self) -> None:
        """The steps of one epoch, and its loss."""
        estimator, moving, m = self._of, self._of._optimizer, len(self._order)
        if estimator.shuffle:
            # The draws of sklearn.utils.shuffle, on top of those of the epochs before.
            drawn = np.arange(m)
            estimator._random_state.shuffle(drawn)
            self._order = self._order[drawn]
        costs = self._trainee.advance(self._order, self._size, self._rates())
        if self._averaged > 1:
            penalties = self._trainee.penalties
            costs = [
                (cost - penalty) / self._averaged + penalty
                for cost, penalty in zip(costs, penalties, strict=True)
            ]
        estimator.loss_ = sum(map(mul, costs, self._sizes)) / m
        estimator.t_ += m
        estimator.loss_curve_.append(estimator.loss_)
        moving.epochs += 1

    def _rates(self) -> float | Sequence[float]:
        moving, estimator = self._of._optimizer, self._of
        if self._schedule is None:
            return float(moving.learning_rate)
        k = len(self._sizes)
        extent = Extent(max(estimator.max_iter, moving.epochs + 1), k, len(self._order))
        rates = self._schedule.rates(estimator.learning_rate_init, extent, moving.epochs * k, k)
        moving.learning_rate = float(rates[-1])
        return list(rates.tolist())

    def _told(self) -> str:
        """Show the epoch, measure it, and call whoever asked to be."""
        estimator = self._of
        self._watch.see(self._trainee.snapshot)
        scores = getattr(estimator, "validation_scores_", None)
        self._telling.epoch(estimator.n_iter_, estimator.loss_, scores[-1] if scores else None)
        epoch, steps = estimator.n_iter_ - 1, estimator.n_iter_ * len(self._sizes)
        stops = called_back(estimator, epoch, steps, estimator.loss_, self._trainee.snapshot)
        return "callback" if stops else ""

    def _decided(self) -> str:
        """The rate of the next epoch, and whether there is one."""
        estimator, moving = self._of, self._of._optimizer
        sgd = estimator.solver == "sgd" and self._schedule is None
        if sgd and estimator.learning_rate == "invscaling":
            moving.learning_rate = estimator.learning_rate_init / (estimator.t_ + 1) ** estimator.power_t
        if not estimator._no_improvement_count > estimator.n_iter_no_change:
            return ""
        watched = "Training loss"
        if estimator.early_stopping:
            watched = f"Validation {estimator.monitor}"
        what = (
            f"{watched} did not improve more than tol={estimator.tol:f} for "
            f"{estimator.n_iter_no_change} consecutive epochs."
        )
        if not sgd or estimator.learning_rate != "adaptive":
            self._telling.close(f"{what} Stopping.")
            return "converged"
        if moving.learning_rate <= _SMALLEST:
            self._telling.close(f"{what} Learning rate too small. Stopping.")
            return "converged"
        moving.learning_rate /= _DIVISOR
        self._telling.say(f"{what} Setting learning rate to {moving.learning_rate:f}")
        estimator._no_improvement_count = 0
        return ""


def called_back(estimator: Any, epoch: int, steps: int, loss: float, snapshot: Any) -> bool:
    """Let all callbacks hear of an epoch; whether one of them wants to stop.

    Args:
        estimator: with `callbacks`.
        epoch: counted from 0.
        steps: taken so far.
        loss: of the epoch.
        snapshot: gives the parameters as they are.
    """
    if not estimator.callbacks:
        return False
    losses = estimator.validation_loss_curve_
    rate = estimator._optimizer.learning_rate if estimator.solver != "lbfgs" else 0.0
    event = EpochEnd(epoch, steps, loss, snapshot, losses[-1] if losses else None, rate)
    # All of them hear of it, also when the first wants to stop.
    answers = [callback(event) for callback in estimator.callbacks]
    return any(answer is True for answer in answers)


def _batch_size(given: Any, m: int) -> int:
    if given == "auto":
        return min(200, m)
    if given > m:
        warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped: "
            f"{given} to {m}"
        )
    return int(min(given, m))


def tell_the_end(estimator: Any, reason: str, *, incremental: bool) -> None:
    """Say what the user has to know about how it ended."""
    from sklearn.exceptions import ConvergenceWarning

    if reason == "interrupted":
        warn("Training interrupted by user.")
    elif not incremental and reason == "completed" and estimator.n_iter_ == estimator.max_iter:
        warn(
            f"Stochastic Optimizer: Maximum iterations ({estimator.max_iter}) reached and the optimization "
            "hasn't converged yet.",
            ConvergenceWarning,
        )


class FitDivergedError(DivergenceError, ValueError):
    """The cost became NaN or infinite while fitting; scikit-learn raises a ValueError then."""


def diverged(error: DivergenceError, estimator: Any) -> FitDivergedError:
    """What scikit-learn says, and then the cause and the remedies."""
    cause = str(error).partition("; expected")[0]
    scaled = "the inputs" if hasattr(estimator, "classes_") else "the inputs and the targets"
    if estimator.solver == "lbfgs":
        advice = f"scale {scaled}"
    else:
        rate = estimator._optimizer.learning_rate
        advice = f"take a learning rate below {rate:g}, or scale {scaled}"
        if estimator.clip_norm is None:
            advice += ", or set clip_norm=1.0"
        cause = f"In epoch {estimator.n_iter_ + 1} {cause}"
    return FitDivergedError(
        "Solver produced non-finite parameter weights. The input data may contain large values and need to "
        f"be preprocessed. {cause}: {advice}",
        error.iteration,
        error.parameters,
    )
