"""The curve of a notebook: every point is a cost, from the first epoch to the last, on axes."""

import re

import numpy as np
import pytest

from pages import text_of
from pellucid.display import cost_svg


def curves_of(html: str) -> list[list[tuple[float, float]]]:
    found = re.findall(r'<polyline points="([^"]*)"', html)
    return [
        [(float(x), float(y)) for x, _, y in (pair.partition(",") for pair in points.split())]
        for points in found
    ]


def ticks_of(html: str) -> list[tuple[float, float]]:
    """(cost, height) of the ticks of the y axis."""
    found = re.findall(r'<text x="-7" y="([^"]+)" text-anchor="end">([^<]+)<', html)
    return [(float(cost), float(height) - 4) for height, cost in found]


@pytest.mark.parametrize("epochs", [2, 3, 239, 240, 241, 479, 480, 1000, 2500])
def test_the_curve_is_all_of_the_training(epochs: int) -> None:
    # Each height says which epoch a point is of; a part of the curve has not the shape of the whole.
    [points] = curves_of(cost_svg([(1 - i / (epochs - 1)) ** 2 for i in range(epochs)]))
    assert len(points) == min(epochs, 240)
    assert points[0] == (0, 0)
    assert points[-1] == (240, 120)
    for x, y in points:
        assert y == pytest.approx(120 - 120 * (1 - x / 240) ** 2, abs=1.2)


def test_the_curve_is_lowest_where_the_cost_is() -> None:
    assert curves_of(cost_svg([1.0, 0.0, 0.5])) == [[(0, 0), (120, 120), (240, 60)]]


def test_heights_are_measured_from_zero() -> None:
    [points] = curves_of(cost_svg([0.5, 0.4]))
    assert points == [(0, 0), (240, 24)]
    assert {y for _, y in curves_of(cost_svg([0.5, 0.5, 0.5]))[0]} == {0}
    assert {y for _, y in curves_of(cost_svg([0.0, 0.0]))[0]} == {120}


@pytest.mark.parametrize("costs", [[], [0.7]])
def test_fewer_than_two_costs_are_no_curve(costs: list[float]) -> None:
    assert cost_svg(costs) == ""


@pytest.mark.parametrize(
    "costs", [[2.5, 0.3], [0.7, -0.5], [1e-7, 5e-7], [3e8, 0.0], [-3.0, -1.0], [0.07, 0.05]]
)
def test_linear_ticks_stand_at_their_heights(costs: list[float]) -> None:
    ticks = ticks_of(cost_svg(costs))
    assert 3 <= len(ticks) <= 6
    low, high = min(*costs, 0.0), max(costs)
    for cost, height in ticks:
        assert height == pytest.approx(120 * (high - cost) / (high - low), abs=0.06)


@pytest.mark.parametrize("costs", [[2.4, 0.024], [3.0, 3e-9], [1e30, 1e-30]])
def test_costs_that_span_decades_have_powers_of_ten(costs: list[float]) -> None:
    html = cost_svg(costs)
    ticks = ticks_of(html)
    if costs[0] == 2.4:
        assert [cost for cost, _ in ticks] == [0.05, 0.1, 0.2, 0.5, 1, 2]
    else:
        assert 2 <= len(ticks) <= 6
        assert all(f"{cost:e}".startswith("1.000000") for cost, _ in ticks)
    for cost, height in ticks:
        share = np.log(costs[0] / cost) / np.log(costs[0] / costs[1])
        assert height == pytest.approx(120 * share, abs=0.06)
    [[(_, first), (_, last)]] = curves_of(html)
    assert (first, last) == (0, 120)


def test_validation_costs_are_a_dashed_line_with_its_own_label() -> None:
    html = cost_svg([1.0, 0.5, 0.25, 0.2], [1.0, 0.6, 0.5])
    training, validation = curves_of(html)
    # Interrupted before the last epoch was validated: it ends where it ends.
    assert (training[-1][0], validation[-1][0]) == (240, 160)
    assert html.count("stroke-dasharray") == 1
    assert text_of(html).endswith("validation 0.5training 0.2") or text_of(html).endswith(
        "training 0.2validation 0.5"
    )


@pytest.mark.parametrize("last", [0.0, 0.01, 0.5, 1.0])
def test_labels_do_not_overlap(last: float) -> None:
    html = cost_svg([1.0, last], [1.0, last])
    places = [float(y) for y in re.findall(r'<text x="246" y="([^"]+)"', html)]
    assert len(places) == 2
    assert abs(places[0] - places[1]) >= 13
    assert max(places) <= 124


def test_the_axes_are_named() -> None:
    written = text_of(cost_svg([1.0] * 1001))
    assert "epoch" in written
    assert "cost" in written
    assert "1,000" in written
