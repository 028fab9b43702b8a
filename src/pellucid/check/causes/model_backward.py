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
from pellucid.check.causes.mistakes import Array, Mistakes, Table, at_places

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

    def __init__(self, on: Mistakes) -> None:
        super().__init__()
        self._on = on

    def put(self, l: int, gradients: tuple[Array, Array, Array], *, last: bool) -> None:
        """Keep dA{l-1}, dW{l} and db{l} under the names that the mistakes give them."""
        on = self._on
        dA, dW, db = gradients
        off = on("da-keys-off-by-one") or on(f"da-keys-off-by-one~{'last' if last else 'hidden'}")
        self[f"dA{l - 1 + off - on('da-keys-off-by-one~down')}"] = dA
        k = l - on("dw-keys-off-by-one~down") + on("dw-keys-off-by-one~up")
        if not last:
            k += on("dw-keys-off-by-one~hidden-up") - on("dw-keys-off-by-one~hidden")
        if on("grads-overwritten~first") and not last:
            k = 1
        number = "" if on("grads-overwritten") else str(k)
        prefix = "" if on("keys-misnamed") else "d"
        self[f"{prefix}W{number}"], self[f"{prefix}b{number}"] = dW, db


def _cache(on: Mistakes, caches: Sequence[Any], l: int) -> Any:
    L = len(caches)
    if on("same-cache~first"):
        return caches[0]
    if on("same-cache~last"):
        return caches[L - 1]
    if on("same-cache~last-hidden"):
        return caches[L - 2]
    return caches[l - 1 + on("cache-index-shifted~up") - on("cache-index-shifted~down")]


def _hidden_layers(on: Mistakes, L: int) -> list[int]:
    if on("loop-one-short") or on("loop-one-short~all"):
        return list(range(L - 1, 1, -1))
    if on("loop-skips-layer") or on("loop-skips-layer~running"):
        return list(range(L - 2, 0, -1))
    if on("loop-not-reversed") or on("loop-not-reversed~running"):
        return list(range(1, L))
    return list(range(L - 1, 0, -1))


def _source(on: Mistakes, grads: _Grads, dAL: Array, running: Array, l: int, L: int) -> Array:
    """The gradient dA{l} that hidden layer l is fed."""
    if on("hidden-fed-dal"):
        return dAL
    if on("loop-skips-layer~running") or on("loop-not-reversed~running"):
        return running
    if on("same-da-for-all"):
        l = L - 1
    return grads[f"dA{l + on('da-keys-off-by-one') - on('da-keys-off-by-one~down')}"]


def L_model_backward(on: Mistakes, AL: Array, Y: Array, caches: Sequence[Any]) -> Any:
    """From dAL to dW1, layer by layer.

    Args:
        on: the mistakes.
        AL: (n_L, m).
        Y: (n_L, m).
        caches: one for each layer.
    """
    L = len(caches)
    Y = Y.reshape(AL.shape)
    grads = _Grads(on)
    dAL = on.choose(_DAL, lambda AL, Y: -(Y / AL - (1 - Y) / (1 - AL)), AL, Y)
    if on("loop-not-reversed~all"):
        return _forwards(on, dAL, caches, grads)
    if on("loop-not-reversed~kinds"):
        # Only the list of caches is the wrong way round.
        caches = caches[::-1]
    if on("loop-one-short~all") and L == 1:
        return {}
    k = 0 if on("last-cache-wrong") else L - 2 if on("last-cache-wrong~before") else L - 1
    name = "relu" if on("last-layer-relu") else "sigmoid"
    found = linear_activation_backward(on.at("last"), dAL, caches[k], name)
    grads.put(L, found, last=True)
    running = found[0]
    for l in _hidden_layers(on, L):
        dA = _source(on, grads, dAL, running, l, L)
        cache = _cache(on, caches, l)
        found = linear_activation_backward(on.at("hidden"), dA, cache, _hidden_name(on))
        running = found[0]
        if on("grads-overwritten~reset"):
            grads.clear()
        grads.put(l, found, last=False)
        if on("da-overwritten") and f"dA{l}" in grads:
            grads[f"dA{l}"] = dA * (cache[1] > 0)
    if on("key-not-formatted"):
        return {"dA{l}": running, "dW{l}": found[1], "db{l}": found[2]}
    return dict(grads)


def _hidden_name(on: Mistakes) -> str:
    return "sigmoid" if on("hidden-sigmoid") else "tanh" if on("hidden-tanh") else "relu"


def _forwards(on: Mistakes, dAL: Array, caches: Sequence[Any], grads: _Grads) -> dict[str, Any]:
    """One loop over all layers, from the first to the last."""
    dA, L = dAL, len(caches)
    for l in range(1, L + 1):
        place, name = ("last", "sigmoid") if l == L else ("hidden", _hidden_name(on))
        found = linear_activation_backward(on.at(place), dA, caches[l - 1], name)
        grads.put(l, found, last=l == L)
        dA = found[0]
    return dict(grads)
