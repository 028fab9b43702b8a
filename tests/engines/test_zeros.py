"""Inputs that are mostly zeros: the native engine leaves them out, to the reference engine's numbers."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import Network, Optimizer, initialize_parameters_deep
from pellucid.engines import Batches, Session, StepOptions, TrainingState, engine_for
from pellucid.engines.native import is_compiled
from pellucid.errors import DivergenceError
from pellucid.examples import Examples
from pellucid.optimizer import OPTIMIZERS

pytestmark = pytest.mark.skipif(not is_compiled(), reason="the native engine was not compiled")


def opened(
    network: Network,
    examples: Examples,
    start: Any,
    options: StepOptions | None = None,
    engine: str = "native",
) -> Session:
    return engine_for(engine).open(network, examples, TrainingState(start), options)


@dataclasses.dataclass
class Case:
    """A network, its options, and inputs (n_x, m) of which `density` are not 0."""

    network: Network
    m: int
    density: float
    options: StepOptions
    weighted: bool
    batches: Batches
    order: str
    seed: int

    def open(self, engine: str) -> Session:
        rng = np.random.default_rng(self.seed)
        network, m = self.network, self.m
        X = rng.standard_normal((network.n_x, m)) * (rng.random((network.n_x, m)) < self.density)
        # Nothing is known of one input, and one example is nothing but zeros.
        X[rng.integers(network.n_x)] = 0
        X[:, rng.integers(m)] = -0.0
        Y = (rng.random((network.n_y, m)) < 0.5).astype(float)
        weights = rng.uniform(0.1, 2, (1, m)) if self.weighted else None
        start = initialize_parameters_deep(network.layer_dims, scheme="he", rng=2)
        examples = Examples(np.asarray(X, order=self.order), Y, weights, finite=True)  # type: ignore[call-overload]
        return opened(network, examples, start, self.options, engine)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    n_x, m, n = draw(st.integers(4, 60)), draw(st.integers(2, 90)), draw(st.integers(1, 90))
    dims = draw(st.sampled_from([(n_x, n, 1), (n_x, n, 5, 2), (n_x, n)]))
    seed = draw(st.integers(0, 2**16))
    size = draw(st.integers(1, m))
    order = np.random.default_rng(seed).permutation(m)
    # Either side of the densities from which on the zeros are multiplied: at most 0.3.
    density = draw(st.one_of(st.floats(0, 0.25), st.floats(0.25, 0.35), st.just(0.0)))
    network = Network(
        dims,
        hidden_activation=draw(st.sampled_from(["relu", "tanh", "gelu", "sigmoid"])),
        l2=draw(st.sampled_from([0.0, 0.3])),
        l1=draw(st.sampled_from([0.0, 0.02])),
        dropout=0.2 if len(dims) > 2 and draw(st.booleans()) else 0.0,
    )
    options = StepOptions(
        Optimizer(draw(st.sampled_from(list(OPTIMIZERS))), epsilon=1e-3),
        clip_norm=draw(st.sampled_from([None, 0.5])),
        threads=draw(st.sampled_from([1, 2, 3])),
    )
    batches = draw(st.sampled_from([Batches.full(2), Batches.of([order[:size], order[-size:]])]))
    weighted, memory = draw(st.booleans()), draw(st.sampled_from("CF"))
    return Case(network, m, density, options, weighted, batches, memory, seed)


@given(cases())
@settings(max_examples=150, deadline=None)
def test_steps_without_zeros_are_those_of_the_reference_engine(case: Case) -> None:
    ours, theirs = case.open("native"), case.open("reference")
    for found, right in zip(
        ours.advance(case.batches, 0.05), theirs.advance(case.batches, 0.05), strict=True
    ):
        np.testing.assert_allclose(found, right, rtol=1e-9, atol=1e-12)
    expected = theirs.finish()
    for name, value in ours.finish().items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-9, atol=1e-11, err_msg=name)
    gradient, right = ours.gradient(expected), theirs.gradient(expected)
    np.testing.assert_allclose(gradient[:2], right[:2], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(gradient.outputs, right.outputs, rtol=1e-9, atol=1e-11)
    for name, value in right.grads.items():
        np.testing.assert_allclose(gradient.grads[name], value, rtol=1e-9, atol=1e-11, err_msg=name)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_same_threads_give_the_same_bits_without_zeros(threads: int, dtype: str) -> None:
    rng = np.random.default_rng(0)
    network = Network((200, 150, 1))
    X = (rng.standard_normal((200, 600)) * (rng.random((200, 600)) < 0.1)).astype(dtype)
    Y = (rng.random((1, 600)) < 0.5).astype(dtype)
    start = initialize_parameters_deep(network.layer_dims, scheme="he", rng=1)
    batches = Batches.runs(rng.permutation(600), 128)
    found = []
    for _ in range(2):
        options = StepOptions(Optimizer("adam"), threads=threads)
        one = opened(network, Examples(X, Y, None, finite=True), start, options)
        found.append((one.advance(batches, 0.01), one.finish()))
    assert found[0][0] == found[1][0]
    for name, value in found[0][1].items():
        np.testing.assert_array_equal(value, found[1][1][name])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_input_that_is_no_number_is_not_left_out(bad: float) -> None:
    rng = np.random.default_rng(0)
    network = Network((40, 60, 1))
    X = rng.standard_normal((40, 100)) * (rng.random((40, 100)) < 0.05)
    X[3, 70] = bad
    Y = (rng.random((1, 100)) < 0.5).astype(float)
    start = initialize_parameters_deep(network.layer_dims, scheme="he", rng=1)
    one = opened(network, Examples(X, Y, None, finite=True), start)
    assert len(one.advance(Batches.of([range(70)]), 0.1).cost) == 1
    with pytest.raises(DivergenceError):
        one.advance(Batches.of([range(70, 100)]), 0.1)


def test_no_session_goes_on_or_ends_with_infinite_weights_that_only_meet_zeros() -> None:
    rng = np.random.default_rng(0)
    network = Network((40, 60, 1), hidden_activation="tanh")
    X = rng.standard_normal((40, 100)) * (rng.random((40, 100)) < 0.1)
    X[7] = 0
    X[7, 0] = 1e307
    Y = (rng.random((1, 100)) < 0.5).astype(float)
    start = initialize_parameters_deep(network.layer_dims, scheme="he", rng=1)
    start["W1"][:, 7] = 0
    first, others = range(50), range(50, 100)
    one, two = (opened(network, Examples(X, Y, None, finite=True), start) for _ in range(2))
    with pytest.raises(DivergenceError, match="at iteration 1") as going:
        one.advance(Batches.of([first, others, others]), 1e5)
    two.advance(Batches.of([first]), 1e5)
    with pytest.raises(DivergenceError, match="W1 is no longer finite") as ending:
        two.finish()
    for caught in (going, ending):
        for name, value in caught.value.parameters.items():
            np.testing.assert_array_equal(value, start[name])
