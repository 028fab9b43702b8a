"""Arrays that stay in their file give the same examples, and the same training, as those read whole."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from pellucid import Network, TrainingOptions, train
from pellucid.data.arrays import is_array_folder
from pellucid.data.load import load_data
from pellucid.data.stored_rows import Allowance, FlatFile
from pellucid.errors import FormatError, NonFiniteError, NotFoundError
from pellucid.stored import Stored
from tests.stored_columns import order_on_files

pytestmark = pytest.mark.filterwarnings("ignore::pellucid.errors.LearningWarning")

RNG = np.random.default_rng(0)
NUMBERS = RNG.normal(3, 2, (2500, 12))
NUMBERS[:, 5] = 0.1
PICTURES = RNG.integers(0, 256, (2000, 4, 4, 3)).astype(np.uint8)
MEMORY = 300_000


def arrays(path: Path, X: Any, y: Any, **more: Any) -> Path:
    path.mkdir()
    for name, array in {"X": X, "y": y, **more}.items():
        np.save(path / f"{name}.npy", array)
    return path


def hdf5(path: Path, X: Any, y: Any, **how: Any) -> Path:
    userblock = how.pop("userblock_size", 0)
    with h5py.File(path, "w", userblock_size=userblock) as file:
        file.create_dataset("train_set_x", data=X, **how)
        file["train_set_y"] = y
    return path


def labels(X: Any) -> Any:
    first = X.reshape(len(X), -1)[:, 0]
    return (first > np.median(first)).astype(int)


FILES: dict[str, Callable[[Path], Path]] = {
    "npy float64": lambda at: arrays(at / "a", NUMBERS, labels(NUMBERS)),
    "npy float32": lambda at: arrays(at / "a", NUMBERS.astype("f4"), labels(NUMBERS)),
    "npy big-endian": lambda at: arrays(at / "a", NUMBERS.astype(">f4"), labels(NUMBERS)),
    "npy integers": lambda at: arrays(at / "a", (9 * NUMBERS).astype("i2"), labels(NUMBERS)),
    "npy booleans": lambda at: arrays(at / "a", NUMBERS > 3, labels(NUMBERS)),
    "npy pictures": lambda at: arrays(at / "a", PICTURES, labels(PICTURES)),
    "npy grey": lambda at: arrays(at / "a", PICTURES[..., :1], labels(PICTURES)),
    "npy regression": lambda at: arrays(at / "a", NUMBERS, NUMBERS[:, :2] + 0.5),
    "npy classes": lambda at: arrays(at / "a", NUMBERS, RNG.integers(0, 4, len(NUMBERS))),
    "hdf5 in one block": lambda at: hdf5(at / "a", PICTURES, labels(PICTURES)),
    "hdf5 behind a block": lambda at: hdf5(at / "a", NUMBERS, labels(NUMBERS), userblock_size=1024),
    "hdf5 in chunks": lambda at: hdf5(at / "a", NUMBERS, labels(NUMBERS), chunks=(64, 5)),
    "hdf5 compressed": lambda at: hdf5(
        at / "a", PICTURES, labels(PICTURES), chunks=(100, 4, 4, 3), compression="gzip", shuffle=True
    ),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scaling", ["auto", "standard", "none"])
@pytest.mark.parametrize("kind", FILES)
def test_examples_in_a_file_are_those_in_memory(
    kind: str, scaling: str, dtype: str, tmp_path: Path
) -> None:
    path = FILES[kind](tmp_path)
    train_whole, test_whole = load_data(path, scaling=scaling, dtype=dtype)
    found, held_out = load_data(path, scaling=scaling, dtype=dtype, memory=MEMORY)
    assert isinstance(found.X, Stored)
    # The statistics too, to the last bit.
    assert found.recipe == train_whole.recipe
    for stored, whole in ((found, train_whole), (held_out, test_whole)):
        np.testing.assert_array_equal(stored.X.dense(slice(None)), whole.X)
        np.testing.assert_array_equal(stored.Y, whole.Y)
        assert tuple(stored.sources[:9]) == tuple(whole.sources[:9])
        assert stored.classes == whole.classes


@pytest.mark.parametrize("kind", ["npy float32", "npy pictures", "hdf5 in one block", "hdf5 compressed"])
def test_a_training_on_them_is_that_in_memory(kind: str, tmp_path: Path) -> None:
    path = FILES[kind](tmp_path)
    whole, _ = load_data(path, dtype="float32")
    found, _ = load_data(path, dtype="float32", memory=MEMORY)
    network = Network((whole.n_x, 6, 1))
    options = TrainingOptions(epochs=3, batch_size=16, rng=1, optimizer="adam", threads=1)
    order = order_on_files(network, found, options)
    expected, end = train(network, whole, options, order=order), train(network, found, options)
    assert end.history.costs == expected.history.costs
    for name, value in expected.parameters.items():
        np.testing.assert_array_equal(end.parameters[name], value)


def test_the_names_of_an_archive_are_those_of_a_folder(tmp_path: Path) -> None:
    X, y = NUMBERS, labels(NUMBERS)
    folder = arrays(tmp_path / "a", X[:2000], y[:2000], X_test=X[2000:], y_test=y[2000:])
    (folder / ".hidden.npy").write_bytes(b"none of them")
    assert is_array_folder(folder)
    # One of pictures, in folders by class, is none of arrays.
    (tmp_path / "pictures" / "cats").mkdir(parents=True)
    (tmp_path / "pictures" / "features.npy").write_bytes(b"left by another program")
    assert not is_array_folder(tmp_path / "pictures")
    np.savez(tmp_path / "b.npz", X=X[:2000], y=y[:2000], X_test=X[2000:], y_test=y[2000:])
    for found, expected in zip(load_data(folder), load_data(tmp_path / "b.npz"), strict=True):
        np.testing.assert_array_equal(found.X, expected.X)
        np.testing.assert_array_equal(found.Y, expected.Y)
    # The test part is small beside the memory, and read.
    stored, held_out = load_data(folder, memory=MEMORY)
    assert isinstance(stored.X, Stored)
    assert isinstance(load_data(folder, memory=8 * MEMORY)[1].X, np.ndarray)
    np.testing.assert_array_equal(held_out.Y, load_data(folder)[1].Y)


@pytest.mark.parametrize(
    ("change", "error", "line"),
    [
        (np.asfortranarray, FormatError, "X is stored column by column.*ascontiguousarray"),
        (lambda X: X[:-1], FormatError, "expected one label for each of the 2499 rows"),
        (lambda X: np.where(np.arange(12) == 4, np.nan, X), NonFiniteError, "column 4 is nan .*X row"),
        (lambda X: X[:, 0], FormatError, r"has shape \(2500,\); expected numbers \(m, n\)"),
        (lambda X: X.astype("c16"), FormatError, "is of type complex128, which is not read"),
    ],
)
def test_what_is_refused(change: Any, error: type[Exception], line: str, tmp_path: Path) -> None:
    folder = arrays(tmp_path / "a", change(NUMBERS), labels(NUMBERS))
    with pytest.raises(error, match=line):
        load_data(folder, memory=30_000)


def test_examples_in_columns_are_refused(tmp_path: Path) -> None:
    folder = arrays(tmp_path / "a", NUMBERS.T.copy(), labels(NUMBERS).reshape(1, -1))
    assert load_data(folder)[0].n_x == 12
    with pytest.raises(FormatError, match="examples in columns, which are not read block by block"):
        load_data(folder, memory=30_000)


@pytest.mark.parametrize("bytes_there", [0, 100, 150_000])
def test_a_file_that_is_truncated(bytes_there: int, tmp_path: Path) -> None:
    folder = arrays(tmp_path / "a", NUMBERS, labels(NUMBERS))
    whole = (folder / "X.npy").read_bytes()
    (folder / "X.npy").write_bytes(whole[:bytes_there])
    with pytest.raises(FormatError):
        load_data(folder, memory=30_000)
    # While it is trained on.
    (folder / "X.npy").write_bytes(whole)
    found, _ = load_data(folder, memory=MEMORY)
    with (folder / "X.npy").open("r+b") as file:
        file.truncate(bytes_there)
    options = TrainingOptions(epochs=1, batch_size=16)
    with pytest.raises(FormatError, match=r"X.npy became shorter while it was trained on"):
        train(Network((12, 1)), found, options)


def test_a_disk_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = arrays(tmp_path / "a", NUMBERS, labels(NUMBERS))
    found, _ = load_data(folder, memory=MEMORY)

    def fail(*args: Any) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.preadv", fail)
    with pytest.raises(FormatError, match=r"X.npy cannot be read \(Input/output error\); check the disk"):
        train(Network((12, 1)), found, TrainingOptions(epochs=1, batch_size=16))


def test_hdf5_in_chunks_that_is_overwritten(tmp_path: Path) -> None:
    path = FILES["hdf5 compressed"](tmp_path)
    found, _ = load_data(path, memory=MEMORY)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 4)
        file.write(b"\xff" * (size // 2))
    with pytest.raises(FormatError, match="train_set_x cannot be read"):
        found.X.dense(slice(None))


def test_reads_go_on_where_the_system_gave_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    path = tmp_path / "numbers"
    path.write_bytes(np.arange(100, dtype="f8").tobytes())
    real = os.preadv
    monkeypatch.setattr("os.preadv", lambda fd, views, at: real(fd, [views[0][:24]], at))
    rows = np.empty((10, 5))
    FlatFile(path, 80).read(4, rows)
    np.testing.assert_array_equal(rows, np.arange(30.0, 80.0).reshape(10, 5))
    with pytest.raises(NotFoundError):
        FlatFile(tmp_path / "nothing", 0)


def test_the_memory_that_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Allowance(100).for_whole(100) is None
    assert Allowance(100).for_whole(101) == 100
    monkeypatch.setattr("pellucid.data.stored_rows.available_bytes", lambda: 1000)
    assert Allowance().for_whole(1000) is None
    assert Allowance().for_whole(1001) == 500
    monkeypatch.setattr("pellucid.data.stored_rows.available_bytes", lambda: None)
    assert Allowance().for_whole(10**15) is None
