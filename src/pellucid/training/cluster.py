"""Cluster: other processes or machines, by the backend of joblib that the program has chosen.

`with joblib.parallel_config(backend="dask")`, or "ray", or any other that joblib knows, sends trainings
there. Pellucid itself needs no joblib: where it was not imported, nothing was chosen.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pellucid.examples import Examples

# joblib's own backends work on this machine, where threads share the examples.
_LOCAL = ("LokyBackend", "MultiprocessingBackend", "SequentialBackend", "ThreadingBackend")


def has_cluster() -> bool:
    """Whether the program has chosen a backend of joblib's that reaches other machines."""
    joblib = sys.modules.get("joblib")
    if joblib is None:
        return False
    backend, _ = joblib.parallel.get_active_backend()
    return type(backend).__name__ not in _LOCAL


class Shared:
    """What all jobs work on: backends send an object of its size once to each worker.

    Args:
        value: that can be pickled.
        nbytes: the memory that it takes.
    """

    def __init__(self, value: Any, nbytes: int) -> None:
        self.value, self._nbytes = value, nbytes

    def __sizeof__(self) -> int:
        # Dask asks for it, and sends what is small with every job.
        return self._nbytes


def nbytes_of(examples: Examples) -> int:
    """The memory that examples take, in bytes."""
    parts = (examples.X, examples.Y, examples.weights)
    return sum(int(getattr(part, "nbytes", 0)) for part in parts if part is not None)


def run_on_cluster(
    function: Callable[[Any, Any], Any], shared: Shared, jobs: Sequence[Any], n_jobs: int | None = None
) -> Iterator[tuple[int, Any]]:
    """Call a function of a module for each job, on the workers of the cluster.

    Args:
        function: called with `shared.value` and a job; results can be pickled.
        shared: see `Shared`.
        jobs: small values that can be pickled.
        n_jobs: how many at a time; None: as many as the cluster has workers.

    Yields:
        The number of a job and its result, as they come.
    """
    joblib = sys.modules["joblib"]
    calls = (joblib.delayed(_called)(function, shared, i, job) for i, job in enumerate(jobs))
    yield from joblib.Parallel(n_jobs, return_as="generator_unordered")(calls)


def _called(function: Callable[[Any, Any], Any], shared: Shared, i: int, job: Any) -> tuple[int, Any]:
    return i, function(shared.value, job)
