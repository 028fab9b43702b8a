"""HDF5 files: the course's layout, and plain ones with X and y.

Only data in the file itself are read: HDF5 can also point to other files (links, external storage,
virtual data sets) and load code for other compressions, and none of that is followed. The HDF5 library
trusts the declared length of compressed chunks, so it is checked first.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pellucid.data._files import check_size, look, shown
from pellucid.data._named_arrays import Keys, assemble, find_keys
from pellucid.data.rows import Splits
from pellucid.data.stored_rows import SMALL, Allowance
from pellucid.errors import FormatError, PellucidError, not_loaded

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_MAX_NAMES = 1000


def is_hdf5(head: bytes) -> bool:
    """Whether these first bytes begin an HDF5 file: its signature is at 0, 512, 1024, 2048, ..."""
    offset = 0
    while offset < len(head):
        if head.startswith(_SIGNATURE, offset):
            return True
        offset = 2 * offset or 512
    return False


def read_hdf5(
    path: str | os.PathLike[str], task: str | None = None, allowance: Allowance | None = None
) -> Splits:
    """Read an HDF5 file: train_set_x, train_set_y, list_classes and their test_ variants, or X and y.

    Pictures are (m, height, width, 3) or (m, height, width) uint8, numbers are (m, n). The other
    accepted names, and the rule for classes or regression, are those of NumPy files.

    Args:
        path: of the file.
        task: see `assemble`.
        allowance: inputs that do not fit into it stay in the file; None: all are read.

    Raises:
        NotFoundError: there is no such file.
        FormatError: it is not HDF5, is damaged, points outside itself, or has no data set that could be X.
        LabelError: labels that cannot be classes.
        NonFiniteError: a target of a regression that is NaN or infinite.
        DataError: its training and test examples differ in shape.
        MissingPackageError: h5py is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise not_loaded(error, "reading HDF5 files", "h5py", "hdf5") from None
    from pellucid.data._hdf5 import DAMAGE, Stored

    path = Path(path)
    size, head = look(path)
    if not is_hdf5(head):
        raise FormatError(f"{path} is not an HDF5 file; expected one, for example with train_set_x")
    try:
        with h5py.File(path, "r") as file:
            names = _names(file, path)
            keys = find_keys(path, names, lambda name: Stored.describe(file, names[name]))
            stored = {name: Stored.find(file, names[name], path, name, size) for name in keys.roles()}
            kept = _that_stay(stored, keys, allowance)
            for name, role in keys.roles().items():
                stored[name].check(role, is_read=name not in kept)
            read = {name: data for name, data in stored.items() if name not in kept}
            check_size(str(path), sum(data.nbytes for data in read.values()), size)
            arrays: dict[str, Any] = {name: data.read() for name, data in read.items()}
            arrays |= {name: stored[name].rows(memory) for name, memory in kept.items()}
    except PellucidError:
        raise
    except DAMAGE as error:
        reason = shown(" ".join(str(error).split()))
        raise FormatError(
            f"{path} is a damaged HDF5 file ({reason}); expected a whole one: copy or write it again"
        ) from None
    return assemble(path, keys, arrays, task)


def _that_stay(stored: Mapping[str, Any], keys: Keys, allowance: Allowance | None) -> dict[str, int]:
    """The inputs that are not read into memory, and the memory that a training on them may take."""
    if allowance is None:
        return {}
    inputs = [name for name, role in keys.roles().items() if role == "inputs"]
    # Together: training and test inputs are in memory at the same time.
    needed = [allowance.needed(stored[name].shape, stored[name].id.dtype) for name in inputs]
    memory = allowance.for_whole(sum(needed))
    if memory is None:
        return {}
    return {name: memory for name, own in zip(inputs, needed, strict=True) if own > memory // SMALL}


def _names(file: Any, path: Path) -> dict[str, bytes]:
    """The names in the root group: as text, to the name in HDF5's bytes. No link is followed."""
    if len(file) > _MAX_NAMES:
        raise FormatError(f"{path} holds {len(file)} objects; expected at most {_MAX_NAMES} data sets")
    return {name.decode("utf-8", "backslashreplace"): name for name in file.id}
