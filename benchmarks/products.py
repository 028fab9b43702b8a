"""The native engine's matrix products beside NumPy's: python -m benchmarks.products [threads]

For each product of a training step (forward W A, backward W^T dZ, gradient dZ A^T), the best of many runs
in GFLOP/s, called in turn. Where the environment chooses OpenBLAS's kernels (OPENBLAS_CORETYPE), NumPy may
not run its best: unset it. PELLUCID_ISA=avx2 beside OPENBLAS_CORETYPE=Haswell compares what a processor
without AVX-512 would run.
"""

import os
import sys
import time
from collections.abc import Callable

# Before NumPy loads its library.
THREADS = int(sys.argv[1]) if len(sys.argv) > 1 else 1
os.environ.update(OPENBLAS_NUM_THREADS=str(THREADS), OMP_NUM_THREADS=str(THREADS))

import numpy as np  # noqa: E402

# (units of a layer, units of the layer before it, examples of a batch)
LAYERS = (
    (16, 30, 32),
    (20, 209, 105),
    (64, 100, 64),
    (256, 784, 64),
    (1024, 1024, 128),
    (1024, 1024, 512),
    (2048, 2048, 256),
    (4096, 4096, 128),
    (4096, 4096, 512),
)


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
    if THREADS == 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    from threadpoolctl import threadpool_info

    from pellucid import _native

    pools = [pool["architecture"] for pool in threadpool_info() if pool["internal_api"] == "openblas"]
    blas = pools[0] if pools else "an unknown processor"
    print(f"ours: {_native.instruction_set()}; NumPy: OpenBLAS for {blas}; {THREADS} threads; GFLOP/s")
    print(f"{'n, n_prev, m':>18s} {'product':>9s} {'numbers':>8s} {'ours':>6s} {'NumPy':>6s}")
    rng = np.random.default_rng(0)
    for dtype in ("float32", "float64"):
        for n, n_prev, m in LAYERS:
            W, A, dZ = (
                np.asfortranarray(rng.standard_normal(shape).astype(dtype))
                for shape in ((n, n_prev), (n_prev, m), (n, m))
            )
            for name, left, right in (("forward", W, A), ("backward", W.T, dZ), ("gradient", dZ, A.T)):
                C = np.zeros((left.shape[0], right.shape[1]), dtype, order="F")
                runs = (
                    lambda: _native.product(left, right, C, C.shape[1], THREADS),  # noqa: B023
                    lambda: np.matmul(right.T, left.T, out=C.T),  # noqa: B023
                )
                rounds = [[best(run) for run in runs] for _ in range(3)]
                flops = 2e-9 * n * n_prev * m
                ours, theirs = (flops / min(seconds) for seconds in zip(*rounds, strict=True))
                print(f"{f'{n}, {n_prev}, {m}':>18s} {name:>9s} {dtype:>8s} {ours:6.0f} {theirs:6.0f}")


if __name__ == "__main__":
    main()
