"""One row of all parameters, as the compiled code takes them: W1, b1, W2, ..., each W column by column."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from pellucid.network import Network

Floats = np.ndarray[Any, Any]


def flat(network: Network, parameters: Mapping[str, Any], dtype: Any) -> Floats:
    """The parameters in one row of numbers (count,), copied.

    Args:
        network: whose parameters they are.
        parameters: `{"W1": (n_1, n_0), "b1": (n_1, 1), ...}`.
        dtype: of the numbers.
    """
    parts = [np.asarray(parameters[name]).ravel(order="F") for name in network.parameter_shapes]
    return np.concatenate(parts).astype(dtype, copy=False)


def named(network: Network, buffer: Floats) -> dict[str, Floats]:
    """Views into a flat buffer, `{"W1": (n_1, n_0), "b1": (n_1, 1), ...}`: the inverse of `flat`."""
    parameters, start = {}, 0
    for name, shape in network.parameter_shapes.items():
        size = shape[0] * shape[1]
        parameters[name] = buffer[start : start + size].reshape(shape, order="F")
        start += size
    return parameters
