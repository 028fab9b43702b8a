"""Limited-memory BFGS: SciPy's, with the engine's cost and gradient."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from pellucid.core.regularization import weight_penalty
from pellucid.engines import flat, named
from pellucid.errors import DivergenceError
from pellucid.estimators.start import Floats, coefs_of, parameters_of
from pellucid.estimators.stochastic import diverged
from pellucid.estimators.telling import warn
from pellucid.estimators.trainee import Trainee
from pellucid.estimators.watch import outputs_averaged
from pellucid.network import Network


def minimise(
    estimator: Any, trainee: Trainee, callback: Callable[[int, float, dict[str, Floats]], bool]
) -> dict[str, Floats]:
    """The parameters that SciPy's L-BFGS-B finds; `n_iter_` and `loss_` are written.

    Ctrl-C ends it with the parameters of the last whole iteration.

    Args:
        estimator: whose parameters are followed.
        trainee: the network, where it starts.
        callback: called with the number of every iteration, its loss and the parameters; True ends it.

    Raises:
        FitDivergedError: the loss is not finite where it ended.
    """
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    network, dtype = trainee.network, trainee.examples.dtype
    objective = Objective(trainee)
    state = _Iterations(pack(trainee.parameters))
    ends = math.inf if estimator.max_time is None else time.monotonic() + estimator.max_time

    def after(packed: Floats) -> None:
        state.done, state.packed, state.loss = state.done + 1, packed.copy(), objective.loss
        stops = callback(state.done, state.loss, _unpacked_as(state.packed, network, dtype))
        if stops or time.monotonic() > ends:
            raise StopIteration

    options = {"maxfun": estimator.max_fun, "maxiter": estimator.max_iter, "gtol": estimator.tol}
    # Between two vectors of this size SciPy's BLAS has no work for threads; waiting ones would take our
    # engine's processors.
    try:
        with threadpool_limits(1, "blas"):
            found = minimize(
                objective, state.packed, method="L-BFGS-B", jac=True, callback=after, options=options
            )
    except KeyboardInterrupt:
        warn("Training interrupted by user.")
    else:
        state.packed, state.done, state.loss = found.x, min(int(found.nit), estimator.max_iter), found.fun
        if found.status not in (0, _STOPPED) and math.isfinite(found.fun):
            _warn(found, state.done, estimator)
    estimator.n_iter_, estimator.loss_ = state.done, float(state.loss)
    parameters = _unpacked_as(state.packed, network, dtype)
    if math.isnan(state.loss) or (state.done and math.isinf(state.loss)):
        error = DivergenceError(f"The loss became {state.loss:g}", state.done, parameters)
        raise diverged(error, estimator)
    return parameters


# What SciPy's status is where the callback ended it.
_STOPPED = 99


@dataclass
class _Iterations:
    """Where the last whole iteration ended."""

    packed: Floats
    done: int = 0
    loss: float = math.inf


class Objective:
    """The loss and its gradient, as scikit-learn gives them to L-BFGS.

    Its loss is not quite what its gradient belongs to: of several numbers it is a mean over outputs, the
    gradient that of their sum; and no probability counts as less than the precision of its type. The search
    along a line sees the loss, so it has to be the same.

    Args:
        trainee: the network and its rows.

    Attributes:
        loss: the last one.
    """

    def __init__(self, trainee: Trainee) -> None:
        self._trainee, self._network = trainee, trainee.network
        self._averaged = outputs_averaged(self._network)
        self._clips = not self._network.label_smoothing
        weights = trainee.examples.weights
        self._total = float(len(trainee.examples.Y) if weights is None else weights.sum())
        self.loss = math.inf

    def __call__(self, packed: Floats) -> tuple[float, Floats]:
        """`(loss, gradient)` at parameters in scikit-learn's order."""
        network = self._network
        parameters = unpacked(packed, network)
        loss, gradient = self._trainee.cost_and_gradient(
            flat(network, parameters, self._trainee.examples.dtype)
        )
        if self._averaged > 1:
            penalty = float(weight_penalty(parameters, self._total, l2=network.l2, l1=network.l1))
            loss = (loss - penalty) / self._averaged + penalty
        self.loss = loss - self._trainee.beyond_precision if self._clips else loss
        return self.loss, pack(named(network, gradient))


def _unpacked_as(packed: Floats, network: Network, dtype: Any) -> dict[str, Floats]:
    return {name: value.astype(dtype) for name, value in unpacked(packed, network).items()}


def pack(parameters: dict[str, Floats]) -> Floats:
    """One row in scikit-learn's order: all weights, then all biases. L-BFGS adds up in this order."""
    coefs, intercepts = coefs_of(parameters)
    return np.concatenate([part.ravel() for part in (*coefs, *intercepts)])


def unpacked(packed: Floats, network: Network) -> dict[str, Floats]:
    """The inverse of `pack`: views."""
    dims, coefs, intercepts, start = network.layer_dims, [], [], 0
    for n_prev, n in pairwise(dims):
        coefs.append(packed[start : start + n_prev * n].reshape(n_prev, n))
        start += n_prev * n
    for n in dims[1:]:
        intercepts.append(packed[start : start + n])
        start += n
    return parameters_of(coefs, intercepts)


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
