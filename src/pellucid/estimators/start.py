"""An estimator's initial weights, and their two spellings: coefs_ and intercepts_, W1 and b1."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pellucid.core.initialization import initialize_parameters_deep
from pellucid.network import Network

Floats = np.ndarray[Any, Any]


def first_coefs(
    network: Network, init: str | float, stream: np.random.RandomState, dtype: Any, usual: str
) -> tuple[list[Floats], list[Floats]]:
    """The initial weights and biases, in scikit-learn's layout.

    Args:
        network: the network.
        init: "auto" draws as scikit-learn does (uniform within sqrt(6 / (n_prev + n)), Glorot and Bengio
            2010, or sqrt(2 / ...) for logistic units, biases too); else a scheme of
            `initialize_parameters_deep`.
        stream: the random numbers; it advances.
        dtype: of the result.
        usual: the activation for which the output layer is drawn, see `usual_activation`.

    Returns:
        `(coefs, intercepts)`: arrays (n_prev, n) and (n,).
    """
    if init != "auto":
        parameters = initialize_parameters_deep(network.layer_dims, scheme=init, rng=stream)
        return coefs_of({name: np.asarray(value, dtype) for name, value in parameters.items()})
    coefs, intercepts = [], []
    for l, name in enumerate((*network.hidden_activations, usual)):
        n_prev, n = network.layer_dims[l : l + 2]
        bound = math.sqrt((2.0 if name == "sigmoid" else 6.0) / (n_prev + n))
        coefs.append(stream.uniform(-bound, bound, (n_prev, n)).astype(dtype, copy=False))
        intercepts.append(stream.uniform(-bound, bound, n).astype(dtype, copy=False))
    return coefs, intercepts


def coefs_of(parameters: Mapping[str, Floats]) -> tuple[list[Floats], list[Floats]]:
    """`{"W1": (n_1, n_0), "b1": (n_1, 1), ...}` as `(coefs, intercepts)`; copied, each in C order."""
    depth = len(parameters) // 2
    coefs = [np.array(parameters[f"W{l}"].T, order="C") for l in range(1, depth + 1)]
    return coefs, [np.array(parameters[f"b{l}"]).ravel() for l in range(1, depth + 1)]


def parameters_of(coefs: Sequence[Any], intercepts: Sequence[Any], dtype: Any = None) -> dict[str, Floats]:
    """The inverse of `coefs_of`: views, unless the type of number has to change."""
    parameters: dict[str, Floats] = {}
    for l, (coef, intercept) in enumerate(zip(coefs, intercepts, strict=True), start=1):
        parameters[f"W{l}"] = np.asarray(coef, dtype).T
        parameters[f"b{l}"] = np.asarray(intercept, dtype).reshape(-1, 1)
    return parameters
