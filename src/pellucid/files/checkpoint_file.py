"""Checkpoint files: two generations in a folder, of which one is whole at any moment.

A checkpoint is a `.safetensors` file, as a model is: plain arrays, and one JSON document that describes
them. A new one replaces the older of two, in one step of the file system and only after it was read back;
so a process, a disk or a machine may fail at any point and leave one that can be read. Each holds the
checksum of all that is in it.
"""

import hashlib
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pellucid.errors import ModelFileError, NotFoundError, OutputError
from pellucid.files.atomic import write_atomically
from pellucid.files.reading import open_regular, shown
from pellucid.files.safetensors_header import FORMAT_VERSION, MAX_HEADER, Header, Tensor, read_header

Matrix = np.ndarray[Any, Any]

GENERATIONS = ("checkpoint-1.safetensors", "checkpoint-2.safetensors")
EXPECTED = "the checkpoint of a training"

_MAX_BYTES = 64 << 30


class CheckpointFile(NamedTuple):
    """What a checkpoint holds.

    Attributes:
        path: the file.
        document: plain values that describe the arrays.
        tensors: the arrays by name, of two dimensions, float64 or float32.
        refused: a line for each newer generation that cannot be used.
    """

    path: Path
    document: dict[str, Any]
    tensors: dict[str, Matrix]
    refused: tuple[str, ...] = ()


def write_checkpoint(
    folder: str | os.PathLike[str], document: Mapping[str, Any], tensors: Mapping[str, Matrix]
) -> Path:
    """Write the next generation, in place of the older one.

    Args:
        folder: exists.
        document: plain values that JSON can hold.
        tensors: arrays of two dimensions, float64 or float32, none of them empty.

    Returns:
        The file.

    Raises:
        OutputError: it cannot be written; both generations are as they were.
    """
    ages = {name: _generation(Path(folder) / name) for name in GENERATIONS}
    path = Path(folder) / min(ages, key=lambda name: ages[name])
    write_atomically(path, _encoded(document, tensors, max(ages.values()) + 1, path))
    return path


def read_checkpoint(folder: str | os.PathLike[str]) -> CheckpointFile:
    """Read the newest generation that is whole.

    Raises:
        NotFoundError: there is no checkpoint.
        ModelFileError: none can be used; the message says why for each.
    """
    paths = [Path(folder) / name for name in GENERATIONS]
    there = [path for path in paths if os.path.lexists(path)]
    if not there:
        raise NotFoundError(f"there is no checkpoint in {shown(folder)}; expected {GENERATIONS[0]}")
    refused: list[str] = []
    # One whose number cannot be read comes first: it may have been the newest.
    ages = {path: _generation(path) for path in there}
    for path in sorted(there, key=lambda path: (ages[path] < 0, ages[path]), reverse=True):
        try:
            return _read(path)._replace(refused=tuple(refused))
        except ModelFileError as error:
            refused.append(str(error))
    raise ModelFileError("; ".join(refused))


def holds_checkpoint(folder: str | os.PathLike[str]) -> bool:
    """Whether there is a checkpoint in a folder, whole or not."""
    return any(os.path.lexists(Path(folder) / name) for name in GENERATIONS)


def remove_older(folder: str | os.PathLike[str]) -> None:
    """Remove the older of two generations, for a training that has ended.

    Raises:
        OutputError: it cannot be removed.
    """
    there = [path for name in GENERATIONS if os.path.lexists(path := Path(folder) / name)]
    if len(there) < 2:
        return
    older = min(there, key=_generation)
    try:
        older.unlink()
    except OSError as error:
        raise OutputError(f"{shown(older)} cannot be removed: {error.strerror}") from error


def _encoded(
    document: Mapping[str, Any], tensors: Mapping[str, Matrix], generation: int, path: Path
) -> bytes:
    # Who writes no checkpoint needs no safetensors.
    from safetensors import SafetensorError
    from safetensors.numpy import save

    whole = {"format_version": FORMAT_VERSION, "generation": generation, **document}
    arrays = {name: np.ascontiguousarray(value) for name, value in tensors.items()}
    try:
        text = _text({**whole, "checksum": _checksum(whole, arrays)})
        if len(text) > MAX_HEADER:
            raise ValueError(f"its description takes {len(text)} bytes; expected at most {MAX_HEADER}")
        data: bytes = save(arrays, {"pellucid": text})
        read_header(io.BytesIO(data), len(data), mixed=True)
    except (ModelFileError, SafetensorError, TypeError, ValueError) as error:
        raise OutputError(f"{shown(path)} cannot be written: {error}") from error
    return data


def _read(path: Path) -> CheckpointFile:
    file = open_regular(path, ModelFileError, EXPECTED, most=_MAX_BYTES)
    try:
        with file:
            header = read_header(file, os.fstat(file.fileno()).st_size, mixed=True)
            _check_kind(header)
            tensors = {name: _array(file, tensor) for name, tensor in header.tensors.items()}
    except ModelFileError as error:
        reason = str(error).replace("a model saved by Pellucid", EXPECTED)
        raise ModelFileError(f"{shown(path)} {reason}") from error.__cause__
    except MemoryError:
        raise ModelFileError(f"{shown(path)} needs more memory than there is") from None
    except OSError as error:
        raise ModelFileError(f"{shown(path)} cannot be read: {error.strerror or error}") from error
    document = dict(header.document)
    claimed = document.pop("checksum", None)
    if claimed != _checksum({"format_version": FORMAT_VERSION, **document}, tensors):
        raise ModelFileError(f"{shown(path)} is damaged: its checksum is not that of its content")
    del document["generation"]
    return CheckpointFile(path, document, tensors)


def _check_kind(header: Header) -> None:
    if "checkpoint" not in header.document or not isinstance(header.document.get("generation"), int):
        raise ModelFileError(f"is a model, or something else that Pellucid wrote; expected {EXPECTED}")


def _array(file: io.BufferedReader, tensor: Tensor) -> Matrix:
    found = np.empty(tensor.shape, np.dtype(tensor.dtype).newbyteorder("<"))
    file.seek(tensor.begin)
    if file.readinto(found.data) != found.nbytes:
        raise ModelFileError("became shorter while it was read")
    return found.astype(tensor.dtype, copy=False)


def _generation(path: Path) -> int:
    """The number of a generation; -1: there is none, or it is no checkpoint."""
    try:
        with open_regular(path, ModelFileError, EXPECTED, most=_MAX_BYTES) as file:
            header = read_header(file, os.fstat(file.fileno()).st_size, mixed=True)
            _check_kind(header)
            return int(header.document["generation"])
    except (ModelFileError, NotFoundError, OSError):
        return -1


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, allow_nan=False, separators=(",", ":"))


def _checksum(document: Mapping[str, Any], tensors: Mapping[str, Matrix]) -> str:
    """Of the document and of every array with its name, type and shape."""
    found = hashlib.blake2b(json.dumps(document, sort_keys=True, allow_nan=False).encode(), digest_size=16)
    for name in sorted(tensors):
        value = tensors[name]
        found.update(f"{name} {value.dtype.name} {value.shape}".encode())
        found.update(np.ascontiguousarray(value).data)
    return found.hexdigest()
