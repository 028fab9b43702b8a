"""The decision boundary: drawn from real models, filled by what they say."""

from typing import Any

import numpy as np
import pytest

from pellucid import DeepNetwork, Model
from pellucid.data.dataset import Dataset, one_hot
from pellucid.errors import DataError

pytest.importorskip("matplotlib")
from pellucid import plots

RNG = np.random.RandomState(0)


@pytest.fixture(scope="module", params=[2, 3])
def plane(request: pytest.FixtureRequest) -> tuple[Model, Dataset]:
    X = RNG.randn(2, 40)
    labels = (X[0] > 0).astype(int) + (request.param == 3) * (X[1] > 0)
    n_y = 1 if request.param == 2 else 3
    net = DeepNetwork([2, 5, n_y], num_iterations=50).fit(X, labels.reshape(1, -1))
    model = net.to_model()
    return model, Dataset(X, one_hot(labels, request.param), classes=model.classes, recipe=model.recipe)


def test_decision_boundary(plane: Any) -> None:
    model, dataset = plane
    figure = plots.decision_boundary(model, dataset, steps=20)
    axes = figure.axes[0]
    shown = [
        len(collection.get_offsets())
        for collection in axes.collections
        if len(collection.get_offsets()) > 1
    ]
    assert sum(shown) == 40
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(model.classes)


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
        # Sure of class 1 is blue, as its points are; sure of class 0 is orange.
        (low, high), points = drawn.get_facecolor()[[0, -1]], figure.axes[0].collections[-2:]
        assert low[0] > low[2]
        assert high[2] > high[0]
        assert points[0].get_facecolor()[0][0] > points[0].get_facecolor()[0][2]
        assert points[1].get_facecolor()[0][2] > points[1].get_facecolor()[0][0]
        # In grey, the field grows darker all the way.
        assert (np.diff(drawn.get_facecolor()[:, :3] @ [0.299, 0.587, 0.114]) < 0).all()
    else:
        np.testing.assert_array_equal(field, said.argmax(axis=2))
        for k, points in enumerate(figure.axes[0].collections[-3:]):
            np.testing.assert_allclose(drawn.get_facecolor()[k][:3], points.get_facecolor()[0][:3])
    markers = [
        points.get_paths()[0].vertices for points in figure.axes[0].collections[-len(model.classes) :]
    ]
    assert len({len(marker) for marker in markers}) == len(markers)
    for k, points in enumerate(figure.axes[0].collections[-len(model.classes) :]):
        np.testing.assert_array_equal(
            points.get_offsets(), model.recipe.rows(dataset.X)[dataset.labels == k]
        )


def test_a_boundary_needs_two_inputs() -> None:
    X = RNG.randn(3, 10)
    model = DeepNetwork([3, 1], num_iterations=1).fit(X, (X[:1] > 0).astype(int)).to_model()
    with pytest.raises(DataError, match=r"inputs; expected two, to draw a boundary"):
        plots.decision_boundary(model, Dataset(X, None, classes=model.classes, recipe=model.recipe))
