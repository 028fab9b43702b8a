"""Forward and backward by the core functions, with a first layer of dense inputs or of encoded columns."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pellucid.core._arrays import Array, namespace
from pellucid.core.activations import activation_named
from pellucid.core.encoding import encoded_linear_backward, encoded_linear_forward
from pellucid.core.model import (
    L_model_forward,
    LayerGradients,
    activations_of_layers,
    backward_pass,
    count_layers,
)
from pellucid.encoded_table import EncodedTable

Masks = Sequence[Array | None] | None


def model_forward(
    X: Any,
    parameters: Mapping[str, Array],
    *,
    hidden_activation: str | Sequence[str],
    output_activation: str,
    masks: Masks = None,
) -> tuple[Array, list[Any]]:
    """`L_model_forward` of inputs that may be an `EncodedTable`, which takes no mask of its inputs.

    Returns:
        `(AL, caches)`. The first cache of a table holds that of `encoded_linear_forward`.
    """
    activations: dict[str, Any] = {"output_activation": output_activation}
    if not isinstance(X, EncodedTable):
        activations["hidden_activation"] = hidden_activation
        return L_model_forward(X, parameters, **activations, masks=masks)
    L = count_layers(parameters)
    first, *rest = activations_of_layers(hidden_activation, output_activation, L)
    Z, cache = encoded_linear_forward(X.columns, parameters["W1"], parameters["b1"])
    A, _ = activation_named(first).forward(Z)
    if L == 1:
        return A, [(cache, Z)]
    # The other layers are a network whose inputs are A1, in the type of number that they compute in.
    if A.dtype != parameters["W2"].dtype:
        A = namespace(A=A).astype(A, parameters["W2"].dtype)
    others = {f"{kind}{l - 1}": parameters[f"{kind}{l}"] for l in range(2, L + 1) for kind in "Wb"}
    activations["hidden_activation"] = rest[:-1]
    AL, caches = L_model_forward(A, others, **activations, masks=None if masks is None else masks[1:])
    return AL, [(cache, Z), *caches]


def layers_backward(
    dZL: Array, caches: Sequence[Any], *, hidden_activation: str | Sequence[str], masks: Masks = None
) -> Iterator[LayerGradients]:
    """`backward_pass` of the caches of `model_forward`, without the gradient of the inputs."""
    cache, Z = caches[0]
    if not isinstance(cache[0], tuple):
        yield from backward_pass(
            dZL, caches, hidden_activation=hidden_activation, masks=masks, input_gradient=False
        )
        return
    L = len(caches)
    first, *rest = activations_of_layers(hidden_activation, "identity", L)
    dZ = dZL
    if L > 1:
        own = None if masks is None else masks[1:]
        dA: Array | None = None
        for l, dZ_l, dA, dW, db in backward_pass(dZL, caches[1:], hidden_activation=rest[:-1], masks=own):
            yield l + 1, dZ_l, dA, dW, db
        dZ = activation_named(first).backward(dA, Z)
    dW, db = encoded_linear_backward(dZ, cache)
    yield 1, dZ, None, dW, db
