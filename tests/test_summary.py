"""The curve of a summary: every point of the SVG is a cost, from the first epoch to the last."""

import re

import pytest

from pellucid import Network
from pellucid.summary import summary_html

NETWORK = Network((3, 2, 1))


def points_of(html: str) -> list[tuple[float, float]]:
    found = re.search(r'<polyline points="([^"]*)"', html)
    assert found
    return [(float(x), float(y)) for x, _, y in (pair.partition(",") for pair in found[1].split())]


@pytest.mark.parametrize("epochs", [2, 3, 239, 240, 241, 479, 480, 1000, 2500])
def test_the_curve_is_all_of_the_training(epochs: int) -> None:
    # Each height says which epoch a point is of; a part of the curve has not the shape of the whole.
    points = points_of(summary_html(NETWORK, [(1 - i / (epochs - 1)) ** 2 for i in range(epochs)]))
    assert len(points) == min(epochs, 240)
    assert points[0] == (0, 0)
    assert points[-1] == (240, 120)
    for x, y in points:
        assert y == pytest.approx(120 - 120 * (1 - x / 240) ** 2, abs=1.2)


def test_the_curve_is_lowest_where_the_cost_is() -> None:
    points = points_of(summary_html(NETWORK, [1.0, 0.0, 0.5]))
    assert points == [(0, 0), (120, 120), (240, 60)]


def test_a_constant_cost_is_a_level_line() -> None:
    assert {y for _, y in points_of(summary_html(NETWORK, [0.5, 0.5, 0.5]))} == {120}


@pytest.mark.parametrize("costs", [[], [0.7]])
def test_fewer_than_two_costs_are_no_curve(costs: list[float]) -> None:
    assert "<svg" not in summary_html(NETWORK, costs)
