"""How a training went: the cost of every epoch; and which learning rate it should have."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.errors import DataError
from pellucid.plots.figure import COLOURS, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def cost_curve(
    costs: Sequence[float],
    *,
    title: str = "Cost while training",
    validation_costs: Sequence[float] = (),
    best_epoch: int | None = None,
    unit: str = "nats",
) -> "Figure":
    """The cost of every epoch.

    Args:
        costs: one per epoch.
        title: above the curve.
        validation_costs: those of the examples that were not trained on, if there were any.
        best_epoch: the epoch whose parameters were kept, if that was asked for.
        unit: what the costs are counted in.

    Raises:
        DataError: there is no cost to draw.
    """
    if not costs:
        raise DataError("there are no costs to draw; expected at least one epoch of training")
    figure = new_figure(6.4, 4)
    axes = figure.add_subplot()
    curves = [("training", costs, COLOURS[0]), ("validation", validation_costs, COLOURS[1])]
    for name, values, colour in curves:
        if values:
            marker = "o" if len(values) == 1 else ""
            axes.plot(range(len(values)), values, color=colour, linewidth=1.5, marker=marker, label=name)
            axes.annotate(
                f"{values[-1]:.4g}",
                (len(values) - 1, values[-1]),
                textcoords="offset points",
                xytext=(-4, 8),
                ha="right",
                color="black" if not validation_costs else colour,
            )
    if best_epoch is not None:
        label = f"the best, epoch {best_epoch}"
        axes.axvline(best_epoch, color="grey", linewidth=0.8, linestyle="--", label=label)
    axes.set(title=title, xlabel="epoch", ylabel=f"cost ({unit} per example)")
    axes.set_ylim(bottom=0 if min(*costs, *validation_costs, 0) >= 0 else None)
    axes.grid(alpha=0.25)
    if validation_costs or best_epoch is not None:
        axes.legend(fontsize=8)
    return figure


def draw_learning_rates(range_: Any) -> "Figure":
    """The cost at every learning rate of a range test, and the rate that it suggests.

    Args:
        range_: what `pellucid.training.lr_find` returned.

    Raises:
        DataError: no step was taken.
    """
    rates, costs, smoothed = (np.asarray(v) for v in (range_.rates, range_.costs, range_.smoothed))
    if not len(rates):
        raise DataError("there are no learning rates to draw; expected at least one step")
    figure = new_figure(6.4, 4)
    axes = figure.add_subplot()
    axes.plot(rates, costs, color=COLOURS[0], linewidth=0.6, alpha=0.5, label="cost of each batch")
    axes.plot(rates, smoothed, color=COLOURS[0], linewidth=1.8, label="smoothed")
    if range_.suggestion is not None:
        label = f"suggested: {range_.suggestion:.2g}"
        axes.axvline(range_.suggestion, color=COLOURS[1], linewidth=1.2, linestyle="--", label=label)
    axes.set(title="Learning-rate range test", xlabel="learning rate", ylabel="cost per example")
    axes.set_xscale("log")
    # Where the cost explodes, its height says nothing: the fall before it is what is looked at.
    before = costs[: int(np.argmin(smoothed)) + 1]
    low, high = float(before.min()), float(before.max())
    margin = 0.3 * (high - low) or 0.1 * abs(high) or 1.0
    axes.set_ylim(low - margin, high + margin)
    axes.grid(alpha=0.25)
    axes.legend(fontsize=8)
    return figure
