"""Randomness is an argument: the values that `rng` may have in every function."""

from typing import TypeAlias

import numpy as np

from pellucid.errors import OptionError

# In quotes: without them this line would load numpy.random, which predictions do not need.
RandomSource: TypeAlias = "int | np.integer | np.random.Generator | np.random.RandomState | None"


def random_stream(rng: RandomSource) -> "np.random.Generator | np.random.RandomState":
    """The stream of random numbers of an `rng`.

    Args:
        rng: a `numpy.random.Generator` or legacy `RandomState` is used as it is (and advances); an int
            seeds a `RandomState`, the stream of the published course numbers and the only one that NumPy
            promises never to change; None starts from fresh entropy.

    Raises:
        OptionError: `rng` has another type, or is a seed outside 0 .. 2**32 - 1.
    """
    if isinstance(rng, (np.random.Generator, np.random.RandomState)):
        return rng
    if rng is None:
        return np.random.default_rng()
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool):
        if not 0 <= rng < 2**32:
            raise OptionError(f"rng is {rng}; expected a seed from 0 to {2**32 - 1}")
        return np.random.RandomState(int(rng))
    raise OptionError(
        f"rng is of type {type(rng).__name__}; expected None, an int, a numpy.random.Generator "
        "or a numpy.random.RandomState"
    )
