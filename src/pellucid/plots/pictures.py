"""Contact sheets: the pictures with a wrong prediction, and the first-layer weights as pictures."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.errors import DataError
from pellucid.model import Evaluation, Model
from pellucid.plots.figure import BASELINE, LINE_HEIGHT, SMALL, TITLE, colour_map, figure_class, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

# Sizes of a contact sheet in inches: its width, the head, the foot, and the space beside a picture.
_WIDTH, _HEAD, _FOOT, _GAP = 6.8, 0.62, 0.1, 0.05
# Heights of a colour scale below it, and of its numbers and label.
_BAR, _BAR_TEXT = 0.12, 0.45
# From dark to light, so that the sign of a weight is visible in grey too.
_SIGNED = ("#00306f", "#4f6f9f", "#bdbdbd", "#e5c26b", "#fff3a6")


def wrong_answers(
    model: Model, dataset: Dataset, evaluation: Evaluation, *, most: int = 40
) -> "Figure | None":
    """A contact sheet of the pictures with a wrong prediction, the most confident mistakes first.

    Args:
        model: the model.
        dataset: pictures, scaled by the model's recipe.
        evaluation: the result of `model.evaluate(dataset)`.
        most: the largest number of pictures.

    Returns:
        The figure, each picture between "predicted (probability)" and its true class; None if nothing is
        wrong or the inputs are not pictures.
    """
    wrong = evaluation.wrong
    if len(wrong) == 0:
        return None
    confidence = evaluation.probabilities[wrong, evaluation.predicted[wrong]]
    order = np.argsort(-confidence, kind="stable")[:most]
    shown, confidence = wrong[order], confidence[order]
    pictures = model.recipe.pictures(dataset.dense(shown).X)
    if pictures is None:
        return None
    more = "" if len(shown) == len(wrong) else f", the {len(shown)} surest shown"
    frequent = np.bincount(evaluation.labels).max() / dataset.m
    sheet = _Sheet(
        len(shown),
        pictures.shape[1:],
        lines=2,
        title=f"{len(wrong)} of {dataset.m} predicted wrong{more}",
        note=f"accuracy {evaluation.accuracy:.1%}; always the most frequent class: {frequent:.1%}",
        key="above:\npredicted\nbelow:\ntrue",
        # A long name needs a wide cell.
        columns=8 if max(map(len, model.classes)) <= 3 else 6,
    )
    for k, (i, axes) in enumerate(zip(shown, sheet.places, strict=True)):
        predicted, true = (model.classes[j] for j in (evaluation.predicted[i], evaluation.labels[i]))
        _show_picture(axes, pictures[k])
        title = f"{sheet.fitting(predicted, 7)} ({confidence[k]:.0%})"
        axes.set_title(title, fontsize=SMALL, color="#b00020", pad=2)
        axes.set_xlabel(f"true: {sheet.fitting(true, 6)}", fontsize=SMALL, labelpad=2)
    return sheet.figure


def first_layer_weights(model: Model, *, most: int = 40) -> "Figure":
    """W1 as pictures, one for each unit of the first layer: the patterns that the units respond to.

    Each unit's weights are scaled by their largest magnitude; middle grey is zero.

    Args:
        model: trained on pictures.
        most: the largest number of units.

    Raises:
        DataError: the model was not trained on pictures.
    """
    if model.recipe.kind != "pictures":
        raise DataError(f"the model was trained on {model.recipe.describe()}; expected pictures")
    all_units = np.asarray(model.parameters["W1"])
    W1, shape = all_units[:most], model.recipe.shape
    which = f"the first {len(W1)} of {len(all_units)} units" if len(W1) < len(all_units) else "one per unit"
    sheet = _Sheet(
        len(W1),
        shape,
        lines=1,
        title=f"First-layer weights, {which}",
        note="light raises what the unit computes, dark lowers it, middle grey is 0",
        columns=8,
        bar=True,
    )
    colours = colour_map("black", "white") if len(shape) == 3 else colour_map(*_SIGNED)
    for k, (weights, axes) in enumerate(zip(W1, sheet.places, strict=True)):
        scaled = (weights / (np.abs(weights).max() or 1.0)).reshape(shape)
        if scaled.ndim == 3:
            axes.imshow((scaled + 1) / 2)
        else:
            axes.imshow(scaled, cmap=colours, vmin=-1, vmax=1)
        axes.set_title(f"unit {k + 1}", fontsize=SMALL, pad=2)
    label = "weight of each colour" if len(shape) == 3 else "weight"
    sheet.draw_bar(colours, f"{label}, as a share of the largest of its unit")
    return sheet.figure


class _Sheet:
    """A figure, and a place for each of `count` pictures, in full rows if possible.

    The places are computed here: matplotlib's layouts would draw the whole sheet once more, only to find
    that all cells are alike.

    Args:
        count: the number of pictures.
        shape: of one picture, (height, width[, 3]).
        lines: the number of lines of text at a picture, above and below.
        title: above all pictures.
        note: a smaller line under the title.
        columns: the most pictures in a row.
        key: explains the text at a picture; shown if the last row has space for it.
        bar: leave space for a colour scale.

    Attributes:
        figure: the sheet.
        places: axes without ticks.
    """

    def __init__(
        self,
        count: int,
        shape: tuple[int, ...],
        *,
        lines: int,
        title: str,
        note: str,
        columns: int,
        key: str = "",
        bar: bool = False,
    ) -> None:
        columns = _columns(count, columns)
        self._cell = min(_WIDTH / columns, _WIDTH / 4)
        tall = (self._cell - 2 * _GAP) * shape[0] / shape[1] + lines * (LINE_HEIGHT + 0.03) + 2 * _GAP
        self._foot = _FOOT + (_BAR + _BAR_TEXT if bar else 0)
        height = _HEAD + math.ceil(count / columns) * tall + self._foot
        self.figure = figure_class()(figsize=(_WIDTH, height))
        left: dict[str, Any] = {"x": _GAP / _WIDTH, "ha": "left", "va": "top"}
        self.figure.suptitle(title, fontsize=TITLE, fontweight="bold", y=1 - 0.08 / height, **left)
        self.figure.text(y=1 - 0.33 / height, s=note, fontsize=SMALL, color=BASELINE, **left)
        above = LINE_HEIGHT + 0.03
        self.places = []
        for k in range(count):
            row, column = divmod(k, columns)
            top = height - _HEAD - row * tall - above
            wide, high = self._cell - 2 * _GAP, tall - lines * above - 2 * _GAP
            place = (column * self._cell + _GAP, top - high, wide, high)
            self.places.append(self.figure.add_axes(tuple(np.divide(place, (_WIDTH, height) * 2))))
            self.places[-1].set(xticks=[], yticks=[])
        if key and count % columns and count > columns:
            x, y = (count % columns) * self._cell + 2 * _GAP, self._foot + tall / 2
            self.figure.text(x / _WIDTH, y / height, key, fontsize=SMALL, color=BASELINE, va="center")

    def fitting(self, name: str, reserved: int) -> str:
        """A name, shortened to fit above a picture beside `reserved` other characters."""
        most = max(4, int(self._cell * 72 / (0.62 * SMALL)) - reserved)
        return plain(name if len(name) <= most else f"{name[: most - 1]}\N{HORIZONTAL ELLIPSIS}")

    def draw_bar(self, colours: "Colormap", label: str) -> None:
        """A colour scale from -1 to 1 below all pictures."""
        height = self.figure.get_figheight()
        place = (0.25 * _WIDTH, _FOOT + _BAR_TEXT - 0.06, 0.5 * _WIDTH, _BAR)
        axes = self.figure.add_axes(tuple(np.divide(place, (_WIDTH, height) * 2)))
        axes.imshow(np.linspace(-1, 1, 256)[None], cmap=colours, aspect="auto", extent=(-1, 1, 0, 1))
        axes.set(yticks=[], xticks=[-1, -0.5, 0, 0.5, 1])
        axes.tick_params(labelsize=SMALL, pad=2)
        axes.set_xlabel(label, fontsize=SMALL, labelpad=2)


def _columns(count: int, most: int) -> int:
    """The number of pictures in a row for which the last row is fullest."""
    if count <= most:
        return count
    return min(range(most, 3, -1), key=lambda columns: -count % columns)


def _show_picture(axes: "Axes", picture: np.ndarray[Any, Any]) -> None:
    if picture.ndim == 2:
        axes.imshow(picture, cmap="gray", vmin=0, vmax=255)
    else:
        axes.imshow(picture)
