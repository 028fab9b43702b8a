"""What is said when training leaves the finite numbers: by all engines alike."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pellucid.core._arrays import Array, first_non_finite
from pellucid.core.linear import LayerCache
from pellucid.core.model import L_model_forward
from pellucid.errors import DivergenceError
from pellucid.network import Network


def diverged(what: str, iteration: int, parameters: dict[str, Array]) -> DivergenceError:
    """The error, with its remedy and the last parameters whose cost was finite."""
    remedy = "expected a finite number: take a smaller learning rate, or scale the inputs"
    return DivergenceError(f"{what}; {remedy}", iteration, parameters)


def culprit_of(caches: Sequence[LayerCache]) -> str:
    """The first layer that explains a cost that is not finite, as a clause; empty where none does."""
    for l, (_, Z) in enumerate(caches, start=1):
        if first_non_finite(Z) is not None:
            return f": Z{l} (layer {l}) is the first that is not finite"
    return ""


def culprit(network: Network, parameters: Mapping[str, Array], X: Any, columns: Any = None) -> str:
    """The same, for an engine that keeps no caches: found by one more forward pass, without dropout.

    Args:
        network: what was trained.
        parameters: as they were in the step that failed.
        X: all examples, (n_x, m).
        columns: those of the step; None: all.
    """
    batch = X if columns is None else X[:, columns]
    with np.errstate(all="ignore"):
        _, caches = L_model_forward(batch, parameters, **network.activations)
    return culprit_of(caches)
