"""Examples in files: the steps of those in memory, one block in work while the next is read."""

import threading
from typing import Any

import numpy as np
import pytest

from pellucid import Network, TrainingOptions, train
from pellucid.core.encoding import EncodedCategory, EncodedNumber
from pellucid.core.initialization import initialize_parameters_deep
from pellucid.encoded_table import EncodedTable, LevelInputs, NumberInputs
from pellucid.engines import ENGINES, Batches, StepOptions, TrainingState, engine_for
from pellucid.errors import OptionError, TooLargeError
from pellucid.examples import Examples
from pellucid.optimizer import Optimizer
from pellucid.training import members
from pellucid.training.events import StepEnd
from pellucid.training.feed import Feed, evaluate, outputs
from pellucid.training.loop import fit
from pellucid.training.order import Order, WindowOrder
from pellucid.training.run import RunState
from pellucid.training.streaming import Stream, window_for
from tests.stored_columns import Kept, order_on_files

# Trainings that are drawn at random need not learn anything.
pytestmark = pytest.mark.filterwarnings("ignore::pellucid.errors.LearningWarning")

RNG = np.random.RandomState(0)
M = 60
X = RNG.randn(7, M)
Y = (X[:1] + X[1:2] > 0.1).astype(float)
WEIGHTS = np.r_[np.zeros(12), np.linspace(0.1, 2, M - 12)][None]


def table(dtype: str = "float64") -> EncodedTable:
    """Numbers with pieces, and categories: seven inputs."""
    found = EncodedTable.empty([NumberInputs(2, missing=True), LevelInputs(3)], M, np.dtype(dtype))
    rng = np.random.RandomState(1)
    piece, fraction = rng.randint(0, 2, M), rng.rand(M)
    missing = (rng.rand(M) < 0.1).astype(np.uint8)
    number = EncodedNumber(rng.randn(M), piece.astype(np.int32), fraction, 2, missing)
    found.fill(slice(0, M), [number, EncodedCategory(rng.randint(-1, 3, M), 3)])
    return found


KINDS = {"dense": lambda: X, "encoded": table}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weighted"])
@pytest.mark.parametrize("at_a_time", [1, 8, 20, 59, 1000])
@pytest.mark.parametrize("input_dropout", [0.0, 0.3])
def test_blocks_take_the_steps_of_all_at_once(
    at_a_time: int, weights: Any, kind: str, engine: str, input_dropout: float
) -> None:
    n_x = KINDS[kind]().shape[0]
    network = Network((n_x, 4, 1), l2=0.2, dropout=0.2, input_dropout=input_dropout)
    first = initialize_parameters_deep(network.layer_dims, scheme="he", rng=1)
    options = StepOptions(Optimizer("adam"), clip_norm=0.5, dropout_seed=3)
    made, stored = engine_for(engine), Kept(KINDS[kind]())
    feed = Feed(Examples(stored, Y, weights), made, network, window=at_a_time)
    blocks = made.open(network, feed.first, TrainingState(first), options)
    plain = KINDS[kind]() if made.takes(KINDS[kind](), network) else table().dense(slice(None))
    whole = made.open(network, Examples(plain, Y, weights), TrainingState(first), options)
    for epoch in range(3):
        # The course's order, of which a block is scattered over the file; and the one for files.
        order = Order(M, 8) if epoch else WindowOrder(M, 8, run=5, window=at_a_time)
        drawn = order.batches(epoch, 1)
        rates = np.linspace(0.1, 0.01, len(drawn)).tolist()
        found = [
            feed.advance(blocks, drawn.part(i, i + k), rates[i : i + k], drawn, i)
            for i, k in ((0, 3), (3, 1), (4, len(drawn) - 4))
        ]
        expected = whole.advance(drawn, rates)
        # JAX computes a step in another shape where it has other examples beside it.
        same = {"rtol": 1e-12 if engine == "jax" else 0, "atol": 1e-14 if engine == "jax" else 0}
        costs, penalties = ([getattr(part, name) for part in found] for name in ("cost", "penalty"))
        np.testing.assert_allclose(np.concatenate(costs), expected.cost, **same)
        np.testing.assert_allclose(np.concatenate(penalties), expected.penalty, **same)
    for name, value in whole.state().parameters.items():
        np.testing.assert_allclose(blocks.state().parameters[name], value, **same)


def options_for(engine: str = "auto", **more: Any) -> TrainingOptions:
    given = {"epochs": 4, "batch_size": 8, "rng": 1, "learning_rate": 0.1, "optimizer": "adam"}
    return TrainingOptions(**{**given, "engine": engine, "threads": 1, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_training_on_files_is_that_in_memory_of_the_same_order(
    kind: str, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = KINDS[kind]()
    monkeypatch.setattr("pellucid.training.streaming._BLOCK_BYTES", 17 * Kept(inputs).column_bytes)
    network = Network((inputs.shape[0], 5, 1))
    options = options_for(engine, patience=2, validation_fraction=0.2)
    given = Examples(Kept(inputs), Y)
    order = order_on_files(network, given.take(np.arange(48)), options)
    assert isinstance(order, WindowOrder)
    assert order.window == 16
    dense = train(network, Examples(inputs, Y), options, order=order)
    stored = train(network, given, options)
    same = {"rtol": 1e-11 if engine == "jax" else 0, "atol": 1e-13 if engine == "jax" else 0}
    np.testing.assert_allclose(stored.history.costs, dense.history.costs, **same)
    np.testing.assert_allclose(stored.history.validation_costs, dense.history.validation_costs, rtol=1e-11)
    for name, value in dense.parameters.items():
        np.testing.assert_allclose(stored.parameters[name], value, **same)


@pytest.mark.parametrize("steps", [1, 9, 13])
def test_it_goes_on_from_the_middle_of_an_epoch(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pellucid.training.streaming._BLOCK_BYTES", 17 * 7 * 8)
    network, examples = Network((7, 5, 1)), Examples(Kept(X), Y)
    whole = train(network, examples, options_for())
    events, state = fit(network, examples, options_for(), every="step"), None
    for event in events:
        if isinstance(event, StepEnd) and event.iteration == steps:
            state = event.now.run_state()
    assert isinstance(state, RunState)
    assert state.step == steps % 8
    end = train(network, Examples(Kept(X), Y), options_for(), state=state)
    for name, value in whole.parameters.items():
        np.testing.assert_array_equal(end.parameters[name], value)
    assert end.history.costs == whole.history.costs


def test_each_block_is_read_once_an_epoch_and_two_are_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pellucid.training.streaming._BLOCK_BYTES", 16 * 7 * 8)
    monkeypatch.setattr("pellucid.stored._GAP_BYTES", 0)
    stored = Kept(X)
    train(Network((7, 5, 1)), Examples(stored, Y), options_for(), judged=False, every="step")
    read = sum(stop - start for start, stop, _ in stored.reads)
    # One example opens the session.
    assert read == 1 + 4 * M
    assert stored.rooms == [1, 16, 16]


def test_the_next_block_is_read_in_another_thread_which_ends() -> None:
    stored = Kept(X)
    stream = Stream(Examples(stored, Y), 16)
    drawn = Order(M, 8).batches(0, 1)
    before = threading.active_count()
    for block, own in stream.blocks(drawn, 0, len(drawn)):
        assert {name for _, _, name in stored.reads} == {"pellucid-read-ahead"}
        assert block.examples.m in (16, 12)
        assert len(own) == 2
    assert threading.active_count() == before


def test_without_room_for_a_thread_blocks_are_read_when_they_are_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    stored, drawn = Kept(X), Order(M, 8).batches(0, 1)
    blocks = list(Stream(Examples(stored, Y), 16).blocks(drawn, 0, len(drawn)))
    assert [len(own) for _, own in blocks] == [2, 2, 2, 2]
    assert {name for _, _, name in stored.reads} == {"MainThread"}


def test_an_error_of_the_reader_comes_where_the_block_is_wanted() -> None:
    stored = Kept(X)
    stored.fails_at = 40
    order = WindowOrder(M, 8, run=1, window=16)
    with pytest.raises(OSError, match="Input/output error"):
        train(Network((7, 5, 1)), Examples(stored, Y), options_for(), order=order)
    assert not [one for one in threading.enumerate() if one.name == "pellucid-read-ahead"]
    # Once the disk works again, the block is read again.
    stream, drawn = Stream(Examples(stored, Y), 16), order.batches(0, 1)
    with pytest.raises(OSError, match="Input/output error"):
        list(stream.blocks(drawn, 0, len(drawn)))
    stored.fails_at = None
    assert sum(len(own) for _, own in stream.blocks(drawn, 0, len(drawn))) == len(drawn)


def test_ctrl_c_leaves_no_thread_and_the_steps_so_far() -> None:
    network, ends = Network((7, 5, 1)), []
    events = fit(network, Examples(Kept(X), Y), options_for(epochs=1000), every="step")
    for _ in range(12):
        next(events)
    ends.append(events.throw(KeyboardInterrupt()))
    ends += list(events)
    assert ends[-1].history.reason == "interrupted"
    assert ends[-1].history.iterations == 10
    for one in threading.enumerate():
        if one.name == "pellucid-read-ahead":
            one.join(10)
            assert not one.is_alive()


def test_blocks_are_of_whole_batches() -> None:
    sizes = [5, 9, 1, 1, 30, 2, 2]
    drawn = Batches(np.arange(sum(sizes)), np.cumsum([0, *sizes]))
    found = [
        (block.examples.m, len(own))
        for block, own in Stream(Examples(Kept(X), Y), 15).blocks(drawn, 0, len(drawn))
    ]
    assert found == [(15, 3), (1, 1), (30, 1), (4, 2)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_evaluated_block_by_block_costs_the_same(engine: str, kind: str) -> None:
    inputs = KINDS[kind]()
    network = Network((inputs.shape[0], 4, 1))
    parameters = initialize_parameters_deep(network.layer_dims, rng=1)
    at = engine_for(engine).predictor(network, parameters)
    stored = Kept(inputs, memory=8 * 9 * Kept(inputs).column_bytes)
    expected, AL = at.evaluate(Examples(inputs, Y, WEIGHTS))
    cost, found = evaluate(at, Examples(stored, Y, WEIGHTS))
    assert cost == pytest.approx(expected, rel=1e-13)
    np.testing.assert_allclose(found, AL, rtol=1e-13)
    np.testing.assert_allclose(outputs(at, Examples(stored)), AL, rtol=1e-13)
    assert max(stored.rooms) == 9


def test_a_window_fits_into_the_memory_beside_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    network, adam = Network((7, 5, 1)), Optimizer("adam")
    for memory in (20_000, 30_000):
        window = window_for(Examples(Kept(X, memory), Y), network, 8, Optimizer("adam"))
        # Two blocks of inputs and targets are the least that it takes.
        assert 8 <= window <= memory // (2 * (7 + 1) * 8)
    with pytest.raises(TooLargeError) as refused:
        window_for(Examples(Kept(X, 5_000), Y), network, 8, adam)
    line = str(refused.value)
    assert "in batches of 8 of 60 examples needs" in line
    assert "may take 4.9 KiB; expected more memory, a smaller batch_size, or fewer units" in line
    with pytest.raises(TooLargeError, match="steps on all examples need all of them"):
        train(network, Examples(Kept(X), Y), options_for(batch_size=None))
    monkeypatch.setattr("pellucid.training.streaming._BLOCK_BYTES", 1)
    assert window_for(Examples(Kept(X), Y), network, 8, adam) == 8


def test_a_state_of_other_batches_is_refused() -> None:
    network = Network((7, 5, 1))
    state = train(network, Examples(Kept(X), Y), options_for()).state
    with pytest.raises(OptionError, match="the run state is of 60 examples in 8 steps an epoch"):
        train(network, Examples(Kept(X[:, :50]), Y[:, :50]), options_for(epochs=5), state=state)


def test_members_share_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def spy(network: Network, examples: Examples, *args: Any, **kwargs: Any) -> Any:
        seen.append(examples.X.memory)
        return train(network, examples, *args, **kwargs)

    monkeypatch.setattr(members, "train", spy)
    options = options_for(threads=None)
    # However many are trained at a time: the order follows from it.
    for threads in (1, 2):
        monkeypatch.setattr(members, "default_threads", lambda threads=threads: threads)
        members.train_members(Network((7, 5, 1)), Examples(Kept(X, 3 << 20), Y), options, 3)
    assert seen == [1 << 20] * 6


def test_the_interpreter_ends_while_a_block_is_read() -> None:
    import subprocess
    import sys

    code = (
        "import numpy as np, time, threading\n"
        "from tests.stored_columns import Kept\n"
        "from pellucid.examples import Examples\n"
        "from pellucid.training.streaming import Stream\n"
        "from pellucid.training.order import Order\n"
        "X = np.zeros((3, 60))\n"
        "class Slow(Kept):\n"
        "    def _read_rows(self, start, arrays):\n"
        "        time.sleep(0.05)\n"
        "        super()._read_rows(start, arrays)\n"
        "blocks = Stream(Examples(Slow(X), X[:1]), 16).blocks(Order(60, 8).batches(0, 1), 0, 8)\n"
        "next(blocks), next(blocks)\n"
        "raise SystemExit(3)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (3, "")
