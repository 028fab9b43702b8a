"""Mistakes in the updates with momentum and Adam, and in the learning rate's decay."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from pellucid.check.causes.mistakes import Array, Mistakes, Table

_MEANS: Table = {
    "mean-not-weighted": lambda mean, new, beta: beta * mean + new,
    "mean-betas-swapped": lambda mean, new, beta: (1 - beta) * mean + beta * new,
    "mean-forgets": lambda mean, new, beta: (1 - beta) * new,
    "mean-subtracts": lambda mean, new, beta: beta * mean - (1 - beta) * new,
}
_STEPS = ("update-wrong-sign", "learning-rate-missing", "biases-forgotten", "loop-one-short")
MOMENTUM = (*_MEANS, "mean-not-used", *_STEPS)


def _stepped(
    on: Mistakes, parameters: Mapping[str, Array], directions: Mapping[str, Array], rate: float
) -> dict[str, Array]:
    L = len(parameters) // 2
    sign = 1 if on("update-wrong-sign") else -1
    length = 1.0 if on("learning-rate-missing") else rate
    updated = dict(parameters)
    for key in parameters:
        skipped = (key[0] == "b" and on("biases-forgotten")) or (key[1:] == str(L) and on("loop-one-short"))
        if not skipped:
            updated[key] = parameters[key] + sign * length * directions[f"d{key}"]
    return updated


def _mean(on: Mistakes, mean: Array, new: Array, beta: float) -> Any:
    return on.choose(_MEANS, lambda mean, new, beta: beta * mean + (1 - beta) * new, mean, new, beta)


def update_parameters_with_momentum(
    on: Mistakes,
    parameters: Mapping[str, Array],
    grads: Mapping[str, Array],
    v: Mapping[str, Array],
    beta: float,
    learning_rate: float,
) -> Any:
    """W - learning_rate v with v = beta v + (1 - beta) dW.

    Args:
        on: the mistakes.
        parameters: of the network.
        grads: dW1, db1, ...
        v: the mean of the gradients.
        beta: how much of it stays.
        learning_rate: the length of the step.
    """
    v = {key: _mean(on, v[key], grads[key], beta) for key in v}
    directions = grads if on("mean-not-used") else v
    return _stepped(on, parameters, directions, learning_rate), v


_CORRECTIONS: Table = {
    "adam-correction-missing": lambda beta, t: 1.0,
    "adam-correction-without-t": lambda beta, t: 1 - beta,
    "adam-correction-times-t": lambda beta, t: 1 - beta * t,
}
_DIRECTIONS: Table = {
    "adam-root-missing": lambda v, s, g, epsilon: v / (s + epsilon),
    "adam-gradient-not-mean": lambda v, s, g, epsilon: g / (np.sqrt(s) + epsilon),
    "adam-not-divided": lambda v, s, g, epsilon: v,
}
ADAM = (
    *(f"{switch}@v" for switch in _MEANS),
    *(f"{switch}@s" for switch in _MEANS),
    *_CORRECTIONS,
    *(f"{switch}@{mean}" for mean in "vs" for switch in _CORRECTIONS),
    *_DIRECTIONS,
    *("adam-square-missing", "adam-one-beta"),
    *_STEPS,
)


def update_parameters_with_adam(
    on: Mistakes,
    parameters: Mapping[str, Array],
    grads: Mapping[str, Array],
    v: Mapping[str, Array],
    s: Mapping[str, Array],
    t: int,
    learning_rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> Any:
    """Adam.

    Args:
        on: the mistakes.
        parameters: of the network.
        grads: dW1, db1, ...
        v: the mean of the gradients.
        s: the mean of their squares.
        t: the number of the step.
        learning_rate: its length.
        beta1: how much of v stays.
        beta2: how much of s stays.
        epsilon: added to the root.
    """
    if on("adam-one-beta"):
        beta2 = beta1
    v = {key: _mean(on.at("v"), v[key], grads[key], beta1) for key in v}
    squares = {key: grads[key] if on("adam-square-missing") else np.square(grads[key]) for key in s}
    s = {key: _mean(on.at("s"), s[key], squares[key], beta2) for key in s}
    first, second = (
        on.at(mean).choose(_CORRECTIONS, lambda beta, t: 1 - beta**t, beta, t)
        for mean, beta in (("v", beta1), ("s", beta2))
    )
    directions = {
        key: on.choose(
            _DIRECTIONS,
            lambda v, s, g, epsilon: v / (np.sqrt(s) + epsilon),
            v[key] / first,
            s[key] / second,
            grads[key],
            epsilon,
        )
        for key in v
    }
    return _stepped(on, parameters, directions, learning_rate), v, s


_RATES: Table = {
    "decay-multiplies": lambda rate, decay, epoch: rate * (1 + decay * epoch),
    "decay-exponential": lambda rate, decay, epoch: rate * decay**epoch,
    "decay-rate-missing": lambda rate, decay, epoch: rate / (1 + epoch),
    "decay-one-missing": lambda rate, decay, epoch: rate / np.float64(decay * epoch),
}
UPDATE_LR = tuple(_RATES)
SCHEDULE_LR_DECAY = (*_RATES, "decay-not-in-steps", "decay-interval-missing")


def update_lr(on: Mistakes, learning_rate0: float, epoch_num: int, decay_rate: float) -> Any:
    """learning_rate0 / (1 + decay_rate epoch_num).

    Args:
        on: the mistakes.
        learning_rate0: of the first epoch.
        epoch_num: the number of the epoch.
        decay_rate: how fast it falls.
    """
    right = lambda rate, decay, epoch: rate / (1 + decay * epoch)  # noqa: E731
    return on.choose(_RATES, right, learning_rate0, decay_rate, epoch_num)


def schedule_lr_decay(
    on: Mistakes, learning_rate0: float, epoch_num: int, decay_rate: float, time_interval: int
) -> Any:
    """The same, once in every interval.

    Args:
        on: the mistakes.
        learning_rate0: of the first epoch.
        epoch_num: the number of the epoch.
        decay_rate: how fast it falls.
        time_interval: epochs between two changes.
    """
    intervals = epoch_num / time_interval
    if on("decay-interval-missing"):
        intervals = epoch_num
    elif not on("decay-not-in-steps"):
        intervals = np.floor(intervals)
    return update_lr(on, learning_rate0, intervals, decay_rate)  # type: ignore[arg-type]
