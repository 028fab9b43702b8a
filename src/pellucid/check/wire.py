"""Values as bytes, between the check and a process that runs a learner's file: never a pickle.

None, bool, int, float, str, tuple, list, dict with str keys, and NumPy's arrays of bool, int and float are
transferred; NumPy's scalars arrive as arrays without dimensions. Any other value arrives as a `Foreign`,
which describes it. Neither side trusts the other: sizes are checked before memory is allocated, nesting and
the number of values are bounded, and no method is called that the class of a value could have replaced.
"""

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.errors import FormatError

MOST = 64 << 20
_MOST_TEXT = 1 << 20
_MOST_VALUES = 100_000
_DEEPEST = 32
_INT_BYTES = 64
_RANKS = 16

_NAMES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64"),
)
_DTYPES = tuple(map(np.dtype, _NAMES))
_CODES = {dtype.name: code for code, dtype in enumerate(_DTYPES)}
_SCALARS = frozenset(dtype.type for dtype in _DTYPES)

# The name of a class, read in a way that its metaclass cannot intercept.
_class_name = type.__dict__["__name__"].__get__

# Names of this module, not attributes of numpy: a learner's file may replace those.
_ndarray, _asarray, _ascontiguousarray, _prod = np.ndarray, np.asarray, np.ascontiguousarray, math.prod


@dataclass(frozen=True)
class Foreign:
    """The description of a value that is not transferred.

    Attributes:
        type_name: the name of its class.
        text: a short description.
    """

    type_name: str
    text: str


def encode(value: Any, *, most: int = MOST) -> bytes:
    """`value` as bytes; a `Foreign` for a value that is not supported, or larger than `most` bytes.

    Args:
        value: any object; a list may contain itself.
        most: limit on the bytes of all arrays and texts together.
    """
    writer = _Writer(most)
    writer.put(value, 0)
    return b"".join(writer.parts)


def decode(data: bytes | bytearray | memoryview, *, most: int = MOST) -> Any:
    """The value that `encode` was given, its arrays writable and in C order.

    Args:
        data: bytes from anywhere.
        most: limit on the bytes of a value.

    Raises:
        FormatError: the bytes are invalid, or the value is too large.
    """
    if len(data) > 2 * most + (1 << 20):
        raise FormatError(f"a value of {len(data):,} bytes; expected at most {most:,}")
    reader = _Reader(memoryview(data), most)
    value = reader.get(0)
    if reader.at != len(data):
        raise FormatError(f"{len(data) - reader.at:,} bytes follow the value; expected none")
    return value


def class_name(value: object) -> str:
    """The name of the class of `value`, at most 80 characters."""
    return str(_class_name(type(value)))[:80]


class _Writer:
    """Writes values one after the other, and counts their bytes."""

    def __init__(self, most: int) -> None:
        self.parts: list[bytes | memoryview] = []
        self.room = most
        self.values = _MOST_VALUES

    def put(self, value: Any, depth: int) -> None:
        kind = type(value)
        if value is None or kind is bool:
            self.parts.append(b"N" if value is None else b"T" if value else b"F")
        elif kind is _ndarray or kind in _SCALARS:
            self._put_array(value)
        elif issubclass(kind, float):
            self.parts.append(struct.pack("<cd", b"f", value))
        elif issubclass(kind, str):
            self._put_text(value)
        elif issubclass(kind, int):
            self._put_int(value)
        elif issubclass(kind, (tuple, list, dict)):
            self._put_container(value, depth)
        elif kind is Foreign:
            self._put_foreign(value.type_name, value.text)
        else:
            self._put_foreign(class_name(value), f"a value of type {class_name(value)}")

    def _put_foreign(self, type_name: str, text: str) -> None:
        self.parts += (b"x", _text(type_name[:80]), _text(text[:300]))

    def _put_text(self, value: str) -> None:
        # A copy of the class str itself: its methods below are those of str.
        characters = str.__len__(value)
        if characters > _MOST_TEXT or 4 * characters > self.room:
            self._put_foreign("str", f"a text of {characters:,} characters")
            return
        data = _text(str.__str__(value))
        self.room -= len(data)
        self.parts += (b"s", data)

    def _put_int(self, value: int) -> None:
        bits = int.bit_length(value)
        if bits >= 8 * _INT_BYTES:
            self._put_foreign("int", f"an integer of {bits:,} bits")
            return
        data = int.to_bytes(value, bits // 8 + 1, "little", signed=True)
        self.parts += (struct.pack("<cB", b"i", len(data)), data)

    def _put_array(self, value: Any) -> None:
        array = _asarray(value)
        code = _CODES.get(array.dtype.name)
        name = class_name(value)
        if code is None or array.ndim > _RANKS:
            self._put_foreign(name, f"an array of shape {array.shape} and type {array.dtype.name}"[:300])
            return
        # An empty dimension must not hide the others: (0, 10**15) counts as too large, too.
        size = _prod(max(n, 1) for n in array.shape) * array.dtype.itemsize
        if size > self.room:
            self._put_foreign(name, f"an array of shape {array.shape}, {size:,} bytes")
            return
        self.room -= size
        data = _ascontiguousarray(array, dtype=_DTYPES[code])
        self.parts.append(struct.pack(f"<cBB{array.ndim}Q", b"a", code, array.ndim, *array.shape))
        self.parts.append(data.tobytes())

    def _put_container(self, value: Any, depth: int) -> None:
        base: Any = next(base for base in (tuple, list, dict) if issubclass(type(value), base))
        count = base.__len__(value)
        if depth >= _DEEPEST or count > self.values:
            reason = f"nested {depth} deep" if depth >= _DEEPEST else f"of {count:,} values"
            self._put_foreign(base.__name__, f"a {base.__name__} {reason}")
            return
        items: list[Any] = list(dict.items(value) if base is dict else base.__iter__(value))
        self.values -= len(items)
        if base is dict:
            self._put_pairs(items, depth)
            return
        self.parts.append(struct.pack("<cI", b"t" if base is tuple else b"l", len(items)))
        for item in items:
            self.put(item, depth + 1)

    def _put_pairs(self, items: list[tuple[Any, Any]], depth: int) -> None:
        odd = [key for key, _ in items if type(key) is not str or len(key) > 200]
        if odd:
            kind = class_name(odd[0])
            reason = f"a key of type {kind}" if kind != "str" else f"a key of {len(odd[0]):,} characters"
            self._put_foreign("dict", f"a dict with {reason}")
            return
        self.parts.append(struct.pack("<cI", b"d", len(items)))
        for key, item in items:
            self.parts.append(_text(key))
            self.put(item, depth + 1)


def _text(text: str) -> bytes:
    data = text.encode("utf-8", "backslashreplace")
    return struct.pack("<I", len(data)) + data


class _Reader:
    """Reads values one after the other from untrusted bytes."""

    def __init__(self, data: memoryview, most: int) -> None:
        self.data = data
        self.at = 0
        self.room = most
        self.values = _MOST_VALUES

    def get(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise FormatError(f"values are nested more than {_DEEPEST} deep")
        tag = bytes(self._take(1))
        if tag in _CONSTANTS:
            return _CONSTANTS[tag]
        if tag == b"f":
            return self._unpack("<d")[0]
        if tag == b"i":
            return int.from_bytes(
                self._take(min(self._unpack("<B")[0], _INT_BYTES + 1)), "little", signed=True
            )
        if tag == b"s":
            return self._get_text()
        if tag == b"x":
            return Foreign(self._get_text(), self._get_text())
        if tag == b"a":
            return self._get_array()
        if tag in {b"t", b"l", b"d"}:
            return self._get_container(tag, depth)
        raise FormatError(f"a value begins with {tag!r}; expected one of the letters of this format")

    def _take(self, count: int) -> memoryview:
        if count > len(self.data) - self.at:
            raise FormatError(f"the value ends early: {count:,} bytes are missing at byte {self.at:,}")
        self.at += count
        return self.data[self.at - count : self.at]

    def _unpack(self, layout: str) -> tuple[Any, ...]:
        return struct.unpack(layout, self._take(struct.calcsize(layout)))

    def _get_text(self) -> str:
        return str(self._take(self._unpack("<I")[0]), "utf-8", "backslashreplace")

    def _get_array(self) -> Any:
        code, rank = self._unpack("<BB")
        if code >= len(_DTYPES) or rank > _RANKS:
            raise FormatError(
                f"an array of type {code} and rank {rank}; expected at most {_RANKS} dimensions"
            )
        shape = self._unpack(f"<{rank}Q")
        dtype = _DTYPES[code]
        size = math.prod(max(n, 1) for n in shape) * dtype.itemsize
        if size > self.room:
            raise FormatError(f"an array of shape {shape} takes {size:,} bytes; {self.room:,} are left")
        self.room -= size
        data = self._take(math.prod(shape) * dtype.itemsize)
        return np.frombuffer(data, dtype=dtype).reshape(shape).copy()

    def _get_container(self, tag: bytes, depth: int) -> Any:
        count = self._unpack("<I")[0]
        if count > self.values:
            raise FormatError(f"{count:,} values; expected at most {_MOST_VALUES:,} in all")
        self.values -= count
        if tag == b"d":
            return {self._get_text(): self.get(depth + 1) for _ in range(count)}
        items: Iterable[Any] = (self.get(depth + 1) for _ in range(count))
        return tuple(items) if tag == b"t" else list(items)


_CONSTANTS = {b"N": None, b"T": True, b"F": False}
