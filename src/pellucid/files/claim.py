"""Claim: a folder that one process writes to, until it ends by whatever way."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from pellucid.errors import OutputError
from pellucid.files.reading import shown

LOCK = ".pellucid-lock"

# The folders that this process holds, with its number: a child process that was forked holds none. The
# system's locks are between processes, and closing a file that is locked here would unlock it.
_held: set[tuple[int, str]] = set()
_guard = threading.Lock()


class Claim:
    """The right to write to a folder, held by a lock that the system takes back when the process ends.

    What a killed process left half-written in the folder is removed.

    Args:
        folder: made if it is not there.
        new: whether it must not be there.

    Attributes:
        folder: as it was given, for messages.
        place: the same, from wherever the process goes.

    Raises:
        FileExistsError: it is there, and has to be new.
        OutputError: another process holds it, or it cannot be written to.
    """

    def __init__(self, folder: str | os.PathLike[str], *, new: bool = False) -> None:
        self.folder = Path(folder)
        self._descriptor: int | None = None
        with _explained(self.folder):
            if "\0" in str(folder):
                raise ValueError
            self.place = Path(os.path.abspath(folder))  # noqa: PTH100 - links stay as they are
            self._made = [part for part in (self.place, *self.place.parents) if not os.path.lexists(part)]
            self.place.parent.mkdir(parents=True, exist_ok=True)
            self.place.mkdir(exist_ok=not new)
            self._key = (os.getpid(), os.path.realpath(self.place))
            self._descriptor = _locked(self.place / LOCK, self._key)
            for left in self.place.glob(".pellucid-*.tmp"):
                left.unlink(missing_ok=True)

    def release(self) -> None:
        """Give it back, and remove the folders that were made for it if there is nothing in them."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None or self._key[0] != os.getpid():
            return
        with suppress(OSError):
            # Before it is unlocked: afterwards it may be another process's.
            (self.place / LOCK).unlink(missing_ok=True)
        with suppress(OSError):
            os.close(descriptor)
        with _guard:
            _held.discard(self._key)
        with suppress(OSError):
            for part in self._made:
                part.rmdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _locked(lock: Path, key: tuple[int, str]) -> int:
    """A descriptor of the file `lock`, made and locked."""
    with _guard:
        if key in _held:
            raise OutputError("a training of this process writes to it; choose another folder")
        while True:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                if not _try_lock(descriptor):
                    process = os.read(descriptor, 20).decode(errors="replace").strip()
                    by = f" (process {process})" if process.isdecimal() else ""
                    raise OutputError(f"another training{by} writes to it; choose another folder")
                # Who held it may have removed the file between the two calls.
                if _same_file(descriptor, lock):
                    os.ftruncate(descriptor, 0)
                    os.write(descriptor, f"{os.getpid()}\n".encode())
                    _held.add(key)
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _try_lock(descriptor: int) -> bool:
    """Lock a file for this process; False: another one holds it."""
    try:
        import fcntl
    except ImportError:
        return _try_lock_on_windows(descriptor)
    try:
        # Unlike flock's, such a lock is not a child's after a fork.
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    # A network disk may know no locks: there is nothing to hold then.
    except OSError:
        return True
    return True


def _try_lock_on_windows(descriptor: int) -> bool:
    import msvcrt

    # A byte far behind the text, which stays readable.
    os.lseek(descriptor, 1 << 30, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        return False
    finally:
        os.lseek(descriptor, 0, os.SEEK_SET)
    return True


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OutputError as error:
        raise OutputError(f"{shown(folder)} cannot be used: {error}") from None
    except FileExistsError:
        if folder.is_dir():
            raise
        raise OutputError(f"{shown(folder)} cannot be made: {_reason(folder)}") from None
    except ValueError:
        raise OutputError(f"{shown(folder)} cannot be a folder's name; choose another") from None
    except OSError as error:
        raise OutputError(f"{shown(folder)} cannot be written to: {_reason(folder, error)}") from error


def _reason(folder: Path, error: OSError | None = None) -> str:
    for part in (folder, *folder.parents):
        # Unlike pathlib's, these functions know no error: a name may be too long.
        if os.path.islink(part) and not os.path.exists(part):  # noqa: PTH110, PTH114
            to = shown(os.readlink(part))  # noqa: PTH115
            return f"{shown(part)} is a link to {to}, which does not exist; make that folder"
        if os.path.exists(part) and not os.path.isdir(part):  # noqa: PTH110, PTH112
            return f"{shown(part)} is no folder; choose another place"
    why = error and (error.strerror or str(error))
    return f"{why}; choose another place" if why else "choose another place"
