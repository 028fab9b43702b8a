"""A disk that fails while data are read: one line that names the file, wherever it happens."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from crash.crashes import compiled
from small_data import photographs

RNG = np.random.RandomState(0)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = compiled(tmp_path_factory.mktemp("faults"))
    if found is None:
        pytest.skip("needs Linux and a C compiler")
    return found


def written(name: str, folder: Path) -> None:
    X = RNG.randn(3000, 6)
    y = (X[:, 0] > 0).astype(int)
    if name == "data.npz":
        np.savez(folder / name, X=X, y=y)
    elif name == "data.h5":
        h5py = pytest.importorskip("h5py")
        with h5py.File(folder / name, "w") as file:
            file["train_set_x"], file["train_set_y"] = X, y
    elif name == "pictures":
        photographs(folder / name)
    else:
        pa = pytest.importorskip("pyarrow")
        table = pa.table({**{f"x{i}": X[:, i] for i in range(6)}, "y": y})
        if name.endswith(".csv"):
            pytest.importorskip("pyarrow.csv").write_csv(table, folder / name)
        else:
            pytest.importorskip("pyarrow.parquet").write_table(table, folder / name)


@pytest.mark.parametrize("name", ["data.npz", "data.h5", "data.csv", "data.parquet", "pictures"])
def test_errors_of_reading_are_one_line(name: str, library: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    written(name, tmp_path / "data")
    table = ["--target", "y"] if name.endswith((".csv", ".parquet")) else []
    said = []
    for call in (2, 4, 5, 7):
        command = [sys.executable, "-m", "pellucid", "train", f"data/{name}", *table, "--epochs", "0"]
        faults = {
            "LD_PRELOAD": str(library),
            "PELLUCID_FAULT": f"EIO {call}",
            "PELLUCID_FAULT_FOLDER": "data",
        }
        done = subprocess.run(
            [*command, "--search", "none", "--quiet", "--no-plots", "--strict"],
            cwd=tmp_path,
            env={**os.environ, **faults, "OPENBLAS_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode:
            assert done.returncode == 2, done.stderr
            assert len(done.stderr.splitlines()) == 1
            said.append(done.stderr)
    assert said
    for line in said:
        assert line.startswith("pellucid: data/")
        assert "cannot be read (Input/output error); expected " in line
