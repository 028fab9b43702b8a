"""What goes wrong in an activation and in its derivative."""

from typing import Any

import numpy as np

from pellucid.check.causes.mistakes import Array, Mistakes, Table


def logistic(Z: Array) -> Array:
    """1 / (1 + e^-Z).

    Args:
        Z: any shape.
    """
    return 1 / (1 + np.exp(-Z))


def _relu(Z: Array) -> Array:
    return np.maximum(0, Z)


_SIGMOIDS: Table = {
    "sigmoid-exponent-sign": lambda Z: 1 / (1 + np.exp(Z)),
    "sigmoid-missing-one": lambda Z: 1 / np.exp(-Z),
    "sigmoid-is-relu": _relu,
    "sigmoid-is-tanh": np.tanh,
    "sigmoid-is-derivative": lambda Z: logistic(Z) * (1 - logistic(Z)),
    "activation-missing": lambda Z: Z,
}
_RELUS: Table = {
    "relu-is-leaky": lambda Z: np.where(Z > 0, Z, 0.01 * Z),
    "relu-is-leaky~tenth": lambda Z: np.where(Z > 0, Z, 0.1 * Z),
    "relu-is-abs": np.abs,
    "relu-is-min": lambda Z: np.minimum(0, Z),
    "relu-is-step": lambda Z: (Z > 0) * 1.0,
    "relu-is-sigmoid": logistic,
    "relu-is-tanh": np.tanh,
    "activation-missing": lambda Z: Z,
}
_CACHES: Table = {
    "cache-missing": lambda A, Z: A,
    "cache-holds-a": lambda A, Z: (A, A),
    "outputs-swapped": lambda A, Z: (Z, A),
}

SIGMOID = (*_SIGMOIDS, *_CACHES)
RELU = (*_RELUS, *_CACHES)


def sigmoid(on: Mistakes, Z: Array) -> Any:
    """A = 1 / (1 + e^-Z), and the cache.

    Args:
        on: the mistakes.
        Z: any shape.
    """
    return on.choose(_CACHES, lambda A, Z: (A, Z), on.choose(_SIGMOIDS, logistic, Z), Z)


def relu(on: Mistakes, Z: Array) -> Any:
    """A = max(0, Z), and the cache.

    Args:
        on: the mistakes.
        Z: any shape.
    """
    return on.choose(_CACHES, lambda A, Z: (A, Z), on.choose(_RELUS, _relu, Z), Z)


_POINTS = {
    "derivative-at-a": lambda dA, Z: logistic(logistic(Z)),
    "derivative-at-da": lambda dA, Z: logistic(dA),
    "derivative-uses-z-as-a": lambda dA, Z: Z,
}
_SIGMOID_SLOPES = {
    "derivative-missing": lambda s, Z: np.ones_like(Z),
    "derivative-squared": lambda s, Z: (s * (1 - s)) ** 2,
    "derivative-squared~half": lambda s, Z: s * (1 - s) ** 2,
    "derivative-squared~first": lambda s, Z: s * s * (1 - s),
    "derivative-half~s": lambda s, Z: s,
    "derivative-half~rest": lambda s, Z: 1 - s,
    "derivative-plus": lambda s, Z: s * (1 + s),
    "derivative-of-relu": lambda s, Z: (Z > 0) * 1.0,
    "derivative-of-tanh": lambda s, Z: 1 - np.tanh(Z) ** 2,
    "derivative-of-tanh~a": lambda s, Z: 1 - s * s,
}
_RELU_SLOPES = {
    "derivative-missing": lambda dA, Z: np.ones_like(Z),
    "relu-mask-missing": lambda dA, Z: np.ones_like(Z),
    "relu-mask-from-da": lambda dA, Z: (dA > 0) * 1.0,
    "relu-mask-at-zero": lambda dA, Z: (Z >= 0) * 1.0,
    "relu-mask-reversed": lambda dA, Z: (Z <= 0) * 1.0,
    "relu-mask-reversed~strict": lambda dA, Z: (Z < 0) * 1.0,
    "relu-mask-multiplies-z": lambda dA, Z: np.maximum(0, Z),
    "relu-mask-multiplies-z~plain": lambda dA, Z: Z,
    "relu-mask-leaky": lambda dA, Z: np.where(Z > 0, 1.0, 0.01),
    "derivative-of-sigmoid": lambda dA, Z: logistic(Z) * (1 - logistic(Z)),
    "derivative-of-tanh": lambda dA, Z: 1 - np.tanh(Z) ** 2,
}
_PRODUCTS = {
    "da-missing": lambda dA, slope: slope,
    "da-added": lambda dA, slope: dA + slope,
    "product-matrix": lambda dA, slope: dA @ slope,
    "product-matrix~t": lambda dA, slope: dA @ slope.T,
    "product-matrix~first": lambda dA, slope: dA.T @ slope,
}
_WHOLE = {
    "dz-wrong-sign": lambda dZ, dA: -dZ,
    "extra-1-over-m": lambda dZ, dA: dZ / dA.shape[1],
}

SIGMOID_BACKWARD = (*_POINTS, *_SIGMOID_SLOPES, *_PRODUCTS, *_WHOLE)
RELU_BACKWARD = (*(name for name in _RELU_SLOPES if name != "derivative-missing"), *_PRODUCTS, *_WHOLE)


def sigmoid_backward(on: Mistakes, dA: Array, Z: Array) -> Array:
    """dZ = dA * s (1 - s).

    Args:
        on: the mistakes.
        dA: (n, m).
        Z: (n, m).
    """
    s = on.choose(_POINTS, lambda dA, Z: logistic(Z), dA, Z)
    slope = on.choose(_SIGMOID_SLOPES, lambda s, Z: s * (1 - s), s, Z)
    return _finished(on, dA, slope)


def relu_backward(on: Mistakes, dA: Array, Z: Array) -> Array:
    """dZ = dA where Z > 0.

    Args:
        on: the mistakes.
        dA: (n, m).
        Z: (n, m).
    """
    return _finished(on, dA, on.choose(_RELU_SLOPES, lambda dA, Z: (Z > 0) * 1.0, dA, Z))


def _finished(on: Mistakes, dA: Array, slope: Array) -> Array:
    on.check(dA, slope)
    dZ = on.choose(_PRODUCTS, lambda dA, slope: dA * slope, dA, slope)
    return on.choose(_WHOLE, lambda dZ, dA: dZ, dZ, dA)
