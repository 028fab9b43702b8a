"""The whole network: forward through all layers, backward through all layers, and what it answers.

[LINEAR -> hidden activation] x (L-1) -> LINEAR -> output activation. Letters: m examples, n_l units
in layer l, n_0 = n_x inputs, n_L = n_y outputs.
"""

from collections.abc import Mapping, Sequence

from pellucid.core._arrays import Array, check_matrix, namespace
from pellucid.core.activations import activation_named
from pellucid.core.cost import sigmoid_output_backward, softmax_output_backward
from pellucid.core.linear import (
    LayerCache,
    layer_parts,
    linear_activation_forward,
    linear_backward,
    linear_gradients,
)
from pellucid.errors import CacheError, OptionError, ParametersError, ShapeError


def count_layers(parameters: Mapping[str, Array]) -> int:
    """L, the number of layers of `{"W1", "b1", ..., "WL", "bL"}`.

    Raises:
        ParametersError: a key is missing, or belongs to no layer.
    """
    if not isinstance(parameters, Mapping):
        raise ParametersError(
            f"parameters is of type {type(parameters).__name__}; "
            "expected a dictionary of W1, b1, ..., WL, bL"
        )
    L = (len(parameters) + 1) // 2
    expected = [f"{letter}{l}" for l in range(1, max(L, 1) + 1) for letter in "Wb"]
    missing = [key for key in expected if key not in parameters]
    foreign = [key for key in parameters if key not in expected]
    if missing or foreign:
        found = ", ".join(map(str, parameters)) or "nothing"
        raise ParametersError(
            f"parameters holds {found}; expected {', '.join(expected)}"
            + (f": missing {', '.join(missing)}" if missing else "")
            + (f"; of no layer: {', '.join(map(repr, foreign))}" if foreign else "")
        )
    return L


def L_model_forward(
    X: Array,
    parameters: Mapping[str, Array],
    *,
    hidden_activation: str = "relu",
    output_activation: str = "sigmoid",
) -> tuple[Array, list[LayerCache]]:
    """[LINEAR -> RELU] x (L-1) -> LINEAR -> SIGMOID, or other activations by keyword.

    Args:
        X: inputs, (n_x, m).
        parameters: `{"W1": (n_1, n_x), "b1": (n_1, 1), ..., "WL": ..., "bL": ...}`.
        hidden_activation: the activation of layers 1 .. L-1, by name.
        output_activation: the activation of layer L, by name.

    Returns:
        `(AL, caches)`: AL (n_L, m), and the L caches `((A_prev, W, b), Z)` in the order of the
        layers, for `L_model_backward`, its partner.

    Raises:
        ShapeError: X and the parameters do not fit; the message names the layer's arrays.
        ParametersError: the dictionary is not that of a network.
        OptionError: there is no such activation.
    """
    L = count_layers(parameters)
    namespace(X=X)
    check_matrix("X", X, "(n_x, m)")
    A = X
    caches = []
    for l in range(1, L + 1):
        activation = output_activation if l == L else hidden_activation
        try:
            A, cache = linear_activation_forward(A, parameters[f"W{l}"], parameters[f"b{l}"], activation)
        except ShapeError as error:
            A_name = "X" if l == 1 else f"A{l - 1}"
            raise ShapeError(f"layer {l} (W = W{l}, b = b{l}, A = {A_name}): {error}") from None
        caches.append(cache)
    return A, caches


def L_model_backward(
    AL: Array,
    Y: Array,
    caches: Sequence[LayerCache],
    *,
    hidden_activation: str = "relu",
    output_activation: str = "sigmoid",
    input_gradient: bool = True,
) -> dict[str, Array]:
    """The whole backward pass of the cross-entropy cost. The partner of `L_model_forward`.

    From dAL = -(Y/AL - (1-Y)/(1-AL)) for a sigmoid output (where AL is that sigmoid, dZL = AL - Y; see
    `sigmoid_output_backward`), from dZL = AL - Y for a softmax output; then layer by layer.

    Args:
        AL: the output of the forward pass, (n_L, m).
        Y: true labels, (n_L, m).
        caches: as `L_model_forward` returned them.
        hidden_activation: as in the forward pass.
        output_activation: as in the forward pass: "sigmoid" or "softmax".
        input_gradient: also compute dA0, the gradient with respect to X. Training does without it:
            for wide inputs it is a large share of the work.

    Returns:
        `{"dA{l-1}", "dW{l}", "db{l}"}` for l = 1 .. L: each of the shape of what it is the gradient
        of, dW{l} and db{l} averaged over the m examples, dA{l} per example.

    Raises:
        ShapeError: AL, Y and the caches do not fit; the message names the layer.
        CacheError: the caches are none.
        OptionError: there is no such activation, or no cross-entropy that ends in it.
    """
    if not isinstance(caches, (list, tuple)) or not caches:
        raise CacheError(
            f"caches is {'empty' if caches == [] else 'no list'}; expected one cache per layer, "
            "as L_model_forward returns them"
        )
    L = len(caches)
    layers = [layer_parts(cache) for cache in caches]
    linear_cache, ZL = layers[L - 1]
    if output_activation == "sigmoid":
        dZ = sigmoid_output_backward(AL, Y, ZL)
    elif output_activation == "softmax":
        dZ = softmax_output_backward(AL, Y)
    else:
        raise OptionError(
            f"the cross-entropy cost has no output activation {output_activation!r}; "
            "expected sigmoid or softmax"
        )
    grads: dict[str, Array] = {}
    g = activation_named(hidden_activation)
    for l in range(L, 0, -1):
        if l < L:
            linear_cache, Z = layers[l - 1]
        try:
            if l < L:
                dZ = g.backward(grads[f"dA{l}"], Z)
            if l > 1 or input_gradient:
                grads[f"dA{l - 1}"], grads[f"dW{l}"], grads[f"db{l}"] = linear_backward(dZ, linear_cache)
            else:
                grads["dW1"], grads["db1"] = linear_gradients(dZ, linear_cache)
        except ShapeError as error:
            raise ShapeError(f"layer {l}, cache caches[{l - 1}]: {error}") from None
    return grads


def predict(
    X: Array,
    parameters: Mapping[str, Array],
    *,
    threshold: float = 0.5,
    hidden_activation: str = "relu",
    output_activation: str = "sigmoid",
) -> Array:
    """The labels that the network gives to X.

    Args:
        X: inputs, (n_x, m).
        parameters: as for `L_model_forward`.
        threshold: a sigmoid output above it is a 1.
        hidden_activation: as in training.
        output_activation: as in training.

    Returns:
        Integers: (n_L, m) of 0 and 1 for a sigmoid output; for a softmax output (1, m), the row of
        the most probable class. NaN in X is not looked for (a jitted function cannot): it gives 0.

    Raises:
        ShapeError, ParametersError, OptionError: as `L_model_forward`.
    """
    AL, _ = L_model_forward(
        X, parameters, hidden_activation=hidden_activation, output_activation=output_activation
    )
    return labels_from_output(AL, output_activation=output_activation, threshold=threshold)


def labels_from_output(AL: Array, *, output_activation: str, threshold: float = 0.5) -> Array:
    """The labels that AL stands for; the second half of `predict`, for an AL already at hand.

    Args:
        AL: the network's output, (n_L, m).
        output_activation: "softmax" picks the largest row; for any other a row above `threshold` is 1.
        threshold: see `predict`.

    Returns:
        Integers, (1, m) for softmax, else (n_L, m).
    """
    xp = namespace(AL=AL)
    integers = xp.__array_namespace_info__().default_dtypes()["integral"]
    if output_activation == "softmax":
        return xp.astype(xp.argmax(AL, axis=0, keepdims=True), integers)
    return xp.astype(AL > threshold, integers)
