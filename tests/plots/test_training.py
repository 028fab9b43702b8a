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


def legend_of(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_validation_costs_stand_beside_those_of_training() -> None:
    axes = plots.cost_curve([0.7, 0.5, 0.4], validation_costs=[0.8, 0.6, 0.9], best_epoch=1).axes[0]
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [0.7, 0.5, 0.4])
    np.testing.assert_array_equal(axes.lines[1].get_ydata(), [0.8, 0.6, 0.9])
    np.testing.assert_array_equal(axes.lines[2].get_xdata(), [1, 1])
    assert legend_of(axes) == ["training", "validation", "the best, epoch 1"]
    assert axes.lines[0].get_color() != axes.lines[1].get_color()
    assert plots.cost_curve([0.7, 0.5]).axes[0].get_legend() is None


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
    assert legend_of(axes)[-1] == "suggested: 0.001"
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
