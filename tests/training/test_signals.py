"""A real Ctrl-C within a call of the engine: what was done is counted, told, and goes on from there."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from pellucid import Examples, Network, TrainingOptions, train
from pellucid.engines import ENGINES
from pellucid.errors import OptionError
from pellucid.training import EpochEnd, Event

RNG = np.random.RandomState(0)
X = RNG.randn(400, 3000)
# One full batch is one call of the engine, of a few milliseconds.
EXAMPLES = Examples(X, (X[:1] > 0) * 1.0)
NETWORK = Network((400, 60, 1), dropout=0.1)
OPTIONS = TrainingOptions(epochs=100_000, rng=0, shortcut="never", threads=1)


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


@pytest.mark.parametrize("every", ["step", "epoch", "auto"])
@pytest.mark.parametrize("engine", ENGINES)
def test_ctrl_c_within_a_step_of_the_full_batch(engine: str, every: str) -> None:
    told: list[Event] = []
    options = replace(OPTIONS, engine=engine)
    with interrupted_after(0.4):
        cut = train(NETWORK, EXAMPLES, options, every=every, listeners=[told.append])
    count = cut.history.iterations
    assert cut.history.reason == "interrupted"
    assert cut.state.training.step_count == count == len(cut.history.costs)
    assert [event.epoch for event in told if isinstance(event, EpochEnd)] == [*range(count)]
    whole = train(NETWORK, EXAMPLES, replace(options, epochs=count + 3))
    rest = train(NETWORK, EXAMPLES, replace(options, epochs=count + 3), state=cut.state)
    assert rest.history.costs == whole.history.costs
    assert all((rest.parameters[name] == value).all() for name, value in whole.parameters.items())


def test_a_stream_goes_on_after_ctrl_c_within_an_epoch() -> None:
    estimators = pytest.importorskip("pellucid.estimators")
    rows, labels = X.T, (X[0] > 0).astype(int)
    stream = estimators.MLPClassifier((300, 300), batch_size=8, random_state=0, n_threads=1)
    # On a busy machine the checks before the first step take a while; the epoch takes seconds.
    many, theirs = np.tile(rows, (16, 1)), np.tile(labels, 16)
    with interrupted_after(0.8), pytest.warns(UserWarning, match="interrupted"):
        stream.partial_fit(many, theirs, classes=[0, 1])
    before = stream.t_
    stream.partial_fit(rows[:500], labels[:500])
    assert stream.t_ == before + 500


@pytest.mark.parametrize("change", [{"m": 2000}, {"batch_size": 500}], ids=str)
def test_a_run_state_of_other_batches_is_refused(change: dict[str, int]) -> None:
    few = Examples(X[:, :600], EXAMPLES.Y[:, :600])
    network, options = Network((400, 4, 1)), replace(OPTIONS, epochs=2, batch_size=100)
    state = train(network, few, options).state
    other = EXAMPLES.take(np.arange(change["m"])) if "m" in change else few
    longer = replace(options, epochs=4, batch_size=change.get("batch_size", 100))
    with pytest.raises(
        OptionError, match=r"the run state is of 600 examples in 6 steps an epoch, and there are"
    ):
        train(network, other, longer, state=state)
    assert len(train(network, few, replace(options, epochs=4), state=state).history.costs) == 4
