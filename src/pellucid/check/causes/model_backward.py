"""What goes wrong in the backward pass of the deep network."""

from collections.abc import Sequence
from typing import Any

from pellucid.check.causes.gradients import (
    OF_INPUTS,
    OF_WEIGHTS,
    ORDERS,
    SLOPES,
    linear_activation_backward,
)
from pellucid.check.causes.switches import Array, Switches, Table, at_places

_DAL: Table = {
    "dal-wrong-sign": lambda AL, Y: Y / AL - (1 - Y) / (1 - AL),
    "dal-missing-y1-term": lambda AL, Y: (1 - Y) / (1 - AL),
    "dal-missing-y0-term": lambda AL, Y: -(Y / AL),
    "dal-term-sign": lambda AL, Y: -(Y / AL + (1 - Y) / (1 - AL)),
    "dal-is-al-minus-y": lambda AL, Y: AL - Y,
    "dal-is-al-minus-y~sign": lambda AL, Y: Y - AL,
    "dal-swapped": lambda AL, Y: -(Y / (1 - AL) - (1 - Y) / AL),
    "dal-swapped~labels": lambda AL, Y: -((1 - Y) / AL - Y / (1 - AL)),
    "dal-extra-1-over-m": lambda AL, Y: -(Y / AL - (1 - Y) / (1 - AL)) / AL.shape[1],
}
_OWN = (
    "same-da-for-all",
    "hidden-fed-dal",
    "last-layer-relu",
    "hidden-sigmoid",
    "hidden-tanh",
    "loop-one-short",
    "loop-one-short~all",
    "loop-skips-layer",
    "loop-skips-layer~running",
    "loop-not-reversed",
    "loop-not-reversed~running",
    "loop-not-reversed~all",
    "loop-not-reversed~kinds",
    "cache-index-shifted~up",
    "cache-index-shifted~down",
    "same-cache~first",
    "same-cache~last",
    "same-cache~last-hidden",
    "last-cache-wrong",
    "last-cache-wrong~before",
    "da-keys-off-by-one",
    "da-keys-off-by-one~last",
    "da-keys-off-by-one~hidden",
    "da-keys-off-by-one~down",
    "dw-keys-off-by-one~down",
    "dw-keys-off-by-one~up",
    "dw-keys-off-by-one~hidden",
    "dw-keys-off-by-one~hidden-up",
    "keys-misnamed",
    "key-not-formatted",
    "da-overwritten",
    "grads-overwritten",
    "grads-overwritten~reset",
    "grads-overwritten~first",
)
# In the hidden layers alone it is ReLU's mask that is missing, and has a name of its own.
_OF_RELU = ("derivative-missing",)
_IN_LAYERS = (*OF_WEIGHTS, *OF_INPUTS, *SLOPES, *ORDERS)
L_MODEL_BACKWARD = (
    *_DAL,
    *_OWN,
    *at_places(
        [name for name in _IN_LAYERS if "@" not in name and name not in _OF_RELU], ("last", "hidden")
    ),
    "derivative-missing",
    "derivative-missing@last",
    *(name for name in _IN_LAYERS if "@" in name),
)


class _Grads(dict[str, Any]):
    """The dictionary of the backward pass, and what its keys are called."""

    def __init__(self, has: Switches) -> None:
        super().__init__()
        self._has = has

    def put(self, l: int, gradients: tuple[Array, Array, Array], *, last: bool) -> None:
        """Keep dA{l-1}, dW{l} and db{l} under the names that the mistakes give them."""
        has = self._has
        dA, dW, db = gradients
        off = has("da-keys-off-by-one") or has(f"da-keys-off-by-one~{'last' if last else 'hidden'}")
        self[f"dA{l - 1 + off - has('da-keys-off-by-one~down')}"] = dA
        k = l - has("dw-keys-off-by-one~down") + has("dw-keys-off-by-one~up")
        if not last:
            k += has("dw-keys-off-by-one~hidden-up") - has("dw-keys-off-by-one~hidden")
        if has("grads-overwritten~first") and not last:
            k = 1
        number = "" if has("grads-overwritten") else str(k)
        prefix = "" if has("keys-misnamed") else "d"
        self[f"{prefix}W{number}"], self[f"{prefix}b{number}"] = dW, db


def _cache(has: Switches, caches: Sequence[Any], l: int) -> Any:
    L = len(caches)
    if has("same-cache~first"):
        return caches[0]
    if has("same-cache~last"):
        return caches[L - 1]
    if has("same-cache~last-hidden"):
        return caches[L - 2]
    return caches[l - 1 + has("cache-index-shifted~up") - has("cache-index-shifted~down")]


def _hidden_layers(has: Switches, L: int) -> list[int]:
    if has("loop-one-short") or has("loop-one-short~all"):
        return list(range(L - 1, 1, -1))
    if has("loop-skips-layer") or has("loop-skips-layer~running"):
        return list(range(L - 2, 0, -1))
    if has("loop-not-reversed") or has("loop-not-reversed~running"):
        return list(range(1, L))
    return list(range(L - 1, 0, -1))


def _source(has: Switches, grads: _Grads, dAL: Array, running: Array, l: int, L: int) -> Array:
    """The gradient dA{l} that hidden layer l is fed."""
    if has("hidden-fed-dal"):
        return dAL
    if has("loop-skips-layer~running") or has("loop-not-reversed~running"):
        return running
    if has("same-da-for-all"):
        l = L - 1
    return grads[f"dA{l + has('da-keys-off-by-one') - has('da-keys-off-by-one~down')}"]


def L_model_backward(has: Switches, AL: Array, Y: Array, caches: Sequence[Any]) -> Any:
    """From dAL to dW1, layer by layer.

    Args:
        has: the mistakes.
        AL: (n_L, m).
        Y: (n_L, m).
        caches: one for each layer.
    """
    L = len(caches)
    Y = Y.reshape(AL.shape)
    grads = _Grads(has)
    dAL = has.choose(_DAL, lambda AL, Y: -(Y / AL - (1 - Y) / (1 - AL)), AL, Y)
    if has("loop-not-reversed~all"):
        return _forwards(has, dAL, caches, grads)
    if has("loop-not-reversed~kinds"):
        # Only the list of caches is the wrong way round.
        caches = caches[::-1]
    if has("loop-one-short~all") and L == 1:
        return {}
    k = 0 if has("last-cache-wrong") else L - 2 if has("last-cache-wrong~before") else L - 1
    name = "relu" if has("last-layer-relu") else "sigmoid"
    found = linear_activation_backward(has.at("last"), dAL, caches[k], name)
    grads.put(L, found, last=True)
    running = found[0]
    for l in _hidden_layers(has, L):
        dA = _source(has, grads, dAL, running, l, L)
        cache = _cache(has, caches, l)
        found = linear_activation_backward(has.at("hidden"), dA, cache, _hidden_name(has))
        running = found[0]
        if has("grads-overwritten~reset"):
            grads.clear()
        grads.put(l, found, last=False)
        if has("da-overwritten") and f"dA{l}" in grads:
            grads[f"dA{l}"] = dA * (cache[1] > 0)
    if has("key-not-formatted"):
        return {"dA{l}": running, "dW{l}": found[1], "db{l}": found[2]}
    return dict(grads)


def _hidden_name(has: Switches) -> str:
    return "sigmoid" if has("hidden-sigmoid") else "tanh" if has("hidden-tanh") else "relu"


def _forwards(has: Switches, dAL: Array, caches: Sequence[Any], grads: _Grads) -> dict[str, Any]:
    """One loop over all layers, from the first to the last."""
    dA, L = dAL, len(caches)
    for l in range(1, L + 1):
        place, name = ("last", "sigmoid") if l == L else ("hidden", _hidden_name(has))
        found = linear_activation_backward(has.at(place), dA, caches[l - 1], name)
        grads.put(l, found, last=l == L)
        dA = found[0]
    return dict(grads)
