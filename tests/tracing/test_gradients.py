"""The gradient check passes what is right and finds what was planted, on every engine."""

import json
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import class_outputs, networks, number_outputs
from pellucid import Network
from pellucid.engines import ENGINES, Engine, Gradient, StepOptions, TrainingState, engine_for, flat
from pellucid.errors import LabelError, NonFiniteError, OptionError, ShapeError
from pellucid.examples import Examples
from pellucid.tracing import gradient_check_network
from pellucid.tracing.slopes import CostSurface, Slope, agree
from problems import NETWORKS, Problem, problem

every_engine = pytest.mark.parametrize("engine", list(ENGINES))
Change = Callable[[float, dict[str, np.ndarray]], float | None]


@every_engine
@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("weighted", [False, True])
def test_right_gradients_pass(engine: str, kind: str, weighted: bool) -> None:
    weights = np.arange(20.0).reshape(1, -1) if weighted else None
    report = gradient_check_network(
        *problem(NETWORKS[kind]), engine=engine, weights=weights, dropout_seed=3
    )
    assert report.verdict == "right", str(report)
    assert report.difference < 1e-7
    assert report.engine == engine
    for block in report.blocks:
        assert block.verdict == "right"
        assert block.relative_error <= block.allowed


# JAX would compile for each of them.
@pytest.mark.parametrize("engine", [name for name in ENGINES if name != "jax"])
@given(network=networks(outputs=class_outputs | number_outputs), seed=st.integers(0, 99))
@settings(max_examples=25)
def test_no_network_is_blamed(engine: str, network: Network, seed: int) -> None:
    network = replace(network, l2=min(network.l2, 10.0))
    report = gradient_check_network(*problem(network, 6, seed), engine=engine)
    assert report.verdict != "wrong", str(report)


@pytest.mark.parametrize("scale", [1e-3, 30.0, 1000.0])
def test_inputs_of_any_size_are_no_reason_to_blame(scale: float) -> None:
    for kind in ("saturating", "smooth", "squares", "course"):
        parameters, X, Y, network = problem(NETWORKS[kind])
        report = gradient_check_network(parameters, scale * X, Y, network, engine="reference")
        assert report.verdict == "right", str(report)


def test_large_numbers_that_cancel_are_no_reason_to_blame() -> None:
    parameters, X, Y, network = problem(NETWORKS["squares"])
    parameters["b2"] += 1e6
    report = gradient_check_network(parameters, X, Y + 1e6, network, engine="reference")
    assert report.verdict == "right", str(report)


# --- Planted errors

LARGE = Network((30, 40, 30, 3), "tanh", "softmax", l2=2.0)


class Planted(Engine):
    """A real engine whose cost and gradient are changed."""

    name = "planted"

    def __init__(self, real: str, change: Change) -> None:
        self._real, self._change = engine_for(real), change

    def open(self, *arguments: Any, **more: Any) -> Any:
        session = self._real.open(*arguments, **more)

        def wrong(parameters: Any) -> Gradient:
            found = session.gradient(parameters)
            grads = {name: np.array(value) for name, value in found.grads.items()}
            changed = self._change(found.cost, {name[1:]: value for name, value in grads.items()})
            return found._replace(grads=grads, cost=found.cost if changed is None else changed)

        return SimpleNamespace(gradient=wrong)

    def predictor(self, *arguments: Any, **more: Any) -> Any:
        return self._real.predictor(*arguments, **more)


def planted(engine: str, change: Change, given: Problem, **options: Any) -> Any:
    """Check an engine whose cost and gradient were changed."""
    return gradient_check_network(*given, engine=Planted(engine, change), **options)


@every_engine
@pytest.mark.parametrize("name", LARGE.parameter_shapes)
def test_a_block_that_is_off_by_a_hundredth(engine: str, name: str) -> None:
    def change(cost: float, gradient: dict[str, np.ndarray]) -> None:
        gradient[name] *= 1.01

    report = planted(engine, change, problem(LARGE))
    assert report.verdict == "wrong"
    assert {block.name for block in report.blocks if block.verdict == "wrong"} == {name}
    assert 0.003 < report[name].relative_error < 0.007
    assert f"{name}[" in str(report)


@every_engine
@pytest.mark.parametrize("where", [("W1", 17, 23), ("W2", 29, 0), ("W3", 2, 29), ("b2", 11, 0)])
@pytest.mark.parametrize("seed", range(3))
def test_the_wrong_sign_of_one_number_among_thousands(
    engine: str, where: tuple[str, int, int], seed: int
) -> None:
    name, i, j = where

    def change(cost: float, gradient: dict[str, np.ndarray]) -> None:
        gradient[name][i, j] *= -1

    report = planted(engine, change, problem(LARGE), seed=seed, coordinates=5)
    assert report.verdict == "wrong"
    (wrong,) = report[name].wrong
    assert (wrong.row, wrong.column) == (i, j)
    assert wrong.gradient == pytest.approx(-wrong.slope, rel=1e-4)
    assert [block.name for block in report.blocks if block.verdict == "wrong"] == [name]


@every_engine
def test_a_row_that_is_wrong_is_found_around_its_worst_number(engine: str) -> None:
    def change(cost: float, gradient: dict[str, np.ndarray]) -> None:
        gradient["W2"][7] = 0

    report = planted(engine, change, problem(LARGE), coordinates=30)
    assert {c.row for c in report["W2"].wrong} == {7}
    assert len(report["W2"].wrong) > 10


MISTAKES: dict[str, Change] = {
    "the sign": lambda cost, g: _scaled(g, -1),
    "no 1/m": lambda cost, g: _scaled(g, 20),
    "an offset": lambda cost, g: _moved(g, 1e-4),
    "nothing": lambda cost, g: _scaled(g, 0),
    "NaN": lambda cost, g: _scaled(g, np.nan),
}


def _scaled(gradient: dict[str, np.ndarray], factor: float) -> None:
    for value in gradient.values():
        np.multiply(value, factor, out=value)


def _moved(gradient: dict[str, np.ndarray], by: float) -> None:
    gradient["b1"] += by


@every_engine
@pytest.mark.parametrize("mistake", MISTAKES)
def test_coarse_mistakes(engine: str, mistake: str) -> None:
    report = planted(engine, MISTAKES[mistake], problem(NETWORKS["saturating"]))
    assert report.verdict == "wrong"
    json.dumps(report.to_dict(), allow_nan=False)


@every_engine
def test_a_penalty_missing_from_the_gradient(engine: str) -> None:
    given = problem(LARGE)

    def change(cost: float, gradient: dict[str, np.ndarray]) -> None:
        for l in (1, 2, 3):
            gradient[f"W{l}"] -= LARGE.l2 / 20 * given.parameters[f"W{l}"]

    report = planted(engine, change, given)
    assert [block.verdict for block in report.blocks] == ["wrong", "right"] * 3


@every_engine
def test_a_penalty_missing_from_cost_and_gradient(engine: str) -> None:
    given = problem(LARGE)

    def change(cost: float, gradient: dict[str, np.ndarray]) -> float:
        weights = [given.parameters[f"W{l}"] for l in (1, 2, 3)]
        for l in (1, 2, 3):
            gradient[f"W{l}"] -= LARGE.l2 / 20 * given.parameters[f"W{l}"]
        return cost - LARGE.l2 / 40 * sum(float(np.sum(W * W)) for W in weights)

    report = planted(engine, change, given)
    assert report.verdict == "wrong"
    assert not report.cost_is_right


def test_a_wrong_cost_alone() -> None:
    report = planted("reference", lambda cost, gradient: cost * (1 + 1e-5), problem(NETWORKS["course"]))
    assert not report.cost_is_right
    assert report.verdict == "wrong"
    assert all(block.verdict == "right" for block in report.blocks)
    assert f"the cost is {report.engine_cost:.9g}; expected {report.cost:.9g}" in str(report)


def test_a_small_gradient_is_not_excused_by_rounding() -> None:
    parameters, X, Y, network = problem(NETWORKS["saturating"])
    parameters["W3"] *= 1e-5

    def change(cost: float, gradient: dict[str, np.ndarray]) -> None:
        gradient["W1"] *= 1.01

    network = Network(network.layer_dims, network.hidden_activation)
    report = planted("reference", change, Problem(parameters, X, Y, network))
    assert abs(report["W1"].coordinates[0].slope) < 1e-5
    assert report["W1"].verdict == "wrong"


# --- Kinks


def test_a_kink_is_left_out_and_counted() -> None:
    # Zero biases and an example of zeros: every unit is on its kink, and moves off it with its bias.
    parameters, X, Y, network = problem(Network((3, 4, 1), "relu"))
    parameters["b1"][:] = 0
    X[:, 0] = 0
    report = gradient_check_network(parameters, X, Y, network)
    assert report.verdict == "right"
    assert (report["b1"].kinks, len(report["b1"].coordinates)) == (4, 0)
    assert report["b1"].verdict == "unjudged"
    assert report["W1"].kinks == 0
    smooth = gradient_check_network(parameters, X, Y, Network((3, 4, 1), "tanh"))
    assert smooth["b1"].kinks == 0


@pytest.mark.parametrize("hidden", ["relu", "leaky_relu", "elu"])
def test_without_leaving_out_the_kink_it_would_be_blamed(hidden: str) -> None:
    parameters, X, Y, network = problem(Network((3, 4, 1), hidden))
    parameters["b1"][:] = 3e-6
    X[:, 0] = 0
    report = gradient_check_network(parameters, X, Y, network, engine="reference")
    assert report["b1"].kinks == 4
    assert report.verdict == "right"


def test_weights_of_zero_are_kinks_of_their_penalty() -> None:
    parameters, X, Y, network = problem(Network((3, 4, 1), "tanh", l1=0.5))
    parameters["W1"][:2] = 0
    parameters["b1"][:] = 0
    report = gradient_check_network(parameters, X, Y, network)
    assert (report["W1"].kinks, report["b1"].kinks, report.verdict) == (6, 0, "right")


def test_an_error_of_zero_is_a_kink_of_absolute_errors() -> None:
    parameters, X, Y, network = problem(NETWORKS["sizes"])
    found = gradient_check_network(parameters, X, Y, network)
    assert found["b2"].kinks == 0
    hidden = np.tanh(parameters["W1"] @ X + parameters["b1"])
    Y[0, 3] = (parameters["W2"] @ hidden + parameters["b2"])[0, 3]
    assert gradient_check_network(parameters, X, Y, network)["b2"].kinks == 1


def test_kinks_everywhere_are_no_verdict() -> None:
    parameters, X, Y, network = problem(Network((3, 4, 1), "relu", l1=1.0))
    zeros = {name: np.zeros_like(value) for name, value in parameters.items()}
    report = gradient_check_network(zeros, np.zeros_like(X), Y, network)
    # The last bias moves nothing onto a kink.
    assert [block.verdict for block in report.blocks] == ["unjudged", "unjudged", "unjudged", "right"]


# --- Its parts


def surface(kind: str) -> tuple[CostSurface, np.ndarray]:
    parameters, X, Y, network = problem(NETWORKS[kind])
    row = flat(network, parameters, np.float64)
    return CostSurface(network, row, X, Y, None, 3), row


@pytest.mark.parametrize("kind", NETWORKS)
def test_the_surface_is_the_reference_engines_cost(kind: str) -> None:
    parameters, X, Y, network = problem(NETWORKS[kind])
    found, row = surface(kind)
    start = TrainingState(parameters)
    options = StepOptions(dropout_seed=3)
    session = engine_for("reference").open(network, Examples(X, Y), start, options)
    assert found.cost == pytest.approx(session.gradient(parameters).cost, rel=1e-14)
    before = row.copy()
    slope = found.slope(np.array([1]), np.ones(1), 1e-5)
    np.testing.assert_array_equal(row, before)
    assert found.slope(np.array([1]), np.ones(1), 1e-5) == slope


def test_a_shorter_step_is_no_excuse_for_what_the_longer_one_sees() -> None:
    found, _ = surface("saturating")
    where, direction = np.array([3]), np.ones(1)
    slope = found.slope(where, direction, 1e-5)
    # More than tolerance and rounding allow with this step, less than rounding would with a tenth of it.
    expected = slope.value + 2e-6 * abs(slope.value) + 5 * slope.noise
    assert agree(expected, slope._replace(noise=10 * slope.noise))
    assert not agree(expected, found.settled(where, direction, expected, 1e-5))


def test_agreement() -> None:
    slope = Slope(1.0, 1e-9, kink=False)
    assert agree(1.0 + 1e-6, slope)
    assert not agree(1.0 + 1e-5, slope)
    assert not agree(np.nan, slope)
    assert agree(1e-10, Slope(0.0, 1e-9, kink=False))
    assert not agree(1e-8, Slope(0.0, 1e-9, kink=False))


def test_the_report() -> None:
    report = gradient_check_network(*problem(NETWORKS["course"]), engine="reference")
    lines = str(report).splitlines()
    assert lines[0] == "gradients of the reference engine, layers [4, 5, 3, 1], 20 examples"
    assert [line.split()[0] for line in lines[3:9]] == list(NETWORKS["course"].parameter_shapes)
    assert all(line.endswith("right") for line in lines[3:9])
    assert lines[10].startswith("right: the difference over all coordinates is ")
    assert lines[11] == report.tolerance
    document = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert document["verdict"] == "right"
    assert [block["checked"] for block in document["blocks"]] == [20, 5, 15, 3, 3, 1]
    assert repr(report).startswith("GradientReport(right, difference ")


def test_what_is_drawn_follows_the_seed() -> None:
    one, two, other = (
        gradient_check_network(*problem(LARGE), seed=seed, coordinates=5).to_dict() for seed in (1, 1, 2)
    )
    assert one == two
    assert one != other


def test_refusals() -> None:
    given = problem(NETWORKS["course"])
    with pytest.raises(OptionError, match="unknown engine 'warp'"):
        gradient_check_network(*given, engine="warp")
    with pytest.raises(OptionError, match=r"^step is 0; expected a number above 0 and at most 0\.1$"):
        gradient_check_network(*given, step=0)
    with pytest.raises(OptionError, match=r"^coordinates is 0; expected an integer"):
        gradient_check_network(*given, coordinates=0)
    with pytest.raises(ShapeError, match="X has shape"):
        gradient_check_network(given.parameters, given.X[0], given.Y)
    with pytest.raises(ShapeError, match=r"X has shape \(3, 20\); expected as many inputs"):
        gradient_check_network(given.parameters, given.X[1:], given.Y)
    with pytest.raises(
        NonFiniteError, match=r"^the cost of these parameters is nan; expected a finite one"
    ):
        gradient_check_network(given.parameters, given.X * np.nan, given.Y)
    with pytest.raises(LabelError, match="expected 0 or 1"):
        gradient_check_network(given.parameters, given.X, given.Y + 1)
