"""Philox4x32-10: the published words, in every library and under jit."""

from typing import Any

import numpy as np
import pytest

from helpers import Library, to_numpy
from oracle import philox_words
from pellucid.core.philox import philox4x32, word_type

# (counter, key, words): the known-answer vectors of Random123, the authors' own library.
ONES = 0xFFFFFFFF
PUBLISHED = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES, ONES, ONES, ONES), (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
each_vector = pytest.mark.parametrize(("counter", "key", "words"), PUBLISHED, ids=["zeros", "ones", "pi"])


def in_words(library: Library, values: Any) -> tuple[Any, Any]:
    """The library's namespace, and numbers as its array of words."""
    from pellucid.core._arrays import namespace

    xp = namespace(a=library.array(0.0))
    return xp, xp.asarray(values, dtype=word_type(xp))


@each_vector
def test_the_published_words(counter: Any, key: Any, words: Any, library: Library) -> None:
    xp, first = in_words(library, counter[:1])
    found = philox4x32(xp, (first, *counter[1:]), key)
    assert [int(word[0]) for word in found] == list(words)
    # All four of the counter as arrays, as a traced step is one.
    found = philox4x32(xp, [in_words(library, [number])[1] for number in counter], key)
    assert [int(word[0]) for word in found] == list(words)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_published_words_under_jit(dtype: str) -> None:
    """With 64-bit integers switched on in JAX and without."""
    lib = Library("jax", dtype)
    with lib.ready():
        import jax

        for counter, key, words in PUBLISHED:
            xp, counters = in_words(lib, counter)
            found = jax.jit(
                lambda c, key=key, xp=xp: philox4x32(xp, [c[i : i + 1] for i in range(4)], key)
            )(counters)
            assert all(str(word.dtype) == "uint32" for word in found)
            assert [int(word[0]) for word in found] == list(words)


def test_the_published_words_in_the_plain_integers_of_the_oracle() -> None:
    for counter, key, words in PUBLISHED:
        assert philox_words(counter, key) == words


def test_many_counters_at_once(library: Library) -> None:
    rng = np.random.default_rng(0)
    counters = rng.integers(0, 2**32, (4, 200))
    key = (0x12345678, 0x9ABCDEF0)
    xp, arrays = in_words(library, counters)
    before = to_numpy(arrays).copy()
    found = philox4x32(xp, [arrays[i] for i in range(4)], key)
    expected = [philox_words(tuple(int(c) for c in column), key) for column in counters.T]
    np.testing.assert_array_equal(np.stack([to_numpy(word) for word in found], axis=1), expected)
    np.testing.assert_array_equal(to_numpy(arrays), before)
