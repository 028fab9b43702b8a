"""Damaged HDF5 files: invalid chunks and text, cut files, changed bytes."""

import struct
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data.hdf5 import read_hdf5
from pellucid.errors import DataError, LabelError
from table_files import refusal, written

X = np.arange(60.0).reshape(20, 3)
y = np.arange(20) % 2


# The HDF5 library inflates a chunk to whatever its stream yields, and reads on where it yields too little.
@pytest.mark.parametrize("length", [0, 10, 2999, 3001, 50_000_000])
@pytest.mark.parametrize("checksum", [False, True])
def test_a_chunk_of_another_length(tmp_path: Path, length: int, checksum: bool) -> None:
    def write(file: h5py.File) -> None:
        data = file.create_dataset(
            "X", (5, 3000), "u1", chunks=(1, 3000), compression="gzip", fletcher32=checksum
        )
        data[...] = 1
        data.id.write_direct_chunk((2, 0), zlib.compress(bytes(length)) + b"abcd" * checksum)

    assert refusal(read_hdf5, written(tmp_path / "a", write)) == (
        "FILE, X is damaged: the chunk at (2, 0) does not hold 3,000 bytes; copy or write it again"
    )


@pytest.mark.parametrize("mask", [0, 1])
def test_an_uncompressed_chunk_of_another_length(tmp_path: Path, mask: int) -> None:
    def write(file: h5py.File) -> None:
        options = {"compression": "gzip"} if mask else {}
        data = file.create_dataset("X", (5, 3000), "u1", chunks=(1, 3000), **options)
        data[...] = 1
        data.id.write_direct_chunk((2, 0), b"short", filter_mask=mask)

    line = refusal(read_hdf5, written(tmp_path / "a", write))
    assert line == (
        "FILE, X is damaged: the chunk at (2, 0) does not hold 3,000 bytes; copy or write it again"
    )


def test_a_chunk_that_is_no_deflate_stream(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        data = file.create_dataset("X", (5, 3000), "u1", chunks=(5, 3000), compression="gzip")
        data.id.write_direct_chunk((0, 0), b"not deflated")

    assert refusal(read_hdf5, written(tmp_path / "a", write)).startswith(
        "FILE is a damaged HDF5 file (Error -3 while decompressing data: incorrect header check); expected"
    )


def test_a_wrong_checksum(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        data = file.create_dataset("X", (2, 300), "u1", chunks=(2, 300), fletcher32=True)
        data.id.write_direct_chunk((0, 0), bytes(600) + b"abcd")

    assert refusal(read_hdf5, written(tmp_path / "a", write)).startswith(
        "FILE is a damaged HDF5 file (Can't synchronously read data"
    )


def test_text_in_chunks(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        file["X"] = X
        file.create_dataset("y", data=["a", "b"] * 10, chunks=(5,))

    assert refusal(read_hdf5, written(tmp_path / "a", write)) == (
        "FILE, y holds text in chunks; expected text written without chunks"
    )


TEXT_DAMAGED = "FILE, classes is damaged: its text is not where it points to; copy or write it again"


@pytest.mark.parametrize(
    ("at", "content"),
    [
        ("heap", b"XXXX"),
        ("heap", b"GCOL\x02"),
        ("heap", b"GCOL\x01\0\0\0" + bytes(8)),
        ("heap", b"GCOL\x01\0\0\0" + b"\xff" * 8),
        ("heap", b"GCOL\x01\0\0\0" + struct.pack("<Q", 17)),
        ("object", struct.pack("<HHIQ", 1, 0, 0, 2**64 - 1)),
        ("object", struct.pack("<HHIQ", 1, 0, 0, 1)),
        ("object", struct.pack("<HHIQ", 0, 0, 0, 3)),
        ("object", struct.pack("<HHIQ", 7, 0, 0, 3)),
        ("entry", struct.pack("<IQI", 4, 2**64 - 1, 1)),
        ("entry", struct.pack("<IQI", 4, 10**6, 1)),
        ("entry", struct.pack("<IQI", 4, 0, 1)),
        ("entry", struct.pack("<IQI", 700, 2048, 1)),
    ],
)
def test_text_that_points_astray(tmp_path: Path, at: str, content: bytes) -> None:
    path = tmp_path / "a"
    with h5py.File(path, "w") as file:
        file["X"], file["y"], file["classes"] = X, y, ["maybe", "none"]
        entry = file["classes"].id.get_offset()
    data = bytearray(path.read_bytes())
    heap = data.index(b"GCOL")
    place = {"heap": heap, "object": heap + 16, "entry": entry}[at]
    data[place : place + len(content)] = content
    path.write_bytes(data)
    assert refusal(read_hdf5, path) == TEXT_DAMAGED


def test_text_that_is_too_long(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        file["X"], file["y"], file["classes"] = X, y, ["a", "b" * 801]

    assert refusal(read_hdf5, written(tmp_path / "a", write), LabelError) == (
        "FILE, classes holds a text of 801 bytes; expected at most 800"
    )


def valuable(path: Path) -> bytes:
    """A file with something of everything that is read."""
    with h5py.File(path, "w") as file:
        file.create_dataset("X", data=X, chunks=(7, 3), compression="gzip", shuffle=True, fletcher32=True)
        file["y"] = y == 1
        file["X_test"] = X[:5]
        file["y_test"] = y[:5] == 1
        file["classes"] = ["no", "yes"]
    return path.read_bytes()


def read_or_refuse(path: Path) -> None:
    """What is damaged is refused in one line, or was not damaged where it is read."""
    line = ""
    try:
        assert any(read_hdf5(path))
    except DataError as error:
        line = str(error)
    assert line.isprintable()
    assert not line or str(path) in line or "a training example has shape" in line


def test_truncated_anywhere(tmp_path: Path) -> None:
    whole = valuable(tmp_path / "whole")
    path = tmp_path / "cut"
    for length in range(0, len(whole), 61):
        path.write_bytes(whole[:length])
        assert refusal(read_hdf5, path).startswith(
            ("FILE is not an HDF5 file", "FILE is a damaged HDF5 file (Unable to synchronously open file")
        )


@given(st.binary(max_size=3000))
def test_noise_behind_the_signature(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + noise)
    assert refusal(read_hdf5, path).startswith("FILE is a damaged HDF5 file")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return valuable(tmp_path_factory.mktemp("whole") / "a")


@given(changes=st.lists(st.tuples(st.integers(0, 2**32), st.integers(0, 255)), min_size=1, max_size=5))
def test_changed_bytes(
    tmp_path_factory: pytest.TempPathFactory, whole: bytes, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(whole)
    for place, value in changes:
        data[place % len(data)] = value
    path = tmp_path_factory.getbasetemp() / "changed.h5"
    path.write_bytes(data)
    read_or_refuse(path)
