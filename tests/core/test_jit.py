"""Whole epochs inside `jax.jit` and `lax.scan`: the same steps as on NumPy, whatever of them is traced."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from helpers import Example, Library, example, to_numpy, tree_leaves, tree_map
from pellucid import core
from pellucid.core.costs import COSTS
from pellucid.core.model import backward_pass
from pellucid.core.optimizers import bias_correction
from pellucid.engines.rules import apply_update, init_slots
from pellucid.optimizer import OPTIMIZERS, Optimizer

STEPS = 5
BATCH = 8
ALL_TYPES = [("float64", True), ("float32", True), ("float32", False)]


@pytest.fixture(params=ALL_TYPES, ids=["float64", "float32 with x64", "float32"])
def jax_library(request: pytest.FixtureRequest) -> Iterator[Library]:
    """JAX with both types of number, and float32 also where 64 bits are switched on and may creep in."""
    jax = pytest.importorskip("jax")
    dtype, x64 = request.param
    with jax.enable_x64(x64):
        yield Library("jax", dtype)


def steps_of(
    net: Example,
    *,
    optimizer: Optimizer,
    cost: str,
    clip_norm: float | None = None,
    dropout: tuple[float, ...] = (),
    l2: float = 0.0,
    l1: float = 0.0,
) -> Callable[[Any, Any], Any]:
    """One step by the core functions alone, as `lax.scan` asks for it: (state, inputs) to (state, cost)."""

    def step(state: Any, inputs: Any) -> Any:
        parameters, slots, t, number = state
        X, Y, weights, rate, total = inputs
        dims = [X.shape[0], *(parameters[f"W{l}"].shape[0] for l in range(1, net.depth))]
        masks = core.dropout_masks(dropout, dims, X, seed=2**40 + 7, step=number) if dropout else None
        hidden = {"hidden_activation": net.hidden}
        _, caches = core.L_model_forward(X, parameters, **hidden, output_activation="identity", masks=masks)
        ZL = caches[-1][1]
        J = COSTS[cost].forward(ZL, Y, weights=weights)
        grads = {}
        dZL = COSTS[cost].backward(ZL, Y, weights=weights)
        for l, _, _, dW, db in backward_pass(dZL, caches, **hidden, masks=masks, input_gradient=False):
            grads[f"dW{l}"], grads[f"db{l}"] = dW, db
        if l1 or l2:
            J = J + core.weight_penalty(parameters, total, l2=l2, l1=l1)
            pulls = core.weight_penalty_backward(parameters, total, l2=l2, l1=l1)
            grads |= {name: grads[name] + pull for name, pull in pulls.items()}
        if clip_norm is not None:
            grads = core.clip_gradients(grads, clip_norm)
        parameters, slots = apply_update(optimizer, parameters, grads, slots, t, rate)
        return (parameters, slots, t + 1, number + 1), J

    return step


def batches(net: Example) -> list[Any]:
    """(X, Y, weights, learning rate, total weight) of each step, stacked; the last batch is padded."""
    weights = np.random.default_rng(3).uniform(0.5, 2, (STEPS, 1, BATCH))
    weights[-1, 0, 5:] = 0.0
    return [
        np.stack(np.split(net.X, STEPS, axis=1)),
        np.stack(np.split(net.Y, STEPS, axis=1)),
        weights,
        np.linspace(0.1, 0.02, STEPS),
        weights.sum(axis=(1, 2)),
    ]


def assert_the_same_epoch(lib: Library, net: Example, optimizer: Optimizer, **options: Any) -> None:
    """Refuse an epoch in `lax.scan` that differs from the same steps on NumPy, in float64."""
    import jax

    step = steps_of(net, optimizer=optimizer, **options)
    inputs = batches(net)
    state: Any = (net.parameters, init_slots(optimizer, net.parameters), 1, 0)
    costs = []
    for i in range(STEPS):
        X, Y, weights, rate, total = (part[i] for part in inputs)
        state, J = step(state, (X, Y, weights, float(rate), float(total)))
        costs.append(J)

    def epoch(parameters: Any, slots: Any, inputs: Any) -> Any:
        return jax.lax.scan(step, (parameters, slots, 1, 0), inputs)

    # The learning rates and the totals stay in float64 where there is one, as linspace makes them.
    arrays = [*tree_map(lib.array, inputs[:3]), *map(jax.numpy.asarray, inputs[3:])]
    start = tree_map(lib.array, [net.parameters, init_slots(optimizer, net.parameters)])
    (parameters, slots, t, number), found = jax.jit(epoch)(*start, arrays)
    assert (int(t), int(number)) == (STEPS + 1, STEPS)
    tolerance = 1e-12 if lib.dtype == "float64" else 2e-4
    for value, expected in zip(tree_leaves([parameters, slots]), tree_leaves(state[:2]), strict=True):
        assert lib.owns(value)
        np.testing.assert_allclose(to_numpy(value), expected, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(np.asarray(found), costs, rtol=tolerance)


def test_an_epoch_with_dropout_and_adam(jax_library: Library) -> None:
    net = example([5, 9, 7, 1], m=STEPS * BATCH)
    options = {"cost": "binary_cross_entropy", "dropout": (0.1, 0.4, 0.5)}
    assert_the_same_epoch(jax_library, net, Optimizer("adam"), **options)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_epoch_with_each_optimizer(name: str, jax_library: Library) -> None:
    """With clipping, both penalties and all the rest that a step may have."""
    net = example([4, 6, 3], m=STEPS * BATCH, hidden="tanh", output="softmax")
    # An epsilon that counts, so that float32 does not divide rounding errors by each other.
    optimizer = Optimizer(name, beta2=0.9, epsilon=0.01)
    options = {"cost": "categorical_cross_entropy", "clip_norm": 0.5, "dropout": (0.0, 0.3), "l2": 0.5}
    assert_the_same_epoch(jax_library, net, optimizer, l1=0.1, **options)


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_an_epoch_with_epsilon_hat(name: str, jax_library: Library) -> None:
    net = example([4, 6, 1], m=STEPS * BATCH)
    optimizer = Optimizer(name, epsilon=0.01, epsilon_hat=True)
    assert_the_same_epoch(jax_library, net, optimizer, cost="binary_cross_entropy")


@pytest.mark.parametrize("cost", COSTS)
def test_an_epoch_with_each_cost(cost: str) -> None:
    pytest.importorskip("jax")
    softmax = cost == "categorical_cross_entropy"
    net = example([4, 6, 2], m=STEPS * BATCH, output="softmax" if softmax else "sigmoid")
    lib = Library("jax", "float64")
    with lib.ready():
        assert_the_same_epoch(lib, net, Optimizer("momentum"), cost=cost)


@pytest.mark.parametrize("hidden", core.activations.HIDDEN_ACTIVATIONS)
def test_an_epoch_with_each_activation(hidden: str) -> None:
    net = example([4, 6, 1], m=STEPS * BATCH, hidden=hidden)
    lib = Library("jax", "float64")
    with lib.ready():
        assert_the_same_epoch(lib, net, Optimizer(), cost="binary_cross_entropy")


@pytest.mark.parametrize("beta", [0.0, 0.9, 0.999])
@pytest.mark.parametrize("t", [1, 2, 1000, 10**7])
def test_the_correction_of_a_traced_count_has_all_its_digits(
    beta: float, t: int, jax_library: Library
) -> None:
    import jax

    like = jax_library.array([1.0])
    found = jax.jit(lambda t: bias_correction(beta, t, like))(t)
    tolerance = 1e-12 if jax_library.dtype == "float64" else 5e-7
    assert jax_library.owns(found)
    assert float(found) == pytest.approx(1 - beta**t, rel=tolerance)


def test_a_count_may_be_an_array_of_any_library(library: Library) -> None:
    like = library.array([1.0])
    correction = bias_correction(0.999, library.array(3, "int64"), like)
    assert float(correction) == pytest.approx(1 - 0.999**3, rel=library.tolerance)


def test_rates_of_an_epoch_may_be_traced() -> None:
    jax = pytest.importorskip("jax")
    for epoch in (0, 99, 100, 250):
        for rate in (core.update_lr, core.schedule_lr_decay):
            expected = rate(0.5, epoch, 0.3)
            assert float(jax.jit(lambda e, rate=rate: rate(0.5, e, 0.3))(epoch)) == pytest.approx(expected)


def test_one_learning_rate_as_an_array_keeps_the_type(library: Library) -> None:
    """A 0-d array of float64 beside parameters of float32, as `jnp.linspace` gives it."""
    net = example([3, 4, 1])
    parameters = tree_map(library.array, net.parameters)
    grads = {f"d{name}": value for name, value in parameters.items()}
    rate = library.array(0.1, "float64")
    slots = core.initialize_velocity(parameters)
    results = [
        (core.update_parameters(parameters, grads, rate),),
        core.update_parameters_with_momentum(parameters, grads, slots, rate, rate),
        core.update_parameters_with_heavy_ball(parameters, grads, slots, rate, rate),
        core.update_parameters_with_nesterov(parameters, grads, slots, rate, rate),
        core.update_parameters_with_rmsprop(parameters, grads, slots, rate, rate, rate),
        core.update_parameters_with_adamw(parameters, grads, slots, slots, 1, rate, rate, rate, rate, rate),
        (core.weight_penalty_backward(parameters, rate, l2=rate, l1=rate),),
    ]
    for found in results:
        assert all(library.owns(value) for values in found for value in values.values())
    for name, value in results[0][0].items():
        np.testing.assert_allclose(to_numpy(value), 0.9 * net.parameters[name], rtol=1e-6)
