"""Before a file is read: it is a regular file, and what it declares fits in memory and in itself."""

import os
import stat
from pathlib import Path

from pellucid.errors import FormatError, NotFoundError

# Compressed data that would grow beyond this many bytes may grow by this factor at most: deflate reaches
# 1032, real tables and pictures stay far below the limit.
FREE_BYTES = 256 * 2**20
MAX_RATIO = 250

# Assumed where the system does not tell how much memory it has.
_USUAL_MEMORY = 16 * 2**30
_LONGEST_NAME = 60


def look(path: Path, length: int = 4096) -> tuple[int, bytes]:
    """The size of a regular file and its first bytes, by which a format is recognised.

    Raises:
        NotFoundError: there is no such file.
        FormatError: it is a folder, a pipe or a device, or may not be read.
    """
    try:
        # Asked before opening: opening a pipe would wait for its other end.
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise FormatError(f"{path} is a folder; expected a file")
        if not stat.S_ISREG(mode):
            raise FormatError(f"{path} is a pipe, a socket or a device; expected a regular file")
        with path.open("rb") as stream:
            return os.fstat(stream.fileno()).st_size, stream.read(length)
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {path}; check the path") from None
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror}; expected a readable file") from None


def check_size(where: str, declared: int, stored: int) -> None:
    """Refuse what would not fit in memory, and a little compressed data that claims to be a lot.

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
    """A text that a file contains, fit for one line of a message."""
    safe = name if name.isprintable() else ascii(name)
    return safe if len(safe) <= _LONGEST_NAME else safe[: _LONGEST_NAME - 3] + "..."
