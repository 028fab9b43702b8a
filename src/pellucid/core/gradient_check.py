"""Gradient checking: a numerical test of every backward pass.

A gradient is compared with central differences of the cost, (J(theta + e) - J(theta - e)) / (2 e), one
number theta after the other. Their distance is ||grad - gradapprox|| / (||grad|| + ||gradapprox||):
below about 1e-7 the backward pass is right, above 1e-3 it is wrong; between them look for a kink (ReLU)
near zero. The check computes in NumPy and float64, whatever the type of its arguments.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pellucid.core._arrays import Array, as_numpy, check_number, namespace
from pellucid.core._shapes import check_same_shape
from pellucid.core.cost import binary_cross_entropy, categorical_cross_entropy
from pellucid.core.model import L_model_forward, count_layers
from pellucid.errors import OptionError, ParametersError

Vector = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def gradient_check(x: float, theta: float, epsilon: float = 1e-7, *, print_result: bool = False) -> float:
    """The check in one dimension, on J(theta) = theta x, whose derivative is x.

    Args:
        x: the input.
        theta: the one parameter.
        epsilon: half the distance of the two points.
        print_result: print whether the gradient is right.

    Returns:
        The difference between the derivative and its approximation.

    Raises:
        OptionError: epsilon is not a number above 0.
    """
    epsilon = check_number("epsilon", epsilon, above=0.0)
    J_plus, J_minus = (theta + epsilon) * x, (theta - epsilon) * x
    gradapprox = (J_plus - J_minus) / (2 * epsilon)
    return _relative_difference(np.asarray([float(x)]), np.asarray([float(gradapprox)]), print_result)


def gradient_check_n(
    parameters: Mapping[str, Array],
    gradients: Mapping[str, Array],
    X: Array,
    Y: Array,
    epsilon: float = 1e-7,
    *,
    hidden_activation: str | Sequence[str] = "relu",
    output_activation: str = "sigmoid",
    print_result: bool = False,
) -> float:
    """The check of all gradients of a network under the cross-entropy cost.

    Args:
        parameters: `{"W1", "b1", ..., "WL", "bL"}`.
        gradients: `{"dW1", "db1", ...}` as a backward pass returned them; other keys are ignored.
        X: inputs, (n_x, m).
        Y: true labels, (n_y, m).
        epsilon: half the distance of the two points.
        hidden_activation: as for `L_model_forward`.
        output_activation: "sigmoid" or "softmax".
        print_result: print whether the gradients are right.

    Returns:
        The difference between the gradients and their approximations, over all parameters at once.

    Raises:
        ParametersError: a parameter or a gradient is missing.
        ShapeError: X, Y, parameters or gradients do not fit.
        OptionError: epsilon is not a number above 0, or the cross-entropy has no such output.
    """
    epsilon = check_number("epsilon", epsilon, above=0.0)
    costs = {"sigmoid": binary_cross_entropy, "softmax": categorical_cross_entropy}
    if output_activation not in costs:
        raise OptionError(
            f"the cross-entropy cost has no output activation {output_activation!r}; "
            "expected sigmoid or softmax"
        )
    namespace(X=X, Y=Y, **parameters)
    X, Y = _float64(X), as_numpy(Y)
    grad = gradients_to_vector(gradients, parameters)
    theta = dictionary_to_vector(parameters)

    def J(theta: Vector) -> float:
        _, caches = L_model_forward(
            X, vector_to_dictionary(theta, parameters), hidden_activation=hidden_activation
        )
        return float(costs[output_activation](caches[-1][1], Y))

    gradapprox = np.empty_like(theta)
    for i in range(len(theta)):
        plus, minus = theta.copy(), theta.copy()
        plus[i] += epsilon
        minus[i] -= epsilon
        gradapprox[i] = (J(plus) - J(minus)) / (2 * epsilon)
    return _relative_difference(grad, gradapprox, print_result)


def dictionary_to_vector(parameters: Mapping[str, Array]) -> Vector:
    """W1, b1, W2, ..., row by row, one after the other: NumPy float64, one dimension.

    Raises:
        ParametersError: the dictionary is not that of a network.
    """
    L = count_layers(parameters)
    names = [f"{letter}{l}" for l in range(1, L + 1) for letter in "Wb"]
    return np.concatenate([_float64(parameters[name]).ravel() for name in names])


def vector_to_dictionary(theta: Vector, like: Mapping[str, Array]) -> dict[str, Array]:
    """The inverse of `dictionary_to_vector`, in the shapes of `like`.

    Raises:
        ParametersError: `like` is not the dictionary of a network, or has more or fewer numbers.
    """
    L = count_layers(like)
    shapes = {f"{letter}{l}": tuple(like[f"{letter}{l}"].shape) for l in range(1, L + 1) for letter in "Wb"}
    sizes = [int(np.prod(shape)) for shape in shapes.values()]
    if sum(sizes) != len(theta):
        raise ParametersError(f"theta has {len(theta)} numbers; expected {sum(sizes)}, as the parameters")
    parts = np.split(theta, np.cumsum(sizes)[:-1])
    return {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}


def gradients_to_vector(gradients: Mapping[str, Array], parameters: Mapping[str, Array]) -> Vector:
    """dW1, db1, dW2, ... in the order of `dictionary_to_vector`.

    Raises:
        ParametersError: a gradient is missing.
        ShapeError: a gradient does not have the shape of its parameter.
    """
    L = count_layers(parameters)
    by_parameter = {}
    for name in (f"{letter}{l}" for l in range(1, L + 1) for letter in "Wb"):
        if f"d{name}" not in gradients:
            raise ParametersError(
                f"gradients has no d{name}; expected a gradient for each of {', '.join(parameters)}"
            )
        namespace(**{name: parameters[name], f"d{name}": gradients[f"d{name}"]})
        check_same_shape(f"d{name}", gradients[f"d{name}"], name, parameters[name])
        by_parameter[name] = gradients[f"d{name}"]
    return dictionary_to_vector(by_parameter)


def _float64(array: Array) -> Vector:
    return as_numpy(array).astype(np.float64)


def _relative_difference(grad: Vector, gradapprox: Vector, print_result: bool) -> float:
    numerator = float(np.linalg.norm(grad - gradapprox))
    denominator = float(np.linalg.norm(grad)) + float(np.linalg.norm(gradapprox))
    # If both are zero they agree.
    difference = numerator / denominator if denominator else 0.0
    if print_result:
        verdict = "right" if difference < 2e-7 else "wrong"
        print(f"The gradient is {verdict}: difference = {difference}")  # noqa: T201 - asked for
    return difference
