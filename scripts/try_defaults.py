"""Measure what the defaults reach on test sets: the course's, those by the data, and a quick search.

Prints the table of docs/finding-settings.md: means over seeds, which draw the test set (where the data have
none), the order of the batches and the first weights. DATA is a built-in data set, `sklearn:wine` and the
like, or a path; the path of a test set follows after "::".
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import pellucid

WAYS: dict[str, dict[str, Any]] = {
    "course": {"preset": "course"},
    "none": {"search": "none"},
    "quick": {"search": "quick"},
    "thorough": {"search": "thorough"},
}


def source_of(data: str, folder: Path) -> tuple[str, str | None]:
    """The training and the test source; what scikit-learn has is written to a file."""
    kind, _, name = data.partition(":")
    if kind != "sklearn":
        source, _, test = data.partition("::")
        return source, test or None
    from sklearn import datasets

    path = folder / f"{name}.npz"
    if name == "friedman1":
        X, y = datasets.make_friedman1(1000, noise=1.0, random_state=0)
    else:
        X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    np.savez(path, X=X, Y=y)
    return str(path), None


def reached(train: Any, test: Any, seed: int, way: str) -> tuple[float, float]:
    """Accuracy (or R^2) of the test set, and the seconds of the search and the training."""
    began = time.perf_counter()
    fitted = pellucid.fit_model(train, seed=seed, **WAYS[way])
    seconds = time.perf_counter() - began
    evaluation = fitted.model.evaluate(test)
    return (evaluation.accuracy if train.classes else evaluation.r2), seconds


def row_of(data: str, ways: list[str], seeds: int, folder: Path) -> str:
    """A row of the table."""
    source, test = source_of(data, folder)
    found: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for seed in range(seeds):
        parts = pellucid.load_data(source, test, seed=seed, dtype="float32")
        for way in ways:
            found[way].append(reached(*parts, seed, way))
    train = parts[0]
    cells = [f"{mean:.3f} ({seconds:.1f} s)" for mean, seconds in (np.mean(found[way], 0) for way in ways)]
    name = Path(source).stem if Path(source).exists() else source
    return f"| {' | '.join([name, train.recipe.kind, f'{train.m} x {train.n_x}', *cells])} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="*", default=["digits", "breast-cancer", "moons", "circles"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=["course", "none", "quick"])
    arguments = parser.parse_args()
    print(f"| data | kind | examples x inputs | {' | '.join(arguments.ways)} |")
    print(f"|{'---|' * (3 + len(arguments.ways))}")
    with tempfile.TemporaryDirectory() as folder:
        for data in arguments.data:
            print(row_of(data, arguments.ways, arguments.seeds, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
