"""The published exercises: the digits that learners compare with, to 1e-8, in NumPy and PyTorch."""

import inspect
from typing import Any

import numpy as np
import pytest

from helpers import Library, assert_close_both_ways
from pellucid import core
from pellucid.core import shallow

TOLERANCE = 1e-8


def linear_forward(x: dict[str, Any]) -> dict[str, Any]:
    return {"Z": core.linear_forward(x["A"], x["W"], x["b"])[0]}


def linear_activation_forward(x: dict[str, Any]) -> dict[str, Any]:
    return {
        f"A (activation={name})": core.linear_activation_forward(x["A_prev"], x["W"], x["b"], name)[0]
        for name in ("sigmoid", "relu")
    }


def deep_forward(x: dict[str, Any]) -> dict[str, Any]:
    X = x.pop("X")
    return {"AL": core.L_model_forward(X, x)[0]}


def compute_cost(x: dict[str, Any]) -> dict[str, Any]:
    cost = core.compute_cost(x["AL"], x["Y"])
    assert np.shape(cost) == ()
    return {"cost": cost}


def linear_backward(x: dict[str, Any]) -> dict[str, Any]:
    gradients = core.linear_backward(x["dZ"], (x["A_prev"], x["W"], x["b"]))
    return dict(zip(("dA_prev", "dW", "db"), gradients, strict=True))


def linear_activation_backward(x: dict[str, Any]) -> dict[str, Any]:
    results = {}
    for name in ("sigmoid", "relu"):
        cache = ((x["A_prev"], x["W"], x["b"]), x["Z"])
        gradients = core.linear_activation_backward(x["dA"], cache, name)
        results |= {f"{name} {d}": g for d, g in zip(("dA_prev", "dW", "db"), gradients, strict=True)}
    return results


def deep_backward(x: dict[str, Any]) -> dict[str, Any]:
    caches = [((x[f"A{l}"], x[f"W{l}"], x[f"b{l}"]), x[f"Z{l}"]) for l in (1, 2)]
    return core.L_model_backward(x["AL"], x["Y"], caches)


def update_parameters(x: dict[str, Any]) -> dict[str, Any]:
    grads = {name: x.pop(name) for name in ("dW1", "db1", "dW2", "db2")}
    learning_rate = x.pop("learning_rate")
    return core.update_parameters(x, grads, learning_rate)


def regularized_cost(x: dict[str, Any]) -> dict[str, Any]:
    A3, Y, lambd = x.pop("A3"), x.pop("Y"), x.pop("lambd")
    return {"cost": core.compute_cost_with_regularization(A3, Y, x, lambd)}


# Each takes the exercise's inputs as arrays and returns results under the names of "expected".
ON_ARRAYS = {
    "linear_forward": linear_forward,
    "linear_activation_forward": linear_activation_forward,
    "L_model_forward": deep_forward,
    "compute_cost": compute_cost,
    "linear_backward": linear_backward,
    "linear_activation_backward": linear_activation_backward,
    "L_model_backward": deep_backward,
    "update_parameters": update_parameters,
    "compute_cost_with_regularization": regularized_cost,
}
INITIALISATIONS = {"initialize_parameters": 1, "initialize_parameters_deep": 3}


def published(reference: dict[str, Any], function: str) -> dict[str, Any]:
    found = [e for e in reference["exercises"] if e["function"] == function]
    assert len(found) == 1, f"{function} is in the published exercises {len(found)} times"
    return found[0]


def assert_published(results: dict[str, Any], expected: dict[str, Any]) -> None:
    assert set(results) == set(expected)
    for name, value in expected.items():
        assert_close_both_ways(results[name], value, TOLERANCE, name)


def test_every_published_exercise_is_here(reference: dict[str, Any]) -> None:
    functions = {e["function"] for e in reference["exercises"]}
    assert functions == set(ON_ARRAYS) | set(INITIALISATIONS)


@pytest.mark.parametrize("library", [Library("numpy", "float64"), Library("torch", "float64")], ids=str)
@pytest.mark.parametrize("function", ON_ARRAYS)
def test_exercise(function: str, library: Library, reference: dict[str, Any]) -> None:
    exercise = published(reference, function)
    with library.ready():
        inputs = {
            name: library.array(value) if isinstance(value, list) else value
            for name, value in exercise["inputs"].items()
        }
        assert_published(ON_ARRAYS[function](inputs), exercise["expected"])


@pytest.mark.parametrize("legacy_stream", [False, True], ids=["int", "RandomState"])
@pytest.mark.parametrize(("function", "seed"), INITIALISATIONS.items())
def test_initialisation_exercise(
    function: str, seed: int, legacy_stream: bool, reference: dict[str, Any]
) -> None:
    exercise = published(reference, function)
    rng = np.random.RandomState(seed) if legacy_stream else seed
    assert_published(getattr(core, function)(**exercise["inputs"], rng=rng), exercise["expected"])


def test_an_integer_label_matrix_gives_the_published_cost(reference: dict[str, Any]) -> None:
    exercise = published(reference, "compute_cost")
    AL, Y = np.array(exercise["inputs"]["AL"]), np.array(exercise["inputs"]["Y"])
    assert Y.dtype.kind == "i"
    assert_published({"cost": core.compute_cost(AL, Y)}, exercise["expected"])


SIGNATURES = {
    core.initialize_parameters: "n_x n_h n_y * rng",
    core.initialize_parameters_deep: "layer_dims * scheme rng",
    core.linear_forward: "A W b",
    core.linear_activation_forward: "A_prev W b activation",
    core.L_model_forward: "X parameters *",
    core.compute_cost: "AL Y",
    core.linear_backward: "dZ cache",
    core.linear_activation_backward: "dA cache activation",
    core.L_model_backward: "AL Y caches *",
    core.update_parameters: "parameters grads learning_rate",
    core.predict: "X parameters * threshold",
    core.random_mini_batches: "X Y mini_batch_size seed",
    core.initialize_velocity: "parameters",
    core.update_parameters_with_momentum: "parameters grads v beta learning_rate",
    core.initialize_adam: "parameters",
    core.update_parameters_with_adam: ("parameters grads v s t learning_rate beta1 beta2 epsilon"),
    core.compute_cost_with_regularization: "A3 Y parameters lambd",
    core.backward_propagation_with_regularization: "X Y cache lambd",
    core.update_lr: "learning_rate0 epoch_num decay_rate",
    core.schedule_lr_decay: "learning_rate0 epoch_num decay_rate time_interval",
    shallow.initialize_parameters: "input_layer hidden_layer output_layer * rng",
    shallow.forward_propagation: "X parameters",
    shallow.compute_cost: "A2 Y parameters",
    shallow.backward_propagation: "parameters cache X Y",
    shallow.update_parameters: "parameters grads learning_rate",
}


@pytest.mark.parametrize("function", SIGNATURES, ids=lambda f: f"{f.__module__}.{f.__name__}")
def test_arguments_have_the_course_names(function: Any) -> None:
    course, _, ours = SIGNATURES[function].partition("*")
    arguments = inspect.signature(function).parameters.values()
    positional = [a.name for a in arguments if a.kind is a.POSITIONAL_OR_KEYWORD]
    keyword_only = {a.name for a in arguments if a.kind is a.KEYWORD_ONLY}
    assert positional == course.split()
    assert set(ours.split()) <= keyword_only
