"""The pictures of a folder and their classes, by names alone; no file is opened.

Three layouts are supported: folders train and test, each in one of the other two layouts; one folder per
class; or all pictures in one folder with the class in their names, as in cat.17.jpg.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

from pellucid.data.rows import Remark
from pellucid.errors import FormatError, LabelError, NotFoundError
from pellucid.files.reading import shown

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
LAYOUTS = "one folder per class, or the class in the names, such as cat.17.jpg"
_TRAIN = ("train", "training", "train_set", "training_set")
_TEST = ("test", "testing", "test_set")
_VALIDATION = ("val", "valid", "validation")
# The name before the last number, with any separator: cat.17, cat_17, cat-17, cat17, cat (17).
_NUMBERED = re.compile(r"(?P<name>.*?)[\s._-]*\(?[0-9]+\)?")


class LeftOut(Remark):
    """A line about a folder that is not part of the data, unlike lines about unreadable pictures."""

    __slots__ = ()


@dataclass(frozen=True)
class Survey:
    """The pictures of one part of the data, training or test.

    Attributes:
        folder: that holds them.
        paths: of the pictures: class by class for class folders, in natural order (cat.2 before cat.10).
        names: the class of each of `paths`.
        notes: a line for each folder that was left out.
    """

    folder: Path
    paths: tuple[Path, ...]
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """The sorted names of the classes."""
        return tuple(sorted(set(self.names)))


@dataclass
class _Listing:
    """The visible entries of a folder, each kind in natural order."""

    pictures: list[Path]
    folders: list[Path]
    others: list[Path]


def survey_folder(root: Path) -> tuple[Survey | None, Survey | None]:
    """The training part and the test part; without folders train and test, all pictures are for training.

    Args:
        root: the folder that holds both.

    Raises:
        NotFoundError: there is no such folder.
        FormatError: no pictures, or layouts that contradict each other.
        LabelError: a file name without a class.
    """
    train_folder, test_folder, notes = _split(root)
    train = None if train_folder is None else _survey(train_folder, root)
    test = None if test_folder is None else _survey(test_folder, root)
    if train is not None:
        return replace(train, notes=train.notes + notes), test
    return None, None if test is None else replace(test, notes=test.notes + notes)


def list_pictures(folder: str | PathLike[str]) -> list[Path]:
    """Every file in `folder`, or up to three levels below, with the extension of a picture.

    Returns:
        At least one path; in each folder in natural order, before those of the folders inside it.

    Raises:
        NotFoundError: there is no such folder.
        FormatError: it holds none, or cannot be listed.
    """
    paths = list(walk_pictures(Path(folder)))
    if not paths:
        listing = _list(Path(folder), ())
        raise _empty(Path(folder), listing.others, len(listing.folders), "")
    return paths


def walk_pictures(folder: Path, depth: int = 3, ancestors: tuple[str, ...] = ()) -> Iterator[Path]:
    """The paths of `list_pictures` one by one, so that a caller can stop at the first.

    Args:
        folder: where to begin.
        depth: how many levels below to search.
        ancestors: the resolved folders that led here; links back to them are not followed.

    Raises:
        NotFoundError: there is no such folder.
        FormatError: a folder that cannot be listed.
    """
    listing = _list(folder, ancestors)
    yield from listing.pictures
    if depth:
        for sub in listing.folders:
            yield from walk_pictures(sub, depth - 1, (*ancestors, os.path.realpath(folder)))


def _list(folder: Path, ancestors: tuple[str, ...]) -> _Listing:
    """The entries of `folder`, without links to it, to its `ancestors` on the way here, or above them.

    The ancestors are resolved paths.
    """
    listing = _Listing([], [], [])
    try:
        above = (*ancestors, os.path.realpath(folder))
        for entry in sorted(folder.iterdir(), key=_natural):
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                real = os.path.realpath(entry)
                if not any(Path(folder_above).is_relative_to(real) for folder_above in above):
                    listing.folders.append(entry)
            elif entry.suffix.lower() in PICTURE_SUFFIXES:
                listing.pictures.append(entry)
            else:
                listing.others.append(entry)
    except FileNotFoundError:
        raise NotFoundError(f"there is no folder {shown(folder)}; expected a folder of pictures") from None
    # ValueError: a null character in the name.
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FormatError(
            f"{shown(folder)} cannot be listed ({reason}); expected a folder of pictures"
        ) from error
    return listing


def _natural(path: Path) -> tuple[list[str | int], str]:
    # Text is at even and numbers at odd places, so that text is compared with text.
    parts = re.split(r"([0-9]+)", path.name)
    return [int(part) if i % 2 else part.casefold() for i, part in enumerate(parts)], path.name


def _split(root: Path) -> tuple[Path | None, Path | None, tuple[str, ...]]:
    """The folder to train on, the folder to test on, and a line for each other folder of pictures.

    A class may be called train or valid, so these names split the data only if nothing contradicts that:
    a training folder beside a test folder, or either without other folders of pictures.
    """
    listing = _list(root, ())
    train = _only(listing.folders, _TRAIN)
    validation = _only(listing.folders, _VALIDATION)
    test = _only(listing.folders, _TEST) or validation
    if train is None and test is None:
        return root, None, ()
    others = [
        sub
        for sub in listing.folders
        if sub not in (train, test) and any(walk_pictures(sub, 2, (os.path.realpath(root),)))
    ]
    unknown = [sub for sub in others if sub != validation]
    if unknown and train is None:
        return root, None, ()
    if unknown and train is not None and test is None:
        raise FormatError(
            f"{shown(root)} holds the folder {shown(train.name)} beside {_names(unknown)}; expected "
            "either train and test, or one folder per class: move or rename one of them"
        )
    if listing.pictures:
        raise _mixed(root, listing.pictures, [sub for sub in (train, test) if sub])
    return (
        train,
        test,
        tuple(LeftOut(f"{shown(sub)} is neither train nor test: not read") for sub in others),
    )


def _only(folders: list[Path], names: tuple[str, ...]) -> Path | None:
    matching = [folder for folder in folders if folder.name.casefold() in names]
    if len(matching) > 1:
        raise FormatError(
            f"{shown(matching[0].parent)} holds the folders {_names(matching)}; expected only one of them"
        )
    return matching[0] if matching else None


def _survey(folder: Path, root: Path) -> Survey:
    """The pictures of one part and their classes, in either layout."""
    above = () if folder == root else (os.path.realpath(root),)
    listing = _list(folder, above)
    paths: list[Path] = []
    names: list[str] = []
    notes: list[str] = []
    others = listing.others
    for sub in sorted(listing.folders, key=lambda path: path.name):
        pictures, foreign, deeper = _class_folder(sub, (*above, os.path.realpath(folder)))
        paths += pictures
        names += [shown(sub.name)] * len(pictures)
        notes += [LeftOut(f"{shown(path)} lies too deep: not read") for path in deeper]
        if not pictures:
            notes.append(LeftOut(f"{shown(sub)} holds no pictures: not a class"))
        others = others + foreign
    if paths and listing.pictures:
        raise _mixed(folder, listing.pictures, [sub for sub in listing.folders if shown(sub.name) in names])
    if not paths:
        paths = listing.pictures
        names = [_class_of(path) for path in paths]
    if not paths:
        raise _empty(folder, others, len(listing.folders), f": {LAYOUTS}")
    return Survey(folder, tuple(paths), tuple(names), tuple(notes))


def _class_folder(folder: Path, ancestors: tuple[str, ...]) -> tuple[list[Path], list[Path], list[Path]]:
    """The pictures of one class, the other files, and the folders too deep to be read."""
    listing = _list(folder, ancestors)
    pictures, others, deeper = listing.pictures, listing.others, []
    for sub in listing.folders:
        below = _list(sub, (*ancestors, os.path.realpath(folder)))
        pictures = pictures + below.pictures
        others = others + below.others
        deeper += below.folders
    return pictures, others, deeper


def _class_of(path: Path) -> str:
    match = _NUMBERED.fullmatch(path.stem)
    name = match["name"] if match else ""
    if not any(character.isalpha() for character in name):
        raise LabelError(f"{shown(path)}: the name contains no class; expected {LAYOUTS}")
    return shown(name)


def _names(paths: Iterable[Path], most: int = 3) -> str:
    names = [shown(path.name) for path in paths]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _mixed(folder: Path, pictures: list[Path], folders: list[Path]) -> FormatError:
    return FormatError(
        f"{shown(folder)} holds both pictures ({_names(pictures)}) and folders of pictures "
        f"({_names(folders)}); expected {LAYOUTS}, not both: move one or the other away"
    )


def _empty(folder: Path, others: list[Path], folders: int, advice: str) -> FormatError:
    kinds = Counter(shown(path.suffix.lower()) or "without extension" for path in others)
    contents = [f"{count} {kind}" for kind, count in kinds.most_common(4)]
    if len(kinds) > 4:
        contents.append(f"{len(kinds) - 4} other kinds")
    if folders:
        contents.append(f"{folders} folder{'s' if folders > 1 else ''}")
    return FormatError(
        f"{shown(folder)} holds no pictures (found: {', '.join(contents) or 'nothing'}); "
        f"expected {', '.join(PICTURE_SUFFIXES)} files{advice}"
    )
