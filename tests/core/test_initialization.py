"""Where the parameters start: shapes, scales, determinism, and every refusal."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.core import initialize_parameters, initialize_parameters_deep
from pellucid.core.initialization import SCHEMES, check_layer_dims, check_scheme
from pellucid.errors import OptionError

# What randn is multiplied with, by scheme: from n_prev inputs and n units.
FACTORS = {
    "small": lambda n_prev, n: 0.01,
    "xavier": lambda n_prev, n: 1 / math.sqrt(n_prev),
    "he": lambda n_prev, n: math.sqrt(2 / n_prev),
    "glorot_normal": lambda n_prev, n: math.sqrt(2 / (n_prev + n)),
    "lecun_normal": lambda n_prev, n: math.sqrt(1 / n_prev),
}
LIMITS = {
    "glorot_uniform": lambda n_prev, n: math.sqrt(6 / (n_prev + n)),
    "lecun_uniform": lambda n_prev, n: math.sqrt(3 / n_prev),
}
dims_strategy = st.lists(st.integers(1, 6), min_size=2, max_size=6)


def assert_same(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert list(first) == list(second)
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name], err_msg=name)


def test_these_are_all_the_schemes() -> None:
    assert set(SCHEMES) == set(FACTORS) | set(LIMITS) | {"zeros"}


@given(dims_strategy, st.sampled_from([*SCHEMES, 0.5, 2]))
def test_shapes_keys_and_zero_biases(dims: list[int], scheme: str | float) -> None:
    parameters = initialize_parameters_deep(dims, scheme=scheme, rng=1)
    L = len(dims) - 1
    assert list(parameters) == [f"{letter}{l}" for l in range(1, L + 1) for letter in "Wb"]
    for l in range(1, L + 1):
        assert parameters[f"W{l}"].shape == (dims[l], dims[l - 1])
        assert parameters[f"b{l}"].shape == (dims[l], 1)
        assert not parameters[f"b{l}"].any()
        assert parameters[f"W{l}"].dtype == parameters[f"b{l}"].dtype == np.float64
        assert parameters[f"W{l}"].any() == (scheme != "zeros")


@given(dims_strategy, st.sampled_from([*SCHEMES, 0.5]), st.integers(0, 2**32 - 1))
def test_the_same_seed_gives_the_same_numbers(dims: list[int], scheme: str | float, seed: int) -> None:
    first = initialize_parameters_deep(dims, scheme=scheme, rng=seed)
    assert_same(first, initialize_parameters_deep(dims, scheme=scheme, rng=seed))
    assert_same(first, initialize_parameters_deep(dims, scheme=scheme, rng=np.random.RandomState(seed)))
    once, twice = (
        initialize_parameters_deep(dims, scheme=scheme, rng=np.random.default_rng(seed)) for _ in range(2)
    )
    assert_same(once, twice)


@pytest.mark.parametrize("scheme", FACTORS)
def test_normal_schemes_scale_the_published_stream_layer_by_layer(scheme: str) -> None:
    dims = [6, 4, 3]
    parameters = initialize_parameters_deep(dims, scheme=scheme, rng=8)
    stream = np.random.RandomState(8)
    for l in (1, 2):
        randn = stream.randn(dims[l], dims[l - 1])
        expected = randn * FACTORS[scheme](dims[l - 1], dims[l])
        np.testing.assert_allclose(parameters[f"W{l}"], expected, rtol=4e-16)


@pytest.mark.parametrize("factor", [0.01, 3, 0, -1.5])
def test_a_number_is_the_factor_of_randn(factor: float) -> None:
    W1 = initialize_parameters_deep([6, 4], scheme=factor, rng=8)["W1"]
    np.testing.assert_array_equal(W1, np.random.RandomState(8).randn(4, 6) * factor)


def test_the_course_divides_for_xavier_and_multiplies_for_he_to_the_last_digit() -> None:
    randn = np.random.RandomState(1).randn(20, 12288)
    xavier = initialize_parameters_deep([12288, 20], scheme="xavier", rng=1)["W1"]
    np.testing.assert_array_equal(xavier, randn / np.sqrt(12288))
    he = initialize_parameters_deep([12288, 20], scheme="he", rng=1)["W1"]
    np.testing.assert_array_equal(he, randn * np.sqrt(2.0 / 12288))


@pytest.mark.parametrize("scheme", LIMITS)
def test_uniform_schemes_fill_their_interval(scheme: str) -> None:
    W1 = initialize_parameters_deep([300, 200], scheme=scheme, rng=4)["W1"]
    limit = LIMITS[scheme](300, 200)
    assert 0.999 * limit < W1.max() <= limit
    assert -limit <= W1.min() < -0.999 * limit


@pytest.mark.parametrize("scheme", [*FACTORS, *LIMITS])
@pytest.mark.parametrize("stream", [np.random.RandomState, np.random.default_rng])
def test_the_variance_is_that_of_the_scheme(scheme: str, stream: Any) -> None:
    W1 = initialize_parameters_deep([300, 200], scheme=scheme, rng=stream(4))["W1"]
    variance = FACTORS[scheme](300, 200) ** 2 if scheme in FACTORS else LIMITS[scheme](300, 200) ** 2 / 3
    assert W1.var() == pytest.approx(variance, rel=0.03)
    assert abs(W1.mean()) < 5 * math.sqrt(variance / W1.size)


def test_units_differ_and_layers_differ() -> None:
    parameters = initialize_parameters_deep([5, 5, 5], rng=1)
    assert not np.array_equal(parameters["W1"], parameters["W2"])
    assert len({row.tobytes() for row in parameters["W1"]}) == 5


def test_the_default_scheme_is_the_courses() -> None:
    default = initialize_parameters_deep([5, 4, 3], rng=3)
    assert_same(default, initialize_parameters_deep([5, 4, 3], scheme="small", rng=3))
    assert_same(default, initialize_parameters_deep([5, 4, 3], scheme=0.01, rng=3))
    assert_same(default, initialize_parameters(5, 4, 3, rng=3))


def test_a_stream_goes_on_and_no_seed_means_fresh_numbers() -> None:
    stream = np.random.RandomState(1)
    first, second = (initialize_parameters(3, 2, 1, rng=stream)["W1"] for _ in range(2))
    assert not np.array_equal(first, second)
    assert not np.array_equal(initialize_parameters(3, 2, 1)["W1"], initialize_parameters(3, 2, 1)["W1"])


def test_the_global_generator_is_not_touched() -> None:
    before = np.random.get_state()[1].copy(), np.random.get_state()[2]
    initialize_parameters_deep([4, 3, 2], rng=1)
    initialize_parameters_deep([4, 3, 2])
    np.testing.assert_array_equal(before[0], np.random.get_state()[1])
    assert before[1] == np.random.get_state()[2]


@pytest.mark.parametrize("dims", [(2, 3), np.array([2, 3]), range(2, 4), [np.int32(2), np.uint8(3)]])
def test_sizes_of_any_integer_kind_become_plain_ints(dims: Any) -> None:
    sizes = check_layer_dims(dims)
    assert sizes == (2, 3)
    assert all(type(size) is int for size in sizes)


@pytest.mark.parametrize("dims", [[], [5], (5,), 5, None])
def test_fewer_than_two_sizes_are_refused(dims: Any) -> None:
    with pytest.raises(OptionError) as error:
        initialize_parameters_deep(dims, rng=1)
    assert str(error.value) == (
        f"layer_dims is {dims!r}; expected at least two sizes, the inputs first and the outputs last, "
        "as in [12288, 20, 7, 5, 1]"
    )


@pytest.mark.parametrize("wrong", [0, -3, 2.0, True, "4", None, float("nan")])
def test_a_size_that_is_no_whole_number_above_zero_is_refused(wrong: Any) -> None:
    with pytest.raises(OptionError) as error:
        initialize_parameters_deep((5, wrong, 1), rng=1)
    assert str(error.value) == (
        f"layer_dims is {[5, wrong, 1]}; expected integers of at least 1, found {wrong!r}"
    )
    with pytest.raises(OptionError, match=r"expected integers of at least 1"):
        initialize_parameters(5, wrong, 1, rng=1)


def test_more_layers_than_any_network_has_are_refused() -> None:
    assert len(check_layer_dims([1] * 10_000)) == 10_000
    with pytest.raises(OptionError) as error:
        check_layer_dims([1] * 10_001)
    assert str(error.value) == "layer_dims has 10001 sizes; expected at most 10000"


@pytest.mark.parametrize("scheme", ["He", "", None, True, math.nan, math.inf, -math.inf, [0.01]])
def test_an_unknown_scheme_is_answered_with_the_known_ones(scheme: Any) -> None:
    with pytest.raises(OptionError) as error:
        initialize_parameters_deep([2, 1], scheme=scheme, rng=1)
    assert str(error.value) == (
        f"unknown initialisation {scheme!r}; expected one of small, xavier, he, glorot_normal, "
        "glorot_uniform, lecun_normal, lecun_uniform, zeros, or a number, the factor of randn"
    )


@pytest.mark.parametrize("scheme", [*SCHEMES, 0.01, 3, np.float64(0.5)])
def test_known_schemes_pass(scheme: Any) -> None:
    check_scheme(scheme)


@pytest.mark.parametrize("scheme", [np.float32(0.5), np.int64(2)])
def test_a_factor_may_be_any_number_of_numpy(scheme: Any) -> None:
    check_scheme(scheme)


def test_a_wrong_rng_is_refused() -> None:
    with pytest.raises(OptionError, match=r"^rng is -1; expected a seed from 0 to 4294967295$"):
        initialize_parameters(3, 2, 1, rng=-1)
    with pytest.raises(OptionError, match=r"^rng is of type str; expected None, an int"):
        initialize_parameters_deep([3, 2, 1], rng="1")
