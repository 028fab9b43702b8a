"""Photographs, one or many at once, as 8-bit pictures of one size.

JPEG, PNG, BMP and WebP files are recognised by content, never by name.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from os import PathLike
from typing import Any, BinaryIO

import numpy as np

from pellucid.data.picture_formats import EXPECTED
from pellucid.data.recipe import Recipe
from pellucid.data.rows import Progress, silent
from pellucid.errors import DataError, FormatError, OptionError, not_loaded
from pellucid.files.reading import open_regular, shown

# WebP files are read whole: this is more than a picture of `picture_formats.MAX_PIXELS` takes.
_MAX_BYTES = 1 << 29
_MAX_THREADS = 16


def decode_picture(path: str | PathLike[str], shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """One photograph, decoded for a network; may be called from several threads.

    The picture is decoded whole, turned upright by its EXIF orientation, composed over white if
    transparent, reduced to 8 bits, converted and resized with bicubic interpolation. For an ordinary
    photograph that is `Image.open(path).convert("RGB").resize((width, height), BICUBIC)`, exactly.

    Args:
        path: of a JPEG, PNG, BMP or WebP file; of an animation, the first frame is read.
        shape: (height, width, 3) for colour, (height, width) for grey.

    Returns:
        uint8 of `shape`.

    Raises:
        NotFoundError: there is no such file.
        FormatError: it is not a regular file or such a picture, is too large, truncated or damaged.
        OptionError: a shape that is invalid for pictures.
        MissingPackageError: Pillow is not installed.
    """
    _check_shape(shape)
    decode = _decoder()
    with _open(path) as file:
        return decode(file, shown(path), shape)


def read_pictures(
    paths: Sequence[str | PathLike[str]],
    shape: tuple[int, ...],
    *,
    strict: bool = False,
    progress: Progress = silent,
    threads: int | None = None,
) -> tuple[np.ndarray[Any, Any], tuple[str, ...], tuple[str, ...]]:
    """Many photographs, decoded on several threads, in the order of `paths`.

    Args:
        paths: of the pictures.
        shape: (height, width, 3) or (height, width), of every result.
        strict: refuse the first picture that cannot be read; otherwise it is skipped.
        progress: called with (done, total) after each picture, from the calling thread.
        threads: how many pictures are decoded at a time; None: one for each processor.

    Returns:
        The pictures, (m, *shape) uint8; the paths they came from; and for each path that was skipped,
        one line with the reason.

    Raises:
        FormatError: no picture could be read; or, if `strict`, some could not.
        NotFoundError: if `strict`, a file that does not exist.
        OptionError: a shape that is invalid for pictures, or fewer than one thread.
        MissingPackageError: Pillow is not installed.
    """
    rows, failures = decode_all(paths, shape, strict=strict, progress=progress, threads=threads)
    kept = tuple(os.fspath(path) for index, path in enumerate(paths) if index not in failures)
    return rows, kept, tuple(failures.values())


def decode_all(
    paths: Sequence[str | PathLike[str]],
    shape: tuple[int, ...],
    *,
    strict: bool = False,
    progress: Progress = silent,
    threads: int | None = None,
    least: int = 1,
) -> tuple[np.ndarray[Any, Any], dict[int, str]]:
    """As `read_pictures`, with the failures by index into `paths`.

    Args:
        paths: see there.
        shape: see there.
        strict: see there.
        progress: see there.
        threads: see there.
        least: how many have to be readable.

    Returns:
        The pictures that could be read, and for each other one, by its index, a line with the reason.

    Raises:
        DataError: as in `read_pictures`.
        OptionError: likewise.
    """
    _check_shape(shape)
    _decoder()
    if threads is not None and threads < 1:
        raise OptionError(f"threads is {threads}; expected at least 1")
    if not paths:
        raise FormatError("there are no pictures to read; expected at least one file")
    rows = np.empty((len(paths), *shape), np.uint8)
    failures: dict[int, str] = {}
    pool = ThreadPoolExecutor(threads or _processors(), thread_name_prefix="pictures")
    try:
        for index, result in enumerate(pool.map(lambda path: _attempt(path, shape), paths)):
            if isinstance(result, DataError):
                if strict:
                    raise result
                failures[index] = str(result)
            else:
                rows[index - len(failures)] = result
            progress(index + 1, len(paths))
    finally:
        # After Ctrl-C, do not wait for pictures in progress, and start no others.
        pool.shutdown(wait=False, cancel_futures=True)
    if len(paths) - len(failures) < least:
        raise FormatError(f"none of {len(paths)} pictures could be read; the first: {failures[0]}")
    return rows[: len(paths) - len(failures)], failures


def _attempt(path: str | PathLike[str], shape: tuple[int, ...]) -> np.ndarray[Any, Any] | DataError:
    try:
        return decode_picture(path, shape)
    except DataError as error:
        return error


def _processors() -> int:
    # A container or taskset may leave this process fewer processors than the machine has.
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, _MAX_THREADS)


def _check_shape(shape: tuple[int, ...]) -> None:
    # `Recipe` validates the shapes of pictures.
    Recipe("pictures", shape)


def _decoder() -> Callable[[BinaryIO, str, tuple[int, ...]], np.ndarray[Any, Any]]:
    try:
        from pellucid.data.decoding import decode
    except ImportError as error:
        raise not_loaded(error, "reading pictures", "Pillow", "images") from error
    return decode


def _open(path: str | PathLike[str]) -> BinaryIO:
    file = open_regular(path, FormatError, EXPECTED, most=_MAX_BYTES)
    if os.fstat(file.fileno()).st_size == 0:
        file.close()
        raise FormatError(f"{shown(path)} is empty; expected {EXPECTED}")
    return file
