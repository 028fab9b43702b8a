"""Ctrl-C in every line of the loop: what was learnt is not lost, and goes on as if nothing had been."""

import signal
import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

import numpy as np
import pytest

from pellucid import Network, TrainingOptions, train
from pellucid.engines import reference
from pellucid.examples import Examples
from pellucid.training import TrainingStart, call_size, events, feed, loop, monitor, order, run, turnstile
from trainings import EXAMPLES, HELD_OUT, assert_same_end

RNG = np.random.RandomState(0)
DATA = Examples(RNG.randn(3, 20), (RNG.rand(1, 20) > 0.5) * 1.0)
FILES = {
    module.__file__ for module in (call_size, events, feed, loop, monitor, order, run, reference, turnstile)
}


def interrupted_at(line: int, traced: Callable[[CodeType], bool], *arguments: Any, **more: Any) -> Any:
    """A training; Ctrl-C at the line-th line that it executes after the start."""
    begun = False
    lines = 0

    def listen(event: Any) -> None:
        nonlocal begun
        begun = begun or isinstance(event, TrainingStart)

    def trace(frame: FrameType, kind: str, _: Any) -> Any:
        nonlocal lines
        if not traced(frame.f_code):
            return None
        if kind == "line" and begun:
            lines += 1
            if lines == line:
                signal.raise_signal(signal.SIGINT)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return train(*arguments, listeners=[listen], **more)
    finally:
        sys.settrace(before)


def in_the_passing_of_events(line: int) -> Any:
    options = TrainingOptions(epochs=30, rng=1)
    return interrupted_at(line, lambda code: code is train.__code__, Network((3, 4, 1)), DATA, options)


@pytest.mark.parametrize("line", range(1, 24))
def test_ctrl_c_in_any_line_ends_with_what_was_learnt(line: int) -> None:
    end = in_the_passing_of_events(line)
    assert end.history.reason == "interrupted"
    assert len(end.history.costs) == end.history.iterations < 30
    assert set(end.parameters) == {"W1", "b1", "W2", "b2"}


def test_without_it_all_epochs_are_taken() -> None:
    assert in_the_passing_of_events(10**6).history.iterations == 30


@pytest.mark.parametrize("every", ["step", "epoch"])
@pytest.mark.parametrize("batch_size", [None, 25])
def test_it_goes_on_from_any_line_as_if_nothing_had_been(batch_size: int | None, every: Any) -> None:
    network = Network((6, 3, 1), dropout=0.2)
    options = TrainingOptions(
        epochs=3,
        batch_size=batch_size,
        rng=1,
        patience=1,
        optimizer="adam",
        schedule="adaptive:patience=0",
        engine="reference",
    )
    more = {"validation": HELD_OUT, "every": every}
    expected = train(network, EXAMPLES, options, **more)
    went_on = 0
    for line in range(3, 10**6, 17):
        try:
            end = interrupted_at(
                line, lambda code: code.co_filename in FILES, network, EXAMPLES, options, **more
            )
        except KeyboardInterrupt:
            # Past the last step, while the result is put together.
            break
        if end.history.reason != "interrupted":
            break
        went_on += 1
        assert len(end.history.validation_costs) == len(end.history.costs) == end.state.epoch, line
        assert_same_end(train(network, EXAMPLES, options, state=end.state, **more), expected)
    assert went_on > 10
