"""Cases of the next course, and of the other activations, whose mistakes have no causes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pellucid import core
from pellucid.check.cases_form import Array, Case, Parameters, made
from pellucid.check.cases_layers import elementwise_backward, elementwise_forward
from pellucid.check.cases_networks import labels, network

# Judged only if the file has both of a pair: alone such a name may be any helper.
ACTIVATIONS = ("tanh", "softmax", "leaky_relu", "elu", "gelu", "silu", "identity")

_DIMS = ((3, 2, 4, 1), (4, 3, 3, 1))


def _steps(count: int) -> list[tuple[Parameters, ...]]:
    """Parameters, gradients and slots of the same shapes."""
    # The mean of squares is never negative; the mean of gradients may have the same values.
    return [
        (
            network(dims),
            *(
                {f"d{name}": np.abs(value) for name, value in network(dims, seed=seed).items()}
                for seed in range(21, 21 + count)
            ),
        )
        for dims in _DIMS
    ]


def _cost_with_regularization() -> list[Case]:
    cases = []
    for m, lambd in ((5, 0.1), (1, 0.7), (200, 3.0)):
        A3 = np.random.default_rng([22, m]).uniform(0.05, 0.95, (1, m))
        args = (A3, labels(1, m), network(_DIMS[0]), lambd)
        cases.append(made(core.compute_cost_with_regularization, f"m = {m}, lambda {lambd}", *args))
    return cases


def _backward_with_regularization() -> list[Case]:
    cases = []
    for dims in _DIMS:
        X = np.random.default_rng([23, *dims]).standard_normal((dims[0], 7))
        AL, caches = core.L_model_forward(X, network(dims))
        after: list[Array] = [linear[0] for linear, _ in caches[1:]] + [AL]
        flat = tuple(
            part
            for (linear, Z), A in zip(caches, after, strict=True)
            for part in (Z, A, linear[1], linear[2])
        )
        args = (X, labels(1, 7), flat, 0.7)
        text = f"layers {' - '.join(map(str, dims))}, m = 7, lambda 0.7"
        grads = core.backward_propagation_with_regularization(*args)
        # The others have other names in some editions, or are not returned.
        cases.append(Case(text, args, {key: grads[key] for key in grads if key[1] in "Wb"}))
    return cases


def _starts(function: Callable[..., Any]) -> list[Case]:
    return [made(function, f"layers {dims}", network(dims)) for dims in _DIMS]


def _momentum() -> list[Case]:
    return [
        made(core.update_parameters_with_momentum, "beta 0.9, learning rate 0.1", *step, 0.9, 0.1)
        for step in _steps(2)
    ]


def _adam() -> list[Case]:
    cases = []
    for t, step in enumerate(_steps(3), start=2):
        args: tuple[Any, ...] = (*step, t, 0.01, 0.9, 0.999, 1e-8)
        result = core.update_parameters_with_adam(*args)
        # Newer editions of the course also return the corrected slots.
        cases.append(Case(f"t = {t}, learning rate 0.01", args, result[:3]))
    return cases


def _rates(function: Callable[..., Any], more: Sequence[int]) -> list[Case]:
    return [
        made(function, f"epoch {epoch}, decay rate {decay}", 0.5, epoch, decay, *more)
        for epoch, decay in ((0, 1.0), (7, 0.5), (1000, 0.3), (2500, 1.0))
    ]


# Name, arguments, results, cases.
_Later = tuple[str, tuple[str, ...], Any, Callable[[], list[Case]]]


def _pair(name: str) -> tuple[_Later, _Later]:
    forward, backward = getattr(core, name), getattr(core, f"{name}_backward")
    return (
        (name, ("Z",), ("A", "cache"), lambda: elementwise_forward(forward)),
        (f"{name}_backward", ("dA", "cache"), "dZ", lambda: elementwise_backward(backward)),
    )


# In the order of the course.
LATER: tuple[_Later, ...] = (
    *(exam for name in ACTIVATIONS for exam in _pair(name)),
    (
        "compute_cost_with_regularization",
        ("A3", "Y", "parameters", "lambd"),
        "cost",
        _cost_with_regularization,
    ),
    (
        "backward_propagation_with_regularization",
        ("X", "Y", "cache", "lambd"),
        "",
        _backward_with_regularization,
    ),
    ("initialize_velocity", ("parameters",), "", lambda: _starts(core.initialize_velocity)),
    (
        "update_parameters_with_momentum",
        ("parameters", "grads", "v", "beta", "learning_rate"),
        ("parameters", "v"),
        _momentum,
    ),
    ("initialize_adam", ("parameters",), ("v", "s"), lambda: _starts(core.initialize_adam)),
    (
        "update_parameters_with_adam",
        ("parameters", "grads", "v", "s", "t", "learning_rate", "beta1", "beta2", "epsilon"),
        ("parameters", "v", "s"),
        _adam,
    ),
    (
        "update_lr",
        ("learning_rate0", "epoch_num", "decay_rate"),
        "learning rate",
        lambda: _rates(core.update_lr, ()),
    ),
    (
        "schedule_lr_decay",
        ("learning_rate0", "epoch_num", "decay_rate", "time_interval"),
        "learning rate",
        lambda: _rates(core.schedule_lr_decay, (1000,)),
    ),
)
