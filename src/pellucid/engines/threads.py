"""How many threads may work."""

import os


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def default_threads() -> int:
    """How many threads work where nothing is asked for: one a processor, or what OMP_NUM_THREADS allows.

    Processes that share a machine, as joblib starts them, are told by that variable.
    """
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    limit = int(allowed) if allowed.isdigit() and int(allowed) > 0 else processors()
    return min(processors(), limit)
