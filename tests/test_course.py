"""The whole-model trainers: the course's arguments, prints and defaults."""

import inspect
import re
import warnings
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import course
from pellucid.errors import LearningWarning, OptionError, OutputError, ShapeError

RNG = np.random.RandomState(0)
X = RNG.randn(3, 30)
Y = (X[:1] * X[1:2] > 0).astype(int)
TRAINERS = [
    (course.two_layer_model, (3, 4, 1)),
    (course.L_layer_model, [3, 4, 2, 1]),
    (course.nn_model, 4),
]


@pytest.mark.parametrize(
    ("function", "names", "defaults"),
    [
        (course.two_layer_model, ["X", "Y", "layers_dims", "learning_rate", "num_iterations", "print_cost"],
         [0.0075, 3000, False]),
        (course.L_layer_model, ["X", "Y", "layers_dims", "learning_rate", "num_iterations", "print_cost"],
         [0.0075, 3000, False]),
        (course.nn_model, ["X", "Y", "n_h", "num_iterations", "print_cost"], [10000, False]),
    ],
)  # fmt: skip
def test_signatures_are_the_courses(function: Any, names: list[str], defaults: list[Any]) -> None:
    parameters = inspect.signature(function).parameters.values()
    positional = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert [p.name for p in positional] == names
    assert [p.default for p in positional if p.default is not p.empty] == defaults


@pytest.mark.parametrize(("trainer", "size"), TRAINERS)
def test_prints_every_hundred_iterations(
    trainer: Any, size: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with warnings.catch_warnings():
        # The small first weights of the course want more steps than these.
        warnings.simplefilter("ignore", LearningWarning)
        _, costs = trainer(
            X, Y, size, num_iterations=250, print_cost=True, cost_every=100, return_costs=True
        )
    expected = [f"Cost after iteration {i}: {cost}" for i, cost in zip((0, 100, 200), costs, strict=True)]
    assert capsys.readouterr().out.splitlines() == expected


@pytest.mark.parametrize(("trainer", "size"), TRAINERS)
def test_prints_nothing_unasked_and_returns_the_parameters(
    trainer: Any, size: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    parameters = trainer(X, Y, size, num_iterations=3)
    assert capsys.readouterr() == ("", "")
    assert parameters["W1"].shape == (4, 3)


@pytest.mark.parametrize(("trainer", "size"), TRAINERS)
def test_draws_the_cost_curve_when_asked(trainer: Any, size: Any, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    trainer(X, Y, size, num_iterations=20, plot_cost=tmp_path / "cost.png")
    assert (tmp_path / "cost.png").read_bytes().startswith(b"\x89PNG")


def test_the_trainers_take_the_steps_of_the_course() -> None:
    parameters = pellucid.initialize_parameters(3, 4, 1, rng=1)
    for _ in range(30):
        AL, caches = pellucid.L_model_forward(X, parameters)
        grads = pellucid.L_model_backward(AL, Y, caches)
        parameters = pellucid.update_parameters(parameters, grads, 0.0075)
    trained = course.two_layer_model(X, Y, (3, 4, 1), num_iterations=30)
    for name, value in parameters.items():
        np.testing.assert_allclose(trained[name], value, rtol=1e-12, atol=1e-15)


def test_nn_model_takes_the_steps_of_the_shallow_page() -> None:
    shallow = pellucid.core.shallow
    parameters = shallow.initialize_parameters(3, 4, 1, rng=3)
    for _ in range(30):
        _, cache = shallow.forward_propagation(X, parameters)
        grads = shallow.backward_propagation(parameters, cache, X, Y)
        parameters = shallow.update_parameters(parameters, grads, 1.2)
    trained = course.nn_model(X, Y, 4, num_iterations=30)
    for name, value in parameters.items():
        np.testing.assert_allclose(trained[name], value, rtol=1e-12, atol=1e-15)


def test_several_classes() -> None:
    labels = RNG.randint(3, size=30)
    one_hot = np.eye(3)[:, labels]
    parameters = course.L_layer_model(
        X, one_hot, [3, 8, 3], learning_rate=0.5, num_iterations=2000, output_activation="softmax"
    )
    predicted = pellucid.predict(X, parameters, output_activation="softmax")
    assert np.mean(predicted[0] == labels) > 0.9


def test_more_options_reach_the_training() -> None:
    more: dict[str, Any] = {
        "optimizer": "adam",
        "schedule": "cosine",
        "l2": 0.2,
        "dropout": [0.1, 0.2],
        "clip_norm": 1.0,
        "dropout_seed": 5,
    }
    found = course.L_layer_model(X, Y, [3, 4, 2, 1], 0.01, 40, hidden_activation=["tanh", "relu"], **more)
    end = pellucid.train(
        pellucid.Network((3, 4, 2, 1), ("tanh", "relu"), l2=0.2, dropout=(0.1, 0.2)),
        pellucid.Examples(X, Y),
        pellucid.TrainingOptions(
            40, 0.01, rng=1, optimizer="adam", schedule="cosine", clip_norm=1.0, dropout_seed=5
        ),
    )
    for name, value in end.parameters.items():
        np.testing.assert_array_equal(found[name], value)


def test_more_options_are_those_of_the_values() -> None:
    named = {item.name for value in (pellucid.Network, pellucid.TrainingOptions) for item in fields(value)}
    own = {"layer_dims", "hidden_activation", "output_activation", "epochs", "learning_rate"}
    own |= {"batch_size", "initialization", "rng", "engine"}
    assert set(course.MoreOptions.__annotations__) == named - own


def test_an_option_that_does_not_exist() -> None:
    with pytest.raises(
        OptionError, match=r"unknown option 'lambd'; expected some of cost, label_smoothing,"
    ):
        course.L_layer_model(X, Y, [3, 1], lambd=0.7)


def test_numbers() -> None:
    targets = 2 * X[:1] - X[1:2]
    parameters, costs = course.L_layer_model(
        X, targets, [3, 8, 1], 0.1, 800, output_activation="identity", return_costs=True
    )
    assert costs[-1] < 0.05 * costs[0]
    assert parameters["W1"].shape == (8, 3)


def test_wrong_sizes_are_named() -> None:
    with pytest.raises(OptionError, match=r"layers_dims is \[3, 4, 4, 1\]; expected the three sizes"):
        course.two_layer_model(X, Y, [3, 4, 4, 1])
    with pytest.raises(ShapeError, match=r"Y has shape \(30,\), a rank-1 array"):
        course.nn_model(X, Y[0], 4)
    with pytest.raises(OptionError, match=r"cost_every is 0; expected an integer of at least 1"):
        course.L_layer_model(X, Y, [3, 1], cost_every=0)


@pytest.mark.parametrize("library", ["torch", "jax.numpy"])
def test_other_array_libraries_train_the_same(library: str) -> None:
    xp = pytest.importorskip(library)
    parameters = course.L_layer_model(
        xp.asarray(X, dtype=xp.float32), xp.asarray(Y, dtype=xp.float32), [3, 4, 1], num_iterations=50
    )
    expected = course.L_layer_model(X, Y, [3, 4, 1], num_iterations=50)
    assert type(parameters["W1"]) is type(xp.asarray(X, dtype=xp.float32))
    for name, value in expected.items():
        np.testing.assert_allclose(np.asarray(parameters[name]), value, rtol=1e-3, atol=1e-5)


def test_star_import_gives_the_course() -> None:
    namespace: dict[str, Any] = {}
    exec("from pellucid.course import *", namespace)
    expected = {*pellucid.core.__all__, "two_layer_model", "L_layer_model", "nn_model"}
    assert expected <= set(namespace)
    assert set(course.__all__) == expected


@pytest.mark.parametrize(
    ("target", "error", "line"),
    [
        ("cost.jpg", OptionError, "expected a name ending in .png, .svg or .pdf"),
        ("missing/cost.png", OutputError, "there is no folder"),
    ],
)
def test_what_cannot_be_drawn_costs_no_training(
    target: str, error: type[Exception], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(course, "train", lambda *args, **kwargs: pytest.fail("trained all the same"))
    with pytest.raises(error, match=re.escape(line)):
        course.L_layer_model(X, Y, [3, 1], plot_cost=tmp_path / target)


def test_no_iterations_have_no_curve(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert course.L_layer_model(X, Y, [3, 1], num_iterations=0, plot_cost=tmp_path / "c.png")


def test_a_rate_of_numpy_leaves_float32_alone() -> None:
    trained = course.L_layer_model(X.astype("float32"), Y, [3, 2, 1], np.float64(0.1), 3)
    assert {str(value.dtype) for value in trained.values()} == {"float32"}


def test_the_shallow_network_predicts_what_nn_model_learned() -> None:
    parameters = course.nn_model(X, Y, 4, num_iterations=2000)
    predicted = pellucid.core.shallow.predict(parameters, X)
    np.testing.assert_array_equal(predicted, pellucid.predict(X, parameters, hidden_activation="tanh"))
    assert np.mean(predicted == Y) > 0.9
