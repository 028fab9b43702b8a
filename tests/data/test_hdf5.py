"""HDF5 files as people have them: the course's own, other layouts, compression, kinds of text."""

import os
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pellucid.data.hdf5 import is_hdf5, read_hdf5
from pellucid.errors import FormatError, LabelError, MissingPackageError, NotFoundError
from table_files import refusal, write_hdf5

X = np.arange(60.0).reshape(20, 3)
y = np.arange(20) % 2


@pytest.mark.parametrize(("part", "m", "cats"), [("train", 209, 72), ("test", 50, 33)])
def test_the_course(data_root: Path, part: str, m: int, cats: int) -> None:
    path = data_root / "catvnoncat" / f"{part}_catvnoncat.h5"
    parts = read_hdf5(path)
    examples, other = parts if part == "train" else parts[::-1]
    assert other is None
    with h5py.File(path) as file:
        np.testing.assert_array_equal(examples.rows, file[f"{part}_set_x"])
        np.testing.assert_array_equal(examples.labels, file[f"{part}_set_y"])
    assert examples.rows.shape == (m, 64, 64, 3)
    assert examples.rows.dtype == np.uint8
    assert examples.labels.sum() == cats
    assert examples.classes == ("non-cat", "cat")
    assert examples.sources[7] == f"{part}_catvnoncat.h5, {part}_set_x row 7"
    assert examples.skipped == ()


@pytest.mark.parametrize("side", [1, 7, 32])
@pytest.mark.parametrize("n_classes", [2, 5])
def test_the_layout_of_the_course_of_any_size(tmp_path: Path, side: int, n_classes: int) -> None:
    rng = np.random.default_rng(side)
    pictures = rng.integers(0, 256, (9, side, side + 1, 3), np.uint8)
    labels = np.arange(9) % n_classes
    names = [f"kind {k}" for k in range(n_classes)]
    path = write_hdf5(
        tmp_path / "a",
        train_set_x=pictures[:5],
        train_set_y=labels[:5],
        test_set_x=pictures[5:],
        test_set_y=labels[5:],
        list_classes=names,
    )
    train, test = read_hdf5(path)
    np.testing.assert_array_equal(np.concatenate([train.rows, test.rows]), pictures)
    np.testing.assert_array_equal(np.concatenate([train.labels, test.labels]), labels)
    assert train.classes == test.classes == tuple(names)


STORAGE: list[dict[str, Any]] = [
    {},
    {"chunks": (7, 2)},
    {"chunks": (7, 2), "maxshape": (None, 3)},
    {"chunks": (32, 32), "maxshape": (None, None)},
    {"chunks": (7, 2), "compression": "gzip"},
    {"chunks": (20, 3), "compression": "gzip", "shuffle": True},
    {"chunks": (7, 2), "compression": "gzip", "shuffle": True, "fletcher32": True},
    {"chunks": (7, 2), "fletcher32": True},
    {"chunks": (7, 2), "shuffle": True},
]


@pytest.mark.parametrize("libver", ["earliest", "latest"])
@pytest.mark.parametrize("options", STORAGE, ids=str)
def test_every_way_of_storing(tmp_path: Path, options: dict[str, Any], libver: str) -> None:
    with h5py.File(tmp_path / "a", "w", libver=libver) as file:
        file.create_dataset("X", data=X, **options)
        file["y"] = y
    train = read_hdf5(tmp_path / "a").train
    np.testing.assert_array_equal(train.rows, X)
    np.testing.assert_array_equal(train.labels, y)


def test_chunks_that_a_writer_left_uncompressed(tmp_path: Path) -> None:
    values = np.arange(16, dtype=np.uint8).reshape(4, 4)
    with h5py.File(tmp_path / "a", "w") as file:
        data = file.create_dataset("X", (4, 4), "u1", chunks=(2, 4), compression="gzip")
        data[...] = values
        data.id.write_direct_chunk((2, 0), values[2:].tobytes(), filter_mask=1)
    np.testing.assert_array_equal(read_hdf5(tmp_path / "a").train.rows, values)


def test_a_checksum_made_before_compressing(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a", "w") as file:
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk((7, 3))
        plan.set_fletcher32()
        plan.set_deflate(4)
        space = h5py.h5s.create_simple(X.shape)
        data = h5py.h5d.create(file.id, b"X", h5py.h5t.NATIVE_DOUBLE, space, plan)
        data.write(h5py.h5s.ALL, h5py.h5s.ALL, X)
    np.testing.assert_array_equal(read_hdf5(tmp_path / "a").train.rows, X)


def test_data_in_the_header(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a", "w") as file:
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple(X.shape)
        data = h5py.h5d.create(file.id, b"X", h5py.h5t.NATIVE_DOUBLE, space, plan)
        data.write(h5py.h5s.ALL, h5py.h5s.ALL, X)
    np.testing.assert_array_equal(read_hdf5(tmp_path / "a").train.rows, X)


@pytest.mark.parametrize("userblock", [0, 512, 2048])
@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_text_of_variable_length(tmp_path: Path, userblock: int, libver: str) -> None:
    many = [f"klasse {i} {'ä' * (i % 90)}" for i in range(200)]
    with h5py.File(tmp_path / "a", "w", libver=libver, userblock_size=userblock) as file:
        file["X"] = X
        file["y"] = y
        file["classes"] = many
    with h5py.File(tmp_path / "b", "w", libver=libver, userblock_size=userblock) as file:
        file["X"] = X
        file["y"] = [b"dog", b"cat"] * 10
    assert read_hdf5(tmp_path / "a").train.classes == tuple(many)
    train = read_hdf5(tmp_path / "b").train
    assert train.classes == ("cat", "dog")
    assert train.labels.tolist() == [1, 0] * 10


def test_an_empty_text(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a", "w") as file:
        file["X"] = X[:2]
        file["y"] = ["dog", ""]
    assert refusal(read_hdf5, tmp_path / "a", LabelError) == (
        "FILE, y holds the class name ''; expected 1 to 200 printable characters"
    )


def test_booleans_are_an_enumeration_in_hdf5(tmp_path: Path) -> None:
    train = read_hdf5(write_hdf5(tmp_path / "a", X=X, y=y == 1)).train
    assert train.classes == ("False", "True")
    assert train.labels.tolist() == y.tolist()


def test_other_things_in_the_file_do_not_matter(tmp_path: Path) -> None:
    path = write_hdf5(tmp_path / "a", X=X, y=y)
    with h5py.File(path, "a") as file:
        file["elsewhere"] = h5py.ExternalLink("nowhere.h5", "/X")
        file["loop"] = h5py.SoftLink("/loop")
        file["group/X"] = X
        file["text"] = ["a", "b"]
        file["X"].attrs["note"] = "text"
    np.testing.assert_array_equal(read_hdf5(path).train.rows, X)


@given(hnp.arrays(st.sampled_from(["u1", "<i2", ">f4", "f8"]), hnp.array_shapes(min_dims=2, max_dims=2)))
def test_any_numbers_come_back(tmp_path_factory: pytest.TempPathFactory, values: np.ndarray) -> None:
    path = tmp_path_factory.mktemp("any") / "a"
    np.testing.assert_array_equal(read_hdf5(write_hdf5(path, X=values)).train.rows, values)


@pytest.mark.parametrize("offset", [0, 512, 1024, 2048])
def test_the_signature(offset: int) -> None:
    head = bytes(offset) + b"\x89HDF\r\n\x1a\n" + bytes(100)
    assert is_hdf5(head)
    assert not is_hdf5(head[1:])
    assert not is_hdf5(head[: offset + 7])


def test_not_hdf5(tmp_path: Path) -> None:
    for content in (b"", b"\x89HDF", b"PK\x03\x04", b"hello" * 1000):
        (tmp_path / "a.h5").write_bytes(content)
        assert refusal(read_hdf5, tmp_path / "a.h5") == (
            "FILE is not an HDF5 file; expected one, for example with train_set_x"
        )


def test_not_a_file(tmp_path: Path) -> None:
    assert refusal(read_hdf5, tmp_path) == "FILE is a folder; expected a file of data"
    os.mkfifo(tmp_path / "pipe")
    assert refusal(read_hdf5, tmp_path / "pipe") == (
        "FILE is a pipe, a socket or a device; expected a file of data"
    )
    missing = tmp_path / "missing"
    assert refusal(read_hdf5, missing, NotFoundError) == "there is no file FILE; expected a file of data"
    (tmp_path / "file").touch()
    below = tmp_path / "file" / "a"
    assert refusal(read_hdf5, below, NotFoundError) == "there is no file FILE; expected a file of data"
    assert refusal(read_hdf5, tmp_path / ("a" * 300)) == (
        "FILE cannot be read (File name too long); expected a file of data"
    )


def test_a_path_may_be_text(tmp_path: Path) -> None:
    assert len(read_hdf5(str(write_hdf5(tmp_path / "a", X=X))).train) == 20


def test_without_h5py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingPackageError) as caught:
        read_hdf5(tmp_path / "a")
    assert str(caught.value) == "reading HDF5 files needs h5py: pip install 'pellucid[hdf5]'"


def test_what_there_is_instead(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a", "w") as file:
        file["group/X"] = X
        file["numbers"] = X
        file["link"] = h5py.SoftLink("/numbers")
        file["text"] = ["a", "b"]
        file["bad\nname"] = y
    line = refusal(read_hdf5, tmp_path / "a")
    assert line.startswith(
        r"FILE holds 'bad\nname' (20,) int64, group (no data set of this file), link (no data set of this "
        "file), numbers (20, 3) float64, text (2,) object; expected arrays named X"
    )
    with h5py.File(tmp_path / "b", "w"):
        pass
    assert refusal(read_hdf5, tmp_path / "b").startswith("FILE holds nothing; expected arrays named X")


def test_too_many_things(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a", "w") as file:
        for i in range(1001):
            file.create_group(str(i))
    assert refusal(read_hdf5, tmp_path / "a", FormatError) == (
        "FILE holds 1001 objects; expected at most 1000 data sets"
    )
