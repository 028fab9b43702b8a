"""What goes wrong in the update."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from pellucid.check.causes.mistakes import Array, Mistakes, Table, at_places

FIXED_RATES = (0.1, 0.01, 0.001, 0.0075, 0.05, 0.005, 0.5, 1.2, 0.075)
_RATES: Table = {
    "learning-rate-missing": lambda rate: 1.0,
    "learning-rate-divides": lambda rate: 1 / rate,
    "learning-rate-squared": lambda rate: rate * rate,
    "updated-twice": lambda rate: 2 * rate,
    **{f"learning-rate-fixed~{fixed}": lambda _, fixed=fixed: fixed for fixed in FIXED_RATES},
}
_DIRECTIONS: Table = {
    "gradient-multiplied-by-w": lambda w, g: g * w,
    "gradient-missing": lambda w, g: np.ones_like(g),
    "gradient-missing~w": lambda w, g: w,
    "gradient-squared": lambda w, g: g * g,
    "gradient-sign-only": lambda w, g: np.sign(g),
}
_STEPS: Table = {
    "update-replaces": lambda w, step, rate, g: step,
    "update-replaces~minus": lambda w, step, rate, g: -step,
    "update-reversed": lambda w, step, rate, g: step - w,
    "grads-returned": lambda w, step, rate, g: g,
    "update-missing": lambda w, step, rate, g: w,
    "update-rate-on-w": lambda w, step, rate, g: rate * w - g,
    "update-rate-on-w~both": lambda w, step, rate, g: rate * (w - g),
    "update-multiplies": lambda w, step, rate, g: w * step,
    "update-wrong-sign": lambda w, step, rate, g: w + step,
}
_WHICH = (
    "same-gradient",
    "same-gradient~last",
    "gradient-index-shifted~up",
    "gradient-index-shifted~down",
    "gradient-index-shifted~crossed",
    "gradient-index-shifted~first",
)
_OWN = (
    "biases-forgotten",
    "weights-forgotten",
    "loop-one-short",
    "loop-one-short~missing",
    "first-layer-forgotten",
    "weights-and-biases-crossed~b",
    "weights-and-biases-crossed~w",
    "weights-and-biases-crossed~gradient",
    "biases-dropped",
    "grads-returned~all",
)
UPDATE_PARAMETERS = (*_OWN, *at_places((*_WHICH, *_RATES, *_DIRECTIONS, *_STEPS), ("W", "b")))


def _gradient(on: Mistakes, grads: Mapping[str, Array], letter: str, l: int, L: int) -> Array:
    if on("same-gradient"):
        l = 1
    elif on("same-gradient~last"):
        l = L
    elif on("gradient-index-shifted~crossed"):
        l = L + 1 - l
    elif on("gradient-index-shifted~first"):
        l += l == 1
    l += on("gradient-index-shifted~up") - on("gradient-index-shifted~down")
    if letter == "b" and on("weights-and-biases-crossed~gradient"):
        letter = "W"
    return grads[f"d{letter}{l}"]


def _stepped(on: Mistakes, w: Array, g: Array, rate: float) -> Array:
    length = on.choose(_RATES, lambda rate: rate, rate)
    step = length * on.choose(_DIRECTIONS, lambda w, g: g, w, g)
    return on.choose(_STEPS, lambda w, step, rate, g: w - step, w, step, rate, g)


def update_parameters(
    on: Mistakes, parameters: Mapping[str, Array], grads: Mapping[str, Array], learning_rate: float
) -> Any:
    """W - learning_rate dW, b - learning_rate db.

    Args:
        on: the mistakes.
        parameters: of the network.
        grads: dW1, db1, ...
        learning_rate: the length of the step.
    """
    if on("grads-returned~all"):
        return dict(grads)
    L = len(parameters) // 2
    updated = {name: np.asarray(value) for name, value in parameters.items()}
    layers = range(2 if on("first-layer-forgotten") else 1, L if on("loop-one-short") else L + 1)
    for l in layers:
        for letter in "Wb":
            if on("biases-forgotten" if letter == "b" else "weights-forgotten"):
                continue
            source = letter
            if on(f"weights-and-biases-crossed~{letter.lower()}"):
                source = "W" if letter == "b" else "b"
            gradient = _gradient(on.at(letter), grads, letter, l, L)
            updated[f"{letter}{l}"] = _stepped(
                on.at(letter), updated[f"{source}{l}"], gradient, learning_rate
            )
    if on("biases-dropped"):
        return {name: value for name, value in updated.items() if name[0] == "W"}
    if on("loop-one-short~missing"):
        return {name: value for name, value in updated.items() if name[1:] != str(L)}
    return updated
