"""Open files for reading: regular files only, and without blocking."""

import io
import os
import stat
from collections.abc import Callable
from typing import Any

from pellucid.errors import DataError, ModelFileError, NotFoundError


def shown(text: object, longest: int = 4096) -> str:
    """A path, or a text from a file, for a message: unchanged, or escaped to stay on one line."""
    plain = str(text)
    line = plain if plain.isprintable() else ascii(plain)
    return line if len(line) <= longest else line[: longest - 3] + "..."


def open_regular(
    path: str | os.PathLike[str],
    refusal: type[DataError | ModelFileError],
    expected: str,
    *,
    most: int = 2**62,
) -> io.BufferedReader:
    """Open a file to read bytes from.

    Args:
        path: of a regular file, or a link to one.
        refusal: the type of the error for anything else.
        expected: the expected content, for the message: "a model saved by Pellucid".
        most: the greatest allowed size in bytes.

    Raises:
        NotFoundError: there is no such file.
        refusal: it is a folder, a pipe or a device, too large, or unreadable.
    """
    name = shown(path) or "''"
    try:
        # Checked before opening, since opening a device may have effects; and after, since the path may
        # lead elsewhere by then. O_NONBLOCK: a pipe without a writer must not block.
        _check_regular(os.stat(path), name, refusal, expected, most)  # noqa: PTH116
        raw = _Regular(path, "rb", opener=_opened)
        raw.refused = lambda error: refusal(_unreadable(name, error, expected))
        file: io.BufferedReader = io.BufferedReader(raw)
        try:
            _check_regular(os.fstat(file.fileno()), name, refusal, expected, most)
        except BaseException:
            file.close()
            raise
        return file
    except refusal:
        raise
    # ValueError: a null character, which is invalid in a path.
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise NotFoundError(f"there is no file {name}; expected {expected}") from None
    except OSError as error:
        raise refusal(_unreadable(name, error, expected)) from error


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


class _Regular(io.FileIO):
    """A file whose errors of reading, as those of a failing disk, are explained by its own refusal."""

    refused: Callable[[OSError], DataError | ModelFileError]

    def readinto(self, buffer: Any) -> int | None:
        """See `io.RawIOBase.readinto`."""
        try:
            return super().readinto(buffer)
        except OSError as error:
            raise self.refused(error) from error

    def readall(self) -> bytes:
        """See `io.RawIOBase.readall`."""
        try:
            return super().readall()
        except OSError as error:
            raise self.refused(error) from error


def _unreadable(name: str, error: OSError, expected: str) -> str:
    return f"{name} cannot be read ({error.strerror or error}); expected {expected}"


def _check_regular(
    status: os.stat_result,
    name: str,
    refusal: type[DataError | ModelFileError],
    expected: str,
    most: int,
) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise refusal(f"{name} is a folder; expected {expected}")
    if not stat.S_ISREG(status.st_mode):
        raise refusal(f"{name} is a pipe, a socket or a device; expected {expected}")
    if status.st_size > most:
        raise refusal(f"{name} has {status.st_size:,} bytes; expected {expected} of at most {most:,}")
