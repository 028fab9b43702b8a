"""HDF5 files that lead elsewhere, or lie about their size."""

import os
import re
import struct
import zlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from pellucid.data import _files, _hdf5
from pellucid.data.hdf5 import read_hdf5
from table_files import refusal, write_hdf5, written

X = np.arange(60.0).reshape(20, 3)
y = np.arange(20) % 2


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
        f"FILE, X is of type {name}, which is not read; expected integers or floating-point numbers of at "
        "most 64 bits"
    )


def test_nothing_at_all(tmp_path: Path) -> None:
    path = written(tmp_path / "a", lambda file: file.create_dataset("X", data=h5py.Empty("f8")))
    assert refusal(read_hdf5, path) == "FILE, X is empty; expected at least one example"


INCOMPLETE = (
    "FILE, X declares shape (20, 3), and the file does not hold all of it; expected a complete file: copy "
    "or write it again"
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
    path = write_hdf5(tmp_path / "a", X=X, X_test=X)
    assert read_hdf5(path).test is not None
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
    line = re.sub(r"only [\d,]+;", "only N;", refusal(read_hdf5, path))
    assert line == (
        "FILE, X declares 1,000,000 bytes but stores only N; expected at most 250 to 1, as real data "
        "has: if it is real, save it uncompressed"
    )


@pytest.mark.parametrize("options", [{"compression": "lzf"}, {"scaleoffset": 2}])
def test_rare_compression(tmp_path: Path, options: dict[str, Any]) -> None:
    path = written(tmp_path / "a", lambda file: file.create_dataset("X", data=X, **options))
    assert refusal(read_hdf5, path) == (
        "FILE, X is compressed in a way that is not read; expected gzip or no compression"
    )


@pytest.mark.parametrize("filters", [[32015], [1, 1]], ids=["plug-in", "twice"])
def test_other_compression(tmp_path: Path, filters: list[int]) -> None:
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


def test_chunks_that_share_their_bytes(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        file.create_dataset("X", data=np.ones((2, 10_000), np.uint8), chunks=(1, 10_000))

    path = written(tmp_path / "a", write)
    with h5py.File(path) as file:
        chunks: list[Any] = []
        file["X"].id.chunk_iter(chunks.append)
    first, second = (chunk.byte_offset for chunk in chunks)
    data = path.read_bytes()
    assert len(data) == second + 10_000
    data = data[:second].replace(struct.pack("<Q", second), struct.pack("<Q", first))
    path.write_bytes(data.replace(struct.pack("<Q", second + 10_000), struct.pack("<Q", second)))
    assert refusal(read_hdf5, path) == (
        "FILE, X declares shape (2, 10000), and the file does not hold all of it; expected a complete "
        "file: copy or write it again"
    )


def test_chunks_that_are_huge_or_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def huge(file: h5py.File) -> None:
        data = file.create_dataset(
            "X", (2, 2), "u1", chunks=(2**15, 2**15), maxshape=(None, None), compression="gzip"
        )
        data.id.write_direct_chunk((0, 0), zlib.compress(b""))

    assert refusal(read_hdf5, written(tmp_path / "a", huge)) == (
        "FILE, X is stored in 1 chunks of 1,073,741,824 bytes; expected at most 1,000,000 chunks, none "
        "larger than the data: write it again without chunks"
    )
    monkeypatch.setattr(_hdf5, "_MAX_CHUNKS", 19)
    path = written(tmp_path / "a", lambda file: file.create_dataset("X", data=X, chunks=(1, 3)))
    assert refusal(read_hdf5, path) == (
        "FILE, X is stored in 20 chunks of 24 bytes; expected at most 19 chunks, none larger than the "
        "data: write it again without chunks"
    )
