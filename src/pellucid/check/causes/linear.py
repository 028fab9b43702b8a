"""What goes wrong in a layer, forward."""

from typing import Any

import numpy as np

from pellucid.check.causes.activations import logistic
from pellucid.check.causes.mistakes import Array, Mistakes, Table

_PRODUCTS = {
    "product-elementwise": lambda A, W: W * A,
    "w-transposed": lambda A, W: W.T @ A,
    "product-order": lambda A, W: A @ W,
    "product-order~t": lambda A, W: A.T @ W.T,
    "product-order~half": lambda A, W: A.T @ W,
    "a-transposed": lambda A, W: W @ A.T,
}
_BIASES = {
    "bias-missing": lambda P, b: P,
    "bias-subtracted": lambda P, b: P - b,
    "bias-multiplied": lambda P, b: P * b,
    "b-transposed": lambda P, b: P + b.T,
}
_EXTRAS: Table = {
    "extra-activation~relu": lambda Z: np.maximum(0, Z),
    "extra-activation~sigmoid": logistic,
    "extra-activation~tanh": np.tanh,
    "z-rank-1": np.ravel,
}
_LINEAR_CACHES = {
    "cache-missing": lambda Z, A, W, b: Z,
    "cache-order": lambda Z, A, W, b: (Z, (W, A, b)),
    "cache-order~2": lambda Z, A, W, b: (Z, (A, b, W)),
    "cache-order~3": lambda Z, A, W, b: (Z, (W, b, A)),
    "cache-order~4": lambda Z, A, W, b: (Z, (b, W, A)),
    "cache-order~5": lambda Z, A, W, b: (Z, (b, A, W)),
    "cache-holds-z": lambda Z, A, W, b: (Z, (Z, W, b)),
    "cache-holds-z~w": lambda Z, A, W, b: (Z, (A, Z, b)),
    "cache-holds-z~b": lambda Z, A, W, b: (Z, (A, W, Z)),
    "cache-holds-z~all": lambda Z, A, W, b: (Z, (A, W, b, Z)),
    "outputs-swapped": lambda Z, A, W, b: ((A, W, b), Z),
}

LINEAR_PART = (*_PRODUCTS, *_BIASES)
LINEAR_FORWARD = (*LINEAR_PART, *_EXTRAS, *_LINEAR_CACHES)

ACTIVATIONS: Table = {
    "relu": lambda Z: np.maximum(0, Z),
    "sigmoid": logistic,
    "tanh": np.tanh,
    "none": lambda Z: Z,
}
_OTHER = {"relu": "sigmoid", "sigmoid": "relu"}
NAMES = {
    "activations-swapped": lambda name: _OTHER.get(name, name),
    "always-relu": lambda name: "relu",
    "always-sigmoid": lambda name: "sigmoid",
}
_LAYER_CACHES = {
    "cache-holds-a": lambda A, linear, Z: (A, (linear, A)),
    "cache-holds-z": lambda A, linear, Z: (A, ((Z, *linear[1:]), Z)),
    "cache-order": lambda A, linear, Z: (A, (Z, linear)),
    "cache-order~flat": lambda A, linear, Z: (A, (*linear, Z)),
    "cache-order~3": lambda A, linear, Z: (A, ((linear[1], linear[0], linear[2]), Z)),
    "cache-incomplete~linear": lambda A, linear, Z: (A, linear),
    "cache-incomplete~z": lambda A, linear, Z: (A, Z),
    "cache-missing": lambda A, linear, Z: A,
    "outputs-swapped": lambda A, linear, Z: ((linear, Z), A),
}
LAYER_FORWARD = (*NAMES, "activation-missing", *LINEAR_PART, *_LAYER_CACHES)
# What a model's forward pass can get wrong in one of its layers.
LAYER_PART = (
    *LINEAR_PART,
    *(name for name in _LAYER_CACHES if name not in ("cache-missing", "outputs-swapped")),
)


def linear_part(on: Mistakes, A: Array, W: Array, b: Array) -> Array:
    """Z = W A + b.

    Args:
        on: the mistakes.
        A: (n_prev, m).
        W: (n, n_prev).
        b: (n, 1).
    """
    P = on.choose(_PRODUCTS, lambda A, W: W @ A, A, W)
    return on.choose(_BIASES, lambda P, b: P + b, P, b)


def linear_forward(on: Mistakes, A: Array, W: Array, b: Array) -> Any:
    """Z and its cache (A, W, b); arguments as `linear_part`.

    Args:
        on: the mistakes.
        A: (n_prev, m).
        W: (n, n_prev).
        b: (n, 1).
    """
    Z = on.choose(_EXTRAS, lambda Z: Z, linear_part(on, A, W, b))
    return on.choose(_LINEAR_CACHES, lambda Z, A, W, b: (Z, (A, W, b)), Z, A, W, b)


def linear_activation_forward(on: Mistakes, A_prev: Array, W: Array, b: Array, activation: str) -> Any:
    """A = g(W A_prev + b), and the layer's cache.

    Args:
        on: the mistakes.
        A_prev: (n_prev, m).
        W: (n, n_prev).
        b: (n, 1).
        activation: "relu", "sigmoid", "tanh", or "none" where there is none by mistake.
    """
    name = on.choose(NAMES, lambda name: name, activation)
    Z = linear_part(on, A_prev, W, b)
    A = Z if on("activation-missing") else ACTIVATIONS[name](Z)
    return on.choose(_LAYER_CACHES, lambda A, linear, Z: (A, (linear, Z)), A, (A_prev, W, b), Z)
