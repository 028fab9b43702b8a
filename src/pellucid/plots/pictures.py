"""Contact sheets: the pictures that were predicted wrong, and the weights that look like pictures."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.errors import DataError
from pellucid.model import Evaluation, Model
from pellucid.plots.figure import figure_class, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Of a contact sheet, in inches: its head, the room beside a picture, and that for a line above or below.
_HEAD, _GAP, _LINE = 0.4, 0.04, 0.2


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
        axes.set_title(f"{plain(predicted)} {sureness[k]:.0%}", fontsize=8, color="#b00020", pad=2)
        axes.set_xlabel(f"true: {plain(true)}", fontsize=8, labelpad=2)
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
    figure = figure_class()(figsize=(width, height))
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
