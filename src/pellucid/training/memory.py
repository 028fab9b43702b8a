"""What a training will need of the machine's memory, known before any of it is taken."""

import os
from pathlib import Path

from pellucid.errors import TooLargeError
from pellucid.network import Network
from pellucid.optimizer import Optimizer

# Where Linux says how much there is: for the machine, and for the group of processes we belong to.
_MACHINE = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup/memory.max")


def needed_bytes(network: Network, m: int, dtype: str, optimizer: Optimizer) -> int:
    """What no engine can do without, beside the data.

    The parameters as they are, as they last were, and their gradient; what the optimizer keeps of each; and
    A and dZ of every layer.

    Args:
        network: what is trained.
        m: examples per step.
        dtype: "float64" or "float32".
        optimizer: by which rule.
    """
    of_parameters = network.parameter_count * (3 + len(optimizer.slots))
    of_examples = 2 * m * sum(network.layer_dims[1:])
    return (of_parameters + of_examples) * (4 if dtype == "float32" else 8)


def available_bytes() -> int | None:
    """How much memory can be had now, where the system says it."""
    found = [size for size in (_of_machine(), _of_group()) if size is not None]
    return min(found, default=None)


def check_memory(network: Network, m: int, dtype: str, optimizer: Optimizer) -> None:
    """Refuse what cannot fit.

    Raises:
        TooLargeError: with the size needed and the size there is.
    """
    available = available_bytes()
    needed = needed_bytes(network, m, dtype, optimizer)
    if available is not None and needed > available:
        raise too_large(network, m, needed, f"there are {shown_bytes(available)}")


def too_large(network: Network, m: int, needed: int, found: str) -> TooLargeError:
    """The error that says what a training needs, and what to do."""
    dims = " -> ".join(map(str, network.layer_dims))
    return TooLargeError(
        f"training {dims} in steps of {m} examples needs at least {shown_bytes(needed)} of memory beside "
        f"the data and {found}; expected fewer units, a smaller batch_size, or float32"
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
    """Other systems do not say what is free; some say what there is."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError, AttributeError):
        return None


def _of_group() -> int | None:
    try:
        return int(_GROUP.read_text("ascii"))
    # "max" is no number: no limit.
    except (OSError, ValueError):
        return None
