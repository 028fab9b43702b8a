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
from pellucid.estimators.start import Floats, coefs_of, parameters_of
from pellucid.estimators.telling import warn
from pellucid.estimators.trainee import Trainee
from pellucid.estimators.watch import outputs_averaged


def minimise(
    estimator: Any, trainee: Trainee, callback: Callable[[dict[str, Floats]], None]
) -> dict[str, Floats]:
    """The parameters that SciPy's L-BFGS-B finds; `n_iter_` and `loss_` are written.

    Ctrl-C ends it with the parameters of the last whole iteration.

    Args:
        estimator: whose parameters are followed.
        trainee: the network, where it starts.
        callback: called with the parameters after every iteration.
    """
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    network, dtype = trainee.network, trainee.examples.dtype
    averaged = outputs_averaged(network)
    state = _Iterations(pack(trainee.parameters))
    ends = math.inf if estimator.max_time is None else time.monotonic() + estimator.max_time

    def cost_and_gradient(packed: Floats) -> tuple[float, Floats]:
        parameters = unpacked(packed, network)
        cost, gradient = trainee.cost_and_gradient(flat(network, parameters, dtype))
        if averaged > 1:
            # As scikit-learn has it: the loss is a mean over outputs, its gradient that of their sum.
            penalty = _penalty(parameters, trainee)
            cost = (cost - penalty) / averaged + penalty
        state.loss = cost
        return cost, pack(named(network, gradient))

    def after(packed: Floats) -> None:
        state.done += 1
        state.packed = packed.copy()
        callback(unpacked(packed, network))
        if time.monotonic() > ends:
            raise StopIteration

    options = {"maxfun": estimator.max_fun, "maxiter": estimator.max_iter, "gtol": estimator.tol}
    # Between two vectors of this size SciPy's BLAS has no work for threads; waiting ones would take our
    # engine's processors.
    try:
        with threadpool_limits(1, "blas"):
            found = minimize(
                cost_and_gradient,
                state.packed,
                method="L-BFGS-B",
                jac=True,
                callback=after,
                options=options,
            )
    except KeyboardInterrupt:
        warn("Training interrupted by user.")
        estimator.n_iter_, estimator.loss_ = state.done, float(state.loss)
    else:
        state.packed = found.x
        estimator.n_iter_, estimator.loss_ = min(int(found.nit), estimator.max_iter), float(found.fun)
        if found.status not in (0, _STOPPED):
            _warn(found, estimator)
    return {name: value.astype(dtype) for name, value in unpacked(state.packed, network).items()}


# What SciPy's status is where the callback ended it.
_STOPPED = 99


@dataclass
class _Iterations:
    """Where the last whole iteration ended."""

    packed: Floats
    done: int = 0
    loss: float = math.inf


def pack(parameters: dict[str, Floats]) -> Floats:
    """One row in scikit-learn's order: all weights, then all biases. L-BFGS adds up in this order."""
    coefs, intercepts = coefs_of(parameters)
    return np.concatenate([part.ravel() for part in (*coefs, *intercepts)])


def unpacked(packed: Floats, network: Any) -> dict[str, Floats]:
    """The inverse of `pack`: views."""
    dims, coefs, intercepts, start = network.layer_dims, [], [], 0
    for n_prev, n in pairwise(dims):
        coefs.append(packed[start : start + n_prev * n].reshape(n_prev, n))
        start += n_prev * n
    for n in dims[1:]:
        intercepts.append(packed[start : start + n])
        start += n
    return parameters_of(coefs, intercepts)


def _penalty(parameters: dict[str, Floats], trainee: Trainee) -> float:
    weights, network = trainee.examples.weights, trainee.network
    total = len(trainee.examples.Y) if weights is None else float(weights.sum())
    return float(weight_penalty(parameters, total, l2=network.l2, l1=network.l1))


def _warn(found: Any, estimator: Any) -> None:
    from sklearn.exceptions import ConvergenceWarning

    more = ""
    if estimator.n_iter_ == estimator.max_iter:
        more = f" Increase the number of iterations (max_iter={estimator.max_iter}), or scale the inputs."
    warn(
        f"lbfgs failed to converge after {estimator.n_iter_} iteration(s) (status={found.status}): "
        f"{found.message}.{more}",
        ConvergenceWarning,
    )
