"""What the entries of activations and costs say of them, held against their functions."""

import inspect
import math

import numpy as np
import pytest

from helpers import KINKED
from pellucid.core.activations import ACTIVATIONS, HIDDEN_ACTIVATIONS, Activation
from pellucid.core.costs import COSTS, Cost
from pellucid.network import Network

activations = pytest.mark.parametrize(("name", "entry"), ACTIVATIONS.items(), ids=list(ACTIVATIONS))
costs = pytest.mark.parametrize(("name", "entry"), COSTS.items(), ids=list(COSTS))


@activations
def test_no_output_lies_outside_the_bounds_and_some_lie_near_them(name: str, entry: Activation) -> None:
    A, _ = entry.forward(np.linspace(-30, 30, 200_001).reshape(1, -1).repeat(2, 0) * [[1], [-1]])
    low, high = entry.bounds
    assert low <= A.min()
    assert A.max() <= high
    for bound, found in ((low, A.min()), (high, A.max())):
        assert abs(found - bound) < 2e-3 if math.isfinite(bound) else abs(found) > 0.2


@activations
def test_the_inverse_leads_back(name: str, entry: Activation) -> None:
    outputs = {output for cost in COSTS.values() for output in cost.output_activations}
    assert (entry.inverse is not None) == (name in outputs)
    if entry.inverse is None:
        return
    Z = np.random.default_rng(3).standard_normal((3, 8))
    A, _ = entry.forward(Z)
    np.testing.assert_allclose(entry.forward(entry.inverse(A))[0], A, rtol=1e-12)
    ends = np.array([[end for end in entry.bounds if math.isfinite(end)]])
    assert np.isfinite(entry.inverse(ends)).all()


def test_what_kind_of_function_each_is() -> None:
    def named(property_: str) -> set[str]:
        return {name for name, entry in ACTIVATIONS.items() if getattr(entry, property_)}

    assert named("kinked") == set(KINKED)
    assert named("saturates") == {"tanh", "sigmoid"}
    assert named("is_probability") == {"sigmoid", "softmax"}
    assert set(ACTIVATIONS) - named("elementwise") == {"softmax"}
    assert named("hidden") == set(HIDDEN_ACTIVATIONS) == set(ACTIVATIONS) - {"softmax", "exp"}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_outputs_that_are_no_probabilities_are_those_of_a_regression(name: str) -> None:
    if ACTIVATIONS[name].inverse is not None:
        network = Network((2, 3), output_activation=name)
        assert network.is_regression == (not ACTIVATIONS[name].is_probability)


@costs
def test_the_options_are_those_of_the_functions(name: str, entry: Cost) -> None:
    for function in (entry.forward, entry.backward):
        arguments = inspect.signature(function).parameters.values()
        keywords = {one.name for one in arguments if one.kind is one.KEYWORD_ONLY}
        assert keywords == {"weights", *entry.options}


@costs
def test_pieces_change_where_the_gradient_is_not_smooth(name: str, entry: Cost) -> None:
    """The second difference of the gradient is 0 within a piece of a cost made of lines and squares."""
    if entry.pieces is None:
        return
    r = np.linspace(-2.0005, 2.0005, 4002)[None]
    options = {"huber_delta": 0.7} if "huber_delta" in entry.options else {}
    gradient = entry.backward(r, np.zeros_like(r), **options)
    kinks = np.abs(np.diff(gradient, 2)[0]) > 1e-6
    pieces = np.asarray(entry.pieces(r, output_activation="identity", **options), int)[0]
    changes = np.diff(pieces) != 0
    assert changes.any()
    np.testing.assert_array_equal(kinks, changes[1:] | changes[:-1])


@costs
def test_the_gradient_of_the_output_is_that_of_the_function(name: str, entry: Cost) -> None:
    assert (entry.output_backward is None) == (entry.output_gradient is None)
    if entry.output_backward is None:
        return
    (output,) = entry.output_activations
    ZL, Y = np.array([[-1.0, 0.5, 2.0]]), np.array([[0.0, 1.0, 0.0]])
    AL, _ = ACTIVATIONS[output].forward(ZL)
    dZL = ACTIVATIONS[output].backward(entry.output_backward(AL, Y), ZL)
    np.testing.assert_allclose(dZL, entry.backward(ZL, Y), rtol=1e-12)


def test_only_counts_have_a_least_target() -> None:
    least = {name: entry.least_target for name, entry in COSTS.items()}
    assert {name: value for name, value in least.items() if value > -math.inf} == {"poisson": 0.0}
