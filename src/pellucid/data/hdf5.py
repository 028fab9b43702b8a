"""HDF5 files: the course's layout, and plain ones with X and y.

Only data in the file itself are read: HDF5 can also point to other files (links, external storage,
virtual data sets) and load code for other compressions, and none of that is followed. The HDF5 library
trusts the declared length of compressed chunks, so it is checked first.
"""

import os
from pathlib import Path
from typing import Any

from pellucid.data._files import check_size, look, shown
from pellucid.data._named_arrays import assemble, find_keys
from pellucid.data.rows import Splits
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


def read_hdf5(path: str | os.PathLike[str], task: str | None = None) -> Splits:
    """Read an HDF5 file: train_set_x, train_set_y, list_classes and their test_ variants, or X and y.

    Pictures are (m, height, width, 3) or (m, height, width) uint8, numbers are (m, n). The other
    accepted names, and the rule for classes or regression, are those of NumPy files.

    Args:
        path: of the file.
        task: see `assemble`.

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
            for name, role in keys.roles().items():
                stored[name].check(role)
            check_size(str(path), sum(data.nbytes for data in stored.values()), size)
            arrays = {name: data.read() for name, data in stored.items()}
    except PellucidError:
        raise
    except DAMAGE as error:
        reason = shown(" ".join(str(error).split()))
        raise FormatError(
            f"{path} is a damaged HDF5 file ({reason}); expected a whole one: copy or write it again"
        ) from None
    return assemble(path, keys, arrays, task)


def _names(file: Any, path: Path) -> dict[str, bytes]:
    """The names in the root group: as text, to the name in HDF5's bytes. No link is followed."""
    if len(file) > _MAX_NAMES:
        raise FormatError(f"{path} holds {len(file)} objects; expected at most {_MAX_NAMES} data sets")
    return {name.decode("utf-8", "backslashreplace"): name for name in file.id}
