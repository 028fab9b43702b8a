"""One step downhill: the step itself, what stays untouched, and every refusal."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.core import clip_gradients, initialize_parameters_deep, update_parameters
from pellucid.errors import ArrayError, OptionError, ParametersError, ShapeError

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
    assert str(error.value) == ("dW2 has shape (1, 3); expected (2, 3), the shape of W2")
    with pytest.raises(ShapeError) as error:
        update_parameters(parameters, grads | {"db1": np.ones(3)}, 0.1)
    assert str(error.value) == (
        "db1 has shape (3,), a rank-1 array; expected (3, 1), the shape of b1: "
        "db1.reshape(-1, 1) makes it (3, 1)"
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


def length(grads: Dict) -> float:
    return float(np.sqrt(sum(np.sum(gradient**2) for gradient in grads.values())))


@given(st.floats(1e-3, 1e3), st.integers(0, 100))
def test_gradients_are_no_longer_than_asked_and_keep_their_direction(clip_norm: float, seed: int) -> None:
    _, grads = step(seed)
    clipped = clip_gradients(grads, clip_norm)
    assert length(clipped) == pytest.approx(min(length(grads), clip_norm), rel=1e-12)
    for name, gradient in grads.items():
        np.testing.assert_allclose(clipped[name] / length(clipped), gradient / length(grads), rtol=1e-12)


def test_short_gradients_are_left_as_they_are() -> None:
    _, grads = step()
    for clip_norm in (length(grads), 2 * length(grads)):
        for name, gradient in clip_gradients(grads, clip_norm).items():
            np.testing.assert_array_equal(gradient, grads[name])
    nothing = {name: 0 * gradient for name, gradient in grads.items()}
    assert length(clip_gradients(nothing, 1.0)) == 0


def test_the_length_is_that_of_all_dW_and_db_and_of_nothing_else() -> None:
    grads = {"dW1": np.array([[3.0]]), "db1": np.array([[4.0]]), "dA0": np.full((1, 9), 100.0)}
    assert clip_gradients(grads, 1.0) == {"dW1": pytest.approx(0.6), "db1": pytest.approx(0.8)}


def test_clipping_is_pytorch_s() -> None:
    torch = pytest.importorskip("torch")
    parameters, grads = step()
    theirs = {name: torch.tensor(value, requires_grad=True) for name, value in parameters.items()}
    for name, value in theirs.items():
        value.grad = torch.tensor(grads[f"d{name}"])
    torch.nn.utils.clip_grad_norm_(list(theirs.values()), 0.5)
    for name, gradient in clip_gradients(grads, 0.5).items():
        # PyTorch adds 1e-6 to the length it divides by.
        np.testing.assert_allclose(gradient, theirs[name[1:]].grad.numpy(), rtol=1e-6)


@pytest.mark.parametrize("clip_norm", [0, -1, None, "1", np.inf, True])
def test_a_length_that_is_none_is_refused(clip_norm: object) -> None:
    with pytest.raises(OptionError, match=r"^clip_norm is .*; expected a number above 0$"):
        clip_gradients(step()[1], clip_norm)
