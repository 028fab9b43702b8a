"""Dropout: units that are left out of a step at random, so that none relies on another.

Inverted, as in the course: what remains is divided by the share that remains, and prediction needs no
change. Training draws its masks from a counter (`dropout_masks`); the course's functions draw theirs from
a stream of random numbers, one layer after the other.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pellucid.core._arrays import (
    Array,
    beside,
    check_matrix,
    check_number,
    check_same_shape,
    namespace,
    plain_number,
)
from pellucid.core.activations import activation_named
from pellucid.core.linear import LayerCache, linear_forward
from pellucid.core.model import backward_pass, count_layers, gradients_by_name
from pellucid.core.randomness import RandomSource, random_stream
from pellucid.errors import CacheError, OptionError


def kept_units(
    shape: tuple[int, int], rate: float, *, seed: int, step: int, layer: int
) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Which units of which columns a step keeps: the same for every engine, and in any order of asking.

    Unit i of column j (of n units) is decided by number e = j n + i of the stream of 32-bit integers that
    Philox 4x64 yields for the key (seed, 0) and the counter (0, 0, layer, step), the low half of each of
    its 64-bit numbers before the high one: it is kept where that integer is at least rate * 2^32.

    Args:
        shape: (n, k): units, columns of the batch.
        rate: the share that is left out, in [0, 1).
        seed: the key of the training, from 0 to 2^64 - 1.
        step: the number of the step, from 0.
        layer: l of A^l; 0 are the inputs.

    Returns:
        True where a unit is kept, (n, k).

    Raises:
        OptionError: a rate that is no share, or a seed out of its range.
    """
    rate = check_number("rate", rate, least=0.0, below=1.0)
    n, k = shape
    if not 0 <= seed < 2**64:
        raise OptionError(f"seed is {seed!r:.80}; expected a whole number from 0 to 2^64 - 1")
    # A plain list would pass through float64, which has no room for a large seed.
    key, counter = (np.array(words, np.uint64) for words in ([seed, 0], [0, 0, layer, step]))
    philox = np.random.Philox(key=key, counter=counter)
    halves = philox.random_raw((n * k + 1) // 2).astype("<u8", copy=False).view("<u4")
    return (halves[: n * k] >= round(rate * 2**32)).reshape(k, n).T


def dropout_masks(
    rates: Sequence[float], layer_dims: Sequence[int], X: Array, *, seed: int, step: int
) -> list[Array | None]:
    """What A0 (the inputs), A1, ..., A(L-1) are multiplied by in one step: 0, or 1 / (1 - rate).

    Args:
        rates: the share of A0, ..., A(L-1) that is left out, each in [0, 1).
        layer_dims: units per layer, inputs first.
        X: the inputs of the step, (n_x, k): the masks are of its library and type.
        seed: the key of the training, from 0 to 2^64 - 1.
        step: the number of the step, from 0.

    Returns:
        One mask (n_l, k) for each rate; None where nothing is left out. For `L_model_forward` and its
        backward pass.

    Raises:
        OptionError: a rate that is no share, or a seed out of its range.
    """
    xp, k = namespace(X=X), X.shape[1]
    masks: list[Array | None] = []
    for layer, (rate, n) in enumerate(zip(rates, layer_dims, strict=False)):
        if rate == 0:
            masks.append(None)
        else:
            kept = kept_units((n, k), rate, seed=seed, step=step, layer=layer)
            masks.append(xp.astype(beside(kept, X), X.dtype) / (1 - plain_number(rate)))
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
        OptionError: a keep_prob that is no share.
    """
    keep_prob = check_number("keep_prob", keep_prob, above=0.0, most=1.0)
    L = count_layers(parameters)
    xp = namespace(X=X, **parameters)
    stream = random_stream(rng)
    A = X
    cache: list[Array] = []
    for l in range(1, L + 1):
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
        OptionError: a keep_prob that is no share.
    """
    keep_prob = check_number("keep_prob", keep_prob, above=0.0, most=1.0)
    if not isinstance(cache, (tuple, list)) or len(cache) % 5 != 4:
        raise CacheError(
            f"the cache is a {type(cache).__name__} of {len(cache) if hasattr(cache, '__len__') else 'no'} "
            "values; expected (Z1, D1, A1, W1, b1, ..., ZL, AL, WL, bL), five for each hidden layer and "
            "four for the last"
        )
    xp = namespace(X=X, Y=Y, **{f"cache[{i}]": part for i, part in enumerate(cache)})
    check_matrix("X", X, "(n_x, m)")
    ZL, AL, WL, bL = cache[-4:]
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
