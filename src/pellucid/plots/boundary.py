"""The decision boundary of a model with two inputs."""

from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.data.recipe import Recipe
from pellucid.errors import DataError
from pellucid.model import Model
from pellucid.plots.figure import COLOURS, MARKERS, SMALL, colour_map, new_figure, plain, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# For two classes: the colours of the points, and of the background from the first class to the second. It
# grows darker throughout, so that it can be read in grey too.
_TWO = ("#b34700", "#003a66")
_FIELD = ("#fdeede", "#f6cfa8", "#d9cfd2", "#9db9d8", "#5b8fc0")


def decision_boundary(model: Model, dataset: Dataset, *, steps: int = 300) -> "Figure":
    """The decision boundary of a model with two inputs, with labelled examples drawn over it.

    Args:
        model: trained on two inputs.
        dataset: labelled examples, scaled by the model's recipe; drawn in their original units.
        steps: grid points along each side.

    Raises:
        DataError: the model does not have two inputs, or was trained on a table.
        LabelError: the examples have no labels.
    """
    if model.network.n_x != 2:
        raise DataError(f"the model has {model.network.n_x} inputs; expected two, to draw a boundary")
    recipe = model.recipe
    if not isinstance(recipe, Recipe):
        raise DataError(f"the model was trained on {recipe.describe()}; expected rows of two numbers")
    rows, labels = recipe.rows(dataset.X), dataset.labels
    (left, low), (right, high) = rows.min(axis=0), rows.max(axis=0)
    margin_x, margin_y = 0.1 * (right - left) or 1.0, 0.1 * (high - low) or 1.0
    xs = np.linspace(left - margin_x, right + margin_x, steps)
    ys = np.linspace(low - margin_y, high + margin_y, steps)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    probabilities = model.predict_proba(grid)
    figure = new_figure(6.4, 4.8)
    axes = figure.add_subplot()
    two = len(model.classes) == 2
    colours = _TWO if two else [COLOURS[k % len(COLOURS)] for k in range(len(model.classes))]
    if two:
        field = probabilities[:, 1].reshape(steps, steps)
        levels = np.linspace(0, 1, 21)
        mesh = axes.contourf(xs, ys, field, levels=levels, cmap=colour_map(*_FIELD))
        label = f"probability of {plain(model.classes[1])}"
        figure.colorbar(mesh, ax=axes, label=label, ticks=[0, 0.25, 0.5, 0.75, 1], pad=0.02)
        axes.contour(xs, ys, field, levels=[0.5], colors="black", linewidths=1.5)
    else:
        winner = probabilities.argmax(axis=1).reshape(steps, steps)
        edges = np.arange(len(model.classes) + 1) - 0.5
        axes.contourf(xs, ys, winner, levels=edges, colors=colours, alpha=0.3)
        for k in range(len(model.classes)):
            lead = probabilities[:, k] - np.delete(probabilities, k, axis=1).max(axis=1)
            if lead.min() < 0 < lead.max():
                axes.contour(xs, ys, lead.reshape(steps, steps), levels=[0], colors="black", linewidths=0.8)
    for k, name in enumerate(model.classes):
        of_class = rows[labels == k]
        look: dict[str, Any] = {
            "color": colours[k],
            "marker": MARKERS[k % len(MARKERS)],
            "label": plain(name),
        }
        axes.scatter(of_class[:, 0], of_class[:, 1], s=26, edgecolors="white", linewidths=0.7, **look)
    tidy(axes, "Decision boundary", "line: both are equally probable" if two else "")
    axes.grid(visible=False)
    axes.set(xlabel="input 1", ylabel="input 2")
    figure.legend(
        fontsize=SMALL, loc="outside lower center", ncols=min(4, len(model.classes)), frameon=False
    )
    return figure
