"""Training under a hard limit of memory, on data of at least four times as much."""

import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

_HEAD = """
import resource, sys, numpy as np
from pathlib import Path
from pellucid import Network, TrainingOptions, train
from pellucid.data.load import load_data
from pellucid.data.load_table import load_tables

path, allowed, warm = sys.argv[1], int(sys.argv[2]), sys.argv[3]
options = TrainingOptions(epochs=1, batch_size=128, rng=1, threads=1, learning_rate=0.01)
"""

# The limit is set when everything is imported and has run once: what is counted is what the data take.
_ARRAYS = """
def run(path, memory):
    data, _ = load_data(path, dtype="float32", memory=memory)
    return train(Network((data.n_x, 8, 1)), data, options), data
"""

_TABLES = """
def run(path, memory):
    data = load_tables(path, target="y", encoded=True, memory=memory).train
    return train(Network((data.n_x, 8, 1)), data, options), data
"""

_TAIL = """
run(warm, 1 << 22)
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + allowed, used + allowed))
end, data = run(path, allowed)
print(data.m * data.X.column_bytes, type(data.X).__name__)
"""


def _trained(how: str, path: Path, allowed: int, warm: Path) -> tuple[int, str]:
    code, given = _HEAD + how + _TAIL, map(str, (path, allowed, warm))
    done = subprocess.run(
        # Addresses that a thread may need for its stack are none of the data.
        ["sh", "-c", 'ulimit -s 1024; exec "$@"', "sh", sys.executable, "-W", "ignore", "-c", code, *given],
        # The others of Arrow's allocators reserve far more addresses than they use.
        env={**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    size, kind = done.stdout.split()
    return int(size), kind


def written(path: Path, kind: str, rows: int) -> Path:
    """Pictures, which take four times as much in single precision as in the file."""
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (rows, 24, 24), np.uint8), rng.integers(0, 2, rows)
    if kind == "hdf5":
        with h5py.File(path, "w") as file:
            file.create_dataset("X", data=X, chunks=(256, 24, 24))
            file["y"] = y
        return path
    path.mkdir()
    np.save(path / "X.npy", X)
    np.save(path / "y.npy", y)
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of address space is one of Linux")
@pytest.mark.parametrize("kind", ["npy", "hdf5"])
def test_arrays_of_four_times_the_memory(kind: str, tmp_path: Path) -> None:
    allowed = 40 << 20
    warm, path = written(tmp_path / "warm", kind, 3000), written(tmp_path / "data", kind, 100_000)
    size, found = _trained(_ARRAYS, path, allowed, warm)
    assert found == "StoredInputs"
    assert size > 4 * allowed


def table_file(path: Path, kind: str, rows: int) -> Path:
    import pyarrow as pa
    from pyarrow import csv, parquet

    rng = np.random.default_rng(0)
    columns = {f"x{i}": rng.integers(0, 60, rows) for i in range(100)}
    columns["y"] = (columns["x0"] > columns["x1"]).astype(int)
    table = pa.table(columns)
    if kind == "csv":
        csv.write_csv(table, path)
    else:
        parquet.write_table(table, path, row_group_size=10_000)
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of address space is one of Linux")
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_tables_of_four_times_the_memory(kind: str, tmp_path: Path) -> None:
    allowed = 24 << 20
    warm, path = table_file(tmp_path / "warm", kind, 6000), table_file(tmp_path / "data", kind, 64_000)
    size, found = _trained(_TABLES, path, allowed, warm)
    assert found == "StoredTable"
    assert size > 4 * allowed
