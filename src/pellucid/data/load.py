"""From a path or a name to data sets: recognise the format by content, read, split, prepare.

One reader per format, chosen once: what its reader refuses is never tried with another.
"""

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data._files import look
from pellucid.data.arrays import is_npy, is_npz, read_arrays
from pellucid.data.builtin import BUILTINS, read_builtin
from pellucid.data.dataset import (
    DTYPES,
    Dataset,
    check_finite,
    check_labels,
    check_same_classes,
    with_classes,
)
from pellucid.data.examples import Examples, Parts, Progress, silent
from pellucid.data.folder_layout import list_pictures
from pellucid.data.folders import read_folder
from pellucid.data.hdf5 import is_hdf5, read_hdf5
from pellucid.data.pictures import looks_like_picture, read_pictures
from pellucid.data.recipe import SCALINGS, Recipe
from pellucid.errors import DataError, FormatError, LabelError, NotFoundError, OptionError


def load_data(
    source: str | os.PathLike[str],
    test: str | os.PathLike[str] | None = None,
    *,
    image_size: tuple[int, int] = (64, 64),
    scaling: str = "auto",
    test_fraction: float = 0.2,
    seed: int = 0,
    dtype: str = "float64",
    strict: bool = False,
    progress: Progress = silent,
) -> tuple[Dataset, Dataset]:
    """Read a training set and a test set.

    Args:
        source: an HDF5, .npz or picture source on disk, or the name of a built-in data set.
        test: where the test set is; left out, it is the test part of `source`, or else a share of its
            examples, drawn so that every class keeps its share.
        image_size: (height, width) that photographs are resized to; stored arrays keep theirs.
        scaling: see `Recipe.for_rows`; means and deviations are those of the training set.
        test_fraction: the share that is split off where there is no test set.
        seed: of that split (and of the built-in data sets that are drawn).
        dtype: of X and Y: "float64" or "float32".
        strict: refuse a folder with an unreadable picture instead of skipping it.
        progress: called with (done, total) while pictures are read.

    Returns:
        `(train, test)`.

    Raises:
        NotFoundError: nothing there, and no built-in data set of that name.
        FormatError: a file that is damaged, or holds nothing that can be trained on.
        LabelError: labels that are missing, no classes, or all the same.
        NonFiniteError: NaN or infinity, with its row and column.
        OptionError: an option that does not exist.
    """
    _check_options(scaling, test_fraction, dtype)
    parts = read_parts(source, (*image_size, 3), seed=seed, strict=strict, progress=progress)
    train, held_out = parts.train or parts.test, parts.test if parts.train else None
    train = _labelled(train, source)
    if test is not None:
        shape = train.rows.shape[1:] if train.rows.ndim > 2 else (*image_size, 3)
        other = read_parts(test, shape, seed=seed, strict=strict, progress=progress, least=1)
        held_out = other.test or other.train
    if held_out is None:
        assert train.labels is not None  # _labelled saw to it
        train_rows, test_rows = stratified_split(train.labels, test_fraction, seed)
        train, held_out = train.take(train_rows), train.take(test_rows)
    with _named(test or source):
        held_out = check_same_classes(train, _labelled(held_out, test or source, least=1))
    recipe = Recipe.for_rows(train.rows, scaling)
    return Dataset.from_examples(train, recipe, dtype), Dataset.from_examples(held_out, recipe, dtype)


def load_labelled(
    source: str | os.PathLike[str],
    recipe: Recipe,
    classes: Sequence[str],
    *,
    part: str = "test",
    dtype: str = "float64",
    strict: bool = False,
    progress: Progress = silent,
) -> Dataset:
    """Labelled examples through the recipe of a model, to evaluate it.

    Args:
        source: as for `load_data`.
        recipe: the model's.
        classes: the model's.
        part: "test" (the training part where there is no test part), or "train".
        dtype: of X and Y.
        strict: as for `load_data`.
        progress: as for `load_data`.

    Raises:
        As `load_data`; LabelError also for a class that the model does not know.
    """
    if part not in ("test", "train"):
        raise OptionError(f"unknown part {part!r}; expected test or train")
    _refuse_pictures(recipe, source)
    parts = read_parts(source, recipe.shape, strict=strict, progress=progress, least=1)
    examples = parts.train if part == "train" else parts.test or parts.train
    if examples is None:
        raise DataError(f"{source} has no training part; expected one (or --part test)")
    examples = _fitting(_labelled(examples, source, least=1), recipe, source)
    with _named(source):
        examples = with_classes(examples, tuple(classes))
    return Dataset.from_examples(examples, recipe, dtype)


def load_inputs(
    sources: Iterable[str | os.PathLike[str]],
    recipe: Recipe,
    *,
    dtype: str = "float64",
    strict: bool = False,
    progress: Progress = silent,
) -> Dataset:
    """Unlabelled examples through the recipe of a model, to predict on.

    Args:
        sources: photographs, folders of them, array files (.npy, .npz, HDF5), or patterns of names.
        recipe: the model's.
        dtype: of X.
        strict: refuse an unreadable picture instead of skipping it.
        progress: called with (done, total) while pictures are read.

    Returns:
        A data set without labels, in the order of the sources.

    Raises:
        NotFoundError: a path or pattern that matches nothing.
        DataError: pictures for a model of numbers, or rows of another shape.
        FormatError: nothing could be read.
    """
    batches: list[Examples] = []
    pending: list[Path] = []

    def decode() -> None:
        if pending:
            rows, kept, skipped = read_pictures(pending, recipe.shape, strict=strict, progress=progress)
            batches.append(Examples(rows, None, (), tuple(map(str, kept)), tuple(skipped)))
            pending.clear()

    for path in _expanded(sources):
        _refuse_pictures(recipe, path)
        if path.is_dir():
            pending += list_pictures(path)
        elif recipe.kind == "pictures" and not _is_array_file(path):
            pending.append(path)
        else:
            decode()
            parts = _read_array_file(path)
            batches += [_fitting(part, recipe, path) for part in parts if part is not None]
    decode()
    rows = np.concatenate([batch.rows.reshape(-1, recipe.n_x) for batch in batches])
    named = tuple(source for batch in batches for source in batch.sources)
    skipped = tuple(line for batch in batches for line in batch.skipped)
    return Dataset.from_examples(Examples(rows, None, (), named, skipped), recipe, dtype)


def read_parts(
    source: str | os.PathLike[str],
    shape: tuple[int, ...],
    *,
    seed: int = 0,
    strict: bool = False,
    progress: Progress = silent,
    least: int = 2,
) -> Parts:
    """The raw examples of a source.

    Args:
        source: a path, or the name of a built-in data set (a path of that name comes first).
        shape: what photographs are resized to, (height, width, 3) or (height, width).
        seed: of the built-in data sets that are drawn.
        strict: as for `load_data`.
        progress: as for `load_data`.
        least: how many classes there must be; 1 will do to evaluate a model on.
    """
    path = Path(source)
    if not _is_there(path):
        if str(source) in BUILTINS:
            return read_builtin(str(source), seed=seed)
        raise NotFoundError(
            f"there is no file or folder {path}; built-in data sets are {', '.join(BUILTINS)}"
        )
    if path.is_dir():
        return read_folder(path, shape, strict=strict, progress=progress, least=least)
    return _read_array_file(path)


def stratified_split(
    labels: np.ndarray[Any, Any], fraction: float, seed: int
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Indices of a training and a test part; each class gives the test part its share.

    Args:
        labels: (m,) class indices.
        fraction: the share of the test part.
        seed: of the draw.

    Returns:
        `(train, test)`, both sorted. A class of two or more examples is in both.

    Raises:
        LabelError: no class has two examples, so nothing can be held out.
    """
    rng = np.random.RandomState(seed)
    held_out = []
    for label in np.unique(labels):
        mine = rng.permutation(np.flatnonzero(labels == label))
        count = min(max(1, round(fraction * len(mine))), len(mine) - 1)
        held_out.append(mine[:count])
    test = np.sort(np.concatenate(held_out))
    if len(test) == 0:
        raise LabelError("every class has a single example; expected more, or a test set of its own")
    return np.setdiff1d(np.arange(len(labels)), test), test


def _check_options(scaling: str, test_fraction: float, dtype: str) -> None:
    """Refuse, before anything is read, what could not be used afterwards."""
    if not 0 < test_fraction < 1:
        raise OptionError(f"the test fraction is {test_fraction}; expected a number between 0 and 1")
    for name, value, known in (("scaling", scaling, SCALINGS), ("dtype", dtype, DTYPES)):
        if value not in known:
            raise OptionError(f"unknown {name} {value!r}; expected one of {', '.join(known)}")


@contextmanager
def _named(where: str | os.PathLike[str]) -> Iterator[None]:
    """What is wrong with the examples of a source, said with its name."""
    try:
        yield
    except DataError as error:
        message = str(error)
        raise type(error)(message if message.startswith(str(where)) else f"{where}: {message}") from None


def _labelled(examples: Examples | None, where: str | os.PathLike[str], least: int = 2) -> Examples:
    if examples is None or examples.labels is None:
        raise LabelError(f"{where} has no labels; expected labelled examples")
    check_labels(examples.labels, examples.classes, str(where), least)
    found = np.unique(examples.labels)
    if len(found) < least:
        raise LabelError(
            f"{where}: all labels are {examples.classes[found[0]]}; "
            "expected at least two classes to tell apart"
        )
    if examples.rows.dtype.kind == "f":
        # Here, where rows still have the numbers that they have in the file.
        check_finite(examples.rows.reshape(len(examples), -1).T, examples.sources)
    return examples


def _fitting(examples: Examples, recipe: Recipe, where: str | os.PathLike[str]) -> Examples:
    if examples.rows.shape[1:] not in (recipe.shape, (recipe.n_x,)):
        found = " x ".join(map(str, examples.rows.shape[1:]))
        raise DataError(
            f"{where} holds examples of {found} numbers; the model was trained on {recipe.describe()}"
        )
    return examples


def _refuse_pictures(recipe: Recipe, source: str | os.PathLike[str]) -> None:
    """Say what is wrong with photographs for a model of numbers, before any is read."""
    path = Path(source)
    if recipe.kind == "pictures" or not _is_there(path):
        return
    if path.is_dir() or looks_like_picture(look(path)[1]):
        raise DataError(
            f"{path} is a picture (or a folder of them); the model was trained on {recipe.describe()}: "
            "expected an array file (.npy, .npz or HDF5)"
        )


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise NotFoundError(f"{path} cannot be reached: {error.strerror}; check the path") from None


def _is_array_file(path: Path) -> bool:
    try:
        _, head = look(path)
    except DataError:
        # Whoever reads it as a picture says why it cannot be read, and goes on with the others.
        return False
    return is_hdf5(head) or is_npz(head) or is_npy(head)


def _read_array_file(path: Path) -> Parts:
    _, head = look(path)
    if is_hdf5(head):
        return read_hdf5(path)
    if is_npz(head) or is_npy(head):
        return read_arrays(path)
    if looks_like_picture(head):
        raise FormatError(f"{path} is a single picture; expected a folder of pictures or an array file")
    raise FormatError(
        f"{path} is of no known format; expected HDF5, .npz or .npy, or a folder of JPEG, PNG, BMP or "
        "WebP pictures"
    )


def _expanded(sources: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Every path that is there, and what patterns match, in the order of their names."""
    paths: list[Path] = []
    for source in sources:
        path = Path(source)
        if _is_there(path):
            paths.append(path)
            continue
        matches = sorted(glob.glob(str(source), recursive=True))  # noqa: PTH207 - a pattern may be absolute
        if not matches:
            raise NotFoundError(f"there is no file or folder {source}, and nothing matches it as a pattern")
        paths += map(Path, matches)
    if not paths:
        raise NotFoundError("nothing to predict on; expected pictures, folders or array files")
    return paths
