"""Networks with parameters and data that belong to them: every activation, cost and penalty."""

from typing import Any, NamedTuple

import numpy as np

from pellucid.network import Network


class Problem(NamedTuple):
    """What is traced and checked, all float64."""

    parameters: dict[str, np.ndarray]
    X: np.ndarray
    Y: np.ndarray
    network: Network


def problem(network: Network, m: int = 20, seed: int = 0, gain: float = 1.0) -> Problem:
    """Random weights, biases that are not zero, and targets that the network's cost takes."""
    rng = np.random.default_rng(seed)
    parameters = {
        name: gain * rng.standard_normal(shape) / np.sqrt(shape[1])
        for name, shape in network.parameter_shapes.items()
    }
    X = rng.standard_normal((network.n_x, m))
    n_y = network.n_y
    targets: dict[str, Any] = {
        "sigmoid": rng.integers(0, 2, (n_y, m)),
        "softmax": np.eye(n_y)[:, rng.integers(0, n_y, m)],
        "identity": rng.standard_normal((n_y, m)),
        "exp": rng.poisson(2, (n_y, m)),
    }
    return Problem(parameters, X, targets[network.output_activation].astype(float), network)


# One of each: activations, costs, penalties, dropout, label smoothing, depth 1.
NETWORKS = {
    "course": Network((4, 5, 3, 1)),
    "logistic": Network((4, 1)),
    "classes": Network((4, 6, 5, 3), ("leaky_relu", "elu"), "softmax", label_smoothing=0.1),
    "smooth": Network((4, 6, 5, 2), ("gelu", "silu"), "sigmoid", label_smoothing=0.2),
    "saturating": Network((4, 6, 5, 1), ("tanh", "sigmoid"), l2=0.7),
    "squares": Network((4, 6, 2), "tanh", "identity", l1=0.3, l2=0.2),
    "sizes": Network((4, 6, 2), "tanh", "identity", "mean_absolute_error"),
    "huber": Network((4, 6, 2), "identity", "identity", "huber", huber_delta=0.5),
    "sigmoid squares": Network((4, 6, 2), "relu", "sigmoid", "mean_squared_error"),
    "counts": Network((4, 6, 1), "silu", "exp"),
    "dropout": Network((4, 9, 9, 1), dropout=(0.0, 0.4), input_dropout=0.3, l2=0.1),
}
