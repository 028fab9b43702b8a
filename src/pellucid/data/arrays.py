"""NumPy files: .npz with named arrays, and .npy with one array of unlabelled rows.

The header is parsed here and nothing is unpickled: object arrays are never read.
"""

import math
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from pellucid.data._files import check_size, look, shown
from pellucid.data._named_arrays import Keys, PartKeys, assemble, at, check_array, find_keys
from pellucid.data.rows import Splits
from pellucid.data.stored_rows import SMALL, Allowance, FlatFile, StoredRows
from pellucid.errors import FormatError, PellucidError

_NPY = b"\x93NUMPY"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_STEP = 2**20
_MAX_MEMBERS = 1000
_MAX_HEADER = 4096

# NumPy's own reader evaluates the header as a Python literal; three known keys need no evaluation.
_ENTRY = (
    r"\s*['\"](?:descr['\"]\s*:\s*['\"](?P<descr{0}>[^'\"\\]{{1,16}})['\"]"
    r"|fortran_order['\"]\s*:\s*(?P<order{0}>True|False)"
    r"|shape['\"]\s*:\s*\((?P<shape{0}>[\d\sL,]*)\))\s*"
)
_HEADER = re.compile(r"\{" + ",".join(_ENTRY.format(i) for i in range(3)) + r",?\s*\}\s*", re.ASCII)
_TYPE = re.compile(r"[<>=|]?[?biufcSUOV]\d{0,4}", re.ASCII)
_SHAPE = re.compile(r"\s*|(?:\s*\d{1,18}L?\s*,)+\s*|(?:\s*\d{1,18}L?\s*,)+\s*\d{1,18}L?\s*", re.ASCII)


# Errors that zipfile and zlib raise on damaged files.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    KeyError,
    OverflowError,
)


class _Header(NamedTuple):
    """The declarations of a .npy file."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran_order: bool
    length: int

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def is_npy(head: bytes) -> bool:
    """Whether these first bytes begin a .npy file."""
    return head.startswith(_NPY)


def is_npz(head: bytes) -> bool:
    """Whether these first bytes begin a zip archive, such as a .npz file."""
    return head.startswith(_ZIP)


def read_arrays(path: str | os.PathLike[str], task: str | None = None) -> Splits:
    """Read a .npz archive or a .npy array, recognised by its content.

    An archive holds X and y, or X_train, y_train, X_test and y_test, under any of the usual names; rows
    are examples, or columns if X is (n_x, m) and Y is (n_y, m), such as (1, m). A .npy array holds
    unlabelled rows.

    Args:
        path: of the file.
        task: see `assemble`.

    Raises:
        NotFoundError: there is no such file.
        FormatError: it is neither, is damaged, or has no array that could be X.
        LabelError: labels that cannot be classes.
        NonFiniteError: a target of a regression that is NaN or infinite.
        DataError: its training and test examples differ in shape.
    """
    path = Path(path)
    size, head = look(path)
    if is_npy(head):
        with path.open("rb") as stream:
            array = _read_npy(stream, size, size, str(path))
        return assemble(path, Keys(PartKeys("", None), None, None), {"": array})
    if not is_npz(head):
        raise FormatError(f"{path} is neither a .npy nor a .npz file; expected one that NumPy saved")
    with _explained(path), zipfile.ZipFile(path) as archive:
        members = _members(archive, path, size)
        keys = find_keys(path, members, lambda name: _describe(archive, members[name]))
        roles = keys.roles()
        # All headers are checked before any data: a file that is refused allocates nothing.
        sizes = [_check_member(archive, members[name], at(path, name), roles[name]) for name in roles]
        check_size(str(path), sum(sizes), size)
        arrays = {}
        for name, role in roles.items():
            member = members[name]
            with archive.open(member) as data:
                arrays[name] = _read_npy(data, member.file_size, member.compress_size, at(path, name), role)
    return assemble(path, keys, arrays, task)


def _members(archive: zipfile.ZipFile, path: Path, size: int) -> dict[str, zipfile.ZipInfo]:
    """The arrays of an archive by name."""
    infos = archive.infolist()
    if len(infos) > _MAX_MEMBERS:
        raise FormatError(f"{path} has {len(infos)} members; expected at most {_MAX_MEMBERS} arrays")
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        if not info.filename.endswith(".npy"):
            continue
        name = info.filename.removesuffix(".npy")
        if name in members:
            raise FormatError(f"{path} is damaged: it holds {name!a} twice; expected each array once")
        members[name] = info
    # Members that share bytes would let a small file expand once per member.
    if sum(info.compress_size for info in infos) > size:
        raise FormatError(f"{path} is damaged: its members are larger than the file; save it again")
    return members


def _check_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str, role: str) -> int:
    """The bytes that a member's array needs, after a check of its header."""
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FormatError(
            f"{where} is encrypted or compressed in an unusual way; expected a file as NumPy writes it"
        )
    if info.compress_type == zipfile.ZIP_STORED and info.file_size != info.compress_size:
        raise FormatError(f"{where} is damaged: its two sizes differ; save it again")
    with archive.open(info) as stream:
        return _read_header(stream, info.file_size, info.compress_size, where, role).nbytes


def _describe(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    try:
        with archive.open(info) as stream:
            header = _parse_header(stream, "")
    except (FormatError, *_DAMAGE):
        return "(unreadable)"
    return f"{header.shape} {header.dtype}"


def _read_npy(stream: IO[bytes], size: int, stored: int, where: str, role: str = "inputs") -> Any:
    """The array of a .npy stream of `size` bytes: (m, ...), a view of one buffer of exactly its bytes."""
    header = _read_header(stream, size, stored, where, role)
    buffer = np.empty(header.nbytes, np.uint8)
    view = buffer.data
    done = 0
    while done < len(view):
        piece = stream.read(min(_STEP, len(view) - done))
        if not piece:
            raise FormatError(f"{where} is truncated after {done} of {len(view)} bytes; copy it again")
        view[done : done + len(piece)] = piece
        done += len(piece)
    flat = buffer.view(header.dtype)
    return flat.reshape(header.shape[::-1]).T if header.fortran_order else flat.reshape(header.shape)


def is_array_folder(path: Path) -> bool:
    """Whether a folder holds .npy files, and no folders: the members of a .npz archive, unpacked."""
    entries = _entries(path)
    return any(one.name.endswith(".npy") for one in entries) and not any(one.is_dir() for one in entries)


def read_array_folder(path: Path, task: str | None = None, allowance: Allowance | None = None) -> Splits:
    """The examples of a folder of .npy files, X.npy and y.npy, named as the members of an archive.

    Args:
        path: of the folder.
        task: see `assemble`.
        allowance: inputs that do not fit into it stay in their file; None: all are read.

    Raises:
        As `read_arrays`.
    """
    files = {entry.name.removesuffix(".npy"): path / entry.name for entry in _entries(path)}
    files = {name: file for name, file in files.items() if file.suffix == ".npy"}
    keys = find_keys(path, files, lambda name: "")
    headers = {name: _header_of(files[name], role) for name, role in keys.roles().items()}
    inputs = {name: headers[name] for name, role in keys.roles().items() if role == "inputs"}
    needed = {name: Allowance.needed(header.shape, header.dtype) for name, header in inputs.items()}
    memory = None if allowance is None else allowance.for_whole(sum(needed.values()))
    arrays: dict[str, Any] = {}
    for name, role in keys.roles().items():
        header, where = headers[name], at(path, name)
        if memory is not None and needed.get(name, 0) > memory // SMALL:
            if header.fortran_order and len(header.shape) > 1:
                raise FormatError(
                    f"{where} is stored column by column, which is not read block by block; expected the "
                    "order of C: numpy.ascontiguousarray makes it"
                )
            file = FlatFile(files[name], header.length)
            arrays[name] = StoredRows(file, header.dtype, header.shape, memory, where)
            continue
        size, _ = look(files[name])
        with files[name].open("rb") as stream:
            arrays[name] = _read_npy(stream, size, size, where, role)
    return assemble(path, keys, arrays, task)


def _entries(path: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        raise FormatError(f"{shown(str(path))} cannot be listed: {error.strerror}") from None


def _header_of(path: Path, role: str) -> _Header:
    """What a .npy file declares, checked against its size."""
    size, _ = look(path)
    with path.open("rb") as stream:
        return _read_header(stream, size, size, str(path), role, is_read=False)


def _read_header(
    stream: IO[bytes], size: int, stored: int, where: str, role: str, *, is_read: bool = True
) -> _Header:
    header = _parse_header(stream, where)
    check_array(where, header.dtype, header.shape, role)
    if header.length + header.nbytes != size:
        raise FormatError(
            f"{where} is damaged: shape {header.shape} of type {header.dtype} takes {header.nbytes:,} "
            f"bytes, and {size - header.length:,} are there; expected as many: copy or save it again"
        )
    if is_read:
        check_size(where, header.nbytes, stored)
    return header


def _parse_header(stream: IO[bytes], where: str) -> _Header:
    start = stream.read(8)
    if not start.startswith(_NPY) or start[6:] not in (b"\x01\x00", b"\x02\x00"):
        raise FormatError(f"{where} is not a NumPy array of format 1 or 2; expected a file of numpy.save")
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(stream.read(width), "little")
    text = stream.read(length).decode("latin-1") if length <= _MAX_HEADER else ""
    match = _HEADER.fullmatch(text)
    fields = (
        {key[:-1]: value for key, value in match.groupdict().items() if value is not None} if match else {}
    )
    if len(fields) < 3 or not _TYPE.fullmatch(fields["descr"]) or not _SHAPE.fullmatch(fields["shape"]):
        raise FormatError(
            f"{where} has a header that is damaged or describes records; expected a plain array of numbers"
        )
    try:
        dtype = np.dtype(fields["descr"])
    except (TypeError, ValueError):
        raise FormatError(f"{where} has the unknown type {fields['descr']!a}; expected numbers") from None
    shape = tuple(int(side) for side in re.findall(r"\d+", fields["shape"]))
    return _Header(dtype, shape, fields["order"] == "True", 8 + width + length)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn the errors of zipfile and zlib into a `FormatError`."""
    try:
        yield
    except PellucidError:
        raise
    except _DAMAGE as error:
        reason = shown(" ".join(str(error).split()))
        raise FormatError(
            f"{path} is a damaged .npz file ({reason}); expected one NumPy saved: copy it again"
        ) from None
