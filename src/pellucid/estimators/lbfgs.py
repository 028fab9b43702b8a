"""Limited-memory BFGS: SciPy's, with the engine's cost and gradient."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pellucid.core._arrays import as_numpy
from pellucid.core.regularization import weight_penalty, weight_penalty_backward
from pellucid.engines import Gradient, Session, TrainingState, engine_for, flat, named
from pellucid.errors import DivergenceError
from pellucid.estimators.divergence import diverged
from pellucid.estimators.settings import options_of
from pellucid.estimators.start import coefs_of, parameters_of
from pellucid.estimators.stochastic import called_back, shown_loss
from pellucid.estimators.verbose import VerboseReporter, warn
from pellucid.examples import Examples, Integers
from pellucid.network import Network
from pellucid.training import EpochEnd, Now
from pellucid.training.feed import columns_that_fit, evaluate

Floats = np.ndarray[Any, Any]

# SciPy's status where the callback ended it.
_STOPPED = 99


def fit_lbfgs(
    estimator: Any, network: Network, examples: Examples, columns: Integers, held_out: Examples | None
) -> None:
    """Train, and write the fitted attributes. Arguments and errors as for `fit_examples`."""
    if len(columns) < examples.m:
        examples = examples.take(columns)
    examples = examples.checked(network)
    reporter = VerboseReporter(estimator, estimator.max_iter)
    start = parameters_of(estimator.coefs_, estimator.intercepts_, examples.X.dtype)
    objective = Objective(estimator, network, examples, start)
    watch = _Watch(estimator, objective, None if held_out is None else held_out.checked(network), reporter)
    try:
        found = _minimise(estimator, objective, flat(network, start, np.float64), watch)
    finally:
        reporter.close()
    estimator.coefs_, estimator.intercepts_ = coefs_of(found)
    if held_out is not None and estimator.restore_best:
        estimator.coefs_, estimator.intercepts_ = estimator._best_coefs, estimator._best_intercepts


class _Watch:
    """After every iteration: validate, report, call the callbacks."""

    def __init__(
        self, estimator: Any, objective: "Objective", held_out: Examples | None, reporter: VerboseReporter
    ) -> None:
        self._of, self._objective, self._held_out, self._reporter = estimator, objective, held_out, reporter

    def __call__(self, done: int, loss: float, parameters: dict[str, Floats]) -> bool:
        """Take iteration number `done`, counted from 1; whether a callback wants to stop."""
        estimator, cost, score = self._of, None, None
        if self._held_out is not None:
            cost, score = self._validated(self._held_out, parameters)
            if estimator.restore_best and cost < estimator._best_loss:
                estimator._best_loss = cost
                estimator._best_coefs, estimator._best_intercepts = coefs_of(parameters)
        self._reporter.epoch(done, loss, score)
        state = TrainingState(parameters)
        now = Now(lambda: dict(parameters), lambda: state, _no_run)
        return called_back(estimator, EpochEnd(done - 1, done, loss, now, cost, 0.0, score))

    def _validated(self, held_out: Examples, parameters: dict[str, Floats]) -> tuple[float, float]:
        objective = self._objective
        # From float32 parameters a cost may overflow; it is shown as it is.
        with np.errstate(all="ignore"):
            predictor = objective.engine.predictor(objective.network, parameters)
            cost, AL = evaluate(predictor, held_out)
        cost = cost if objective.shown is None else objective.shown(cost, 0.0)
        score = self._of._score(AL, held_out) if np.isfinite(AL).all() else math.nan
        self._of.validation_loss_curve_.append(cost)
        self._of.validation_scores_.append(score)
        return cost, score


def _no_run() -> Any:
    raise NotImplementedError("lbfgs is SciPy's loop, which has no RunState; expected a stochastic solver")


@dataclass
class _Iterations:
    """Where the last whole iteration ended."""

    row: Floats
    done: int = 0
    loss: float = math.inf


def _minimise(
    estimator: Any, objective: "Objective", start: Floats, watch: Callable[..., bool]
) -> dict[str, Floats]:
    """The parameters that SciPy's L-BFGS-B finds; `n_iter_` and `loss_` are written.

    Ctrl-C ends it with the parameters of the last whole iteration.

    Raises:
        FitDivergedError: the loss is not finite where it ended.
    """
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    at = _Iterations(start)
    ends = math.inf if estimator.max_time is None else time.monotonic() + estimator.max_time

    def after(row: Floats) -> None:
        at.done, at.row, at.loss = at.done + 1, row.copy(), objective.loss
        if watch(at.done, at.loss, objective.parameters(at.row)) or time.monotonic() > ends:
            raise StopIteration

    options = {"maxfun": estimator.max_fun, "maxiter": estimator.max_iter, "gtol": estimator.tol}
    # Between two vectors of this size SciPy's BLAS has no work for threads; waiting ones would take our
    # engine's processors.
    try:
        with threadpool_limits(1, "blas"):
            found = minimize(
                objective, at.row, method="L-BFGS-B", jac=True, callback=after, options=options
            )
    except KeyboardInterrupt:
        warn("Training interrupted by user.")
    else:
        at.row, at.done, at.loss = found.x, min(int(found.nit), estimator.max_iter), found.fun
        if found.status not in (0, _STOPPED) and math.isfinite(found.fun):
            _warn(found, at.done, estimator)
    estimator.n_iter_, estimator.loss_ = at.done, float(at.loss)
    parameters = objective.parameters(at.row)
    if math.isnan(at.loss) or (at.done and math.isinf(at.loss)):
        raise diverged(DivergenceError(f"The loss became {at.loss:g}", at.done, parameters), estimator)
    return parameters


class Objective:
    """The loss and its gradient, as scikit-learn gives them to L-BFGS.

    Its loss is not quite what its gradient belongs to: of several numbers it is a mean over outputs, the
    gradient that of their sum; and no probability counts as less than the precision of its type. The search
    along a line sees the loss, so it has to be the same.

    Args:
        estimator: with its parameters.
        network: what is trained.
        examples: checked.
        start: the first parameters.

    Attributes:
        loss: the last one.
    """

    def __init__(
        self, estimator: Any, network: Network, examples: Examples, start: Mapping[str, Floats]
    ) -> None:
        self.network, self.engine = network, engine_for(estimator.engine, network)
        self.shown, self.loss = shown_loss(network), math.inf
        self._dtype = examples.X.dtype
        self._clips = network.cost.endswith("cross_entropy") and not network.label_smoothing
        self._examples, self._blocks = examples, _blocks(examples)
        # Of several blocks the penalty is added once, at the end.
        bare = network if len(self._blocks) == 1 else replace(network, l2=0.0, l1=0.0)
        options = options_of(estimator, 1, 1, 0).step_options
        first = examples if examples.is_dense else examples.take(self._blocks[0])
        self._session: Session = self.engine.open(bare, first, TrainingState(start), options)
        weights = examples.weights
        self._total = float(examples.m if weights is None else weights.sum())
        self._Y, self._weights = as_numpy(examples.Y), weights

    def parameters(self, row: Floats) -> dict[str, Floats]:
        """The parameters in a row, in the type of number of the examples."""
        return {name: value.astype(self._dtype) for name, value in named(self.network, row).items()}

    def __call__(self, row: Floats) -> tuple[float, Floats]:
        """`(loss, gradient)` at a row of parameters."""
        found = self._gradient(named(self.network, row))
        cost = found.cost
        if self._clips and math.isfinite(cost):
            cost = self._clipped(cost, found)
        self.loss = cost if self.shown is None else self.shown(cost, found.penalty)
        gradient = flat(self.network, found.grads, np.float64, prefix="d")
        return self.loss, gradient if math.isfinite(found.cost) else np.full_like(gradient, np.nan)

    def _gradient(self, parameters: dict[str, Floats]) -> Gradient:
        """Of all examples, from those of blocks where they are not dense."""
        if len(self._blocks) == 1:
            return self._session.gradient(parameters)
        penalties = {"l2": self.network.l2, "l1": self.network.l1}
        cost = penalty = float(weight_penalty(parameters, self._total, **penalties))
        grads = {f"d{name}": np.zeros_like(value) for name, value in parameters.items()}
        grads |= weight_penalty_backward(parameters, self._total, **penalties)
        outputs = []
        for block in self._blocks:
            examples = self._examples.take(block)
            self._session.feed(examples)
            part = self._session.gradient(parameters)
            share = float(examples.m if examples.weights is None else examples.weights.sum()) / self._total
            cost += share * part.cost
            grads = {name: value + share * part.grads[name] for name, value in grads.items()}
            outputs.append(as_numpy(part.outputs))
        return Gradient(cost, penalty, grads, np.concatenate(outputs, axis=1))

    def _clipped(self, cost: float, found: Gradient) -> float:
        """The cost if no probability counted as less than the precision of its type of number."""
        AL, epsilon = as_numpy(found.outputs), float(np.finfo(self._dtype).eps)
        true = self._Y > 0.5
        # The probability of what is true: of each output, or of the one class.
        right = np.where(true, AL, 1 - AL if self.network.output_activation == "sigmoid" else 1.0)
        if not (right <= epsilon).any():
            return cost
        losses = -np.log(np.maximum(right.astype(np.float64), epsilon)).sum(axis=0)
        weights = None if self._weights is None else as_numpy(self._weights)[0]
        return float(np.average(losses, weights=weights)) + found.penalty


def _blocks(examples: Examples) -> list[Integers]:
    """The columns that are dense at a time; all of them where they fit."""
    at_a_time = examples.m if examples.is_dense else columns_that_fit(examples)
    return [np.arange(i, min(i + at_a_time, examples.m)) for i in range(0, examples.m, at_a_time)]


def _warn(found: Any, done: int, estimator: Any) -> None:
    from sklearn.exceptions import ConvergenceWarning

    more = ""
    if done == estimator.max_iter:
        more = f" Increase the number of iterations (max_iter={estimator.max_iter}), or scale the inputs."
    warn(
        f"lbfgs failed to converge after {done} iteration(s) (status={found.status}): "
        f"{found.message}.{more}",
        ConvergenceWarning,
    )
