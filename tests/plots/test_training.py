"""The cost curve and the range test, as they are drawn."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pellucid.errors import DataError

pytest.importorskip("matplotlib")
from pellucid import plots


def test_cost_curve_holds_every_cost() -> None:
    costs = [0.7, 0.5, 0.4, 0.35]
    axes = plots.cost_curve(costs).axes[0]
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), costs)
    assert axes.get_ylim()[0] == 0
    with pytest.raises(DataError, match="no costs to draw"):
        plots.cost_curve([])


def texts_of(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_validation_costs_stand_beside_those_of_training() -> None:
    axes = plots.cost_curve([0.7, 0.5, 0.4], validation_costs=[0.8, 0.6, 0.9], best_epoch=1).axes[0]
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [0.7, 0.5, 0.4])
    np.testing.assert_array_equal(axes.lines[2].get_ydata(), [0.8, 0.6, 0.9])
    np.testing.assert_array_equal(axes.lines[4].get_xdata(), [1, 1])
    assert texts_of(axes) == ["best: epoch 1", "training 0.4", "validation 0.9"]
    # Told apart without colours too.
    assert axes.lines[0].get_color() != axes.lines[2].get_color()
    assert axes.lines[0].get_linestyle() != axes.lines[2].get_linestyle()
    assert texts_of(plots.cost_curve([0.7, 0.5]).axes[0]) == ["training 0.5"]


def test_labels_at_the_ends_of_close_curves_do_not_overlap() -> None:
    for last in (0.0, 0.1, 0.5):
        figure = plots.cost_curve([1.0, last], validation_costs=[1.0, last + 0.001])
        figure.draw_without_rendering()
        first, second = (text.get_window_extent() for text in figure.axes[0].texts)
        assert not first.overlaps(second)
        assert abs(first.y0 - second.y0) < 3 * first.height


@pytest.mark.parametrize(
    ("costs", "scale"),
    [([2.0, 0.5, 0.03], "linear"), ([2.0, 0.5, 0.02], "log"), ([2.0, 0.0], "linear"), ([9, -9], "linear")],
)
def test_costs_that_span_decades_have_a_logarithmic_axis(costs: list[float], scale: str) -> None:
    axes = plots.cost_curve(costs).axes[0]
    assert axes.get_yscale() == scale
    axes.figure.draw_without_rendering()
    assert len([tick for tick in axes.yaxis.get_ticklabels() if tick.get_text()]) >= 3
    assert axes.get_xlabel() == "epoch"
    assert axes.get_ylabel() == "cost (nats per example)"


def test_costs_below_zero_are_in_the_picture() -> None:
    for costs, validation in (([0.7, -0.5], []), ([0.7, 0.5], [0.1, -0.5])):
        assert plots.cost_curve(costs, validation_costs=validation).axes[0].get_ylim()[0] < -0.5


def test_a_range_test_shows_what_it_suggests() -> None:
    rates = np.geomspace(1e-6, 1, 5)
    found = SimpleNamespace(
        rates=rates, costs=np.arange(5.0), smoothed=np.arange(5.0) / 2, suggestion=1e-3, reason=""
    )
    axes = plots.draw_learning_rates(found).axes[0]
    assert axes.get_xscale() == "log"
    np.testing.assert_array_equal(axes.lines[0].get_xydata().T, [rates, np.arange(5)])
    np.testing.assert_array_equal(axes.lines[1].get_ydata(), np.arange(5) / 2)
    np.testing.assert_array_equal(axes.lines[2].get_xdata(), [1e-3, 1e-3])
    assert texts_of(axes) == ["suggested: 0.001"]
    found.suggestion = None
    assert len(plots.draw_learning_rates(found).axes[0].lines) == 2
    found.rates = rates[:0]
    with pytest.raises(DataError, match="expected at least one step"):
        plots.draw_learning_rates(found)


def test_what_explodes_does_not_flatten_the_fall_before_it() -> None:
    costs = np.array([0.7, 0.6, 0.3, 0.2, 90.0])
    found = SimpleNamespace(rates=np.geomspace(1e-6, 1, 5), costs=costs, smoothed=costs, suggestion=None)
    low, high = plots.draw_learning_rates(found).axes[0].get_ylim()
    assert low < 0.2
    assert 0.7 < high < 1.0
