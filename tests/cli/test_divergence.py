"""A cost that stops being a number, and sizes that do not fit: on the command line and in functions."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pellucid import (
    DeepNetwork,
    Examples,
    L_layer_model,
    Network,
    TrainingOptions,
    compute_cost,
    fit,
    two_layer_model,
)
from pellucid.core import L_model_forward
from pellucid.errors import DivergenceError, PellucidError, ShapeError
from small_data import points, write_points

Refused = Callable[..., str]
CULPRIT = r": Z\d+ \(layer \d+\) is the first that is not finite"
REMEDY = "expected a finite number: take a smaller learning rate, or scale the inputs"


def test_the_iteration_is_named(here: Path, refused: Refused) -> None:
    write_points(here / "data.npz")
    line = refused("train", "data.npz", "--iterations", 50, "--learning-rate", 1e160, "--scaling", "none")
    assert re.fullmatch(rf"the cost became (nan|inf) at iteration 1{CULPRIT}; {REMEDY}", line)


def test_the_last_step_is_tested_too(here: Path, refused: Refused) -> None:
    write_points(here / "data.npz")
    line = refused("train", "data.npz", "--iterations", 1, "--learning-rate", 1e200, "--json")
    expected = rf"the cost became nan at iteration 1, after the last step{CULPRIT}; {REMEDY}"
    assert re.fullmatch(expected, line)


def test_batches_are_counted_as_iterations(here: Path, refused: Refused) -> None:
    write_points(here / "data.npz")
    options = ("--epochs", 5, "--batch-size", 8, "--learning-rate", 1e200)
    assert re.search(rf"at iteration 1{CULPRIT}; {REMEDY}$", refused("train", "data.npz", *options))


def test_the_last_finite_parameters_are_kept() -> None:
    X = points(20)["X"].T
    Y = points(20)["y"][None, :]
    options = TrainingOptions(50, 1e200, rng=1)
    with pytest.raises(
        DivergenceError, match=rf"the cost became \w+ at iteration (\d+){CULPRIT}; expected"
    ) as caught:
        list(fit(Network((3, 4, 1)), Examples(X, Y), options))
    error = caught.value
    assert f"at iteration {error.iteration}: Z" in str(error)
    AL, _ = L_model_forward(X, error.parameters)
    assert np.isfinite(compute_cost(AL, Y))
    # One step less arrives exactly there.
    before = list(
        fit(Network((3, 4, 1)), Examples(X, Y), TrainingOptions(error.iteration - 1, 1e200, rng=1))
    )
    for name, value in before[-1].parameters.items():
        np.testing.assert_array_equal(error.parameters[name], value)


X = np.ones((3, 8))
Y = np.arange(8).reshape(1, 8) % 2


@pytest.mark.parametrize(
    ("train", "line"),
    [
        (lambda: L_layer_model(X, Y, [4, 2, 1]), "layer_dims is [4, 2, 1] and X has shape (3, 8)"),
        (lambda: two_layer_model(X, Y, (4, 2, 1)), "layer_dims is [4, 2, 1] and X has shape (3, 8)"),
        (lambda: DeepNetwork([4, 2, 1]).fit(X, Y), "layer_dims is [4, 2, 1] and X has shape (3, 8)"),
        (lambda: list(fit(Network((4, 1)), Examples(X, Y))), "layer_dims is [4, 1] and X has shape (3, 8)"),
        (
            lambda: L_layer_model(X, Y, [3, 2, 2]),
            "Y has shape (1, 8); expected (2, 8) to fit X of shape (3, 8) and layer_dims [3, 2, 2]",
        ),
        (lambda: DeepNetwork([3, 1]).fit(X, Y[:, :7]), "Y has shape (1, 7); expected (1, 8)"),
        (lambda: DeepNetwork([3, 1]).fit(X[0], Y), "X has shape (8,)"),
        (lambda: DeepNetwork([3, 1]).fit(X, Y[0]), "Y has shape (8,)"),
    ],
)
def test_sizes_that_do_not_fit(train: Callable[[], object], line: str) -> None:
    with pytest.raises(ShapeError) as caught:
        train()
    assert line in str(caught.value)
    assert "expected" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_inputs_that_are_not_finite(value: float) -> None:
    bad = X.copy()
    bad[1, 6] = value
    with pytest.raises(
        PellucidError, match=r"X\[1, 6\] is (nan|inf): input \(row\) 1 of example \(column\) 6"
    ):
        L_layer_model(bad, Y, [3, 1])
