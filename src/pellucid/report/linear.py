"""Linear models to compare a network with: ridge regression, and logistic regression by Newton's method."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pellucid.data.dataset import one_hot

Floats = np.ndarray[Any, Any]

_STEPS, _SOLVER_STEPS = 30, 60
# The largest entry of a gradient per example at which it has ended.
_TOLERANCE = 1e-5


def fit_ridge(X: Floats, Y: Floats, penalty: float = 1.0) -> tuple[Floats, Floats]:
    """The W, b of least |W X + b - Y|^2 + penalty |W|^2, as scikit-learn's `Ridge` has them.

    Args:
        X: (n_x, m) inputs.
        Y: (n_y, m) numbers.
        penalty: above 0.

    Returns:
        W (n_y, n_x) and b (n_y, 1).
    """
    X, Y = np.asarray(X, np.float64), np.asarray(Y, np.float64)
    mean, center = X.mean(axis=1, keepdims=True), Y.mean(axis=1, keepdims=True)
    X, Y = X - mean, Y - center
    n, m = X.shape
    if n <= m:
        W = np.linalg.solve(X @ X.T + penalty * np.eye(n), X @ Y.T).T
    else:
        # As many unknowns as examples: the weights are sums of the examples.
        W = np.linalg.solve(X.T @ X + penalty * np.eye(m), Y.T).T @ X.T
    return W, center - W @ mean


def fit_logistic(X: Floats, labels: Floats, n_classes: int, penalty: float = 1.0) -> tuple[Floats, Floats]:
    """The W, b of least sum of log losses + penalty / 2 |W|^2, as `LogisticRegression` has them.

    Newton's method (iteratively reweighted least squares), each step solved by conjugate gradients, which
    take products with the Hessian alone and never the matrix.

    Args:
        X: (n_x, m) inputs, about of deviation 1.
        labels: (m,) class indices.
        n_classes: K.
        penalty: above 0.

    Returns:
        W (n_y, n_x) and b (n_y, 1), with n_y = 1 for two classes, else K.
    """
    X = np.vstack([np.asarray(X, np.float64), np.ones(X.shape[1])])
    n_y = 1 if n_classes == 2 else n_classes
    Y = one_hot(labels, n_y)
    penalties = np.full(len(X), penalty)
    # Nearly none on the biases: softmax does not change if all of them grow.
    penalties[-1] = 1e-8
    W = np.zeros((n_y, len(X)))
    value, A = _objective(W, X, Y, penalties)
    for _ in range(_STEPS):
        gradient = (A - Y) @ X.T + penalties * W
        if np.abs(gradient).max() <= _TOLERANCE * X.shape[1]:
            break
        step = _conjugate_gradients(_hessian(A, X, penalties), -gradient)
        size = 1.0
        while size > 1e-4:
            tried, A_tried = _objective(W + size * step, X, Y, penalties)
            if tried < value:
                break
            size /= 2
        else:
            break
        W, value, A = W + size * step, tried, A_tried
    return W[:, :-1], W[:, -1:]


def probabilities_of(W: Floats, b: Floats, X: Floats) -> Floats:
    """(m, K) the probability of each class by a logistic regression."""
    A = _outputs(W @ X + b)
    return np.vstack([1 - A, A]).T if len(A) == 1 else A.T


def _outputs(Z: Floats) -> Floats:
    """Sigmoid of one row, softmax of several."""
    if len(Z) == 1:
        Z = np.vstack([np.zeros_like(Z), Z])
        return _outputs(Z)[1:]
    E = np.exp(Z - Z.max(axis=0))
    return np.asarray(E / E.sum(axis=0))


def _objective(W: Floats, X: Floats, Y: Floats, penalties: Floats) -> tuple[float, Floats]:
    """The sum that is made small, and the outputs A."""
    Z = W @ X
    if len(Z) == 1:
        losses = np.logaddexp(0.0, Z) - Y * Z
    else:
        top = Z.max(axis=0)
        losses = top + np.log(np.exp(Z - top).sum(axis=0)) - (Y * Z).sum(axis=0)
    return float(losses.sum() + (penalties * W**2).sum() / 2), _outputs(Z)


def _hessian(A: Floats, X: Floats, penalties: Floats) -> Callable[[Floats], Floats]:
    """The product of the Hessian with a direction of the shape of W."""

    def product(V: Floats) -> Floats:
        AV = A * (V @ X)
        own = AV * (1 - A) if len(A) == 1 else AV - A * AV.sum(axis=0)
        return np.asarray(own @ X.T + penalties * V)

    return product


def _conjugate_gradients(product: Callable[[Floats], Floats], target: Floats) -> Floats:
    """About the solution of product(V) = target, for a positive definite product."""
    V, residual = np.zeros_like(target), target
    direction, norm = residual, float((residual**2).sum())
    end = norm * 1e-6
    for _ in range(_SOLVER_STEPS):
        changed = product(direction)
        size = norm / float((direction * changed).sum())
        V, residual = V + size * direction, residual - size * changed
        before, norm = norm, float((residual**2).sum())
        if norm <= end:
            break
        direction = residual + norm / before * direction
    return V
