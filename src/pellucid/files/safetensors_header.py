"""The header of a model file: every number in it is checked before anything relies on it.

A safetensors file is the length of its header (8 bytes, little-endian), the header (JSON), and the
numbers of its tensors. The header gives each tensor's type, shape and bytes; under `__metadata__` a
model file has one text, `pellucid`, which is JSON again: the document that describes the model.

This is the only parser of model files. If we checked a file and a library read it, a file that the two
understand differently could pass the checks.

All functions raise `ModelFileError`, without the file's name: "is truncated: ...".
"""

import json
import math
from collections import Counter
from collections.abc import Mapping
from typing import Any, BinaryIO, NamedTuple, NoReturn

from pellucid.errors import ModelFileError
from pellucid.files.foreign import described

FORMAT_VERSION = 1

# A million costs take 22 MB, and the mean and deviation of each input 40 bytes: both fit together. The
# limit of the safetensors library is 100 MB.
MAX_HEADER = 64 << 20
# A parsed value takes up to a hundred times its text ("[]," is an object of 56 bytes). The header has room
# for fewer numbers of full length than this.
MAX_VALUES = 4_000_000
# A header is three levels deep, and so is a document.
MAX_DEPTH = 8
# Far above the size of any layer.
MAX_SIDE = 2**31 - 1

DTYPES = {"F64": "float64", "F32": "float32"}


class Tensor(NamedTuple):
    """Type, shape and place of one tensor; `begin` counts from the start of the file."""

    dtype: str
    shape: tuple[int, int]
    begin: int


class Header(NamedTuple):
    """The content of the header: the document without its format version, and the tensors by name."""

    document: dict[str, Any]
    tensors: dict[str, Tensor]


def read_header(file: BinaryIO, size: int, *, mixed: bool = False) -> Header:
    """Read and check everything before the tensors' numbers, and none of the numbers.

    Args:
        file: at its start.
        size: of the whole file, in bytes.
        mixed: whether some tensors may be float64 and others float32.
    """
    if size == 0:
        raise ModelFileError("is empty; expected a model saved by Pellucid")
    start = file.read(256)
    # The format requires a brace as the first byte of the header.
    if start[8:9] != b"{":
        raise ModelFileError(described(start))
    length = int.from_bytes(start[:8], "little")
    if length > MAX_HEADER:
        raise ModelFileError(f"is damaged: its header claims {length} bytes; expected at most {MAX_HEADER}")
    if 8 + length > size:
        raise ModelFileError(f"is truncated: its header ends at byte {8 + length}, the file at {size}")
    file.seek(8)
    entries = _parsed(file.read(length), "its header")
    metadata = entries.pop("__metadata__", None)
    document = _document(metadata)
    if set(metadata) != {"pellucid"}:
        raise ModelFileError("is damaged: its metadata hold more than pellucid, their one key")
    tensors = _tensors(entries, 8 + length, size)
    if not mixed and len({tensor.dtype for tensor in tensors.values()}) > 1:
        raise ModelFileError("is damaged: some of its tensors are float64 and some float32")
    return Header(document, tensors)


def _document(metadata: Any) -> dict[str, Any]:
    text = metadata.get("pellucid") if isinstance(metadata, dict) else None
    if text is None:
        raise ModelFileError(
            "is a safetensors file that Pellucid did not write; expected a model saved by Pellucid"
        )
    if not isinstance(text, str):
        raise ModelFileError("is damaged: pellucid, in its metadata, is not a text")
    document = _parsed(text, "the description of the model")
    version = document.pop("format_version", None)
    if type(version) is not int or version < 1:
        raise ModelFileError(
            f"is damaged: its format_version is {version!r:.40}; expected {FORMAT_VERSION}"
        )
    if version > FORMAT_VERSION:
        raise ModelFileError(
            f"was written by a newer format ({version}); this Pellucid reads format {FORMAT_VERSION}: "
            "upgrade pellucid"
        )
    return document


def _tensors(entries: Mapping[str, Any], start: int, size: int) -> dict[str, Tensor]:
    """The tensors, checked to fill the file without gaps from `start` to its end."""
    checked = [_tensor(name, entry) for name, entry in entries.items()]
    tensors = {}
    position = 0
    for name, tensor, end in sorted(checked, key=lambda entry: entry[1].begin):
        if tensor.begin != position:
            raise ModelFileError(
                f"is damaged: the tensor {name!r:.40} begins at {tensor.begin}; "
                f"expected {position}, the end of the one before"
            )
        position = end
        tensors[name] = tensor._replace(begin=start + tensor.begin)
    if start + position > size:
        raise ModelFileError(
            f"is truncated: its tensors end at byte {start + position}, the file at {size}"
        )
    if start + position < size:
        raise ModelFileError(f"is damaged: {size - start - position} bytes follow its last tensor")
    return tensors


def _tensor(name: str, entry: Any) -> tuple[str, Tensor, int]:
    """A tensor's name, description and end; begin and end count from the first tensor."""
    where = f"is damaged: the tensor {name!r:.40}"
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ModelFileError(f"{where} is not described by dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise ModelFileError(f"{where} has the dtype {dtype!r:.40}; expected {' or '.join(DTYPES)}")
    if not _two_integers(shape) or not all(1 <= side <= MAX_SIDE for side in shape):
        raise ModelFileError(f"{where} has the shape {shape!r:.60}; expected two positive integers")
    if not _two_integers(offsets) or offsets[0] < 0:
        raise ModelFileError(f"{where} has the data_offsets {offsets!r:.60}; expected its begin and end")
    expected = math.prod(shape) * (8 if dtype == "F64" else 4)
    if offsets[1] - offsets[0] != expected:
        raise ModelFileError(
            f"{where} spans {offsets[1] - offsets[0]} bytes; its shape {tuple(shape)} takes {expected}"
        )
    return name, Tensor(DTYPES[dtype], (shape[0], shape[1]), offsets[0]), offsets[1]


def _two_integers(value: Any) -> bool:
    # type() and not isinstance(): in JSON true and false are not numbers.
    return isinstance(value, list) and len(value) == 2 and all(type(item) is int for item in value)


def _parsed(source: bytes | str, what: str) -> dict[str, Any]:
    """The JSON object in `source`; refuses anything that two parsers might read differently."""
    try:
        text = source.decode() if isinstance(source, bytes) else source
        # Brackets and commas inside texts are counted as well; no model has so many.
        if sum(map(text.count, "[{,")) > MAX_VALUES:
            raise ModelFileError(f"is damaged: {what} holds more than {MAX_VALUES} values")
        value = json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_constant=_no_number,
            parse_float=_finite,
            parse_int=_bounded,
        )
    except ModelFileError:
        raise
    except ValueError as error:
        raise ModelFileError(f"is damaged: {what} is not JSON ({error})") from None
    except RecursionError:
        raise ModelFileError(f"is damaged: {what} is nested too deeply") from None
    if not isinstance(value, dict):
        raise ModelFileError(f"is damaged: {what} is not a JSON object")
    _check_depth(value, what)
    return value


def _check_depth(value: Any, what: str) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return
    raise ModelFileError(f"is damaged: {what} is nested too deeply")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        duplicate = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ModelFileError(f"is damaged: the key {duplicate!r:.60} occurs twice in one object")
    return entries


def _no_number(text: str) -> NoReturn:
    raise ModelFileError(f"is damaged: {text} stands where a number is expected")


def _finite(text: str) -> float:
    # 1e999 is valid JSON, and infinite.
    if not math.isfinite(value := float(text)):
        raise ModelFileError(f"is damaged: {text:.40} stands where a finite number is expected")
    return value


def _bounded(text: str) -> int:
    # Longer integers have no use, and overflow when converted to a float.
    if len(text) > 19:
        raise ModelFileError(
            f"is damaged: {text:.40} stands where a number of at most 19 digits is expected"
        )
    return int(text)
