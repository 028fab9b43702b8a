"""Cache files: numbers that were made from a file of data, kept so that they need not be made again.

A cache file is a mark, the numbers, a document (JSON) that describes them, and at the end the length and
the checksum of the document and the mark again. Nothing in it is executed or names a Python object.
Everything is checked before it is used: the sizes against the file, the checksums of the numbers against
their bytes, and the key against what the numbers were made of. Whatever is wrong with a cache file, it is
made anew.
"""

import json
import os
import secrets
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

from pellucid.data.stored_rows import FlatFile
from pellucid.errors import DataError, FormatError, OutputError
from pellucid.files.reading import open_regular, shown
from pellucid.machine import shown_bytes

_MARK = b"pellucid cache 1"
_MOST_DOCUMENT = 256 << 20
# Of the numbers that have a checksum of their own, and that are read at a time.
_PIECE, _STEP = 16 << 20, 1 << 18
# Of a file of data: so many places of it are looked at, beside its size and the time of its last change.
_PLACES, _PLACE_BYTES = 64, 1 << 14

Key = dict[str, Any]


class CacheError(Exception):
    """A cache file that cannot be used; the message says why, after its name."""


def identity_of(path: Path) -> Key:
    """What tells a file of data from others, and from itself after a change: size, time and a digest.

    The digest is of 64 places of the file, the first and the last bytes among them.

    Raises:
        NotFoundError, FormatError: it cannot be read.
    """
    digest = blake2b(digest_size=16)
    with open_regular(path, FormatError, "a file of data") as file:
        status = os.fstat(file.fileno())
        last = max(0, status.st_size - _PLACE_BYTES)
        for place in range(_PLACES):
            file.seek(last * place // (_PLACES - 1))
            digest.update(file.read(_PLACE_BYTES))
    return {"size": status.st_size, "changed": status.st_mtime_ns, "digest": digest.hexdigest()}


class CacheWriter:
    """A cache file in the making, of which the numbers are written in any order.

    Attributes:
        file: the temporary file; the numbers begin at `begin`.
        begin: behind the mark.
    """

    begin = len(_MARK)

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        file.write(_MARK)

    def _finish(self, key: Key, document: Mapping[str, Any]) -> None:
        self.file.flush()
        size = self.file.seek(0, os.SEEK_END) - self.begin
        sums = list(_checksums(self.file, self.begin, size))
        text = json.dumps({"key": key, "size": size, "sums": sums, **document}, allow_nan=False).encode()
        self.file.seek(0, os.SEEK_END)
        tail = len(text).to_bytes(8, "little") + zlib.crc32(text).to_bytes(8, "little") + _MARK
        self.file.write(text + tail)
        self.file.flush()
        os.fsync(self.file.fileno())


def write_cache(path: Path, key: Key, write: Callable[[CacheWriter], Mapping[str, Any]]) -> None:
    """Make a cache file, whole or not at all: written under another name, and renamed.

    Args:
        path: of the file.
        key: what the numbers are made of.
        write: writes the numbers, and returns the document.

    Raises:
        OutputError: it cannot be written there.
    """
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".pellucid-{secrets.token_hex(8)}.tmp")
        try:
            with temporary.open("x+b") as file:
                writer = CacheWriter(file)
                writer._finish(key, write(writer))
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise


def open_cache(path: Path, key: Key) -> tuple[dict[str, Any], FlatFile]:
    """The document of a cache file and its numbers, after all checks.

    What was checked is what is read later, whatever takes the file's place in its folder.

    Args:
        path: of the file.
        key: what the numbers have to be made of.

    Raises:
        CacheError: there is none, or it is damaged, or was made of something else.
    """
    try:
        with open_regular(path, FormatError, "a cache file") as file:
            size = os.fstat(file.fileno()).st_size
            document = _document(file, size)
            if document.get("key") != json.loads(json.dumps(key)):
                raise CacheError("was made of another state of the data, or for other options")
            numbers = document.get("size")
            if type(numbers) is not int or numbers < 0 or document["end"] != CacheWriter.begin + numbers:
                raise CacheError("is damaged: it does not hold as many numbers as it says")
            if list(_checksums(file, CacheWriter.begin, numbers)) != document.get("sums"):
                raise CacheError("is damaged: its numbers have another checksum")
            return document, FlatFile(path, CacheWriter.begin, file)
    except (DataError, OSError) as error:
        raise CacheError("cannot be read" if path.exists() else "") from error


def _document(file: BinaryIO, size: int) -> dict[str, Any]:
    tail = 16 + len(_MARK)
    if size < len(_MARK) + tail or file.read(len(_MARK)) != _MARK:
        raise CacheError("is no cache file")
    file.seek(size - tail)
    end = file.read(tail)
    length, checksum = int.from_bytes(end[:8], "little"), int.from_bytes(end[8:16], "little")
    begin = size - tail - length
    if end[16:] != _MARK or length > _MOST_DOCUMENT or begin < len(_MARK):
        raise CacheError("is truncated or damaged")
    file.seek(begin)
    text = file.read(length)
    if zlib.crc32(text) != checksum:
        raise CacheError("is damaged: its description has another checksum")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise CacheError("is damaged: its description is not JSON") from None
    if not isinstance(document, dict):
        raise CacheError("is damaged: its description is not an object")
    return {**document, "end": begin}


def _checksums(file: BinaryIO, begin: int, size: int) -> Iterator[int]:
    """Of each piece of the numbers."""
    file.seek(begin)
    buffer = memoryview(bytearray(_STEP))
    for start in range(0, size, _PIECE):
        checksum, left = 0, min(_PIECE, size - start)
        while left:
            read = file.readinto(buffer[: min(_STEP, left)])  # type: ignore[attr-defined] # of buffered files
            if not read:
                return
            checksum, left = zlib.crc32(buffer[:read], checksum), left - read
        yield checksum


def cached(
    path: Path,
    key: Key,
    write: Callable[[CacheWriter], Mapping[str, Any]],
    read: Callable[[dict[str, Any], FlatFile], Any],
    notes: list[str],
) -> Any:
    """What a cache file holds, after making it if it cannot be used.

    Args:
        path: of the file.
        key: what it has to be made of.
        write: see `write_cache`.
        read: makes something of its document and its numbers.
        notes: gets a line where it is made, or was damaged.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        return read(*open_cache(path, key))
    except CacheError as error:
        if str(error):
            notes.append(f"the cache {shown(path)} {error}: it was made anew")
    started = time.perf_counter()
    write_cache(path, key, write)
    seconds, size = time.perf_counter() - started, path.stat().st_size
    notes.append(f"the cache {shown(path)} of {shown_bytes(size)} was made in {seconds:.1f} s")
    try:
        return read(*open_cache(path, key))
    except CacheError as error:
        raise OutputError(
            f"the cache {shown(path)} {error}, when it had just been made; if another training uses "
            "it, --cache DIR gives this one a folder of its own"
        ) from None


def folder_for(path: Path, cache: str | os.PathLike[str] | None, notes: list[str]) -> Path:
    """The folder of the cache files of a file or folder of data.

    Args:
        path: of the data.
        cache: the folder that was asked for; None: beside the data, where one may write there.
        notes: gets a line where one may not.
    """
    path = path.absolute()
    name = f"{path.name}.pellucid-cache"
    if cache is None:
        if os.access(path.parent, os.W_OK):
            return path.parent / name
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pellucid"
        notes.append(f"{shown(path.parent)} may not be written in, so the cache is in {shown(cache)}")
    # Files of one name from several folders.
    place = blake2b(os.fsencode(path), digest_size=8).hexdigest()
    return Path(cache) / f"{path.name}-{place}.pellucid-cache"


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"the cache {shown(path)} cannot be written ({reason}); expected a folder with room for it: "
            "--cache DIR names one"
        ) from error
