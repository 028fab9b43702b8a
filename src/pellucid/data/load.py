"""Data sets from a path or a name: read, check, split, preprocess. `sources` knows the formats."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pellucid.data.dataset import Dataset, check_finite
from pellucid.data.folder_layout import list_pictures
from pellucid.data.pictures import read_pictures
from pellucid.data.recipe import SCALINGS, Recipe
from pellucid.data.rows import Progress, Rows, check_labels, silent
from pellucid.data.sources import expanded, is_array_file, read_array_file, read_parts, refuse_pictures
from pellucid.data.splitting import check_known, check_split, random_split, stratified_split
from pellucid.data.stored_rows import Allowance, StoredRows
from pellucid.data.target_scale import TargetScale
from pellucid.data.task import check_task
from pellucid.errors import DataError, LabelError, NonFiniteError, OptionError
from pellucid.files.reading import shown


class Like(NamedTuple):
    """What an earlier model expects of examples.

    Attributes:
        recipe: its preprocessing.
        classes: their names; empty for regression.
    """

    recipe: Recipe
    classes: tuple[str, ...]

    def fitting(self, rows: Rows, where: str | os.PathLike[str]) -> Rows:
        """The rows with labels as indices into these classes.

        Args:
            rows: of a reader.
            where: their source, for messages.

        Raises:
            DataError: they have another shape.
            LabelError: they have other classes.
        """
        rows = _fitting(rows, self.recipe, where)
        with _named(where):
            return rows.with_classes(self.classes)


def load_data(
    source: str | os.PathLike[str],
    test: str | os.PathLike[str] | None = None,
    *,
    task: str | None = None,
    image_size: int | tuple[int, int] = (64, 64),
    scaling: str = "auto",
    test_fraction: float = 0.2,
    seed: int = 0,
    dtype: str = "float64",
    strict: bool = False,
    progress: Progress = silent,
    memory: int | None = None,
    cache: str | os.PathLike[str] | None = None,
    like: Like | None = None,
) -> tuple[Dataset, Dataset]:
    """Read a training set and a test set.

    Inputs in HDF5 and .npy files that do not fit into memory stay there, and pictures are decoded into
    cache files: X is then `Stored`, and training reads it block by block.

    Args:
        source: an HDF5, .npz or picture source on disk, a folder of .npy files named as the members of an
            .npz archive, or the name of a built-in data set.
        test: source of the test set; None: the test part of `source`, or else a share of its examples,
            stratified by class.
        task: "classification" or "regression" for the targets in array files. None: inferred from the
            training targets. Texts, integers, booleans, one-hot columns and a few different integers in
            floating point are classes; other floating-point numbers mean regression (the full rule is
            `pellucid.data.task.task_of_array`).
        image_size: (height, width) that photographs are resized to, or one number for both; arrays keep
            their size.
        scaling: see `Recipe.for_rows`; means and deviations are those of the training set.
        test_fraction: the share that is split off if there is no test set.
        seed: of that split (and of the built-in data sets that are drawn).
        dtype: of X and Y: "float64" or "float32".
        strict: refuse a folder with an unreadable picture instead of skipping it.
        progress: called with (done, total) while pictures are read.
        memory: bytes that a training may take, beside the program itself: what does not fit stays in its
            file. None: half of what is available, for what does not fit into all of it.
        cache: the folder for decoded pictures that do not fit; None: one beside their folder.
        like: an earlier model's recipe and classes, that these examples have to fit; None: both follow from
            the training set.

    Returns:
        `(train, test)`. For regression Y (n_y, m) is in the targets' units, and there are no classes.

    Raises:
        NotFoundError: neither a path nor a built-in data set has that name.
        FormatError: a file that is damaged, or holds nothing that can be trained on.
        LabelError: labels that are missing, cannot be classes, or are all the same; a constant target.
        NonFiniteError: NaN or infinity, with its row and column.
        OptionError: an option of an unknown value or another type.
    """
    check_task(task)
    check_known("scaling", scaling, SCALINGS)
    check_split(test_fraction, seed, dtype)
    shape: tuple[int, ...] = (*_height_and_width(image_size), 3)
    if like is not None:
        refuse_pictures(like.recipe, source)
        shape, task = like.recipe.shape, "classification" if like.classes else "regression"
    how: dict[str, Any] = {
        "seed": seed,
        "strict": strict,
        "progress": progress,
        "allowance": Allowance(memory),
        "cache": cache,
    }
    parts = read_parts(source, shape, task=task, **how)
    train, held_out = parts.train or parts.test, parts.test if parts.train else None
    whole = train = _labelled(train, source, task)
    task = train.task
    if test is not None:
        shape = train.rows.shape[1:] if train.rows.ndim > 2 else shape
        other = read_parts(test, shape, task=task, least=1, **how)
        held_out = other.test or other.train
    if held_out is None:
        with _named(source):
            train_rows, test_rows = _split(train, test_fraction, seed)
        # Skipped sources belong to neither part; they are reported once, with the training part.
        train, held_out = train.take(train_rows, train.skipped), train.take(test_rows)
    held_out = _labelled(held_out, test or source, task, least=1)
    with _named(test or source):
        held_out = held_out.beside(train)
    if like is None:
        recipe = Recipe.for_rows(train.rows, scaling)
    else:
        recipe = like.recipe
        train, held_out = (
            like.fitting(part, at) for part, at in ((train, source), (held_out, test or source))
        )
    try:
        return Dataset.from_rows(train, recipe, dtype), Dataset.from_rows(held_out, recipe, dtype)
    except NonFiniteError:
        # A part that was split off numbers its rows differently: report the row of the file.
        if whole.rows.dtype.kind == "f" and not isinstance(whole.rows, StoredRows):
            check_finite(whole.rows.reshape(len(whole), -1).T, whole.sources)
        raise


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
        classes: the model's; empty for regression.
        part: "test" (the training part if there is no test part), or "train".
        dtype: of X and Y.
        strict: as for `load_data`.
        progress: as for `load_data`.

    Raises:
        As `load_data`; LabelError also for a class that the model lacks.
    """
    return load_part(source, recipe, classes, part=part, dtype=dtype, strict=strict, progress=progress)[0]


def load_part(
    source: str | os.PathLike[str],
    recipe: Recipe,
    classes: Sequence[str],
    *,
    part: str = "test",
    dtype: str = "float64",
    strict: bool = False,
    progress: Progress = silent,
) -> tuple[Dataset, str]:
    """The data set of `load_labelled`, and the part of the source that it is: "test" or "train"."""
    if part not in ("test", "train"):
        raise OptionError(f"unknown part {part!r}; expected test or train")
    refuse_pictures(recipe, source)
    task = "classification" if classes else "regression"
    parts = read_parts(
        source,
        recipe.shape,
        task=task,
        strict=strict,
        progress=progress,
        least=1,
        only_test=part == "test",
    )
    part_read = "test" if part == "test" and parts.test is not None else "train"
    rows = parts.test if part_read == "test" else parts.train
    if rows is None:
        raise DataError(f"{source} has no training part; expected one (or --part test)")
    rows = Like(recipe, tuple(classes)).fitting(_labelled(rows, source, task, least=1), source)
    return Dataset.from_rows(rows, recipe, dtype), part_read


def read_inputs(
    sources: Iterable[str | os.PathLike[str]],
    recipe: Recipe,
    *,
    strict: bool = False,
    progress: Progress = silent,
) -> Rows:
    """Unlabelled raw examples that fit the recipe of a model, to predict on.

    Args:
        sources: photographs, folders of them, array files (.npy, .npz, HDF5), or patterns of names.
        recipe: the model's.
        strict: refuse an unreadable picture instead of skipping it.
        progress: called with (done, total) while pictures are read.

    Returns:
        Rows (m, n_x) in the order of the sources. A file that occurs twice is read once.

    Raises:
        NotFoundError: a path or pattern that matches nothing.
        DataError: pictures for a model of numbers, or rows of another shape.
        FormatError: no example could be read.
    """
    batches: list[Rows] = []
    pending: list[Path] = []
    seen: set[str] = set()

    def first_time(path: Path) -> bool:
        real = os.path.realpath(path)
        known = real in seen
        seen.add(real)
        return not known

    def decode() -> None:
        if pending:
            rows, kept, skipped = read_pictures(pending, recipe.shape, strict=strict, progress=progress)
            batches.append(Rows(rows, None, (), tuple(map(str, kept)), tuple(skipped)))
            pending.clear()

    for path in expanded(sources):
        refuse_pictures(recipe, path)
        if path.is_dir():
            pending += filter(first_time, list_pictures(path))
        elif not first_time(path):
            continue
        elif recipe.kind == "pictures" and not is_array_file(path):
            pending.append(path)
        else:
            decode()
            parts = read_array_file(path)
            batches += [_fitting(part, recipe, path) for part in parts if part is not None]
    decode()
    rows = np.concatenate([batch.rows.reshape(-1, recipe.n_x) for batch in batches])
    named = tuple(source for batch in batches for source in batch.sources)
    skipped = tuple(line for batch in batches for line in batch.skipped)
    return Rows(rows, None, (), named, skipped)


def _height_and_width(image_size: int | tuple[int, int]) -> tuple[int, int]:
    sides = image_size if isinstance(image_size, (tuple, list)) else (image_size, image_size)
    whole = all(isinstance(side, (int, np.integer)) and not isinstance(side, bool) for side in sides)
    if len(sides) != 2 or not whole:
        raise OptionError(
            f"image_size is {shown(repr(image_size), 80)}; expected an integer such as 64, or "
            "(height, width) such as (48, 64)"
        )
    return int(sides[0]), int(sides[1])


@contextmanager
def _named(where: str | os.PathLike[str]) -> Iterator[None]:
    """Put the name of a source in front of errors about its examples."""
    try:
        yield
    except DataError as error:
        message = str(error)
        raise type(error)(message if message.startswith(str(where)) else f"{where}: {message}") from None


def _split(rows: Rows, fraction: float, seed: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Indices of a training and a test part."""
    if rows.labels is None:
        return random_split(len(rows), fraction, seed)
    return stratified_split(rows.labels, fraction, seed)


def _labelled(rows: Rows | None, where: str | os.PathLike[str], task: str | None, least: int = 2) -> Rows:
    """The rows, checked to have labels or targets for the task.

    Args:
        rows: of a reader.
        where: their source, for messages.
        task: "classification" or "regression"; None: either.
        least: the least number of classes; for regression, 2 refuses a constant target.
    """
    if rows is None or rows.task is None:
        raise LabelError(f"{where} has no labels; expected labelled examples")
    if task is not None and task != rows.task:
        raise LabelError(
            f"{where} has classes; expected the targets of a regression: an array file with numbers as y"
        )
    if rows.targets is not None:
        if least > 1:
            _check_targets(rows.targets, where)
        return rows
    assert rows.labels is not None  # rows with a task have either
    check_labels(rows.labels, rows.classes, str(where), least)
    present = np.unique(rows.labels)
    if len(present) < least:
        raise LabelError(
            f"{where}: all labels are {rows.classes[present[0]]}; expected at least two classes"
        )
    return rows


def _check_targets(targets: np.ndarray[Any, Any], where: str | os.PathLike[str]) -> None:
    """Refuse targets (m, n_y) that cannot be learned: a constant one, or numbers without a finite mean."""
    constant = np.flatnonzero((targets == targets[0]).all(axis=0))
    if len(constant):
        column = constant[0]
        name = "the target" if targets.shape[1] == 1 else f"column {column} of the targets"
        raise LabelError(f"{where}: {name} is always {targets[0, column]:g}; expected numbers that differ")
    TargetScale.of(targets.T, f"{where}: the target")


def _fitting(rows: Rows, recipe: Recipe, where: str | os.PathLike[str]) -> Rows:
    if rows.rows.shape[1:] not in (recipe.shape, (recipe.n_x,)):
        shape = " x ".join(map(str, rows.rows.shape[1:]))
        raise DataError(
            f"{where} holds examples of {shape} numbers; the model was trained on {recipe.describe()}"
        )
    with _named(where):
        recipe.check_numbers(rows.rows)
    return rows
