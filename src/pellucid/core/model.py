"""The whole network: forward through all layers, backward through all layers, and its predictions.

[LINEAR -> hidden activation] x (L-1) -> LINEAR -> output activation. Letters: m examples, n_l units
in layer l, n_0 = n_x inputs, n_L = n_y outputs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from pellucid.core._arrays import Array, namespace
from pellucid.core._shapes import layer_error
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


@cache
def _names_of_parameters(L: int) -> dict[str, None]:
    # A dictionary, whose keys have both an order and a quick comparison.
    return dict.fromkeys(f"{letter}{l}" for l in range(1, max(L, 1) + 1) for letter in "Wb")


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
    expected = _names_of_parameters(L)
    if parameters.keys() != expected.keys():
        missing = [key for key in expected if key not in parameters]
        foreign = [key for key in parameters if key not in expected]
        found = ", ".join(map(str, parameters)) or "nothing"
        raise ParametersError(
            f"parameters holds {found}; expected {', '.join(expected)}"
            + (f": missing {', '.join(missing)}" if missing else "")
            + (f"; of no layer: {', '.join(map(repr, foreign))}" if foreign else "")
        )
    return L


def activations_of_layers(
    hidden_activation: str | Sequence[str], output_activation: str, L: int
) -> list[str]:
    """The names of g of the layers 1 .. L.

    Raises:
        OptionError: the number of names is not that of the hidden layers.
    """
    if not isinstance(hidden_activation, str) and isinstance(hidden_activation, Sequence):
        if len(hidden_activation) != L - 1:
            raise OptionError(
                f"hidden_activation names {len(hidden_activation)} activations and the parameters have "
                f"{L} layers; expected one name, or one for each of the {L - 1} hidden layers"
            )
        return [*hidden_activation, output_activation]
    return [*[hidden_activation] * (L - 1), output_activation]


def L_model_forward(
    X: Array,
    parameters: Mapping[str, Array],
    *,
    hidden_activation: str | Sequence[str] = "relu",
    output_activation: str = "sigmoid",
    masks: Sequence[Array | None] | None = None,
) -> tuple[Array, list[LayerCache]]:
    """[LINEAR -> RELU] x (L-1) -> LINEAR -> SIGMOID, or other activations by keyword.

    Args:
        X: inputs, (n_x, m).
        parameters: `{"W1": (n_1, n_x), "b1": (n_1, 1), ..., "WL": ..., "bL": ...}`.
        hidden_activation: the activation of layers 1 .. L-1, by name; or a sequence, one for each.
        output_activation: the activation of layer L, by name.
        masks: factors of X, A1, ..., A(L-1), (n_l, m) each: the dropout of a training step, see
            `dropout_masks`; None for a layer without dropout.

    Returns:
        `(AL, caches)`: AL (n_L, m), and the L caches `((A_prev, W, b), Z)` in the order of the
        layers, for `L_model_backward`, its partner.

    Raises:
        ShapeError: X and the parameters do not fit; the message names the layer's arrays.
        ParametersError: the dictionary is not that of a network.
        OptionError: there is no such activation.
    """
    L = count_layers(parameters)
    namespace(X=X, W1=parameters["W1"], b1=parameters["b1"])
    if X.ndim != 2:
        raise layer_error(X, parameters["W1"], parameters["b1"], l=1)
    A = X
    caches = []
    for l, activation in enumerate(activations_of_layers(hidden_activation, output_activation, L), start=1):
        mask = masks[l - 1] if masks is not None else None
        A_prev = A if mask is None else A * mask
        W, b = parameters[f"W{l}"], parameters[f"b{l}"]
        try:
            A, cache = linear_activation_forward(A_prev, W, b, activation)
        except ShapeError:
            raise layer_error(A_prev, W, b, l) from None
        caches.append(cache)
    return A, caches


# The results of the backward pass at layer l: (l, dZ, dA_prev, dW, db). dA_prev is None if there are no
# parameters before it.
LayerGradients = tuple[int, Array, Array | None, Array, Array]


def backward_pass(
    dZL: Array,
    caches: Sequence[LayerCache],
    *,
    hidden_activation: str | Sequence[str] = "relu",
    masks: Sequence[Array | None] | None = None,
    input_gradient: bool = True,
) -> Iterator[LayerGradients]:
    """From the last layer to the first, for any cost: the loop that every backward pass here uses.

    Args:
        dZL: the gradient of the cost with respect to ZL, (n_L, m), per example.
        caches: as `L_model_forward` returned them.
        hidden_activation: as in the forward pass.
        masks: as in the forward pass.
        input_gradient: also compute dA0, the gradient with respect to X. Training does not need it, and
            for wide inputs it is a large share of the work.

    Yields:
        `(l, dZ, dA_prev, dW, db)` for l = L, L-1, ..., 1.

    Raises:
        ShapeError: dZL and the caches do not fit; the message names the layer.
        CacheError: a cache is not that of a layer.
        OptionError: there is no such activation.
    """
    layers = [layer_parts(cache) for cache in caches]
    L = len(layers)
    activations = activations_of_layers(hidden_activation, "identity", L)
    dA_prev: Array | None = None
    for l in range(L, 0, -1):
        linear_cache, Z = layers[l - 1]
        try:
            dZ = dZL if l == L else activation_named(activations[l - 1]).backward(dA_prev, Z)
            if l > 1 or input_gradient:
                dA_prev, dW, db = linear_backward(dZ, linear_cache)
            else:
                dA_prev, (dW, db) = None, linear_gradients(dZ, linear_cache)
        except ShapeError as error:
            raise ShapeError(f"layer {l}, cache caches[{l - 1}]: {error}") from None
        if dA_prev is not None and masks is not None and masks[l - 1] is not None:
            dA_prev = dA_prev * masks[l - 1]
        yield l, dZ, dA_prev, dW, db


def gradients_by_name(layers: Iterable[LayerGradients]) -> dict[str, Array]:
    """`{"dZ{l}", "dA{l-1}", "dW{l}", "db{l}"}` of all layers of a `backward_pass`."""
    grads: dict[str, Array] = {}
    for l, dZ, dA_prev, dW, db in layers:
        grads |= {f"dZ{l}": dZ, f"dW{l}": dW, f"db{l}": db}
        if dA_prev is not None:
            grads[f"dA{l - 1}"] = dA_prev
    return grads


def L_model_backward(
    AL: Array,
    Y: Array,
    caches: Sequence[LayerCache],
    *,
    hidden_activation: str | Sequence[str] = "relu",
    output_activation: str = "sigmoid",
    input_gradient: bool = True,
) -> dict[str, Array]:
    """The whole backward pass of the cross-entropy cost. The partner of `L_model_forward`.

    It starts from dAL = -(Y/AL - (1-Y)/(1-AL)) for a sigmoid output (if AL is the sigmoid of ZL, from
    dZL = AL - Y; see `sigmoid_output_backward`), from dZL = AL - Y for a softmax output; then it goes layer
    by layer.

    Args:
        AL: the output of the forward pass, (n_L, m).
        Y: true labels, (n_L, m).
        caches: as `L_model_forward` returned them.
        hidden_activation: as in the forward pass.
        output_activation: as in the forward pass: "sigmoid" or "softmax".
        input_gradient: also compute dA0, the gradient with respect to X.

    Returns:
        `{"dA{l-1}", "dW{l}", "db{l}"}` for l = 1 .. L: dX has the shape of X; dW{l} and db{l} are averaged
        over the m examples, dA{l} is per example.

    Raises:
        ShapeError: AL, Y and the caches do not fit; the message names the layer.
        CacheError: `caches` is not a list with the cache of each layer.
        OptionError: there is no such activation, or the output activation is neither of the two.
    """
    if not isinstance(caches, (list, tuple)) or not caches:
        raise CacheError(
            f"caches is {'empty' if caches == [] else 'no list'}; expected one cache per layer, "
            "as L_model_forward returns them"
        )
    _, ZL = [layer_parts(cache) for cache in caches][-1]
    if output_activation == "sigmoid":
        dZL = sigmoid_output_backward(AL, Y, ZL)
    elif output_activation == "softmax":
        dZL = softmax_output_backward(AL, Y)
    else:
        raise OptionError(
            f"the cross-entropy cost has no output activation {output_activation!r}; "
            "expected sigmoid or softmax"
        )
    layers = backward_pass(dZL, caches, hidden_activation=hidden_activation, input_gradient=input_gradient)
    grads = gradients_by_name(layers)
    return {name: gradient for name, gradient in grads.items() if not name.startswith("dZ")}


def predict(
    X: Array,
    parameters: Mapping[str, Array],
    *,
    threshold: float = 0.5,
    hidden_activation: str | Sequence[str] = "relu",
    output_activation: str = "sigmoid",
) -> Array:
    """The labels that the network predicts for X.

    Args:
        X: inputs, (n_x, m).
        parameters: as for `L_model_forward`.
        threshold: a sigmoid output above it gives the label 1.
        hidden_activation: as in training.
        output_activation: as in training.

    Returns:
        Integers: (n_L, m) of 0 and 1 for a sigmoid output; for a softmax output (1, m), the row of
        the most probable class. X is not checked for NaN (a jitted function cannot): NaN gives 0.

    Raises:
        ShapeError, ParametersError, OptionError: as `L_model_forward`.
    """
    AL, _ = L_model_forward(
        X, parameters, hidden_activation=hidden_activation, output_activation=output_activation
    )
    return labels_from_output(AL, output_activation=output_activation, threshold=threshold)


def labels_from_output(AL: Array, *, output_activation: str, threshold: float = 0.5) -> Array:
    """The labels of an output AL; the second half of `predict`, for an AL already computed.

    Args:
        AL: the network's output, (n_L, m).
        output_activation: with "softmax" the label is the row of the largest number in a column; with any
            other, each number above `threshold` gives 1.
        threshold: see `predict`.

    Returns:
        Integers, (1, m) for softmax, else (n_L, m).
    """
    xp = namespace(AL=AL)
    integers = xp.__array_namespace_info__().default_dtypes()["integral"]
    if not activation_named(output_activation).elementwise:
        return xp.astype(xp.argmax(AL, axis=0, keepdims=True), integers)
    return xp.astype(AL > threshold, integers)
