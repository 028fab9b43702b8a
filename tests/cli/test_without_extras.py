"""The core dependencies alone: what needs more says what to install, and everything else works."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from small_data import photographs, write_points
from small_tables import write_flats

EXTRAS = ("matplotlib", "PIL", "h5py", "sklearn", "scipy", "pyarrow", "narwhals")
CODE = """
import sys
from importlib.abc import MetaPathFinder

class NotInstalled(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

missing = sys.argv[1].split(",")
sys.meta_path.insert(0, NotInstalled())
from pellucid.cli import main
main(sys.argv[2:])
"""


def without(missing: tuple[str, ...], *arguments: object) -> subprocess.CompletedProcess[str]:
    """A command in a process in which these packages are not installed."""
    return subprocess.run(
        [sys.executable, "-c", CODE, ",".join(missing), *map(str, arguments)],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("missing", "data", "line"),
    [
        ("PIL", "pets", "reading pictures needs Pillow: pip install 'pellucid[images]'"),
        (
            "pyarrow",
            "flats.csv --target sold",
            "reading tables needs pyarrow: pip install 'pellucid[tables]'",
        ),
        ("h5py", "data.h5", "reading HDF5 files needs h5py: pip install 'pellucid[hdf5]'"),
        (
            "sklearn",
            "moons",
            "the built-in data set moons needs scikit-learn: pip install 'pellucid[sklearn]'",
        ),
    ],
)
def test_what_is_missing_is_named(missing: str, data: str, line: str, here: Path) -> None:
    photographs(here / "pets", 2)
    write_points(here / "data.h5")
    write_flats(here / "flats.csv")
    result = without((missing,), "train", *data.split(), "--iterations", 2)
    assert (result.returncode, result.stdout, result.stderr) == (2, "", f"pellucid: {line}\n")
    assert not (here / "runs").exists()


def test_everything_else_works(here: Path, number_model: Path) -> None:
    write_points(here / "data.npz")
    result = without(EXTRAS, "train", "data.npz", "--iterations", 3, "--json")
    assert result.returncode == 0
    assert result.stderr == (
        "pellucid: no pictures were drawn: drawing needs matplotlib: pip install 'pellucid[plot]'\n"
    )
    run = Path(json.loads(result.stdout)["run"])
    assert sorted(path.suffix for path in run.iterdir()) == [
        ".csv",
        ".csv",
        ".json",
        ".safetensors",
        ".toml",
    ]
    np.save(here / "rows.npy", np.zeros((1, 3)))
    for arguments in (("predict", number_model, "rows.npy"), ("summary", number_model)):
        result = without(EXTRAS, *arguments)
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout
    result = without(EXTRAS, "evaluate", number_model, "data.npz", "--part", "train")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("accuracy ")
