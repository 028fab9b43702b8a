"""Text of variable length in an HDF5 file, read from its bytes.

Each entry of such a data set is a pointer into a collection of objects, a "global heap". On a damaged
file the HDF5 library can follow these pointers endlessly or allocate gigabytes; here every step is
checked against the file. The layout is that of the HDF5 File Format Specification, section III.E.
"""

import os
import struct
from pathlib import Path
from typing import IO

from pellucid.errors import FormatError, LabelError

# One entry of the data set: length, address of its collection, index in there.
_ENTRY = struct.Struct("<IQI")
ENTRY_BYTES = _ENTRY.size

# The head of a collection: signature, version, its own size; of an object: index, references, size.
_COLLECTION = struct.Struct("<4sB3xQ")
_OBJECT = struct.Struct("<HH4xQ")
_ALIGNMENT = 8

_MAX_TEXT = 800


def read_texts(path: Path, offset: int, base: int, count: int, where: str) -> list[bytes]:
    """The texts of a contiguous data set.

    Args:
        path: of the file.
        offset: of the data set, from the beginning of the file.
        base: the offset that addresses are relative to.
        count: number of entries.
        where: file and data set, for messages.

    Raises:
        FormatError: invalid pointers.
        LabelError: a text that is too long for the name of a class.
    """
    texts = []
    collections: dict[int, dict[int, bytes]] = {}
    with path.open("rb") as stream:
        left = os.fstat(stream.fileno()).st_size
        stream.seek(offset)
        entries = stream.read(count * ENTRY_BYTES)
        if len(entries) < count * ENTRY_BYTES:
            raise _damaged(where)
        for length, address, index in _ENTRY.iter_unpack(entries):
            if length > _MAX_TEXT:
                raise LabelError(f"{where} holds a text of {length:,} bytes; expected at most {_MAX_TEXT}")
            if length and address not in collections:
                # Collections that overlap would let a small file expand once per collection.
                content = _collection(stream, base + address, left, where)
                left -= len(content)
                collections[address] = _objects(content)
            text = collections[address].get(index, b"") if length else b""
            if len(text) < length:
                raise _damaged(where)
            texts.append(text[:length].rstrip(b"\0"))
    return texts


def _collection(stream: IO[bytes], start: int, limit: int, where: str) -> bytes:
    """The content of a collection of at most `limit` bytes, without its head."""
    if start >= 2**63:
        raise _damaged(where)
    stream.seek(start)
    head = stream.read(_COLLECTION.size)
    if len(head) == _COLLECTION.size:
        signature, version, size = _COLLECTION.unpack(head)
        if (signature, version) == (b"GCOL", 1) and len(head) < size <= limit:
            content = stream.read(size - len(head))
            if len(head) + len(content) == size:
                return content
    raise _damaged(where)


def _objects(content: bytes) -> dict[int, bytes]:
    """The objects of a collection by index; an object that claims more bytes than there are is cut."""
    objects = {}
    at = 0
    while at + _OBJECT.size <= len(content):
        index, _, size = _OBJECT.unpack_from(content, at)
        if index == 0:  # the free space, which comes last
            break
        at += _OBJECT.size
        objects[index] = content[at : at + size]
        at += -(-size // _ALIGNMENT) * _ALIGNMENT
    return objects


def _damaged(where: str) -> FormatError:
    return FormatError(f"{where} is damaged: its text is not where it points to; copy or write it again")
