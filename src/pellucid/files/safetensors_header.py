"""The header of a model file, trusted in nothing: every number is checked before anything relies on it.

A safetensors file is the length of its header (8 bytes, little-endian), the header (JSON), and the
numbers of its tensors. The header gives each tensor's type, shape and bytes; under `__metadata__` a
model file keeps one text, `pellucid`, which is JSON again: the document that describes the model.

This is the one parser of model files. Were the checks ours and the reading another's, a file that the two
understand differently would pass the checks.

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

# A million costs take 22 MB, the mean and deviation of every input 40 bytes: this is room for both
# together. The limit that the safetensors library sets is 100 MB.
MAX_HEADER = 64 << 20
# Parsed, a value takes up to a hundred times its text ("[]," is an object of 56 bytes). As many numbers
# of full length as the header has room for are fewer than this.
MAX_VALUES = 4_000_000
# A header is three levels deep, and so is a document.
MAX_DEPTH = 8
# No layer comes near it.
MAX_SIDE = 2**31 - 1

DTYPES = {"F64": "float64", "F32": "float32"}


class Tensor(NamedTuple):
    """Where one tensor stands in the file, and as what: `begin` counts from the start of the file."""

    dtype: str
    shape: tuple[int, int]
    begin: int


class Header(NamedTuple):
    """What the header says: the document without its format version, and the tensors by name."""

    document: dict[str, Any]
    tensors: dict[str, Tensor]


def read_header(file: BinaryIO, size: int) -> Header:
    """Read and check everything that stands before the tensors' numbers, and nothing of them.

    Args:
        file: at its start.
        size: of the whole file, in bytes.
    """
    if size == 0:
        raise ModelFileError("is empty; expected a model saved by Pellucid")
    start = file.read(256)
    # The format wants a brace as the first byte of the header.
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
    return Header(document, _tensors(entries, 8 + length, size))


def _document(metadata: Any) -> dict[str, Any]:
    text = metadata.get("pellucid") if isinstance(metadata, dict) else None
    if text is None:
        raise ModelFileError(
            "is a safetensors file that Pellucid did not write; expected a model saved by Pellucid"
        )
    if not isinstance(text, str):
        raise ModelFileError("is damaged: pellucid, among its metadata, is no text")
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
    """The tensors, after checking that one after the other they fill the file from `start` to its end."""
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
    if len({tensor.dtype for tensor in tensors.values()}) > 1:
        raise ModelFileError("is damaged: some of its tensors are float64 and some float32")
    return tensors


def _tensor(name: str, entry: Any) -> tuple[str, Tensor, int]:
    """A tensor's name, what the header says of it, and its end; both counted from the first tensor."""
    where = f"is damaged: the tensor {name!r:.40}"
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ModelFileError(f"{where} is not described by dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise ModelFileError(f"{where} has the dtype {dtype!r:.40}; expected {' or '.join(DTYPES)}")
    if not _two_whole_numbers(shape) or not all(1 <= side <= MAX_SIDE for side in shape):
        raise ModelFileError(f"{where} has the shape {shape!r:.60}; expected two positive integers")
    if not _two_whole_numbers(offsets) or offsets[0] < 0:
        raise ModelFileError(f"{where} has the data_offsets {offsets!r:.60}; expected its begin and end")
    expected = math.prod(shape) * (8 if dtype == "F64" else 4)
    if offsets[1] - offsets[0] != expected:
        raise ModelFileError(
            f"{where} spans {offsets[1] - offsets[0]} bytes; its shape {tuple(shape)} takes {expected}"
        )
    return name, Tensor(DTYPES[dtype], (shape[0], shape[1]), offsets[0]), offsets[1]


def _two_whole_numbers(value: Any) -> bool:
    # type() and not isinstance(): true and false are no numbers here.
    return isinstance(value, list) and len(value) == 2 and all(type(item) is int for item in value)


def _parsed(source: bytes | str, what: str) -> dict[str, Any]:
    """The JSON object that `source` holds; refuses whatever two parsers might read differently."""
    try:
        text = source.decode() if isinstance(source, bytes) else source
        # Brackets and commas inside a text count as well; nobody has so many.
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
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ModelFileError(f"is damaged: the key {twice!r:.60} stands twice in one object")
    return found


def _no_number(text: str) -> NoReturn:
    raise ModelFileError(f"is damaged: {text} stands where a number is expected")


def _finite(text: str) -> float:
    # 1e999 is proper JSON, and infinity.
    if not math.isfinite(value := float(text)):
        raise ModelFileError(f"is damaged: {text:.40} stands where a finite number is expected")
    return value


def _bounded(text: str) -> int:
    # Longer ones are of no use, and overflow where they meet a float.
    if len(text) > 19:
        raise ModelFileError(
            f"is damaged: {text:.40} stands where a number of at most 19 digits is expected"
        )
    return int(text)
