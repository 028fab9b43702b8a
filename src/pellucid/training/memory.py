"""The memory that a training needs, computed before it is allocated."""

import os
from pathlib import Path

from pellucid.errors import TooLargeError
from pellucid.network import Network
from pellucid.optimizer import Optimizer

# Linux reports the available memory here: of the machine, and of the control group of this process.
_MACHINE = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup/memory.max")


def needed_bytes(network: Network, m: int, dtype: str, optimizer: Optimizer) -> int:
    """The memory in bytes that every engine needs, in addition to the data.

    The present and the previous parameters, and their gradient; the optimizer's slots; and A and dZ of
    every layer.

    Args:
        network: the network to train.
        m: examples per step.
        dtype: "float64" or "float32".
        optimizer: the update rule.
    """
    of_parameters = network.parameter_count * (3 + len(optimizer.slots))
    of_examples = 2 * m * sum(network.layer_dims[1:])
    return (of_parameters + of_examples) * (4 if dtype == "float32" else 8)


def available_bytes() -> int | None:
    """The memory that is available now, in bytes; None if the system does not report it."""
    limits = [size for size in (_of_machine(), _of_group()) if size is not None]
    return min(limits, default=None)


def check_memory(network: Network, m: int, dtype: str, optimizer: Optimizer) -> None:
    """Refuse a training that does not fit in memory.

    Raises:
        TooLargeError: with the memory needed and the memory available.
    """
    available = available_bytes()
    needed = needed_bytes(network, m, dtype, optimizer)
    if available is not None and needed > available:
        raise too_large(network, m, needed, f"there are {shown_bytes(available)}")


def too_large(network: Network, m: int, needed: int, available: str) -> TooLargeError:
    """The error for a training that needs too much memory, with the remedy."""
    dims = " -> ".join(map(str, network.layer_dims))
    return TooLargeError(
        f"training {dims} in steps of {m} examples needs at least {shown_bytes(needed)} of memory beside "
        f"the data and {available}; expected fewer units, a smaller batch_size, or float32"
    )


def shown_bytes(count: int) -> str:
    """A size for people: "3.2 GiB"."""
    size, unit = float(count), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{count} bytes" if unit == "bytes" else f"{size:,.1f} {unit}"


def _of_machine() -> int | None:
    try:
        text = _MACHINE.read_text("ascii")
        return next(int(line.split()[1]) * 1024 for line in text.splitlines() if "MemAvailable:" in line)
    except (OSError, ValueError, StopIteration):
        return _installed()


def _installed() -> int | None:
    """The installed memory, on systems that do not report the free memory."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError, AttributeError):
        return None


def _of_group() -> int | None:
    try:
        return int(_GROUP.read_text("ascii"))
    # The text "max" means no limit.
    except (OSError, ValueError):
        return None
