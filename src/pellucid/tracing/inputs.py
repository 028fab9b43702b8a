"""What is traced and checked: parameters, found to be those of a network, and arrays of one type."""

from collections.abc import Mapping

import numpy as np

from pellucid.core._arrays import (
    Array,
    beside,
    check_matrix,
    floating,
    namespace,
    without_history,
)
from pellucid.core.model import count_layers
from pellucid.errors import ShapeError
from pellucid.network import Network


def checked_network(network: Network | None, parameters: Mapping[str, Array]) -> Network:
    """The network of these parameters.

    Raises:
        ParametersError, ShapeError: they are not its parameters.
    """
    L = count_layers(parameters)
    namespace(**parameters)
    if network is None:
        for l in range(1, L + 1):
            check_matrix(f"W{l}", parameters[f"W{l}"], f"(n_{l}, n_{l - 1})")
        sizes = [parameters[f"W{l}"].shape[0] for l in range(1, L + 1)]
        network = Network((int(parameters["W1"].shape[1]), *map(int, sizes)))
    for name, shape in network.parameter_shapes.items():
        found = tuple(getattr(parameters.get(name), "shape", ()))
        if found != shape:
            raise ShapeError(
                f"{name} has shape {found}; expected {shape} for layer_dims {list(network.layer_dims)}"
            )
    if len(parameters) != 2 * network.depth:
        raise ShapeError(
            f"the parameters have {L} layers and the network {network.depth}; expected those of the network"
        )
    return network


def in_one_type(
    parameters: Mapping[str, Array], X: Array, Y: Array, weights: Array | None
) -> tuple[Array, Array, Array | None, dict[str, Array]]:
    """All numbers in the wider of the types that X and the parameters have, as core multiplies them."""
    xp = namespace(X=X, Y=Y)
    X = floating(xp, without_history(X), like=parameters["W1"])
    start = {
        name: without_history(beside(value, X) if isinstance(value, np.ndarray) else value)
        for name, value in parameters.items()
    }
    dtype = xp.result_type(X, *(floating(xp, value, like=X) for value in start.values()))

    def converted(array: Array) -> Array:
        return xp.astype(array, dtype, copy=False)

    weights = None if weights is None else converted(without_history(weights))
    start = {name: converted(value) for name, value in start.items()}
    return converted(X), converted(without_history(Y)), weights, start
