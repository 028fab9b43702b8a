"""The linear part of a layer, and the layer: LINEAR -> ACTIVATION, forward and backward.

Letters: m examples; n_prev units feed n units. A_prev is (n_prev, m), W (n, n_prev), b (n, 1),
Z and A (n, m). dX is the gradient of the cost with respect to X, and has its shape.
"""

from pellucid.core._arrays import Array, floating, namespace
from pellucid.core._shapes import check_layer, check_matrix, shape_error, to_fit
from pellucid.core.activations import activation_named
from pellucid.errors import CacheError, ShapeError

LinearCache = tuple[Array, Array, Array]
LayerCache = tuple[LinearCache, Array]


def linear_parts(cache: LinearCache) -> LinearCache:
    """A_prev, W and b of a linear cache.

    Raises:
        CacheError: it is not a cache of `linear_forward`.
    """
    if isinstance(cache, (tuple, list)) and len(cache) == 3:
        A_prev, W, b = cache
        return A_prev, W, b
    raise CacheError(
        f"the cache is {_described(cache)}; expected (A_prev, W, b), as linear_forward returns it: "
        "the first half of a layer's cache"
    )


def layer_parts(cache: LayerCache) -> LayerCache:
    """The linear cache and Z of a layer's cache.

    Raises:
        CacheError: it is not a cache of `linear_activation_forward`.
    """
    if isinstance(cache, (tuple, list)) and len(cache) == 2 and isinstance(cache[0], (tuple, list)):
        return linear_parts(cache[0]), cache[1]
    raise CacheError(
        f"the cache is {_described(cache)}; expected ((A_prev, W, b), Z), as linear_activation_forward "
        "returns it"
    )


def _described(cache: object) -> str:
    if isinstance(cache, (tuple, list)):
        parts = ", ".join(type(part).__name__ for part in cache)
        return f"a {type(cache).__name__} of {len(cache)} ({parts[:60]})"
    return f"of type {type(cache).__name__}"


def linear_forward(A: Array, W: Array, b: Array) -> tuple[Array, LinearCache]:
    """Z = W A + b.

    Args:
        A: activations of the layer before (or the input), (n_prev, m).
        W: weights, (n, n_prev).
        b: biases, (n, 1).

    Returns:
        `(Z, (A, W, b))`: Z (n, m), and the cache of `linear_backward`, its partner.

    Raises:
        ShapeError: the shapes do not fit; the message names the reshape or the transpose that fits.
        ArrayError: an argument is not an array, or the arrays belong to different libraries.
    """
    xp = namespace(A=A, W=W, b=b)
    check_layer(A, W, b)
    A = floating(xp, A, like=W)
    if A.dtype != W.dtype:
        # So that every library multiplies mixed types as NumPy does: in the wider type.
        wider = xp.result_type(A, W)
        A, W, b = xp.astype(A, wider), xp.astype(W, wider), xp.astype(b, wider)
    return W @ A + b, (A, W, b)


def linear_gradients(dZ: Array, cache: LinearCache) -> tuple[Array, Array]:
    """dW = dZ A_prev^T / m and db = sum(dZ) / m: the gradients of a layer's parameters.

    The part of `linear_backward` that the first layer needs: there are no parameters before it.

    Args:
        dZ: gradient with respect to Z, (n, m).
        cache: `(A_prev, W, b)` of the forward step.

    Returns:
        `(dW, db)`: (n, n_prev) and (n, 1).

    Raises:
        ShapeError: dZ does not belong to this cache.
        CacheError: it is not the cache of a forward step.
    """
    A_prev, W, b = linear_parts(cache)
    xp = namespace(dZ=dZ, A_prev=A_prev, W=W, b=b)
    check_matrix("W", W, "(n, n_prev)")
    if A_prev.ndim != 2:
        raise shape_error("A_prev", A_prev, (W.shape[1], "m"), to_fit(W=W))
    if W.shape[1] != A_prev.shape[0]:
        raise ShapeError(
            f"the cache holds W of shape {tuple(W.shape)} and A_prev of shape {tuple(A_prev.shape)}; "
            "expected as many columns in W as rows in A_prev: a cache of linear_forward"
        )
    expected = (W.shape[0], A_prev.shape[1])
    if tuple(dZ.shape) != expected:
        raise shape_error("dZ", dZ, expected, to_fit(W=W, A_prev=A_prev))
    m = A_prev.shape[1]
    if m == 0:
        raise ShapeError(f"dZ has shape {tuple(dZ.shape)}: no example; expected at least one column")
    return dZ @ A_prev.T / m, xp.sum(dZ, axis=1, keepdims=True) / m


def linear_backward(dZ: Array, cache: LinearCache) -> tuple[Array, Array, Array]:
    """dW = dZ A_prev^T / m, db = sum(dZ) / m, dA_prev = W^T dZ. The partner of `linear_forward`.

    Args:
        dZ: gradient with respect to Z, (n, m), per example: the 1/m enters here.
        cache: `(A_prev, W, b)` of the forward step.

    Returns:
        `(dA_prev, dW, db)`: (n_prev, m), (n, n_prev) and (n, 1).

    Raises:
        ShapeError: dZ does not belong to this cache.
        CacheError: it is not the cache of a forward step.
    """
    dW, db = linear_gradients(dZ, cache)
    _, W, _ = linear_parts(cache)
    return W.T @ dZ, dW, db


def linear_activation_forward(
    A_prev: Array, W: Array, b: Array, activation: str
) -> tuple[Array, LayerCache]:
    """One layer: A = g(W A_prev + b).

    Args:
        A_prev: activations of the layer before (or the input), (n_prev, m).
        W: weights, (n, n_prev).
        b: biases, (n, 1).
        activation: the name of g: "relu", "sigmoid", "tanh", "softmax", "leaky_relu", "elu",
            "gelu", "silu" or "identity".

    Returns:
        `(A, cache)`: A (n, m), and `cache = ((A_prev, W, b), Z)` for `linear_activation_backward`,
        its partner.

    Raises:
        ShapeError: the shapes do not fit.
        OptionError: there is no such activation.
    """
    g = activation_named(activation)
    Z, linear_cache = linear_forward(A_prev, W, b)
    A, activation_cache = g.forward(Z)
    return A, (linear_cache, activation_cache)


def linear_activation_backward(dA: Array, cache: LayerCache, activation: str) -> tuple[Array, Array, Array]:
    """One layer backward: dZ = dA * g'(Z), then `linear_backward`.

    The partner of `linear_activation_forward`.

    Args:
        dA: gradient with respect to A, (n, m).
        cache: `((A_prev, W, b), Z)` of the forward step.
        activation: the name of g, the same as in the forward step.

    Returns:
        `(dA_prev, dW, db)`: (n_prev, m), (n, n_prev) and (n, 1).

    Raises:
        ShapeError: dA does not belong to this cache.
        CacheError: it is not the cache of a layer.
        OptionError: there is no such activation.
    """
    linear_cache, activation_cache = layer_parts(cache)
    dZ = activation_named(activation).backward(dA, activation_cache)
    return linear_backward(dZ, linear_cache)
