"""Cases of the activations and of one layer. Letters as in `pellucid.core`: n_prev units feed n units."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pellucid import core
from pellucid.check.cases_form import Array, Case, made, shaped

# (n, n_prev, m). On square shapes more mistakes give a result, which distinguishes them.
_SHAPES = ((1, 3, 7), (4, 3, 1), (3, 5, 2), (6, 2, 200), (1, 1, 1), (4, 4, 7))
_SQUARE = ((3, 3, 3), (4, 4, 4), (2, 2, 2))


def elementwise_forward(function: Callable[..., Any]) -> list[Case]:
    """The cases of an activation."""
    rng = np.random.default_rng(1)
    cases = [made(function, "Z from -1 to 2", np.array([[-1.0, 0.0, 1.0, 2.0]]))]
    for n, m, dtype in ((1, 1, float), (3, 4, float), (5, 2, np.float32), (4, 4, float), (2, 200, float)):
        Z = (3 * rng.standard_normal((n, m))).astype(dtype)
        cases.append(made(function, f"Z {shaped(n, m, dtype)}", Z))
    cases.append(made(function, "Z of -30 and 30", np.array([[-30.0, 30.0]])))
    cases.append(made(function, "Z of -800 and 800", np.array([[-800.0, 800.0]]), saturated=True))
    return cases


def elementwise_backward(function: Callable[..., Any]) -> list[Case]:
    """The cases of an activation's derivative."""
    rng = np.random.default_rng(2)
    cases = []
    for n, m, dtype in ((1, 2, float), (3, 4, float), (5, 2, np.float32), (4, 4, float), (2, 200, float)):
        dA, Z = rng.standard_normal((n, m)).astype(dtype), (2 * rng.standard_normal((n, m))).astype(dtype)
        cases.append(made(function, f"dA and Z {shaped(n, m, dtype)}", dA, Z))
    Z = np.array([[-1.0, 0.0, 0.0, 2.0]])
    cases.append(made(function, "Z with exact zeros", np.array([[1.0, -2.0, 3.0, 4.0]]), Z))
    return cases


def _layer(n: int, n_prev: int, m: int, dtype: Any = float, seed: int = 3) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng([seed, n, n_prev, m])
    A, W, b = (rng.standard_normal(shape).astype(dtype) for shape in ((n_prev, m), (n, n_prev), (n, 1)))
    return A, W, b


def _layers() -> list[tuple[str, tuple[int, int, int], Any, bool]]:
    described: list[tuple[tuple[int, int, int], Any, bool]] = [(shape, float, True) for shape in _SHAPES]
    described += [((3, 2, 5), np.float32, True)]
    described += [(shape, float, False) for shape in _SQUARE]
    return [
        (
            f"n = {n}, n_prev = {p}, m = {m}" + (", float32" if dtype == np.float32 else ""),
            (n, p, m),
            dtype,
            j,
        )
        for (n, p, m), dtype, j in described
    ]


def published(seed: int, *shapes: tuple[int, int]) -> list[Array]:
    """Arrays of `randn` under a seed, as in a published exercise."""
    stream = np.random.RandomState(seed)
    return [stream.randn(*shape) for shape in shapes]


def linear_forward() -> list[Case]:
    """The cases of `linear_forward`."""
    function = core.linear_forward
    cases = [made(function, "the published exercise", *published(1, (3, 2), (1, 3), (1, 1)))]
    for text, shape, dtype, judged in _layers():
        cases.append(made(function, text, *_layer(*shape, dtype), judged=judged))
    return cases


def linear_activation_forward() -> list[Case]:
    """The cases of `linear_activation_forward`."""
    function = core.linear_activation_forward
    cases = []
    for activation in ("sigmoid", "relu"):
        layer = published(2, (3, 2), (1, 3), (1, 1))
        cases.append(made(function, f"the published exercise, {activation}", *layer, activation))
    for i, (text, shape, dtype, judged) in enumerate(_layers()):
        for activation in ("relu", "sigmoid") if not judged else (("relu", "sigmoid")[i % 2],):
            args = (*_layer(*shape, dtype), activation)
            cases.append(made(function, f"{text}, {activation}", *args, judged=judged))
    return cases


def linear_backward() -> list[Case]:
    """The cases of `linear_backward`."""
    function = core.linear_backward
    dZ, A, W, b = published(1, (3, 4), (5, 4), (3, 5), (3, 1))
    cases = [made(function, "the published exercise", dZ, (A, W, b))]
    for text, (n, n_prev, m), dtype, judged in _layers():
        A, W, b = _layer(n, n_prev, m, dtype)
        dZ = np.random.default_rng([4, n, m]).standard_normal((n, m)).astype(dtype)
        cases.append(made(function, text, dZ, (A, W, b), judged=judged))
    return cases


def linear_activation_backward() -> list[Case]:
    """The cases of `linear_activation_backward`."""
    function = core.linear_activation_backward
    dA, A, W, b, Z = published(2, (1, 2), (3, 2), (1, 3), (1, 1), (1, 2))
    cache = ((A, W, b), Z)
    cases = [
        made(function, f"the published exercise, {activation}", dA, cache, activation)
        for activation in ("sigmoid", "relu")
    ]
    A, W, b = _layer(3, 2, 4)
    # A unit with zero weights and bias: its Z is exactly 0.
    W[1], b[1] = 0.0, 0.0
    dA = np.random.default_rng(5).standard_normal((3, 4))
    cases.append(made(function, "a unit with Z exactly 0, relu", dA, ((A, W, b), W @ A + b), "relu"))
    for i, (text, (n, n_prev, m), dtype, judged) in enumerate(_layers()):
        A, W, b = _layer(n, n_prev, m, dtype)
        dA = np.random.default_rng([5, n, m]).standard_normal((n, m)).astype(dtype)
        for activation in ("relu", "sigmoid") if not judged or n > 3 else (("relu", "sigmoid")[i % 2],):
            cache = ((A, W, b), W @ A + b)
            cases.append(made(function, f"{text}, {activation}", dA, cache, activation, judged=judged))
    return cases
