"""How examples and batches are divided among devices, and brought there.

Device d of D holds the examples d m // D to (d + 1) m // D, whatever the batches are; with several
processes each reads and holds those of its own devices. Every process knows the order of all batches, and
each device computes on those examples of a batch that it holds. So the batches are the same ones on any
number of devices and processes.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from pellucid.engines.interface import Batches
from pellucid.engines.jax_step import AXIS, Columns
from pellucid.errors import OptionError

Floats = np.ndarray[Any, Any]
Integers = np.ndarray[Any, Any]

# Gives the examples of a slice, row by row.
Rows = Callable[[slice], Floats]

# The most steps of one call of the compiled function, and the most indices of their batches.
_MOST_STEPS, _MOST_INDICES = 256, 2**18

# The least width of a batch of an unknown order: small ones share a shape.
_LEAST_WIDTH = 16


class Block(NamedTuple):
    """Some steps whose batches have one shape.

    Attributes:
        first, last: which of the batches they are.
        columns: of these batches; None: all examples in each.
        capacity: the number of steps that the shape has room for.
    """

    first: int
    last: int
    columns: Columns | None
    capacity: int


@dataclass(frozen=True)
class Shares:
    """Devices that divide examples among them.

    Attributes:
        devices: of all processes, those of each process beside each other.
    """

    devices: tuple[Any, ...]

    @property
    def count(self) -> int:
        """The number of devices."""
        return len(self.devices)

    @property
    def mesh(self) -> Mesh | None:
        """The devices as `jax.shard_map` takes them; None: there is one."""
        return None if self.count == 1 else Mesh(np.array(self.devices), (AXIS,))

    @property
    def own(self) -> slice:
        """Which of the devices are those of this process."""
        mine = [d for d, device in enumerate(self.devices) if device.process_index == jax.process_index()]
        return slice(mine[0], mine[-1] + 1)

    @property
    def is_divided_among_processes(self) -> bool:
        """Whether some of the devices are those of other processes."""
        return len({device.process_index for device in self.devices}) > 1

    def starts(self, m: int) -> Integers:
        """The first example of each device, and m: (devices + 1,)."""
        return np.arange(self.count + 1, dtype=np.int64) * m // self.count

    def own_examples(self, m: int) -> slice:
        """The examples that the devices of this process hold."""
        starts, own = self.starts(m), self.own
        return slice(int(starts[own.start]), int(starts[own.stop]))

    def own_columns(self, columns: Integers | None, m: int) -> Integers | None:
        """Those of some columns that this process holds; None: all."""
        if not self.is_divided_among_processes:
            return columns
        own = self.own_examples(m)
        chosen: Integers = np.arange(m) if columns is None else columns
        held: Integers = chosen[(chosen >= own.start) & (chosen < own.stop)]
        return held

    def everywhere(self, values: Any) -> Any:
        """Arrays, in a tree, on every device; copied."""
        if self.mesh is None:
            return jax.tree.map(lambda array: jax.device_put(np.array(array), self.devices[0]), values)
        whole = NamedSharding(self.mesh, PartitionSpec())
        return jax.tree.map(
            lambda array: jax.make_array_from_process_local_data(whole, np.array(array)), values
        )

    def divided(self, rows: Rows, m: int, capacity: int, *, zeros: bool = False) -> jax.Array:
        """An array of m examples, example by example, each device's share on it.

        Args:
            rows: gives those of a slice, (k, ...).
            m: examples.
            capacity: the examples that each device has room for.
            zeros: fill up with zeros; else with the last example of each device.
        """
        if self.mesh is None and capacity == m:
            return jax.device_put(rows(slice(0, m)), self.devices[0])
        starts, mine = self.starts(m), self.own_examples(m)
        read = rows(mine)
        parts = [
            filled(read[starts[d] - mine.start : starts[d + 1] - mine.start], capacity, zeros=zeros)
            for d in range(self.own.start, self.own.stop)
        ]
        return self._placed(np.concatenate(parts), axis=0)

    def columns_of(self, m: int, capacity: int) -> Integers:
        """(m,), where the examples are in an array that `divided` made."""
        sizes = np.diff(self.starts(m))
        return np.concatenate([d * capacity + np.arange(size) for d, size in enumerate(sizes)])

    def capacity(self, m: int) -> int:
        """The largest number of examples on a device."""
        return -(-m // self.count)

    def _placed(self, own: Floats, axis: int) -> jax.Array:
        """An array of which this process has the part of its devices, divided along an axis."""
        if self.mesh is None:
            return jax.device_put(own, self.devices[0])
        sharding = NamedSharding(self.mesh, PartitionSpec(*[None] * axis, AXIS))
        shape = list(own.shape)
        shape[axis] = shape[axis] * self.count // (self.own.stop - self.own.start)
        return jax.make_array_from_process_local_data(sharding, own, tuple(shape))

    def exchanged(self, *numbers: int) -> list[int]:
        """The greatest of what each process gives, for each of some numbers."""
        own = np.tile(np.array(numbers, np.int64), (self.own.stop - self.own.start, 1))
        assert self.mesh is not None
        return np.asarray(_greatest(self.mesh)(self._placed(own, axis=0))).tolist()  # type: ignore[no-any-return]

    def firsts(self, m: int) -> jax.Array | None:
        """(devices,), the first example of each; None: there is one device."""
        if self.mesh is None:
            return None
        return self._placed(self.starts(m)[:-1][self.own].astype(np.int32), axis=0)

    def blocks(self, batches: Batches, m: int, *, placed: bool) -> Iterator[Block]:
        """The batches in order, cut where their shape changes or is full.

        The shape of a batch depends on it alone, and so do the bits of its step, in whatever calls.

        Args:
            batches: of examples 0 .. m - 1.
            m: examples.
            placed: whether the columns' places in the batch are needed.
        """
        if batches.columns is None:
            for first in range(0, len(batches), _MOST_STEPS):
                yield Block(first, min(first + _MOST_STEPS, len(batches)), None, _MOST_STEPS)
            return
        division = _Division.of(batches, self.starts(m))
        widths = self._widths(np.diff(batches.offsets), division.counts.max(axis=1), batches.width)
        first = 0
        while first < len(batches):
            width = int(widths[first])
            capacity = max(1, min(_MOST_STEPS, _MOST_INDICES // (width * self.count)))
            other = np.flatnonzero(widths[first : first + capacity] != width)
            last = first + (int(other[0]) if len(other) else min(capacity, len(batches) - first))
            yield Block(
                *(first, last, self._columns(division, first, last, width, capacity, placed)), capacity
            )
            first = last

    def _widths(self, sizes: Integers, most: Integers, largest: int | None) -> Integers:
        """How many columns of each batch a device has room for, (k,).

        Args:
            sizes: of the batches, (k,).
            most: the most columns of each batch that a device holds, (k,).
            largest: the largest size of a batch of their order; None: unknown.
        """
        whole = np.full(len(sizes), largest) if largest else np.array([*map(room_for, sizes)])
        # A device holds a random part of a shuffled batch: three standard deviations above its mean hold
        # nearly all of them. A batch that does not fit has a shape of its own.
        share = whole / self.count
        usual = np.ceil(share + 3 * np.sqrt(share)).astype(np.int64) if self.count > 1 else whole
        factors = 2 ** np.ceil(np.log2(np.maximum(most, 1) / usual).clip(min=0)).astype(np.int64)
        widths: Integers = np.minimum(usual * factors, np.maximum(whole, most))
        return widths

    def _columns(
        self, division: "_Division", first: int, last: int, width: int, capacity: int, placed: bool
    ) -> Columns:
        rows, counts, places = division.padded(first, last, width, self.own)
        arrays = [rows, counts, *([places] if placed and self.count > 1 else [])]
        room = [filled(array, capacity) for array in arrays]
        on_devices = [self._placed(array, axis=1) for array in room]
        return Columns(*on_devices, *[None] * (3 - len(on_devices)))


class _Division(NamedTuple):
    """The columns of batches, sorted by batch and by the device that holds them.

    Attributes:
        rows: (N,) their places among the examples of that device.
        places: (N,) their places in the batch.
        counts: (k, devices).
        offsets: (k, devices): where each part begins.
    """

    rows: Integers
    places: Integers
    counts: Integers
    offsets: Integers

    @classmethod
    def of(cls, batches: Batches, starts: Integers) -> "_Division":
        """Divide batches among devices whose examples begin at `starts`."""
        assert batches.columns is not None
        columns, D = np.asarray(batches.columns, np.int64), len(starts) - 1
        sizes = np.diff(batches.offsets)
        places = np.arange(len(columns)) - np.repeat(batches.offsets[:-1], sizes)
        if D == 1:
            return cls(columns, places, sizes[:, None], batches.offsets[:-1, None])
        owner = np.searchsorted(starts, columns, side="right") - 1
        part = np.repeat(np.arange(len(sizes)), sizes) * D + owner
        order = np.argsort(part, kind="stable")
        counts = np.bincount(part, minlength=len(sizes) * D)
        offsets = np.append(0, np.cumsum(counts)[:-1])
        by_device = (len(sizes), D)
        return cls(
            (columns - starts[owner])[order],
            *(places[order], counts.reshape(by_device), offsets.reshape(by_device)),
        )

    def padded(self, first: int, last: int, width: int, own: slice) -> tuple[Integers, Integers, Integers]:
        """Rows (k, own * width), counts (k, own) and places (k, own * width) of some batches.

        A part that is shorter than `width` repeats its last column: whatever the numbers, it adds none that
        are not finite to a batch in which all are.
        """
        counts, offsets = self.counts[first:last, own], self.offsets[first:last, own]
        within = np.minimum(np.arange(width), np.maximum(counts - 1, 0)[..., None])
        # A part without columns takes any.
        chosen = np.minimum(offsets[..., None] + within, len(self.rows) - 1)
        some = (counts > 0)[..., None]
        rows, places = (
            np.where(some, array[chosen], 0).reshape(last - first, -1).astype(np.int32)
            for array in (self.rows, self.places)
        )
        return rows, counts.astype(np.int32), places


def filled(rows: Floats, count: int, *, zeros: bool = False) -> Floats:
    """Rows (count, ...), of which the further ones repeat the last, or are zeros."""
    missing = count - len(rows)
    if not missing:
        return rows
    last = rows[-1:] if len(rows) and not zeros else np.zeros((1, *rows.shape[1:]), rows.dtype)
    return np.concatenate([rows, np.repeat(last, missing, axis=0)])


def room_for(count: int) -> int:
    """A power of two, so that few shapes serve all numbers of examples."""
    return int(max(_LEAST_WIDTH, 2 ** math.ceil(math.log2(max(count, 1)))))


@cache
def _greatest(mesh: Mesh) -> Any:
    everywhere = NamedSharding(mesh, PartitionSpec())
    return jax.jit(lambda numbers: numbers.max(axis=0), out_shardings=everywhere)


def described_devices(count: int | None) -> str:
    """What computes: the version of JAX, and how many devices of what kind.

    Args:
        count: devices of this process; None: all devices of all processes.
    """
    many = len(jax.devices()) if count is None else count
    return f"JAX {jax.__version__}, {many} {jax.default_backend()} device{'s' if many > 1 else ''}"


def devices_of(count: int | None) -> tuple[Any, ...]:
    """The devices that train: all of them, or the first `count` of this process.

    Raises:
        OptionError: it has fewer.
    """
    if count is None:
        return tuple(jax.devices())
    own = jax.local_devices()
    if count > len(own):
        raise OptionError(
            f"devices is {count} and this process has {len(own)}; expected at most {len(own)}"
        )
    return tuple(own[:count])
