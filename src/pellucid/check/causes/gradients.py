"""What goes wrong in a layer, backward."""

from typing import Any

import numpy as np

from pellucid.check.causes import activations
from pellucid.check.causes.linear import NAMES
from pellucid.check.causes.mistakes import Array, Mistakes, Table

_DW = {
    "dw-not-transposed": lambda dZ, A, W: dZ @ A,
    "dw-transposed": lambda dZ, A, W: A @ dZ.T,
    "dw-elementwise": lambda dZ, A, W: dZ * A,
    "dw-elementwise~t": lambda dZ, A, W: dZ * A.T,
    "dw-order": lambda dZ, A, W: A.T @ dZ,
    "dw-order~both": lambda dZ, A, W: dZ.T @ A.T,
    "dw-order~a": lambda dZ, A, W: A @ dZ,
    "dw-order~dz": lambda dZ, A, W: dZ.T @ A,
    "dw-uses-w": lambda dZ, A, W: dZ @ W.T,
    "dw-uses-w~plain": lambda dZ, A, W: dZ @ W,
    "dw-missing-product": lambda dZ, A, W: dZ,
    "dw-missing-product~a": lambda dZ, A, W: A,
    "dw-missing-product~sum": lambda dZ, A, W: np.sum(dZ, axis=1, keepdims=True) * np.ones_like(W),
}
_DB: Table = {
    "db-wrong-axis": lambda dZ: np.sum(dZ, axis=0, keepdims=True),
    "db-wrong-axis~flat": lambda dZ: np.sum(dZ, axis=0),
    "db-wrong-axis~mean": lambda dZ: np.mean(dZ, axis=0, keepdims=True) * dZ.shape[1],
    "db-wrong-axis~flat-mean": lambda dZ: np.mean(dZ, axis=0) * dZ.shape[1],
    "db-missing-axis": np.sum,
    "db-missing-axis~keepdims": lambda dZ: np.sum(dZ, keepdims=True),
    "db-missing-axis~mean": lambda dZ: np.sum(dZ) / dZ.shape[0],
    "db-missing-axis~mean-keepdims": lambda dZ: np.sum(dZ, keepdims=True) / dZ.shape[0],
    "db-missing-keepdims": lambda dZ: np.sum(dZ, axis=1),
    "db-is-dz": lambda dZ: dZ,
}
_DA_PREV = {
    "da-prev-not-transposed": lambda dZ, A, W: W @ dZ,
    "da-prev-elementwise": lambda dZ, A, W: W.T * dZ,
    "da-prev-elementwise~plain": lambda dZ, A, W: W * dZ,
    "da-prev-order": lambda dZ, A, W: dZ @ W,
    "da-prev-order~t": lambda dZ, A, W: dZ @ W.T,
    "da-prev-transposed": lambda dZ, A, W: dZ.T @ W,
    "da-prev-order~both": lambda dZ, A, W: dZ.T @ W.T,
    "da-prev-uses-a": lambda dZ, A, W: W.T @ A,
    "da-prev-is-dz": lambda dZ, A, W: dZ,
}
_ROWS = {"m-is-rows": lambda dZ, A: A.shape[0], "m-is-rows~dz": lambda dZ, A: dZ.shape[0]}
_DW_SCALES = {
    "dw-missing-1-over-m": lambda dW, m: dW,
    "dw-doubled-1-over-m": lambda dW, m: dW / m**2,
    "dw-multiplied-by-m": lambda dW, m: dW * m,
}
_DB_SCALES = {
    "db-missing-1-over-m": lambda db, m: db,
    "db-doubled-1-over-m": lambda db, m: db / m**2,
    "db-multiplied-by-m": lambda db, m: db * m,
}
_DA_SCALES = {
    "da-prev-extra-1-over-m": lambda dA, m: dA / m,
}
_SIGNS = ("dw-wrong-sign", "db-wrong-sign", "da-prev-wrong-sign")
ORDERS = {
    "outputs-swapped": lambda dA, dW, db: (dW, db, dA),
    "outputs-swapped~2": lambda dA, dW, db: (dA, db, dW),
    "outputs-swapped~3": lambda dA, dW, db: (dW, dA, db),
    "outputs-swapped~4": lambda dA, dW, db: (db, dW, dA),
    "outputs-swapped~5": lambda dA, dW, db: (db, dA, dW),
}

OF_WEIGHTS = (*_DW_SCALES, *_DB_SCALES, *_DW, *_DB, *_ROWS, *_SIGNS[:2])
OF_INPUTS = (*_DA_PREV, *_DA_SCALES, _SIGNS[2])
LINEAR_BACKWARD = (*OF_WEIGHTS, *OF_INPUTS, *ORDERS)
SLOPES = (
    *("derivative-missing", "product-matrix", "dz-wrong-sign", "extra-1-over-m", "da-missing"),
    *(f"{name}@sigmoid" for name in activations.SIGMOID_BACKWARD),
    *(f"{name}@relu" for name in activations.RELU_BACKWARD),
)
LAYER_BACKWARD = (*NAMES, *SLOPES, *LINEAR_BACKWARD)


def of_weights(on: Mistakes, dZ: Array, A_prev: Array, W: Array) -> tuple[Array, Array]:
    """dW = dZ A_prev^T / m and db = sum(dZ) / m.

    Args:
        on: the mistakes.
        dZ: (n, m).
        A_prev: (n_prev, m).
        W: (n, n_prev).
    """
    m = on.choose(_ROWS, lambda dZ, A: A.shape[1], dZ, A_prev)
    dW = on.choose(_DW, lambda dZ, A, W: dZ @ A.T, dZ, A_prev, W)
    dW = on.choose(_DW_SCALES, lambda dW, m: dW / m, dW, m)
    db = on.choose(_DB, lambda dZ: np.sum(dZ, axis=1, keepdims=True), dZ)
    db = on.choose(_DB_SCALES, lambda db, m: db / m, db, m)
    return (-dW if on("dw-wrong-sign") else dW), (-db if on("db-wrong-sign") else db)


def of_inputs(on: Mistakes, dZ: Array, A_prev: Array, W: Array) -> Array:
    """dA_prev = W^T dZ.

    Args:
        on: the mistakes.
        dZ: (n, m).
        A_prev: (n_prev, m).
        W: (n, n_prev).
    """
    dA = on.choose(_DA_PREV, lambda dZ, A, W: W.T @ dZ, dZ, A_prev, W)
    dA = on.choose(_DA_SCALES, lambda dA, m: dA, dA, A_prev.shape[1])
    return -dA if on("da-prev-wrong-sign") else dA


def linear_backward(on: Mistakes, dZ: Array, cache: Any) -> Any:
    """(dA_prev, dW, db).

    Args:
        on: the mistakes.
        dZ: (n, m).
        cache: (A_prev, W, b).
    """
    A_prev, W, _ = cache
    dW, db = of_weights(on, dZ, A_prev, W)
    return on.choose(ORDERS, lambda dA, dW, db: (dA, dW, db), of_inputs(on, dZ, A_prev, W), dW, db)


def linear_activation_backward(on: Mistakes, dA: Array, cache: Any, activation: str) -> Any:
    """dZ = dA * g'(Z), then `linear_backward`.

    Args:
        on: the mistakes.
        dA: (n, m).
        cache: ((A_prev, W, b), Z).
        activation: "relu", "sigmoid" or "tanh".
    """
    linear_cache, Z = cache
    name = on.choose(NAMES, lambda name: name, activation)
    if name == "tanh":
        dZ = dA * (1 - np.tanh(Z) ** 2)
    else:
        derivative = activations.relu_backward if name == "relu" else activations.sigmoid_backward
        dZ = derivative(on.at(name), dA, Z)
    return linear_backward(on, dZ, linear_cache)
