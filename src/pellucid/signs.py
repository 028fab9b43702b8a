"""Signs of a network's health, measured on plain arrays: what `training` and `tracing` both look at."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from pellucid.core.activations import activation_named
from pellucid.network import Network

Floats = np.ndarray[Any, Any]

# Inputs: the root mean square of a row of X, which is 1 after standardization.
INPUT_TOO_LARGE, INPUT_TOO_SMALL = 10.0, 1e-2
# A layer is dead, or saturated, if more than this share of it is.
DEAD_SEVERE, SATURATED_SEVERE = 0.95, 0.9
# Saturation: where the slope is below 1 % of the steepest, learning all but stops.
FLAT_SLOPE = 0.01


def root_mean_square(values: Floats) -> float:
    """Of all numbers; without overflow of their squares."""
    largest = float(np.abs(values).max(initial=0.0))
    if largest in (0.0, float("inf")):
        return largest
    return largest * float(np.sqrt(np.mean((values / largest) ** 2)))


def input_sizes(X: Floats) -> Floats:
    """The root mean square of each row of X (n_x, m), (n_x,)."""
    return np.array([root_mean_square(row) for row in X])


def units_alike(parameters: Mapping[str, Floats], l: int) -> int:
    """How many units of layer l have the same weights and bias as another one."""
    W, b = parameters[f"W{l}"], parameters[f"b{l}"]
    _, counts = np.unique(np.hstack([W, b]), axis=0, return_counts=True)
    return int(counts[counts > 1].sum())


def dead_units(activation: str, A: Floats) -> Floats:
    """Which units of a layer lie at the lower bound of their activation for every example, (n,).

    Args:
        activation: its name, such as relu; those with two bounds saturate instead, see `flat_share`.
        A: (n, m).
    """
    found = activation_named(activation)
    if found.saturates:
        return np.zeros(len(A), bool)
    return np.asarray((A == found.bounds[0]).all(axis=1))


def flat_share(activation: str, A: Floats) -> float:
    """The share of A (n, m) so close to a bound of the activation that the slope is all but 0.

    0 for activations that do not lie between two bounds, as sigmoid and tanh do.
    """
    found = activation_named(activation)
    if not found.saturates:
        return 0.0
    low, high = found.bounds
    share = (A - low) / (high - low)
    return float((4 * share * (1 - share) < FLAT_SLOPE).mean())


def constant_cost(network: Network, Y: Floats, weights: Floats | None = None) -> float:
    """The cost of the best answer that is the same for every example.

    Args:
        network: its output and cost.
        Y: targets, (n_y, m).
        weights: how much each example counts, (1, m); None: all the same.
    """
    if weights is None:
        # Every training pays for this: the ufunc alone, without NumPy's Python around it.
        mean = np.add.reduce(Y, axis=1) / Y.shape[1]
    else:
        mean = np.average(Y, axis=1, weights=weights[0])
    if network.cost == "categorical_cross_entropy":
        return sum(_entropy(p) for p in mean.tolist())
    if network.cost == "binary_cross_entropy":
        return sum(_entropy(p) + _entropy(1 - p) for p in mean.tolist())
    answers = [mean[:, None]]
    if network.cost in ("mean_absolute_error", "huber"):
        answers.append(np.median(Y, axis=1, keepdims=True))
    return min(cost_of_answers(network, answer, Y, weights) for answer in answers)


def _entropy(p: float) -> float:
    return -p * math.log(p) if p > 0 else 0.0


def cost_of_answers(network: Network, AL: Floats, Y: Floats, weights: Floats | None = None) -> float:
    """The cost of the outputs AL (n_y, m) or (n_y, 1) for the targets Y (n_y, m)."""
    inverse = activation_named(network.output_activation).inverse
    if inverse is None:
        return math.inf
    ZL = inverse(AL)
    if ZL.shape != Y.shape:
        ZL = np.broadcast_to(ZL, Y.shape)
    with np.errstate(all="ignore"):
        return network.answers_cost(ZL, Y, weights)
