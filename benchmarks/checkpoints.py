"""What checkpoints cost: the seconds of one, and its share of a run of ten minutes.

python -m benchmarks.checkpoints

Each network trains with Adam and early stopping, which keeps a second copy of the parameters. The first
checkpoint also computes the digest of the examples. A run of ten minutes writes three: after one minute,
after six, and at its end.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from pellucid import Network, TrainingOptions, train
from pellucid.examples import Examples
from pellucid.training import Checkpoints

# Examples, inputs, hidden layers.
CASES = {
    "small": (10_000, 30, (64, 32)),
    "middle": (60_000, 784, (256, 128)),
    "large": (60_000, 784, (1024, 1024)),
    "very large": (20_000, 1024, (4096, 4096)),
}
TEN_MINUTES = 600.0


class Timed(Checkpoints):
    """Checkpoints whose writing is timed, and which end the training after a few."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder, "0.2s")
        self.seconds: list[float] = []

    def _write(self, goes_on: str = "") -> None:
        began = time.perf_counter()
        super()._write(goes_on)
        self.seconds.append(time.perf_counter() - began)
        if len(self.seconds) == 6:
            raise KeyboardInterrupt


def measured(m: int, n_x: int, hidden: tuple[int, ...]) -> tuple[int, float, float, float]:
    """Parameters, the size of a file in MB, and the seconds of the first and of later checkpoints."""
    rng = np.random.RandomState(0)
    X = rng.randn(n_x, m).astype(np.float32, order="F")
    examples = Examples(X, (X[:1] > 0).astype(np.float32))
    network = Network((n_x, *hidden, 1))
    options = TrainingOptions(
        epochs=10**6, batch_size=256, optimizer="adam", learning_rate=1e-4, rng=1, patience=10**6
    )
    with tempfile.TemporaryDirectory() as folder:
        checkpoints = Timed(folder)
        train(network, examples, options, listeners=[checkpoints], judged=False)
        size = max(path.stat().st_size for path in Path(folder).glob("checkpoint-*"))
    first, *later = checkpoints.seconds
    return network.parameter_count, size / 1e6, first, statistics.median(later)


def main(arguments: Any = None) -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    print(f"{'':12}{'parameters':>12}{'file, MB':>10}{'first, s':>10}{'later, s':>10}{'of 10 min':>11}")
    for name in parser.parse_args(arguments).cases:
        count, size, first, later = measured(*CASES[name])
        share = (first + 2 * later) / TEN_MINUTES
        print(f"{name:12}{count:>12,}{size:>10.1f}{first:>10.3f}{later:>10.3f}{share:>11.2%}", flush=True)


if __name__ == "__main__":
    main()
