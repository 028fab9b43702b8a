"""A session of the JAX engine: the steps of `jax_step` on the devices, called as the contract says."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np
from jax import numpy as jnp

from pellucid.core._arrays import Array, as_numpy, first_non_finite
from pellucid.encoded_table import EncodedTable
from pellucid.engines.divergence import culprit, diverged
from pellucid.engines.interface import (
    Batches,
    Costs,
    Gradient,
    Integers,
    Parameters,
    Session,
    StepOptions,
    TrainingState,
    is_read,
)
from pellucid.engines.jax_shares import Block, Rows, Shares, devices_of, filled, room_for
from pellucid.engines.jax_step import (
    Data,
    Plan,
    State,
    Taken,
    answers,
    cost_of_all,
    exact,
    gradient_of_all,
    of_steps,
    take_steps,
)
from pellucid.errors import DivergenceError
from pellucid.examples import Columns, Examples
from pellucid.network import Network

# Seconds that one call of a compiled function should take: Ctrl-C waits for it.
_SECONDS = 0.1

# Examples of a forward pass at a time, on each device.
_BLOCK = 4096


@dataclass(frozen=True)
class _Steps:
    """Steps that a compiled function takes: its arguments, so that they can be taken once more."""

    plan: Plan
    state: State
    data: Data
    block: Block
    rates: Array

    def taken(self, first: int, last: int) -> Taken:
        steps = (np.int32(first), np.int32(last))
        return take_steps(self.plan)(self.state, self.data, self.block.columns, self.rates, *steps)


@dataclass(frozen=True)
class _Before:
    """The state before the last step that changed the parameters: `until` of steps that were taken."""

    steps: _Steps
    first: int
    until: int

    def state(self) -> State:
        if self.until == self.first:
            return self.steps.state
        return self.steps.taken(self.first, self.until).state


@dataclass(frozen=True)
class _At:
    """Where a session is: set at once, so that any thread may read it.

    Attributes:
        state: on the devices.
        before: the last state whose cost was finite.
        steps: the step count of `state`.
    """

    state: State
    before: State | _Before
    steps: int


class JaxSession(Session):
    """Steps of compiled core functions, many in a call.

    A step makes new arrays. So `state` need not wait for the call in progress: it is that after the last
    steps that are complete.
    """

    _at: _At

    def __init__(
        self,
        network: Network,
        examples: Examples,
        state: TrainingState,
        options: StepOptions,
        *,
        compute: str | None,
        devices: int | None,
    ) -> None:
        self._network = network
        self._shares = Shares(devices_of(devices))
        self._dtype = np.dtype(str(examples.X.dtype))
        self._gives_jax = isinstance(examples.X, jax.Array)
        self._compute = compute
        platform = self._shares.devices[0].platform
        self._plan = Plan(network, of_steps(network, options), None, compute, self._shares.mesh, platform)
        self._capacity = 0
        self._evaluated: tuple[Any, list[tuple[tuple[Array, ...], Integers]]] = (None, [])
        # Of a step. The first call for a shape compiles, and tells nothing.
        self._seconds = _SECONDS
        self._compiled: set[Any] = set()
        # Steps that were begun; and whether one of several processes has ended the training.
        self._begun, self._ended = 0, False
        self.feed(examples)
        self.restore(state)

    @contextmanager
    def _on_devices(self) -> Iterator[None]:
        """JAX's own errors in our words, and its numbers in the types that were asked for."""
        try:
            with exact():
                yield
        # The same failure is a ValueError where it comes to light as a result is read.
        except (jax.errors.JaxRuntimeError, ValueError) as error:
            if "RESOURCE_EXHAUSTED" in str(error):
                raise MemoryError(f"on the devices: {str(error).partition(chr(10))[0]:.200}") from error
            if not self._shares.is_divided_among_processes:
                raise
            from pellucid.engines.jax_processes import lost

            raise (lost(error) or error) from error

    # --- examples

    def feed(self, examples: Examples) -> None:
        """See `Session.feed`."""
        m = examples.m
        with self._on_devices():
            # Fewer examples than before have the same shape on the devices.
            self._capacity = max(self._capacity, self._shares.capacity(m))
            self._data = self._placed(examples, self._capacity)
        self._examples = examples
        self._whole: Data | None = self._data if self._capacity == self._shares.capacity(m) else None
        self._plan = self._plan.with_layout(_layout(examples.X))

    def _all(self) -> Data:
        """The examples in their own shape: for steps on all of them."""
        if self._whole is None:
            self._whole = self._placed(self._examples, self._shares.capacity(self._examples.m))
        return self._whole

    def _placed(self, examples: Examples, capacity: int) -> Data:
        """Examples on the devices."""
        divided, m = self._shares.divided, examples.m
        # Copied: only the inputs are known not to change.
        Y = np.array(as_numpy(examples.Y).T, self._dtype)
        weights = None
        if examples.weights is not None:
            weights = np.array(as_numpy(examples.weights)[0], self._dtype)
        elif self._shares.count * capacity != m:
            weights = np.ones(m, self._dtype)
        return Data(
            tuple(divided(rows, m, capacity) for rows in self._rows(examples.X)),
            divided(lambda part: Y[part], m, capacity),
            None if weights is None else divided(lambda part: weights[part], m, capacity, zeros=True),
            self._shares.firsts(m),
        )

    def _rows(self, X: Any) -> list[Rows]:
        """What gives the inputs of some examples row by row, as `Data` holds them."""
        kind = jnp.dtype(self._compute or self._dtype)
        if isinstance(X, EncodedTable):
            table = X.astype(self._dtype)
            arrays = (table.values, table.fractions, table.codes.astype(np.int32, copy=False))
            return [lambda part, rows=rows: rows[part] for rows in arrays]  # type: ignore[misc] # each its own
        if isinstance(X, Columns):
            return [lambda part: X.dense(part).T.astype(kind, copy=False)]
        rows = X.T if self._shares.count == 1 else as_numpy(X).T
        return [lambda part: rows[part].astype(kind, copy=False)]

    def takes(self, X: Any) -> bool:
        """See `Session.takes`."""
        return is_read(X) or self._shares.is_divided_among_processes

    # --- steps

    def advance(self, batches: Batches, learning_rates: float | Sequence[float]) -> Costs:
        """See `Session.advance`."""
        rates = np.broadcast_to(np.asarray(learning_rates, np.float64), (len(batches),))
        costs = Costs([], [])
        placed = any(self._network.dropout_rates)
        self._begun = self._at.steps + len(batches)
        with self._on_devices():
            for block in self._shares.blocks(batches, self._examples.m, placed=placed):
                data = self._all() if block.columns is None else self._data
                of_block = filled(rates[block.first : block.last], block.capacity)
                steps = _Steps(self._plan, self._at.state, data, block, self._shares.everywhere(of_block))
                self._take(steps, costs, batches)
        return costs

    def _take(self, steps: _Steps, costs: Costs, batches: Batches) -> None:
        """Take the steps of a block, some in a call, and add their costs."""
        first, count = 0, steps.block.last - steps.block.first
        while first < count:
            last = first + self._at_a_time(count - first)
            steps = replace(steps, state=self._at.state)
            began = time.perf_counter()
            taken = steps.taken(first, last)
            self._wait(taken.ended, last - first)
            ended, updated = int(taken.ended), int(taken.updated)
            before = _Before(steps, first, updated) if updated > first else self._at.before
            before = steps.state if updated == first else before
            self._at = _At(taken.state, before, self._at.steps + ended - first)
            of_steps, of_penalties = np.asarray(taken.costs), np.asarray(taken.penalties)
            costs.cost.extend(of_steps[first:ended].tolist())
            costs.penalty.extend(of_penalties[first:ended].tolist())
            if ended < last:
                failed = steps.block.first + ended
                columns = batches.part(failed, failed + 1).columns
                raise self._diverged("the cost became {cost} at iteration {step}", of_steps[ended], columns)
            shapes = steps.block.capacity, steps.data.Y.shape, steps.block.columns is None
            if shapes in self._compiled:
                self._seconds = (time.perf_counter() - began) / (last - first)
            self._compiled.add(shapes)
            first = last

    def _at_a_time(self, left: int) -> int:
        """How many of the steps that are left to take in one call of the compiled function.

        The last step is a call of its own: the state before it need not be kept beside that after it, as
        one that a divergence goes back to, by any other.
        """
        most = max(1, left - 1)
        if self._shares.is_divided_among_processes:
            # The clocks of the processes differ, and all have to make the same calls.
            return most
        return max(1, min(most, int(_SECONDS / self._seconds)))

    def _wait(self, result: jax.Array, steps: int) -> None:
        """Wait for a result; for a slow one in naps, between which Ctrl-C takes effect."""
        nap = steps * self._seconds / 100
        while nap > 1e-3 and not result.is_ready():
            time.sleep(min(nap, 0.01))
        jax.block_until_ready(result)

    def _diverged(
        self, event: str, cost: Any, columns: Integers | None = None, *, seek: bool = True
    ) -> DivergenceError:
        """The error; the session goes back to the last parameters whose cost was finite."""
        at, clause = self._at, ""
        if seek:
            parameters = {name: np.asarray(value) for name, value in at.state.parameters.items()}
            X, of_batch = self._examples.X, self._shares.own_columns(columns, self._examples.m)
            X = X if isinstance(X, Columns) else as_numpy(X)
            clause = culprit(self._network, parameters, X, of_batch)
        with self._on_devices():
            before = at.before.state() if isinstance(at.before, _Before) else at.before
        before = before._replace(step_count=at.state.step_count)
        self._at = _At(before, before, at.steps)
        sentence = event.format(cost=float(cost), step=at.steps) + clause
        return diverged(sentence, at.steps, self._given(before.parameters))

    # --- values at the present parameters

    def gradient(self, parameters: Mapping[str, Array]) -> Gradient:
        """See `Session.gradient`."""
        with self._on_devices():
            state = self._at.state._replace(parameters=self._shares.everywhere(self._own(parameters)))
            self._at = _At(state, state, self._at.steps)
            cost, penalty, grads, AL = gradient_of_all(self._plan)(state, self._all())
            m = self._examples.m
            AL = np.asarray(AL)[:, self._shares.columns_of(m, self._shares.capacity(m))]
            outputs = jnp.asarray(AL) if self._gives_jax else AL
            return Gradient(float(cost), float(penalty), self._given(grads, "d"), outputs)

    def evaluate(self, examples: Examples) -> tuple[float, Array]:
        """See `Session.evaluate`. The last inputs stay on the devices until others are evaluated."""
        with self._on_devices():
            if self._evaluated[0] is not examples.X:
                self._evaluated = examples.X, self._blocks_of(examples.X)
            forward = answers(self._plan.with_layout(_layout(examples.X)))
            found = []
            for inputs, columns in self._evaluated[1]:
                AL, ZL = forward(self._at.state, inputs)
                found.append((np.asarray(AL)[:, columns], np.asarray(ZL)[:, columns]))
            AL, ZL = (np.concatenate(blocks, axis=1) for blocks in zip(*found, strict=True))
            Y = np.asarray(as_numpy(examples.Y), self._dtype)
            weights = None if examples.weights is None else as_numpy(examples.weights)
            # An overflow shows in the cost.
            with np.errstate(over="ignore", invalid="ignore"):
                cost = self._network.answers_cost(ZL, Y, weights)
            return cost, jnp.asarray(AL) if self._gives_jax else AL

    def _blocks_of(self, X: Any) -> list[tuple[tuple[Array, ...], Integers]]:
        """Inputs on the devices, block by block, and where the examples are in the answers to them."""
        shares, m, rows = self._shares, X.shape[1], self._rows(X)
        blocks = []
        for start in range(0, max(m, 1), _BLOCK * shares.count):
            size = min(m - start, _BLOCK * shares.count)
            capacity = min(_BLOCK, room_for(shares.capacity(size)))
            inputs = tuple(
                shares.divided(
                    lambda part, of=of, start=start: of(slice(start + part.start, start + part.stop)),  # type: ignore[misc] # each its own
                    size,
                    capacity,
                )
                for of in rows
            )
            blocks.append((inputs, shares.columns_of(size, capacity)))
        return blocks

    def finish(self) -> Parameters:
        """See `Session.finish`."""
        at = self._at
        for name, value in at.state.parameters.items():
            if first_non_finite(np.asarray(value)) is not None:
                event = f"{name} is no longer finite after iteration {at.steps - 1}"
                raise self._diverged(event, math.nan, seek=False)
        with self._on_devices():
            cost = float(cost_of_all(self._plan)(at.state, self._all()))
        if not math.isfinite(cost):
            raise self._diverged("the cost became {cost} at iteration {step}, after the last step", cost)
        return self._given(at.state.parameters)

    # --- the state

    def state(self) -> TrainingState:
        """See `Session.state`."""
        at = self._at
        slots = {slot: self._given(at.state.slots[slot], "d") for slot in self._plan.slots}
        return TrainingState(self._given(at.state.parameters), slots, int(at.state.update_count), at.steps)

    def steps_taken(self) -> int:
        """See `Session.steps_taken`. A step that was begun together is taken by the other processes."""
        return self._begun if self._shares.is_divided_among_processes else self._at.steps

    def agreed(self, steps: int) -> int:
        """See `Session.agreed`: process 0 decides, and any may end the training."""
        if not self._shares.is_divided_among_processes:
            return steps
        with self._on_devices():
            steps, ends = self._shares.exchanged(steps if jax.process_index() == 0 else 0, 0)
        if ends:
            self._ended = True
            raise KeyboardInterrupt
        # From here on Ctrl-C waits until they are taken, as the other processes take them.
        self._begun = self._at.steps + 1
        return steps

    def end_for_all(self) -> None:
        """See `Session.end_for_all`."""
        if self._shares.is_divided_among_processes and not self._ended:
            self._ended = True
            with self._on_devices():
                self._shares.exchanged(0, 1)

    def restore(self, state: TrainingState) -> None:
        """See `Session.restore`."""
        parameters = self._own(state.parameters)
        slots = {slot: self._own(arrays) for slot, arrays in state.slots.items()}
        counts = np.int64(state.update_count), np.int64(state.step_count)
        found = State(parameters, slots or self._plan.first_slots(parameters), *counts)
        with self._on_devices():
            found = self._shares.everywhere(found)
        self._at = _At(found, found, int(state.step_count))
        self._begun = self._at.steps

    def _own(self, arrays: Mapping[str, Array]) -> dict[str, Any]:
        """Arrays of any library as NumPy's, of the type of the training."""
        return {name: np.asarray(as_numpy(value), self._dtype) for name, value in arrays.items()}

    def _given(self, arrays: Mapping[str, jax.Array], prefix: str = "") -> dict[str, Any]:
        """Arrays of the devices as the caller's library has them."""
        # As a dictionary leaves a compiled function its keys are sorted.
        names = [prefix + name for name in self._network.parameter_shapes]
        if self._gives_jax:
            return {name: arrays[name] for name in names}
        return {name: np.array(arrays[name]) for name in names}


def _layout(X: Any) -> Any:
    return X.layout if isinstance(X, EncodedTable) else None
