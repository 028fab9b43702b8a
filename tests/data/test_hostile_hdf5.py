"""HDF5 files that lead elsewhere, lie about their size, or are damaged."""

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data import _files, _hdf5
from pellucid.data.hdf5 import read_hdf5
from pellucid.errors import DataError, LabelError
from table_files import refusal, write_hdf5

X = np.arange(60.0).reshape(20, 3)
y = np.arange(20) % 2


def written(path: Path, write: Callable[[h5py.File], Any], **options: Any) -> Path:
    with h5py.File(path, "w", **options) as file:
        write(file)
    return path


# Whoever opens a pipe without a writer waits for ever: that the tests end says that none was opened.
@pytest.fixture(params=["file", "pipe"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "elsewhere"
    if request.param == "pipe":
        os.mkfifo(path)
        return path
    return write_hdf5(path, X=X, y=y)


def test_an_external_link(tmp_path: Path, elsewhere: Path) -> None:
    def write(file: h5py.File) -> None:
        file["X"] = h5py.ExternalLink(str(elsewhere), "/X")

    assert refusal(read_hdf5, written(tmp_path / "a", write)) == (
        "FILE, X is a link, and links are not followed; expected a data set itself"
    )


@pytest.mark.parametrize("target", ["/X", "/group/y", "/elsewhere/y", "/nothing"])
def test_a_soft_link(tmp_path: Path, elsewhere: Path, target: str) -> None:
    def write(file: h5py.File) -> None:
        file["group/y"] = X
        file["elsewhere"] = h5py.ExternalLink(str(elsewhere), "/")
        file["X"] = h5py.SoftLink(target)

    assert refusal(read_hdf5, written(tmp_path / "a", write)) == (
        "FILE, X is a link, and links are not followed; expected a data set itself"
    )


def test_external_storage(tmp_path: Path, elsewhere: Path) -> None:
    def write(file: h5py.File) -> None:
        file["y"] = y
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_external(str(elsewhere).encode(), 0, X.nbytes)
        h5py.h5d.create(file.id, b"X", h5py.h5t.NATIVE_DOUBLE, h5py.h5s.create_simple(X.shape), plan)

    assert refusal(read_hdf5, written(tmp_path / "a", write)) == (
        "FILE, X keeps its data in other files; expected it in this file"
    )


@pytest.mark.parametrize("maxshape", [(20, 3), (None, 3)])
def test_a_virtual_data_set(tmp_path: Path, elsewhere: Path, maxshape: tuple[int | None, int]) -> None:
    def write(file: h5py.File) -> None:
        layout = h5py.VirtualLayout(X.shape, X.dtype, maxshape=maxshape)
        layout[:] = h5py.VirtualSource(str(elsewhere), "X", X.shape)
        file.create_virtual_dataset("X", layout)

    assert refusal(read_hdf5, written(tmp_path / "a", write, libver="latest")) == (
        "FILE, X keeps its data in other files; expected it in this file"
    )


def test_a_group_or_a_type(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        file.create_group("X")
        file["X_test"] = np.dtype("f8")

    path = written(tmp_path / "a", write)
    assert refusal(read_hdf5, path) == "FILE, X is a group or a type; expected a data set"
    with h5py.File(path, "a") as file:
        del file["X"]
    assert refusal(read_hdf5, path) == "FILE, X_test is a group or a type; expected a data set"


@pytest.mark.parametrize(
    ("dtype", "name"),
    [
        (h5py.vlen_dtype(np.float64), "object"),
        (h5py.string_dtype(), "object"),
        (h5py.ref_dtype, "object"),
        (h5py.regionref_dtype, "object"),
        (np.dtype([("a", "f8"), ("b" * 100, "i4")]), f"[('a', '<f8'), ('{'b' * 40}..."),
        (np.dtype(("f8", (2,))), "('<f8', (2,))"),
        (np.dtype("V5"), "|V5"),
        (np.dtype("S5"), "|S5"),
        (np.dtype("c8"), "complex64"),
        (np.dtype("longdouble"), "float128"),
    ],
    ids=str,
)
def test_types_that_are_not_read(tmp_path: Path, dtype: Any, name: str) -> None:
    path = written(tmp_path / "a", lambda file: file.create_dataset("X", (4, 3), dtype))
    assert refusal(read_hdf5, path) == (
        f"FILE, X is of type {name}, which is not read; expected whole or floating-point numbers of at most "
        "64 bits"
    )


def test_nothing_at_all(tmp_path: Path) -> None:
    path = written(tmp_path / "a", lambda file: file.create_dataset("X", data=h5py.Empty("f8")))
    assert refusal(read_hdf5, path) == "FILE, X is empty; expected at least one example"


INCOMPLETE = (
    "FILE, X declares shape (20, 3), and the file does not hold all of it; expected a complete file: copy or "
    "write it again"
)


@pytest.mark.parametrize("options", [{}, {"chunks": (7, 3)}, {"chunks": (7, 3), "compression": "gzip"}])
def test_declared_but_never_written(tmp_path: Path, options: dict[str, Any]) -> None:
    path = written(tmp_path / "a", lambda file: file.create_dataset("X", X.shape, "f8", **options))
    assert refusal(read_hdf5, path) == INCOMPLETE
    if options:
        with h5py.File(path, "a") as file:
            file["X"][:7] = 1
        assert refusal(read_hdf5, path) == INCOMPLETE


@pytest.mark.parametrize("options", [{}, {"chunks": (1000, 1000), "compression": "gzip"}])
def test_a_shape_that_fits_no_memory(
    tmp_path: Path, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_files, "memory", lambda: 2**34)
    path = written(tmp_path / "a", lambda file: file.create_dataset("X", (10**9, 1000), "f8", **options))
    assert path.stat().st_size < 20_000
    assert refusal(read_hdf5, path) == (
        "FILE, X declares 8,000,000,000,000 bytes and this machine has 17,179,869,184 bytes of memory; "
        "expected data that fits: split the file"
    )


def test_parts_that_fit_only_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_files, "memory", lambda: 2000)
    path = write_hdf5(tmp_path / "a", X=X, X_test=X, X_train_other=X)
    monkeypatch.setattr(_files, "memory", lambda: 900)
    assert refusal(read_hdf5, path) == (
        "FILE declares 960 bytes and this machine has 900 bytes of memory; expected data that fits: split "
        "the file"
    )


def test_a_little_that_claims_to_be_a_lot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zeros = np.zeros((1000, 1000), np.uint8)
    path = written(
        tmp_path / "a",
        lambda file: file.create_dataset("X", data=zeros, chunks=(1000, 1000), compression="gzip"),
    )
    assert read_hdf5(path).train.rows.shape == (1000, 1000)
    monkeypatch.setattr(_files, "FREE_BYTES", 999_999)
    assert refusal(read_hdf5, path) == (
        "FILE, X declares 1,000,000 bytes but stores only 1,003; expected at most 250 to 1, or a file that "
        "is damaged or hostile is meant: save it uncompressed"
    )


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


@pytest.mark.parametrize("options", [{"compression": "lzf"}, {"scaleoffset": 2}])
def test_rare_compression(tmp_path: Path, options: dict[str, Any]) -> None:
    path = written(tmp_path / "a", lambda file: file.create_dataset("X", data=X, **options))
    assert refusal(read_hdf5, path) == (
        "FILE, X is compressed in a way that is not read; expected gzip or no compression"
    )


def test_compression_that_needs_a_plug_in_or_comes_twice(tmp_path: Path) -> None:
    for filters in ([32015], [1, 1]):

        def write(file: h5py.File) -> None:
            plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            plan.set_chunk((20, 3))
            for code in filters:
                plan.set_filter(code, h5py.h5z.FLAG_OPTIONAL, (1,))
            space = h5py.h5s.create_simple(X.shape)
            data = h5py.h5d.create(file.id, b"X", h5py.h5t.NATIVE_DOUBLE, space, plan)
            data.write(h5py.h5s.ALL, h5py.h5s.ALL, X)

        assert refusal(read_hdf5, written(tmp_path / "a", write)) == (
            "FILE, X is compressed in a way that is not read; expected gzip or no compression"
        )


def test_chunks_that_are_huge_or_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def huge(file: h5py.File) -> None:
        data = file.create_dataset(
            "X", (2, 2), "u1", chunks=(2**15, 2**15), maxshape=(None, None), compression="gzip"
        )
        data.id.write_direct_chunk((0, 0), zlib.compress(b""))

    assert refusal(read_hdf5, written(tmp_path / "a", huge)) == (
        "FILE, X is stored in 1 chunks of 1,073,741,824 bytes; expected at most 1,000,000 chunks, none larger "
        "than the data: write it again without chunks"
    )
    monkeypatch.setattr(_hdf5, "_MAX_CHUNKS", 19)
    path = written(tmp_path / "a", lambda file: file.create_dataset("X", data=X, chunks=(1, 3)))
    assert refusal(read_hdf5, path) == (
        "FILE, X is stored in 20 chunks of 24 bytes; expected at most 19 chunks, none larger than the data: "
        "write it again without chunks"
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
    try:
        parts = read_hdf5(path)
    except DataError as error:
        assert str(error).isprintable()
        assert str(path) in str(error) or "a training example has shape" in str(error)
    else:
        assert any(parts)


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
