"""The derivation of each function's formula, and a right function of the course's size."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from pellucid import core
from pellucid.check import exercise_functions
from pellucid.check.answers import deep as deep_answers
from pellucid.check.answers import shallow as shallow_answers

_LAYER_BACKWARD = (
    "The cost J depends on W and b only through Z = W A_prev + b. Element by element, Z[i, j] = sum "
    "over k of W[i, k] A_prev[k, j], and b[i]. So dJ/dW[i, k] sums dZ[i, j] A_prev[k, j] over the "
    "examples j: a matrix product of dZ (n, m) with A_prev turned to (m, n_prev), which has the shape "
    "of W. b[i] stands in every column of Z: its gradient sums row i of dZ. A_prev[k, j] feeds every "
    "unit i with weight W[i, k]: its gradient sums W[i, k] dZ[i, j] over i, a product with W turned "
    "round. dZ is kept per example; J is a mean, so the sums over examples, dW and db, are divided by "
    "m, and dA_prev is not."
)
_CROSS_ENTROPY = (
    "The probability that the network gives to the true label of one example is AL where Y = 1, and 1 "
    "- AL where Y = 0. The cost is minus the mean of the logarithm of it: each example has one of two "
    "terms, which Y and 1 - Y switch. The mean runs over the m columns; logarithms of probabilities "
    "are negative, hence the minus."
)
_START = (
    "Two units of a layer with the same weights get the same gradient, and stay the same for ever: "
    "weights are random to break that. They are small, or scaled by the number of inputs, so that no "
    "activation begins where it is flat. Biases may be 0, because the weights differ already. W has a "
    "row for each unit of its layer and a column for each unit before it; b has one row for each unit."
)
_TRAINER = (
    "Initialise once. Then, in every iteration: forward with the current parameters, the cost, "
    "backward, update; the next iteration begins with what the update returned. Return the parameters "
    "after the last iteration."
)
DERIVATIONS = {
    "sigmoid": (
        "It squeezes any Z between 0 and 1: 1 / (1 + e^-Z) goes to 1 for large Z, where e^-Z vanishes,"
        " to 0 for very negative Z, and is one half at 0. Z is returned as the cache: the derivative "
        "is taken there."
    ),
    "relu": (
        "It passes positive Z and stops the rest: the larger of 0 and Z. Z is returned as the cache: "
        "its sign decides on the way back."
    ),
    "sigmoid_backward": (
        "By the chain rule dJ/dZ = dJ/dA * dA/dZ, element by element, for each Z reaches only its own "
        "A. With s = sigmoid(Z), ds/dZ = e^-Z / (1 + e^-Z)^2 = s (1 - s)."
    ),
    "relu_backward": (
        "By the chain rule dJ/dZ = dJ/dA * dA/dZ. Where Z > 0, A = Z and the slope is 1; where Z < 0, "
        "A = 0 whatever Z is, and the slope is 0. At 0 itself the course takes 0."
    ),
    "initialize_parameters": _START,
    "initialize_parameters_deep": _START,
    "linear_forward": (
        "Unit i adds what arrives from all units before it, each weighted, and its bias: Z[i, j] = sum"
        " over k of W[i, k] A[k, j] + b[i]. Over all units and examples that is one matrix product, "
        "(n, n_prev) with (n_prev, m), and b added to every column. What went in is kept: the backward"
        " step needs all three."
    ),
    "linear_activation_forward": (
        "The linear part, then the activation that is asked for. The cache keeps both halves' caches "
        "in their order: (A_prev, W, b) first, then Z."
    ),
    "L_model_forward": (
        "A begins as X. Each of the L - 1 hidden layers takes the A of the one before, and its cache "
        "joins the list; the last layer does the same with the sigmoid. With parameters of L layers "
        "there are 2 L arrays in the dictionary and L caches in the list."
    ),
    "compute_cost": _CROSS_ENTROPY,
    "linear_backward": _LAYER_BACKWARD,
    "linear_activation_backward": (
        "The way back takes the halves in reverse: first through the activation, from dA to dZ, with "
        "the derivative of the one that was used; then through the linear part. " + _LAYER_BACKWARD
    ),
    "L_model_backward": (
        "It starts at the cost: J = -(Y log AL + (1 - Y) log(1 - AL)) per example, and the derivative "
        "of log AL is 1 / AL, that of log(1 - AL) is -1 / (1 - AL). Through the last layer with the "
        "sigmoid's derivative; what comes out as dA_prev is the dA of the layer before. Each hidden "
        "layer, from L - 1 down to 1, is fed the dA that the layer after it handed down, and its own "
        "cache."
    ),
    "update_parameters": (
        "The gradient points to where the cost rises fastest: a step of length learning_rate in the "
        "other direction lowers it. Every weight and every bias of every layer takes its step from its"
        " old value."
    ),
    "predict": (
        "Forward once; where the probability of class 1 is above one half, the answer is 1, else 0."
    ),
    "forward_propagation": (
        "Z1 from X with the first layer's parameters, A1 = tanh(Z1); Z2 from A1 with the second "
        "layer's, A2 = sigmoid(Z2). All four are kept for the way back."
    ),
    "backward_propagation": (
        "At the output the derivatives of cross-entropy and sigmoid meet: -(Y/A2 - (1-Y)/(1-A2)) times"
        " A2 (1 - A2) is A2 - Y. Back through W2, and through tanh, whose slope is 1 - tanh(Z)^2: one "
        "minus the square of A1. " + _LAYER_BACKWARD
    ),
    "two_layer_model": _TRAINER,
    "L_layer_model": _TRAINER,
    "nn_model": _TRAINER,
}


def derivation(name: str) -> str:
    """The derivation of a function's formula.

    Args:
        name: of the function.
    """
    if name in DERIVATIONS:
        return DERIVATIONS[name]
    # For the next course: the formula.
    modules: tuple[Any, ...] = (exercise_functions, core)
    return (inspect.getdoc(_function(name, modules)) or "").partition("\n\n")[0]


def answer_lines(name: str, *, is_shallow: bool = False) -> str:
    """A right function at the course's size, without a docstring.

    Args:
        name: of the function.
        is_shallow: that of the network with one hidden layer, if there are two.
    """
    answers: list[Any] = [deep_answers, shallow_answers]
    modules = (*(answers[::-1] if is_shallow else answers), exercise_functions, core)
    source = inspect.getsource(_function(name, modules))
    before, quotes, rest = source.partition('    """')
    return before + rest.partition('"""\n')[2] if quotes else source


def _function(name: str, modules: Iterable[Any]) -> Callable[..., Any]:
    for module in modules:
        # Some files of a package have a function's name: core.model.
        if callable(getattr(module, name, None)):
            return getattr(module, name)  # type: ignore[no-any-return]
    raise AttributeError(f"no function {name} is explained")
