"""The steps of the JAX engine: the core functions, traced once for a network and compiled.

A `Plan` is all that a compiled function depends on beside the shapes of its arrays. The functions here are
pure: arrays in, arrays out. With several devices each computes on the examples that it holds, and one
all-reduce of one vector per step adds up the gradients, the cost and the weight of the batch.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
from jax import lax
from jax import numpy as jnp
from jax.sharding import Mesh, PartitionSpec

from pellucid.core._arrays import Array
from pellucid.core.activations import activation_named
from pellucid.core.costs import cost_named
from pellucid.core.dropout import dropout_masks
from pellucid.core.regularization import weight_penalty
from pellucid.core.update import clip_gradients
from pellucid.encoded_table import ColumnInputs, EncodedTable
from pellucid.engines.first_layer import model_forward
from pellucid.engines.gradients import cost_gradients, penalties, with_penalty
from pellucid.engines.interface import StepOptions
from pellucid.engines.rules import Slots, apply_update, init_slots
from pellucid.network import Network

Parameters = dict[str, Array]

# The axis of the mesh of devices, along which the examples are divided.
AXIS = "examples"
_SHARED, _EVERYWHERE = PartitionSpec(AXIS), PartitionSpec()

# Examples of a forward pass at a time, on each device, if only its cost is kept.
_BLOCK = 4096


class State(NamedTuple):
    """What a step changes, on every device; see `TrainingState`."""

    parameters: Parameters
    slots: Mapping[str, Mapping[str, Array]]
    update_count: Array
    step_count: Array


class Data(NamedTuple):
    """Examples on the devices, example by example: each device holds a run of neighbours.

    Attributes:
        inputs: the rows (M, n_x); or the values, fractions and codes of an `EncodedTable`.
        Y: (M, n_y).
        weights: (M,), 0 for what only fills a device up; None: all count the same.
        first: (devices,), the number of the first example of each device; None: there is one device.
    """

    inputs: tuple[Array, ...]
    Y: Array
    weights: Array | None
    first: Array | None = None


class Columns(NamedTuple):
    """The columns of several batches, in one shape.

    Attributes:
        rows: (C, devices * width), the examples of each batch among those that a device holds.
        counts: (C, devices): how many of the `width` belong to the batch; the others repeat the last.
        places: (C, devices * width), their columns in the batch, if a mask depends on them; else None.
    """

    rows: Array
    counts: Array
    places: Array | None


class Taken(NamedTuple):
    """The result of `take_steps`.

    Attributes:
        state: after the last step whose cost is finite.
        costs: (C,), those of the steps taken and of the one that failed.
        penalties: (C,), in these costs.
        ended: the step before which it ended: the last, or the one that failed.
        finite: whether all costs are finite.
        updated: the last step that changed the parameters; -1: none.
    """

    state: State
    costs: Array
    penalties: Array
    ended: Array
    finite: Array
    updated: Array


@dataclass(frozen=True)
class Plan:
    """What a compiled function depends on, beside the shapes of its arrays.

    Attributes:
        network: in training.
        options: of each step.
        layout: the inputs of each column of an `EncodedTable`; None: dense inputs.
        compute: the type of number of the products; None: that of the parameters.
        mesh: the devices that divide the examples; None: there is one.
        platform: of the devices, "cpu" or another.
    """

    network: Network
    options: StepOptions
    layout: tuple[ColumnInputs, ...] | None
    compute: str | None
    mesh: Mesh | None
    platform: str

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of the optimizer's slots."""
        return self.options.optimizer.slots

    def first_slots(self, parameters: Parameters) -> Slots:
        """The slots before the first step."""
        return init_slots(self.options.optimizer, parameters)

    def with_layout(self, layout: tuple[ColumnInputs, ...] | None) -> "Plan":
        """The same for inputs of another kind."""
        return replace(self, layout=layout)


def of_steps(network: Network, options: StepOptions) -> StepOptions:
    """The options without those that change no step: they do not make it compile anew."""
    seed = options.dropout_seed if any(network.dropout_rates) else 0
    return StepOptions(options.optimizer, options.clip_norm, seed)


@contextmanager
def exact() -> Iterator[None]:
    """Within it JAX has 64 bits, and multiplies float32 in float32; elsewhere nothing changes."""
    with jax.enable_x64(True), jax.default_matmul_precision("highest"):
        yield


# --- one step, or a part of it, on the examples that a device holds


def _inputs(plan: Plan, inputs: tuple[Array, ...]) -> Any:
    """X (n_x, k) from rows; or a table."""
    return inputs[0].T if plan.layout is None else EncodedTable(plan.layout, *inputs)


def lowered(plan: Plan, parameters: Parameters) -> Parameters:
    """The parameters in the type of number of the products; those of a table's columns are gathered."""
    if plan.compute is None:
        return parameters
    kept = () if plan.layout is None else ("W1", "b1")
    return {
        name: value if name in kept else value.astype(plan.compute) for name, value in parameters.items()
    }


def _forward(plan: Plan, parameters: Parameters, inputs: tuple[Array, ...], masks: Any = None) -> list[Any]:
    """The caches of a forward pass; ZL in the type of number of the parameters."""
    activations = plan.network.activations | {"output_activation": "identity"}
    X = _inputs(plan, inputs)
    _, caches = model_forward(X, lowered(plan, parameters), **activations, masks=masks)
    linear, ZL = caches[-1]
    return [*caches[:-1], (linear, ZL.astype(parameters["W1"].dtype))]


def _masks(plan: Plan, inputs: tuple[Array, ...], step: Array, places: Array | None) -> Any:
    rates = plan.network.dropout_rates
    if not any(rates):
        return None
    like = jnp.zeros((0, inputs[0].shape[0]), plan.compute or inputs[0].dtype)
    seed, dims = plan.options.dropout_seed, plan.network.layer_dims
    masks = dropout_masks(rates, dims, like, seed=seed, step=step, columns=places)
    # A value of its own: fused into what is computed from it, each number would be drawn for each use.
    return lax.optimization_barrier(masks)


def _cost(plan: Plan, ZL: Array, Y: Array, weights: Array | None) -> Array:
    network = plan.network
    return cost_named(network.cost).forward(ZL, Y.T, weights=_row(weights), **network.cost_options)


def _row(weights: Array | None) -> Array | None:
    return None if weights is None else weights[None, :]


def _learned(
    plan: Plan, state: State, data: Data, places: Array | None
) -> tuple[Array, Array, Array, Parameters, Array]:
    """Of one batch: the cost, the penalty in it, its total weight, the gradients, and ZL."""
    parameters = state.parameters
    masks = _masks(plan, data.inputs, state.step_count, places)
    caches = _forward(plan, parameters, data.inputs, masks)
    ZL = caches[-1][1]
    cost = _cost(plan, ZL, data.Y, data.weights)
    found = cost_gradients(plan.network, caches, data.Y.T, _row(data.weights), masks)
    grads = {name: value.astype(parameters["W1"].dtype) for name, value in found.items()}
    count = jnp.asarray(data.Y.shape[0], cost.dtype)
    total = count if data.weights is None else jnp.sum(data.weights)
    if plan.mesh is not None:
        cost, total, grads = _added_up(cost, total, grads)
    penalty = jnp.zeros_like(cost)
    if any(penalties(plan.network).values()):
        penalty = weight_penalty(parameters, total, **penalties(plan.network))
        grads = with_penalty(plan.network, grads, parameters, total)
    if data.weights is not None:
        # Without weight there is no cost, and nothing to divide by.
        cost, penalty = (jnp.where(total != 0, value, 0.0) for value in (cost, penalty))
        grads = {name: jnp.where(total != 0, value, 0.0) for name, value in grads.items()}
    return cost + penalty, penalty, total, grads, ZL


def _added_up(cost: Array, total: Array, grads: Parameters) -> tuple[Array, Array, Parameters]:
    """Means over the examples of each device as means over all: one all-reduce of one vector."""
    parts = [cost[None], *(grads[name].ravel() for name in grads)]
    # A device without a part of the batch has means of nothing.
    means = jnp.where(total != 0, jnp.concatenate(parts) * total, 0.0)
    *sums, total = jnp.split(lax.psum(jnp.concatenate([means, total[None]]), AXIS), [means.size])
    (mean,), total = sums, total[0]
    mean = mean / jnp.where(total != 0, total, 1.0)
    found, start = {}, 1
    for name, value in grads.items():
        found[name] = mean[start : start + value.size].reshape(value.shape)
        start += value.size
    return mean[0], total, found


def _step(plan: Plan, state: State, data: Data, places: Array | None, rate: Array) -> tuple[Any, ...]:
    """The state after a step, the cost and the penalty before it, and whether it changed the parameters."""
    cost, penalty, total, grads, _ = _learned(plan, state, data, places)
    if plan.options.clip_norm is not None:
        grads = clip_gradients(grads, plan.options.clip_norm)
    finite, t = jnp.isfinite(cost), state.update_count + 1
    before = state.parameters, state.slots
    after = apply_update(plan.options.optimizer, *(before[0], grads, before[1]), t, rate)
    changes = finite & (total != 0)
    parameters, slots = jax.tree.map(partial(jnp.where, changes), after, before)
    counts = state.update_count + changes, state.step_count + finite
    return State(parameters, slots, *counts), cost, penalty, changes


def _batch(data: Data, columns: Columns, i: Array) -> tuple[Data, Array | None]:
    """The examples of batch i that this device holds, and their places in the batch."""
    rows = columns.rows[i]
    real = (jnp.arange(rows.shape[0]) < columns.counts[i, 0]).astype(data.Y.dtype)
    weights = real if data.weights is None else real * data.weights[rows]
    inputs = tuple(part[rows] for part in data.inputs)
    return Data(inputs, data.Y[rows], weights), None if columns.places is None else columns.places[i]


def _own_places(plan: Plan, data: Data) -> Array | None:
    """The columns that a device's examples are of the batch of all examples; None: those they are here."""
    if data.first is None or not any(plan.network.dropout_rates):
        return None
    return data.first[0] + jnp.arange(data.Y.shape[0], dtype=data.first.dtype)


# --- compiled functions


def _take_steps(
    plan: Plan, state: State, data: Data, columns: Columns | None, rates: Array, first: Array, last: Array
) -> Taken:
    """Steps `first` to `last` of some batches; with a cost that is not finite it ends before its step."""

    def goes_on(so_far: Taken) -> Array:
        return (so_far.ended < last) & so_far.finite

    def take(so_far: Taken) -> Taken:
        i = so_far.ended
        batch, places = (data, _own_places(plan, data)) if columns is None else _batch(data, columns, i)
        state, cost, penalty, changes = _step(plan, so_far.state, batch, places, rates[i])
        finite = jnp.isfinite(cost)
        return Taken(
            state,
            so_far.costs.at[i].set(cost),
            so_far.penalties.at[i].set(penalty),
            i + finite,
            finite,
            jnp.where(changes, i, so_far.updated),
        )

    none = jnp.zeros(rates.shape, data.Y.dtype)
    start = Taken(state, none, none, first, jnp.asarray(True), jnp.full_like(first, -1))
    taken: Taken = lax.while_loop(goes_on, take, start)
    return taken


def _gradient_of_all(plan: Plan, state: State, data: Data) -> tuple[Array, Array, Parameters, Array]:
    """The cost, the penalty, the gradients and AL (n_y, M) of all examples."""
    cost, penalty, _, grads, ZL = _learned(plan, state, data, _own_places(plan, data))
    AL, _ = activation_named(plan.network.output_activation).forward(ZL)
    return cost, penalty, grads, _gathered(plan, AL)


def _cost_of_all(plan: Plan, state: State, data: Data) -> Array:
    """The cost of all examples without dropout, with the penalty; block by block."""
    M = data.Y.shape[0]
    size = min(M, _BLOCK)

    def add(i: Array, sums: Array) -> Array:
        start = jnp.minimum(i * size, M - size)
        part = partial(lax.dynamic_slice_in_dim, start_index=start, slice_size=size)
        inputs, Y = tuple(part(array) for array in data.inputs), part(data.Y)
        # The last block reaches back to examples that were counted before.
        weights = (start + jnp.arange(size) >= i * size).astype(Y.dtype)
        weights = weights if data.weights is None else weights * part(data.weights)
        ZL = _forward(plan, state.parameters, inputs)[-1][1]
        total = jnp.sum(weights)
        return sums + jnp.where(total != 0, jnp.stack([_cost(plan, ZL, Y, weights) * total, total]), 0.0)

    sums = lax.fori_loop(0, -(-M // size), add, jnp.zeros(2, data.Y.dtype))
    sums = sums if plan.mesh is None else lax.psum(sums, AXIS)
    total = jnp.where(sums[1] != 0, sums[1], 1.0)
    penalty = weight_penalty(state.parameters, total, **penalties(plan.network))
    return jnp.where(sums[1] != 0, sums[0] / total + penalty, 0.0)


def _answers(plan: Plan, state: State, inputs: tuple[Array, ...]) -> tuple[Array, Array]:
    """AL and ZL (n_y, M) of some examples."""
    ZL = _forward(plan, state.parameters, inputs)[-1][1]
    AL, _ = activation_named(plan.network.output_activation).forward(ZL)
    return _gathered(plan, AL), _gathered(plan, ZL)


def _gathered(plan: Plan, columns: Array) -> Array:
    """The columns of all devices, on each of them."""
    return columns if plan.mesh is None else lax.all_gather(columns, AXIS, axis=1, tiled=True)


# In a loop on a CPU these fuse the rounds of Philox into one expression, and repeat most of it for every
# number: three hundred times slower, and twice as long to compile.
_ON_CPU = {"xla_cpu_use_fusion_emitters": False}


# A training needs three functions; a search or a sweep those of many networks.
@lru_cache(maxsize=64)
def _compiled(function: Callable[..., Any], plan: Plan, *shared: PartitionSpec) -> Any:
    whole = partial(function, plan)
    options = _ON_CPU if plan.platform == "cpu" else None
    if plan.mesh is None:
        return jax.jit(whole, compiler_options=options)
    # Everything that leaves is the same on each device.
    specs = {"mesh": plan.mesh, "in_specs": shared, "out_specs": _EVERYWHERE}
    return jax.jit(jax.shard_map(whole, **specs, check_vma=False), compiler_options=options)


def take_steps(plan: Plan) -> Callable[..., Taken]:
    """`_take_steps`, compiled: `(state, data, columns, rates, first, last)`."""
    by_column = PartitionSpec(None, AXIS)
    others = [_EVERYWHERE] * 3
    return _compiled(_take_steps, plan, _EVERYWHERE, _SHARED, by_column, *others)  # type: ignore[no-any-return]


def gradient_of_all(plan: Plan) -> Callable[..., Any]:
    """`_gradient_of_all`, compiled: `(state, data)`."""
    return _compiled(_gradient_of_all, plan, _EVERYWHERE, _SHARED)  # type: ignore[no-any-return]


def cost_of_all(plan: Plan) -> Callable[..., Array]:
    """`_cost_of_all`, compiled: `(state, data)`."""
    return _compiled(_cost_of_all, plan, _EVERYWHERE, _SHARED)  # type: ignore[no-any-return]


def answers(plan: Plan) -> Callable[..., Any]:
    """`_answers`, compiled: `(state, inputs)`."""
    return _compiled(_answers, plan, _EVERYWHERE, _SHARED)  # type: ignore[no-any-return]
