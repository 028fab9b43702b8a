"""A figure and its style: matplotlib's object interface, shown by a notebook, written atomically."""

import io
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pellucid.errors import OptionError, OutputError, not_loaded
from pellucid.files.atomic import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

_FORMATS = ("png", "svg", "pdf")

# Colours that colour-blind readers can distinguish, dark enough for a line on white. In grey, dashes and
# markers distinguish curves and points.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#b0578d", "#b37700", "#3f9bd4")
DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (7, 1, 1, 1, 1, 1)), (0, (2, 3)))
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
# The colour of references: chance, a base rate, the diagonal.
BASELINE = "#595959"

# Font sizes in points: at 600 pixels for a width of 6.4 inches, 9 points are 12 pixels.
SMALL, TITLE = 9, 12
# Height of a line of small text, in inches.
LINE_HEIGHT = 0.17


@cache
def figure_class() -> "type[Figure]":
    """matplotlib's Figure with a notebook display: IPython has one only for the figures of pyplot."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise not_loaded(error, "drawing", "matplotlib", "plot") from None

    class ShownFigure(Figure):
        def _repr_png_(self) -> bytes:
            data = io.BytesIO()
            self.savefig(data, format="png")
            return data.getvalue()

        def __reduce__(self) -> "tuple[Callable[[], Figure], tuple[()], object]":
            # pickle looks a class up in its module, and this class is local to a function.
            return _blank_figure, (), self.__getstate__()

    return ShownFigure


def _blank_figure() -> "Figure":
    kind = figure_class()
    return kind.__new__(kind)


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of this size in inches, with automatic layout."""
    return figure_class()(figsize=(width, height), layout="constrained")


def tidy(axes: "Axes", title: str = "", note: str = "", *, raised: bool = False) -> None:
    """The style of every picture with axes: a light grid, two spines, a title at the left.

    Args:
        axes: the axes.
        title: above them.
        note: a smaller line under the title.
        raised: leave space for a line under the title.
    """
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=SMALL)
    if title:
        pad = 22 if note or raised else 8
        axes.set_title(title, loc="left", fontsize=TITLE, fontweight="bold", pad=pad)
    if note:
        offset: dict[str, Any] = {"xytext": (0, 6), "textcoords": "offset points"}
        axes.annotate(note, (0, 1), xycoords="axes fraction", fontsize=SMALL, color=BASELINE, **offset)


def label_ends(axes: "Axes", ends: Sequence[tuple[float, str, str]], height: float) -> None:
    """Write a label beside the right end of each curve. Labels that would overlap are moved apart.

    Args:
        axes: with their final limits.
        ends: of each curve its last y, the text and the colour.
        height: of the figure, in inches.
    """
    # The layout sets the height of the axes later: about three quarters of the figure.
    gap = 1.15 * LINE_HEIGHT / (0.75 * height)
    x = axes.get_xlim()[1]
    to_axes = axes.transData + axes.transAxes.inverted()
    at = sorted((float(to_axes.transform((x, y))[1]), text, colour) for y, text, colour in ends)
    places: list[float] = []
    for end, _, _ in at:
        places.append(max(end, places[-1] + gap) if places else end)
    pushed = sum(place - end for place, (end, _, _) in zip(places, at, strict=True)) / len(at)
    shift = max(-pushed, -places[0])
    for place, (_, text, colour) in zip(places, at, strict=True):
        axes.annotate(
            text,
            (1, place + shift),
            xycoords="axes fraction",
            xytext=(5, 0),
            textcoords="offset points",
            color=colour,
            fontsize=SMALL,
            va="center",
        )


def plain_log_ticks(axis: "Axis", decades: float) -> None:
    """Plain numbers as the ticks of a logarithmic axis.

    matplotlib's own ticks, powers of ten, go through its parser of mathematics, which keeps every caller
    alive, and with it a model of the native engine until Python ends.

    Args:
        axis: an axis with a logarithmic scale.
        decades: the number of powers of ten that the values span.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if decades < 3 else (1.0,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def few_ticks(axis: "Axis", most: int) -> None:
    """At most `most` steps between ticks, labelled without a common power of ten at the end of the axis."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    def written(value: float, _: object) -> str:
        return f"{value:,.0f}" if 1e3 <= abs(value) < 1e6 and value.is_integer() else f"{value:.6g}"

    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(written))


def whole_ticks(axes: "Axes") -> None:
    """Ticks of the x axis at integers only."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))


def colour_map(*colours: str) -> "Colormap":
    """A colour map with continuous transitions, from the lowest value to the highest."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("pellucid", colours)


def plain(text: str) -> str:
    """A name for matplotlib to show unchanged."""
    # matplotlib reads text between dollar signs as mathematics.
    return text.replace("$", r"\$")


def save_figure(figure: "Figure", path: str | PathLike[str], *, dpi: int = 120) -> None:
    """Write a figure, atomically.

    Args:
        figure: as a function of `pellucid.plots` returned it.
        path: ends in .png, .svg or .pdf.
        dpi: dots per inch of a .png.

    Raises:
        OptionError: the path has another ending.
        OutputError: the file cannot be written.
    """
    kind = _format_of(path)
    # The default compression takes four times as long and makes photographs a twelfth smaller.
    quickly: dict[str, Any] = {"pil_kwargs": {"compress_type": zlib.Z_RLE}} if kind == "png" else {}
    data = io.BytesIO()
    figure.savefig(data, format=kind, dpi=dpi, **quickly)
    write_atomically(path, data.getvalue())


def check_target(path: str | PathLike[str]) -> None:
    """Check, before the work, that `save_figure` can write to a path.

    Args:
        path: of the figure.

    Raises:
        OptionError: the name ends in no known format.
        OutputError: its folder does not exist.
        MissingPackageError: matplotlib is not installed.
    """
    _format_of(path)
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        raise OutputError(f"there is no folder {folder}; create it, or draw elsewhere")
    new_figure(1, 1)


def _format_of(path: str | PathLike[str]) -> str:
    kind = Path(path).suffix.lower().lstrip(".")
    if kind not in _FORMATS:
        raise OptionError(f"cannot draw into {path}; expected a name ending in .png, .svg or .pdf")
    return kind
