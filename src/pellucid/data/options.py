"""DataOptions: where the examples of a training come from, and how they are read. A frozen value."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pellucid.data.dataset import DTYPES
from pellucid.data.recipe import SCALINGS
from pellucid.data.task import TASKS
from pellucid.errors import OptionError
from pellucid.settings import check, setting


def _size(value: Any) -> tuple[int, int]:
    """(height, width), from one number, two, or a text such as "48x64"."""
    sides = value
    if isinstance(value, str):
        sides = [int(side) if side.isdecimal() else side for side in value.lower().split("x")]
    elif not isinstance(value, Sequence):
        sides = [value]
    whole = all(type(side) is int and 0 < side <= 4096 for side in sides)
    if not whole or len(sides) not in (1, 2):
        raise OptionError(
            f"image_size is {value!r:.80}; expected one number such as 64, or height x width such as "
            "48x64, from 1 to 4096"
        )
    return sides[0], sides[-1]


_UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3, "T": 1000**4}
_UNITS |= {f"{unit}i": 1024**power for power, unit in enumerate("KMGT", 1)}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([KMGT]?i?)B?", re.IGNORECASE | re.ASCII)


def _bytes(value: Any) -> int:
    """A number of bytes, from an integer or a text such as "1GB" or "512 MiB"."""
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    unit = match[2].replace("I", "i") if match else ""
    unit = unit[:1].upper() + unit[1:]
    size = float(match[1]) * _UNITS[unit] if match and unit in _UNITS else value
    if isinstance(size, bool) or not isinstance(size, (int, float)) or not 2**20 <= size < 2**62:
        raise OptionError(f"memory is {value!r:.80}; expected a size from 1 MiB on, such as 1GB or 512MiB")
    return int(size)


@dataclass(frozen=True)
class DataOptions:
    """What is read, and how it becomes a training set and a test set.

    Args:
        data: a table (CSV, TSV or Parquet, with target), an HDF5 file, a folder of pictures, an .npz file
            or a folder of .npy files, or a built-in data set: digits, breast-cancer, moons, circles.
        test: the test set, in a form like that of the training set.
        target: the column of a table that is predicted.
        task: what is predicted: a class, or numbers.
        numeric: columns of a table that hold numbers.
        categorical: columns of a table that hold categories.
        drop: columns of a table that are left out.
        missing: texts and numbers in a table that mark missing values, beside empty ones, NA and the like.
        decimal: decimal mark of numbers in a table that are written as texts.
        image_size: pixels that photographs are resized to, the side of a square or height x width.
        scaling: how the inputs are scaled: unit divides by 255, standard makes mean 0 and deviation 1, auto
            is unit for pictures and standard for numbers. Tables are scaled column by column.
        test_fraction: share of the examples that is split off to test on where there is no test set.
        dtype: type of the numbers that are trained on.
        start_from: a model whose weights the training starts with. Its layers and its preprocessing are
            kept, and one network is trained.
        strict: stop at an unreadable picture instead of skipping it.
        memory: most memory that the training takes beside the program itself, such as 1GB. Data that do not
            fit are read block by block.
        cache: folder for what is made of a table, or of pictures, that do not fit into memory.

    Raises:
        OptionError: a value that reading cannot work with.
    """

    data: str = setting("", group="Data", metavar="DATA")
    test: str | None = setting(
        None, group="Data", metavar="DATA", shown="the test part of DATA, or a share split off"
    )
    target: str | None = setting(None, group="Tables", metavar="NAME")
    task: str | None = setting(
        None, choices=TASKS, group="Data", metavar="NAME", shown="what the values of the target suggest"
    )
    numeric: tuple[str, ...] = setting((), group="Tables", metavar="NAME[,NAME...]")
    categorical: tuple[str, ...] = setting(
        (), group="Tables", metavar="NAME[,NAME...]", shown="those that hold texts"
    )
    drop: tuple[str, ...] = setting((), group="Tables", metavar="NAME[,NAME...]")
    missing: tuple[str, ...] = setting((), group="Tables", metavar="TEXT[,TEXT...]")
    decimal: str | None = setting(
        None, choices=(".", ","), group="Tables", metavar="MARK", shown="inferred, column by column"
    )
    image_size: tuple[int, int] = setting(
        (64, 64), convert=_size, parse=str, words="N or HxW", group="Data", metavar="N|HxW", shown="64"
    )
    scaling: str = setting("auto", choices=SCALINGS, group="Data", metavar="NAME")
    test_fraction: float = setting(0.2, above=0.0, below=1.0, group="Data")
    dtype: str | None = setting(
        None,
        choices=DTYPES,
        group="Data",
        metavar="NAME",
        shown="float32; float64 with the course's defaults",
    )
    start_from: str | None = setting(None, group="Training", metavar="MODEL", shown="fresh weights")
    strict: bool = setting(False, group="Data")
    memory: int | None = setting(
        None,
        convert=_bytes,
        parse=str,
        words="a size such as 1GB",
        group="Data",
        metavar="SIZE",
        shown="half of what is available, for data that do not fit into all of it",
    )
    cache: str | None = setting(None, group="Data", metavar="DIR", shown="one beside the data")

    def __post_init__(self) -> None:
        check(self)
