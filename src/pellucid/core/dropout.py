"""Dropout: every step leaves out some units at random, so that no unit relies on another.

Dropout is inverted, as in the course: the remaining activations are divided by the share that remains, so
prediction needs no change. Training draws its masks from a counter (`dropout_masks`), the functions of the
course draw theirs from a stream of random numbers, layer by layer.
"""

from collections.abc import Mapping, Sequence
from operator import index
from typing import Any

import numpy as np

from pellucid.core._arrays import (
    Array,
    beside,
    check_number,
    device_of,
    namespace,
    plain_number,
)
from pellucid.core._shapes import check_layer, check_same_shape, check_sizes, to_fit
from pellucid.core.activations import activation_named
from pellucid.core.linear import LayerCache, linear_forward
from pellucid.core.model import backward_pass, count_layers, gradients_by_name
from pellucid.core.philox import MASK, philox4x32, word_type
from pellucid.core.randomness import RandomSource, random_stream
from pellucid.errors import CacheError, OptionError

# How many blocks of four words are drawn at a time.
_PIECE = 2**14


def kept_units(
    shape: tuple[int, int],
    rate: float,
    *,
    seed: int,
    step: Any,
    layer: int,
    like: Array | None = None,
    columns: Array | None = None,
) -> Array:
    """Which units of which columns a step keeps: the same on every engine, and in any order of calls.

    Unit i of column j (of n units) is element e = j n + i: word e % 4 of the four that Philox4x32-10 yields
    for the counter (e // 4, layer, step mod 2^32, step // 2^32) and the key (seed mod 2^32, seed // 2^32).
    It is kept where that word, from 0 to 2^32 - 1, is at least rate * 2^32 (rounded).

    Args:
        shape: (n, k): units, columns of the batch.
        rate: the share that is left out, in [0, 1).
        seed: the key of the training, from 0 to 2^64 - 1.
        step: the number of the step, from 0 to 2^64 - 1; or a 0-d array of integers of the library of
            `like`, as a step traced by `jax.jit` is.
        layer: l of A^l; 0 are the inputs.
        like: an array whose library and device the result has; None: NumPy's.
        columns: (k,) integers of that library: the number j of each column in its batch, where these are
            only some of the batch's columns; None: 0 .. k - 1.

    Returns:
        True where a unit is kept, (n, k).

    Raises:
        OptionError: the rate, the seed or the step is out of its range.
    """
    rate = check_number("rate", rate, least=0.0, below=1.0)
    n, k = shape
    xp, device = (np, None) if like is None else (namespace(like=like), device_of(like))
    key, step_words = _two_words("seed", seed), _words_of_step(xp, step)
    threshold = round(rate * 2**32)
    if threshold > MASK:
        # A rate within 2^-33 of 1: no 32-bit word is as large, and the threshold does not fit in uint32.
        return xp.zeros((n, k), dtype=xp.bool, device=device)

    least = xp.asarray(threshold, dtype=word_type(xp), device=device)

    def kept_in(blocks: Array) -> Array:
        words = philox4x32(xp, (blocks, layer, *step_words), key)
        return xp.reshape(xp.stack([word >= least for word in words], axis=1), (-1,))

    def kept(first: int, last: int) -> Array:
        return kept_in(xp.arange(first, last, dtype=word_type(xp), device=device))

    if columns is not None:
        # Column j begins within block j n // 4, written so that no product leaves 32 bits before the block
        # does, at its word j n % 4.
        j = xp.astype(columns, word_type(xp))
        first, skipped = j // 4 * n + j % 4 * n // 4, j % 4 * n % 4
        per_column = (n + 6) // 4
        blocks = first[:, None] + xp.arange(per_column, dtype=word_type(xp), device=device)[None, :]
        words = xp.reshape(kept_in(xp.reshape(blocks, (-1,))), (k, 4 * per_column))
        places = skipped[:, None] + xp.arange(n, dtype=word_type(xp), device=device)[None, :]
        indices = xp.__array_namespace_info__().default_dtypes()["indexing"]
        return xp.take_along_axis(words, xp.astype(places, indices), axis=1).T

    blocks = max(1, -(-n * k // 4))
    # Every operation makes an array; pieces that stay in the processor's cache are faster and need little
    # memory. JAX compiles the operations into one and needs no pieces.
    piece = _PIECE if word_type(xp) == xp.int64 else blocks
    parts = [kept(start, min(start + piece, blocks)) for start in range(0, blocks, piece)]
    units = parts[0] if len(parts) == 1 else xp.concat(parts)
    return xp.reshape(units[: n * k], (k, n)).T


def _two_words(name: str, value: Any) -> tuple[int, int]:
    """The low and the high word of a 64-bit number.

    Raises:
        OptionError: it is not an integer from 0 to 2^64 - 1.
    """
    try:
        number = index(value)
    except TypeError:
        number = -1
    if not 0 <= number < 2**64:
        raise OptionError(f"{name} is {value!r:.80}; expected an integer from 0 to 2^64 - 1")
    return number & MASK, number >> 32


def _words_of_step(xp: Any, step: Any) -> tuple[Any, Any]:
    words, step = word_type(xp), plain_number(step)
    if words == xp.int64 or not hasattr(step, "dtype"):
        return _two_words("step", step)
    # A JAX array may be traced: its value cannot be checked.
    if xp.iinfo(step.dtype).bits <= 32:
        return xp.astype(step, words), 0
    return xp.astype(step & MASK, words), xp.astype(step >> 32, words)


def dropout_masks(
    rates: Sequence[float],
    layer_dims: Sequence[int],
    X: Array,
    *,
    seed: int,
    step: Any,
    columns: Array | None = None,
) -> list[Array | None]:
    """The masks of one step for A0 (the inputs), A1, ..., A(L-1): each number is 0 or 1 / (1 - rate).

    Args:
        rates: the share of A0, ..., A(L-1) that is left out, each in [0, 1).
        layer_dims: units per layer, inputs first.
        X: the inputs of the step, (n_x, k): the masks are of its library and type.
        seed: the key of the training, from 0 to 2^64 - 1.
        step: the number of the step, from 0 to 2^64 - 1; or a 0-d array of integers of the library of X, as
            a step traced by `jax.jit` is.
        columns: which columns of the batch those of X are; see `kept_units`.

    Returns:
        One mask (n_l, k) for each rate; None for a rate of 0. For `L_model_forward` and its backward pass.

    Raises:
        OptionError: a rate, the seed or the step is out of its range.
    """
    xp, k = namespace(X=X), X.shape[1]
    masks: list[Array | None] = []
    for layer, (rate, n) in enumerate(zip(rates, layer_dims, strict=False)):
        if rate == 0:
            masks.append(None)
        else:
            kept = kept_units((n, k), rate, seed=seed, step=step, layer=layer, like=X, columns=columns)
            masks.append(xp.astype(kept, X.dtype) / (1 - plain_number(rate)))
    return masks


def forward_propagation_with_dropout(
    X: Array, parameters: Mapping[str, Array], keep_prob: float = 0.5, *, rng: RandomSource = 1
) -> tuple[Array, tuple[Array, ...]]:
    """[LINEAR -> RELU -> DROPOUT] x (L-1) -> LINEAR -> SIGMOID.

    D{l} = rand(n_l, m) < keep_prob, drawn layer after layer, and A{l} = A{l} D{l} / keep_prob.

    Args:
        X: inputs, (n_x, m).
        parameters: `{"W1", "b1", ..., "WL", "bL"}`.
        keep_prob: the share of the hidden units that is kept, in (0, 1].
        rng: None, an int, a Generator or a RandomState; 1 is the course's.

    Returns:
        `(AL, cache)`: AL (n_y, m), and the course's flat cache (Z1, D1, A1, W1, b1, ..., ZL, AL, WL, bL)
        for `backward_propagation_with_dropout`, its partner.

    Raises:
        ShapeError: X and the parameters do not fit.
        ParametersError: the dictionary is not that of a network.
        OptionError: keep_prob is out of its range.
    """
    keep_prob = check_number("keep_prob", keep_prob, above=0.0, most=1.0)
    L = count_layers(parameters)
    xp = namespace(X=X, **parameters)
    stream = random_stream(rng)
    A = X
    cache: list[Array] = []
    for l in range(1, L + 1):
        check_layer(A, parameters[f"W{l}"], parameters[f"b{l}"], l)
        Z, (_, W, b) = linear_forward(A, parameters[f"W{l}"], parameters[f"b{l}"])
        A, _ = activation_named("relu" if l < L else "sigmoid").forward(Z)
        if l < L:
            D = beside(stream.random(tuple(Z.shape)) < keep_prob, X)
            A = A * xp.astype(D, A.dtype) / keep_prob
            cache += [Z, D, A, W, b]
        else:
            cache += [Z, A, W, b]
    return A, tuple(cache)


def backward_propagation_with_dropout(
    X: Array, Y: Array, cache: Sequence[Array], keep_prob: float
) -> dict[str, Array]:
    """The backward pass through the same units. The partner of `forward_propagation_with_dropout`.

    dA{l} is multiplied by D{l} and divided by keep_prob, as A{l} was.

    Args:
        X: inputs, (n_x, m).
        Y: true labels, (n_y, m).
        cache: as `forward_propagation_with_dropout` returned it.
        keep_prob: as in the forward pass.

    Returns:
        `{"dZ{l}", "dW{l}", "db{l}"}` for l = 1 .. L and `dA{l}` for l = 1 .. L-1.

    Raises:
        CacheError: the cache is not the forward pass's.
        ShapeError: X, Y and the cache do not fit.
        OptionError: keep_prob is out of its range.
    """
    keep_prob = check_number("keep_prob", keep_prob, above=0.0, most=1.0)
    if not isinstance(cache, (tuple, list)) or len(cache) % 5 != 4:
        raise CacheError(
            f"the cache is a {type(cache).__name__} of {len(cache) if hasattr(cache, '__len__') else 'no'} "
            "values; expected (Z1, D1, A1, W1, b1, ..., ZL, AL, WL, bL), five for each hidden layer and "
            "four for the last"
        )
    xp = namespace(X=X, Y=Y, **{f"cache[{i}]": part for i, part in enumerate(cache)})
    ZL, AL, WL, bL = cache[-4:]
    W1 = cache[3] if len(cache) > 4 else WL
    check_sizes("X", X, (W1.shape[-1], AL.shape[-1]), to_fit(W1=W1, AL=AL))
    check_same_shape("Y", Y, "AL in the cache", AL)
    caches: list[LayerCache] = []
    masks: list[Array | None] = [None]
    A_prev = X
    for Z, D, A, W, b in (cache[i : i + 5] for i in range(0, len(cache) - 4, 5)):
        caches.append(((A_prev, W, b), Z))
        masks.append(xp.astype(D, A.dtype) / keep_prob)
        A_prev = A
    caches.append(((A_prev, WL, bL), ZL))
    dZL = AL - xp.astype(Y, AL.dtype)
    return gradients_by_name(backward_pass(dZL, caches, masks=masks, input_gradient=False))
