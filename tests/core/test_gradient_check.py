"""The course's gradient check: it passes what is right, and finds what was planted."""

from typing import Any

import numpy as np
import pytest

from helpers import Library, example
from pellucid.core import L_model_backward, gradient_check, gradient_check_n
from pellucid.core.gradient_check import dictionary_to_vector, gradients_to_vector, vector_to_dictionary
from pellucid.errors import ArrayError, OptionError, ParametersError, ShapeError

Dict = dict[str, np.ndarray]


def courses_example() -> tuple[Dict, np.ndarray, np.ndarray]:
    """The course's test case: np.random.seed(1), then x, W1, b1, W2, b2, W3, b3; labels 1, 1, 0."""
    rng = np.random.RandomState(1)
    X, parameters = rng.randn(4, 3), {}
    for l, (n_prev, n) in enumerate([(4, 5), (5, 3), (3, 1)], start=1):
        parameters |= {f"W{l}": rng.randn(n, n_prev), f"b{l}": rng.randn(n, 1)}
    return parameters, X, np.array([[1, 1, 0]])


def gradients(parameters: Dict, X: np.ndarray, Y: np.ndarray, **activations: Any) -> Dict:
    from pellucid.core import L_model_forward

    AL, caches = L_model_forward(X, parameters, **activations)
    return L_model_backward(AL, Y, caches, **activations)


def test_one_dimension_gives_the_published_difference() -> None:
    difference = gradient_check(2, 4)
    assert type(difference) is float
    assert difference == pytest.approx(2.919335883291695e-10, rel=1e-12)


def test_the_courses_planted_errors_give_the_published_difference() -> None:
    parameters, X, Y = courses_example()
    grads = gradients(parameters, X, Y)
    assert gradient_check_n(parameters, grads, X, Y) < 1e-7
    planted = grads | {"dW2": grads["dW2"] * 2, "db1": grads["db1"] * 4}
    assert gradient_check_n(parameters, planted, X, Y) == pytest.approx(0.2850931567761624, rel=1e-6)


@pytest.mark.parametrize(
    ("hidden", "output", "dims"),
    [
        ("relu", "sigmoid", [3, 4, 1]),
        ("tanh", "softmax", [3, 4, 3]),
        (["gelu", "elu"], "softmax", [3, 4, 5, 2]),
    ],
)
def test_right_gradients_pass(hidden: Any, output: str, dims: list[int]) -> None:
    net = example(dims, output=output)
    activations = {"hidden_activation": hidden, "output_activation": output}
    grads = gradients(net.parameters, net.X, net.Y, **activations)
    assert gradient_check_n(net.parameters, grads, net.X, net.Y, **activations) < 1e-7


@pytest.mark.parametrize("name", ["dW1", "db1", "dW2", "db2"])
@pytest.mark.parametrize(
    "plant",
    [lambda g: 1.001 * g, lambda g: -g, lambda g: 0 * g, lambda g: 4 * g, lambda g: g + 0.001],
    ids=["a thousandth", "the sign", "zero", "no 1/m", "an offset"],
)
def test_a_planted_error_is_found(name: str, plant: Any) -> None:
    net = example([3, 4, 1], hidden="tanh")
    grads = gradients(net.parameters, net.X, net.Y, **net.activations)
    right = gradient_check_n(net.parameters, grads, net.X, net.Y, hidden_activation="tanh")
    wrong = grads | {name: plant(grads[name])}
    found = gradient_check_n(net.parameters, wrong, net.X, net.Y, hidden_activation="tanh")
    assert right < 1e-8 < 1e-5 < found


def test_the_derivative_of_another_activation_is_found() -> None:
    net = example([3, 4, 1], hidden="tanh")
    grads = gradients(net.parameters, net.X, net.Y, **net.activations)
    assert gradient_check_n(net.parameters, grads, net.X, net.Y, hidden_activation="relu") > 1e-2


def test_two_gradients_of_nothing_agree() -> None:
    assert gradient_check(0.0, 3.0) == 0.0


def test_any_library_and_type_is_judged_in_float64(library: Library) -> None:
    net = example([3, 4, 1], hidden="tanh")
    grads = gradients(net.parameters, net.X, net.Y, **net.activations)
    difference = gradient_check_n(
        {name: library.array(value) for name, value in net.parameters.items()},
        {name: library.array(value) for name, value in grads.items()},
        library.array(net.X),
        library.array(net.Y),
        hidden_activation="tanh",
    )
    assert type(difference) is float
    assert difference < (1e-8 if library.dtype == "float64" else 1e-6)


def test_it_prints_only_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    parameters, X, Y = courses_example()
    grads = gradients(parameters, X, Y)
    gradient_check(2, 4)
    gradient_check_n(parameters, grads, X, Y)
    assert capsys.readouterr().out == ""
    difference = gradient_check_n(parameters, grads, X, Y, print_result=True)
    assert capsys.readouterr().out == f"The gradient is right: difference = {difference}\n"
    difference = gradient_check_n(parameters, grads | {"db3": 2 * grads["db3"]}, X, Y, print_result=True)
    assert capsys.readouterr().out == f"The gradient is wrong: difference = {difference}\n"


def test_a_dictionary_survives_becoming_a_vector() -> None:
    parameters, _, _ = courses_example()
    theta = dictionary_to_vector(dict(reversed(parameters.items())))
    assert theta.shape == (47,)
    np.testing.assert_array_equal(theta[:20], parameters["W1"].ravel())
    again = vector_to_dictionary(theta, parameters)
    assert list(again) == list(parameters)
    for name, value in parameters.items():
        np.testing.assert_array_equal(again[name], value)
    with pytest.raises(ParametersError, match="theta has 46 numbers; expected 47"):
        vector_to_dictionary(theta[1:], parameters)
    grads = {f"d{name}": value for name, value in parameters.items()}
    np.testing.assert_array_equal(gradients_to_vector(grads | {"dA1": theta}, parameters), theta)


def test_refusals() -> None:
    parameters, X, Y = courses_example()
    grads = gradients(parameters, X, Y)
    for epsilon in (0, -1e-7, "small"):
        with pytest.raises(OptionError, match=r"^epsilon is .*; expected a number above 0$"):
            gradient_check_n(parameters, grads, X, Y, epsilon)
        with pytest.raises(OptionError, match=r"^epsilon is .*; expected a number above 0$"):
            gradient_check(1, 2, epsilon)
    with pytest.raises(OptionError, match="no output activation 'identity'; expected sigmoid or softmax"):
        gradient_check_n(parameters, grads, X, Y, output_activation="identity")
    with pytest.raises(
        ParametersError, match="gradients has no dW3; expected a gradient for each of W1, b1"
    ):
        gradient_check_n(parameters, {name: grads[name] for name in grads if name != "dW3"}, X, Y)
    with pytest.raises(ShapeError, match=r"^dW1 looks transposed: .*\(5, 4\), the shape of W1: pass"):
        gradient_check_n(parameters, grads | {"dW1": grads["dW1"].T}, X, Y)
    with pytest.raises(ArrayError, match="X is of type list"):
        gradient_check_n(parameters, grads, X.tolist(), Y)
