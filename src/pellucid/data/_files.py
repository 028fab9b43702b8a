"""Checks before a file is read: it is regular, and the sizes that it declares fit memory and the file."""

import os
from pathlib import Path

from pellucid.errors import FormatError
from pellucid.files import reading
from pellucid.files.reading import open_regular

# Compressed data that would grow beyond this many bytes may grow by this factor at most: deflate reaches
# 1032, real tables and pictures stay far below the limit.
FREE_BYTES = 256 * 2**20
MAX_RATIO = 250

# Assumed if the system does not report its memory.
_USUAL_MEMORY = 16 * 2**30
_LONGEST_NAME = 60


def look(path: Path, length: int = 4096) -> tuple[int, bytes]:
    """The size of a regular file and its first bytes, by which a format is recognised.

    Raises:
        NotFoundError: there is no such file.
        FormatError: it is a folder, a pipe or a device, or may not be read.
    """
    with open_regular(path, FormatError, "a file of data") as file:
        return os.fstat(file.fileno()).st_size, file.read(length)


def check_size(where: str, declared: int, stored: int) -> None:
    """Refuse data that would not fit in memory, or that would expand far more than real data do.

    Args:
        where: file and array, for the message.
        declared: bytes in memory.
        stored: bytes in the file.

    Raises:
        FormatError: with both numbers.
    """
    if declared > memory():
        raise FormatError(
            f"{where} declares {declared:,} bytes and this machine has {memory():,} bytes of memory; "
            "expected data that fits: split the file"
        )
    if declared > FREE_BYTES and declared > MAX_RATIO * stored:
        raise FormatError(
            f"{where} declares {declared:,} bytes but stores only {stored:,}; expected at most "
            f"{MAX_RATIO} to 1, as real data has: if it is real, save it uncompressed"
        )


def memory() -> int:
    """Bytes of physical memory."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return _USUAL_MEMORY


def shown(name: str) -> str:
    """A text from a file, shortened to fit a message."""
    return reading.shown(name, _LONGEST_NAME)
