"""A figure: made by matplotlib's object interface, shown by a notebook, written atomically."""

import io
import zlib
from collections.abc import Callable
from functools import cache
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pellucid.errors import MissingPackageError, OptionError, OutputError
from pellucid.files.atomic import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FORMATS = ("png", "svg", "pdf")
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#000000")


@cache
def figure_class() -> "type[Figure]":
    """matplotlib's Figure, taught to show itself: IPython knows how only where pyplot made it."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingPackageError("drawing", "matplotlib", "plot") from None

    class ShownFigure(Figure):
        def _repr_png_(self) -> bytes:
            data = io.BytesIO()
            self.savefig(data, format="png")
            return data.getvalue()

        def __reduce__(self) -> "tuple[Callable[[], Figure], tuple[()], object]":
            # pickle finds a class by the name of its module, which this one has not.
            return _blank_figure, (), self.__getstate__()

    return ShownFigure


def _blank_figure() -> "Figure":
    kind = figure_class()
    return kind.__new__(kind)


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of this size in inches, whose parts find their places themselves."""
    return figure_class()(figsize=(width, height), layout="constrained")


def plain(text: str) -> str:
    """A name as it is written."""
    # matplotlib takes what stands between dollars for mathematics.
    return text.replace("$", r"\$")


def save_figure(figure: "Figure", path: str | PathLike[str], *, dpi: int = 120) -> None:
    """Write a figure, atomically.

    Args:
        figure: what a function of `pellucid.plots` returned.
        path: ends in .png, .svg or .pdf.
        dpi: dots per inch of a .png.

    Raises:
        OptionError: another ending.
        OutputError: it cannot be written there.
    """
    kind = _format_of(path)
    # Searching photographs for what repeats takes four times as long and saves a twelfth of the file.
    quickly: dict[str, Any] = {"pil_kwargs": {"compress_type": zlib.Z_RLE}} if kind == "png" else {}
    data = io.BytesIO()
    figure.savefig(data, format=kind, dpi=dpi, **quickly)
    write_atomically(path, data.getvalue())


def check_target(path: str | PathLike[str]) -> None:
    """Refuse, before the work, what `save_figure` would refuse after it.

    Args:
        path: where a figure is to be written.

    Raises:
        OptionError: a name that ends in no format.
        OutputError: its folder does not exist.
        MissingPackageError: matplotlib is not installed.
    """
    _format_of(path)
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        raise OutputError(f"there is no folder {folder} to draw into; expected one that exists")
    new_figure(1, 1)


def _format_of(path: str | PathLike[str]) -> str:
    kind = Path(path).suffix.lower().lstrip(".")
    if kind not in _FORMATS:
        raise OptionError(f"cannot draw into {path}; expected a name ending in .png, .svg or .pdf")
    return kind
