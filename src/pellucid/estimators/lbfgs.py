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
from pellucid.estimators.stochastic import call_callbacks, shown_loss
from pellucid.estimators.verbose import VerboseReporter, warn
from pellucid.examples import Examples, Integers
from pellucid.network import Network
from pellucid.training import EpochEnd, Now
from pellucid.training.feed import columns_that_fit, evaluate

Floats = np.ndarray[Any, Any]

# SciPy's status after the callback ended the search.
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
    validation = None if held_out is None else held_out.checked(network)
    recorder = _Recorder(estimator, objective, validation, reporter)
    try:
        best = _minimise(estimator, objective, flat(network, start, np.float64), recorder)
    finally:
        reporter.close()
    estimator.coefs_, estimator.intercepts_ = coefs_of(best)
    if held_out is not None and estimator.restore_best:
        estimator.coefs_, estimator.intercepts_ = estimator._best_coefs, estimator._best_intercepts


class _Recorder:
    """After every iteration: validate, report, call the callbacks."""

    def __init__(
        self, estimator: Any, objective: "Objective", held_out: Examples | None, reporter: VerboseReporter
    ) -> None:
        self._estimator, self._objective = estimator, objective
        self._held_out, self._reporter = held_out, reporter

    def __call__(self, done: int, loss: float, parameters: dict[str, Floats]) -> bool:
        """Record iteration number `done`, counted from 1; return whether a callback wants to stop."""
        estimator, cost, score = self._estimator, None, None
        if self._held_out is not None:
            cost, score = self._validated(self._held_out, parameters)
            if estimator.restore_best and cost < estimator._best_loss:
                estimator._best_loss = cost
                estimator._best_coefs, estimator._best_intercepts = coefs_of(parameters)
        self._reporter.epoch(done, loss, score)
        state = TrainingState(parameters)
        now = Now(lambda: dict(parameters), lambda: state, _no_run, _no_run)
        return call_callbacks(estimator, EpochEnd(done - 1, done, loss, now, cost, 0.0, score))

    def _validated(self, held_out: Examples, parameters: dict[str, Floats]) -> tuple[float, float]:
        objective = self._objective
        # With float32 parameters a cost may overflow; it is recorded as infinite.
        with np.errstate(all="ignore"):
            predictor = objective.engine.predictor(objective.network, parameters)
            cost, AL = evaluate(predictor, held_out)
        cost = cost if objective.shown is None else objective.shown(cost, 0.0)
        score = self._estimator._score(AL, held_out) if np.isfinite(AL).all() else math.nan
        self._estimator.validation_loss_curve_.append(cost)
        self._estimator.validation_scores_.append(score)
        return cost, score


def _no_run() -> Any:
    raise NotImplementedError("lbfgs is SciPy's loop, which has no RunState; expected a stochastic solver")


@dataclass
class _LastIteration:
    """The result of the last complete iteration."""

    row: Floats
    done: int = 0
    loss: float = math.inf


def _minimise(
    estimator: Any, objective: "Objective", start: Floats, recorder: Callable[..., bool]
) -> dict[str, Floats]:
    """The parameters that SciPy's L-BFGS-B finds; `n_iter_` and `loss_` are written.

    Ctrl-C ends the search with the parameters of the last complete iteration.

    Raises:
        FitDivergedError: the last loss is not finite.
    """
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    last = _LastIteration(start)
    deadline = math.inf if estimator.max_time is None else time.monotonic() + estimator.max_time

    def record(row: Floats) -> None:
        last.done, last.row, last.loss = last.done + 1, row.copy(), objective.loss
        if recorder(last.done, last.loss, objective.parameters(last.row)) or time.monotonic() > deadline:
            raise StopIteration

    options = {"maxfun": estimator.max_fun, "maxiter": estimator.max_iter, "gtol": estimator.tol}
    # SciPy's BLAS handles two vectors here, too little for threads; idle BLAS threads would take processor
    # time from our engine.
    try:
        with threadpool_limits(1, "blas"):
            result = minimize(
                objective, last.row, method="L-BFGS-B", jac=True, callback=record, options=options
            )
    except KeyboardInterrupt:
        warn("Training interrupted by user.")
    else:
        last.row, last.done, last.loss = result.x, min(int(result.nit), estimator.max_iter), result.fun
        if result.status not in (0, _STOPPED) and math.isfinite(result.fun):
            _warn(result, last.done, estimator)
    estimator.n_iter_, estimator.loss_ = last.done, float(last.loss)
    parameters = objective.parameters(last.row)
    if math.isnan(last.loss) or (last.done and math.isinf(last.loss)):
        raise diverged(DivergenceError(f"The loss became {last.loss:g}", last.done, parameters), estimator)
    return parameters


class Objective:
    """The loss and its gradient, as scikit-learn gives them to L-BFGS.

    scikit-learn's loss differs from the function whose gradient it computes: with several outputs the
    squared error is averaged over the outputs, while the gradient is that of their sum; and probabilities
    are clipped at the machine epsilon of their type. The line search uses the loss, so ours is computed the
    same way.

    Args:
        estimator: with its parameters.
        network: the network to train.
        examples: checked.
        start: the first parameters.

    Attributes:
        loss: the loss of the last call.
    """

    def __init__(
        self, estimator: Any, network: Network, examples: Examples, start: Mapping[str, Floats]
    ) -> None:
        self.network, self.engine = network, engine_for(estimator.engine, network)
        self.shown, self.loss = shown_loss(network), math.inf
        self._dtype = examples.X.dtype
        self._clips = network.cost.endswith("cross_entropy") and not network.label_smoothing
        takes = self.engine.takes(examples.X, network)
        self._examples = examples
        self._blocks = _blocks(examples, examples.m if takes else columns_that_fit(examples))
        # With several blocks the penalty is added once, for all of them.
        bare = network if len(self._blocks) == 1 else replace(network, l2=0.0, l1=0.0)
        options = options_of(estimator, 1, 1, 0).step_options
        first = examples if takes else examples.dense(self._blocks[0])
        self._session: Session = self.engine.open(bare, first, TrainingState(start), options)
        weights = examples.weights
        self._total = float(examples.m if weights is None else weights.sum())
        self._Y, self._weights = as_numpy(examples.Y), weights

    def parameters(self, row: Floats) -> dict[str, Floats]:
        """The parameters of a flat row, in the type of number of the examples."""
        return {name: value.astype(self._dtype) for name, value in named(self.network, row).items()}

    def __call__(self, row: Floats) -> tuple[float, Floats]:
        """`(loss, gradient)` at a flat row of parameters."""
        result = self._gradient(named(self.network, row))
        cost = result.cost
        if self._clips and math.isfinite(cost):
            cost = self._clipped(cost, result)
        self.loss = cost if self.shown is None else self.shown(cost, result.penalty)
        gradient = flat(self.network, result.grads, np.float64, prefix="d")
        return self.loss, gradient if math.isfinite(result.cost) else np.full_like(gradient, np.nan)

    def _gradient(self, parameters: dict[str, Floats]) -> Gradient:
        """The gradient over all examples: if they are sparse, the weighted sum over blocks."""
        if len(self._blocks) == 1:
            return self._session.gradient(parameters)
        penalties = {"l2": self.network.l2, "l1": self.network.l1}
        cost = penalty = float(weight_penalty(parameters, self._total, **penalties))
        grads = {f"d{name}": np.zeros_like(value) for name, value in parameters.items()}
        grads |= weight_penalty_backward(parameters, self._total, **penalties)
        outputs = []
        for block in self._blocks:
            examples = self._examples.dense(block)
            self._session.feed(examples)
            part = self._session.gradient(parameters)
            share = float(examples.m if examples.weights is None else examples.weights.sum()) / self._total
            cost += share * part.cost
            grads = {name: value + share * part.grads[name] for name, value in grads.items()}
            outputs.append(as_numpy(part.outputs))
        return Gradient(cost, penalty, grads, np.concatenate(outputs, axis=1))

    def _clipped(self, cost: float, result: Gradient) -> float:
        """The cost with every probability clipped at the machine epsilon of its type."""
        AL, epsilon = as_numpy(result.outputs), float(np.finfo(self._dtype).eps)
        true = self._Y > 0.5
        # The probability of the true label: of each output, or of the one class.
        probability = np.where(true, AL, 1 - AL if self.network.output_activation == "sigmoid" else 1.0)
        if not (probability <= epsilon).any():
            return cost
        losses = -np.log(np.maximum(probability.astype(np.float64), epsilon)).sum(axis=0)
        weights = None if self._weights is None else as_numpy(self._weights)[0]
        return float(np.average(losses, weights=weights)) + result.penalty


def _blocks(examples: Examples, at_a_time: int) -> list[Integers]:
    """The columns of each block that goes through the network at a time."""
    return [np.arange(i, min(i + at_a_time, examples.m)) for i in range(0, examples.m, at_a_time)]


def _warn(result: Any, done: int, estimator: Any) -> None:
    from sklearn.exceptions import ConvergenceWarning

    more = ""
    if done == estimator.max_iter:
        more = f" Increase the number of iterations (max_iter={estimator.max_iter}), or scale the inputs."
    warn(
        f"lbfgs failed to converge after {done} iteration(s) (status={result.status}): "
        f"{result.message}.{more}",
        ConvergenceWarning,
    )
