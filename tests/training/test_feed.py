"""Examples that are not one dense array: the same steps as dense ones, however many are dense at a time."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Network, TrainingOptions, initialize_parameters_deep, train
from pellucid.engines import ENGINES, Batches, StepOptions, TrainingState, engine_for
from pellucid.errors import ArrayError, ShapeError
from pellucid.examples import Columns, Examples
from pellucid.optimizer import Optimizer
from pellucid.training import epoch_batches
from pellucid.training.feed import Feed, columns_that_fit, evaluate

# Trainings that are drawn at random need not learn anything.
pytestmark = pytest.mark.filterwarnings("ignore::pellucid.errors.LearningWarning")

RNG = np.random.RandomState(0)
X = np.where(RNG.rand(7, 40) < 0.4, RNG.randn(7, 40), 0.0)
Y = (X[:1] + X[1:2] > 0.1).astype(float)
WEIGHTS = np.r_[np.zeros(12), np.linspace(0, 2, 28)][None]
NETWORK = Network((7, 4, 1), l2=0.2, dropout=0.2)
FIRST = initialize_parameters_deep(NETWORK.layer_dims, scheme="he", rng=1)


@dataclass
class Compressed:
    """Columns of which only the numbers that are not zero are kept."""

    shape: tuple[int, int]
    dtype: Any
    starts: np.ndarray
    rows: np.ndarray
    values: np.ndarray
    largest: int = 0

    @classmethod
    def of(cls, X: np.ndarray) -> "Compressed":
        columns, rows = np.nonzero(X.T)
        starts = np.searchsorted(columns, np.arange(X.shape[1] + 1))
        return cls(X.shape, X.dtype, starts, rows, X.T[columns, rows])

    def dense(self, columns: Any) -> np.ndarray:
        if isinstance(columns, slice):
            columns = np.arange(self.shape[1])[columns]
        self.largest = max(self.largest, len(columns))
        found = np.zeros((self.shape[0], len(columns)), self.dtype)
        for i, j in enumerate(columns):
            part = slice(self.starts[j], self.starts[j + 1])
            found[self.rows[part], i] = self.values[part]
        return found


def test_it_is_what_it_is_compressed_from() -> None:
    columns = Compressed.of(X)
    assert isinstance(columns, Columns)
    np.testing.assert_array_equal(columns.dense(slice(None)), X)
    np.testing.assert_array_equal(columns.dense(np.array([3, 3, 0])), X[:, [3, 3, 0]])


def bytes_of(columns: int) -> int:
    return columns * 7 * 8


@pytest.mark.parametrize(
    ("most_bytes", "columns"), [(0, 1), (55, 1), (56, 1), (111, 1), (112, 2), (10**9, 10**9 // 56)]
)
def test_how_many_columns_fit(most_bytes: int, columns: int) -> None:
    assert columns_that_fit(Examples(Compressed.of(X), Y), most_bytes) == columns
    single = Examples(Compressed.of(X.astype("float32")), Y)
    assert columns_that_fit(single, 2 * most_bytes) >= columns


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weighted"])
@pytest.mark.parametrize("at_a_time", [1, 8, 9, 23, 39, 40, 1000])
@pytest.mark.parametrize("batch_size", [8, 17])
def test_blocks_take_the_steps_of_all_at_once(
    batch_size: int, at_a_time: int, weights: Any, engine: str
) -> None:
    options = StepOptions(Optimizer("adam"), clip_norm=0.5, dropout_seed=3)
    sparse = Compressed.of(X)
    feed = Feed(Examples(sparse, Y, weights), engine_for(engine), NETWORK, bytes_of(at_a_time))
    assert feed.whole == (at_a_time >= 40)
    blocks = engine_for(engine).open(NETWORK, feed.first, TrainingState(FIRST), options)
    whole = engine_for(engine).open(NETWORK, Examples(X, Y, weights), TrainingState(FIRST), options)
    for epoch in range(3):
        batches = epoch_batches(40, batch_size, 0, epoch)
        rates = np.linspace(0.1, 0.01, len(batches)).tolist() if epoch else 0.1
        assert feed.advance(blocks, batches, rates) == whole.advance(batches, rates)
    found, expected = blocks.state(), whole.state()
    for name, value in expected.parameters.items():
        np.testing.assert_array_equal(found.parameters[name], value)
    assert (found.update_count, found.step_count) == (expected.update_count, expected.step_count)
    if not feed.whole:
        assert sparse.largest <= max(at_a_time, batch_size)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_full_batch_is_dense_all_at_once(engine: str) -> None:
    feed = Feed(Examples(Compressed.of(X), Y), engine_for(engine), NETWORK, bytes_of(5))
    session = engine_for(engine).open(NETWORK, feed.first, TrainingState(FIRST))
    whole = engine_for(engine).open(NETWORK, Examples(X, Y), TrainingState(FIRST))
    assert feed.advance(session, Batches.full(4), [0.1, 0.2, 0.3, 0.4]) == whole.advance(
        Batches.full(4), [0.1, 0.2, 0.3, 0.4]
    )


@given(st.lists(st.integers(0, 6), min_size=1, max_size=12), st.integers(1, 12))
def test_blocks_are_whole_batches_as_many_as_fit(sizes: list[int], at_a_time: int) -> None:
    offsets = np.cumsum([0, *sizes])
    batches = Batches(np.arange(offsets[-1]), offsets)
    feed = Feed(Examples(Compressed.of(X), Y), engine_for("reference"), NETWORK, bytes_of(at_a_time))
    blocks = list(feed._blocks(batches))
    assert [first for first, _ in blocks] == [0, *(last for _, last in blocks[:-1])]
    assert blocks[-1][1] == len(sizes)
    for i, (first, last) in enumerate(blocks):
        columns = sum(sizes[first:last])
        assert columns <= at_a_time or last == first + 1
        if i + 1 < len(blocks):
            # One batch more did not fit.
            assert columns + sizes[last] > at_a_time


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weighted"])
@pytest.mark.parametrize("at_a_time", [1, 7, 40, 1000])
def test_what_is_evaluated_in_blocks_costs_the_same(at_a_time: int, weights: Any, engine: str) -> None:
    made = engine_for(engine)
    for at in (made.open(NETWORK, Examples(X, Y), TrainingState(FIRST)), made.predictor(NETWORK, FIRST)):
        expected, outputs = at.evaluate(Examples(X, Y, weights))
        cost, AL = evaluate(at, Examples(Compressed.of(X), Y, weights), bytes_of(at_a_time))
        assert cost == pytest.approx(expected, rel=1e-13)
        np.testing.assert_allclose(AL, outputs, rtol=1e-13)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("at_a_time", [6, 1000])
@pytest.mark.parametrize("batch_size", [None, 6])
def test_a_training_on_columns_is_that_on_the_array(
    batch_size: int | None, at_a_time: int, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = bytes_of(at_a_time)
    monkeypatch.setattr("pellucid.training.run.Feed", partial(Feed, most_bytes=most))
    monkeypatch.setattr("pellucid.training.run.evaluate", partial(evaluate, most_bytes=most))
    options = TrainingOptions(
        epochs=5, batch_size=batch_size, rng=1, optimizer="adam", patience=2, engine=engine
    )
    held_out = X[:, ::-3].copy(), Y[:, ::-3]
    dense = train(
        NETWORK, Examples(X, Y, WEIGHTS[0]), options, validation=Examples(*held_out), tested=False
    )
    sparse = train(
        NETWORK,
        Examples(Compressed.of(X), Y, WEIGHTS[0]),
        options,
        validation=Examples(Compressed.of(held_out[0]), held_out[1]),
        tested=False,
    )
    assert sparse.history.costs == dense.history.costs
    np.testing.assert_allclose(sparse.history.validation_costs, dense.history.validation_costs, rtol=1e-13)
    for name, value in dense.parameters.items():
        np.testing.assert_array_equal(sparse.parameters[name], value)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_short_cut_validates_columns_too(engine: str) -> None:
    rng = np.random.RandomState(1)
    wide, held_out = rng.randn(50, 12), rng.randn(50, 9)
    labels, their_labels = (wide[:1] > 0) * 1.0, (held_out[:1] > 0) * 1.0
    options = TrainingOptions(epochs=4, rng=1, shortcut="always", engine=engine)
    dense, sparse = (
        train(
            Network((50, 3, 1)),
            Examples(wide, labels),
            options,
            validation=Examples(make(held_out), their_labels),
        )
        for make in (np.asarray, Compressed.of)
    )
    assert sparse.history.shortcut
    np.testing.assert_allclose(sparse.history.validation_costs, dense.history.validation_costs, rtol=1e-13)


@pytest.mark.parametrize(
    ("columns", "error", "line"),
    [
        (Compressed.of(X[:5]), ShapeError, r"layer_dims\[0\] = 5"),
        (
            Compressed.of(X.astype("int64")),
            ArrayError,
            "X holds int64 numbers; expected float64 or float32",
        ),
        (Compressed.of(X[:, :0]), ShapeError, "expected"),
    ],
)
def test_columns_that_do_not_fit(columns: Compressed, error: type[Exception], line: str) -> None:
    with pytest.raises(error, match=line):
        train(NETWORK, Examples(columns, Y), TrainingOptions(epochs=1))
