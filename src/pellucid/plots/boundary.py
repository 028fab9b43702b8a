"""The decision boundary of a model with two inputs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.data.recipe import Recipe
from pellucid.errors import DataError
from pellucid.model import Model
from pellucid.plots.figure import COLOURS, new_figure, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def decision_boundary(model: Model, dataset: Dataset, *, steps: int = 300) -> "Figure":
    """Where a model with two inputs changes its mind, with labelled examples drawn over it.

    Args:
        model: trained on two inputs.
        dataset: labelled examples through the model's recipe; drawn in the units they had before.
        steps: grid points along each side.

    Raises:
        DataError: the model has not two inputs, or was trained on a table.
        LabelError: the examples have no labels.
    """
    if model.network.n_x != 2:
        raise DataError(f"the model has {model.network.n_x} inputs; a boundary can be drawn for two")
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
    figure = new_figure(5.6, 4.8)
    axes = figure.add_subplot()
    if len(model.classes) == 2:
        field = probabilities[:, 1].reshape(steps, steps)
        positive = plain(model.classes[1])
        mesh = axes.contourf(xs, ys, field, levels=np.linspace(0, 1, 21), cmap="RdBu_r", alpha=0.5)
        figure.colorbar(mesh, ax=axes, label=f"probability of {positive}", ticks=[0, 0.5, 1])
        axes.contour(xs, ys, field, levels=[0.5], colors="black", linewidths=1)
        colours: Sequence[str] = ("#053061", "#67001f")
    else:
        colours = [COLOURS[k % len(COLOURS)] for k in range(len(model.classes))]
        winner = probabilities.argmax(axis=1).reshape(steps, steps)
        levels = np.arange(len(model.classes) + 1) - 0.5
        axes.contourf(xs, ys, winner, levels=levels, colors=colours, alpha=0.3)
    for k, name in enumerate(model.classes):
        mine, shown = rows[labels == k], plain(name)
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
