"""What goes wrong in the forward pass of the deep network, and in its labels."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from pellucid.check.causes.linear import LAYER_PART, linear_activation_forward
from pellucid.check.causes.mistakes import Array, Mistakes, at_places

_OWN = (
    "loop-one-short",
    "last-layer-missing",
    "last-layer-relu",
    "last-layer-tanh",
    "hidden-sigmoid",
    "hidden-tanh",
    "hidden-linear",
    "hidden-fed-x",
    "hidden-fed-x~all",
    "last-fed-x",
    "last-fed-a-prev",
    "same-parameters",
    "same-parameters~hidden",
    "parameters-index-shifted~up",
    "parameters-index-shifted~down",
    "parameters-index-shifted~hidden-up",
    "parameters-index-shifted~hidden-down",
    "layers-miscounted",
    "cache-not-appended-last",
    "caches-not-appended-hidden",
    "caches-not-appended-hidden~once",
    "caches-only-last",
    "caches-reversed",
    "cache-missing",
    "outputs-swapped",
)
L_MODEL_FORWARD = (*_OWN, *at_places(LAYER_PART, ("last", "hidden")))

_HIDDEN = {"hidden-sigmoid": "sigmoid", "hidden-tanh": "tanh", "hidden-linear": "none"}
_LAST = {"last-layer-relu": "relu", "last-layer-tanh": "tanh"}
_RESULTS = {
    "cache-missing": lambda AL, caches: AL,
    "outputs-swapped": lambda AL, caches: (caches, AL),
}
_LISTS = {
    "cache-not-appended-last": lambda caches: caches[:-1],
    "caches-not-appended-hidden": lambda caches: caches[-1:],
    # Appended after the loop, where there is a cache only if the loop ran.
    "caches-not-appended-hidden~once": lambda caches: [caches[-2], caches[-1]],
    "caches-reversed": lambda caches: caches[::-1],
    "caches-only-last": lambda caches: caches[-1],
}


def _named(on: Mistakes, table: Mapping[str, str], right: str) -> str:
    return next((name for switch, name in table.items() if on(switch)), right)


def _index(on: Mistakes, l: int) -> int:
    if on("same-parameters"):
        return 1
    return l + on("parameters-index-shifted~up") - on("parameters-index-shifted~down")


def L_model_forward(on: Mistakes, X: Array, parameters: Mapping[str, Array]) -> Any:
    """[LINEAR -> RELU] x (L-1) -> LINEAR -> SIGMOID.

    Args:
        on: the mistakes.
        X: (n_x, m).
        parameters: of the network.
    """
    L = len(parameters) if on("layers-miscounted") else len(parameters) // 2
    caches = []
    A = A_prev = X
    for l in range(1, L - 1 if on("loop-one-short") else L):
        A_prev = X if on("hidden-fed-x") or on("hidden-fed-x~all") else A
        k = 1 if on("same-parameters~hidden") else _index(on, l)
        k += on("parameters-index-shifted~hidden-up") - on("parameters-index-shifted~hidden-down")
        result = linear_activation_forward(
            on.at("hidden"), A_prev, parameters[f"W{k}"], parameters[f"b{k}"], _named(on, _HIDDEN, "relu")
        )
        A, cache = result
        caches.append(cache)
    if not on("last-layer-missing"):
        k = _index(on, L)
        if on("last-fed-a-prev"):
            A = A_prev
        name = _named(on, _LAST, "sigmoid")
        A, cache = linear_activation_forward(
            on.at("last"),
            X if on("last-fed-x") or on("hidden-fed-x~all") else A,
            parameters[f"W{k}"],
            parameters[f"b{k}"],
            name,
        )
        caches.append(cache)
    return on.choose(_RESULTS, lambda AL, caches: (AL, caches), A, on.choose(_LISTS, list, caches))


_LABELS = {
    "predict-probabilities": lambda A: A,
    "predict-reversed": lambda A: (A < 0.5) * 1,
    "predict-threshold~zero": lambda A: (A > 0) * 1,
    "predict-threshold~one": lambda A: (A >= 1) * 1,
    "predict-threshold~quarter": lambda A: (A > 0.25) * 1,
    "predict-threshold~third": lambda A: (A > 0.3) * 1,
    "predict-threshold~low": lambda A: (A > 0.4) * 1,
    "predict-threshold~high": lambda A: (A > 0.6) * 1,
    "predict-threshold~two-thirds": lambda A: (A > 0.7) * 1,
    "predict-threshold~three-quarters": lambda A: (A > 0.75) * 1,
    "predict-threshold~nine-tenths": lambda A: (A > 0.9) * 1,
    "predict-threshold~tenth": lambda A: (A > 0.1) * 1,
    "predict-constant~zero": lambda A: np.zeros(A.shape),
    "predict-constant~one": lambda A: np.ones(A.shape),
}
PREDICT = (*_LABELS, "predict-rank-1")


def labels(on: Mistakes, AL: Array) -> Array:
    """1 where AL is above one half.

    Args:
        on: the mistakes.
        AL: (1, m).
    """
    found = on.choose(_LABELS, lambda A: (A > 0.5) * 1, AL)
    return np.ravel(found) if on("predict-rank-1") else found


def predict(on: Mistakes, X: Array, parameters: Mapping[str, Array]) -> Array:
    """The labels of X.

    Args:
        on: the mistakes.
        X: (n_x, m).
        parameters: of the network.
    """
    AL, _ = L_model_forward(Mistakes(), X, parameters)
    return labels(on, AL)
