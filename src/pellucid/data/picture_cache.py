"""Pictures that do not fit into memory: decoded once, on all processors, into a cache file of pixels."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data.cache_file import CacheError, CacheWriter, Key, cached, folder_for
from pellucid.data.pictures import decode_all
from pellucid.data.rows import Progress
from pellucid.data.stored_rows import SMALL, Allowance, FlatFile, StoredRows
from pellucid.errors import FormatError
from pellucid.files.reading import shown

# Pictures that are decoded before they are written, and the share of the memory for them.
_FEWEST, _MOST, _SHARE = 16, 4096, 16


@dataclass(frozen=True)
class PictureCache:
    """Where the pictures of a folder go that do not fit into memory.

    Attributes:
        source: the folder of pictures.
        folder: of the cache files.
        memory: bytes that a training may take.
        notes: what was made and why, a line each.
    """

    source: Path
    folder: Path
    memory: int
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        source: Path,
        pictures: int,
        shape: tuple[int, ...],
        allowance: Allowance,
        cache: str | os.PathLike[str] | None,
    ) -> "PictureCache | None":
        """The cache for a folder; None: its pictures fit into memory.

        Args:
            source: the folder.
            pictures: in it.
            shape: of each, when it is decoded.
            allowance: the memory.
            cache: the folder for cache files; None: beside the folder of pictures.
        """
        memory = allowance.for_whole(Allowance.needed((pictures, *shape), np.dtype(np.uint8)))
        if memory is None:
            return None
        notes: list[str] = []
        return cls(source, folder_for(source, cache, notes), memory, notes)

    def is_for(self, pictures: int, shape: tuple[int, ...]) -> bool:
        """Whether so many of them are too many for memory: a small test part is not."""
        return Allowance.needed((pictures, *shape), np.dtype(np.uint8)) > self.memory // SMALL

    def decoded(
        self,
        part: str,
        paths: Sequence[Path],
        shape: tuple[int, ...],
        *,
        strict: bool,
        progress: Progress,
    ) -> tuple[StoredRows, dict[int, str]]:
        """As `decode_all`, with the pictures in a cache file.

        Args:
            part: "train" or "test".
            paths: of the pictures.
            shape: of each.
            strict: see `decode_all`.
            progress: see there.

        Raises:
            FormatError: none could be read; or, if `strict`, some could not.
            OutputError: the cache cannot be written.
        """
        key: Key = {"of": "pictures", "shape": list(shape), "files": _digest(self.source, paths)}

        def write(writer: CacheWriter) -> Mapping[str, Any]:
            return _write(writer, paths, shape, self.memory, strict=strict, progress=progress)

        def read(document: Mapping[str, Any], file: FlatFile) -> tuple[StoredRows, dict[int, str]]:
            return _read(document, file, len(paths), shape, self.memory, str(self.source))

        rows, failures = cached(self.folder / part, key, write, read, self.notes)
        if strict and failures:
            raise FormatError(next(iter(failures.values())))
        progress(len(paths), len(paths))
        return rows, failures


def _digest(source: Path, paths: Sequence[Path]) -> str:
    """Of the names of files, their sizes and the times of their last changes."""
    digest = blake2b(digest_size=16)
    for path in paths:
        try:
            status = path.stat()
            state = f"{status.st_size} {status.st_mtime_ns}"
        except OSError:
            # Why it cannot be read is said where it is decoded.
            state = "unknown"
        digest.update(os.fsencode(os.path.relpath(path, source)) + f"\0{state}\0".encode())
    return digest.hexdigest()


def _write(
    writer: CacheWriter,
    paths: Sequence[Path],
    shape: tuple[int, ...],
    memory: int,
    *,
    strict: bool,
    progress: Progress,
) -> dict[str, Any]:
    failures: dict[int, str] = {}
    step = max(_FEWEST, min(_MOST, memory // _SHARE // math.prod(shape)))
    for start in range(0, len(paths), step):
        some = paths[start : start + step]

        def count(done: int, _: int, before: int = start) -> None:
            progress(before + done, len(paths))

        rows, failed = decode_all(some, shape, strict=strict, progress=count, least=0)
        failures |= {start + index: line for index, line in failed.items()}
        writer.file.write(rows.data)
    if len(failures) == len(paths):
        raise FormatError(f"none of {len(paths)} pictures could be read; the first: {failures[0]}")
    return {"failures": [[index, line] for index, line in failures.items()]}


def _read(
    document: Mapping[str, Any],
    file: FlatFile,
    pictures: int,
    shape: tuple[int, ...],
    memory: int,
    where: str,
) -> tuple[StoredRows, dict[int, str]]:
    try:
        failures = dict(document["failures"])
        m = pictures - len(failures)
        sound = document["size"] == m * math.prod(shape) and m > 0
        sound &= all(type(index) is int and 0 <= index < pictures for index in failures)
        sound &= all(isinstance(line, str) for line in failures.values())
    except (KeyError, TypeError, ValueError):
        sound = False
    if not sound:
        raise CacheError("is damaged: its description is not of pictures")
    return StoredRows(file, np.dtype(np.uint8), (m, *shape), memory, shown(where)), failures
