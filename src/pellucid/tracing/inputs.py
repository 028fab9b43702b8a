"""The arguments of a trace and a gradient check: checks of parameters, and arrays of one type."""

from collections.abc import Mapping

import numpy as np

from pellucid.core._arrays import (
    Array,
    beside,
    floating,
    namespace,
    without_history,
)
from pellucid.core._shapes import check_matrix
from pellucid.core.model import count_layers
from pellucid.engines import TrainingState
from pellucid.errors import OptionError
from pellucid.network import Network
from pellucid.optimizer import Optimizer


def checked_network(network: Network | None, parameters: Mapping[str, Array]) -> Network:
    """The network of these parameters; None stands for the course's, with sizes from the parameters.

    Raises:
        ParametersError, ShapeError: the parameters are not those of the network.
    """
    L = count_layers(parameters)
    namespace(**parameters)
    if network is None:
        for l in range(1, L + 1):
            check_matrix(f"W{l}", parameters[f"W{l}"], f"(n_{l}, n_{l - 1})")
        sizes = [parameters[f"W{l}"].shape[0] for l in range(1, L + 1)]
        network = Network((int(parameters["W1"].shape[1]), *map(int, sizes)))
    network.check_parameters(parameters)
    return network


def as_state(start: Mapping[str, Array] | TrainingState, optimizer: Optimizer) -> TrainingState:
    """The state before the step: `start` itself, or for parameters the state before the first step.

    Raises:
        OptionError: the state holds the slots of another optimizer.
    """
    if not isinstance(start, TrainingState):
        return TrainingState(start)
    if start.slots and set(start.slots) != set(optimizer.slots):
        raise OptionError(
            f"the state holds the slots {', '.join(start.slots)} and {optimizer.name} has "
            f"{', '.join(optimizer.slots) or 'none'}; expected the optimizer of the state's training"
        )
    return start


def in_one_type(
    state: TrainingState, X: Array, Y: Array, weights: Array | None
) -> tuple[Array, Array, Array | None, TrainingState]:
    """All arrays in one type: the wider one of X and the parameters, in which core multiplies them."""
    xp = namespace(X=X, Y=Y)
    X = floating(xp, without_history(X), like=state.parameters["W1"])

    def in_library(array: Array) -> Array:
        return without_history(beside(array, X) if isinstance(array, np.ndarray) else array)

    parameters = {name: in_library(value) for name, value in state.parameters.items()}
    dtype = xp.result_type(X, *(floating(xp, value, like=X) for value in parameters.values()))

    def converted(array: Array) -> Array:
        return xp.astype(in_library(array), dtype, copy=False)

    slots = {
        slot: {name: converted(value) for name, value in entries.items()}
        for slot, entries in state.slots.items()
    }
    parameters = {name: converted(value) for name, value in parameters.items()}
    weights = None if weights is None else converted(weights)
    return converted(X), converted(Y), weights, state._replace(parameters=parameters, slots=slots)
