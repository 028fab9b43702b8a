"""One step downhill: the step itself, what stays untouched, and every refusal."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.core import initialize_parameters_deep, update_parameters
from pellucid.errors import ArrayError, ParametersError, ShapeError

Dict = dict[str, np.ndarray]


def step(seed: int = 1) -> tuple[Dict, Dict]:
    """Parameters of a three-layer network, and gradients of the same shapes."""
    dims = [4, 3, 2, 1]
    parameters = initialize_parameters_deep(dims, scheme="he", rng=seed)
    drawn = initialize_parameters_deep(dims, scheme=1.0, rng=seed + 1)
    return parameters, {f"d{name}": value + 0.5 for name, value in drawn.items()}


@given(st.floats(-10, 10), st.integers(0, 100))
def test_every_parameter_goes_against_its_gradient(learning_rate: float, seed: int) -> None:
    parameters, grads = step(seed)
    updated = update_parameters(parameters, grads, learning_rate)
    assert list(updated) == list(parameters)
    for name in parameters:
        expected = parameters[name] - learning_rate * grads[f"d{name}"]
        np.testing.assert_array_equal(updated[name], expected)


@given(st.floats(-10, 10))
def test_nothing_that_was_passed_in_changes(learning_rate: float) -> None:
    parameters, grads = step()
    kept = {name: value.copy() for name, value in (parameters | grads).items()}
    for value in (parameters | grads).values():
        value.setflags(write=False)
    given_keys = list(parameters), list(grads)
    updated = update_parameters(parameters, grads, learning_rate)
    assert (list(parameters), list(grads)) == given_keys
    for name, value in (parameters | grads).items():
        np.testing.assert_array_equal(value, kept[name])
    assert updated is not parameters
    assert not any(np.shares_memory(updated[name], parameters[name]) for name in parameters)


def test_two_steps_are_one_step_of_both_lengths() -> None:
    parameters, grads = step()
    twice = update_parameters(update_parameters(parameters, grads, 0.1), grads, 0.2)
    once = update_parameters(parameters, grads, 0.3)
    for name in parameters:
        np.testing.assert_allclose(twice[name], once[name], atol=1e-15)


def test_gradients_of_activations_are_passed_over() -> None:
    parameters, grads = step()
    more = grads | {"dA0": np.ones((4, 9)), "dA1": np.ones((3, 9))}
    updated = update_parameters(parameters, more, 0.1)
    assert list(updated) == list(parameters)


@pytest.mark.parametrize("name", ["dW1", "db2", "db3"])
def test_a_missing_gradient_is_named(name: str) -> None:
    parameters, grads = step()
    del grads[name]
    with pytest.raises(ParametersError) as error:
        update_parameters(parameters, grads, 0.1)
    assert str(error.value) == (
        f"grads has no {name}; expected a gradient for each of W1, b1, W2, b2, W3, b3, "
        "as L_model_backward returns them"
    )


def test_a_gradient_of_another_shape_is_refused_rather_than_broadcast() -> None:
    parameters, grads = step()
    with pytest.raises(ShapeError) as error:
        update_parameters(parameters, grads | {"dW2": np.ones((1, 3))}, 0.1)
    assert str(error.value) == (
        "dW2 has shape (1, 3) and W2 has shape (2, 3); expected dW2 of shape (2, 3)"
    )
    with pytest.raises(ShapeError) as error:
        update_parameters(parameters, grads | {"db1": np.ones(3)}, 0.1)
    assert str(error.value) == (
        "db1 has shape (3,) and b1 has shape (3, 1); expected db1 of shape (3, 1) "
        "(db1 is a rank-1 array: db1.reshape(3, 1) if its order is right)"
    )


def test_parameters_that_are_no_network_are_refused() -> None:
    parameters, grads = step()
    del parameters["b2"]
    with pytest.raises(ParametersError, match=r"^parameters holds W1, b1, W2, W3, b3; expected W1, b1, "):
        update_parameters(parameters, grads, 0.1)
    with pytest.raises(ParametersError, match=r"^parameters holds nothing; expected W1, b1"):
        update_parameters({}, grads, 0.1)


def test_a_gradient_that_is_no_array_is_named() -> None:
    parameters, grads = step()
    with pytest.raises(ArrayError, match=r"^dW1 is of type list; expected an array"):
        update_parameters(parameters, grads | {"dW1": grads["dW1"].tolist()}, 0.1)
