"""What answers are worth: ROC, precision and recall, calibration; predicted against true numbers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid import metrics
from pellucid.model import Evaluation, NumberEvaluation
from pellucid.plots.figure import COLOURS, new_figure, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = np.ndarray[Any, Any]

# As many curves as there are colours that can be told apart.
_MOST_CURVES = len(COLOURS)


def roc_curve(evaluation: Evaluation, classes: Sequence[str]) -> "Figure | None":
    """True positives over false positives, at every threshold; the area is ROC AUC.

    Args:
        evaluation: what a model made of labelled examples.
        classes: their names. For two the second is the positive one; for more, each is told from the rest.

    Returns:
        The figure; of many classes those with the smallest areas are drawn. None where all examples are
        of one class, and there is no curve.

    Raises:
        MissingPackageError: scikit-learn or matplotlib is not installed.
    """
    curves = []
    for name, true, scores in _told_apart(evaluation, classes):
        false_positive, true_positive = metrics.roc_curve(true, scores)
        area = float(np.trapezoid(true_positive, false_positive))
        curves.append((area, name, false_positive, true_positive))
    figure = _curves("ROC curve", curves, len(classes))
    if figure is not None:
        axes = figure.axes[0]
        axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle="--")
        axes.set(xlabel="false positive rate", ylabel="true positive rate")
    return figure


def precision_recall_curve(evaluation: Evaluation, classes: Sequence[str]) -> "Figure | None":
    """Precision over recall, at every threshold; the area is average precision. See `roc_curve`."""
    curves = []
    for name, true, scores in _told_apart(evaluation, classes):
        recall, precision = metrics.precision_recall_curve(true, scores)
        area = float(-np.sum(np.diff(recall) * precision[:-1]))
        curves.append((area, name, recall, precision))
    figure = _curves("Precision and recall", curves, len(classes))
    if figure is not None:
        # Precision jumps from threshold to threshold: it is not what lies between.
        for line in figure.axes[0].lines:
            line.set_drawstyle("steps-post")
        figure.axes[0].set(xlabel="recall", ylabel="precision")
    return figure


def calibration_curve(evaluation: Evaluation, classes: Sequence[str]) -> "Figure":
    """What came true of what was predicted, and how many examples that was counted on.

    Args:
        evaluation: what a model made of labelled examples.
        classes: their names: for two the second is judged, for more the one that was predicted.

    Raises:
        MissingPackageError: scikit-learn or matplotlib is not installed.
    """
    found = metrics.calibration_of(evaluation.labels, evaluation.probabilities)
    what = f"of {plain(classes[1])}" if len(classes) == 2 else "of the predicted class"
    figure = new_figure(5, 5.6)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    above.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle="--", label="what is said comes true")
    above.plot(found.predicted, found.observed, color=COLOURS[0], marker="o", label="this model")
    above.set(
        title=f"Calibration, {found.error:.3f} off on average",
        ylabel="share that came true",
        ylim=(-0.03, 1.03),
    )
    above.legend(fontsize=8, loc="upper left")
    low, high = found.ranges.T
    below.bar(low, found.counts, width=high - low, align="edge", color=COLOURS[0], edgecolor="white")
    below.set(xlabel=f"probability {what}", ylabel="examples", xlim=(-0.03, 1.03))
    for axes in (above, below):
        axes.grid(alpha=0.25)
        axes.set_axisbelow(True)
    return figure


def predicted_against_true(evaluation: NumberEvaluation, names: Sequence[str] = ()) -> "Figure":
    """Every example as a point, its true number to the right and its predicted one upwards.

    Args:
        evaluation: what a model that predicts numbers made of examples.
        names: of the n_y outputs, if they have any.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    targets, predicted = evaluation.targets, evaluation.predicted
    figure = new_figure(5.2, 5)
    axes = figure.add_subplot()
    ends = [float(f(values)) for f, values in ((np.min, targets), (np.max, targets))]
    axes.plot(ends, ends, color="grey", linewidth=0.8, linestyle="--")
    shown = min(len(targets), _MOST_CURVES)
    for k in range(shown):
        label = plain(names[k]) if names else f"output {k + 1}"
        # Thousands of points in a drawing of lines would be a file of megabytes.
        options: dict[str, Any] = {"s": 10, "alpha": 0.4, "linewidths": 0, "rasterized": True}
        axes.scatter(targets[k], predicted[k], color=COLOURS[k], label=label, **options)
    if len(targets) > 1:
        axes.legend(fontsize=8)
    what = plain(names[0]) if len(names) == 1 else "number"
    more = f", {shown} of {len(targets)} outputs" if shown < len(targets) else ""
    axes.set(
        title=f"R$^2$ {evaluation.r2:.3f}, {targets.shape[1]} examples{more}",
        xlabel=f"true {what}",
        ylabel=f"predicted {what}",
    )
    axes.grid(alpha=0.25)
    return figure


def _told_apart(evaluation: Evaluation, classes: Sequence[str]) -> list[tuple[str, Floats, Floats]]:
    """Name, truth (m,) and probability (m,) of each class that can be told from the rest."""
    told = range(1, 2) if len(classes) == 2 else range(len(classes))
    pairs = [(classes[k], evaluation.labels == k, evaluation.probabilities[:, k]) for k in told]
    return [(name, true, scores) for name, true, scores in pairs if 0 < np.count_nonzero(true) < len(true)]


def _curves(title: str, curves: list[tuple[float, str, Floats, Floats]], n_classes: int) -> "Figure | None":
    """A square with a curve for each (area, name, x, y)."""
    if not curves:
        return None
    shown = sorted(curves, key=lambda curve: curve[0])[:_MOST_CURVES]
    if len(shown) < len(curves):
        title += f": the {len(shown)} hardest of {n_classes} classes"
    figure = new_figure(5, 5)
    axes = figure.add_subplot()
    for colour, (area, name, x, y) in zip(COLOURS, shown, strict=False):
        axes.plot(x, y, color=colour, linewidth=1.5, label=f"{plain(name)}: area {area:.3f}")
    axes.set(title=title, xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    axes.grid(alpha=0.25)
    axes.legend(fontsize=8)
    return figure
