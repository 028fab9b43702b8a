"""Figures: files that open, pictures in notebooks, and no window."""

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import fit_model, load_data
from pellucid.errors import OptionError, OutputError
from pellucid.model import NumberEvaluation
from pellucid.report.dependence import partial_dependence
from pellucid.report.importance import permutation_importance
from pellucid.report.scores import score_named
from pellucid.training import lr_find

pytest.importorskip("matplotlib")
from matplotlib.text import Text

from pellucid import plots
from table_models import priced


@pytest.mark.parametrize(("kind", "head"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_figures_are_saved(tmp_path: Path, kind: str, head: bytes) -> None:
    plots.save_figure(plots.cost_curve([1.0, 0.5]), tmp_path / f"cost.{kind}")
    assert (tmp_path / f"cost.{kind}").read_bytes().startswith(head)


def test_figures_cannot_be_saved_anywhere(tmp_path: Path) -> None:
    figure = plots.cost_curve([1.0])
    with pytest.raises(OptionError, match=r"expected a name ending in \.png, \.svg or \.pdf"):
        plots.save_figure(figure, tmp_path / "cost.txt")
    with pytest.raises(OutputError):
        plots.save_figure(figure, tmp_path / "missing" / "cost.png")
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_shows_a_figure(tmp_path: Path) -> None:
    figure = plots.cost_curve([1.0, 0.5])
    shown = figure._repr_png_()
    assert shown.startswith(b"\x89PNG\r\n\x1a\n")
    figure.savefig(tmp_path / "same.png")
    assert (tmp_path / "same.png").read_bytes() == shown


def test_a_figure_can_be_pickled() -> None:
    figure = pickle.loads(pickle.dumps(plots.cost_curve([1.0, 0.5])))
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_ydata(), [1.0, 0.5])
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_pyplot_is_never_loaded() -> None:
    code = (
        "import sys; from pellucid import plots; plots.cost_curve([1.0])._repr_png_();"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def every_figure() -> list[Any]:
    train, _ = load_data("digits")
    fitted = fit_model(train, search="none", epochs=3)
    found, classes = fitted.model.evaluate(train), fitted.model.classes
    rows = np.random.RandomState(0).randn(2, 40)
    moons, _ = load_data("moons")
    model, table, answers = priced(60)
    importance = permutation_importance(model, table, answers, score_named(None, ()))
    return [
        plots.column_importance(importance),
        plots.column_dependence(partial_dependence(model, table, ["x", "city"]), ["price"]),
        plots.cost_curve([2.0, 0.001], validation_costs=[2.0, 0.01], best_epoch=1),
        plots.draw_learning_rates(lr_find(fitted.model.network, train, fitted.options)),
        plots.roc_curve(found, classes),
        plots.precision_recall_curve(found, classes),
        plots.calibration_curve(found, classes),
        plots.predicted_against_true(NumberEvaluation(rows, rows, 0.0)),
        plots.predicted_against_true(NumberEvaluation(rows[:1], rows[:1], 0.0)),
        plots.first_layer_weights(fitted.model),
        plots.wrong_answers(fitted.model, train, found),
        plots.decision_boundary(fit_model(moons, search="none", epochs=2).model, moons),
    ]


def test_no_text_is_mathematics() -> None:
    """matplotlib's parser of mathematics keeps its callers alive: the engine's predictors would leak."""
    figures = every_figure()
    assert len(figures) == len(plots.__all__) - 2 + 1
    for figure in figures:
        figure.draw_without_rendering()
        texts = {text.get_text() for text in figure.findobj(Text)}
        assert len(texts) > 3
        assert not [text for text in texts if "$" in text]


def test_a_drawn_regression_leaves_nothing_behind(tmp_path: Path) -> None:
    np.savez(tmp_path / "line.npz", X=np.arange(60.0).reshape(60, 1), y=np.arange(60.0) / 7)
    command = ["train", "line.npz", "--search", "none", "--epochs", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "pellucid", *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (tmp_path / "runs" / "train-1" / "predicted.png").exists()
    assert "leaked" not in done.stderr
