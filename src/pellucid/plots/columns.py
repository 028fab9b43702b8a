"""What a model of a table makes of its columns: their importance, and how the answers depend on them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.files.reading import shown
from pellucid.plots.figure import (
    BASELINE,
    COLOURS,
    DASHES,
    LINE_HEIGHT,
    MARKERS,
    SMALL,
    TITLE,
    few_ticks,
    new_figure,
    plain,
    tidy,
)
from pellucid.report.dependence import MOST_AVERAGED, Dependence
from pellucid.report.importance import Importance

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Columns with a bar each.
_MOST_BARS = 15
# The numbers of panels, and how many stand side by side.
_ACROSS = {1: 1, 2: 2, 3: 3, 4: 2, 5: 3, 6: 3}
# Characters of a name.
_LONG, _SHORT = 28, 14
# Characters, with blanks, of all names of categories that fit below a panel side by side.
_ROOM_FOR_NAMES = 30


def column_importance(importance: Importance | None) -> "Figure | None":
    """A bar for each column: how much worse the score is when the column is shuffled.

    Args:
        importance: as `permutation_importance` found it; at most fifteen columns are shown.

    Returns:
        None where there is nothing to show.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    if importance is None or not importance.columns:
        return None
    columns = importance.columns[:_MOST_BARS][::-1]
    more = len(importance.columns) + importance.left_out - len(columns)
    figure = new_figure(6.4, 1.5 + 1.5 * LINE_HEIGHT * len(columns))
    axes = figure.add_subplot()
    places = np.arange(len(columns))
    axes.barh(places, [one.drop for one in columns], 0.7, color=COLOURS[0])
    for place, one in zip(places, columns, strict=True):
        ends = (one.drop - one.deviation, one.drop + one.deviation)
        axes.plot(ends, (place, place), color="black", linewidth=1.4)
    axes.axvline(0, color=BASELINE, linewidth=1)
    axes.set_yticks(places, [plain(shown(one.column, _LONG)) for one in columns])
    score = importance.score
    verb = "falls" if score.greater_is_better else "rises"
    axes.set_xlabel(f"{score.label.replace('^2', '²')} {verb} by, from {importance.reference:.4g}")
    few_ticks(axes.xaxis, 6)
    repeats = len(columns[0].drops)
    note = f"each column shuffled {repeats} times in {importance.rows:,} rows; lines: deviation"
    tidy(axes, "Importance of the columns", f"{note}; {more} more" if more else note)
    axes.grid(False, axis="y")
    return figure


def column_dependence(dependence: Sequence[Dependence], names: Sequence[str]) -> "Figure | None":
    """A panel for each column: the mean answer if every row had one value there, for some values.

    Ticks at the lower end of a panel stand at the tenths of the rows: where there are few, the model has
    seen little. Columns of categories have a point for each, the size of which grows with its rows. All
    panels have one vertical axis.

    Args:
        dependence: as `partial_dependence` found it, at most six.
        names: of the classes, or of the number that is predicted. Of more than two classes those are shown
            that depend most on the columns.

    Returns:
        None where there is nothing to show.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    shown_ones = dependence[: max(_ACROSS)]
    if not shown_ones:
        return None
    across = _ACROSS[len(shown_ones)]
    down = -(-len(shown_ones) // across)
    figure = new_figure(max(5.0, 3.3 * across), 0.9 + 2.9 * down)
    panels = figure.subplots(down, across, sharey=True, squeeze=False).ravel()
    outputs = _most_dependent(shown_ones)
    for axes, one in zip(panels, shown_ones, strict=False):
        _panel(axes, one, outputs, names)
        axes.set_xlabel(plain(shown(one.column, _LONG)), fontsize=SMALL + 1)
        tidy(axes)
        if one.kind == "category":
            axes.grid(False, axis="x")
    few_ticks(panels[0].yaxis, 6)
    for axes in panels[len(shown_ones) :]:
        axes.set_visible(False)
    for axes in panels[::across]:
        axes.set_ylabel(_answer(len(shown_ones[0].answers), names))
    if len(outputs) > 1:
        lines, labels = panels[0].get_legend_handles_labels()
        figure.legend(lines, labels, loc="outside right upper", fontsize=SMALL, frameon=False)
    title = "How the answers depend on the columns"
    figure.suptitle(title, fontsize=TITLE, fontweight="bold", ha="left", x=0.02)
    figure.supxlabel(_note(shown_ones), fontsize=SMALL, color=BASELINE, ha="left", x=0.02)
    return figure


def _note(dependence: Sequence[Dependence]) -> str:
    kinds = {"category" if one.kind == "category" else "number" for one in dependence}
    words = {"number": "ticks: tenths of the rows", "category": "size of a point: its rows"}
    told = [f"mean over at most {MOST_AVERAGED} rows", *(words[kind] for kind in sorted(kinds))]
    return "; ".join(told)


def _answer(count: int, names: Sequence[str]) -> str:
    """What the vertical axis shows."""
    if count > 1:
        return "mean probability"
    if len(names) == 2:
        return f"mean probability of {plain(shown(names[1], _SHORT))}"
    return f"mean {plain(shown(names[0], _LONG))}" if names and names[0] else "mean answer"


def _most_dependent(dependence: Sequence[Dependence]) -> list[int]:
    """The outputs that change most over all columns, at most one for each colour, in their order."""
    spans = np.max([np.ptp(one.answers, axis=1) for one in dependence], axis=0)
    return sorted(np.argsort(-spans, kind="stable")[: len(COLOURS)].tolist())


def _panel(axes: "Axes", one: Dependence, outputs: Sequence[int], names: Sequence[str]) -> None:
    for place, k in enumerate(outputs):
        style: dict[str, Any] = {"color": COLOURS[place]}
        if len(outputs) > 1:
            style["label"] = plain(shown(names[k], _SHORT))
        if one.kind == "category":
            sizes = 16 + 120 * one.shares
            axes.scatter(range(len(one.values)), one.answers[k], sizes, marker=MARKERS[place], **style)
        else:
            axes.plot(one.numbers, one.answers[k], linewidth=1.8, linestyle=DASHES[place], **style)
    if one.kind == "category":
        words = ["(missing)" if text is None else shown(text, _SHORT) for text in one.values]
        turned: dict[str, Any] = {}
        if sum(len(word) + 1 for word in words) > _ROOM_FOR_NAMES:
            turned = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
        axes.set_xticks(range(len(words)), [plain(word) for word in words], **turned)
        axes.set_xlim(-0.6, len(words) - 0.4)
        return
    low, high = one.numbers[0], one.numbers[-1]
    tenths = np.quantile(one.rows, np.linspace(0, 1, 11))
    inside = tenths[(tenths >= low) & (tenths <= high)]
    axes.vlines(inside, 0, 0.05, color=BASELINE, linewidth=1, transform=axes.get_xaxis_transform())
    if one.kind == "number":
        few_ticks(axes.xaxis, 5)
    else:
        # A date is as wide as half a panel.
        axes.set_xticks(one.numbers[[0, -1]], [plain(shown(str(one.values[i]), _SHORT)) for i in (0, -1)])
        first, last = axes.get_xticklabels()
        first.set_horizontalalignment("left")
        last.set_horizontalalignment("right")
