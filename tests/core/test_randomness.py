"""Randomness is an argument: which stream `rng` stands for, and that nothing else is touched."""

import numpy as np
import pytest

from pellucid.core.randomness import random_stream
from pellucid.errors import OptionError


@pytest.mark.parametrize("seed", [0, 7, np.int64(7), np.uint8(7), 2**32 - 1])
def test_an_integer_seeds_the_legacy_stream(seed: int) -> None:
    ours, theirs = random_stream(seed), np.random.RandomState(int(seed))
    assert isinstance(ours, np.random.RandomState)
    np.testing.assert_array_equal(ours.standard_normal(9), theirs.standard_normal(9))


@pytest.mark.parametrize("stream", [np.random.RandomState(1), np.random.default_rng(1)])
def test_a_stream_is_used_as_it_is(stream: object) -> None:
    assert random_stream(stream) is stream


def test_none_starts_anew_each_time() -> None:
    assert not np.array_equal(random_stream(None).random(4), random_stream(None).random(4))


def test_the_global_generator_is_not_touched() -> None:
    before = np.random.get_state()
    for rng in (None, 3, np.random.RandomState(3), np.random.default_rng(3)):
        random_stream(rng).standard_normal(3)
    after = np.random.get_state()
    assert before[2] == after[2]
    np.testing.assert_array_equal(before[1], after[1])


@pytest.mark.parametrize("seed", [-1, 2**32, np.int64(-5)])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(OptionError) as error:
        random_stream(seed)
    assert str(error.value) == f"rng is {seed}; expected a seed from 0 to 4294967295"


@pytest.mark.parametrize("rng", [True, 1.0, "1", [1], np.random, np.float64(1)])
def test_anything_else_is_refused(rng: object) -> None:
    with pytest.raises(OptionError) as error:
        random_stream(rng)
    assert str(error.value) == (
        f"rng is of type {type(rng).__name__}; expected None, an int, a numpy.random.Generator "
        "or a numpy.random.RandomState"
    )
