"""Examples that stand for those in files: they record what is read, and can fail. And their order."""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid import Network, TrainingOptions
from pellucid.encoded_table import EncodedTable
from pellucid.examples import Examples
from pellucid.optimizer import Optimizer
from pellucid.stored import Stored
from pellucid.training.order import Order
from pellucid.training.streaming import order_for, window_for


class Kept(Stored):
    """Stored inputs whose files are arrays in memory.

    Args:
        X: (n_x, m), an array or an `EncodedTable`.
        memory: see `Stored`.
    """

    def __init__(self, X: Any, memory: int = 1 << 30) -> None:
        self._table = X if isinstance(X, EncodedTable) else None
        table = self._table
        self._arrays = (X.T,) if table is None else (table.values, table.fractions, table.codes)
        width = sum(array.shape[1] * array.itemsize for array in self._arrays)
        super().__init__(X.shape[0], X.shape[1], X.dtype, width, memory)
        self.reads: list[tuple[int, int, str]] = []
        self.rooms: list[int] = []
        self.fails_at: int | None = None

    def room(self, count: int) -> tuple[np.ndarray[Any, Any], ...]:
        self.rooms.append(count)
        return tuple(np.empty((count, array.shape[1]), array.dtype) for array in self._arrays)

    def inputs(self, arrays: Sequence[np.ndarray[Any, Any]]) -> Any:
        return arrays[0].T if self._table is None else EncodedTable(self._table.layout, *arrays)

    def _read_rows(self, start: int, arrays: Sequence[np.ndarray[Any, Any]]) -> None:
        stop = start + len(arrays[0])
        self.reads.append((start, stop, threading.current_thread().name))
        if self.fails_at is not None and start <= self.fails_at < stop:
            raise OSError(5, "Input/output error")
        for into, array in zip(arrays, self._arrays, strict=True):
            into[:] = array[start:stop]


def order_on_files(network: Network, examples: Examples, options: TrainingOptions) -> Order:
    """The order that a training on files has where none is given."""
    assert options.batch_size is not None
    optimizer = Optimizer.named(options.optimizer)
    window = window_for(examples.checked(network), network, options.batch_size, optimizer)
    return order_for(examples, options.batch_size, options.shuffle_seed, window)
