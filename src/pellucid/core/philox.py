"""Philox4x32-10: random 32-bit words from a counter, the same in every array library and under jit.

Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3". Four words follow from
a counter and a key alone. There is no state from one call to the next, so they can be drawn in any order.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.core._arrays import Array

MASK = 0xFFFFFFFF
_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
# Added to the key after every round: the fractions of the golden ratio and of the square root of 3.
_WEYL = 0x9E3779B9, 0xBB67AE85


def word_type(xp: Any) -> Any:
    """The integer type for 32-bit words: uint32 for JAX, which has no 64 bits by default, else int64.

    In int64 a product takes a third of the operations, and PyTorch's uint32 does not have all of them.
    """
    if xp is np:
        return np.int64
    import array_api_compat

    return xp.uint32 if array_api_compat.is_jax_namespace(xp) else xp.int64


def philox4x32(xp: Any, counter: Sequence[Any], key: tuple[int, int]) -> tuple[Array, ...]:
    """The four words of each counter.

    Args:
        xp: the array library.
        counter: four words: arrays of `word_type(xp)` of one shape, and Python integers (for JAX also 0-d
            arrays) for words that all counters share; at least one array. Not changed.
        key: two words.

    Returns:
        Four arrays of `word_type(xp)`, each word from 0 to 2^32 - 1.
    """
    narrow = word_type(xp) != xp.int64

    def word(value: Any) -> Any:
        # JAX would convert a Python integer to int32, in which it may not fit.
        return xp.asarray(value, dtype=xp.uint32) if narrow and isinstance(value, int) else value

    product = _product_from_halves if narrow else _product
    c0, c1, c2, c3 = map(word, counter)
    k0, k1 = key
    for _ in range(10):
        high0, low0 = product(c0, _MULTIPLIERS[0])
        high1, low1 = product(c2, _MULTIPLIERS[1])
        # In place if the library can: these arrays are local, and new ones would cost more than
        # the arithmetic.
        high0 ^= c3
        high1 ^= c1
        high0 ^= word(k1)
        high1 ^= word(k0)
        c0, c1, c2, c3 = high1, low1, high0, low0
        k0, k1 = (k0 + _WEYL[0]) & MASK, (k1 + _WEYL[1]) & MASK
    return c0, c1, c2, c3


def _product(words: Any, multiplier: int) -> tuple[Any, Any]:
    """The high and the low half of a product, in int64: overflow wraps around to the same 64 bits."""
    low = words * multiplier
    high = low >> 32
    high &= MASK
    low &= MASK
    return high, low


def _product_from_halves(words: Array, multiplier: int) -> tuple[Array, Array]:
    """The high and the low half of a product, in uint32: long multiplication by 16 bits."""
    upper, lower = words >> 16, words & 0xFFFF
    m_upper, m_lower = multiplier >> 16, multiplier & 0xFFFF
    low = lower * m_lower
    cross = lower * m_upper
    # At most 2^32 - 1, so no carry is lost.
    middle = (low >> 16) + (cross & 0xFFFF) + upper * m_lower
    high = upper * m_upper + (cross >> 16) + (middle >> 16)
    return high, (middle << 16) | (low & 0xFFFF)
