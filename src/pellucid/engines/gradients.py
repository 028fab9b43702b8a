"""The gradients of a step, from the caches of its forward pass: the core functions in their order."""

from collections.abc import Mapping, Sequence
from typing import Any

from pellucid.core._arrays import Array, namespace
from pellucid.core.costs import cost_named
from pellucid.core.regularization import weight_penalty_backward
from pellucid.engines.first_layer import Masks, layers_backward
from pellucid.network import Network

Parameters = dict[str, Array]


def penalties(network: Network) -> dict[str, float]:
    """The keyword arguments by which the core functions are told the penalties of a network."""
    return {"l2": network.l2, "l1": network.l1}


def cost_gradients(
    network: Network, caches: Sequence[Any], Y: Array, weights: Array | None, masks: Masks = None
) -> Parameters:
    """`{"dW1", "db1", ..., "dbL"}` of the cost without the penalty.

    Args:
        network: in training.
        caches: as `model_forward` returned them.
        Y: targets, (n_y, m).
        weights: how much each example counts, (1, m); None: all the same.
        masks: of the forward pass.
    """
    ((_, WL, _), ZL), hidden = caches[-1], network.hidden_activation
    dZL = cost_named(network.cost).backward(ZL, Y, weights=weights, **network.cost_options)
    if dZL.dtype != WL.dtype:
        # The cost may be computed in a wider type of number than the layers.
        dZL = namespace(dZL=dZL).astype(dZL, WL.dtype)
    grads = {}
    for l, _, _, dW, db in layers_backward(dZL, caches, hidden_activation=hidden, masks=masks):
        grads[f"dW{l}"], grads[f"db{l}"] = dW, db
    # The backward pass ends with layer 1; here layer 1 comes first.
    return {f"d{letter}{l}": grads[f"d{letter}{l}"] for l in range(1, len(caches) + 1) for letter in "Wb"}


def with_penalty(
    network: Network, grads: Parameters, parameters: Mapping[str, Array], total: Any
) -> Parameters:
    """The gradients of the cost with the penalty.

    Args:
        network: in training.
        grads: of the cost without it.
        parameters: at which they are.
        total: the number of examples, or the sum of their weights.
    """
    penalty = penalties(network)
    if not any(penalty.values()):
        return grads
    pulls = weight_penalty_backward(parameters, total, **penalty)
    return {name: grads[name] + pulls[name] if name in pulls else grads[name] for name in grads}
