"""Contact sheets: drawn from real models, they hold what they should."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import DeepNetwork, Evaluation, Model, Recipe
from pellucid.data.dataset import Dataset
from pellucid.errors import DataError

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
    dataset = Dataset(X, Y.astype(float), classes=model.classes, recipe=recipe)
    return model, dataset, model.evaluate(dataset)


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
    assert figure.axes[0].get_title() == f"{label} ({sureness.max():.0%})"
    assert figure.axes[0].get_xlabel() == f"true: {model.classes[evaluation.labels[surest]]}"


@pytest.mark.parametrize("most", range(1, 41))
def test_a_sheet_has_full_rows(pictures: Any, most: int) -> None:
    model, dataset, _ = pictures
    wrong = np.arange(dataset.m) % 2
    labels, predicted = np.resize(wrong, 80), np.resize(1 - wrong, 80)
    many = Dataset(
        np.resize(dataset.X, (dataset.n_x, 80)), None, classes=model.classes, recipe=model.recipe
    )
    evaluation = Evaluation(labels, predicted, np.full((80, 2), 0.5), 0.5)
    figure = plots.wrong_answers(model, many, evaluation, most=most)
    assert figure is not None
    rows: dict[float, int] = {}
    for axes in figure.axes:
        height = round(axes.get_position().y0, 6)
        rows[height] = rows.get(height, 0) + 1
    *full, last = (count for _, count in sorted(rows.items(), reverse=True))
    lacking = full[0] - last if full else 0
    assert lacking <= 3
    # The place that is left says how a picture is read.
    assert (figure.texts[-1].get_text().startswith("above")) == (lacking > 0)


def test_the_sheet_of_wrong_answers_has_a_baseline(pictures: Any) -> None:
    model, dataset, evaluation = pictures
    figure = plots.wrong_answers(model, dataset, evaluation)
    frequent = max(np.mean(evaluation.labels), 1 - np.mean(evaluation.labels))
    note = f"accuracy {evaluation.accuracy:.1%}; always the most frequent class: {frequent:.1%}"
    assert figure.texts[1].get_text() == note


@pytest.mark.parametrize("most", [1, 3, 7, 40])
def test_nothing_on_a_contact_sheet_hides_another_thing(pictures: Any, most: int) -> None:
    model, dataset, evaluation = pictures
    for figure in (
        plots.wrong_answers(model, dataset, evaluation, most=most),
        plots.first_layer_weights(model, most=most),
    ):
        figure.draw_without_rendering()
        boxes = [
            *(text.get_window_extent() for text in figure.texts),
            *(axes.get_tightbbox() for axes in figure.axes),
        ]
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


def test_first_layer_weights(pictures: Any) -> None:
    model, _, _ = pictures
    figure = plots.first_layer_weights(model)
    *places, bar = figure.axes
    assert len(places) == 3
    assert (bar.get_xlim(), "largest of its unit" in bar.get_xlabel()) == ((-1, 1), True)
    for axes, weights in zip(places, model.parameters["W1"], strict=True):
        scaled = (weights / np.abs(weights).max()).reshape(model.recipe.shape)
        image = axes.images[0]
        if scaled.ndim == 3:
            np.testing.assert_allclose(image.get_array(), (scaled + 1) / 2)
        else:
            np.testing.assert_allclose(image.get_array(), scaled)
            assert image.get_clim() == (-1, 1)
            # In grey, a larger weight is lighter.
            colours = image.get_cmap()(np.linspace(0, 1, 64))[:, :3]
            assert (np.diff(colours @ [0.299, 0.587, 0.114]) > 0).all()


def test_numbers_have_no_pictures() -> None:
    X = RNG.randn(2, 40)
    net = DeepNetwork([2, 3, 1], num_iterations=2).fit(X, (X[:1] > 0).astype(int))
    model = net.to_model()
    dataset = Dataset(X, (X[:1] < 0).astype(float), classes=model.classes, recipe=model.recipe)
    assert plots.wrong_answers(model, dataset, model.evaluate(dataset)) is None
    with pytest.raises(DataError, match=r"expected pictures"):
        plots.first_layer_weights(model)
