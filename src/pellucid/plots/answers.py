"""Quality of predictions: ROC, precision and recall, calibration; predicted against true numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid import metrics
from pellucid.model import Evaluation, NumberEvaluation
from pellucid.plots.figure import BASELINE, COLOURS, DASHES, SMALL, few_ticks, new_figure, plain, tidy
from pellucid.report.intervals import wilson_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = np.ndarray[Any, Any]

# The numbers of outputs that fill a grid of panels, and the number of its columns.
_PANELS = {1: 1, 2: 2, 3: 3, 4: 2, 6: 3}


@dataclass(frozen=True)
class _Curve:
    """The curve of one class against the rest.

    Attributes:
        name: of the class.
        area: under the curve.
        base_rate: the share of the examples that belong to the class.
        x: (k,), from 0 to 1.
        y: (k,), from 0 to 1.
    """

    name: str
    area: float
    base_rate: float
    x: Floats
    y: Floats


def roc_curve(evaluation: Evaluation, classes: Sequence[str]) -> "Figure | None":
    """True positives over false positives, at every threshold; the area is ROC AUC.

    Args:
        evaluation: of a model on labelled examples.
        classes: their names. Of two classes the second is the positive one; of more, each is compared with
            the rest.

    Returns:
        The figure; of many classes those with the smallest areas are drawn. None if all examples belong to
        one class, for which there is no curve.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    curves = []
    for name, true, scores in _separable(evaluation, classes):
        false_positive, true_positive = metrics.roc_curve(true, scores)
        area = float(np.trapezoid(true_positive, false_positive))
        curves.append(_Curve(name, area, float(np.mean(true)), false_positive, true_positive))
    if not curves:
        return None
    figure = _square("ROC curve", curves, ("false positive rate", "true positive rate"), "lower right")
    _diagonal(figure.axes[0], "chance: area 0.5")
    return figure


def precision_recall_curve(evaluation: Evaluation, classes: Sequence[str]) -> "Figure | None":
    """Precision over recall, at every threshold; the area is average precision. See `roc_curve`.

    A dotted line shows the base rate, the share of the class, which is the precision of predictions by
    chance. Classes of about the same share have one line.
    """
    curves = []
    for name, true, scores in _separable(evaluation, classes):
        recall, precision = metrics.precision_recall_curve(true, scores)
        area = float(-np.sum(np.diff(recall) * precision[:-1]))
        curves.append(_Curve(name, area, float(np.mean(true)), recall, precision))
    if not curves:
        return None
    figure = _square("Precision and recall", curves, ("recall", "precision"), "lower left")
    axes = figure.axes[0]
    for line in axes.lines:
        # Precision jumps from threshold to threshold, without values in between.
        line.set_drawstyle("steps-post")
    rates = [curve.base_rate for curve in curves]
    words = " to ".join(dict.fromkeys(f"{rate:.2f}" for rate in (min(rates), max(rates))))
    # Overlapping dotted lines would blur: rates with the same digits share one line.
    alike = " to " not in words
    for line, curve in list(zip(axes.lines, _hardest(curves), strict=True))[: 1 if alike else None]:
        rate, colour = (float(np.mean(rates)), BASELINE) if alike else (curve.base_rate, line.get_color())
        axes.axhline(rate, color=colour, linewidth=1, linestyle=":")
    # Curves are above chance, so there is space below the line, unless the line is near 0.
    below = min(rates) > 0.08
    axes.annotate(
        f"chance: base rate {words}",
        (0.0, min(rates) if below else max(rates)),
        xytext=(0, -4 if below else 4),
        textcoords="offset points",
        va="top" if below else "bottom",
        color=BASELINE,
        fontsize=SMALL,
    )
    return figure


def calibration_curve(evaluation: Evaluation, classes: Sequence[str]) -> "Figure":
    """The observed share of predictions that came true against the predicted probability, with counts.

    Vertical lines are 95 % intervals (Wilson's) of the observed share: long if there are few examples.

    Args:
        evaluation: of a model on labelled examples.
        classes: their names: of two classes the second is examined, of more the predicted class.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    calibration = metrics.calibration_of(evaluation.labels, evaluation.probabilities)
    of_class = f"of {plain(classes[1])}" if len(classes) == 2 else "of the predicted class"
    figure = new_figure(5.2, 5.8)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3.4, 1))
    _diagonal(above)
    points: dict[str, Any] = {"marker": "o", "markersize": 5, "linestyle": ""}
    above.plot(calibration.predicted, calibration.observed, color=COLOURS[0], **points)
    low, high = wilson_interval(calibration.observed, calibration.counts)
    above.vlines(calibration.predicted, low, high, color=COLOURS[0], linewidth=1.2, alpha=0.6)
    above.set(ylabel="share that came true", ylim=(-0.03, 1.03))
    # A good model has its points on the diagonal, which leaves no space for a label there.
    note = f"off by {calibration.error:.3f} on average; dashed: perfect; upright lines: 95 % intervals"
    tidy(above, "Calibration", note)
    left, right = calibration.ranges.T
    bars: dict[str, Any] = {"align": "edge", "color": COLOURS[0], "edgecolor": "white"}
    below.bar(left, calibration.counts, width=right - left, **bars)
    below.set(xlabel=f"probability {of_class}", ylabel="examples", xlim=(-0.03, 1.03))
    below.yaxis.set_major_formatter("{x:,.0f}")
    tidy(below)
    return figure


def predicted_against_true(evaluation: NumberEvaluation, names: Sequence[str] = ()) -> "Figure":
    """Every example as a point: its true number on the x axis, its predicted number on the y axis.

    Exact predictions are on the diagonal; a dotted line is the mean of the true numbers, the best constant
    prediction.

    Args:
        evaluation: of a model that predicts numbers.
        names: of the n_y outputs, if they have any.

    Returns:
        The figure, with a panel for each output; of many outputs the six with the lowest R^2.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    targets, predicted = evaluation.targets, evaluation.predicted
    n_y, m = targets.shape
    scores = [metrics.r2_score(targets[k : k + 1], predicted[k : k + 1]) for k in range(n_y)]
    shown = max(count for count in _PANELS if count <= n_y)
    worst = sorted(sorted(range(n_y), key=lambda k: scores[k])[:shown])
    columns = _PANELS[shown]
    side = 4.8 if columns == 1 else 7.2 / columns
    figure = new_figure(side * columns, side * (shown // columns) + 0.6)
    # A small panel full of points has no space for labels of lines.
    lines = "dashed: predicted = true; dotted: the mean, R² 0"
    for axes, k in zip(figure.subplots(shown // columns, columns, squeeze=False).flat, worst, strict=True):
        name = plain(names[k]) if names else f"output {k + 1}" if n_y > 1 else "number"
        _panel(axes, targets[k], predicted[k], name, small=columns > 1)
        if n_y == 1:
            tidy(axes, f"R² {scores[k]:.3f}, {m:,} examples", lines)
        else:
            tidy(axes, f"R² {scores[k]:.3f}")
    if n_y > 1:
        which = f", the {shown} of {n_y} outputs with the lowest" if shown < n_y else ""
        title = f"R² {evaluation.r2:.3f} on average{which}, {m:,} examples\n{lines}"
        figure.suptitle(title, fontsize=SMALL + 1, ha="left", x=0.02)
    return figure


def _panel(axes: "Axes", targets: Floats, predicted: Floats, name: str, small: bool) -> None:
    """The points of one output, on two axes with the same scale."""
    low, high = (float(f((f(targets), f(predicted)))) for f in (np.min, np.max))
    margin = 0.04 * (high - low) or 1.0
    ends = (low - margin, high + margin)
    # Rasterized: as vectors, thousands of points would take megabytes.
    axes.scatter(
        targets,
        predicted,
        s=12 if len(targets) < 1000 else 6,
        alpha=0.5 if len(targets) < 1000 else 0.25,
        color=COLOURS[0],
        linewidths=0,
        rasterized=True,
    )
    axes.plot(ends, ends, color=BASELINE, linewidth=1, linestyle="--")
    axes.axhline(float(np.mean(targets)), color=BASELINE, linewidth=1, linestyle=":")
    axes.set(xlim=ends, ylim=ends, aspect="equal", xlabel=f"true {name}", ylabel=f"predicted {name}")
    for axis in (axes.xaxis, axes.yaxis):
        few_ticks(axis, 4 if small else 6)


def _diagonal(axes: "Axes", text: str = "") -> None:
    """The diagonal from 0 to 1, with a label along it."""
    axes.plot((0, 1), (0, 1), color=BASELINE, linewidth=1, linestyle="--", zorder=1.5)
    options: dict[str, Any] = {"rotation": 45, "rotation_mode": "anchor", "transform_rotates_text": True}
    axes.text(0.68, 0.65, text, ha="center", va="top", color=BASELINE, fontsize=SMALL, **options)


def _separable(evaluation: Evaluation, classes: Sequence[str]) -> list[tuple[str, Floats, Floats]]:
    """Name, truth (m,) and probability (m,) of each class that some examples have and some do not."""
    positive = range(1, 2) if len(classes) == 2 else range(len(classes))
    pairs = [(classes[k], evaluation.labels == k, evaluation.probabilities[:, k]) for k in positive]
    return [(name, true, scores) for name, true, scores in pairs if 0 < np.count_nonzero(true) < len(true)]


def _hardest(curves: Sequence[_Curve]) -> list[_Curve]:
    """The curves with the smallest areas, at most one for each colour."""
    return sorted(curves, key=lambda curve: curve.area)[: len(COLOURS)]


def _square(title: str, curves: Sequence[_Curve], labels: tuple[str, str], free: Any) -> "Figure":
    """Axes from 0 to 1 with the hardest curves; their areas in a free corner, or beside the axes.

    Args:
        title: above the curves.
        curves: of all classes.
        labels: of the x and the y axis.
        free: the corner that good curves leave free.
    """
    shown = _hardest(curves)
    many = len(shown) > 1
    figure = new_figure(6.6 if many else 5, 5)
    axes = figure.add_subplot()
    for curve, colour, dashes in zip(shown, COLOURS, DASHES, strict=False):
        label = f"{plain(curve.name)}: area {curve.area:.3f}"
        axes.plot(curve.x, curve.y, color=colour, linewidth=1.8, linestyle=dashes, label=label)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal", xlabel=labels[0], ylabel=labels[1])
    note = f"the {len(shown)} hardest of {len(curves)} classes" if len(shown) < len(curves) else ""
    tidy(axes, title, note)
    if many:
        axes.legend(fontsize=SMALL, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    else:
        axes.legend(fontsize=SMALL, loc=free, frameon=False)
    return figure
