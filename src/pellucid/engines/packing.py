"""All parameters in one vector, as compiled code and L-BFGS take them: W1, W2, ..., WL, b1, ..., bL.

Each W is stored column by column. That is scikit-learn's order too: its coefs_[l - 1] (n_prev, n) in C
order holds the same bytes as W{l} (n, n_prev) in Fortran order.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from pellucid.network import Network

Floats = np.ndarray[Any, Any]


def flat(network: Network, arrays: Mapping[str, Any], dtype: Any, *, prefix: str = "") -> Floats:
    """The arrays in one vector (count,), copied.

    Args:
        network: gives the names and shapes.
        arrays: `{"W1": (n_1, n_0), "b1": (n_1, 1), ...}`.
        dtype: of the result.
        prefix: of the names: "d" for gradients and slots, `{"dW1": ...}`.
    """
    parts = [np.asarray(arrays[prefix + name]).ravel(order="F") for name, _ in _in_order(network)]
    return np.concatenate(parts).astype(dtype, copy=False)


def named(network: Network, row: Floats, *, prefix: str = "") -> dict[str, Floats]:
    """Views into such a vector, `{"W1": (n_1, n_0), "b1": (n_1, 1), ...}`: the inverse of `flat`."""
    views, start = {}, 0
    for name, shape in _in_order(network):
        size = shape[0] * shape[1]
        views[name] = row[start : start + size].reshape(shape, order="F")
        start += size
    return {prefix + name: views[name] for name in network.parameter_shapes}


def _in_order(network: Network) -> Iterator[tuple[str, tuple[int, int]]]:
    shapes = network.parameter_shapes
    for letter in "Wb":
        for l in range(1, network.depth + 1):
            yield f"{letter}{l}", shapes[f"{letter}{l}"]
