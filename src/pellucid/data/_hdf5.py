"""One data set of an HDF5 file, checked before it is read. Only `hdf5` imports this: h5py is optional."""

import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from pellucid.data._files import check_size, shown
from pellucid.data._hdf5_text import ENTRY_BYTES, read_texts
from pellucid.data._named_arrays import at, check_array
from pellucid.data.stored_rows import FlatFile, StoredRows
from pellucid.errors import FormatError

# Errors that h5py raises on damaged files.
DAMAGE = (OSError, KeyError, RuntimeError, ValueError, TypeError, OverflowError, MemoryError, zlib.error)

_MAX_CHUNKS = 1_000_000
_MAX_CHUNK_BYTES = 256 * 2**20
_STEP = 2**20

# HDF5's numbers for its own filters. Others would be loaded as plug-ins, or are rare.
_DEFLATE, _SHUFFLE, _FLETCHER32 = 1, 2, 3
_CHECKSUM_BYTES = 4


@dataclass(frozen=True)
class Stored:
    """A data set within the file, opened but not yet read."""

    id: Any
    path: Path
    name: str
    file_size: int

    @classmethod
    def find(cls, file: Any, raw_name: bytes, path: Path, name: str, file_size: int) -> "Stored":
        """A data set of the root group; refuses links and data outside the file.

        Args:
            file: the open file.
            raw_name: as HDF5 knows it.
            path: of the file.
            name: for people.
            file_size: in bytes.
        """
        where = at(path, name)
        if file.id.links.get_info(raw_name).type != h5py.h5l.TYPE_HARD:
            raise FormatError(f"{where} is a link, and links are not followed; expected a data set itself")
        opened = h5py.h5o.open(file.id, raw_name)
        if not isinstance(opened, h5py.h5d.DatasetID):
            raise FormatError(f"{where} is a group or a type; expected a data set")
        plan = opened.get_create_plist()
        # Checked first: a virtual data set opens its source files to find its shape.
        if plan.get_layout() == h5py.h5d.VIRTUAL or plan.get_external_count() > 0:
            raise FormatError(f"{where} keeps its data in other files; expected it in this file")
        return cls(opened, path, name, file_size)

    @classmethod
    def describe(cls, file: Any, name: bytes) -> str:
        """Shape and type of the data set with this name, for a message."""
        try:
            data = cls.find(file, name, Path(), "", 0)
            return f"{data.shape} {shown(str(data.id.dtype))}"
        except FormatError:
            return "(no data set of this file)"
        except DAMAGE:
            return "(unreadable)"

    @property
    def where(self) -> str:
        """File and name, for messages."""
        return at(self.path, self.name)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.id.get_space().get_simple_extent_dims())

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return math.prod(self.shape) * int(self.id.dtype.itemsize)

    @property
    def is_text(self) -> bool:
        """Whether it holds text of variable length."""
        kind = h5py.check_string_dtype(self.id.dtype)
        return kind is not None and kind.length is None

    def check(self, role: str, *, is_read: bool = True) -> None:
        """Refuse, before anything is allocated, a data set that is incomplete or does not suit `role`.

        Args:
            role: "inputs", "labels" or "classes".
            is_read: whether it will be read as a whole, and has to fit into memory.
        """
        if self.id.get_space().get_simple_extent_type() == h5py.h5s.NULL:
            raise FormatError(f"{self.where} is empty; expected at least one example")
        text = role != "inputs" and self.is_text
        check_array(self.where, np.dtype("S1") if text else self.id.dtype, self.shape, role)
        stored = int(self.id.get_storage_size())
        if is_read:
            check_size(self.where, self.nbytes, stored)
        layout = self.id.get_create_plist().get_layout()
        if text and layout != h5py.h5d.CONTIGUOUS:
            raise FormatError(f"{self.where} holds text in chunks; expected text written without chunks")
        if layout == h5py.h5d.CHUNKED:
            self._check_chunks()
            return
        item_bytes = ENTRY_BYTES if text else int(self.id.get_type().get_size())
        end = int(self.id.get_offset() or 0) + stored
        if stored != math.prod(self.shape) * item_bytes or end > self.file_size:
            raise self._incomplete()

    def read(self) -> np.ndarray[Any, Any]:
        """The data, (m, ...)."""
        if not self.is_text:
            return np.asarray(h5py.Dataset(self.id)[...])
        base = h5py.h5i.get_file_id(self.id).get_create_plist().get_userblock()
        texts = read_texts(self.path, self.id.get_offset(), base, math.prod(self.shape), self.where)
        check_size(self.where, len(texts) * max(map(len, texts)), self.file_size)
        return np.array(texts, np.bytes_).reshape(self.shape)

    def rows(self, memory: int) -> StoredRows:
        """The data, left in the file.

        Args:
            memory: bytes that a training on them may take.
        """
        dtype, offset = self.id.dtype, self.id.get_offset()
        plain = dtype.kind in "iuf" and self.id.get_type().get_size() == dtype.itemsize
        # A block without a filter is read as any other file is.
        file = FlatFile(self.path, offset) if plain and offset is not None else _ChunkedFile(self)
        return StoredRows(file, dtype, self.shape, memory, self.where)

    def _incomplete(self) -> FormatError:
        return FormatError(
            f"{self.where} declares shape {self.shape}, and the file does not hold all of it; expected a "
            "complete file: copy or write it again"
        )

    def _check_chunks(self) -> None:
        """Check that every chunk is in the file, and has exactly the length that the library assumes."""
        plan = self.id.get_create_plist()
        chunk = plan.get_chunk()
        chunk_bytes = math.prod(chunk) * int(self.id.get_type().get_size())
        count = math.prod(-(-n // c) for n, c in zip(self.shape, chunk, strict=True))
        if count > _MAX_CHUNKS or chunk_bytes > max(_MAX_CHUNK_BYTES, self.nbytes):
            raise FormatError(
                f"{self.where} is stored in {count:,} chunks of {chunk_bytes:,} bytes; expected at most "
                f"{_MAX_CHUNKS:,} chunks, none larger than the data: write it again without chunks"
            )
        filters = [plan.get_filter(i)[0] for i in range(plan.get_nfilters())]
        if len(set(filters)) < len(filters) or not set(filters) <= {_DEFLATE, _SHUFFLE, _FLETCHER32}:
            raise FormatError(
                f"{self.where} is compressed in a way that is not read; expected gzip or no compression"
            )
        chunks = self._chunks(count)
        end = max((info.byte_offset + info.size for info in chunks), default=0)
        # Chunks that share bytes would let a small file expand once per chunk.
        if len(chunks) != count or max(end, sum(info.size for info in chunks)) > self.file_size:
            raise self._incomplete()
        for info in chunks:
            if not self._chunk_is_whole(info, filters, chunk_bytes):
                raise FormatError(
                    f"{self.where} is damaged: the chunk at {info.chunk_offset} does not hold "
                    f"{chunk_bytes:,} bytes; copy or write it again"
                )

    def _chunks(self, count: int) -> list[Any]:
        chunks: list[Any] = []

        def collect(info: Any) -> bool | None:
            chunks.append(info)
            return True if len(chunks) > count else None

        if self.id.get_num_chunks() == count:
            self.id.chunk_iter(collect)
        return chunks

    def _chunk_is_whole(self, info: Any, filters: list[int], chunk_bytes: int) -> bool:
        active = [code for i, code in enumerate(filters) if not info.filter_mask >> i & 1]
        inflated = active.index(_DEFLATE) if _DEFLATE in active else len(active)
        # A checksum made after deflating follows the stream, which marks its own end.
        length = chunk_bytes + _CHECKSUM_BYTES * active[:inflated].count(_FLETCHER32)
        if inflated == len(active):
            return bool(info.size == length)
        _, raw = self.id.read_direct_chunk(info.chunk_offset)
        return _inflates_to(raw, length)


class _ChunkedFile:
    """The rows of a data set in chunks, which the library inflates; its file stays open."""

    def __init__(self, stored: Stored) -> None:
        self._where = stored.where
        self._file = h5py.File(stored.path, "r")
        self._data = h5py.Dataset(h5py.h5o.open(self._file.id, h5py.h5i.get_name(stored.id)))

    def read(self, start: int, rows: np.ndarray[Any, Any]) -> None:
        """See `RowFile.read`."""
        shape = (len(rows), *self._data.shape[1:])
        try:
            self._data.read_direct(rows.reshape(shape), np.s_[start : start + len(rows)])
        except DAMAGE as error:
            reason = shown(" ".join(str(error).split()))
            raise FormatError(
                f"{self._where} cannot be read ({reason}); check the disk, and that the file stays as it is"
            ) from error


def _inflates_to(data: bytes, expected: int) -> bool:
    """Whether `data` is a zlib stream of `expected` bytes; it is never held whole."""
    stream = zlib.decompressobj()
    length = 0
    while data and not stream.eof and length <= expected:
        length += len(stream.decompress(data, _STEP))
        data = stream.unconsumed_tail
    return stream.eof and length == expected
