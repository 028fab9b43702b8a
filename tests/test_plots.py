"""Pictures: each is drawn from a real model, holds what it should, and is a file that opens."""

import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import DeepNetwork, Evaluation, Model, Recipe
from pellucid.data.dataset import Dataset, one_hot
from pellucid.errors import DataError, OptionError, OutputError

pytest.importorskip("matplotlib")
from pellucid import plots

RNG = np.random.RandomState(0)


@pytest.fixture(scope="module", params=["colour", "grey"])
def pictures(request: pytest.FixtureRequest) -> tuple[Model, Dataset, Evaluation]:
    shape = (6, 5, 3) if request.param == "colour" else (6, 5)
    rows = RNG.randint(0, 256, (30, *shape)).astype(np.uint8)
    recipe = Recipe.for_rows(rows)
    Y = RNG.randint(0, 2, (1, 30))
    X = recipe.columns(rows)
    net = DeepNetwork([recipe.n_x, 3, 1], num_iterations=3).fit(X, Y, classes=["dog", "cat"], recipe=recipe)
    model = net.to_model()
    dataset = Dataset(X, Y.astype(float), model.classes, recipe)
    return model, dataset, model.evaluate(dataset)


@pytest.fixture(scope="module", params=[2, 3])
def plane(request: pytest.FixtureRequest) -> tuple[Model, Dataset]:
    X = RNG.randn(2, 40)
    labels = (X[0] > 0).astype(int) + (request.param == 3) * (X[1] > 0)
    n_y = 1 if request.param == 2 else 3
    net = DeepNetwork([2, 5, n_y], num_iterations=50).fit(X, labels.reshape(1, -1))
    model = net.to_model()
    return model, Dataset(X, one_hot(labels, request.param), model.classes, model.recipe)


def test_cost_curve_holds_every_cost() -> None:
    costs = [0.7, 0.5, 0.4, 0.35]
    axes = plots.cost_curve(costs).axes[0]
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), costs)
    assert axes.get_ylim()[0] == 0
    with pytest.raises(DataError, match="no costs to draw"):
        plots.cost_curve([])


def test_wrong_answers_show_the_surest_mistakes_first(pictures: Any) -> None:
    model, dataset, evaluation = pictures
    figure = plots.wrong_answers(model, dataset, evaluation, most=5)
    assert len(evaluation.wrong) > 5
    assert len(figure.axes) == 5
    sureness = evaluation.probabilities[evaluation.wrong, evaluation.predicted[evaluation.wrong]]
    surest = evaluation.wrong[np.argmax(sureness)]
    np.testing.assert_array_equal(
        figure.axes[0].images[0].get_array(), model.recipe.pictures(dataset.X[:, [surest]])[0]
    )
    label = model.classes[evaluation.predicted[surest]]
    assert figure.axes[0].get_title() == f"{label} {sureness.max():.0%}"
    assert figure.axes[0].get_xlabel() == f"true: {model.classes[evaluation.labels[surest]]}"


@pytest.mark.parametrize("most", [1, 3, 40])
def test_nothing_on_a_contact_sheet_hides_another_thing(pictures: Any, most: int) -> None:
    model, dataset, evaluation = pictures
    for figure in (
        plots.wrong_answers(model, dataset, evaluation, most=most),
        plots.first_layer_weights(model, most=most),
    ):
        figure.draw_without_rendering()
        boxes = [figure._suptitle.get_window_extent(), *(axes.get_tightbbox() for axes in figure.axes)]
        for k, box in enumerate(boxes):
            assert (box.min >= 0).all()
            assert (box.max <= figure.bbox.max).all()
            assert box.count_overlaps(boxes[k + 1 :]) == 0


def test_names_of_classes_are_no_mathematics(pictures: Any, tmp_path: Path) -> None:
    model, dataset, evaluation = pictures
    odd = replace(model, classes=("$a^$", "$"))
    figure = plots.wrong_answers(odd, dataset, evaluation)
    plots.save_figure(figure, tmp_path / "wrong.png")


def test_nothing_wrong_needs_no_sheet(pictures: Any) -> None:
    model, dataset, evaluation = pictures
    right = Evaluation(evaluation.predicted, evaluation.predicted, evaluation.probabilities, 0.0)
    assert plots.wrong_answers(model, dataset, right) is None


def test_numbers_have_no_contact_sheet(plane: Any) -> None:
    model, dataset = plane
    assert plots.wrong_answers(model, dataset, model.evaluate(dataset)) is None


def test_decision_boundary(plane: Any) -> None:
    model, dataset = plane
    axes = plots.decision_boundary(model, dataset, steps=20).axes[0]
    shown = [
        len(collection.get_offsets())
        for collection in axes.collections
        if len(collection.get_offsets()) > 1
    ]
    assert sum(shown) == 40
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(model.classes)


def test_a_boundary_is_filled_by_what_the_model_says(plane: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.axes import Axes

    filled: list[Any] = []
    contourf = Axes.contourf

    def watched(axes: Axes, xs: Any, ys: Any, field: Any, **options: Any) -> Any:
        filled.append((xs, ys, field, contourf(axes, xs, ys, field, **options)))
        return filled[-1][-1]

    monkeypatch.setattr(Axes, "contourf", watched)
    model, dataset = plane
    figure = plots.decision_boundary(model, dataset, steps=9)
    [(xs, ys, field, drawn)] = filled
    said = model.predict_proba(np.array([[x, y] for y in ys for x in xs])).reshape(9, 9, -1)
    if len(model.classes) == 2:
        np.testing.assert_array_equal(field, said[:, :, 1])
        assert figure.axes[1].get_ylabel() == f"probability of {model.classes[1]}"
        # Sure of class 1 is red, as its points are; sure of class 0 is blue.
        (low, high), points = drawn.get_facecolor()[[0, -1]], figure.axes[0].collections[-2:]
        assert low[2] > low[0]
        assert high[0] > high[2]
        assert points[0].get_facecolor()[0][2] > points[0].get_facecolor()[0][0]
        assert points[1].get_facecolor()[0][0] > points[1].get_facecolor()[0][2]
    else:
        np.testing.assert_array_equal(field, said.argmax(axis=2))
        for k, points in enumerate(figure.axes[0].collections[-3:]):
            np.testing.assert_allclose(drawn.get_facecolor()[k][:3], points.get_facecolor()[0][:3])
    for k, points in enumerate(figure.axes[0].collections[-len(model.classes) :]):
        np.testing.assert_array_equal(
            points.get_offsets(), model.recipe.rows(dataset.X)[dataset.labels == k]
        )


def test_first_layer_weights(pictures: Any) -> None:
    model, _, _ = pictures
    figure = plots.first_layer_weights(model)
    assert len(figure.axes) == 3
    for axes, weights in zip(figure.axes, model.parameters["W1"], strict=True):
        scaled = (weights / np.abs(weights).max()).reshape(model.recipe.shape)
        image = axes.images[0]
        if scaled.ndim == 3:
            np.testing.assert_allclose(image.get_array(), (scaled + 1) / 2)
        else:
            np.testing.assert_allclose(image.get_array(), scaled)
            assert image.get_clim() == (-1, 1)


def test_pictures_of_the_wrong_model_are_refused(pictures: Any, plane: Any) -> None:
    with pytest.raises(DataError, match=r"expected pictures"):
        plots.first_layer_weights(plane[0])
    with pytest.raises(DataError, match=r"inputs; a boundary can be drawn for two"):
        plots.decision_boundary(pictures[0], pictures[1])


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
