"""The stochastic solvers: the one training loop with scikit-learn's order, monitor and attributes."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from pellucid.engines import TrainingState
from pellucid.errors import DivergenceError, LearningWarning, OptionError
from pellucid.estimators.divergence import diverged
from pellucid.estimators.examples import StreamOrder
from pellucid.estimators.settings import options_of, schedule_of, threads_of
from pellucid.estimators.start import coefs_of, parameters_of
from pellucid.estimators.verbose import VerboseReporter, warn
from pellucid.examples import Examples, Integers
from pellucid.network import Network
from pellucid.training import (
    Checkpoints,
    EpochEnd,
    Event,
    Extent,
    History,
    Monitor,
    MonitorState,
    Now,
    Order,
    RunState,
    Schedule,
    TrainingEnd,
    TrainingOptions,
    TrainingStart,
    train,
)
from pellucid.training.doubt import ended_at
from pellucid.training.learning import FEWEST_STEPS, cost_rose
from pellucid.training.monitor import Best, Plateau
from pellucid.training.run_state import SavedRun


def fit_stochastic(
    estimator: Any,
    network: Network,
    examples: Examples,
    columns: Integers,
    held_out: Examples | None,
    *,
    incremental: bool,
    resume: Any = None,
) -> None:
    """Train, and write the fitted attributes. Arguments and errors as for `fit_examples`."""
    size = _batch_size(estimator.batch_size, len(columns))
    # Draw a seed for dropout only: scikit-learn draws nothing between the weights and the shuffles.
    drops = any(network.dropout_rates)
    seed = int(estimator._random_state.randint(2**31 - 1)) if drops else 0
    monitor = monitor_of(estimator, network, held_out)
    before = _state(estimator, examples, monitor, incremental=incremental)
    epochs = max(estimator.max_iter, before.epoch + 1) if incremental else estimator.max_iter
    options = options_of(estimator, epochs, size, seed)
    order = StreamOrder(columns, size, estimator._random_state if estimator.shuffle else None)
    recorder = _Recorder(estimator, len(columns), incremental=incremental)
    estimator.n_iter_ = 0
    state: RunState | SavedRun = before
    checkpoints = None if resume is None else Checkpoints.going_on(resume)
    try:
        if checkpoints is not None and checkpoints.before is not None:
            checkpoints.before.check_length(epochs)
            if checkpoints.before.run is not None:
                state = checkpoints.before.run
                order.skip(state.state.epoch)
                recorder.restore(state.state)
        end: TrainingEnd | None = train(
            network,
            examples,
            options,
            state=state,
            validation=held_out,
            order=order,
            monitor=monitor,
            stop=recorder.stop,
            listeners=[recorder] if checkpoints is None else [checkpoints, recorder],
            every="epoch" if recorder.needs_every_epoch else "auto",
            tested=False,
            judged=False,
        )
    except DivergenceError as error:
        end = None
        _keep_best_or_raise(estimator, error, recorder, monitor)
    finally:
        recorder.reporter.close()
        if checkpoints is not None:
            checkpoints.close()
    if end is not None:
        is_ours = schedule_of(estimator) is not None
        estimator._optimizer = Rate(recorder.rate if is_ours else _next_rate(options, end.state, order))
        _write_end(estimator, end, recorder, monitor, incremental=incremental)


def monitor_of(estimator: Any, network: Network, held_out: Examples | None) -> Monitor:
    """The monitor that follows scikit-learn's rules of early stopping."""
    # Only scikit-learn's own adaptive rate, of sgd, is divided at a plateau.
    divides = estimator.solver == "sgd" and estimator.learning_rate == "adaptive"
    divides = divides and schedule_of(estimator) is None
    common: dict[str, Any] = {
        "patience": float(estimator.n_iter_no_change),
        "min_delta": float(estimator.tol),
        "divides": divides,
        "score": None if held_out is None else estimator._score,
        "shown": shown_loss(network),
    }
    if estimator.early_stopping:
        watched = "score" if estimator.monitor == "score" else "validation_cost"
        return Monitor(watched, watched, ties=watched == "score", **common)
    kept = "validation_cost" if estimator.restore_best and held_out is not None else None
    return Monitor("cost", kept, ties=True, **common)


def shown_loss(network: Network) -> Callable[[float, float], float] | None:
    """From cost and penalty to scikit-learn's loss; None if that is the cost. It averages over outputs."""
    n_y = network.n_y if network.cost == "mean_squared_error" else 1
    return None if n_y == 1 else lambda cost, penalty: (cost - penalty) / n_y + penalty


def _state(estimator: Any, examples: Examples, monitor: Monitor, *, incremental: bool) -> RunState:
    """The initial state of the training: the current weights; in a stream also the last call's state."""
    parameters = parameters_of(estimator.coefs_, estimator.intercepts_, examples.X.dtype)
    before: RunState | None = getattr(estimator, "_run_state", None) if incremental else None
    if before is None:
        before = RunState(TrainingState(parameters))
    elif tuple(before.training.slots) != options_of(estimator, 1, 1, 0).step_options.optimizer.slots:
        raise OptionError(
            f"solver is {estimator.solver!r}, and the optimizer state is that of another solver; expected "
            "the solver of the first partial_fit, or a fresh estimator"
        )
    return replace(
        before,
        training=before.training._replace(parameters=parameters),
        seen=estimator.t_,
        plateaued=False,
        monitor=_monitor_state(estimator, monitor, examples.X.dtype),
        threads=threads_of(estimator),
    )


def _monitor_state(estimator: Any, monitor: Monitor, dtype: Any) -> MonitorState:
    """The monitor's state after the epochs so far, from scikit-learn's attributes."""
    lowest = {
        "cost": lambda: estimator.best_loss_,
        "score": lambda: -estimator.best_validation_score_,
        "validation_cost": lambda: estimator._best_loss,
    }
    plateau = Plateau(lowest[monitor.watched](), estimator._no_improvement_count)
    if monitor.kept is None:
        return MonitorState(plateau)
    parameters = parameters_of(estimator._best_coefs, estimator._best_intercepts, dtype)
    # It is the result if no epoch is better; -1 is before the first, which is 0.
    return MonitorState(plateau, Best(parameters, lowest[monitor.kept](), -1))


class Rate(NamedTuple):
    """An estimator's `_optimizer`, from which scikit-learn's users read the learning rate.

    Attributes:
        learning_rate: of the next epoch with scikit-learn's schedules; of the last with a `Schedule`.
    """

    learning_rate: float


def _next_rate(options: TrainingOptions, state: RunState, order: Order) -> float:
    extent = Extent(options.epochs, order.steps_per_epoch, order.m)
    first = state.epoch * order.steps_per_epoch
    schedule = Schedule.named(options.schedule)
    return float(schedule.rates(options.learning_rate, extent, first, 1, state.divided, state.seen)[0])


class _Recorder:
    """A listener: after every epoch it writes scikit-learn's attributes, prints and calls the callbacks.

    Attributes:
        stop: set to end the training.
        reason: why `stop` was set: "callback" or "time"; otherwise empty.
        rate: the learning rate of the last epoch.
        reporter: prints the epochs.
    """

    def __init__(self, estimator: Any, m: int, *, incremental: bool) -> None:
        self._estimator, self._m, self._incremental = estimator, m, incremental
        self._deadline = math.inf if estimator.max_time is None else time.monotonic() + estimator.max_time
        self.stop = threading.Event()
        self.reason = ""
        self.rate = float(estimator.learning_rate_init)
        self.reporter = VerboseReporter(estimator, 1 if incremental else estimator.max_iter)
        self._now: Now | None = None

    @property
    def needs_every_epoch(self) -> bool:
        """Whether the engine has to return after every epoch, for a callback, a line or the clock."""
        estimator = self._estimator
        return bool(self._incremental or estimator.callbacks or estimator.max_time or estimator.verbose)

    @property
    def run_state(self) -> RunState | None:
        """The state of the run; None before it begins."""
        return None if self._now is None else self._now.run_state()

    def restore(self, state: RunState) -> None:
        """Write the attributes as they were after the epochs of a run that is gone on with."""
        estimator = self._estimator
        estimator.n_iter_, estimator.t_ = state.epoch, state.epoch * self._m
        estimator.loss_curve_ = list(state.costs)
        if state.costs:
            estimator.loss_, self.rate = state.costs[-1], state.rates[-1]
            if not estimator.early_stopping:
                estimator.best_loss_ = min(state.costs)
        if state.validation_costs:
            estimator.validation_loss_curve_ = list(state.validation_costs)
            estimator.validation_scores_ = list(state.scores)

    def __call__(self, event: Event) -> None:
        """Handle one event."""
        if isinstance(event, TrainingStart):
            self._now = event.now
        elif isinstance(event, EpochEnd):
            self._epoch(event)

    def _epoch(self, event: EpochEnd) -> None:
        estimator = self._estimator
        estimator.n_iter_ += 1
        estimator.t_ += self._m
        estimator.loss_ = event.cost
        estimator.loss_curve_.append(event.cost)
        if not estimator.early_stopping:
            estimator.best_loss_ = min(estimator.best_loss_, event.cost)
        if event.validation_cost is not None:
            estimator.validation_loss_curve_.append(event.validation_cost)
            estimator.validation_scores_.append(event.score)
        if event.learning_rate < self.rate and estimator.learning_rate == "adaptive":
            self.reporter.line(
                f"{no_improvement(estimator)} Setting learning rate to {event.learning_rate:f}"
            )
        self.rate = event.learning_rate
        self.reporter.epoch(estimator.n_iter_, event.cost, event.score)
        if call_callbacks(estimator, event):
            self.reason = "callback"
        elif time.monotonic() > self._deadline:
            self.reason = "time"
            self.reporter.close(f"max_time={estimator.max_time:g} seconds are over. Stopping.")
        if self.reason or self._incremental:
            self.stop.set()


def call_callbacks(estimator: Any, event: EpochEnd) -> bool:
    """Call all callbacks with an epoch; return whether one of them wants to stop."""
    # A list: all are called, also if the first one wants to stop.
    answers = [callback(event) for callback in estimator.callbacks or ()]
    return any(answer is True for answer in answers)


def no_improvement(estimator: Any) -> str:
    """scikit-learn's line about a plateau."""
    watched = f"Validation {estimator.monitor}" if estimator.early_stopping else "Training loss"
    return (
        f"{watched} did not improve more than tol={estimator.tol:f} for "
        f"{estimator.n_iter_no_change} consecutive epochs."
    )


def _write_end(
    estimator: Any, end: TrainingEnd, recorder: _Recorder, monitor: Monitor, *, incremental: bool
) -> None:
    """Write the remaining attributes, and print or warn why the training ended."""
    from sklearn.exceptions import ConvergenceWarning

    reason = end.history.reason
    converged = reason == "early_stopping"
    _write_monitor(estimator, end.state, monitor)
    # Without early stopping a stream continues with every call, as in scikit-learn.
    estimator.stopped_ = incremental and estimator.early_stopping and converged
    continues = incremental and not estimator.stopped_
    parameters = end.state.training.parameters if continues else end.parameters
    estimator.coefs_, estimator.intercepts_ = coefs_of(parameters)
    # The rest of the state is in scikit-learn's attributes.
    estimator._run_state = replace(
        end.state,
        step=0,  # after Ctrl-C in the middle of an epoch the next rows begin a new one
        step_costs=(),
        costs=(),
        rates=(),
        validation_costs=(),
        scores=(),
        monitor=MonitorState(),
        last_finite=None,
    )
    if converged:
        small = " Learning rate too small." if monitor.divides else ""
        recorder.reporter.close(f"{no_improvement(estimator)}{small} Stopping.")
    elif reason == "interrupted":
        warn("Training interrupted by user.")
    elif not incremental and not recorder.reason and estimator.n_iter_ == estimator.max_iter:
        warn(
            f"Stochastic Optimizer: Maximum iterations ({estimator.max_iter}) reached and the optimization "
            "hasn't converged yet.",
            ConvergenceWarning,
        )
    _warn_of_rise(estimator, end.history, incremental=incremental)


def _warn_of_rise(estimator: Any, history: History, *, incremental: bool) -> None:
    """Warn if a fit of enough steps ended at a loss above its first one."""
    if incremental or history.reason not in ("completed", "early_stopping"):
        return
    began, ended = history.costs[0], ended_at(history)
    if history.iterations >= FEWEST_STEPS and cost_rose(began, ended):
        warn(
            f"the training did not learn: the loss ended at {ended:.4g}, above the {began:.4g} of its "
            "first epoch. Scale the inputs, or take a smaller learning_rate_init than "
            f"{estimator.learning_rate_init:g}",
            LearningWarning,
        )


def _write_monitor(estimator: Any, state: RunState, monitor: Monitor) -> None:
    """Write the monitor's state into scikit-learn's attributes."""
    estimator._no_improvement_count = state.monitor.plateau.waited
    best = state.monitor.best
    # The best epoch, counted from the first of this call; negative if it was before this call.
    i = -1 if best.epoch is None else best.epoch - (state.epoch - len(state.costs))
    if monitor.kept is None or best.epoch == -1 or i < 0:
        return
    assert best.parameters is not None  # of an epoch that was measured
    estimator._best_coefs, estimator._best_intercepts = coefs_of(best.parameters)
    estimator._best_loss = state.validation_costs[i]
    if estimator.early_stopping:
        estimator.best_validation_score_ = state.scores[i]


def _keep_best_or_raise(
    estimator: Any, error: DivergenceError, recorder: _Recorder, monitor: Monitor
) -> None:
    """After a divergence restore the best weights with early stopping; else raise.

    Raises:
        FitDivergedError: the estimator does not stop early, so there are no best weights.
    """
    estimator.coefs_, estimator.intercepts_ = coefs_of(error.parameters)
    fit_error = diverged(error, estimator, recorder.rate)
    if not estimator.early_stopping:
        raise fit_error from error
    state = recorder.run_state
    if state is not None:
        _write_monitor(estimator, state, monitor)
    estimator.validation_loss_curve_.append(math.nan)
    estimator.validation_scores_.append(math.nan)
    warn(f"{fit_error}. The best weights so far are kept.")
    estimator.stopped_ = recorder._incremental
    estimator.coefs_, estimator.intercepts_ = estimator._best_coefs, estimator._best_intercepts


def _batch_size(batch_size: Any, m: int) -> int:
    if isinstance(batch_size, str):
        return min(200, m)
    if batch_size > m:
        warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped: "
            f"{batch_size} to {m}"
        )
    return int(min(batch_size, m))
