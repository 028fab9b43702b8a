"""Pictures of a training: the cost of every epoch, and the result of a learning-rate range test."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.display import span_decades
from pellucid.errors import DataError
from pellucid.plots.figure import (
    BASELINE,
    COLOURS,
    DASHES,
    SMALL,
    label_ends,
    new_figure,
    plain_log_ticks,
    tidy,
    whole_ticks,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Of a figure, in inches.
_WIDTH, _HEIGHT = 6.4, 4.0


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
        validation_costs: the costs of the validation examples, if there were any.
        best_epoch: the epoch whose parameters were restored, if any.
        unit: of the costs.

    Raises:
        DataError: there is no cost to draw.
    """
    if not costs:
        raise DataError("there are no costs to draw; expected at least one epoch of training")
    curves = [("training", costs), ("validation", validation_costs)]
    curves = [(name, values) for name, values in curves if values]
    figure = new_figure(_WIDTH, _HEIGHT)
    axes = figure.add_subplot()
    for (_, values), colour, dashes in zip(curves, COLOURS, DASHES, strict=False):
        axes.plot(range(len(values)), values, color=colour, linewidth=1.5, linestyle=dashes)
        axes.plot(len(values) - 1, values[-1], color=colour, marker="o", markersize=4)
    axes.set(xlabel="epoch", ylabel=f"cost ({unit} per example)")
    _scale_costs(axes, [*costs, *validation_costs])
    whole_ticks(axes)
    axes.margins(x=0.02)
    if best_epoch is not None:
        axes.axvline(best_epoch, color=BASELINE, linewidth=0.9, linestyle=":")
        _label_above(axes, best_epoch, f"best: epoch {best_epoch}")
    tidy(axes, title, raised=best_epoch is not None)
    ends = [
        (values[-1], f"{name} {values[-1]:.4g}", colour)
        for (name, values), colour in zip(curves, COLOURS, strict=False)
    ]
    label_ends(axes, ends, _HEIGHT)
    return figure


def _scale_costs(axes: "Axes", costs: Sequence[float]) -> None:
    """A logarithmic axis for costs that span decades; else an axis from 0, so that heights compare."""
    low, high = min(costs), max(costs)
    if span_decades(low, high):
        axes.set_yscale("log")
        plain_log_ticks(axes.yaxis, math.log10(high / low))
    else:
        axes.set_ylim(bottom=0 if low >= 0 else None)


def _label_above(axes: "Axes", x: float, text: str) -> None:
    """A label at the upper end of a vertical line, outside the axes, where no curve can cross it."""
    side = "right" if x > sum(axes.get_xlim()) / 2 and axes.get_xscale() == "linear" else "left"
    transform = axes.get_xaxis_transform()
    axes.text(x, 1.015, text, ha=side, color=BASELINE, fontsize=SMALL, transform=transform)


def draw_learning_rates(range_: Any) -> "Figure":
    """The cost at every learning rate of a range test, and the rate that it suggests.

    Args:
        range_: the result of `pellucid.training.lr_find`.

    Raises:
        DataError: no step was taken.
    """
    rates, costs, smoothed = (np.asarray(v) for v in (range_.rates, range_.costs, range_.smoothed))
    if not len(rates):
        raise DataError("there are no learning rates to draw; expected at least one step")
    figure = new_figure(_WIDTH, _HEIGHT)
    axes = figure.add_subplot()
    axes.plot(rates, costs, color=BASELINE, linewidth=0.7, alpha=0.7, label="cost of each batch")
    axes.plot(rates, smoothed, color=COLOURS[0], linewidth=2, label="smoothed")
    axes.set(xlabel="learning rate", ylabel="cost per example")
    axes.set_xscale("log")
    plain_log_ticks(axes.xaxis, math.log10(rates[-1] / rates[0]))
    # The limits follow the costs before the minimum: the height of the rise after it means nothing.
    before = costs[: int(np.argmin(smoothed)) + 1]
    low, high = float(before.min()), float(before.max())
    margin = 0.3 * (high - low) or 0.1 * abs(high) or 1.0
    axes.set_ylim(max(0.0, low - margin) if low >= 0 else low - margin, high + margin)
    tidy(axes, "Learning-rate range test", raised=range_.suggestion is not None)
    if range_.suggestion is not None:
        axes.axvline(range_.suggestion, color=COLOURS[1], linewidth=1.2, linestyle="--")
        _label_above(axes, range_.suggestion, f"suggested: {range_.suggestion:.2g}")
    # The test begins at a tiny rate, where the cost stays high and leaves space below it.
    axes.legend(fontsize=SMALL, loc="lower left", frameon=False)
    return figure
