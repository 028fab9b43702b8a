"""The machine: what it is, how many processors a measurement gets, its memory, the peak of its BLAS."""

import contextlib
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")


def description() -> dict[str, Any]:
    """Processor, cores, system and Python, as a document holds them."""
    return {
        "processor": _processor(),
        "cores": len(_processors()),
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _processors() -> list[int]:
    """The processors that this process may use."""
    affinity: Any = getattr(os, "sched_getaffinity", None)
    return sorted(affinity(0)) if affinity else list(range(os.cpu_count() or 1))


def keep_to_processors(threads: int) -> None:
    """Let this process use no more processors than it may have threads, where the system can say so.

    XLA takes as many threads as there are processors, whatever the variables of OpenMP say.
    """
    allowed = _processors()
    keep: Any = getattr(os, "sched_setaffinity", None)
    if keep and threads < len(allowed):
        keep(0, allowed[:threads])


def thread_variables(threads: int) -> dict[str, str]:
    """The environment in which every library takes that many threads."""
    names = ("OMP", "OPENBLAS", "MKL", "NUMEXPR")
    flags = {f"{name}_NUM_THREADS": str(threads) for name in names}
    one = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}"
    return {**flags, "XLA_FLAGS": one, "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "2"}


def peak_memory() -> int | None:
    """The largest resident size of this process so far, in bytes; None where no system says so.

    On Linux not getrusage's, which also counts what the process was before it became this program: a
    copy of its parent.
    """
    found = _status("VmHWM")
    if found is not None:
        return found
    with contextlib.suppress(ImportError):
        import resource

        size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return size if sys.platform == "darwin" else size * 1024
    return None


def processor_seconds() -> float:
    """What this process and the children that it waited for have worked, on all processors together."""
    import resource

    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def busy_seconds() -> float | None:
    """What all processes of the machine have worked since it started; None where no system says so."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        user, nice, system = Path("/proc/stat").read_text("ascii").split(maxsplit=4)[1:4]
        return (int(user) + int(nice) + int(system)) / float(os.sysconf("SC_CLK_TCK"))
    return None


def forget_peak() -> int | None:
    """Count the largest size from here on, and say what it is now; None where no system says so."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")
    return _status("VmRSS")


def _status(name: str) -> int | None:
    with contextlib.suppress(OSError):
        for line in _STATUS.read_text("ascii", "replace").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return None


def blas_peak(dtype: str, seconds: float) -> float:
    """The fastest of several square products, in GFLOP/s."""
    import numpy as np

    best, stop = 0.0, time.perf_counter() + 4 * seconds
    rng = np.random.default_rng(1)
    sides = (1536, 1792, 2048) if seconds >= 0.1 else (256,)
    problems = [[np.asfortranarray(rng.random((n, n)).astype(dtype)) for _ in range(3)] for n in sides]
    products = _product(dtype)
    for round_ in range(1000):
        for n, (A, B, C) in zip(sides, problems, strict=True):
            started = time.perf_counter()
            products(A, B, C)
            best = max(best, 2 * n**3 / (time.perf_counter() - started) / 1e9)
        if round_ and time.perf_counter() > stop:
            break
    return best


def _product(dtype: str) -> Any:
    """C = A B in place, by SciPy's BLAS where there is one and NumPy's otherwise."""
    try:
        from scipy.linalg import blas
    except ImportError:
        import numpy as np

        return lambda A, B, C: np.matmul(A, B, out=C)
    gemm = blas.dgemm if dtype == "float64" else blas.sgemm
    return lambda A, B, C: gemm(1.0, A, B, c=C, overwrite_c=1)
