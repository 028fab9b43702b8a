"""Cases of whole networks, deep and with one hidden layer."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pellucid import core
from pellucid.check.cases_form import Array, Case, Parameters, made
from pellucid.check.cases_layers import published
from pellucid.core import shallow


def network(dims: Sequence[int], seed: int = 6, dtype: Any = float) -> Parameters:
    """Parameters of a network, with random weights and biases, so that all units differ.

    Args:
        dims: n_0 .. n_L.
        seed: of the stream.
        dtype: of the numbers.
    """
    rng = np.random.default_rng([seed, *dims])
    parameters = {}
    for l in range(1, len(dims)):
        W = rng.standard_normal((dims[l], dims[l - 1])) / np.sqrt(dims[l - 1]) * 1.3
        parameters[f"W{l}"] = W.astype(dtype)
        parameters[f"b{l}"] = (0.3 * rng.standard_normal((dims[l], 1))).astype(dtype)
    return parameters


# Depths 1 to 5, equal and unequal widths; then cases that only distinguish mistakes.
_NETWORKS = (
    ((3, 1), 7, float, True),
    ((4, 3, 1), 2, float, True),
    ((5, 4, 3, 1), 7, float, True),
    ((4, 4, 4, 4, 1), 7, float, True),
    ((2, 5, 3, 4, 2, 1), 1, float, True),
    ((3, 4, 2, 1), 200, np.float32, True),
    ((4, 4, 4, 1), 4, float, False),
    ((3, 3, 3, 3, 3), 3, float, False),
    ((4, 4, 4, 4), 4, float, False),
)


def _described(dims: Sequence[int], m: int, dtype: Any) -> str:
    return f"layers {' - '.join(map(str, dims))}, m = {m}" + (", float32" if dtype == np.float32 else "")


def L_model_forward() -> list[Case]:
    """The cases of `L_model_forward`."""
    function = core.L_model_forward
    X, *rest = published(6, (5, 4), (4, 5), (4, 1), (3, 4), (3, 1), (1, 3), (1, 1))
    exercise = dict(zip(("W1", "b1", "W2", "b2", "W3", "b3"), rest, strict=True))
    cases = [made(function, "the published exercise", X, exercise)]
    for dims, m, dtype, judged in _NETWORKS:
        X = np.random.default_rng([7, *dims]).standard_normal((dims[0], m)).astype(dtype)
        parameters = network(dims, dtype=dtype)
        cases.append(made(function, _described(dims, m, dtype), X, parameters, judged=judged))
    return cases


def labels(n: int, m: int, seed: int = 8) -> Array:
    """Labels (n, m) of 0. and 1., both if m > 1.

    Args:
        n: rows.
        m: columns.
        seed: of the stream.
    """
    Y = (np.random.default_rng([seed, n, m]).random((n, m)) > 0.5) * 1.0
    if m > 1:
        Y[:, 0], Y[:, 1] = 1.0, 0.0
    return Y


def _published_backward() -> Case:
    stream = np.random.RandomState(3)
    AL = stream.randn(1, 2)
    A1, W1, b1, Z1 = (stream.randn(*shape) for shape in ((4, 2), (3, 4), (3, 1), (3, 2)))
    A2, W2, b2, Z2 = (stream.randn(*shape) for shape in ((3, 2), (1, 3), (1, 1), (1, 2)))
    caches = [((A1, W1, b1), Z1), ((A2, W2, b2), Z2)]
    return made(core.L_model_backward, "the published exercise", AL, np.array([[1.0, 0.0]]), caches)


def _saturated_backward() -> Case:
    parameters = network((3, 4, 1))
    parameters["W2"] = np.array([[400.0, -400.0, 400.0, -400.0]])
    X = np.random.default_rng(9).standard_normal((3, 200))
    _, caches = core.L_model_forward(X, parameters)
    Z = caches[-1][1][0]
    sure = [*np.flatnonzero(Z > 40)[:3], *np.flatnonzero(Z < -40)[:3]]
    AL, caches = core.L_model_forward(X[:, sure], parameters)
    # At -40 the sigmoid is still a little above 0.
    AL = np.round(AL)
    Y = AL.copy()
    return made(core.L_model_backward, "AL exactly 0 and 1, as Y", AL, Y, caches, saturated=True)


def L_model_backward() -> list[Case]:
    """The cases of `L_model_backward`."""
    cases = [_published_backward()]
    for dims, m, dtype, judged in _NETWORKS:
        X = np.random.default_rng([7, *dims]).standard_normal((dims[0], m)).astype(dtype)
        AL, caches = core.L_model_forward(X, network(dims, dtype=dtype))
        text, Y = _described(dims, m, dtype), labels(dims[-1], m).astype(dtype)
        cases.append(made(core.L_model_backward, text, AL, Y, caches, judged=judged))
    parameters = network((3, 4, 3, 1))
    # A unit with zero weights and bias: its Z is exactly 0.
    parameters["W2"][1], parameters["b2"][1] = 0.0, 0.0
    AL, caches = core.L_model_forward(np.random.default_rng(7).standard_normal((3, 5)), parameters)
    text = "a hidden unit with Z exactly 0, layers 3 - 4 - 3 - 1, m = 5"
    cases.append(made(core.L_model_backward, text, AL, labels(1, 5), caches))
    return [*cases, _saturated_backward()]


def compute_cost() -> list[Case]:
    """The cases of `compute_cost`."""
    function = core.compute_cost
    cases = [
        made(function, "the published exercise", np.array([[0.8, 0.9, 0.4]]), np.array([[1.0, 1.0, 0.0]]))
    ]
    for m, dtype in ((1, float), (2, float), (7, float), (200, float), (5, np.float32)):
        AL = np.random.default_rng([10, m]).uniform(0.02, 0.98, (1, m)).astype(dtype)
        cases.append(made(function, f"AL 1 x {m}", AL, labels(1, m).astype(dtype)))
    AL = np.array([[1.0, 0.0, 0.7, 0.2]])
    cases.append(
        made(function, "AL exactly 0 and 1, as Y", AL, np.array([[1.0, 0.0, 1.0, 0.0]]), saturated=True)
    )
    return cases


def _update_parameters(networks: Sequence[Sequence[int]]) -> list[Case]:
    shapes = ((3, 4), (3, 1), (1, 3), (1, 1))
    names = ("W1", "b1", "W2", "b2")
    parameters = dict(zip(names, published(2, *shapes), strict=True))
    stream = published(3, *shapes)
    grads = dict(zip((f"d{name}" for name in names), stream, strict=True))
    return [
        made(core.update_parameters, "the published exercise", parameters, grads, 0.1),
        *_updates(networks),
    ]


def _updates(networks: Sequence[Sequence[int]]) -> list[Case]:
    cases = []
    for dims, rate in zip(networks, (0.0371, 0.63, 0.23, 1.7), strict=False):
        for dtype in (float, np.float32) if dims == networks[1] else (float,):
            parameters = network(dims, dtype=dtype)
            grads = {f"d{name}": value for name, value in network(dims, seed=11, dtype=dtype).items()}
            text = f"{_described(dims, 0, dtype).replace(', m = 0', '')}, learning rate {rate:g}"
            cases.append(made(core.update_parameters, text, parameters, grads, rate))
    return cases


def update_deep() -> list[Case]:
    """The cases of `update_parameters` for the deep network."""
    return _update_parameters(((4, 3, 1), (5, 4, 3, 1), (3, 3, 3, 3, 3), (2, 1)))


def update_shallow() -> list[Case]:
    """The cases of `update_parameters` for one hidden layer."""
    return _update_parameters(((4, 3, 1), (2, 5, 1), (3, 3, 3), (1, 1, 1)))


def _predict(function: Callable[..., Any], networks: Sequence[tuple[Sequence[int], int]]) -> list[Case]:
    cases = []
    for dims, m in networks:
        X = 2 * np.random.default_rng([12, *dims]).standard_normal((dims[0], m))
        parameters = network(dims)
        args = (parameters, X) if function is shallow.predict else (X, parameters)
        cases.append(made(function, _described(dims, m, float), *args))
    return cases


def predict_deep() -> list[Case]:
    """The cases of `predict` for the deep network."""
    networks = (((3, 1), 7), ((4, 3, 1), 2), ((5, 4, 3, 1), 1), ((4, 4, 4, 1), 200))
    return _predict(core.predict, networks)


def predict_shallow() -> list[Case]:
    """The cases of `predict` for one hidden layer."""
    return _predict(shallow.predict, (((4, 3, 1), 7), ((2, 2, 1), 1), ((3, 5, 1), 200)))


def _shallow_network(n_x: int, n_h: int, m: int, dtype: Any = float) -> tuple[Array, Parameters]:
    X = np.random.default_rng([13, n_x, n_h]).standard_normal((n_x, m)).astype(dtype)
    return X, network((n_x, n_h, 1), dtype=dtype)


# n_x, n_h, m; the dtype; whether the verdict depends on the case.
_SHALLOW: tuple[tuple[tuple[int, int, int], Any, bool], ...] = (
    ((2, 4, 7), float, True),
    ((3, 1, 1), float, True),
    ((5, 3, 2), float, True),
    ((2, 2, 200), float, True),
    ((3, 4, 5), np.float32, True),
    ((4, 4, 4), float, False),
    ((1, 1, 3), float, False),
)


def _hidden(n_x: int, n_h: int, m: int, dtype: Any) -> str:
    return _described((n_x, n_h, 1), m, dtype)


def forward_propagation() -> list[Case]:
    """The cases of `forward_propagation`."""
    return [
        made(
            shallow.forward_propagation,
            _hidden(*shape, dtype),
            *_shallow_network(*shape, dtype),
            judged=judged,
        )
        for shape, dtype, judged in _SHALLOW
    ]


def backward_propagation() -> list[Case]:
    """The cases of `backward_propagation`."""
    cases = []
    for shape, dtype, judged in _SHALLOW:
        X, parameters = _shallow_network(*shape, dtype)
        _, cache = shallow.forward_propagation(X, parameters)
        Y = labels(1, X.shape[1]).astype(X.dtype)
        args = (parameters, cache, X, Y)
        cases.append(made(shallow.backward_propagation, _hidden(*shape, dtype), *args, judged=judged))
    return cases
