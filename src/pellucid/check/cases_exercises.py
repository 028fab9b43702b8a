"""Cases of the other exercises of the two courses, some of whose functions share a name with another's."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pellucid import core
from pellucid.check import exercise_functions
from pellucid.check.cases_form import Array, Case, Exam, Parameters, made
from pellucid.check.cases_logistic import LOGISTIC
from pellucid.check.cases_networks import labels, network, update_deep

# A difference of right gradients; its digits are those of rounding.
_RIGHT = 1e-6
_THREE_LAYERS = (((2, 3, 2, 1), 7), ((4, 3, 3, 1), 1), ((3, 5, 4, 1), 200))


def _first(result: Any) -> Any:
    """What comes before the cache, which every edition fills in its own way."""
    return result[0] if isinstance(result, (tuple, list)) and len(result) == 2 else result


def _three_layers() -> list[Case]:
    cases = []
    for dims, m in _THREE_LAYERS:
        X = np.random.default_rng([31, *dims]).standard_normal((dims[0], m))
        A3, _ = core.L_model_forward(X, network(dims))
        cases.append(Case(_described(dims, m), (X, network(dims)), A3))
    return cases


def _described(dims: Sequence[int], m: int) -> str:
    return f"layers {' - '.join(map(str, dims))}, m = {m}"


def _numbers(function: Callable[[Any, Any], Any]) -> Callable[[], list[Case]]:
    pairs = ((2.0, 4.0), (-3.0, 0.5), (0.25, -8.0))
    return lambda: [made(function, f"x = {x:g}, theta = {theta:g}", x, theta) for x, theta in pairs]


def _sizes() -> list[Case]:
    shapes = ((5, 3, 2), (2, 1, 400), (3, 2, 3))
    return [
        made(
            exercise_functions.layer_sizes,
            f"X ({n_x}, {m}), Y ({n_y}, {m})",
            np.full((n_x, m), 0.5),
            np.zeros((n_y, m)),
        )
        for n_x, n_y, m in shapes
    ]


def _mini_batches() -> list[Case]:
    cases = []
    for m, size, seed in ((148, 64, 0), (128, 32, 3), (20, 64, 1), (10, 1, 2)):
        rng = np.random.default_rng([32, m])
        # No label twice: each says whose it is.
        X, Y = rng.standard_normal((3, m)), rng.permutation(m).reshape(1, m) / m
        pairs = core.random_mini_batches(X, Y, size, seed)
        text = f"m = {m}, mini_batch_size = {size}, seed = {seed}"
        cases.append(Case(text, (X, Y, size, seed), [_pair(*pair) for pair in pairs]))
    return cases


def _pair(X: Array, Y: Array) -> dict[str, Array]:
    return {"mini_batch_X": X, "mini_batch_Y": Y}


def named_batches(result: Any) -> Any:
    """Mini-batches with the names of their parts; what has another form as it is.

    Args:
        result: of `random_mini_batches`.
    """
    if not isinstance(result, (tuple, list)):
        return result
    return [
        _pair(*batch) if isinstance(batch, (tuple, list)) and len(batch) == 2 else batch for batch in result
    ]


def _with_dropout() -> list[Case]:
    cases = []
    for (dims, m), keep_prob in zip(_THREE_LAYERS, (0.7, 1.0, 0.86), strict=True):
        X = np.random.default_rng([33, *dims]).standard_normal((dims[0], m))
        A3, _ = core.forward_propagation_with_dropout(X, network(dims), keep_prob)
        text = f"{_described(dims, m)}, keep_prob {keep_prob}"
        cases.append(Case(text, (X, network(dims), keep_prob), A3))
    return cases


def _backward_with_dropout() -> list[Case]:
    cases = []
    for (dims, m), keep_prob in zip(_THREE_LAYERS, (0.8, 0.5, 0.86), strict=True):
        X, Y = np.random.default_rng([34, *dims]).standard_normal((dims[0], m)), labels(1, m)
        _, cache = core.forward_propagation_with_dropout(X, network(dims), keep_prob)
        grads = core.backward_propagation_with_dropout(X, Y, cache, keep_prob)
        # The others have other names in some editions, or are not returned.
        decisive = {key: grads[key] for key in grads if key[1] in "Wb"}
        text = f"{_described(dims, m)}, keep_prob {keep_prob}"
        cases.append(Case(text, (X, Y, cache, keep_prob), decisive))
    return cases


def _difference(result: Any) -> Any:
    """A difference of gradients, without the digits of one that is nothing but rounding."""
    if isinstance(result, (float, np.ndarray)) and np.ndim(result) == 0 and 0 <= float(result) < _RIGHT:
        return 0.0
    return result


def _check_one() -> list[Case]:
    # Beside a large theta, epsilon is rounded, and the approximation of a right gradient is far off. By how
    # much tells which two points were taken, and what their distance was divided by.
    numbers = ((2.0, 4.0, 1e-7), (-3.0, 0.5, 1e-7), (2.0, 2.0**30, 1e-7), (-0.5, 2.0**47, 0.01))
    return [
        Case(
            f"x = {x:g}, theta = {theta:g}, epsilon = {epsilon:g}",
            (x, theta, epsilon),
            _difference(core.gradient_check(x, theta, epsilon)),
        )
        for x, theta, epsilon in numbers
    ]


def _check_network() -> list[Case]:
    wrong = {"dW2": 2.0, "db1": 4.0}
    given: list[tuple[str, dict[str, float], float]] = [
        ("right gradients", {}, 1e-7),
        ("dW2 doubled, db1 four times as large", wrong, 1e-7),
        ("dW3 of the wrong sign", {"dW3": -1.0}, 1e-7),
        # So large that the approximation itself is off.
        ("right gradients, epsilon = 0.05", {}, 0.05),
    ]
    cases = []
    for i, (text, factors, epsilon) in enumerate(given):
        X, Y, parameters = _checked(i)
        _, cache = exercise_functions.forward_propagation_n(X, Y, parameters)
        grads = exercise_functions.backward_propagation_n(X, Y, cache)
        grads |= {key: grads[key] * factor for key, factor in factors.items()}
        expected = _difference(core.gradient_check_n(parameters, grads, X, Y, epsilon))
        cases.append(Case(text, (parameters, grads, X, Y, epsilon), expected))
    return cases


def _checked(seed: int) -> tuple[Array, Array, Parameters]:
    rng = np.random.default_rng([35, seed])
    parameters = {
        key: rng.standard_normal(shape) for key, shape in exercise_functions.CHECKED_SHAPES.items()
    }
    return rng.standard_normal((4, 3)), np.array([[1, 1, 0]]), parameters


EXERCISES: Sequence[Exam] = (
    *LOGISTIC,
    Exam("three_layers.forward_propagation", ("X", "parameters"), "A3", _three_layers, part=_first),
    Exam(
        "one_number.forward_propagation",
        ("x", "theta"),
        "J",
        _numbers(exercise_functions.forward_of_one_number),
    ),
    Exam(
        "one_number.backward_propagation",
        ("x", "theta"),
        "dtheta",
        _numbers(exercise_functions.backward_of_one_number),
    ),
    Exam("layer_sizes", ("X", "Y"), ("n_x", "n_h", "n_y"), _sizes),
    Exam(
        "random_mini_batches",
        ("X", "Y", "mini_batch_size", "seed"),
        "mini_batches",
        _mini_batches,
        other_arguments=(("X", "Y", "mini_batch_size"),),
        part=named_batches,
    ),
    Exam(
        "forward_propagation_with_dropout",
        ("X", "parameters", "keep_prob"),
        "A3",
        _with_dropout,
        part=_first,
    ),
    Exam("backward_propagation_with_dropout", ("X", "Y", "cache", "keep_prob"), "", _backward_with_dropout),
    Exam("gradient_check", ("x", "theta", "epsilon"), "difference", _check_one, part=_difference),
    Exam(
        "gradient_check_n",
        ("parameters", "gradients", "X", "Y", "epsilon"),
        "difference",
        _check_network,
        part=_difference,
    ),
    Exam("update_parameters_with_gd", ("parameters", "grads", "learning_rate"), "", update_deep),
)
