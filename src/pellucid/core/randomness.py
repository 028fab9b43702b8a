"""Randomness is an argument: what `rng` may be, everywhere."""

from typing import TypeAlias

import numpy as np

from pellucid.errors import OptionError

# In quotes: naming them would load numpy.random, which predicting does without.
RandomSource: TypeAlias = "int | np.integer | np.random.Generator | np.random.RandomState | None"


def random_stream(rng: RandomSource) -> "np.random.Generator | np.random.RandomState":
    """The stream of random numbers that `rng` stands for.

    Args:
        rng: a `numpy.random.Generator` or legacy `RandomState` is used as it is (and advances); an int
            seeds a `RandomState`, the stream of the published course numbers and the only one NumPy
            promises never to change; None starts from fresh entropy.

    Raises:
        OptionError: `rng` is none of these, or a seed outside 0 .. 2**32 - 1.
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
