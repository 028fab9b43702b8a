"""DeepNetwork: the course's class, from fit to file."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Dataset, DeepNetwork, L_layer_model, Model, Recipe
from pellucid.errors import (
    ArrayError,
    DataError,
    DivergenceError,
    LabelError,
    NonFiniteError,
    NotFittedError,
    OptionError,
    ShapeError,
)
from pellucid.optimizer import Optimizer

RNG = np.random.RandomState(0)
X = RNG.randn(2, 60)
Y = (X[:1] + X[1:] > 0).astype(int)
LABELS = (X[0] > 0).astype(int) + (X[1] > 0)


@pytest.fixture(scope="module")
def fitted() -> DeepNetwork:
    return DeepNetwork([2, 6, 1], learning_rate=0.3, num_iterations=500).fit(X, Y)


def test_it_is_the_course_by_default() -> None:
    net = DeepNetwork([2, 4, 3, 1], num_iterations=40).fit(X, Y)
    expected = L_layer_model(X, Y, [2, 4, 3, 1], num_iterations=40)
    assert all(np.array_equal(net.parameters[name], value) for name, value in expected.items())
    assert len(net.costs) == 40


def test_predict_and_evaluate_agree(fitted: DeepNetwork) -> None:
    predicted = fitted.predict(X)
    result = fitted.evaluate(X, Y)
    assert predicted.shape == (1, 60)
    np.testing.assert_array_equal(predicted[0], result.predicted)
    assert result.accuracy == np.mean(predicted == Y) > 0.95
    np.testing.assert_array_equal(fitted.predict_proba(X)[0], result.probabilities[:, 1])
    assert result.confusion.sum() == 60
    assert np.trace(result.confusion) == 60 - len(result.wrong)


@pytest.mark.parametrize("form", ["one-hot", "numbers"])
def test_several_classes(form: str) -> None:
    targets = np.eye(3)[:, LABELS] if form == "one-hot" else LABELS.reshape(1, -1)
    net = DeepNetwork([2, 12, 3], learning_rate=0.5, num_iterations=1500).fit(
        X, targets, classes=["low", "middle", "high"]
    )
    assert net.network.output_activation == "softmax"
    assert net.predict(X).shape == (1, 60)
    assert net.predict_proba(X).shape == (3, 60)
    assert net.evaluate(X, targets).accuracy > 0.95
    assert set(net.to_model().predict(X.T)) == {"low", "middle", "high"}


def test_what_it_saves_predicts_the_same(fitted: DeepNetwork, tmp_path: Path) -> None:
    fitted.save(tmp_path / "net.safetensors")
    model = Model.load(tmp_path / "net.safetensors")
    np.testing.assert_array_equal(model.predict_proba(X.T)[:, 1], fitted.predict_proba(X)[0])
    assert list(model.history.costs) == fitted.costs


def test_a_recipe_travels_with_it(tmp_path: Path) -> None:
    rows = RNG.randint(0, 256, (60, 2)).astype(np.uint8)
    recipe = Recipe.for_rows(rows, "standard")
    net = DeepNetwork([2, 4, 1], num_iterations=5).fit(recipe.columns(rows), Y, recipe=recipe)
    np.testing.assert_allclose(
        net.to_model().predict_proba(rows)[:, 1], net.predict_proba(recipe.columns(rows))[0]
    )


def test_mini_batches() -> None:
    net = DeepNetwork([2, 6, 1], learning_rate=0.3, num_iterations=60, batch_size=16).fit(X, Y)
    assert net.history.iterations == 60 * 4
    assert net.evaluate(X, Y).accuracy > 0.9


NUMBERS = np.vstack([3 * X[:1] - X[1:], X[:1] + 5])


@pytest.mark.parametrize("n_y", [1, 2])
def test_numbers(n_y: int, tmp_path: Path) -> None:
    targets = NUMBERS[:n_y]
    net = DeepNetwork(
        [2, 12, n_y], output_activation="identity", learning_rate=0.1, num_iterations=1500
    ).fit(X, targets)
    predicted = net.predict(X)
    assert predicted.shape == (n_y, 60)
    result = net.evaluate(X, targets)
    np.testing.assert_array_equal(result.predicted, predicted)
    assert result.r2 > 0.98
    assert result.cost == pytest.approx(np.sum((predicted - targets) ** 2) / 120, rel=1e-9)
    net.save(tmp_path / "net.safetensors")
    model = Model.load(tmp_path / "net.safetensors")
    assert model.classes == ()
    assert model.network.cost == "mean_squared_error"
    expected = predicted[0] if n_y == 1 else predicted.T
    np.testing.assert_allclose(model.predict(X.T), expected, rtol=1e-12)
    assert "identity" in net.summary()


def test_counts() -> None:
    counts = np.round(np.exp(X[:1]))
    net = DeepNetwork([2, 8, 1], output_activation="exp", learning_rate=0.05, num_iterations=800)
    net.fit(X, counts)
    assert net.network.cost == "poisson"
    assert (net.predict(X) > 0).all()
    assert net.evaluate(X, counts).r2 > 0.8


@pytest.mark.parametrize("face", ["network", "model"])
def test_numbers_have_no_probabilities(face: str) -> None:
    net = DeepNetwork([2, 1], output_activation="identity", num_iterations=1).fit(X, NUMBERS[:1])
    asked = net.predict_proba if face == "network" else lambda X: net.to_model().predict_proba(X.T)
    with pytest.raises(LabelError, match="the output of this network is identity: numbers, not probabili"):
        asked(X)


def test_weights_and_a_validation_set() -> None:
    weights = np.where(Y[0] > 0, 1.0, 0.0)
    net = DeepNetwork([2, 6, 1], learning_rate=0.5, num_iterations=300, patience=4, min_delta=1e-3)
    net.fit(X, Y, weights=weights, validation=(X[:, :20], Y[:, :20]))
    # Only ones count: everything becomes one.
    assert net.predict(X).all()
    assert len(net.history.validation_costs) == len(net.costs)
    assert net.history.best_epoch is not None
    numbers = DeepNetwork([2, 6, 3], num_iterations=5)
    numbers.fit(X, LABELS.reshape(1, -1), validation=(X, LABELS.reshape(1, -1)))
    assert len(numbers.history.validation_costs) == 5


def test_more_options_are_taken_and_shown(tmp_path: Path) -> None:
    net = DeepNetwork(
        [2, 6, 4, 1],
        hidden_activation=["tanh", "relu"],
        l2=0.5,
        dropout=[0.1, 0.2],
        optimizer="adam",
        schedule="one_cycle",
        validation_fraction=0.2,
        num_iterations=10,
    ).fit(X, Y)
    assert "L2 penalty: 0.5\ndropout: 0.1, 0.2\n" in net.summary()
    assert net.options.optimizer == Optimizer("adam")
    net.save(tmp_path / "net.safetensors")
    loaded = Model.load(tmp_path / "net.safetensors")
    assert (loaded.network, loaded.history) == (net.network, net.history)


def test_a_second_fit_starts_afresh() -> None:
    net = DeepNetwork([2, 3, 1], num_iterations=20)
    first = net.fit(X, Y).costs
    assert net.fit(X, Y).costs == first


def test_a_divergence_keeps_the_last_finite_parameters() -> None:
    net = DeepNetwork([2, 3, 1], hidden_activation="identity", learning_rate=1e200)
    with pytest.raises(DivergenceError, match=r"at iteration \d+.*; expected a finite number"):
        net.fit(1e100 * X, Y)
    assert all(np.isfinite(value).all() for value in net.parameters.values())
    assert net.to_model().network == net.network


def test_summary(fitted: DeepNetwork) -> None:
    assert fitted.summary() == (
        "layer  W       b       activation  parameters\n"
        "---------------------------------------------\n"
        "1      (6, 2)  (6, 1)  relu                18\n"
        "2      (1, 6)  (1, 1)  sigmoid              7\n"
        "\n"
        "parameters: 25\n"
        "cost: binary cross entropy\n"
        "epochs trained: 500\n"
        f"cost of the first and the last epoch: {fitted.costs[0]:.6f}, {fitted.costs[-1]:.6f}"
    )
    assert "none yet" in DeepNetwork([2, 3, 1]).summary()


def test_notebook_display(fitted: DeepNetwork) -> None:
    html = fitted._repr_html_()
    assert "(6, 2)</td>" in html
    points = re.search(r'polyline points="([^"]+)"', html)
    assert points
    assert len(points[1].split()) <= 260
    assert "polyline" not in DeepNetwork([2, 3, 1])._repr_html_()


def test_repr(fitted: DeepNetwork) -> None:
    assert repr(fitted) == "DeepNetwork([2, 6, 1], 500 epochs trained)"
    assert repr(DeepNetwork([2, 6, 1])) == "DeepNetwork([2, 6, 1], not trained)"
    assert repr(fitted.evaluate(X, Y)).startswith("Evaluation(accuracy ")


@pytest.mark.parametrize("method", ["predict", "predict_proba", "save", "to_model"])
def test_an_untrained_network_says_so(method: str) -> None:
    arguments = () if method == "to_model" else (X,)
    with pytest.raises(NotFittedError, match=r"not trained yet; call fit\(X, Y\) first"):
        getattr(DeepNetwork([2, 3, 1]), method)(*arguments)


@pytest.mark.parametrize(
    ("build", "error", "line"),
    [
        (lambda: DeepNetwork([5]), OptionError, "expected at least two sizes"),
        (lambda: DeepNetwork([2, 0, 1]), OptionError, "found 0"),
        (lambda: DeepNetwork([2, 3, 1]).fit(X.T, Y), ShapeError, "X looks transposed: it has shape (60"),
        (lambda: DeepNetwork([2, 3, 1]).fit(X, Y[0]), ShapeError, "Y has shape (60,), a rank-1 array"),
        (lambda: DeepNetwork([2, 3, 3]).fit(X, Y * 3), LabelError, "expected a class number from 0"),
        (lambda: DeepNetwork([2, 3, 1]).fit(X, Y, classes=["a", "a"]), LabelError, "2 different names"),
        (lambda: DeepNetwork([2, 1], lambd=1), OptionError, "unknown option 'lambd'; expected some of"),
        (lambda: DeepNetwork([2, 3, 1], dropout=[0.1, 0.1]), OptionError, "dropout names 2 rates"),
        (lambda: DeepNetwork([2, 1], output_activation="tanh"), OptionError, "output_activation is 'tanh'"),
        (lambda: DeepNetwork([2, 1], output_activation="identity").fit(X, Y, classes=["a"]), LabelError,
         "classes is ['a']; expected none: the network predicts numbers"),
        (lambda: DeepNetwork([2, 3, 1]).fit(X, Y, recipe=Recipe("numbers", (3,))), ShapeError, "recipe"),
    ],
)  # fmt: skip
def test_mistakes_are_answered(build: Any, error: type[Exception], line: str) -> None:
    with pytest.raises(error, match=re.escape(line)):
        build()


def test_torch_tensors() -> None:
    torch = pytest.importorskip("torch")
    net = DeepNetwork([2, 4, 1], num_iterations=20).fit(torch.asarray(X), torch.asarray(Y))
    assert isinstance(net.predict(torch.asarray(X)), torch.Tensor)
    assert net.evaluate(torch.asarray(X), torch.asarray(Y)).accuracy == np.mean(
        DeepNetwork([2, 4, 1], num_iterations=20).fit(X, Y).predict(X) == Y
    )


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_nan_gets_no_answer(fitted: DeepNetwork, method: str) -> None:
    broken = X.copy()
    broken[1, 3] = np.nan
    with pytest.raises(NonFiniteError, match=r"X\[1, 3\] is nan"):
        getattr(fitted, method)(broken)


@pytest.mark.parametrize("form", ["one-hot", "numbers"])
def test_two_softmax_units(form: str, tmp_path: Path) -> None:
    targets = np.eye(2)[:, Y[0]] if form == "one-hot" else Y
    net = DeepNetwork([2, 6, 2], learning_rate=0.3, num_iterations=500).fit(X, targets)
    assert net.evaluate(X, Y).accuracy == net.evaluate(X, np.eye(2)[:, Y[0]]).accuracy > 0.95
    net.save(tmp_path / "two.safetensors")
    model = Model.load(tmp_path / "two.safetensors")
    data = Dataset(X, Y.astype(float), classes=model.classes, recipe=model.recipe)
    assert model.evaluate(data).cost == pytest.approx(net.evaluate(X, Y).cost)


def test_a_fit_that_fails_leaves_what_was_there(fitted: DeepNetwork) -> None:
    before = fitted.to_model()
    with pytest.raises(ShapeError):
        fitted.fit(X.T, Y, classes=("x", "y"))
    assert fitted.to_model().classes == before.classes
    assert fitted.history is before.history


def test_masked_rows_are_refused(fitted: DeepNetwork) -> None:
    masked = np.ma.array(X, mask=X > 1)
    with pytest.raises(ArrayError, match=r"X is a masked array; expected a plain one: X\.filled"):
        fitted.predict(masked)
    with pytest.raises(DataError, match=r"masked array"):
        fitted.to_model().predict(masked.T)


def test_the_first_parameters_are_not_the_callers() -> None:
    torch = pytest.importorskip("torch")
    tensor = torch.asarray(X).requires_grad_()
    net = DeepNetwork([2, 3, 1], num_iterations=2).fit(tensor, torch.asarray(Y))
    assert not net.parameters["W1"].requires_grad
