"""Pictures of columns: what they show is what was computed."""

import numpy as np
import pytest

from pellucid.report.dependence import partial_dependence
from pellucid.report.importance import ColumnImportance, Importance, permutation_importance
from pellucid.report.scores import CLASS_SCORES, NUMBER_SCORES
from table_models import levelled, priced

pytest.importorskip("matplotlib")

from pellucid import plots


def test_a_bar_for_each_column() -> None:
    model, table, answers = levelled()
    found = permutation_importance(model, table, answers, CLASS_SCORES["roc_auc"])
    assert found is not None
    figure = plots.column_importance(found)
    assert figure is not None
    [axes] = figure.axes
    assert [bar.get_width() for bar in axes.patches] == [one.drop for one in found.columns[::-1]]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        one.column for one in found.columns[::-1]
    ]
    assert axes.get_xlabel().startswith("ROC AUC falls by, from 0.9")
    figure.draw_without_rendering()


def test_of_many_columns_the_strongest_are_shown() -> None:
    columns = tuple(
        ColumnImportance(f"column ${i}$ with a long long long name", (1.0 / (i + 1),)) for i in range(40)
    )
    figure = plots.column_importance(Importance(NUMBER_SCORES["rmse"], 3.0, columns, 500, left_out=7))
    assert figure is not None
    [axes] = figure.axes
    assert len(axes.patches) == 15
    assert axes.patches[-1].get_width() == 1.0
    assert "rises by" in axes.get_xlabel()
    assert any("32 more" in text.get_text() for text in axes.texts)
    figure.draw_without_rendering()


def test_nothing_to_show() -> None:
    assert plots.column_importance(None) is None
    assert plots.column_importance(Importance(NUMBER_SCORES["r2"], 0.0, (), 5)) is None
    assert plots.column_dependence((), ("price",)) is None


def test_a_panel_for_each_column() -> None:
    model, table, _ = priced()
    found = partial_dependence(model, table, ["x", "city", "noise"])
    figure = plots.column_dependence(found, ["price"])
    assert figure is not None
    x, city, noise = figure.axes
    assert [axes.get_xlabel() for axes in figure.axes] == ["x", "city", "noise"]
    assert x.get_ylabel() == "mean price"
    np.testing.assert_allclose(x.lines[0].get_xydata().T, [found[0].numbers, found[0].answers[0]])
    np.testing.assert_allclose(city.collections[0].get_offsets()[:, 1], found[1].answers[0])
    assert [label.get_text() for label in city.get_xticklabels()] == list(found[1].values)
    assert x.get_ylim() == noise.get_ylim()
    figure.draw_without_rendering()


@pytest.mark.parametrize("K", [2, 3, 10])
def test_classes_are_lines(K: int) -> None:
    model, table, _ = levelled(300, K)
    found = partial_dependence(model, table, ["x", "city", "noise", "day"])
    figure = plots.column_dependence(found, model.classes)
    assert figure is not None
    assert len(figure.axes) == 4
    lines = figure.axes[0].lines
    assert len(lines) == (1 if K == 2 else min(K, 6))
    assert figure.axes[0].get_ylabel() == ("mean probability of level 1" if K == 2 else "mean probability")
    assert len(figure.legends) == (K > 2)
    words = [label.get_text() for label in figure.axes[1].get_xticklabels()]
    assert "(missing)" in words
    days = [label.get_text() for label in figure.axes[3].get_xticklabels()]
    assert days == [found[3].values[0], found[3].values[-1]]
    figure.draw_without_rendering()
