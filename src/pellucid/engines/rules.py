"""Update rules: from an `Optimizer`, a value, to the function of `pellucid.core` that it names."""

import math
from collections.abc import Mapping

from pellucid.core._arrays import Array
from pellucid.core.optimizers import (
    bias_correction,
    initialize_velocity,
    update_parameters_with_adam,
    update_parameters_with_adamw,
    update_parameters_with_heavy_ball,
    update_parameters_with_momentum,
    update_parameters_with_nesterov,
    update_parameters_with_rmsprop,
)
from pellucid.core.update import update_parameters
from pellucid.optimizer import Optimizer

Parameters = dict[str, Array]

# {"v": {"dW1": ..., ...}, "s": ...}.
Slots = Mapping[str, Mapping[str, Array]]

_WITH_VELOCITY = {
    "momentum": update_parameters_with_momentum,
    "heavy_ball": update_parameters_with_heavy_ball,
    "nesterov": update_parameters_with_nesterov,
}


def init_slots(optimizer: Optimizer, parameters: Parameters) -> Slots:
    """The slots before the first step: zeros."""
    return {name: initialize_velocity(parameters) for name in optimizer.slots}


def apply_update(
    optimizer: Optimizer,
    parameters: Parameters,
    grads: Parameters,
    slots: Slots,
    t: int,
    learning_rate: float,
) -> tuple[Parameters, Slots]:
    """The parameters and slots after update number t, counted from 1."""
    beta1, beta2, epsilon = optimizer.beta1, optimizer.beta2, optimizer.epsilon
    if optimizer.epsilon_hat:
        correction = bias_correction(beta2, t, parameters["W1"])
        # A traced one is an array.
        epsilon = epsilon / (math.sqrt(correction) if isinstance(correction, float) else correction**0.5)
    if optimizer.name in _WITH_VELOCITY:
        rule = _WITH_VELOCITY[optimizer.name]
        updated, v = rule(parameters, grads, slots["v"], beta1, learning_rate)
        return updated, {"v": v}
    if optimizer.name == "rmsprop":
        updated, s = update_parameters_with_rmsprop(
            parameters, grads, slots["s"], learning_rate, beta2, epsilon
        )
        return updated, {"s": s}
    if optimizer.name == "adam":
        updated, v, s, _, _ = update_parameters_with_adam(
            parameters, grads, slots["v"], slots["s"], t, learning_rate, beta1, beta2, epsilon
        )
        return updated, {"v": v, "s": s}
    if optimizer.name == "adamw":
        decay = optimizer.weight_decay
        updated, v, s, _, _ = update_parameters_with_adamw(
            parameters, grads, slots["v"], slots["s"], t, learning_rate, beta1, beta2, epsilon, decay
        )
        return updated, {"v": v, "s": s}
    return update_parameters(parameters, grads, learning_rate), {}
