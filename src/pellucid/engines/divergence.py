"""The error for a cost that is not finite, the same for all engines."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pellucid.core._arrays import Array, first_non_finite
from pellucid.core.linear import LayerCache
from pellucid.core.model import L_model_forward
from pellucid.errors import DivergenceError
from pellucid.examples import Columns
from pellucid.network import Network

# Columns of a forward pass at a time.
_SLICE = 1024


def diverged(event: str, iteration: int, parameters: dict[str, Array]) -> DivergenceError:
    """The error, with its remedy and the last parameters whose cost was finite."""
    remedy = "expected a finite number: take a smaller learning rate, or scale the inputs"
    return DivergenceError(f"{event}; {remedy}", iteration, parameters)


def culprit_of(caches: Sequence[LayerCache]) -> str:
    """A clause that names the first layer with a Z that is not finite; empty if every Z is finite."""
    return _clause(_first_layer(caches))


def _first_layer(caches: Sequence[LayerCache]) -> int | None:
    for l, (_, Z) in enumerate(caches, start=1):
        if first_non_finite(Z) is not None:
            return l
    return None


def _clause(layer: int | None) -> str:
    return "" if layer is None else f": Z{layer} (layer {layer}) is the first that is not finite"


def culprit(network: Network, parameters: Mapping[str, Array], X: Any, columns: Any = None) -> str:
    """`culprit_of` for an engine that keeps no caches: it takes one more forward pass, without dropout.

    The pass works in slices: it keeps every layer, and memory may not hold every layer of all examples.

    Args:
        network: the network in training.
        parameters: as they were in the step that failed.
        X: all examples, (n_x, m), an array or `Columns`.
        columns: indices of the columns of the step; None: all.
    """
    count = X.shape[1] if columns is None else len(columns)
    layers = []
    for start in range(0, count, _SLICE):
        part = slice(start, start + _SLICE)
        chosen = part if columns is None else columns[part]
        batch = X.dense(chosen) if isinstance(X, Columns) else X[:, chosen]
        with np.errstate(all="ignore"):
            _, caches = L_model_forward(batch, parameters, **network.activations)
        layers.append(_first_layer(caches))
    return _clause(min((layer for layer in layers if layer is not None), default=None))
