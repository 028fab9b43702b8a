"""A model as one `.safetensors` file: the parameters as tensors, and one JSON document that describes them.

Nothing in the file is executed or names a Python object, and nothing is allocated before the file's size,
its header and the shapes of its network agree. `safetensors_header` checks the header; `atomic` writes.
"""

import io
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import save

from pellucid.errors import ModelFileError, OutputError, PellucidError
from pellucid.files.atomic import write_atomically
from pellucid.files.reading import open_regular, shown
from pellucid.files.safetensors_header import DTYPES, FORMAT_VERSION, MAX_HEADER, Tensor, read_header

Matrix = np.ndarray[Any, Any]
Shapes = Mapping[str, tuple[int, int]]

# Four billion parameters in float32. A sparse file may claim any size without taking space on the disk.
_MAX_BYTES = 16 << 30


def write_model_file(
    path: str | os.PathLike[str], document: Mapping[str, Any], tensors: Mapping[str, Matrix]
) -> None:
    """Write a model, atomically; the same model gives the same bytes.

    Args:
        path: the file, new or replaced.
        document: plain values that describe the model; the format version is added here.
        tensors: `{"W1": (n_1, n_0), "b1": (n_1, 1), ...}`, all float64 or all float32, finite.

    Raises:
        OutputError: the file cannot be written, or `read_model_file` would refuse it. The previous file
            is unchanged.
    """
    try:
        data = _encoded(document, tensors)
        # Never write a file that cannot be read again: the training behind it would be lost unnoticed.
        read_header(io.BytesIO(data), len(data))
    except ModelFileError as error:
        raise OutputError(
            f"{shown(path)} cannot be written: its own reader would find that it {error}"
        ) from error
    except (SafetensorError, TypeError, ValueError) as error:
        raise OutputError(f"{shown(path)} cannot be written: {error}") from error
    write_atomically(path, data)


def _encoded(document: Mapping[str, Any], tensors: Mapping[str, Matrix]) -> bytes:
    matrices = _checked(tensors)
    text = json.dumps(
        {"format_version": FORMAT_VERSION, **document}, allow_nan=False, separators=(",", ":")
    )
    if len(text) > MAX_HEADER:
        raise ValueError(
            f"the description of the model takes {len(text)} bytes; expected at most {MAX_HEADER}: "
            "a shorter history makes room"
        )
    return save(matrices, {"pellucid": text})


def _checked(tensors: Mapping[str, Matrix]) -> dict[str, Matrix]:
    dtypes = {name: str(np.asarray(value).dtype) for name, value in tensors.items()}
    if len(set(dtypes.values())) != 1 or not set(dtypes.values()) <= set(DTYPES.values()):
        found = ", ".join(f"{name} is {dtype}" for name, dtype in dtypes.items()) or "there are none"
        raise ValueError(f"{found:.200}; expected all tensors float64 or all float32")
    for name, value in tensors.items():
        _check_finite(name, value)
    return {name: np.ascontiguousarray(value) for name, value in tensors.items()}


def read_model_file(
    path: str | os.PathLike[str], expected_shapes: Callable[[Mapping[str, Any]], Shapes]
) -> dict[str, Matrix]:
    """Read the tensors of a model file, without trusting its content.

    Args:
        path: the file.
        expected_shapes: from the document to the shape of every tensor; called before any tensor is read.
            Raises a `PellucidError` or `ValueError` if the document does not describe a model.

    Returns:
        The tensors, in the order of the expected shapes: finite, float64 or float32, writable (they
        share memory with nothing, so training can continue from them).

    Raises:
        NotFoundError: there is no such file.
        ModelFileError: it is damaged, is something else, or comes from a newer format.
    """
    file = open_regular(path, ModelFileError, "a model saved by Pellucid", most=_MAX_BYTES)
    try:
        with file:
            header = read_header(file, os.fstat(file.fileno()).st_size)
            shapes = _shapes(header.document, expected_shapes)
            _check_tensors(header.tensors, shapes)
            return {name: _read(file, name, header.tensors[name]) for name in shapes}
    except ModelFileError as error:
        raise ModelFileError(f"{shown(path)} {error}") from error.__cause__
    except MemoryError:
        raise ModelFileError(f"{shown(path)} needs more memory than there is") from None
    except OSError as error:
        raise ModelFileError(f"{shown(path)} cannot be read: {error.strerror or error}") from error


def no_model_because(error: Exception) -> str:
    """The message about a sound file that describes no model, after the file's name."""
    # The message quotes the file: it may be long, and have several lines.
    reason = " ".join(str(error).split())
    shortened = reason if len(reason) <= 300 else f"{reason[:300]} ..."
    return f"describes no model that Pellucid knows: {shortened}"


def _shapes(document: Mapping[str, Any], expected_shapes: Callable[[Mapping[str, Any]], Shapes]) -> Shapes:
    try:
        return expected_shapes(document)
    # ValueError and OverflowError: Python raises them for numbers that are too long.
    except (PellucidError, ValueError, OverflowError) as error:
        raise ModelFileError(no_model_because(error)) from error


def _check_tensors(tensors: Mapping[str, Tensor], shapes: Shapes) -> None:
    for name in shapes:
        if name not in tensors:
            raise ModelFileError(f"is damaged: the tensor {name} of its network is missing")
        if tensors[name].shape != shapes[name]:
            raise ModelFileError(
                f"is damaged: the tensor {name} has the shape {tensors[name].shape}; "
                f"its network expects {shapes[name]}"
            )
    foreign = [name for name in tensors if name not in shapes]
    if foreign:
        raise ModelFileError(
            f"is damaged: the tensor {foreign[0]!r:.40} belongs to no layer of its network"
        )


def _read(file: io.BufferedReader, name: str, tensor: Tensor) -> Matrix:
    """One tensor's numbers, read from the file directly into their own memory."""
    matrix = np.empty(tensor.shape, np.dtype(tensor.dtype).newbyteorder("<"))
    file.seek(tensor.begin)
    if file.readinto(matrix.data) != matrix.nbytes:
        raise ModelFileError("became shorter while it was read")
    try:
        _check_finite(name, matrix)
    except ValueError as error:
        raise ModelFileError(f"is damaged: {error}") from None
    return matrix.astype(tensor.dtype, copy=False)


def _check_finite(name: str, matrix: Matrix) -> None:
    finite = np.isfinite(matrix)
    if not finite.all():
        position = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise ValueError(f"{name}{list(position)} is {matrix[position]}; expected finite numbers")
