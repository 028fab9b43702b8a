"""Dropout: the exact masks of the counter, what they do to a network, and the course's own functions."""

from typing import Any

import numpy as np
import pytest

from helpers import Library, assert_gradient, central_difference, example, to_numpy
from oracle import kept, philox_words
from pellucid.core import (
    L_model_backward,
    L_model_forward,
    backward_propagation_with_dropout,
    compute_cost,
    dropout_masks,
    forward_propagation_with_dropout,
)
from pellucid.core.dropout import kept_units
from pellucid.core.model import backward_pass
from pellucid.errors import CacheError, OptionError, ShapeError


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (4, 6), (1, 9), (7, 1)])
@pytest.mark.parametrize(("seed", "layer", "step"), [(0, 0, 0), (7, 2, 3), (2**64 - 1, 1, 10**12)])
def test_units_are_kept_as_the_stream_says(
    shape: tuple[int, int], seed: int, layer: int, step: int
) -> None:
    for rate in (0.0, 0.1, 0.5, 0.999):
        found = kept_units(shape, rate, seed=seed, step=step, layer=layer)
        np.testing.assert_array_equal(found, kept(*shape, rate, seed, layer, step) == 1)


def test_the_stream_itself_never_changes() -> None:
    found = kept_units((4, 6), 0.5, seed=1, step=2, layer=3)
    expected = ["..xx..", "xx....", "x.x...", "x.xxxx"]
    assert ["".join("x."[int(unit)] for unit in row) for row in found] == expected


def test_the_share_that_is_left_out_is_the_rate() -> None:
    for rate in (0.1, 0.5, 0.8):
        units = kept_units((300, 400), rate, seed=5, step=0, layer=1)
        # Four standard deviations of a share of 120000.
        assert abs(units.mean() - (1 - rate)) < 4 * np.sqrt(rate * (1 - rate) / units.size)
        assert abs(np.corrcoef(units[:-1].ravel(), units[1:].ravel())[0, 1]) < 0.015
        assert abs(np.corrcoef(units[:, :-1].ravel(), units[:, 1:].ravel())[0, 1]) < 0.015


def test_masks_depend_on_seed_step_and_layer_and_on_nothing_else() -> None:
    def units(seed: int = 1, step: int = 1, layer: int = 1) -> bytes:
        return kept_units((20, 30), 0.5, seed=seed, step=step, layer=layer).tobytes()

    assert units() == units()
    assert len({units(), units(seed=2), units(step=2), units(layer=2), units(0, 0, 0)}) == 5


def test_more_columns_do_not_change_those_there_were() -> None:
    few, many = (kept_units((3, k), 0.4, seed=1, step=1, layer=1) for k in (4, 9))
    np.testing.assert_array_equal(many[:, :4], few)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 8, 13])
def test_some_columns_have_the_units_they_have_among_all(n: int, library: Library) -> None:
    whole = kept_units((n, 23), 0.4, seed=5, step=2, layer=1)
    chosen = np.array([22, 0, 7, 7, 5, 10, 13])
    columns = library.array(chosen, "int32")
    found = kept_units(
        (n, 7), 0.4, seed=5, step=2, layer=1, like=library.array(np.zeros(1)), columns=columns
    )
    np.testing.assert_array_equal(to_numpy(found), whole[:, chosen])


def test_a_late_column_has_its_own_units() -> None:
    """Where the number of the unit does not fit in 32 bits; its block of four does."""
    j, n = 2**30 + 3, 13
    found = kept_units((n, 1), 0.5, seed=3, step=1, layer=2, columns=np.array([j]))
    for i in range(n):
        block, place = divmod(j * n + i, 4)
        words = philox_words((block, 2, 1, 0), (3, 0))
        assert found[i, 0] == (words[place] >= 2**31)


def test_a_mask_is_zero_or_keeps_the_sum(library: Library) -> None:
    X = library.array(np.ones((3, 10)))
    masks = dropout_masks((0.0, 0.25, 0.5), (3, 4, 2, 1), X, seed=3, step=8)
    assert masks[0] is None
    for layer, (rate, n) in enumerate([(0.25, 4), (0.5, 2)], start=1):
        assert library.owns(masks[layer])
        units = kept_units((n, 10), rate, seed=3, step=8, layer=layer)
        np.testing.assert_allclose(to_numpy(masks[layer]), units / (1 - rate), rtol=library.tolerance)


@pytest.mark.parametrize("step", [5, 2**32 + 5, 2**63 - 1])
def test_a_step_may_be_an_array(step: int, library: Library) -> None:
    """As a traced step is one; of 64 bits its high word counts, of 32 bits there is none."""
    like = library.array(np.ones((3, 40)))
    expected = kept(3, 40, 0.5, 2**64 - 1, 1, step) == 1
    types = ["int64", "int32"] if step < 2**31 else ["int64"]
    for number in (step, np.int64(step), *(library.array(step, dtype) for dtype in types)):
        units = kept_units((3, 40), 0.5, seed=2**64 - 1, step=number, layer=1, like=like)
        np.testing.assert_array_equal(to_numpy(units), expected)


@pytest.mark.parametrize("x64", [False, True])
@pytest.mark.parametrize("step", [0, 7, 2**31 - 1])
def test_a_traced_step_draws_the_same_units(x64: bool, step: int) -> None:
    lib = Library("jax", "float64" if x64 else "float32")
    with lib.ready():
        import jax

        like = lib.array(np.ones((5, 7)))
        units = jax.jit(lambda step: kept_units((5, 7), 0.3, seed=2**64 - 2, step=step, layer=2, like=like))
        np.testing.assert_array_equal(np.asarray(units(step)), kept(5, 7, 0.3, 2**64 - 2, 2, step) == 1)


def test_many_units_are_drawn_as_few(library: Library) -> None:
    """A large batch is drawn in pieces on some libraries."""
    n, k = 3, 2**16 // 3 + 5
    units = to_numpy(kept_units((n, k), 0.5, seed=1, step=1, layer=1, like=library.array(0.0)))
    assert units.shape == (n, k)
    for e in range(n * k - 9, n * k):
        word = philox_words((e // 4, 1, 1, 0), (1, 0))[e % 4]
        assert units[e % n, e // n] == (word >= 2**31)


def test_no_column_has_no_unit(library: Library) -> None:
    units = kept_units((3, 0), 0.5, seed=1, step=1, layer=1, like=library.array(0.0))
    assert tuple(units.shape) == (3, 0)


def test_nearly_all_is_left_out(library: Library) -> None:
    like = library.array(0.0)
    for rate in (1 - 2.0**-32, 1 - 2.0**-34):
        units = to_numpy(kept_units((50, 40), rate, seed=1, step=1, layer=1, like=like))
        assert units.dtype == bool
        assert not units.any()


@pytest.mark.parametrize("name", ["seed", "step"])
@pytest.mark.parametrize("number", [-1, 2**64, 0.5, None, "1"])
def test_a_seed_or_a_step_of_no_64_bits_is_refused(name: str, number: Any) -> None:
    with pytest.raises(OptionError, match=rf"^{name} is .*; expected an integer from 0 to 2\^64 - 1$"):
        dropout_masks((0.5,), (2, 1), np.ones((2, 3)), **{"seed": 0, "step": 0, name: number})


@pytest.mark.parametrize("rate", [-0.1, 1.0, 2, "0.5", np.nan, True])
def test_a_rate_that_is_no_share_is_refused(rate: Any) -> None:
    with pytest.raises(OptionError, match=r"^rate is .*; expected a number at least 0 and below 1$"):
        dropout_masks((rate,), (2, 1), np.ones((2, 3)), seed=0, step=0)


def test_gradients_with_fixed_masks_agree_with_central_differences() -> None:
    net = example([4, 6, 5, 1], m=6, hidden="tanh")
    masks = dropout_masks((0.2, 0.5, 0.4), (4, 6, 5), net.X, seed=1, step=0)

    def cost(parameters: dict[str, np.ndarray]) -> float:
        AL, _ = L_model_forward(net.X, parameters, hidden_activation="tanh", masks=masks)
        return compute_cost(AL, net.Y)

    AL, caches = L_model_forward(net.X, net.parameters, hidden_activation="tanh", masks=masks)
    found = {}
    for l, _, dA_prev, dW, db in backward_pass(AL - net.Y, caches, hidden_activation="tanh", masks=masks):
        found |= {f"W{l}": dW, f"b{l}": db, f"A{l - 1}": dA_prev}
    for name, value in net.parameters.items():
        numeric, _ = central_difference(lambda x, n=name: (cost(net.parameters | {n: x}), None), value)
        assert_gradient(f"d{name}", found[name], numeric)
    numeric, _ = central_difference(
        lambda X: (
            6
            * compute_cost(
                L_model_forward(X, net.parameters, hidden_activation="tanh", masks=masks)[0], net.Y
            ),
            None,
        ),
        net.X,
    )
    assert_gradient("dA0", found["A0"], numeric)


def courses_example() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The course's test case: np.random.seed(1), then X, W1, b1, W2, b2, W3, b3."""
    rng = np.random.RandomState(1)
    X, parameters = rng.randn(3, 5), {}
    for l, (n_prev, n) in enumerate([(3, 2), (2, 3), (3, 1)], start=1):
        parameters |= {f"W{l}": rng.randn(n, n_prev), f"b{l}": rng.randn(n, 1)}
    return X, parameters


def test_the_courses_forward_pass_gives_its_published_output() -> None:
    X, parameters = courses_example()
    A3, cache = forward_propagation_with_dropout(X, parameters, keep_prob=0.7)
    published = [[0.36974721, 0.00305176, 0.04565099, 0.49683389, 0.36974721]]
    np.testing.assert_allclose(A3, published, atol=5e-9)
    assert len(cache) == 14
    Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3_too, W3, b3 = cache
    stream = np.random.RandomState(1)
    np.testing.assert_array_equal(D1, stream.rand(2, 5) < 0.7)
    np.testing.assert_array_equal(D2, stream.rand(3, 5) < 0.7)
    np.testing.assert_array_equal(A1, np.maximum(Z1, 0) * D1 / 0.7)
    np.testing.assert_array_equal(A2, np.maximum(Z2, 0) * D2 / 0.7)
    np.testing.assert_allclose(Z3, W3 @ A2 + b3)
    assert A3_too is A3
    for name, value in {"W1": W1, "b1": b1, "W2": W2, "b2": b2, "W3": W3, "b3": b3}.items():
        np.testing.assert_array_equal(value, parameters[name])


@pytest.mark.parametrize("dims", [[3, 1], [3, 8, 1], [3, 7, 6, 2]])
def test_the_courses_gradients_agree_with_central_differences(dims: list[int]) -> None:
    net = example(dims, m=6)
    _, cache = forward_propagation_with_dropout(net.X, net.parameters, 0.6)
    grads = backward_propagation_with_dropout(net.X, net.Y, cache, 0.6)
    L = len(dims) - 1
    expected = {f"d{k}{l}" for l in range(1, L + 1) for k in "ZWb"} | {f"dA{l}" for l in range(1, L)}
    assert set(grads) == expected

    def cost(parameters: dict[str, np.ndarray]) -> tuple[float, np.ndarray]:
        AL, cache = forward_propagation_with_dropout(net.X, parameters, 0.6)
        sides = [cache[i] > 0 for i in range(0, len(cache) - 4, 5)]
        return compute_cost(AL, net.Y), np.concatenate([np.empty(0), *(side.ravel() for side in sides)])

    for name, value in net.parameters.items():
        numeric, smooth = central_difference(lambda x, n=name: cost(net.parameters | {n: x}), value)
        assert_gradient(f"d{name}", grads[f"d{name}"], numeric, smooth)


def test_keeping_all_is_the_plain_network() -> None:
    net = example([3, 4, 2, 1])
    AL, cache = forward_propagation_with_dropout(net.X, net.parameters, 1.0)
    plain, caches = L_model_forward(net.X, net.parameters)
    np.testing.assert_array_equal(AL, plain)
    grads = backward_propagation_with_dropout(net.X, net.Y, cache, 1.0)
    for name, gradient in L_model_backward(plain, net.Y, caches, input_gradient=False).items():
        np.testing.assert_allclose(grads[name], gradient, rtol=1e-12, atol=1e-16)


def test_any_stream_will_do() -> None:
    net = example([3, 40, 1])
    by_generator = forward_propagation_with_dropout(net.X, net.parameters, rng=np.random.default_rng(1))
    drawn = np.random.default_rng(1).random((40, net.X.shape[1])) < 0.5
    np.testing.assert_array_equal(by_generator[1][1], drawn)


@pytest.mark.parametrize("keep_prob", [0, 1.5, -0.5, None, np.nan])
def test_a_share_that_is_none_is_refused(keep_prob: Any) -> None:
    net = example([3, 4, 1])
    _, cache = forward_propagation_with_dropout(net.X, net.parameters)
    sentence = r"^keep_prob is .*; expected a number above 0 and at most 1$"
    with pytest.raises(OptionError, match=sentence):
        forward_propagation_with_dropout(net.X, net.parameters, keep_prob)
    with pytest.raises(OptionError, match=sentence):
        backward_propagation_with_dropout(net.X, net.Y, cache, keep_prob)


def test_what_is_no_cache_is_refused() -> None:
    for cache in ((), [1, 2, 3], None, tuple(np.ones((1, 1)) for _ in range(8))):
        with pytest.raises(CacheError, match="five for each hidden layer and four for the last"):
            backward_propagation_with_dropout(np.ones((2, 3)), np.ones((1, 3)), cache, 0.5)
    net = example([3, 4, 1])
    _, cache = forward_propagation_with_dropout(net.X, net.parameters)
    with pytest.raises(
        ShapeError, match=r"^Y has shape \(1, 2\); expected \(1, 4\), the shape of AL in the"
    ):
        backward_propagation_with_dropout(net.X, net.Y[:, :2], cache, 0.5)
