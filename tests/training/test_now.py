"""The training as it is now, asked for from another thread, often: never between two states."""

import threading
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from fake_engine import FakeEngine
from pellucid import Network, TrainingOptions, train
from pellucid.engines import ENGINES, TrainingState
from pellucid.examples import Examples
from pellucid.training import EpochEnd, Monitor, StepEnd, TrainingStart, fit
from trainings import assert_same_end, state_after

RNG = np.random.RandomState(0)
X = RNG.randn(20, 300)
DATA = Examples(X, (X[:1] > 0).astype(float))
NETWORK = Network((20, 60, 1), dropout=0.1)
WIDE_X = RNG.randn(400, 60)
WIDE = Examples(WIDE_X, (WIDE_X[:1] > 0).astype(float))
WIDE_NETWORK = Network((400, 30, 1), l2=0.1)

# Seconds: a fifth is what is promised, on a machine that does nothing else.
LIMIT = 2.0


def marked(parameters: Mapping[str, Any]) -> bytes:
    return b"".join(np.ascontiguousarray(parameters[name]).tobytes() for name in sorted(parameters))


def marked_state(state: TrainingState) -> bytes:
    slots = b"".join(marked(arrays) for _, arrays in sorted(state.slots.items()))
    return marked(state.parameters) + slots + bytes(f"{state.update_count} {state.step_count}", "ascii")


class Asker(threading.Thread):
    """Asks for everything, so many times, while the training goes on slowly; then it is to stop."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.stop = threading.Event()
        self._times, self._now, self._begun = times, None, threading.Event()
        self.answers: list[tuple[Any, Any, Any]] = []
        self.longest = 0.0

    def listen(self, event: Any) -> None:
        if isinstance(event, TrainingStart):
            self._now = event.now
            self._begun.set()
        # So that few steps, which are all compared afterwards, are asked about often.
        time.sleep(0.001)

    def run(self) -> None:
        self._begun.wait(60)
        try:
            for _ in range(self._times):
                found = []
                for ask in (self._now.run_state, self._now.training_state, self._now.parameters):
                    began = time.perf_counter()
                    found.append(ask())
                    self.longest = max(self.longest, time.perf_counter() - began)
                self.answers.append(tuple(found))
                time.sleep(0.003)
        finally:
            self.stop.set()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("every", "times"), [("step", 200), ("epoch", 50), ("auto", 20)])
@pytest.mark.parametrize("wide", [False, True])
def test_every_answer_is_a_state_that_one_thread_passes_through(
    wide: bool, every: Any, times: int, engine: str
) -> None:
    network, examples = (WIDE_NETWORK, WIDE) if wide else (NETWORK, DATA)
    options = TrainingOptions(
        epochs=300,
        batch_size=60,
        rng=1,
        optimizer="momentum",
        engine=engine,
        shortcut="always" if wide else "never",
    )
    asker = Asker(times)
    asker.start()
    end = train(
        network, examples, options, stop=asker.stop, listeners=[asker.listen], every=every, tested=False
    )
    asker.join()
    assert len(asker.answers) == times
    # JAX compiles within its first call, and who asks waits for it.
    assert asker.longest < (LIMIT if engine != "jax" else 60)
    runs = [run for run, _, _ in asker.answers]
    assert [run.training.step_count for run in runs] == sorted(run.training.step_count for run in runs)
    # It went on meanwhile.
    assert len({run.training.step_count for run in runs}) > 1

    last = end.state.training.step_count
    asked = {
        last,
        *(state.step_count for run, training, _ in asker.answers for state in (run.training, training)),
    }
    states, shown, start = {}, set(), None
    for event in fit(network, examples, options, every="step"):
        start = start or event
        shown.add(marked(start.now.parameters()))
        taken = event.iteration if isinstance(event, StepEnd) else 0
        # An epoch is counted with its last step.
        if taken in asked and not isinstance(event, EpochEnd):
            state = start.now.run_state()
            states[taken] = (
                marked_state(state.training),
                marked_state(start.now.training_state()),
                (state.epoch, state.step, state.step_costs, state.costs),
            )
        if taken == last > 0:
            break
    for run, training, parameters in asker.answers:
        expected = states[run.training.step_count]
        assert marked_state(run.training) == expected[0]
        assert (run.epoch, run.step, run.step_costs, run.costs) == expected[2]
        assert marked_state(training) == states[training.step_count][1]
        assert marked(parameters) in shown
    assert_same_end_of_run(end, states[last])


def assert_same_end_of_run(end: Any, expected: tuple[Any, ...]) -> None:
    assert marked_state(end.state.training) == expected[0]
    assert (end.state.epoch, end.state.step, end.state.step_costs, end.state.costs) == expected[2]


def test_a_state_is_not_told_between_an_epoch_and_what_follows_from_it() -> None:
    """What is measured after an epoch belongs to the state after it."""
    deciding, asked = threading.Event(), threading.Event()
    found = []

    def score(AL: Any, examples: Examples) -> float:
        deciding.set()
        # Long enough for the other to ask.
        asked.wait(0.05)
        return 0.5

    def ask() -> None:
        deciding.wait(30)
        asked.set()
        found.append(start.now.run_state())

    options = TrainingOptions(epochs=1, engine=FakeEngine())
    events = fit(NETWORK, DATA, options, validation=DATA, monitor=Monitor(score=score))
    start = next(events)
    thread = threading.Thread(target=ask)
    thread.start()
    list(events)
    thread.join(30)
    (state,) = found
    assert (state.epoch, state.scores, state.validation_costs) == (1, (0.5,), (1.0,))


class Stopper:
    """A listener: so long after the start of a training, its `stop` is set."""

    def __init__(self, seconds: float) -> None:
        self.stop = threading.Event()
        self._timer = threading.Timer(seconds, self._set)
        self.at = 0.0

    def _set(self) -> None:
        self.at = time.perf_counter()
        self.stop.set()

    def __call__(self, event: Any) -> None:
        if isinstance(event, TrainingStart):
            self._timer.start()


def test_stop_does_not_wait_for_the_end_of_an_epoch() -> None:
    """An epoch of 300 seconds."""
    examples = Examples(np.tile(X, 1000), np.tile(DATA.Y, 1000))
    options = TrainingOptions(epochs=3, batch_size=1, engine=FakeEngine(seconds=1e-3))
    stopper = Stopper(0.2)
    end = train(NETWORK, examples, options, stop=stopper.stop, listeners=[stopper])
    assert time.perf_counter() - stopper.at < LIMIT
    assert (end.history.reason, end.state.epoch, end.history.costs) == ("stopped", 0, ())
    assert 0 < end.state.step == end.history.iterations == end.state.training.step_count


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("every", ["epoch", 5, "auto"])
def test_what_was_stopped_in_an_epoch_stands_between_two_steps_and_goes_on(every: Any, engine: str) -> None:
    examples = Examples(np.tile(X, 10), np.tile(DATA.Y, 10))
    network = Network((20, 60, 1))
    options = TrainingOptions(epochs=2, batch_size=10, rng=1, optimizer="adam", engine=engine)
    stopper = Stopper(0.02)
    end = train(network, examples, options, stop=stopper.stop, listeners=[stopper], every=every)
    assert end.history.iterations == end.state.training.step_count
    assert end.history.reason == ("completed" if end.state.epoch == 2 else "stopped")
    expected = state_after(max(1, end.history.iterations), network, examples, options)
    if end.history.iterations:
        assert marked_state(end.state.training) == marked_state(expected.training)
    whole = train(network, examples, options)
    assert_same_end(train(network, examples, options, state=end.state), whole)


def test_what_is_stopped_before_the_first_step_has_the_first_weights() -> None:
    stop = threading.Event()
    stop.set()
    end = train(NETWORK, DATA, TrainingOptions(epochs=5, rng=1), stop=stop)
    first = train(NETWORK, DATA, TrainingOptions(epochs=0, rng=1))
    assert (end.history.reason, end.history.iterations) == ("stopped", 0)
    assert marked(end.parameters) == marked(first.parameters)


def test_what_has_come_to_its_end_was_not_stopped() -> None:
    stop = threading.Event()

    def listen(event: Any) -> None:
        if getattr(event, "iteration", 0) == 3:
            stop.set()

    end = train(NETWORK, DATA, TrainingOptions(epochs=3, rng=1), stop=stop, listeners=[listen])
    assert (end.history.reason, end.history.iterations) == ("completed", 3)
