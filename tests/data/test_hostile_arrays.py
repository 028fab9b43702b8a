"""NumPy files that lie, would run code, would fill the memory, or are damaged."""

import io
import os
import pickle
import re
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data import _files, arrays
from pellucid.data.arrays import read_arrays
from pellucid.errors import DataError
from table_files import npy, npy_with, refusal, write_npz, write_zip

X = np.arange(12.0).reshape(4, 3)
DATA = X.astype("<f8").tobytes()


class Trap:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.trace),)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    trap = np.array([[Trap(tmp_path / "trace")]], dtype=object)
    np.save(tmp_path / "a.npy", trap, allow_pickle=True)
    expected = (
        "is of type object, which is not read; expected integers or floating-point numbers of at most "
        "64 bits"
    )
    assert refusal(read_arrays, tmp_path / "a.npy") == f"FILE {expected}"
    np.savez(tmp_path / "a.npz", X=X, X_test=trap)
    assert refusal(read_arrays, tmp_path / "a.npz") == f"FILE, X_test {expected}"
    np.savez(tmp_path / "a.npz", X=X, y=trap)
    assert refusal(read_arrays, tmp_path / "a.npz") == (
        "FILE, y is of type object, which is not read; expected numbers of at most 64 bits or text of "
        "fixed length"
    )
    (tmp_path / "a").write_bytes(pickle.dumps(Trap(tmp_path / "trace")))
    assert refusal(read_arrays, tmp_path / "a").startswith("FILE is neither")
    assert not (tmp_path / "trace").exists()


PLAIN = "FILE has a header that is damaged or describes records; expected a plain array of numbers"


@pytest.mark.parametrize(
    "content",
    [
        npy("(4, 3)", descr="[('a', '<f8')]", data=DATA),
        npy("(4, 3)", descr="'<f8, <f8'", data=DATA),
        npy("(4, 3)", descr="'<M8[ns]'", data=DATA),
        npy("(4, 3)", descr="'a8'", data=DATA),
        npy("(4, 3)", descr="('<f8', (2,))", data=DATA),
        npy("(4, -3)", data=DATA),
        npy("(4, 3.0)", data=DATA),
        npy("(4 3)", data=DATA),
        npy("(4)", data=DATA),
        npy("[4, 3]", data=DATA),
        npy("4", data=DATA),
        npy("(4, " + "1" * 19 + ")", data=DATA),
        npy("(2**2, 3)", data=DATA),
        npy("(4, 3)", order=0, data=DATA),
        npy("(4, 3)", order="None", data=DATA),
        npy("(4, 3), 'more': 1", data=DATA),
        npy("(4, 3), 'shape': (4, 3)", data=DATA),
        npy_with("{'descr': '<f8', 'shape': (4, 3), 'shape': (4, 3)}", DATA),
        npy_with("{'descr': '<f8', 'shape': (4, 3)}", DATA),
        npy_with("{'descr': '<f8', 'fortran_order': False, 'shape': (4, 3)} + __import__('os')", DATA),
        npy_with("(" * 500, DATA),
        npy_with("{" + " " * 4090, DATA),
        npy_with("{'descr': '<f8', 'fortran_order': False, 'shape': (" + " " * 4000 + "!", DATA),
        npy("(4, 3)" + " " * 5000, data=DATA),
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff",
        b"\x93NUMPY\x01\x00",
    ],
)
def test_headers_that_are_not_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    assert refusal(read_arrays, tmp_path / "a") == PLAIN


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            npy("(4, 3)", data=DATA, version=3),
            "FILE is not a NumPy array of format 1 or 2; expected a file of numpy.save",
        ),
        (
            b"\x93NUMPY",
            "FILE is not a NumPy array of format 1 or 2; expected a file of numpy.save",
        ),
        (npy("(4, 3)", descr="'<f7'", data=DATA), "FILE has the unknown type '<f7'; expected numbers"),
        (npy("()", data=DATA), "FILE has 0 dimensions; expected 1 to 4"),
        (npy("(" + "1, " * 300 + ")", data=DATA), "FILE has 300 dimensions; expected 1 to 4"),
        (npy("(0, 3)"), "FILE is empty, of shape (0, 3); expected at least one example"),
        (
            npy("(4, 0, " + "9" * 18 + ")"),
            f"FILE is empty, of shape (4, 0, {'9' * 18}); expected at least one example",
        ),
        (
            npy("(12,)", data=DATA),
            "FILE has shape (12,); expected numbers (m, n), or pictures (m, height, width) or (m, height, "
            "width, 3)",
        ),
        (
            npy("(5, 3)", data=DATA),
            "FILE is damaged: shape (5, 3) of type float64 takes 120 bytes, and 96 are there; expected as "
            "many: copy or save it again",
        ),
        (
            npy("(3, 3)", data=DATA),
            "FILE is damaged: shape (3, 3) of type float64 takes 72 bytes, and 96 are there; expected as "
            "many: copy or save it again",
        ),
        (
            npy("(999999999, 999999999, 999999999)", data=DATA),
            "FILE is damaged: shape (999999999, 999999999, 999999999) of type float64 takes "
            "7,999,999,976,000,000,023,999,999,992 bytes, and 96 are there; expected as many: copy or save "
            "it again",
        ),
        (
            npy("(4, 3)", descr="'<U3'", data=DATA),
            "FILE is of type <U3, which is not read; expected integers or floating-point numbers of at "
            "most 64 bits",
        ),
    ],
)
def test_declarations_that_cannot_be_true(tmp_path: Path, content: bytes, line: str) -> None:
    (tmp_path / "a").write_bytes(content)
    assert refusal(read_arrays, tmp_path / "a") == line


def test_labels_of_endless_text(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", X=X, y=np.array(["a" * 2000] * 4))
    assert refusal(read_arrays, tmp_path / "a.npz") == (
        "FILE, y is of type <U2000, which is not read; expected numbers of at most 64 bits or text of "
        "fixed length"
    )


def test_more_than_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "a.npy", X)
    write_npz(tmp_path / "a.npz", X=X, X_test=X)
    monkeypatch.setattr(_files, "memory", lambda: 95)
    line = (
        "declares {} bytes and this machine has {} bytes of memory; expected data that fits: split the file"
    )
    assert refusal(read_arrays, tmp_path / "a.npy") == "FILE " + line.format(96, 95)
    monkeypatch.setattr(_files, "memory", lambda: 191)
    assert refusal(read_arrays, tmp_path / "a.npz") == "FILE " + line.format(192, 191)


def test_a_little_that_claims_to_be_a_lot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez_compressed(tmp_path / "a.npz", X=np.zeros((1000, 1000), np.uint8))
    read_arrays(tmp_path / "a.npz")
    monkeypatch.setattr(_files, "FREE_BYTES", 999_999)
    line = refusal(read_arrays, tmp_path / "a.npz")
    assert re.sub(r"only [\d,]+;", "only N;", line) == (
        "FILE, X declares 1,000,000 bytes but stores only N; expected at most 250 to 1, as real data "
        "has: if it is real, save it uncompressed"
    )


def patched(path: Path, signature: bytes, offset: int, value: int, width: int = 4) -> Path:
    """The archive with a field of its first such record changed."""
    data = bytearray(path.read_bytes())
    place = data.index(signature) + offset
    data[place : place + width] = value.to_bytes(width, "little")
    path.write_bytes(data)
    return path


CENTRAL = b"PK\x01\x02"


def test_an_archive_that_lies_about_a_size(tmp_path: Path) -> None:
    header = npy("(1000000000, 1)" + " " * 100, descr="'|u1'")
    path = write_zip(tmp_path / "a", [("X.npy", header + bytes(5000))], zipfile.ZIP_DEFLATED)
    patched(path, CENTRAL, 24, len(header) + 10**9)
    assert refusal(read_arrays, path).startswith("FILE, X declares 1,000,000,000 bytes but stores only ")

    header = npy("(10000, 1)", descr="'|u1'")
    path = write_zip(tmp_path / "b", [("X.npy", header + bytes(5000))], zipfile.ZIP_DEFLATED)
    patched(path, CENTRAL, 24, len(header) + 10_000)
    assert refusal(read_arrays, path) == ("FILE, X is truncated after 5000 of 10000 bytes; copy it again")

    header = npy("(1000, 1)", descr="'|u1'")
    path = write_zip(tmp_path / "c", [("X.npy", header + bytes(5000))], zipfile.ZIP_DEFLATED)
    patched(path, CENTRAL, 24, len(header) + 1000)
    assert refusal(read_arrays, path) == (
        "FILE is a damaged .npz file (Bad CRC-32 for file 'X.npy'); expected one NumPy saved: copy it again"
    )

    path = write_npz(tmp_path / "d", X=X)
    patched(path, CENTRAL, 24, 10**6)
    assert refusal(read_arrays, path) == "FILE, X is damaged: its two sizes differ; save it again"


def test_members_that_share_their_bytes(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a", [("X.npy", npy("(4, 3)", data=DATA))])
    patched(path, CENTRAL, 20, 10**6)
    assert refusal(read_arrays, path) == (
        "FILE is damaged: its members are larger than the file; save it again"
    )


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("names", [("X.npy", "X.npy"), ("X.npy", "y.npy", "X.npy")])
def test_a_member_twice(tmp_path: Path, names: tuple[str, ...]) -> None:
    path = write_zip(tmp_path / "a", [(name, npy("(4, 3)", data=DATA)) for name in names])
    assert refusal(read_arrays, path) == ("FILE is damaged: it holds 'X' twice; expected each array once")


def test_too_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "_MAX_MEMBERS", 2)
    path = write_npz(tmp_path / "a", X=X, y=X, z=X)
    assert refusal(read_arrays, path) == "FILE has 3 members; expected at most 2 arrays"


@pytest.mark.parametrize("kind", ["encrypted", "bzip2"])
def test_members_that_numpy_does_not_write(tmp_path: Path, kind: str) -> None:
    compression = zipfile.ZIP_BZIP2 if kind == "bzip2" else zipfile.ZIP_STORED
    path = write_zip(tmp_path / "a", [("X.npy", npy("(4, 3)", data=DATA))], compression)
    if kind == "encrypted":
        patched(path, CENTRAL, 8, 1, width=2)
    assert refusal(read_arrays, path) == (
        "FILE, X is encrypted or compressed in an unusual way; expected a file as NumPy writes it"
    )


def test_a_wrong_checksum(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a", X=X)
    path.write_bytes(path.read_bytes().replace(struct.pack("<d", 5), struct.pack("<d", 6)))
    assert refusal(read_arrays, path) == (
        "FILE is a damaged .npz file (Bad CRC-32 for file 'X.npy'); expected one NumPy saved: copy it again"
    )


def test_names_that_would_leave_a_folder(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a", [("../\x1b[2J.npy", npy("(4, 3)", data=DATA))])
    assert refusal(read_arrays, path).startswith(
        r"FILE holds '../\x1b[2J' (4, 3) float64; expected arrays named X"
    )


def examples() -> list[bytes]:
    """One file of each kind."""
    files = []
    for save in (np.savez, np.savez_compressed):
        stream = io.BytesIO()
        save(stream, X=np.asfortranarray(X), y=np.array(["a", "b"] * 2), X_test=X.astype(">f4"))
        files.append(stream.getvalue())
    return [*files, npy("(4, 3)", data=DATA)]


def test_truncated_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "cut"
    for content in examples():
        for length in range(0, len(content), 7):
            path.write_bytes(content[:length])
            refusal(read_arrays, path)


@given(start=st.sampled_from([b"\x93NUMPY\x01\x00", b"\x93NUMPY", b"PK\x03\x04"]), noise=st.binary())
def test_noise(tmp_path_factory: pytest.TempPathFactory, start: bytes, noise: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "noise"
    path.write_bytes(start + noise)
    refusal(read_arrays, path)


@given(
    content=st.sampled_from(examples()),
    changes=st.lists(st.tuples(st.integers(0, 2**32), st.integers(0, 255)), min_size=1, max_size=5),
)
def test_changed_bytes(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(content)
    for place, value in changes:
        data[place % len(data)] = value
    path = tmp_path_factory.getbasetemp() / "changed"
    path.write_bytes(data)
    line = ""
    try:
        assert any(read_arrays(path))
    except DataError as error:
        line = str(error)
    assert line.isprintable()
