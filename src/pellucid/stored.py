"""Stored: inputs that lie in files and are read some columns at a time. The readers are in `data`."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np

from pellucid.encoded_table import EncodedTable

Floats = np.ndarray[Any, Any]
Integers = np.ndarray[Any, Any]

# Read at once: a reader's own room beside the block that it fills, small enough for a processor's cache.
_STEP_BYTES = 1 << 20
# Where little memory is allowed, less: scaling takes several times as much.
_STEP_SHARE = 64
# Rows between two that are wanted are read with them up to this number of bytes: less than a seek costs.
_GAP_BYTES = 1 << 14
# A run of rows that is read in one piece: long beside a seek, and short, so that many fit into a window.
_RUN_BYTES = 1 << 18


class Stored(ABC):
    """Inputs (n_x, m) in files; `pellucid.examples.Columns`. Several threads may read them.

    Blocks are read into arrays of rows that the caller keeps and fills again: `room` makes them, `read`
    fills them, `inputs` are the block that they hold.

    Args:
        n_x: inputs of each example.
        rows: examples in the files.
        dtype: float64 or float32.
        column_bytes: of an example in a block.
        memory: bytes that a training on them may take in all, beside the program itself.

    Attributes:
        shape: (n_x, m).
        dtype: see above.
        column_bytes: see above.
        memory: see above.
    """

    def __init__(self, n_x: int, rows: int, dtype: Any, column_bytes: int, memory: int) -> None:
        self.shape, self.dtype = (n_x, rows), np.dtype(dtype)
        self.column_bytes, self.memory = max(1, column_bytes), memory
        self._chosen: Integers | None = None

    def __repr__(self) -> str:
        n_x, m = self.shape
        return f"{type(self).__name__}({m} examples of {n_x} inputs, {self.memory:,} bytes of memory)"

    @property
    def run(self) -> int:
        """Consecutive examples that are best read together."""
        return max(1, _RUN_BYTES // self.column_bytes)

    @property
    def _step_bytes(self) -> int:
        return min(_STEP_BYTES, self.memory // _STEP_SHARE)

    def take(self, columns: Integers | slice) -> Self:
        """Some of the examples; nothing is read.

        Args:
            columns: indices of the examples, or a slice of them.
        """
        chosen = self._chosen
        if chosen is None:
            m = self.shape[1]
            chosen = np.arange(m, dtype=np.int32 if m < 2**31 else np.int64)
        chosen = chosen[columns]
        return self._changed(_chosen=chosen, shape=(self.shape[0], len(chosen)))

    def within(self, memory: int) -> Self:
        """The same for a training that may take other memory."""
        return self._changed(memory=memory)

    def _changed(self, **attributes: Any) -> Self:
        changed = copy.copy(self)
        changed.__dict__.update(attributes)
        return changed

    @abstractmethod
    def room(self, count: int) -> tuple[Floats, ...]:
        """Arrays for a block of `count` examples, a row each."""

    @abstractmethod
    def inputs(self, arrays: Sequence[Floats]) -> Any:
        """The block X (n_x, k) that arrays of k rows hold, a view: an array or an `EncodedTable`."""

    @abstractmethod
    def _read_rows(self, start: int, arrays: Sequence[Floats]) -> None:
        """Read consecutive rows of the files, from row `start` on, into arrays of as many rows."""

    def read(self, columns: Integers, arrays: Sequence[Floats]) -> None:
        """Read examples into arrays of as many rows.

        Args:
            columns: indices; one may occur several times. In increasing order they are read fastest.
            arrays: from `room`, or the first rows of its arrays.

        Raises:
            DataError: the files cannot be read, or changed since they were opened.
        """
        rows = columns if self._chosen is None else self._chosen[columns]
        if np.all(rows[1:] >= rows[:-1]):
            self._read_increasing(rows, arrays)
            return
        order = np.argsort(rows, kind="stable")
        ordered = self.room(len(rows))
        self._read_increasing(rows[order], ordered)
        for to, read in zip(arrays, ordered, strict=True):
            to[order] = read

    def _read_increasing(self, rows: Integers, arrays: Sequence[Floats]) -> None:
        at_once = max(1, self._step_bytes // self.column_bytes)
        scratch: tuple[Floats, ...] | None = None
        for first, last in _pieces(rows, at_once, max(1, _GAP_BYTES // self.column_bytes)):
            start, stop = int(rows[first]), int(rows[last - 1]) + 1
            own = [array[first:last] for array in arrays]
            wanted = rows[first:last] - start
            if stop - start == last - first and np.all(wanted == np.arange(len(wanted))):
                self._read_rows(start, own)
                continue
            scratch = self.room(at_once) if scratch is None else scratch
            whole = [array[: stop - start] for array in scratch]
            self._read_rows(start, whole)
            for to, read in zip(own, whole, strict=True):
                np.take(read, wanted, axis=0, out=to)

    def block(self, columns: Integers | slice) -> Any:
        """Some of the examples in memory, in any order: X (n_x, k), an array or an `EncodedTable`.

        Args:
            columns: indices of the examples, or a slice of them.

        Raises:
            DataError: see `read`.
        """
        if isinstance(columns, slice):
            columns = np.arange(self.shape[1])[columns]
        arrays = self.room(len(columns))
        self.read(columns, arrays)
        return self.inputs(arrays)

    def blocks(self) -> Iterator[Any]:
        """All examples, some at a time, each a block X (n_x, k) that is valid until the next one."""
        m, step = self.shape[1], max(1, self._step_bytes // self.column_bytes)
        arrays = self.room(min(step, m))
        for start in range(0, m, step):
            own = [array[: min(step, m - start)] for array in arrays]
            self.read(np.arange(start, start + len(own[0])), own)
            yield self.inputs(own)

    def dense(self, columns: Integers | slice) -> Floats:
        """Some of the examples as one array (n_x, k), in any order; see `block`."""
        X = self.block(columns)
        return X.dense(slice(None)) if isinstance(X, EncodedTable) else X


def _pieces(rows: Integers, at_once: int, gap: int) -> Iterator[tuple[int, int]]:
    """Cut increasing rows into pieces, (first, last), that are read in one go.

    A piece has no gap of more than `gap` rows, and spans at most `at_once` rows.
    """
    cuts = np.flatnonzero(np.diff(rows) > gap) + 1
    ends = [*cuts.tolist(), len(rows)]
    first = 0
    for end in ends:
        while first < end:
            last = int(np.searchsorted(rows[first:end], rows[first] + at_once)) + first
            yield first, last
            first = last
