"""What goes wrong in the forward pass of the deep network, and in its labels."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from pellucid.check.causes.linear import LAYER_PART, linear_activation_forward
from pellucid.check.causes.switches import Array, Switches, at_places

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


def _named(has: Switches, table: Mapping[str, str], right: str) -> str:
    return next((name for switch, name in table.items() if has(switch)), right)


def _index(has: Switches, l: int) -> int:
    if has("same-parameters"):
        return 1
    return l + has("parameters-index-shifted~up") - has("parameters-index-shifted~down")


def L_model_forward(has: Switches, X: Array, parameters: Mapping[str, Array]) -> Any:
    """[LINEAR -> RELU] x (L-1) -> LINEAR -> SIGMOID.

    Args:
        has: the mistakes.
        X: (n_x, m).
        parameters: of the network.
    """
    L = len(parameters) if has("layers-miscounted") else len(parameters) // 2
    caches = []
    A = A_prev = X
    for l in range(1, L - 1 if has("loop-one-short") else L):
        A_prev = X if has("hidden-fed-x") or has("hidden-fed-x~all") else A
        k = 1 if has("same-parameters~hidden") else _index(has, l)
        k += has("parameters-index-shifted~hidden-up") - has("parameters-index-shifted~hidden-down")
        result = linear_activation_forward(
            has.at("hidden"), A_prev, parameters[f"W{k}"], parameters[f"b{k}"], _named(has, _HIDDEN, "relu")
        )
        A, cache = result
        caches.append(cache)
    if not has("last-layer-missing"):
        k = _index(has, L)
        if has("last-fed-a-prev"):
            A = A_prev
        name = _named(has, _LAST, "sigmoid")
        A, cache = linear_activation_forward(
            has.at("last"),
            X if has("last-fed-x") or has("hidden-fed-x~all") else A,
            parameters[f"W{k}"],
            parameters[f"b{k}"],
            name,
        )
        caches.append(cache)
    return has.choose(_RESULTS, lambda AL, caches: (AL, caches), A, has.choose(_LISTS, list, caches))


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


def labels(has: Switches, AL: Array) -> Array:
    """1 where AL is above one half.

    Args:
        has: the mistakes.
        AL: (1, m).
    """
    found = has.choose(_LABELS, lambda A: (A > 0.5) * 1, AL)
    return np.ravel(found) if has("predict-rank-1") else found


def predict(has: Switches, X: Array, parameters: Mapping[str, Array]) -> Array:
    """The labels of X.

    Args:
        has: the mistakes.
        X: (n_x, m).
        parameters: of the network.
    """
    AL, _ = L_model_forward(Switches(), X, parameters)
    return labels(has, AL)
