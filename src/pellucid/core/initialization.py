"""Initial parameters: random weights of a chosen scale, zero biases.

Weights must differ, or all units of a layer learn the same; and their scale decides whether a signal
survives many layers. The schemes differ only in scale and distribution. W{l} is (n_l, n_{l-1}), b{l}
(n_l, 1); numbers are drawn W1, W2, ..., row by row, in float64.
"""

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from pellucid.core._arrays import Array
from pellucid.core.randomness import RandomSource, random_stream
from pellucid.errors import OptionError

# Far more than can be trained; a file may claim any number.
_MAX_LAYERS = 10_000

# The largest factor of randn; NaN and infinity are not below it either.
_LARGEST = 1e30

Stream: TypeAlias = "np.random.Generator | np.random.RandomState"
Draw = Callable[[Stream, int, int], np.ndarray]


def _normal(scaled: Callable[[np.ndarray, int, int], np.ndarray]) -> Draw:
    return lambda rng, n, n_prev: scaled(rng.standard_normal((n, n_prev)), n, n_prev)


def _uniform(limit: Callable[[int, int], float]) -> Draw:
    return lambda rng, n, n_prev: rng.uniform(-limit(n, n_prev), limit(n, n_prev), (n, n_prev))


# "xavier" divides and "he" multiplies, as the course's lines do: the last digit depends on it.
SCHEMES: dict[str, Draw] = {
    "small": _normal(lambda W, n, n_prev: W * 0.01),
    "xavier": _normal(lambda W, n, n_prev: W / math.sqrt(n_prev)),
    "he": _normal(lambda W, n, n_prev: W * math.sqrt(2 / n_prev)),
    "glorot_normal": _normal(lambda W, n, n_prev: W * math.sqrt(2 / (n_prev + n))),
    "glorot_uniform": _uniform(lambda n, n_prev: math.sqrt(6 / (n_prev + n))),
    "lecun_normal": _normal(lambda W, n, n_prev: W * math.sqrt(1 / n_prev)),
    "lecun_uniform": _uniform(lambda n, n_prev: math.sqrt(3 / n_prev)),
    "zeros": lambda rng, n, n_prev: np.zeros((n, n_prev)),
}


def check_layer_dims(layer_dims: Sequence[int]) -> tuple[int, ...]:
    """The sizes n_0 .. n_L as a tuple of plain ints.

    Raises:
        OptionError: there are fewer than two sizes, or one is not an integer of at least 1.
    """
    try:
        dims = tuple(layer_dims)
    except TypeError:
        dims = ()
    if len(dims) < 2:
        raise OptionError(
            f"layer_dims is {layer_dims!r}; expected at least two sizes, the inputs first and the "
            "outputs last, as in [12288, 20, 7, 5, 1]"
        )
    if len(dims) > _MAX_LAYERS:
        raise OptionError(f"layer_dims has {len(dims)} sizes; expected at most {_MAX_LAYERS}")
    for size in dims:
        is_integer = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
        if not is_integer or size < 1:
            raise OptionError(
                f"layer_dims is {list(dims)}; expected integers of at least 1, found {size!r}"
            )
    return tuple(int(size) for size in dims)


def check_scheme(scheme: str | float) -> None:
    """Check that `scheme` is the name of a scheme or a finite number.

    Raises:
        OptionError: it is neither; the message lists the schemes.
    """
    if isinstance(scheme, str):
        known = scheme in SCHEMES
    else:
        known = (
            isinstance(scheme, (int, float, np.integer, np.floating))
            and not isinstance(scheme, bool)
            and -_LARGEST < scheme < _LARGEST
        )
    if known:
        return
    raise OptionError(
        f"unknown initialisation {scheme!r}; expected one of {', '.join(SCHEMES)}, "
        "or a number, the factor of randn"
    )


def initialize_parameters_deep(
    layer_dims: Sequence[int], *, scheme: str | float = "small", rng: RandomSource = None
) -> dict[str, Array]:
    """Parameters of an L-layer network: W{l} by `scheme`, b{l} = 0.

    Args:
        layer_dims: units per layer, inputs first: [n_0, n_1, ..., n_L].
        scheme: how W{l} is drawn; randn is the standard normal distribution.
            "small": randn * 0.01; "xavier": randn / sqrt(n_prev); "he": randn * sqrt(2 / n_prev)
            (He et al. 2015); "glorot_normal": randn * sqrt(2 / (n_prev + n)); "glorot_uniform":
            uniform within sqrt(6 / (n_prev + n)) (Glorot and Bengio 2010); "lecun_normal":
            randn * sqrt(1 / n_prev); "lecun_uniform": uniform within sqrt(3 / n_prev) (LeCun et
            al. 1998); "zeros"; or a number f: randn * f.
        rng: None, an int, a Generator or a RandomState; see `random_stream`.

    Returns:
        `{"W1": (n_1, n_0), "b1": (n_1, 1), ..., "WL": ..., "bL": ...}`, NumPy float64.

    Raises:
        OptionError: the scheme is unknown, or `layer_dims` are not sizes of layers.
    """
    dims = check_layer_dims(layer_dims)
    check_scheme(scheme)
    draw = SCHEMES[scheme] if isinstance(scheme, str) else _normal(lambda W, n, n_prev: W * scheme)
    stream = random_stream(rng)
    parameters: dict[str, Array] = {}
    for l in range(1, len(dims)):
        parameters[f"W{l}"] = draw(stream, dims[l], dims[l - 1])
        parameters[f"b{l}"] = np.zeros((dims[l], 1))
    return parameters


def initialize_parameters(n_x: int, n_h: int, n_y: int, *, rng: RandomSource = None) -> dict[str, Array]:
    """Parameters of a two-layer network: weights randn * 0.01, zero biases.

    Args:
        n_x: number of inputs.
        n_h: units of the hidden layer.
        n_y: units of the output layer.
        rng: None, an int, a Generator or a RandomState; see `random_stream`.

    Returns:
        `{"W1": (n_h, n_x), "b1": (n_h, 1), "W2": (n_y, n_h), "b2": (n_y, 1)}`, NumPy float64.

    Raises:
        OptionError: a size is not an integer of at least 1.
    """
    return initialize_parameters_deep([n_x, n_h, n_y], scheme="small", rng=rng)
