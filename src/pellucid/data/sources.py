"""Readers for a path, a built-in name or a pattern. Formats are recognised by content, never by name.

Each format has one reader: if it refuses a file, no other is tried.
"""

import glob
import os
from collections.abc import Iterable
from pathlib import Path

from pellucid.data._files import look
from pellucid.data.arrays import is_array_folder, is_npy, is_npz, read_array_folder, read_arrays
from pellucid.data.builtin import BUILTINS, read_builtin
from pellucid.data.folders import read_folder
from pellucid.data.hdf5 import is_hdf5, read_hdf5
from pellucid.data.picture_formats import looks_like_picture
from pellucid.data.recipe import Recipe
from pellucid.data.rows import Progress, Splits, silent
from pellucid.data.stored_rows import Allowance
from pellucid.data.table_files import is_table_file
from pellucid.errors import DataError, FormatError, NotFoundError
from pellucid.files.reading import shown


def read_parts(
    source: str | os.PathLike[str],
    shape: tuple[int, ...],
    *,
    task: str | None = None,
    seed: int = 0,
    strict: bool = False,
    progress: Progress = silent,
    least: int = 2,
    only_test: bool = False,
    allowance: Allowance | None = None,
    cache: str | os.PathLike[str] | None = None,
) -> Splits:
    """The raw examples of a source.

    Args:
        source: a path, or the name of a built-in data set (a path of that name comes first).
        shape: the size for photographs, (height, width, 3) or (height, width).
        task: "classification" or "regression"; None: inferred from the targets in an array file.
            Pictures in folders and the built-in data sets have classes.
        seed: of the built-in data sets that are drawn.
        strict: as for `load_data`.
        progress: as for `load_data`.
        least: the least number of classes; 1 suffices to evaluate a model.
        only_test: do not read the pictures of the training part if there is a test part.
        allowance: inputs that do not fit into it stay in their file; None: all are read.
        cache: the folder for decoded pictures that do not fit; None: one beside the folder.

    Raises:
        NotFoundError: neither a path nor a built-in data set has that name.
        FormatError: a file that is damaged, or holds nothing that can be trained on.
        LabelError: labels that cannot be classes, or fewer classes than `least`.
    """
    path = Path(source)
    if not _exists(path):
        if str(source) in BUILTINS:
            return read_builtin(str(source), seed=seed)
        raise NotFoundError(
            f"there is no file or folder {shown(path)}; built-in data sets are {', '.join(BUILTINS)}"
        )
    if path.is_dir() and is_array_folder(path):
        return read_array_folder(path, task, allowance)
    if path.is_dir():
        return read_folder(
            path,
            shape,
            strict=strict,
            progress=progress,
            least=least,
            only_test=only_test,
            allowance=allowance,
            cache=cache,
        )
    return read_array_file(path, task, allowance)


def refuse_pictures(recipe: Recipe, source: str | os.PathLike[str]) -> None:
    """Refuse photographs for a model of numbers, before any is read.

    Raises:
        DataError: the recipe is for numbers, and the source is a photograph or a folder.
    """
    path = Path(source)
    if recipe.kind == "pictures" or not _exists(path):
        return
    if not is_array_folder(path) if path.is_dir() else looks_like_picture(look(path)[1]):
        raise DataError(
            f"{shown(path)} is a picture (or a folder of them); the model was trained on "
            f"{recipe.describe()}: expected an array file (.npy, .npz or HDF5)"
        )


def is_array_file(path: Path) -> bool:
    """Whether `path` is a file in a format that `read_array_file` reads."""
    try:
        _, head = look(path)
    except DataError:
        # Read as a picture, it is reported with the reason, and the other sources are still read.
        return False
    return is_hdf5(head) or is_npz(head) or is_npy(head)


def read_array_file(path: Path, task: str | None = None, allowance: Allowance | None = None) -> Splits:
    """The raw examples of one HDF5, .npz or .npy file.

    Args:
        path: of the file.
        task: as for `read_parts`.
        allowance: as for `read_parts`.

    Raises:
        FormatError: it is something else, or is damaged.
        LabelError: labels that cannot be classes.
        NonFiniteError: a target of a regression that is NaN or infinite.
    """
    _, head = look(path)
    if is_hdf5(head):
        return read_hdf5(path, task, allowance)
    if is_npz(head) or is_npy(head):
        return read_arrays(path, task)
    if looks_like_picture(head):
        raise FormatError(
            f"{shown(path)} is a single picture; expected a folder of pictures or an array file"
        )
    if is_table_file(path):
        raise FormatError(
            f"{shown(path)} reads as a text or a table, not as an array file; to train on a table, name "
            "the column to predict (--target NAME, or load_tables); a model of arrays takes HDF5, .npz "
            "or .npy"
        )
    raise FormatError(
        f"{shown(path)} is of no known format; expected HDF5, .npz or .npy, or a folder of JPEG, PNG, BMP "
        "or WebP pictures"
    )


def expanded(sources: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The existing paths and the matches of the patterns, each sorted by name.

    Raises:
        NotFoundError: a source that neither exists nor matches anything.
    """
    paths: list[Path] = []
    for source in sources:
        path = Path(source)
        if _exists(path):
            paths.append(path)
            continue
        matches = sorted(glob.glob(str(source), recursive=True))  # noqa: PTH207 - a pattern may be absolute
        if not matches:
            raise NotFoundError(
                f"there is no file or folder {shown(source)}, and nothing matches it as a pattern"
            )
        paths += map(Path, matches)
    if not paths:
        raise NotFoundError("nothing to predict on; expected pictures, folders or array files")
    return paths


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise NotFoundError(f"{shown(path)} cannot be reached: {error.strerror}; check the path") from None
