"""Streaming: the blocks of examples that lie in files, each read while the engine trains on the one before.

Two blocks are in memory at any time, that of the present steps and the next one, in arrays that are filled
again and again. A block is the batches of one window of the order, or as many batches as fit.
"""

import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from pellucid.core._arrays import as_numpy
from pellucid.engines import Batches
from pellucid.errors import TooLargeError
from pellucid.examples import Examples, Integers
from pellucid.machine import shown_bytes
from pellucid.network import Network
from pellucid.optimizer import Optimizer
from pellucid.stored import Stored
from pellucid.training.memory import needed_bytes
from pellucid.training.order import Order, WindowOrder

# Of a block, if memory allows: long beside a call of the engine, and enough runs to shuffle.
_BLOCK_BYTES = 64 << 20
# In a window: with fewer, a sorted file is mixed badly.
_FEWEST_RUNS = 64
# Of each example of a block, for its places in the files and in the block, while it is read.
_INDEX_BYTES = 40
# Of each example, for its place in the order of an epoch, in a part of the data, and in its file.
_PLACE_BYTES = 24
# Of the memory, for what is read, scaled and evaluated in between.
_KEPT_SHARE = 4
# What a block of sparse numbers takes in an engine beside the block: half of it at most.
_ENGINE_SHARE = 1.5


class Block(NamedTuple):
    """Examples that were read, and the batches on them.

    Attributes:
        examples: in memory.
        columns: the places in it of all its batches, one after the other.
    """

    examples: Examples
    columns: Integers


class Stream:
    """The blocks of a training, in the order of its batches; one thread asks for them.

    Args:
        examples: checked, X is `Stored`.
        at_a_time: most examples in a block; at least one batch always is.
    """

    def __init__(self, examples: Examples, at_a_time: int) -> None:
        self._examples, self._at_a_time = examples, at_a_time
        self._X: Stored = examples.X
        self._drawn: Batches | None = None
        self._edges = np.zeros(1, np.int64)
        # The arrays of the present block, and those that the next one is read into.
        self._rooms: list[tuple[np.ndarray[Any, Any], ...] | None] = [None, None]
        self._present: tuple[int, Block] | None = None
        self._ahead: _Reading | None = None

    def blocks(self, drawn: Batches, first: int, last: int) -> Iterator[tuple[Block, Batches]]:
        """The blocks of some batches, each with its batches among these, as columns of the block.

        While one block is worked on the next is read.

        Args:
            drawn: batches that were drawn together; the blocks depend on all of them.
            first: the first of those to take.
            last: the end of those to take.

        Raises:
            DataError: the files cannot be read.
        """
        if drawn is not self._drawn:
            self._drop()
            self._drawn, self._edges = drawn, self._cut(drawn)
        while first < last:
            place = int(np.searchsorted(self._edges, first, "right")) - 1
            block = self._get(place)
            end = min(last, int(self._edges[place + 1]))
            own = drawn.offsets[first : end + 1]
            start = drawn.offsets[self._edges[place]]
            columns = block.columns[own[0] - start : own[-1] - start]
            yield block, Batches(columns, own - own[0], drawn.width)
            # Only now: an engine may look back at the block before until it has taken a step on this one.
            if self._ahead is None and place + 2 < len(self._edges):
                self._ahead = self._begun(place + 1)
            first = end

    def _cut(self, drawn: Batches) -> Integers:
        """The batches that each block begins with, and their number: as many in a block as fit."""
        edges = [0]
        while edges[-1] < len(drawn):
            most = drawn.offsets[edges[-1]] + self._at_a_time
            edges.append(max(edges[-1] + 1, int(np.searchsorted(drawn.offsets, most, "right")) - 1))
        return np.array(edges)

    def _get(self, place: int) -> Block:
        if self._present is not None and self._present[0] == place:
            return self._present[1]
        ahead = self._ahead
        if ahead is None or ahead.place != place:
            self._drop()
            ahead = self._ahead = self._begun(place)
        # Ctrl-C while it waits leaves the thread at work, and the block to the next call.
        ahead.wait()
        self._ahead = None
        block = ahead.result()
        self._present = place, block
        self._rooms.reverse()
        return block

    def _drop(self) -> None:
        """Forget the blocks: the next ones are of other batches."""
        if self._ahead is not None:
            self._ahead.wait()
        self._present = self._ahead = None

    def _begun(self, place: int) -> "_Reading":
        assert self._drawn is not None  # `blocks` saw to it
        first, last = self._edges[place : place + 2].tolist()
        offsets = self._drawn.offsets
        assert self._drawn.columns is not None  # a training on files has batches
        return _Reading(self, place, self._drawn.columns[offsets[first] : offsets[last]])

    def _read(self, columns: Integers) -> Block:
        """The block of these columns, in the order of the files."""
        order = np.argsort(columns)
        ordered = columns[order]
        places = np.empty(len(columns), np.int64)
        places[order] = np.arange(len(columns))
        arrays = self._rooms[1]
        if arrays is None or len(arrays[0]) < len(columns):
            # Before the new one, so that not both are in memory.
            self._rooms[1] = None
            usual = min(self._at_a_time, self._examples.m)
            arrays = self._rooms[1] = self._X.room(max(len(columns), usual))
        own = [array[: len(columns)] for array in arrays]
        self._X.read(ordered, own)
        Y, weights = (
            None if part is None else as_numpy(part)[:, ordered]
            for part in (self._examples.Y, self._examples.weights)
        )
        return Block(Examples(self._X.inputs(own), Y, weights, finite=True), places)


class _Reading:
    """A block that is being read, in a thread of its own, which ends with it."""

    def __init__(self, stream: Stream, place: int, columns: Integers) -> None:
        self.place = place
        self._read, self._columns = stream._read, columns
        self._found: Block | None = None
        self._error: BaseException | None = None
        # Not a daemon: the end of the interpreter waits until the block is read.
        self._thread: threading.Thread | None = threading.Thread(
            target=self._run, name="pellucid-read-ahead"
        )
        try:
            self._thread.start()
        except RuntimeError:
            # There is no room for a thread, so nothing is read ahead.
            self._thread = None

    def _run(self) -> None:
        try:
            self._found = self._read(self._columns)
        except BaseException as error:
            self._error = error

    def wait(self) -> None:
        """Wait until the block is read, or failed to be."""
        if self._thread is None:
            self._run()
        else:
            self._thread.join()

    def result(self) -> Block:
        """The block, after `wait`; errors of the thread are raised here."""
        if self._error is not None:
            raise self._error
        assert self._found is not None  # there is a block or an error
        return self._found


def window_for(examples: Examples, network: Network, batch_size: int | None, optimizer: Optimizer) -> int:
    """The examples of a block of a training on files.

    Args:
        examples: checked, X is `Stored`.
        network: to be trained.
        batch_size: examples in a step; None: all.
        optimizer: the update rule.

    Raises:
        TooLargeError: two blocks of one batch, and what is beside them, do not fit into the memory that the
            training may take.
    """
    X = examples.X
    if batch_size is None:
        raise TooLargeError(
            "steps on all examples need all of them in memory, and they are read block by block; expected "
            "a batch_size"
        )
    batch = min(batch_size, examples.m)
    engine = needed_bytes(network, batch, str(X.dtype), optimizer)
    n_y = network.n_y + (examples.weights is not None)
    beside = engine + examples.m * (_PLACE_BYTES + 2 * n_y * X.dtype.itemsize)
    each = int(2 * _ENGINE_SHARE * X.column_bytes) + 2 * n_y * X.dtype.itemsize + _INDEX_BYTES
    fitting = (X.memory - X.memory // _KEPT_SHARE - beside) // each
    if fitting < batch:
        needed = (beside + batch * each) * _KEPT_SHARE // (_KEPT_SHARE - 1)
        raise TooLargeError(
            f"training in batches of {batch} of {examples.m:,} examples needs {shown_bytes(needed)} of "
            f"memory ({shown_bytes(beside - engine)} for targets and their order, {shown_bytes(engine)} "
            f"for the network, {shown_bytes(batch * each)} for two blocks, and a third of these for the "
            f"rest) and may take {shown_bytes(X.memory)}; expected more memory, a smaller batch_size, or "
            "fewer units"
        )
    return int(max(batch, min(fitting, _BLOCK_BYTES // X.column_bytes)))


def order_for(examples: Examples, batch_size: int | None, shuffle_seed: int, window: int | None) -> Order:
    """The order of a training for which the caller has none: in files the shuffle of `WindowOrder`.

    Args:
        examples: checked.
        batch_size: examples in a step; None: all, which files do not allow.
        shuffle_seed: of the order.
        window: the result of `window_for`; None: they are in memory.
    """
    weights = None if examples.weights is None else as_numpy(examples.weights)[0]
    if window is None or batch_size is None:
        return Order(examples.m, batch_size, shuffle_seed, weights)
    run = max(1, min(examples.X.run, window // _FEWEST_RUNS))
    return WindowOrder(
        examples.m, batch_size, run=run, window=window, shuffle_seed=shuffle_seed, weights=weights
    )
