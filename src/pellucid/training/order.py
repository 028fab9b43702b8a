"""Order: the columns of each step of each epoch, and the cost of an epoch from those of its steps."""

from collections.abc import Sequence
from functools import cached_property
from operator import mul
from typing import Any

import numpy as np

from pellucid.engines import Batches

Integers = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, Any]


def epoch_batches(m: int, batch_size: int | None, shuffle_seed: int, epoch: int) -> Batches:
    """The batches of one epoch: shuffled columns in runs of `batch_size`, the last perhaps shorter.

    Args:
        m: number of examples.
        batch_size: examples per batch; None: one batch of everything, in order.
        shuffle_seed: see `TrainingOptions`.
        epoch: counted from 0.
    """
    return Order(m, batch_size, shuffle_seed).batches(epoch, 1)


class Order:
    """The course's order: another permutation in every epoch, computed without those before it.

    Args:
        m: number of examples.
        batch_size: examples per batch; None: one batch of everything, in order.
        shuffle_seed: epoch e permutes by `RandomState((shuffle_seed + 1 + e) % 2**32)`.
        weights: (m,), how much each example counts in an epoch's cost; None: all the same.

    Attributes:
        m: examples in an epoch.
    """

    def __init__(
        self, m: int, batch_size: int | None, shuffle_seed: int = 0, weights: Floats | None = None
    ) -> None:
        self.m = m
        self._size = m if batch_size is None else min(batch_size, m)
        self._shuffled = batch_size is not None
        self._seed = shuffle_seed
        self._weights = weights
        # To seed an old generator takes a twentieth of the time of a new one.
        self._stream = np.random.RandomState(0)
        # Kept from call to call: for the same number of epochs only the columns change.
        self._full = Batches.full(1)
        self._offsets = np.zeros(1, np.int64)
        self._sizes = [float(min(self._size, m - start)) for start in range(0, m, self._size)]

    @property
    def steps_per_epoch(self) -> int:
        """The number of batches in an epoch."""
        return len(self._sizes)

    def batches(self, first: int, count: int) -> Batches:
        """The batches of `count` epochs, from epoch `first` on.

        A training asks for each epoch once, in order, beginning with the epoch of its state.
        """
        if not self._shuffled:
            if len(self._full) != count:
                self._full = Batches.full(count)
            return self._full
        columns = np.empty(count * self.m, np.int64)
        for i in range(count):
            columns[i * self.m : (i + 1) * self.m] = self._permutation(first + i)
        if len(self._offsets) != count * self.steps_per_epoch + 1:
            starts = np.arange(0, self.m, self._size)
            every = (starts + np.arange(count)[:, None] * self.m).ravel()
            self._offsets = np.append(every, count * self.m)
        return Batches(columns, self._offsets, self._size)

    def _permutation(self, epoch: int) -> Integers:
        """The columns of an epoch in their order, (m,)."""
        self._stream.seed((self._seed + 1 + epoch) % 2**32)
        return self._stream.permutation(self.m)

    def described(self) -> dict[str, Any]:
        """What the order follows from, as plain values: the same give the same batches."""
        name = type(self).__qualname__
        return {"name": name, "m": self.m, "steps_per_epoch": self.steps_per_epoch, "seed": self._seed}

    def costs(self, costs: Sequence[float], batches: Batches) -> list[float]:
        """The cost of each epoch: the mean of the costs of its batches, weighted by their examples.

        Args:
            costs: of the batches, epoch by epoch.
            batches: the result of `batches`.
        """
        k = self.steps_per_epoch
        if k == 1:
            return list(costs)
        if self._weights is None or batches.columns is None:
            return [_mean(costs[i : i + k], self._sizes) for i in range(0, len(costs), k)]
        sums = np.add.reduceat(self._weights[batches.columns], batches.offsets[:-1]).tolist()
        return [_mean(costs[i : i + k], sums[i : i + k]) for i in range(0, len(costs), k)]


class WindowOrder(Order):
    """A two-level shuffle for examples in files: runs of rows in a random order, shuffled window by window.

    In every epoch the examples are cut into runs of `run` consecutive ones, at places that differ from
    epoch to epoch; the runs are put into a random order, which is cut into windows, and the examples of
    each window are shuffled. Every example is taken once an epoch. Examples that are further apart than a
    run come into the same window as if their runs were drawn cards; neighbours nearly always do. So the
    share of a class in a window of w / run runs of a sorted file deviates from that in the file by about
    sqrt(p (1 - p) run / w). With a window of all examples it is a permutation as any other.

    A batch never spans two windows, since a window is a whole number of batches. Epoch e draws from
    `RandomState((shuffle_seed + 1 + e) % 2**32)`: it is known without those before it.

    Args:
        m: number of examples.
        batch_size: examples per batch.
        run: consecutive examples in a run.
        window: most examples in a window; at least one batch always is.
        shuffle_seed: see above.
        weights: as of `Order`.

    Attributes:
        window: examples in a window.
    """

    def __init__(
        self,
        m: int,
        batch_size: int,
        *,
        run: int,
        window: int,
        shuffle_seed: int = 0,
        weights: Floats | None = None,
    ) -> None:
        super().__init__(m, batch_size, shuffle_seed, weights)
        self.window = max(1, window // self._size) * self._size
        self._run = max(1, min(run, m))

    def batches(self, first: int, count: int) -> Batches:
        """See `Order.batches`; the columns take four bytes each where that is enough."""
        if count == 1 and self.m < 2**31:
            return Batches(self._permutation(first), self._epoch_offsets, self._size)
        return super().batches(first, count)

    def described(self) -> dict[str, Any]:
        """See `Order.described`."""
        return {**super().described(), "run": self._run, "window": self.window}

    @cached_property
    def _epoch_offsets(self) -> Integers:
        return np.append(np.arange(0, self.m, self._size), self.m)

    def _permutation(self, epoch: int) -> Integers:
        self._stream.seed((self._seed + 1 + epoch) % 2**32)
        starts = np.arange(int(self._stream.randint(self._run)) - self._run, self.m, self._run)
        starts = starts[starts + self._run > 0]
        columns: Integers = np.empty(self.m, np.int32 if self.m < 2**31 else np.int64)
        at = 0
        for start in starts[self._stream.permutation(len(starts))].tolist():
            own = np.arange(max(0, start), min(start + self._run, self.m), dtype=columns.dtype)
            columns[at : at + len(own)] = own
            at += len(own)
        for at in range(0, self.m, self.window):
            self._stream.shuffle(columns[at : at + self.window])
        return columns


def _mean(costs: Sequence[float], sizes: Sequence[float]) -> float:
    # Always summed in this order: the same training has the same costs to the bit.
    return float(sum(map(mul, costs, sizes)) / sum(sizes))
