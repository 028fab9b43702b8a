"""Pictures of a training: the cost curve, wrong answers, decision boundaries, first-layer weights.

Every function returns a matplotlib `Figure` that a notebook shows as the value of a cell and `save_figure`
writes. matplotlib's object interface is used throughout: nothing opens a window or changes a global.
"""

import io
import math
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.errors import DataError, MissingPackageError, OptionError, OutputError
from pellucid.files.atomic import write_atomically
from pellucid.model import Evaluation, Model

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FORMATS = ("png", "svg", "pdf")
# Of a contact sheet, in inches: its head, the room beside a picture, and that for a line above or below.
_HEAD, _GAP, _LINE = 0.4, 0.04, 0.2
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#000000")


@cache
def _figure_class() -> "type[Figure]":
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
    kind = _figure_class()
    return kind.__new__(kind)


def _new_figure(width: float, height: float) -> "Figure":
    return _figure_class()(figsize=(width, height), layout="constrained")


def _plain(text: str) -> str:
    # matplotlib takes what stands between dollars for mathematics.
    return text.replace("$", r"\$")


def save_figure(figure: "Figure", path: str | PathLike[str], *, dpi: int = 120) -> None:
    """Write a figure, atomically.

    Args:
        figure: what one of the functions below returned.
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
    _new_figure(1, 1)


def _format_of(path: str | PathLike[str]) -> str:
    kind = Path(path).suffix.lower().lstrip(".")
    if kind not in _FORMATS:
        raise OptionError(f"cannot draw into {path}; expected a name ending in .png, .svg or .pdf")
    return kind


def cost_curve(costs: Sequence[float], *, title: str = "Cost while training") -> "Figure":
    """The cost of every epoch.

    Args:
        costs: in nats, one per epoch.
        title: above the curve.

    Raises:
        DataError: there is no cost to draw.
    """
    if not costs:
        raise DataError("there are no costs to draw; expected at least one epoch of training")
    figure = _new_figure(6.4, 4)
    axes = figure.add_subplot()
    axes.plot(
        range(len(costs)), costs, color=_COLOURS[0], linewidth=1.5, marker="o" if len(costs) == 1 else ""
    )
    axes.set(title=title, xlabel="epoch", ylabel="cost (nats per example)")
    axes.set_ylim(bottom=0 if min(costs) >= 0 else None)
    axes.grid(alpha=0.25)
    axes.annotate(
        f"{costs[-1]:.4g}",
        (len(costs) - 1, costs[-1]),
        textcoords="offset points",
        xytext=(-4, 8),
        ha="right",
    )
    return figure


def wrong_answers(
    model: Model, dataset: Dataset, evaluation: Evaluation, *, most: int = 40
) -> "Figure | None":
    """A contact sheet of the pictures the model got wrong, the surest mistakes first.

    Args:
        model: what predicted.
        dataset: what it predicted on, pictures through the model's recipe.
        evaluation: what `model.evaluate(dataset)` returned.
        most: how many pictures at the most.

    Returns:
        The figure, each picture under "predicted, probability / true"; None if nothing is wrong or the
        inputs are no pictures.
    """
    wrong = evaluation.wrong
    if len(wrong) == 0:
        return None
    sureness = evaluation.probabilities[wrong, evaluation.predicted[wrong]]
    order = np.argsort(-sureness, kind="stable")[:most]
    shown, sureness = wrong[order], sureness[order]
    pictures = model.recipe.pictures(dataset.X[:, shown])
    if pictures is None:
        return None
    more = "" if len(shown) == len(wrong) else f", the {len(shown)} surest shown"
    title = f"{len(wrong)} of {dataset.m} predicted wrong{more}"
    figure, places = _contact_sheet(title, len(shown), columns=8, cell=(1.5, 1.9), least=4.5)
    for k, (i, axes) in enumerate(zip(shown, places, strict=True)):
        predicted, true = (model.classes[j] for j in (evaluation.predicted[i], evaluation.labels[i]))
        _show_picture(axes, pictures[k])
        axes.set_title(f"{_plain(predicted)} {sureness[k]:.0%}", fontsize=8, color="#b00020", pad=2)
        axes.set_xlabel(f"true: {_plain(true)}", fontsize=8, labelpad=2)
    return figure


def decision_boundary(model: Model, dataset: Dataset, *, steps: int = 300) -> "Figure":
    """Where a model with two inputs changes its mind, with labelled examples drawn over it.

    Args:
        model: trained on two inputs.
        dataset: labelled examples through the model's recipe; drawn in the units they had before.
        steps: grid points along each side.

    Raises:
        DataError: the model has not two inputs.
        LabelError: the examples have no labels.
    """
    if model.network.n_x != 2:
        raise DataError(f"the model has {model.network.n_x} inputs; a boundary can be drawn for two")
    rows, labels = model.recipe.rows(dataset.X), dataset.labels
    (left, low), (right, high) = rows.min(axis=0), rows.max(axis=0)
    margin_x, margin_y = 0.1 * (right - left) or 1.0, 0.1 * (high - low) or 1.0
    xs = np.linspace(left - margin_x, right + margin_x, steps)
    ys = np.linspace(low - margin_y, high + margin_y, steps)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    probabilities = model.predict_proba(grid)
    figure = _new_figure(5.6, 4.8)
    axes = figure.add_subplot()
    if len(model.classes) == 2:
        field = probabilities[:, 1].reshape(steps, steps)
        positive = _plain(model.classes[1])
        mesh = axes.contourf(xs, ys, field, levels=np.linspace(0, 1, 21), cmap="RdBu_r", alpha=0.5)
        figure.colorbar(mesh, ax=axes, label=f"probability of {positive}", ticks=[0, 0.5, 1])
        axes.contour(xs, ys, field, levels=[0.5], colors="black", linewidths=1)
        colours: Sequence[str] = ("#053061", "#67001f")
    else:
        colours = [_COLOURS[k % len(_COLOURS)] for k in range(len(model.classes))]
        winner = probabilities.argmax(axis=1).reshape(steps, steps)
        levels = np.arange(len(model.classes) + 1) - 0.5
        axes.contourf(xs, ys, winner, levels=levels, colors=colours, alpha=0.3)
    for k, name in enumerate(model.classes):
        mine, shown = rows[labels == k], _plain(name)
        axes.scatter(
            mine[:, 0],
            mine[:, 1],
            s=14,
            color=colours[k],
            edgecolors="white",
            linewidths=0.4,
            label=shown,
        )
    axes.legend(fontsize=8)
    axes.set(xlabel="input 1", ylabel="input 2", title="Decision boundary")
    return figure


def first_layer_weights(model: Model, *, most: int = 40) -> "Figure":
    """W1 as pictures, one per hidden unit: what each unit of the first layer looks for.

    Each unit's weights are scaled by their largest magnitude; grey (or white, for one colour) is zero.

    Args:
        model: trained on pictures.
        most: how many units at the most.

    Raises:
        DataError: the model was not trained on pictures.
    """
    if model.recipe.kind != "pictures":
        raise DataError(f"the model was trained on {model.recipe.describe()}; expected pictures")
    W1 = np.asarray(model.parameters["W1"])[:most]
    title = "First-layer weights, one picture per unit"
    figure, places = _contact_sheet(title, len(W1), columns=10, cell=(1.3, 1.6), least=3.0)
    for k, (weights, axes) in enumerate(zip(W1, places, strict=True)):
        scaled = (weights / (np.abs(weights).max() or 1.0)).reshape(model.recipe.shape)
        if scaled.ndim == 3:
            axes.imshow((scaled + 1) / 2)
        else:
            axes.imshow(scaled, cmap="RdBu_r", vmin=-1, vmax=1)
        axes.set_title(f"unit {k + 1}", fontsize=8, pad=2)
    return figure


def _contact_sheet(
    title: str, count: int, *, columns: int, cell: tuple[float, float], least: float
) -> "tuple[Figure, list[Axes]]":
    """A figure, and a place for each of `count` pictures, without a scale.

    They are placed by hand: matplotlib's layouts draw the whole sheet once more to find that all cells
    are alike.

    Args:
        title: above all of them.
        count: how many pictures.
        columns: how many stand side by side at the most.
        cell: width and height of one with its lines of text, in inches.
        least: how wide the sheet is at the least, in inches.
    """
    columns = min(columns, count)
    width = max(least, cell[0] * columns)
    height = cell[1] * math.ceil(count / columns) + _HEAD
    figure = _figure_class()(figsize=(width, height))
    figure.suptitle(title, fontsize=10, y=1 - 0.1 / height)
    places = []
    for k in range(count):
        row, column = divmod(k, columns)
        left, low = column * width / columns + _GAP, height - _HEAD - (row + 1) * cell[1] + _LINE
        wide, high = width / columns - 2 * _GAP, cell[1] - 2 * _LINE
        places.append(figure.add_axes((left / width, low / height, wide / width, high / height)))
        places[-1].set(xticks=[], yticks=[])
    return figure, places


def _show_picture(axes: "Axes", picture: np.ndarray[Any, Any]) -> None:
    if picture.ndim == 2:
        axes.imshow(picture, cmap="gray", vmin=0, vmax=255)
    else:
        axes.imshow(picture)
