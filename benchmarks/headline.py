"""Time one full-batch iteration of the course's headline network, side by side.

[12288, 20, 7, 5, 1] on 209 pictures, float64: our reference engine, the course's own NumPy style (which
also computes the gradient of the input), scikit-learn's MLP and PyTorch where installed. Every contender
runs in fresh processes, the contenders in turn, so that a machine that slows down slows all of them.

    python benchmarks/headline.py [--repeats 5] [--iterations 60] [--threads 1] [--json FILE]
"""

import argparse
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

DIMS = (12288, 20, 7, 5, 1)
EXAMPLES = 209
RATE = 0.0075


def problem() -> tuple[np.ndarray, np.ndarray]:
    """Columns of the course's shape: a dense network's time does not depend on what the pictures show."""
    rng = np.random.RandomState(0)
    return rng.rand(EXAMPLES, DIMS[0]).T, (rng.rand(1, EXAMPLES) > 0.6).astype(float)


def pellucid_reference() -> Callable[[int], object]:
    """Our definition of right."""
    from pellucid import Network, initialize_parameters_deep
    from pellucid.engines import engine_named

    X, Y = problem()
    parameters = initialize_parameters_deep(DIMS, scheme="xavier", rng=1)
    session = engine_named("reference").open(Network(DIMS), parameters, X, Y)
    return lambda iterations: session.advance([None] * iterations, RATE)


def course_numpy() -> Callable[[int], object]:
    """What a learner ends up with: forward, cost, backward down to dA0, update."""
    X, Y = problem()
    m = X.shape[1]
    rng = np.random.RandomState(1)
    W = [rng.randn(n, n_prev) / np.sqrt(n_prev) for n_prev, n in itertools.pairwise(DIMS)]
    b = [np.zeros((n, 1)) for n in DIMS[1:]]

    def step() -> None:
        A, Z = [X], []
        for layer in range(4):
            Z.append(np.dot(W[layer], A[-1]) + b[layer])
            A.append(np.maximum(0, Z[-1]) if layer < 3 else 1 / (1 + np.exp(-Z[-1])))
        np.squeeze(-np.sum(Y * np.log(A[-1]) + (1 - Y) * np.log(1 - A[-1])) / m)
        dA = -(np.divide(Y, A[-1]) - np.divide(1 - Y, 1 - A[-1]))
        for layer in reversed(range(4)):
            s = 1 / (1 + np.exp(-Z[layer]))
            dZ = dA * s * (1 - s) if layer == 3 else np.where(Z[layer] > 0, dA, 0)
            dW, db = np.dot(dZ, A[layer].T) / m, np.sum(dZ, axis=1, keepdims=True) / m
            dA = np.dot(W[layer].T, dZ)
            W[layer], b[layer] = W[layer] - RATE * dW, b[layer] - RATE * db

    return lambda iterations: [step() for _ in range(iterations)]


def scikit_learn() -> Callable[[int], object]:
    """MLPClassifier by plain full-batch gradient descent."""
    from sklearn.neural_network import MLPClassifier

    X, Y = problem()
    rows, labels = np.ascontiguousarray(X.T), Y[0].astype(int)

    def fit(iterations: int) -> None:
        MLPClassifier(
            DIMS[1:-1],
            solver="sgd",
            alpha=0,
            momentum=0,
            batch_size=EXAMPLES,
            shuffle=False,
            learning_rate_init=RATE,
            max_iter=iterations,
            n_iter_no_change=10**9,
            random_state=1,
        ).fit(rows, labels)

    return fit


def pytorch() -> Callable[[int], object]:
    """Eager PyTorch in float64, plain SGD."""
    import torch

    X, Y = problem()
    rows, labels = torch.from_numpy(np.ascontiguousarray(X.T)), torch.from_numpy(Y.T.copy())
    layers: list[torch.nn.Module] = []
    for n_prev, n in itertools.pairwise(DIMS):
        layers += [torch.nn.Linear(n_prev, n, dtype=torch.float64), torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    loss, optimiser = torch.nn.BCEWithLogitsLoss(), torch.optim.SGD(net.parameters(), RATE)

    def steps(iterations: int) -> None:
        for _ in range(iterations):
            optimiser.zero_grad(set_to_none=True)
            loss(net(rows), labels).backward()
            optimiser.step()

    return steps


CONTENDERS: dict[str, tuple[Callable[[], Callable[[int], object]], str]] = {
    "Pellucid, reference engine": (pellucid_reference, "numpy"),
    "the course's NumPy style": (course_numpy, "numpy"),
    "scikit-learn": (scikit_learn, "scikit-learn"),
    "PyTorch, eager": (pytorch, "torch"),
}


def measure(name: str, iterations: int) -> float:
    """Seconds per iteration in this process, after a warm-up."""
    import warnings

    warnings.simplefilter("ignore")
    run = CONTENDERS[name][0]()
    run(3)
    started = time.perf_counter()
    run(iterations)
    return (time.perf_counter() - started) / iterations


def installed(package: str) -> str | None:
    """The version of a package, or None."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def main() -> None:
    """Measure all, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=60)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(measure(arguments.one, arguments.iterations))
        return
    threads = {name: str(arguments.threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    environment = {**os.environ, **threads}
    present = [name for name, (_, package) in CONTENDERS.items() if installed(package)]
    times: dict[str, list[float]] = {name: [] for name in present}
    for _ in range(arguments.repeats):
        for name in present:
            command = [sys.executable, __file__, "--one", name, "--iterations", str(arguments.iterations)]
            run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
            times[name].append(float(run.stdout))
    medians = {name: statistics.median(values) for name, values in times.items()}
    ours = medians[present[0]]
    print(f"{'one iteration of ' + str(list(DIMS)):45s} {'median':>9s} {'min':>9s} {'max':>9s}  to ours")
    for name in present:
        low, high = min(times[name]), max(times[name])
        row = f"{medians[name] * 1e3:6.2f} ms {low * 1e3:6.2f} ms {high * 1e3:6.2f} ms"
        print(f"{name:45s} {row}  {medians[name] / ours:5.2f}")
    versions = {p: installed(p) for _, p in CONTENDERS.values() if installed(p)}
    print(
        f"{arguments.threads} threads, {platform.machine()}, Python {platform.python_version()}, {versions}"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps({"seconds": times, "versions": versions}, indent=2) + "\n")


if __name__ == "__main__":
    main()
