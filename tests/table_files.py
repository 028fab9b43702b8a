"""What the tests of HDF5 and NumPy files share: writers, raw .npy bytes, and refusals as text."""

import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from pellucid.data.arrays import read_arrays
from pellucid.data.hdf5 import read_hdf5
from pellucid.data.rows import Splits
from pellucid.errors import FormatError, PellucidError


def refusal(read: Callable[[Path], Any], path: Path, error: type[PellucidError] = FormatError) -> str:
    """The one line with which `read` refuses `path`; the path itself is called FILE."""
    with pytest.raises(error) as caught:
        read(path)
    assert type(caught.value) is error
    assert str(caught.value).isprintable()
    return str(caught.value).replace(str(path), "FILE")


def write_hdf5(path: Path, **arrays: Any) -> Path:
    """An HDF5 file of these data sets, text of fixed length."""
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            array = np.asarray(values)
            file[name] = np.char.encode(array, "utf-8") if array.dtype.kind == "U" else array
    return path


def written(path: Path, write: Callable[[h5py.File], Any], **options: Any) -> Path:
    """An HDF5 file as `write` fills it."""
    with h5py.File(path, "w", **options) as file:
        write(file)
    return path


def write_npz(path: Path, **arrays: Any) -> Path:
    """A NumPy archive of these arrays."""
    with path.open("wb") as stream:
        np.savez(stream, **arrays)
    return path


class Format:
    """One of the two formats that share their rules."""

    def __init__(self, name: str, write: Callable[..., Path], read: Callable[[Path], Splits]) -> None:
        self.name = name
        self.write = write
        self.read = read

    def __str__(self) -> str:
        return self.name

    def parts(self, folder: Path, **arrays: Any) -> Splits:
        """What is read of a file of these arrays."""
        return self.read(self.write(folder / "data", **arrays))

    def refuses(self, folder: Path, error: type[PellucidError] = FormatError, /, **arrays: Any) -> str:
        """How a file of these arrays is refused."""
        return refusal(self.read, self.write(folder / "data", **arrays), error)


FORMATS = (Format("npz", write_npz, read_arrays), Format("hdf5", write_hdf5, read_hdf5))


def npy(
    shape: object, *, descr: str = "'<f8'", order: object = False, data: bytes = b"", version: int = 1
) -> bytes:
    """A .npy file that declares what it is told to."""
    return npy_with(f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}", data, version)


def npy_with(header: str, data: bytes = b"", version: int = 1) -> bytes:
    """A .npy file with this header."""
    text = header.encode("latin-1") + b"\n"
    length = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + data


def write_zip(
    path: Path, members: Iterable[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED
) -> Path:
    """A zip archive of raw members."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path
