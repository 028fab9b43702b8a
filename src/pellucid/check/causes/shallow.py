"""What goes wrong in the network with one hidden layer."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from pellucid.check.causes.activations import logistic
from pellucid.check.causes.gradients import OF_INPUTS, OF_WEIGHTS, of_inputs, of_weights
from pellucid.check.causes.linear import LINEAR_PART, linear_part
from pellucid.check.causes.mistakes import Array, Mistakes, Table, at_places
from pellucid.check.causes.model import labels

_HIDDEN: Table = {
    "hidden-sigmoid": logistic,
    "hidden-relu": lambda Z: np.maximum(0, Z),
    "hidden-linear": lambda Z: Z,
}
_LAST: Table = {
    "last-layer-tanh": np.tanh,
    "last-layer-relu": lambda Z: np.maximum(0, Z),
    "last-layer-missing": lambda Z: Z,
}
_CACHES: Table = {
    "cache-holds-a": lambda Z1, A1, Z2, A2: {"Z1": A1, "A1": A1, "Z2": A2, "A2": A2},
    "cache-holds-z": lambda Z1, A1, Z2, A2: {"Z1": Z1, "A1": Z1, "Z2": Z2, "A2": Z2},
    "cache-holds-z~1": lambda Z1, A1, Z2, A2: {"Z1": Z1, "A1": Z1, "Z2": Z2, "A2": A2},
    "cache-holds-z~2": lambda Z1, A1, Z2, A2: {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": Z2},
    "cache-holds-a~1": lambda Z1, A1, Z2, A2: {"Z1": A1, "A1": A1, "Z2": Z2, "A2": A2},
    "cache-holds-a~2": lambda Z1, A1, Z2, A2: {"Z1": Z1, "A1": A1, "Z2": A2, "A2": A2},
    "cache-order": lambda Z1, A1, Z2, A2: {"Z1": A1, "A1": Z1, "Z2": A2, "A2": Z2},
    "cache-keys-missing~z": lambda Z1, A1, Z2, A2: {"A1": A1, "A2": A2},
    "cache-keys-missing~1": lambda Z1, A1, Z2, A2: {"Z2": Z2, "A2": A2},
    "cache-keys-missing~2": lambda Z1, A1, Z2, A2: {"Z1": Z1, "A1": A1},
}
FORWARD_PROPAGATION = (
    *_HIDDEN,
    *_LAST,
    *_CACHES,
    "same-parameters",
    "last-fed-z",
    "last-fed-x",
    "cache-missing",
    "outputs-swapped",
    "returns-z2",
    *at_places(LINEAR_PART, ("first", "second")),
)


def forward_propagation(on: Mistakes, X: Array, parameters: Mapping[str, Array]) -> Any:
    """A2 and the cache.

    Args:
        on: the mistakes.
        X: (n_x, m).
        parameters: W1, b1, W2, b2.
    """
    Z1 = linear_part(on.at("first"), X, parameters["W1"], parameters["b1"])
    A1 = on.choose(_HIDDEN, np.tanh, Z1)
    k = 1 if on("same-parameters") else 2
    source = Z1 if on("last-fed-z") else X if on("last-fed-x") else A1
    Z2 = linear_part(on.at("second"), source, parameters[f"W{k}"], parameters[f"b{k}"])
    A2 = on.choose(_LAST, logistic, Z2)
    cache = on.choose(
        _CACHES, lambda Z1, A1, Z2, A2: {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}, Z1, A1, Z2, A2
    )
    if on("cache-missing"):
        return A2
    if on("outputs-swapped"):
        return cache, A2
    return (Z2 if on("returns-z2") else A2), cache


_DZ2: Table = {
    "dz2-wrong-sign": lambda A2, Y: Y - A2,
    "dz2-derivative-extra": lambda A2, Y: (A2 - Y) * A2 * (1 - A2),
    "dz2-is-dal": lambda A2, Y: -(Y / A2 - (1 - Y) / (1 - A2)),
    "dz2-is-a2": lambda A2, Y: A2,
    "dz2-extra-1-over-m": lambda A2, Y: (A2 - Y) / A2.shape[1],
    "dz2-sum": lambda A2, Y: A2 + Y,
}
_SLOPES: Table = {
    "tanh-derivative-missing": lambda Z, A: np.ones_like(A),
    "tanh-derivative-at-z": lambda Z, A: 1 - Z**2,
    "tanh-derivative-not-squared": lambda Z, A: 1 - A,
    "tanh-derivative-of-sigmoid": lambda Z, A: A * (1 - A),
    "tanh-derivative-of-sigmoid~z": lambda Z, A: logistic(Z) * (1 - logistic(Z)),
    "tanh-derivative-squared": lambda Z, A: (1 - A**2) ** 2,
    "tanh-derivative-squared~inner": lambda Z, A: (1 - A) ** 2,
    "tanh-derivative-plus": lambda Z, A: 1 + A**2,
    "tanh-derivative-cubed": lambda Z, A: 1 - A**3,
    "tanh-derivative-of-relu": lambda Z, A: (Z > 0) * 1.0,
    "tanh-derivative-twice": lambda Z, A: 1 - np.tanh(A) ** 2,
    "tanh-derivative-is-square": lambda Z, A: A**2,
    "tanh-derivative-doubled": lambda Z, A: 1 - 2 * A,
    "tanh-derivative-wrong-sign": lambda Z, A: A**2 - 1,
    "tanh-derivative-is-tanh": lambda Z, A: A,
}
_DZ1: Table = {
    "da-missing": lambda dA1, slope: slope,
    "da-added": lambda dA1, slope: dA1 + slope,
    "product-matrix": lambda dA1, slope: dA1 @ slope,
    "product-matrix~t": lambda dA1, slope: dA1 @ slope.T,
    "dz1-extra-1-over-m": lambda dA1, slope: dA1 * slope / dA1.shape[1],
}
_KEYS: Table = {
    "outputs-crossed": lambda w1, b1, w2, b2: {"dW1": w2, "db1": b2, "dW2": w1, "db2": b1},
    "outputs-crossed~w": lambda w1, b1, w2, b2: {"dW1": w2, "db1": b1, "dW2": w1, "db2": b2},
    "outputs-crossed~b": lambda w1, b1, w2, b2: {"dW1": w1, "db1": b2, "dW2": w2, "db2": b1},
    "keys-misnamed": lambda w1, b1, w2, b2: {"W1": w1, "b1": b1, "W2": w2, "b2": b2},
}
BACKWARD_PROPAGATION = (
    *_DZ2,
    *_SLOPES,
    *_DZ1,
    *_KEYS,
    "dw-uses-wrong-input~1",
    "dw-uses-wrong-input~2",
    "dw-uses-wrong-input~z",
    "dw-uses-wrong-input~a2",
    "dz1-uses-w1",
    *at_places(OF_WEIGHTS, ("first", "second")),
    *OF_INPUTS,
)


def backward_propagation(
    on: Mistakes, parameters: Mapping[str, Array], cache: Mapping[str, Array], X: Array, Y: Array
) -> Any:
    """dW1, db1, dW2, db2.

    Args:
        on: the mistakes.
        parameters: W1, b1, W2, b2.
        cache: Z1, A1, Z2, A2.
        X: (n_x, m).
        Y: (1, m).
    """
    Z1, A1, A2 = cache["Z1"], cache["A1"], cache["A2"]
    W2 = parameters["W1" if on("dz1-uses-w1") else "W2"]
    dZ2 = on.choose(_DZ2, lambda A2, Y: A2 - Y, A2, Y)
    second = X if on("dw-uses-wrong-input~2") else Z1 if on("dw-uses-wrong-input~z") else A1
    if on("dw-uses-wrong-input~a2"):
        second = A2
    dW2, db2 = of_weights(on.at("second"), dZ2, second, W2)
    dA1 = of_inputs(on, dZ2, A1, W2)
    dZ1 = on.choose(
        _DZ1, lambda dA1, slope: dA1 * slope, dA1, on.choose(_SLOPES, lambda Z, A: 1 - A * A, Z1, A1)
    )
    dW1, db1 = of_weights(on.at("first"), dZ1, A1 if on("dw-uses-wrong-input~1") else X, parameters["W1"])
    return on.choose(
        _KEYS,
        lambda w1, b1, w2, b2: {"dW1": w1, "db1": b1, "dW2": w2, "db2": b2},
        *(dW1, db1, dW2, db2),
    )


def predict(on: Mistakes, parameters: Mapping[str, Array], X: Array) -> Array:
    """The labels of X.

    Args:
        on: the mistakes.
        parameters: W1, b1, W2, b2.
        X: (n_x, m).
    """
    A2, _ = forward_propagation(Mistakes(), X, parameters)
    return labels(on, A2)
