"""The memory that this process may use, and sizes in words."""

import os
from pathlib import Path

# Linux reports the available memory here: of the machine, and of the control group of this process.
_MACHINE = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup/memory.max")


def available_bytes() -> int | None:
    """The memory that is available now, in bytes; None if the system does not report it."""
    limits = [size for size in (_of_machine(), _of_group()) if size is not None]
    return min(limits, default=None)


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
