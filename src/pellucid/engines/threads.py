"""The number of threads."""

import os


def processors() -> int:
    """The number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def default_threads() -> int:
    """The default number of threads: one per processor, and at most OMP_NUM_THREADS.

    joblib sets that variable in the processes that it starts, so that they share the machine.
    """
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    limit = int(allowed) if allowed.isdigit() and int(allowed) > 0 else processors()
    return min(processors(), limit)
