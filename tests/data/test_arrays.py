"""NumPy files as people have them."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pellucid.data.arrays import is_npy, is_npz, read_arrays
from pellucid.errors import NotFoundError
from table_files import npy, npy_with, refusal, write_npz

X = np.arange(12.0).reshape(4, 3)
y = np.array([0, 1, 1, 0])


def test_mnist(data_root: Path) -> None:
    train, test = read_arrays(data_root / "mnist10k.npz")
    with np.load(data_root / "mnist10k.npz") as stored:
        np.testing.assert_array_equal(train.rows, stored["X_train"])
        np.testing.assert_array_equal(train.labels, stored["y_train"])
        np.testing.assert_array_equal(test.rows, stored["X_test"])
        np.testing.assert_array_equal(test.labels, stored["y_test"])
    assert train.rows.shape == (8000, 28, 28)
    assert test.rows.shape == (2000, 28, 28)
    assert train.rows.dtype == np.uint8
    assert train.classes == test.classes == tuple("0123456789")
    assert test.sources[1999] == "mnist10k.npz, X_test row 1999"


def test_the_flower_in_columns(data_root: Path) -> None:
    train, test = read_arrays(data_root / "planar.npz")
    assert test is None
    with np.load(data_root / "planar.npz") as stored:
        np.testing.assert_array_equal(train.rows, stored["X"].T)
        np.testing.assert_array_equal(train.labels, stored["Y"][0])
    assert train.rows.shape == (400, 2)
    assert train.classes == ("0", "1")
    assert train.sources[399] == "planar.npz, X column 399"


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(4, 3), (4, 2, 5), (4, 2, 5, 3)])
def test_a_single_array(tmp_path: Path, shape: tuple[int, ...], order: str) -> None:
    rows = np.arange(np.prod(shape)).reshape(shape).astype(np.uint8, order=order)
    np.save(tmp_path / "a.npy", rows)
    train, test = read_arrays(tmp_path / "a.npy")
    assert test is None
    np.testing.assert_array_equal(train.rows, rows)
    assert train.labels is None
    assert train.classes == ()
    assert train.sources[:2] == ("a.npy, row 0", "a.npy, row 1")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_archives(tmp_path: Path, save: object) -> None:
    save(tmp_path / "a.npz", X=np.asfortranarray(X), y=y, X_test=X[::-1], y_test=y)
    train, test = read_arrays(str(tmp_path / "a.npz"))
    np.testing.assert_array_equal(train.rows, X)
    np.testing.assert_array_equal(test.rows, X[::-1])


def test_what_is_read_may_be_written_to(tmp_path: Path) -> None:
    train = read_arrays(write_npz(tmp_path / "a", X=X, y=y)).train
    train.rows[0] = 7
    train.labels[0] = 1


@given(
    hnp.arrays(
        st.sampled_from(["u1", "<i2", ">f4", "f8", "?"]),
        hnp.array_shapes(min_dims=2, max_dims=2),
    ),
    st.sampled_from(["C", "F"]),
)
def test_any_array_comes_back(
    tmp_path_factory: pytest.TempPathFactory, values: np.ndarray, order: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.npy"
    np.save(path, np.asarray(values, order=order))
    np.testing.assert_array_equal(read_arrays(path).train.rows, values)


DATA = X.astype("<f8").tobytes()


@pytest.mark.parametrize(
    "content",
    [
        npy("(4, 3)", data=DATA),
        npy("(4, 3)", data=DATA, version=2),
        npy("(4L, 3L)", data=DATA),
        npy("(4,3,)", data=DATA),
        npy("( 4 , 3 )", data=DATA),
        npy_with("{'shape': (4, 3), 'fortran_order': False, 'descr': '<f8'}", DATA),
        npy_with('{"descr": "<f8", "shape": (4, 3), "fortran_order": False}   ', DATA),
        npy_with("{'descr':'<f8','fortran_order':False,'shape':(4,3)}", DATA),
    ],
)
def test_headers_of_other_writers(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    np.testing.assert_array_equal(read_arrays(tmp_path / "a").train.rows, X)


def test_an_archive_with_other_members(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a", X=X, y=y, note=np.array(["text"]), half=X[:2])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("README", b"text")
        archive.writestr("broken.npy", b"text")
    np.testing.assert_array_equal(read_arrays(path).train.rows, X)


def test_what_the_file_begins_with() -> None:
    assert is_npy(b"\x93NUMPY\x01\x00")
    assert is_npz(b"PK\x03\x04abc")
    assert is_npz(b"PK\x05\x06")
    for other in (b"", b"\x93NUMP", b"PK", b"\x89HDF\r\n\x1a\n", b"\x80\x04"):
        assert not is_npy(other)
        assert not is_npz(other)


def test_what_there_is_instead(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a", numbers=X, words=np.array(["a", "b"]))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("things.npy", npy("(3,)", descr="'|O'"))
        archive.writestr("broken.npy", b"text")
        archive.writestr("X", b"text")
    assert refusal(read_arrays, path).startswith(
        "FILE holds numbers (4, 3) float64, words (2,) <U1, things (3,) object, broken (unreadable); "
        "expected arrays named X"
    )


def test_neither(tmp_path: Path) -> None:
    for content in (b"", b"\x80\x04\x95pickle", b"\x89HDF\r\n\x1a\n", b"text"):
        (tmp_path / "a.npz").write_bytes(content)
        assert refusal(read_arrays, tmp_path / "a.npz") == (
            "FILE is neither a .npy nor a .npz file; expected one that NumPy saved"
        )


def test_not_a_file(tmp_path: Path) -> None:
    assert refusal(read_arrays, tmp_path) == "FILE is a folder; expected a file of data"
    os.mkfifo(tmp_path / "pipe")
    assert refusal(read_arrays, tmp_path / "pipe") == (
        "FILE is a pipe, a socket or a device; expected a file of data"
    )
    line = refusal(read_arrays, tmp_path / "missing", NotFoundError)
    assert line == "there is no file FILE; expected a file of data"
