"""Forward propagation of rows, dense or sparse, with whatever is fastest here."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from pellucid.core.model import L_model_forward
from pellucid.engines import predictor
from pellucid.estimators.trainee import MOST_DENSE, dense
from pellucid.network import Network

Floats = np.ndarray[Any, Any]


def outputs(network: Network, parameters: Mapping[str, Floats], X: Any) -> Floats:
    """The network's answers to rows.

    Args:
        network: what was trained.
        parameters: its parameters.
        X: (m, n_x), a NumPy array or a SciPy sparse matrix.

    Returns:
        (m, n_y), in the type of number of the parameters.
    """
    dtype = parameters["W1"].dtype
    compiled = predictor(network, parameters)
    answers = []
    for part in _slices(X):
        rows = dense(part).astype(dtype, copy=False)
        found = None if compiled is None else compiled(rows)
        # What is not finite, or without the compiled module, is told by the core functions.
        answers.append(last_layer(network, parameters, rows) if found is None else found)
    return answers[0] if len(answers) == 1 else np.concatenate(answers)


def last_layer(network: Network, parameters: Mapping[str, Floats], rows: Floats) -> Floats:
    """AL as rows (m, n_y), by the core functions."""
    with np.errstate(over="ignore", invalid="ignore"):
        AL, _ = L_model_forward(rows.T, parameters, **network.activations)
    return np.ascontiguousarray(AL.T)


def hidden_layers(network: Network, parameters: Mapping[str, Floats], X: Any) -> list[Floats]:
    """A1, ..., A(L-1) as rows, one array (m, n_l) for each hidden layer.

    Args:
        network: what was trained.
        parameters: its parameters.
        X: (m, n_x), a NumPy array or a SciPy sparse matrix.
    """
    dtype = parameters["W1"].dtype
    parts = []
    for rows in _slices(X):
        _, caches = L_model_forward(
            dense(rows).astype(dtype, copy=False).T, parameters, **network.activations
        )
        # Each layer's cache begins with the activations that came in.
        parts.append([A_prev.T for (A_prev, _, _), _ in caches[1:]])
    return [np.ascontiguousarray(np.concatenate(layer)) for layer in zip(*parts, strict=True)]


def _slices(X: Any) -> list[Any]:
    """All of a dense X; of a sparse one as many rows at a time as take little memory when dense."""
    if not hasattr(X, "toarray"):
        return [X]
    at_a_time = max(1, MOST_DENSE // max(1, X.shape[1] * 8))
    return [X[start : start + at_a_time] for start in range(0, X.shape[0], at_a_time)]
