"""The native engine's matrix products beside OpenBLAS's, on one thread: python -m benchmarks.products

For each product of a training step, the best of many runs in GFLOP/s: ours reads both factors where they
are, OpenBLAS (SciPy's) is given its favourite order of memory. Called in turn.
"""

import os
import time
from collections.abc import Callable

import numpy as np

# Before NumPy and SciPy load their libraries.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

SHAPES = {
    "tiny, Z1": (16, 30, 32),
    "small, Z1": (64, 100, 64),
    "small, dW1": (64, 64, 100),
    "middle, Z1 of one thread": (256, 784, 64),
    "middle, dW1 of one thread": (256, 128, 392),
    "large, Z1 of one thread": (1024, 1024, 256),
    "large, dW1 of one thread": (1024, 512, 512),
    "headline, Z1 of one thread": (20, 209, 105),
}


def best(run: Callable[[], object], seconds: float = 0.2) -> float:
    """The least seconds that a call took."""
    found, stop = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < stop:
        started = time.perf_counter()
        run()
        found = min(found, time.perf_counter() - started)
    return found


def main() -> None:
    """Print the table."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    from scipy.linalg import blas

    from pellucid import _native

    rng = np.random.default_rng(0)
    print(f"{'A (n, K) times B (K, q)':30s} {'n, K, q':>18s} {'numbers':>8s} {'ours':>6s} {'OpenBLAS':>9s}")
    for dtype, gemm in (("float32", blas.sgemm), ("float64", blas.dgemm)):
        for name, (n, K, q) in SHAPES.items():
            A, B, C = (
                np.asfortranarray(rng.standard_normal(shape).astype(dtype))
                for shape in ((n, K), (K, q), (n, q))
            )
            times = [float("inf"), float("inf")]
            for _ in range(3):
                times[0] = min(times[0], best(lambda: _native.product(A, B, C, q, 1)))  # noqa: B023
                times[1] = min(times[1], best(lambda: gemm(1.0, A, B, c=C, overwrite_c=1)))  # noqa: B023
            ours, theirs = (2e-9 * n * K * q / seconds for seconds in times)
            print(f"{name:30s} {f'{n}, {K}, {q}':>18s} {dtype:>8s} {ours:6.0f} {theirs:9.0f}")


if __name__ == "__main__":
    main()
