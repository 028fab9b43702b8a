"""Atomic writing: a path leads to the complete old file until the complete new file is on the disk."""

import errno
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pellucid.errors import OutputError
from pellucid.files.reading import shown

_CHUNK = 1 << 20
_NOT_PERMITTED = (errno.EACCES, errno.EPERM, errno.EROFS)
_FULL = (errno.ENOSPC, errno.EDQUOT)


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Make `data` the content of the file `path`, whole or not at all.

    The data go to a temporary file in the same folder, are flushed to the disk and read back; then the
    temporary file is renamed to `path`, in one step of the file system. If anything fails before that,
    the previous file is unchanged and the temporary one is removed (a killed process leaves it behind, as
    `.pellucid-*.tmp`). A link stays a link, and its target is replaced. A new file gets the permissions
    of the umask, a replaced one keeps its own.

    Raises:
        OutputError: the file cannot be written; one line, with the remedy.
    """
    with _explaining(path) as target:
        _write(target, data, _permissions(target))
    _sync_folder(target.parent)


def check_writable(path: str | os.PathLike[str]) -> None:
    """Refuse a path that `write_atomically` could not write now, before the work whose result it is for.

    Raises:
        OutputError: as `write_atomically` says it.
    """
    with _explaining(path) as target:
        _permissions(target)
        with tempfile.TemporaryFile(dir=target.parent, prefix=".pellucid-", suffix=".tmp"):
            pass
        # Its name may be too long, or not allowed.
        with suppress(FileNotFoundError):
            target.lstat()


@contextmanager
def _explaining(path: str | os.PathLike[str]) -> Iterator[Path]:
    """The file to write, where a link leads; its errors are explained in one line."""
    target = Path()
    try:
        target = Path(os.path.realpath(path))
        yield target
    except OutputError as error:
        raise OutputError(f"{shown(path)} cannot be written: {error}") from error.__cause__
    except ValueError:
        raise OutputError(f"{shown(path)} cannot be written: a file cannot have such a name") from None
    except OSError as error:
        raise OutputError(f"{shown(path)} cannot be written: {_explained(target, error)}") from error


def _permissions(target: Path) -> int | None:
    """The permissions of the file that will be replaced; None: there is none.

    Raises:
        OutputError: it is not a regular file, or is write-protected.
    """
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise OutputError("it is a folder; expected the name of a file")
    # Renaming over a device or a pipe would replace it for every program on the machine.
    if not stat.S_ISREG(mode):
        raise OutputError("it is a device, a pipe or a socket; expected the name of a file")
    # Renaming needs permission in the folder only: it would ignore the file's own protection.
    if not os.access(target, os.W_OK):
        raise OutputError("the file is write-protected; choose another name")
    return stat.S_IMODE(mode) & 0o777


def _write(target: Path, data: bytes, permissions: int | None) -> None:
    # Not derived from the target's name, which may already have the greatest length.
    temporary = target.with_name(f".pellucid-{secrets.token_hex(8)}.tmp")
    creation = 0o666 if permissions is None else permissions
    try:
        # x: never through a link, never into an existing file.
        with open(temporary, "x+b", opener=lambda name, flags: os.open(name, flags, creation)) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            _verify(file, data)
        if permissions is not None:
            temporary.chmod(permissions)
        temporary.replace(target)
    except FileExistsError:
        # The file belongs to another program: do not remove it.
        raise
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _verify(file: BinaryIO, data: bytes) -> None:
    """Read back what was written.

    Raises:
        OutputError: it differs from `data`.
    """
    file.seek(0)
    same = all(file.read(_CHUNK) == data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK))
    if not same or file.read(1):
        raise OutputError(
            "the file reads back differently from what was written; check the disk, or write elsewhere"
        )


def _sync_folder(folder: Path) -> None:
    """Flush the new name to the disk, if the system supports it: Windows and some network disks do not."""
    # The path already leads to the complete new file: an error here is not an error of writing.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _explained(target: Path, error: OSError) -> str:
    """The cause of an error, and the remedy."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR) and not target.parent.is_dir():
        return f"there is no folder {shown(target.parent)}; create it, or write elsewhere"
    if error.errno in _NOT_PERMITTED:
        return f"writing in {shown(target.parent)} is not permitted; choose another folder"
    if error.errno in _FULL:
        return "the disk is full; make room, or write elsewhere"
    if error.errno == errno.ENAMETOOLONG:
        return "its name is too long; choose a shorter one"
    return f"{error.strerror or error}; write elsewhere"
