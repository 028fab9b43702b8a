"""Optimizers with state: momentum in three forms, RMSprop, Adam and AdamW. `update` has gradient descent.

The state is one or two dictionaries with the keys of the gradients, `{"dW1", "db1", ..., "dWL", "dbL"}`;
each entry has the shape of its parameter. No function changes its arguments: all return new dictionaries.

Under `jax.jit` and `lax.scan` the numbers of a step (t, the learning rate, beta, ...) may be traced.
"""

import math
from collections.abc import Mapping
from typing import Any

from pellucid.core._arrays import (
    Array,
    floating,
    namespace,
    number_for,
    plain_number,
)
from pellucid.core._shapes import check_same_shape
from pellucid.core.model import count_layers
from pellucid.core.update import update_parameters
from pellucid.errors import OptionError, ParametersError

Parameters = dict[str, Array]


def initialize_velocity(parameters: Mapping[str, Array]) -> Parameters:
    """The initial state of momentum: zeros.

    Args:
        parameters: `{"W1", "b1", ..., "WL", "bL"}`.

    Returns:
        `{"dW1", "db1", ...}`, each of the shape of its parameter.

    Raises:
        ParametersError: the dictionary is not that of a network.
    """
    count_layers(parameters)
    xp = namespace(**parameters)
    return {f"d{name}": xp.zeros_like(floating(xp, value)) for name, value in parameters.items()}


def update_parameters_with_momentum(
    parameters: Mapping[str, Array],
    grads: Mapping[str, Array],
    v: Mapping[str, Array],
    beta: float,
    learning_rate: float,
) -> tuple[Parameters, Parameters]:
    """v = beta v + (1 - beta) grad, then W - learning_rate v, for every parameter.

    Args:
        parameters: `{"W1", "b1", ..., "WL", "bL"}`; not changed.
        grads: `{"dW1", "db1", ...}`; other keys are ignored.
        v: the velocity, as `initialize_velocity` or the step before returned it; not changed.
        beta: how much of the velocity stays, in [0, 1]; 0 is gradient descent.
        learning_rate: the length of the step.

    Returns:
        `(parameters, v)`, new ones.

    Raises:
        ParametersError: a key is missing.
        ShapeError: a gradient or a velocity does not have the shape of its parameter.
    """
    keys = _keys(parameters, grads=grads, v=v)
    beta = number_for(v[keys[0]], beta)
    v = {key: beta * v[key] + (1 - beta) * grads[key] for key in keys}
    return update_parameters(parameters, v, learning_rate), v


def update_parameters_with_heavy_ball(
    parameters: Mapping[str, Array],
    grads: Mapping[str, Array],
    v: Mapping[str, Array],
    beta: float,
    learning_rate: float,
) -> tuple[Parameters, Parameters]:
    """v = beta v - learning_rate grad, then W + v (Polyak, 1964): like a heavy ball that keeps rolling.

    Args:
        parameters: `{"W1", "b1", ..., "WL", "bL"}`; not changed.
        grads: `{"dW1", "db1", ...}`; other keys are ignored.
        v: the last step, as `initialize_velocity` or the step before returned it; not changed.
        beta: the share of the last step that is repeated, in [0, 1); 0 is gradient descent.
        learning_rate: the length of the step.

    Returns:
        `(parameters, v)`, new ones.

    Raises:
        ParametersError: a key is missing.
        ShapeError: a gradient or a velocity does not have the shape of its parameter.
    """
    keys = _keys(parameters, grads=grads, v=v)
    beta, rate = (number_for(v[keys[0]], number) for number in (beta, learning_rate))
    v = {key: beta * v[key] - rate * grads[key] for key in keys}
    return {name: value + v[f"d{name}"] for name, value in parameters.items()}, v


def update_parameters_with_nesterov(
    parameters: Mapping[str, Array],
    grads: Mapping[str, Array],
    v: Mapping[str, Array],
    beta: float,
    learning_rate: float,
) -> tuple[Parameters, Parameters]:
    """v = beta v - learning_rate grad, then W + beta v - learning_rate grad (Nesterov, 1983).

    The heavy ball with the gradient taken ahead: the returned W is already moved by beta v, and the next
    gradient is computed there.

    Args:
        parameters: `{"W1", "b1", ..., "WL", "bL"}`; not changed.
        grads: `{"dW1", "db1", ...}`; other keys are ignored.
        v: the velocity, as `initialize_velocity` or the step before returned it; not changed.
        beta: how much of the velocity stays, in [0, 1); 0 is gradient descent.
        learning_rate: the length of the step.

    Returns:
        `(parameters, v)`, new ones.

    Raises:
        ParametersError: a key is missing.
        ShapeError: a gradient or a velocity does not have the shape of its parameter.
    """
    keys = _keys(parameters, grads=grads, v=v)
    beta, rate = (number_for(v[keys[0]], number) for number in (beta, learning_rate))
    v = {key: beta * v[key] - rate * grads[key] for key in keys}
    updated = {
        name: value + beta * v[f"d{name}"] - rate * grads[f"d{name}"] for name, value in parameters.items()
    }
    return updated, v


def update_parameters_with_rmsprop(
    parameters: Mapping[str, Array],
    grads: Mapping[str, Array],
    s: Mapping[str, Array],
    learning_rate: float = 0.001,
    beta: float = 0.9,
    epsilon: float = 1e-8,
) -> tuple[Parameters, Parameters]:
    """s = beta s + (1 - beta) grad^2, then W - learning_rate grad / (sqrt(s) + epsilon).

    Args:
        parameters: `{"W1", "b1", ..., "WL", "bL"}`; not changed.
        grads: `{"dW1", "db1", ...}`; other keys are ignored.
        s: mean of the squared gradients, as `initialize_velocity` or the step before returned it; not
            changed.
        learning_rate: the length of the step.
        beta: how much of s stays, in [0, 1).
        epsilon: added outside the square root.

    Returns:
        `(parameters, s)`, new ones.

    Raises:
        ParametersError: a key is missing.
        ShapeError: a gradient or s does not have the shape of its parameter.
    """
    keys = _keys(parameters, grads=grads, s=s)
    beta = number_for(s[keys[0]], beta)
    s = {key: beta * s[key] + (1 - beta) * (grads[key] * grads[key]) for key in keys}
    directions = _divided_by_root({key: grads[key] for key in keys}, s, epsilon)
    return update_parameters(parameters, directions, learning_rate), s


def initialize_adam(parameters: Mapping[str, Array]) -> tuple[Parameters, Parameters]:
    """The initial state of Adam: `(v, s)`, both zeros as of `initialize_velocity`.

    Args:
        parameters: `{"W1", "b1", ..., "WL", "bL"}`.

    Returns:
        v, the mean of the gradients, and s, the mean of their squares.

    Raises:
        ParametersError: the dictionary is not that of a network.
    """
    return initialize_velocity(parameters), initialize_velocity(parameters)


def bias_correction(beta: Any, t: Any, like: Array) -> Any:
    """1 - beta^t: the sum of the weights in a running mean that started at 0, after t steps.

    Args:
        beta: how much of the mean stays in a step, in [0, 1).
        t: the number of the step, counted from 1: a number, or a 0-d array, which may be traced.
        like: an array of the mean; the result has its type if t is an array.

    Returns:
        A number if t is one, else a 0-d array.

    Raises:
        OptionError: t is a number below 1, for which the correction would divide by zero.
    """
    t = plain_number(t)
    if isinstance(t, (int, float)):
        if t < 1:
            raise OptionError(f"t is {t!r}; expected the number of the step, counted from 1")
        return 1 - beta**t
    t = number_for(like, t)
    if not isinstance(beta, (int, float)):
        return 1 - beta**t
    # The same to more digits: in float32 only the first four digits of 1 - 0.999^t would be right.
    return -namespace(t=t).expm1(t * (math.log(beta) if beta > 0 else -math.inf))


def update_parameters_with_adam(
    parameters: Mapping[str, Array],
    grads: Mapping[str, Array],
    v: Mapping[str, Array],
    s: Mapping[str, Array],
    t: Any,
    learning_rate: float = 0.01,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[Parameters, Parameters, Parameters, Parameters, Parameters]:
    """Adam (Kingma and Ba, 2015): W - learning_rate v_c / (sqrt(s_c) + epsilon).

    v = beta1 v + (1 - beta1) grad and s = beta2 s + (1 - beta2) grad^2, corrected for their start at
    zero: v_c = v / (1 - beta1^t), s_c = s / (1 - beta2^t).

    Args:
        parameters: `{"W1", "b1", ..., "WL", "bL"}`; not changed.
        grads: `{"dW1", "db1", ...}`; other keys are ignored.
        v: mean of the gradients, as `initialize_adam` or the step before returned it; not changed.
        s: mean of their squares, likewise.
        t: the number of the step, counted from 1: a number, or a 0-d array.
        learning_rate: the length of the step.
        beta1: how much of v stays, in [0, 1).
        beta2: how much of s stays, in [0, 1).
        epsilon: added outside the square root.

    Returns:
        `(parameters, v, s, v_corrected, s_corrected)`, new ones.

    Raises:
        OptionError: t is below 1, for which the correction would divide by zero.
        ParametersError: a key is missing.
        ShapeError: a gradient, v or s does not have the shape of its parameter.
    """
    keys = _keys(parameters, grads=grads, v=v, s=s)
    beta1, beta2 = (number_for(v[keys[0]], beta) for beta in (beta1, beta2))
    correction1, correction2 = (bias_correction(beta, t, v[keys[0]]) for beta in (beta1, beta2))
    v = {key: beta1 * v[key] + (1 - beta1) * grads[key] for key in keys}
    s = {key: beta2 * s[key] + (1 - beta2) * (grads[key] * grads[key]) for key in keys}
    v_corrected = {name: value / correction1 for name, value in v.items()}
    s_corrected = {name: value / correction2 for name, value in s.items()}
    directions = _divided_by_root(v_corrected, s_corrected, epsilon)
    updated = update_parameters(parameters, directions, learning_rate)
    return updated, v, s, v_corrected, s_corrected


def update_parameters_with_adamw(
    parameters: Mapping[str, Array],
    grads: Mapping[str, Array],
    v: Mapping[str, Array],
    s: Mapping[str, Array],
    t: Any,
    learning_rate: float = 0.01,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    weight_decay: float = 0.01,
) -> tuple[Parameters, Parameters, Parameters, Parameters, Parameters]:
    """AdamW (Loshchilov and Hutter, 2019): Adam's step, then W - learning_rate * weight_decay * W.

    The decay is computed from W before the step, and does not enter v and s, as an L2 penalty would. Biases
    do not decay.

    Args:
        parameters: `{"W1", "b1", ..., "WL", "bL"}`; not changed.
        grads: `{"dW1", "db1", ...}`; other keys are ignored.
        v: as in `update_parameters_with_adam`.
        s: as in `update_parameters_with_adam`.
        t: the number of the step, counted from 1: a number, or a 0-d array.
        learning_rate: the length of the step.
        beta1: how much of v stays, in [0, 1).
        beta2: how much of s stays, in [0, 1).
        epsilon: added outside the square root.
        weight_decay: the share of W that a step with a learning rate of 1 removes.

    Returns:
        `(parameters, v, s, v_corrected, s_corrected)`, new ones.

    Raises:
        OptionError: t is below 1.
        ParametersError: a key is missing.
        ShapeError: a gradient, v or s does not have the shape of its parameter.
    """
    updated, *state = update_parameters_with_adam(
        parameters, grads, v, s, t, learning_rate, beta1, beta2, epsilon
    )
    W1 = parameters["W1"]
    decay = number_for(W1, learning_rate) * number_for(W1, weight_decay)
    for l in range(1, count_layers(parameters) + 1):
        updated[f"W{l}"] = updated[f"W{l}"] - decay * parameters[f"W{l}"]
    v, s, v_corrected, s_corrected = state
    return updated, v, s, v_corrected, s_corrected


def _divided_by_root(
    directions: Mapping[str, Array], squares: Mapping[str, Array], epsilon: float
) -> Parameters:
    xp, epsilon = namespace(**directions), number_for(next(iter(squares.values())), epsilon)
    return {name: direction / (xp.sqrt(squares[name]) + epsilon) for name, direction in directions.items()}


def _keys(parameters: Mapping[str, Array], **entries: Mapping[str, Array]) -> list[str]:
    """The keys dW1, db1, ... of the gradients and the state, after a check that every entry fits."""
    count_layers(parameters)
    for letter, dictionary in entries.items():
        arrays = dictionary if isinstance(dictionary, Mapping) else {}
        for name, value in parameters.items():
            key = f"d{name}"
            if key not in arrays:
                raise ParametersError(
                    f"{letter} has no {key}; expected an entry for each of {', '.join(parameters)}"
                )
            namespace(**{name: value, key: arrays[key]})
            check_same_shape(f"{letter}[{key!r}]", arrays[key], name, value)
    return [f"d{name}" for name in parameters]
