"""Labelled examples from folders of photographs."""

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data.folder_layout import LAYOUTS, Survey, survey_folder
from pellucid.data.picture_cache import PictureCache
from pellucid.data.pictures import decode_all
from pellucid.data.rows import Progress, Remark, Rows, Splits, silent
from pellucid.data.stored_rows import Allowance
from pellucid.errors import LabelError
from pellucid.files.reading import shown


def read_folder(
    folder: str | PathLike[str],
    shape: tuple[int, ...],
    *,
    strict: bool = False,
    progress: Progress = silent,
    least: int = 2,
    only_test: bool = False,
    allowance: Allowance | None = None,
    cache: str | PathLike[str] | None = None,
) -> Splits:
    """The photographs of a folder, labelled by its layout.

    Either one folder per class, or all pictures in one folder with the class before the number in their
    names (cat.17.jpg). If there are folders train and test (or val, valid, validation instead of test; in
    upper or lower case), both are read, and the classes are those of the training part; otherwise all
    pictures are for training. Hidden files and files without the extension of a picture are ignored.

    Args:
        folder: of the pictures. They may be one level below a class folder, and may be links.
        shape: (height, width, 3) for colour, (height, width) for grey.
        strict: refuse the first picture that cannot be read; otherwise it is skipped.
        progress: called with (done, total) after each picture, counted over both parts.
        least: the least number of classes in the training part; 1 suffices to evaluate a model.
        only_test: if there is a test part, read only that.
        allowance: pictures that do not fit into it are decoded into a cache file; None: all are in memory.
        cache: the folder of cache files; None: one beside the folder.

    Returns:
        Rows (m, *shape) of uint8 with sorted classes. `skipped` has a line for each picture
        that could not be read, and for each folder that was left out.

    Raises:
        NotFoundError: there is no such folder.
        FormatError: no pictures, contradicting layouts, or pictures that cannot be read.
        LabelError: fewer than `least` classes to train on, a test class that training lacks, a file name
            without a class, or a training class none of whose pictures could be read.
        OptionError: a shape that is invalid for pictures.
        MissingPackageError: Pillow is not installed.
    """
    train, test = survey_folder(Path(folder))
    if train is not None:
        _check_classes(train, test, least)
    classes = () if train is None else train.classes
    if only_test and test is not None:
        train = None
    train_count = 0 if train is None else len(train.paths)
    total = train_count + (0 if test is None else len(test.paths))

    stored = None if allowance is None else PictureCache.of(Path(folder), total, shape, allowance, cache)

    def read(part: Survey | None, name: str, needed: tuple[str, ...], before: int) -> Rows | None:
        if part is None:
            return None

        def count(done: int, _: int) -> None:
            progress(before + done, total)

        rows: Any
        if stored is not None and stored.is_for(len(part.paths), shape):
            rows, failures = stored.decoded(name, part.paths, shape, strict=strict, progress=count)
        else:
            rows, failures = decode_all(part.paths, shape, strict=strict, progress=count)
        _check_none_lost(part, needed, failures)
        notes = tuple(map(Remark, stored.notes)) if stored is not None else ()
        if stored is not None:
            stored.notes.clear()
        return _rows(part, classes or part.classes, rows, failures, notes)

    return Splits(read(train, "train", classes, 0), read(test, "test", (), train_count))


def _check_classes(train: Survey, test: Survey | None, least: int) -> None:
    if len(train.classes) < least:
        raise LabelError(
            f"{shown(train.folder)}: found one class, {train.classes[0]}; expected at least two: {LAYOUTS}"
        )
    if test is None:
        return
    for path, name in zip(test.paths, test.names, strict=True):
        if name not in train.classes:
            raise LabelError(
                f"{shown(path)} is of the class {name}, which {shown(train.folder)} lacks; "
                f"expected one of {', '.join(train.classes)}"
            )


def _check_none_lost(part: Survey, needed: tuple[str, ...], failures: dict[int, str]) -> None:
    """Refuse a class without a single readable picture, which the network could not learn."""
    read = {name for index, name in enumerate(part.names) if index not in failures}
    for name in needed:
        if name not in read:
            first = failures[part.names.index(name)]
            raise LabelError(
                f"{shown(part.folder)}: none of the pictures of the class {name} could be read; "
                f"the first: {first}"
            )


def _rows(
    part: Survey, classes: tuple[str, ...], rows: Any, failures: dict[int, str], notes: tuple[str, ...]
) -> Rows:
    kept = [index for index in range(len(part.paths)) if index not in failures]
    labels = np.array([classes.index(part.names[index]) for index in kept], np.int64)
    sources = tuple(str(part.paths[index]) for index in kept)
    return Rows(rows, labels, classes, sources, (*failures.values(), *part.notes, *notes))
