"""ROC, precision and recall, calibration, predicted against true: the curves that are in the pictures."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Evaluation
from pellucid.metrics import calibration_of
from pellucid.model import NumberEvaluation
from pellucid.report.intervals import Z

pytest.importorskip("matplotlib")
metrics = pytest.importorskip("sklearn.metrics")
from pellucid import plots  # noqa: E402

RNG = np.random.RandomState(0)


def evaluation(K: int, m: int = 200, present: int | None = None) -> tuple[Evaluation, list[str]]:
    """Answers that are better than chance, on examples of the first `present` of K classes."""
    labels = np.arange(m) % (present or K)
    probabilities = RNG.rand(m, K) + np.eye(K)[labels] * 0.5
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    names = [f"class {k}" for k in range(K)]
    return Evaluation(labels, probabilities.argmax(axis=1), probabilities, 0.5), names


def texts_of(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def legend_of(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_the_roc_curve_of_two_classes() -> None:
    found, names = evaluation(2)
    figure = plots.roc_curve(found, names)
    x, y = figure.axes[0].lines[0].get_xydata().T
    score = metrics.roc_auc_score(found.labels, found.probabilities[:, 1])
    assert 0.6 < score < 1
    assert metrics.auc(x, y) == pytest.approx(score)
    assert legend_of(figure) == [f"class 1: area {score:.3f}"]


def test_precision_over_recall_of_two_classes() -> None:
    found, names = evaluation(2)
    figure = plots.precision_recall_curve(found, names)
    line = figure.axes[0].lines[0]
    score = metrics.average_precision_score(found.labels, found.probabilities[:, 1])
    assert -np.sum(np.diff(line.get_xdata()) * line.get_ydata()[:-1]) == pytest.approx(score)
    assert line.get_drawstyle() == "steps-post"
    assert legend_of(figure) == [f"class 1: area {score:.3f}"]


@pytest.mark.parametrize("draw", [plots.roc_curve, plots.precision_recall_curve])
def test_of_many_classes_each_is_told_from_the_rest_and_the_hardest_are_shown(draw: Any) -> None:
    found, names = evaluation(12)
    figure = draw(found, names)
    assert "the 6 hardest of 12 classes" in texts_of(figure)
    score = metrics.roc_auc_score if draw is plots.roc_curve else metrics.average_precision_score
    areas = {name: score(found.labels == k, found.probabilities[:, k]) for k, name in enumerate(names)}
    hardest = sorted(names, key=lambda name: areas[name])[:6]
    assert legend_of(figure) == [f"{name}: area {areas[name]:.3f}" for name in hardest]


@pytest.mark.parametrize("draw", [plots.roc_curve, plots.precision_recall_curve])
def test_one_class_has_no_curve(draw: Any) -> None:
    for K in (2, 3):
        assert draw(*evaluation(K, present=1)) is None
    assert len(legend_of(draw(*evaluation(4, present=2)))) == 2


@pytest.mark.parametrize("K", [2, 3])
def test_the_calibration_and_its_counts(K: int) -> None:
    found, names = evaluation(K)
    figure = plots.calibration_curve(found, names)
    above, below = figure.axes
    counted = calibration_of(found.labels, found.probabilities)
    np.testing.assert_array_equal(above.lines[0].get_xydata(), [[0, 0], [1, 1]])
    np.testing.assert_array_equal(above.lines[1].get_xydata().T, [counted.predicted, counted.observed])
    for upright, share, count in zip(
        above.collections[0].get_segments(), counted.observed, counted.counts, strict=True
    ):
        # Where the interval ends, the share is Z standard errors away: Wilson's, from the end.
        for end in upright[:, 1]:
            assert abs(end - share) == pytest.approx(Z * np.sqrt(end * (1 - end) / count), abs=1e-7)
    assert [bar.get_height() for bar in below.patches] == counted.counts.tolist()
    assert sum(bar.get_height() for bar in below.patches) == 200
    for bar, predicted in zip(below.patches, counted.predicted, strict=True):
        assert bar.get_x() <= predicted <= bar.get_x() + bar.get_width()
    assert f"{counted.error:.3f}" in " ".join(texts_of(figure))
    assert ("class 1" in below.get_xlabel()) == (K == 2)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_precision_stands_beside_the_base_rate(share: float) -> None:
    labels = (np.arange(500) < 500 * share).astype(int)
    scores = np.clip(RNG.rand(500) + labels * 0.3, 0, 1)
    found = Evaluation(labels, labels, np.stack([1 - scores, scores], axis=1), 0.5)
    figure = plots.precision_recall_curve(found, ["no", "yes"])
    assert figure is not None
    axes = figure.axes[0]
    assert set(axes.lines[-1].get_ydata()) == {share}
    assert texts_of(figure) == [f"chance: base rate {share:.2f}"]
    figure.draw_without_rendering()
    assert axes.bbox.y0 <= axes.texts[0].get_window_extent().y0


def test_curves_are_told_apart_without_colours() -> None:
    for draw in (plots.roc_curve, plots.precision_recall_curve):
        lines = draw(*evaluation(6)).axes[0].lines[:6]
        assert len({str(line._dash_pattern) for line in lines}) == 6


def test_predicted_against_true() -> None:
    targets = RNG.randn(2, 30)
    found = NumberEvaluation(targets, targets + 0.1, 0.01)
    figure = plots.predicted_against_true(found, ("height", "weight"))
    assert [axes.get_xlabel() for axes in figure.axes] == ["true height", "true weight"]
    for k, axes in enumerate(figure.axes):
        np.testing.assert_allclose(axes.collections[0].get_offsets().T, [targets[k], targets[k] + 0.1])
        assert axes.get_xlim() == axes.get_ylim()
        diagonal, mean = (line.get_ydata() for line in axes.lines)
        assert tuple(diagonal) == axes.get_xlim()
        np.testing.assert_allclose(mean, targets[k].mean())
    one = NumberEvaluation(targets[:1], targets[:1], 0.0)
    assert plots.predicted_against_true(one, ("height",)).axes[0].get_xlabel() == "true height"


@pytest.mark.parametrize(("n_y", "panels"), [(1, 1), (2, 2), (3, 3), (4, 4), (5, 4), (6, 6), (10, 6)])
def test_the_worst_outputs_fill_a_grid(n_y: int, panels: int) -> None:
    targets = RNG.randn(n_y, 30)
    predicted = targets + 0.1 * np.arange(n_y)[:, None]
    figure = plots.predicted_against_true(NumberEvaluation(targets, predicted, 0.0))
    assert len(figure.axes) == panels
    if n_y > 1:
        worst = [f"true output {k + 1}" for k in range(n_y - panels, n_y)]
        assert [axes.get_xlabel() for axes in figure.axes] == worst
    rows = {axes.get_subplotspec().rowspan.start for axes in figure.axes}
    assert panels % len(rows) == 0


def test_names_are_no_mathematics(tmp_path: Path) -> None:
    found, _ = evaluation(2)
    odd = ["$a^$", "$"]
    for k, draw in enumerate((plots.roc_curve, plots.precision_recall_curve, plots.calibration_curve)):
        plots.save_figure(draw(found, odd), tmp_path / f"{k}.png")
    numbers = NumberEvaluation(RNG.randn(1, 3), RNG.randn(1, 3), 1.0)
    plots.save_figure(plots.predicted_against_true(numbers, ["$a^$"]), tmp_path / "numbers.png")


@pytest.mark.parametrize(
    ("counts", "lines", "words"), [((205, 206, 207), 1, "0.33"), ((50, 100, 200), 3, "0.14 to 0.57")]
)
def test_base_rates_that_are_written_alike_have_one_line(
    counts: tuple[int, ...], lines: int, words: str
) -> None:
    labels = np.repeat(np.arange(3), counts)
    probabilities = RNG.dirichlet(np.ones(3), len(labels))
    found = Evaluation(labels, probabilities.argmax(axis=1), probabilities, 0.5)
    figure = plots.precision_recall_curve(found, ["a", "b", "c"])
    assert figure is not None
    axes = figure.axes[0]
    level = {line.get_ydata()[0] for line in axes.lines[3:]}
    assert len(level) == len(axes.lines[3:]) == lines
    assert max(level) == pytest.approx(max(counts) / len(labels), abs=0.005)
    assert texts_of(figure) == [f"chance: base rate {words}"]


@pytest.mark.parametrize("n_y", [1, 2, 3, 6])
@pytest.mark.parametrize("size", [1e-4, 1.0, 1e4, 3e5, 1e7])
def test_numbers_of_any_size_have_ticks_that_do_not_touch(n_y: int, size: float) -> None:
    targets = size * np.linspace(-1, 1, 40) * np.ones((n_y, 1))
    figure = plots.predicted_against_true(NumberEvaluation(targets, targets, 0.0))
    figure.draw_without_rendering()
    for axes in figure.axes:
        assert axes.xaxis.get_offset_text().get_text() == ""
        shown = [label for label in axes.get_xticklabels() if label.get_text()]
        boxes = [label.get_window_extent() for label in shown]
        inside = [box for box in boxes if axes.bbox.x0 <= (box.x0 + box.x1) / 2 <= axes.bbox.x1]
        assert len(inside) >= 2
        assert all(left.x1 < right.x0 for left, right in pairwise(inside))
