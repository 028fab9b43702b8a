"""One of several processes: trains, and writes its result: port, processes, process, folder."""

import sys
from pathlib import Path

import numpy as np

from pellucid import Examples, Network, TrainingOptions, train
from pellucid.engines import join_processes, leave_processes


class Asked:
    """Inputs (4, m) that note which columns were asked for."""

    dtype = np.dtype("float64")

    def __init__(self, X: np.ndarray) -> None:
        self.X, self.shape, self.columns = X, X.shape, set()

    def dense(self, columns: np.ndarray | slice) -> np.ndarray:
        self.columns |= set(np.arange(self.shape[1])[columns].tolist())
        return self.X[:, columns]


def main(port: str, processes: str, process: str, folder: str) -> None:
    if int(processes) > 1:
        assert join_processes(f"127.0.0.1:{port}", int(processes), int(process)) == int(process)
    found = {}
    for m in (96, 101):
        rng = np.random.default_rng(m)
        X, Y = rng.standard_normal((4, m)), (rng.random((1, m)) < 0.5).astype(float)
        network = Network((4, 6, 1), dropout=0.25, l2=0.1)
        for size in (None, 24):
            inputs = Asked(X)
            options = TrainingOptions(epochs=3, batch_size=size, optimizer="adam", rng=1, engine="jax")
            end = train(network, Examples(inputs, Y, finite=True), options, judged=False)
            found |= {f"{m} {size} {name}": value for name, value in end.parameters.items()}
            found[f"{m} {size} costs"] = np.array(end.history.costs)
            found[f"{m} {size} columns"] = np.array(sorted(inputs.columns))
    leave_processes()
    np.savez(Path(folder) / f"{processes}-{process}.npz", **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
