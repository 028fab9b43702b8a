"""Training under a hard limit of memory, on data of at least four times as much."""

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

# The limit is set when everything is imported and has run once: what is counted is what the data take.
_CHILD = """
import resource, sys, numpy as np
from pathlib import Path
from pellucid import Network, TrainingOptions, train
from pellucid.data.load import load_data

path, allowed, warm = sys.argv[1], int(sys.argv[2]), sys.argv[3]
options = TrainingOptions(epochs=1, batch_size=128, rng=1, threads=1, learning_rate=0.01)

def run(path, memory):
    data, _ = load_data(path, dtype="float32", memory=memory)
    return train(Network((data.n_x, 8, 1)), data, options), data

run(warm, 1 << 22)
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + allowed, used + allowed))
end, data = run(path, allowed)
print(data.X.shape[0] * data.X.shape[1] * 4, type(data.X).__name__)
"""


def _trained(path: Path, allowed: int, warm: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _CHILD, str(path), str(allowed), str(warm)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    size, kind = done.stdout.split()
    return int(size), kind


def written(path: Path, kind: str, rows: int, rng: np.random.Generator) -> Path:
    shape = (rows, 500)
    y = rng.integers(0, 2, rows)
    if kind == "hdf5":
        with h5py.File(path, "w") as file:
            X = file.create_dataset("X", shape, "f4", chunks=(256, 500))
            for start in range(0, rows, 4096):
                X[start : start + 4096] = rng.normal(size=(min(4096, rows - start), 500))
            file["y"] = y
        return path
    path.mkdir()
    X = np.lib.format.open_memmap(path / "X.npy", "w+", "f4", shape)
    for start in range(0, rows, 4096):
        X[start : start + 4096] = rng.normal(size=(min(4096, rows - start), 500))
    X.flush()
    np.save(path / "y.npy", y)
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of address space is one of Linux")
@pytest.mark.parametrize("kind", ["npy", "hdf5"])
def test_arrays_of_five_times_the_memory(kind: str, tmp_path: Path) -> None:
    allowed = 24 << 20
    rng = np.random.default_rng(0)
    warm, path = written(tmp_path / "warm", kind, 2000, rng), written(tmp_path / "data", kind, 75_000, rng)
    size, found = _trained(path, allowed, warm)
    assert found == "StoredInputs"
    assert size > 4 * allowed
