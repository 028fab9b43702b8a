"""Mistakes of the other exercises: sizes, logistic regression, penalties, dropout, batches, checks."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pellucid.check import exercise_functions
from pellucid.check.causes.cost import COMPUTE_COST, compute_cost
from pellucid.check.causes.mistakes import Array, Mistakes, Table, at_places
from pellucid.check.causes.model import labels

LAYER_SIZES = ("sizes-from-examples", "sizes-from-examples~x", "sizes-from-examples~y")


def layer_sizes(on: Mistakes, X: Array, Y: Array) -> tuple[int, int, int]:
    """n_x, 4 and n_y.

    Args:
        on: the mistakes.
        X: (n_x, m).
        Y: (n_y, m).
    """
    both = on("sizes-from-examples")
    n_x = X.shape[both or on("sizes-from-examples~x")]
    return n_x, 4, Y.shape[both or on("sizes-from-examples~y")]


_ERRORS: Table = {
    "dz-wrong-sign": lambda A, Y: Y - A,
    "dz-derivative-extra": lambda A, Y: (A - Y) * A * (1 - A),
}
PROPAGATE = (
    *(*_ERRORS, "bias-missing", "dw-missing-1-over-m", "db-missing-1-over-m", "dw-wrong-sign"),
    *("db-wrong-sign", "db-missing-axis", "m-is-rows"),
    *(f"{switch}@cost" for switch in COMPUTE_COST),
)


def propagate(on: Mistakes, w: Array, b: Any, X: Array, Y: Array) -> Any:
    """Gradients and cost of logistic regression.

    Args:
        on: the mistakes.
        w: (n_x, 1).
        b: a number.
        X: (n_x, m).
        Y: (1, m).
    """
    m = X.shape[0 if on("m-is-rows") else 1]
    A = exercise_functions.sigmoid(np.dot(w.T, X) + (0 if on("bias-missing") else b))
    error = on.choose(_ERRORS, lambda A, Y: A - Y, A, Y)
    dw = np.dot(X, error.T) / (1 if on("dw-missing-1-over-m") else m)
    total = np.sum(error, axis=0) if on("db-missing-axis") else np.sum(error)
    # One number in an array counts as a number.
    db = (total.reshape(()) if total.size == 1 else total) / (1 if on("db-missing-1-over-m") else m)
    grads = {"dw": -dw if on("dw-wrong-sign") else dw, "db": -db if on("db-wrong-sign") else db}
    cost = compute_cost(on.at("cost"), A, Y)
    return grads, cost * X.shape[1] / m


# More would take seconds for every pair of mistakes.
_FIXED_COUNTS = (100,)
_RATES: Table = {
    "learning-rate-missing": lambda rate: 1.0,
    **{f"learning-rate-fixed~{fixed}": lambda _, fixed=fixed: fixed for fixed in (0.009, 0.5, 0.005, 0.01)},
}
OPTIMIZE = (
    *("weights-forgotten", "biases-forgotten", *at_places(("update-wrong-sign", *_RATES), ("w", "b"))),
    *(f"iterations-ignored~{count}" for count in _FIXED_COUNTS),
)


def optimize(
    on: Mistakes,
    w: Array,
    b: Any,
    X: Array,
    Y: Array,
    num_iterations: int,
    learning_rate: float,
    print_cost: bool,  # noqa: ARG001
) -> Any:
    """The parameters after so many steps, and the gradients of the last one.

    Args:
        on: the mistakes.
        w: (n_x, 1).
        b: a number.
        X: (n_x, m).
        Y: (1, m).
        num_iterations: the number of steps.
        learning_rate: their length.
        print_cost: ignored.
    """
    count = next((n for n in _FIXED_COUNTS if on(f"iterations-ignored~{n}")), num_iterations)
    rates = {}
    for name in "wb":
        rate = on.at(name).choose(_RATES, lambda rate: rate, learning_rate)
        rates[name] = -rate if on.at(name)("update-wrong-sign") else rate
    grads: dict[str, Any] = {}
    for _ in range(count):
        grads, _ = exercise_functions.propagate(w, b, X, Y)
        w = w if on("weights-forgotten") else w - rates["w"] * grads["dw"]
        b = b if on("biases-forgotten") else b - rates["b"] * grads["db"]
    return {"w": w, "b": b}, grads, ()


def predict(on: Mistakes, w: Array, b: Any, X: Array) -> Any:
    """The labels of X.

    Args:
        on: the mistakes.
        w: (n_x, 1).
        b: a number.
        X: (n_x, m).
    """
    return labels(on, exercise_functions.sigmoid(np.dot(w.T, X) + (0 if on("bias-missing") else b)))


_PENALTIES: Table = {
    "penalty-missing": lambda weights, biases, m: 0.0,
    "penalty-not-halved": lambda weights, biases, m: _squares(weights) / m,
    "penalty-not-averaged": lambda weights, biases, m: _squares(weights) / 2,
    "penalty-not-averaged~half": lambda weights, biases, m: _squares(weights),
    "penalty-subtracted": lambda weights, biases, m: -_squares(weights) / (2 * m),
    "penalty-not-squared": lambda weights, biases, m: sum(map(np.sum, weights)) / (2 * m),
    "penalty-of-sizes": lambda weights, biases, m: sum(np.sum(np.abs(W)) for W in weights) / (2 * m),
    "penalty-root": lambda weights, biases, m: sum(map(np.linalg.norm, weights)) / (2 * m),
    "penalty-on-biases": lambda weights, biases, m: _squares([*weights, *biases]) / (2 * m),
    "penalty-of-some-layers": lambda weights, biases, m: _squares(weights[:-1]) / (2 * m),
    "penalty-of-some-layers~first": lambda weights, biases, m: _squares(weights[1:]) / (2 * m),
    "penalty-of-some-layers~one": lambda weights, biases, m: _squares(weights[:1]) / (2 * m),
}
REGULARIZED_COST = (*_PENALTIES, "penalty-replaces-cost", *(f"{switch}@cost" for switch in COMPUTE_COST))


def compute_cost_with_regularization(
    on: Mistakes, A3: Array, Y: Array, parameters: Mapping[str, Array], lambd: float
) -> Any:
    """The cost plus lambd / (2m) sum(W^2).

    Args:
        on: the mistakes.
        A3: (1, m).
        Y: (1, m).
        parameters: of the network.
        lambd: the factor of the penalty.
    """
    weights = [value for key, value in parameters.items() if key[0] == "W"]
    biases = [value for key, value in parameters.items() if key[0] == "b"]
    penalty = on.choose(
        _PENALTIES, lambda weights, biases, m: _squares(weights) / (2 * m), weights, biases, Y.shape[1]
    )
    if on("penalty-replaces-cost"):
        # Without a penalty nothing would be left: that is no two mistakes.
        return np.nan if on("penalty-missing") else lambd * penalty
    return compute_cost(on.at("cost"), A3, Y) + lambd * penalty


def _squares(arrays: Sequence[Array]) -> Any:
    return sum(np.sum(np.square(array)) for array in arrays)


_PENALTY_GRADIENTS: Table = {
    "penalty-gradient-missing": lambda W, m: 0.0 * W,
    "penalty-gradient-not-averaged": lambda W, m: W,
    "penalty-gradient-halved": lambda W, m: W / (2 * m),
    "penalty-gradient-doubled": lambda W, m: 2 * W / m,
    "penalty-gradient-squared": lambda W, m: W * W / m,
    "penalty-gradient-wrong-sign": lambda W, m: -W / m,
}
_LAYERED = ("dz-wrong-sign", "dw-missing-1-over-m", "db-missing-1-over-m", "relu-mask-missing")
_LAYERS = ("1", "2", "3")
REGULARIZED_BACKWARD = (
    *at_places((*_PENALTY_GRADIENTS, *_LAYERED[1:3]), _LAYERS),
    *at_places(_LAYERED[3:], _LAYERS[:2]),
    _LAYERED[0],
)


def backward_propagation_with_regularization(
    on: Mistakes, X: Array, Y: Array, cache: Sequence[Array], lambd: float
) -> Any:
    """The gradients of that cost.

    Args:
        on: the mistakes.
        X: (n_x, m).
        Y: (1, m).
        cache: (Z1, A1, W1, b1, ...).
        lambd: the factor of the penalty.
    """
    layers = [cache[i : i + 4] for i in range(0, len(cache), 4)]
    grads = _backward(on, X, Y, [(A, W, None) for _, A, W, _ in layers], 1.0)
    for l, (_, _, W, _) in enumerate(layers, start=1):
        own = on.at(str(l)).choose(_PENALTY_GRADIENTS, lambda W, m: W / m, W, X.shape[1])
        grads[f"dW{l}"] = grads[f"dW{l}"] + lambd * own
    return _decisive(grads)


def _decisive(grads: dict[str, Any]) -> dict[str, Any]:
    """Those of the weights and biases: the exam has no others."""
    return {key: value for key, value in grads.items() if key[1] in "Wb"}


def _backward(on: Mistakes, X: Array, Y: Array, layers: Sequence[Any], keep_prob: float) -> dict[str, Any]:
    """The gradients of [RELU] x (L-1) -> SIGMOID; a layer is (A, W, D), D None where none was dropped."""
    m = X.shape[1]
    grads: dict[str, Any] = {}
    dZ = Y - layers[-1][0] if on("dz-wrong-sign") else layers[-1][0] - Y
    for l in range(len(layers), 0, -1):
        A_prev, here, below = X if l == 1 else layers[l - 2][0], on.at(str(l)), on.at(str(l - 1))
        grads[f"dZ{l}"] = dZ
        grads[f"dW{l}"] = np.dot(dZ, A_prev.T) / (1 if here("dw-missing-1-over-m") else m)
        grads[f"db{l}"] = dZ.sum(1, keepdims=True) / (1 if here("db-missing-1-over-m") else m)
        if l > 1:
            dA, D = np.dot(layers[l - 1][1].T, dZ), layers[l - 2][2]
            if D is not None:
                scale = below.choose(_KEPT, lambda keep_prob: 1 / keep_prob, keep_prob)
                dA = dA * D * scale
            grads[f"dA{l - 1}"] = dA
            dZ = dA if below("relu-mask-missing") else dA * (A_prev > 0)
    return grads


_KEPT: Table = {
    "dropout-not-scaled": lambda keep_prob: 1.0,
    "dropout-multiplied": lambda keep_prob: keep_prob,
    "dropout-scaled-twice": lambda keep_prob: 1 / keep_prob**2,
    "dropout-scaled-by-dropped": lambda keep_prob: 1 / (1 - keep_prob) if keep_prob < 1 else np.inf,
}
_MASKS: Table = {
    "dropout-mask-inverted": lambda D, keep_prob: D > keep_prob,
    "dropout-mask-missing": lambda D, keep_prob: np.ones_like(D),
    "dropout-mask-not-thresholded": lambda D, keep_prob: D,
}
DROPOUT_FORWARD = (*at_places((*_MASKS, *_KEPT), ("1", "2")), "last-layer-relu", "bias-missing")
DROPOUT_BACKWARD = (*at_places(_KEPT, ("1", "2")), *at_places(_LAYERED[1:3], _LAYERS), _LAYERED[0])


def forward_propagation_with_dropout(
    on: Mistakes, X: Array, parameters: Mapping[str, Array], keep_prob: float
) -> Array:
    """The output of [LINEAR -> RELU -> DROPOUT] x (L-1) -> LINEAR -> SIGMOID.

    Args:
        on: the mistakes.
        X: (n_x, m).
        parameters: of the network.
        keep_prob: the share that is kept.
    """
    stream, A, L = np.random.RandomState(1), X, len(parameters) // 2
    for l in range(1, L + 1):
        Z = np.dot(parameters[f"W{l}"], A) + (0 if on("bias-missing") else parameters[f"b{l}"])
        if l == L and not on("last-layer-relu"):
            return np.asarray(exercise_functions.sigmoid(Z))
        A = np.maximum(0, Z)
        if l < L:
            drawn, here = stream.rand(*Z.shape), on.at(str(l))
            D = here.choose(_MASKS, lambda D, keep_prob: D < keep_prob, drawn, keep_prob)
            A = A * D * here.choose(_KEPT, lambda keep_prob: 1 / keep_prob, keep_prob)
    return A


def backward_propagation_with_dropout(
    on: Mistakes, X: Array, Y: Array, cache: Sequence[Array], keep_prob: float
) -> Any:
    """The gradients through the same units.

    Args:
        on: the mistakes.
        X: (n_x, m).
        Y: (1, m).
        cache: (Z1, D1, A1, W1, b1, ..., ZL, AL, WL, bL).
        keep_prob: the share that is kept.
    """
    hidden = [cache[i : i + 5] for i in range(0, len(cache) - 4, 5)]
    layers = [(A, W, D) for _, D, A, W, _ in hidden] + [(cache[-3], cache[-2], None)]
    return _decisive(_backward(on, X, Y, layers, keep_prob))


RANDOM_MINI_BATCHES = (
    *("batches-labels-not-shuffled", "batches-inputs-not-shuffled", "batches-not-shuffled"),
    *("batches-last-missing", "batches-last-empty", "batches-one-short", "batches-one-short~rest"),
)


def random_mini_batches(on: Mistakes, X: Array, Y: Array, size: int, seed: int) -> list[dict[str, Array]]:
    """The batches, with the names of their parts.

    Args:
        on: the mistakes.
        X: (n_x, m).
        Y: (n_y, m).
        size: examples per batch.
        seed: of the order.
    """
    m = X.shape[1]
    order = np.random.RandomState(seed).permutation(m)
    same = np.arange(m)
    of_X = same if on("batches-inputs-not-shuffled") or on("batches-not-shuffled") else order
    of_Y = same if on("batches-labels-not-shuffled") or on("batches-not-shuffled") else order
    last = m - m % size if on("batches-last-missing") else m
    if on("batches-one-short"):
        last = max(0, (m // size - 1) * size)
    starts = list(range(0, last, size))
    if on("batches-one-short~rest"):
        starts.remove((m // size - 1) * size) if m >= size else None
    if on("batches-last-empty") and m % size == 0:
        starts.append(m)
    return [
        {"mini_batch_X": X[:, of_X[i : i + size]], "mini_batch_Y": Y[:, of_Y[i : i + size]]} for i in starts
    ]


_QUOTIENTS: Table = {
    "check-denominator-missing": lambda a, b: np.linalg.norm(a - b),
    "check-denominator-one-norm": lambda a, b: np.linalg.norm(a - b) / np.linalg.norm(a),
    "check-denominator-one-norm~approx": lambda a, b: np.linalg.norm(a - b) / np.linalg.norm(b),
}
GRADIENT_CHECK = (*_QUOTIENTS, "check-distance-not-doubled", "check-one-sided", "check-one-sided~minus")


def _check(on: Mistakes, costs: Any, grad: Array, epsilon: float) -> float:
    """The difference of a gradient and its approximation; `costs(shift)` gives J of each shifted number."""
    plus = costs(0.0 if on("check-one-sided~minus") else epsilon)
    minus = costs(0.0 if on("check-one-sided") else -epsilon)
    distance = epsilon if on("check-distance-not-doubled") else 2 * epsilon
    approx = (plus - minus) / distance
    difference = on.choose(
        _QUOTIENTS,
        lambda a, b: np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b)),
        grad,
        approx,
    )
    # As the exam has it: digits of rounding are none.
    return 0.0 if 0 <= difference < _ROUNDING else float(difference)


_ROUNDING = 1e-6


def gradient_check(on: Mistakes, x: float, theta: float, epsilon: float) -> float:
    """The check of one number.

    Args:
        on: the mistakes.
        x: the factor.
        theta: the number.
        epsilon: the shift.
    """
    return _check(on, lambda shift: np.array([x * (theta + shift)]), np.array([x]), epsilon)


def gradient_check_n(
    on: Mistakes,
    parameters: Mapping[str, Array],
    gradients: Mapping[str, Array],
    X: Array,
    Y: Array,
    epsilon: float,
) -> float:
    """The check of a network.

    Args:
        on: the mistakes.
        parameters: of the network.
        gradients: to check.
        X: inputs.
        Y: labels.
        epsilon: the shift.
    """
    theta, _ = exercise_functions.dictionary_to_vector(parameters)

    def costs(shift: float) -> Array:
        found = []
        for i in range(len(theta)):
            moved = theta.copy()
            moved[i] += shift
            shifted = exercise_functions.vector_to_dictionary(moved)
            found.append(exercise_functions.forward_propagation_n(X, Y, shifted)[0])
        return np.array(found).reshape(-1, 1)

    return _check(on, costs, exercise_functions.gradients_to_vector(gradients), epsilon)
