"""Steps with a memory: momentum and Adam. `update` holds the plain one.

A memory is a dictionary with the keys of the gradients, `{"dW1", "db1", ..., "dWL", "dbL"}`, each entry
of the shape of its parameter. Nothing is changed in place: every function returns new dictionaries.
"""

from collections.abc import Mapping

from pellucid.core._arrays import Array, check_same_shape, floating, namespace, plain_number
from pellucid.core.model import count_layers
from pellucid.core.update import update_parameters
from pellucid.errors import OptionError, ParametersError

Parameters = dict[str, Array]


def initialize_velocity(parameters: Mapping[str, Array]) -> Parameters:
    """Where momentum starts: zeros.

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
        ShapeError: a gradient or a velocity has not the shape of its parameter.
    """
    v = _mean("v", v, parameters, grads, beta, power=1)
    return update_parameters(parameters, v, learning_rate), v


def initialize_adam(parameters: Mapping[str, Array]) -> tuple[Parameters, Parameters]:
    """Where Adam starts: `(v, s)`, both zeros as of `initialize_velocity`.

    Args:
        parameters: `{"W1", "b1", ..., "WL", "bL"}`.

    Returns:
        v, the mean of the gradients, and s, the mean of their squares.

    Raises:
        ParametersError: the dictionary is not that of a network.
    """
    return initialize_velocity(parameters), initialize_velocity(parameters)


def update_parameters_with_adam(
    parameters: Mapping[str, Array],
    grads: Mapping[str, Array],
    v: Mapping[str, Array],
    s: Mapping[str, Array],
    t: int,
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
        t: which step this is, counted from 1.
        learning_rate: the length of the step.
        beta1: how much of v stays, in [0, 1).
        beta2: how much of s stays, in [0, 1).
        epsilon: added outside the square root.

    Returns:
        `(parameters, v, s, v_corrected, s_corrected)`, new ones.

    Raises:
        OptionError: t is below 1, where the correction would divide by zero.
        ParametersError: a key is missing.
        ShapeError: a gradient, v or s has not the shape of its parameter.
    """
    if t < 1:
        raise OptionError(f"t is {t!r}; expected the number of the step, counted from 1")
    v = _mean("v", v, parameters, grads, beta1, power=1)
    s = _mean("s", s, parameters, grads, beta2, power=2)
    v_corrected = {name: value / (1 - beta1**t) for name, value in v.items()}
    s_corrected = {name: value / (1 - beta2**t) for name, value in s.items()}
    directions = {}
    for name, value in v_corrected.items():
        xp = namespace(v=value)
        directions[name] = value / (xp.sqrt(s_corrected[name]) + plain_number(epsilon))
    updated = update_parameters(parameters, directions, learning_rate)
    return updated, v, s, v_corrected, s_corrected


def _mean(
    letter: str,
    memory: Mapping[str, Array],
    parameters: Mapping[str, Array],
    grads: Mapping[str, Array],
    beta: float,
    *,
    power: int,
) -> Parameters:
    """beta memory + (1 - beta) grad^power, for the gradient of every parameter."""
    count_layers(parameters)
    beta = plain_number(beta)
    followed = {}
    for name, value in parameters.items():
        key = f"d{name}"
        for words, found in (("grads", grads), (letter, memory)):
            if not isinstance(found, Mapping) or key not in found:
                raise ParametersError(
                    f"{words} has no {key}; expected an entry for each of {', '.join(parameters)}"
                )
            namespace(**{name: value, key: found[key]})
            check_same_shape(f"{words}[{key!r}]", found[key], name, value)
        gradient = grads[key] if power == 1 else grads[key] * grads[key]
        followed[key] = beta * memory[key] + (1 - beta) * gradient
    return followed
