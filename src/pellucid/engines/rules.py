"""One update of the parameters, by the function of `pellucid.core` that an `Optimizer` names."""

import math
from collections.abc import Mapping
from typing import Any

from pellucid.core._arrays import Array
from pellucid.core.optimizers import bias_correction, initialize_velocity
from pellucid.optimizer import OPTIMIZERS, Optimizer

Parameters = dict[str, Array]

# {"v": {"dW1": ..., ...}, "s": ...}.
Slots = Mapping[str, Mapping[str, Array]]


def init_slots(optimizer: Optimizer, parameters: Parameters) -> Slots:
    """The optimizer's slots before the first step: zeros."""
    return {name: initialize_velocity(parameters) for name in optimizer.slots}


def apply_update(
    optimizer: Optimizer,
    parameters: Parameters,
    grads: Parameters,
    slots: Slots,
    t: Any,
    learning_rate: Any,
) -> tuple[Parameters, Slots]:
    """The parameters and slots after update number t, counted from 1."""
    rule = OPTIMIZERS[optimizer.name]
    keywords: dict[str, Any] = {
        "beta" if name == rule.beta else name: getattr(optimizer, name) for name in rule.numbers
    }
    if rule.bias_corrected:
        keywords["t"] = t
    if optimizer.epsilon_hat:
        correction = bias_correction(optimizer.beta2, t, parameters["W1"])
        # Under jit the correction is an array.
        root = math.sqrt(correction) if isinstance(correction, float) else correction**0.5
        keywords["epsilon"] = optimizer.epsilon / root
    before = (slots[name] for name in rule.slots)
    result = rule.function(parameters, grads, *before, learning_rate=learning_rate, **keywords)
    if not rule.slots:
        return result, {}
    updated, *after = result
    return updated, dict(zip(rule.slots, after, strict=False))
