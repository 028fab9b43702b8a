"""Small data that train in a moment: points that can be told apart, and photographs of two colours."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from table_files import write_hdf5, write_npz

COLOURS = {"cat": (40, 60, 200), "dog": (200, 60, 40), "fish": (40, 200, 60)}


def points(m: int = 40, *, classes: int = 2, seed: int = 0) -> dict[str, Any]:
    """X (m, 3), and y: into which of equally many parts the first of the three numbers falls."""
    X = np.random.default_rng(seed).normal(size=(m, 3))
    order = X[:, 0].argsort().argsort()
    return {"X": X, "y": order * classes // m}


def write_points(path: Path, **options: Any) -> Path:
    """These points as a NumPy archive, or as HDF5 where the name ends so."""
    write = write_hdf5 if path.suffix == ".h5" else write_npz
    return write(path, **points(**options))


def photograph(path: Path, kind: str, seed: int = 0) -> Path:
    """A noisy JPEG of a cat or a dog, by its colour."""
    noise = np.random.default_rng(seed).normal(0, 20, (11, 13, 3))
    pixels = np.clip(noise + COLOURS[kind], 0, 255).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, format="JPEG")
    return path


def photographs(
    root: Path, each: int = 6, *, kinds: tuple[str, ...] = ("cat", "dog"), first: int = 0
) -> Path:
    """A folder of cat.0.jpg, dog.0.jpg, cat.1.jpg, ..."""
    for number in range(first, first + each):
        for kind in kinds:
            photograph(root / f"{kind}.{number}.jpg", kind, number)
    return root


def truncate(path: Path, share: float = 0.6) -> Path:
    """Leave the first part of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path
