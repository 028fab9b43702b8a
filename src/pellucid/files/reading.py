"""Opening what is to be read: regular files only, and without waiting for one to answer."""

import io
import os
import stat

from pellucid.errors import DataError, ModelFileError, NotFoundError


def shown(text: object, longest: int = 4096) -> str:
    """A path, or a text from a file, as a message names it: itself, or quoted to stay on one line."""
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
        refusal: the type of the error where it is something else.
        expected: what should stand there, for the message: "a model saved by Pellucid".
        most: how many bytes it may have.

    Raises:
        NotFoundError: there is no such file.
        refusal: a folder, a pipe, a device, too large, or not to be read.
    """
    name = shown(path) or "''"
    try:
        # Asked before opening: to open a device can mean to use it. And after: the name may lead elsewhere
        # by now, and a pipe without a writer must not block.
        _check_regular(os.stat(path), name, refusal, expected, most)  # noqa: PTH116
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
        file = open(path, "rb", opener=lambda given, mode: os.open(given, mode | flags))  # noqa: SIM115
        try:
            _check_regular(os.fstat(file.fileno()), name, refusal, expected, most)
        except BaseException:
            file.close()
            raise
        return file
    except refusal:
        raise
    # ValueError: a null character, which no name of a file has.
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise NotFoundError(f"there is no file {name}; expected {expected}") from None
    except OSError as error:
        raise refusal(f"{name} cannot be read ({error.strerror}); expected {expected}") from error


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
