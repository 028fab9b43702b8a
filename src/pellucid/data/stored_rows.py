"""Arrays of examples that stay in their file: raw rows as `Rows` hold them, and the inputs made of them."""

import copy
import math
import os
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol, Self

import numpy as np

from pellucid.errors import FormatError
from pellucid.files.reading import open_regular, shown
from pellucid.machine import available_bytes
from pellucid.stored import Stored

Floats = np.ndarray[Any, Any]

# Of each number while it is scaled in memory: of pictures at once, of others by way of copies in float64.
_UNIT_BYTES, _STANDARD_BYTES = 8, 28
# What takes less than this share of the memory is read as a whole, such as the test part of a large file.
SMALL = 8


class RowFile(Protocol):
    """Rows of numbers in a file. From any thread."""

    def read(self, start: int, rows: Floats) -> None:
        """Read consecutive rows from row `start` on into an array of them, in the type of the file.

        Raises:
            FormatError: the file became shorter, or cannot be read.
        """
        ...


class FlatFile:
    """Numbers that follow each other in a file, such as the rows of a .npy file; read without a map of it.

    Args:
        path: of the file.
        offset: of the first number, in bytes.
        file: the open file; None: it is opened.
    """

    def __init__(self, path: Path, offset: int, file: BinaryIO | None = None) -> None:
        self._path, self._offset = path, offset
        if file is not None:
            self._file = os.dup(file.fileno())
        else:
            with open_regular(path, FormatError, "a file of data") as opened:
                self._file = os.dup(opened.fileno())
        weakref.finalize(self, os.close, self._file)

    def __reduce__(self) -> Any:
        # Its descriptor would be another file's in another process.
        raise TypeError("examples in files cannot be sent to other processes; expected them in memory")

    def read(self, start: int, rows: Floats) -> None:
        """See `RowFile.read`."""
        if rows.size:
            self.fill(start * (rows.nbytes // len(rows)), rows)

    def fill(self, at: int, numbers: Floats) -> None:
        """Read numbers from byte `at` behind the first one on into an array that is contiguous.

        Raises:
            FormatError: the file became shorter, or cannot be read.
        """
        view = numbers.reshape(-1).view(np.uint8).data
        at += self._offset
        while view:
            try:
                done = os.preadv(self._file, [view], at)
            except OSError as error:
                raise FormatError(
                    f"{shown(self._path)} cannot be read ({error.strerror}); check the disk"
                ) from error
            if done == 0:
                raise FormatError(
                    f"{shown(self._path)} became shorter while it was trained on; expected a file that "
                    "stays as it is"
                )
            at, view = at + done, view[done:]


class StoredRows:
    """Raw examples (m, ...) in a file, in place of the array in `Rows`.

    Args:
        file: that reads them.
        dtype: of the numbers in the file.
        shape: (m, ...).
        memory: bytes that a training on them may take.
        where: file and array, for messages.
    """

    def __init__(
        self, file: RowFile, dtype: np.dtype[Any], shape: tuple[int, ...], memory: int, where: str
    ) -> None:
        self.file, self.dtype, self.shape, self.memory, self.where = file, dtype, shape, memory, where
        self.width, self._in_file = math.prod(shape[1:]), shape[0]
        # The rows of the file that these are; None: all of them.
        self._chosen: Floats | None = None

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def T(self) -> Self:
        """Examples in columns are far apart in a file.

        Raises:
            FormatError: always.
        """
        raise FormatError(
            f"{self.where} has its examples in columns, which are not read block by block; expected rows: "
            "save the transposed array"
        )

    def reshape(self, *shape: int) -> Self:
        """The same with rows of another shape."""
        own = (math.prod(self.shape[1:]),) if shape[1:] == (-1,) else shape[1:]
        return self._changed((len(self), *own), self._chosen)

    def __getitem__(self, rows: Any) -> Self:
        if isinstance(rows, tuple):
            # A single channel of pictures.
            return self._changed(self.shape[:-1], self._chosen)
        chosen = np.asarray(rows) if self._chosen is None else self._chosen[rows]
        chosen = chosen.astype(np.int32 if self._in_file < 2**31 else np.int64, copy=False)
        return self._changed((len(chosen), *self.shape[1:]), chosen)

    def _changed(self, shape: tuple[int, ...], chosen: Floats | None) -> Self:
        changed = copy.copy(self)
        changed.shape, changed._chosen = shape, chosen
        return changed

    def inputs(self, scaled: Callable[[Floats, Floats], None] | None, dtype: Any) -> "StoredInputs":
        """The examples as inputs of a network.

        Args:
            scaled: from raw rows (k, n_x) into those of a block, in `dtype`; None: the numbers as they are.
            dtype: "float64" or "float32".
        """
        found = StoredInputs(self, self._in_file, scaled, dtype)
        return found if self._chosen is None else found.take(self._chosen)

    def moments(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Mean, deviation, first row, and whether an input is constant, of the rows in float64.

        Added up in the order of the rows, as NumPy adds an array in memory.
        """
        m = len(self)
        total = self._added(lambda block: block)
        with np.errstate(invalid="ignore", over="ignore"):
            mean = total / m
        first, constant = next(self._blocks())[0].copy(), np.ones(self.width, bool)

        def squares(block: Floats) -> Floats:
            constant[:] &= np.all(block == first, axis=0)
            return np.asarray(np.square(block - mean))

        added = self._added(squares)
        with np.errstate(invalid="ignore", over="ignore"):
            return mean, np.sqrt(added / m), first, constant

    def _added(self, of: Callable[[Floats], Floats]) -> Floats:
        total: Floats | None = None
        with np.errstate(invalid="ignore", over="ignore"):
            for block in self._blocks():
                own = of(block)
                own = own if total is None else np.concatenate([total[None], own])
                total = np.add.reduce(own, axis=0)
        assert total is not None  # there is a row
        return total

    def _blocks(self) -> Iterator[Floats]:
        """The rows in float64, some at a time."""
        return (X.T for X in self.inputs(None, np.float64).blocks())


class StoredInputs(Stored):
    """The inputs of a network that are made of raw rows in a file.

    Args:
        rows: the file, and how wide its rows are.
        count: rows in the file.
        scaled: see `StoredRows.inputs`.
        dtype: see there.
    """

    def __init__(
        self, rows: StoredRows, count: int, scaled: Callable[[Floats, Floats], None] | None, dtype: Any
    ) -> None:
        dtype = np.dtype(dtype)
        super().__init__(rows.width, count, dtype, rows.width * dtype.itemsize, rows.memory)
        self._file, self._raw, self._scaled = rows.file, rows.dtype, scaled
        self._is_plain = scaled is None and rows.dtype == dtype

    def room(self, count: int) -> tuple[Floats, ...]:
        """See `Stored.room`."""
        return (np.empty((count, self.shape[0]), self.dtype),)

    def inputs(self, arrays: Sequence[Floats]) -> Floats:
        """See `Stored.inputs`."""
        return arrays[0].T

    def _read_rows(self, start: int, arrays: Sequence[Floats]) -> None:
        [into] = arrays
        if self._is_plain:
            self._file.read(start, into)
            return
        raw = np.empty(into.shape, self._raw)
        self._file.read(start, raw)
        # Only 0 and 1 are booleans, whatever a file holds.
        native = raw.dtype.newbyteorder("=")
        raw = raw.view(np.uint8) != 0 if raw.dtype.kind == "b" else raw.astype(native, copy=False)
        if self._scaled is None:
            into[...] = raw
        else:
            self._scaled(raw, into)


@dataclass(frozen=True)
class Allowance:
    """The memory that a training may take.

    Attributes:
        memory: in bytes; None: half of what is available, for data that do not fit into all of it.
    """

    memory: int | None = None

    def for_whole(self, needed: int) -> int | None:
        """The bound for a training on data that stay in their file; None: they fit into memory.

        Args:
            needed: bytes that the data take while they are read as a whole.
        """
        if self.memory is not None:
            return self.memory if needed > self.memory else None
        available = available_bytes()
        return None if available is None or needed <= available else available // 2

    @staticmethod
    def needed(shape: Sequence[int], dtype: np.dtype[Any]) -> int:
        """What an array takes while it is read, split into parts, and scaled."""
        scaling = _UNIT_BYTES if dtype == np.uint8 else _STANDARD_BYTES
        return math.prod(shape) * (2 * dtype.itemsize + scaling)
