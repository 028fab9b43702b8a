"""Ctrl-C in every line of the loop that passes events on: the training so far is never lost."""

import sys
from types import FrameType
from typing import Any

import numpy as np
import pytest

from pellucid import Network, TrainingOptions, train
from pellucid.course import Columns
from pellucid.training import TrainingStart

RNG = np.random.RandomState(0)
DATA = Columns(RNG.randn(3, 20), (RNG.rand(1, 20) > 0.5) * 1.0)
LOOP = train.__code__


def interrupted_at(line: int) -> Any:
    """A training of 30 epochs; Ctrl-C at the line-th line that its loop executes after the start."""
    begun = False
    lines = 0

    def listen(event: Any) -> None:
        nonlocal begun
        begun = begun or isinstance(event, TrainingStart)

    def trace(frame: FrameType, kind: str, _: Any) -> Any:
        nonlocal lines
        if frame.f_code is not LOOP:
            return None
        if kind == "line" and begun:
            lines += 1
            if lines == line:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        options = TrainingOptions(epochs=30, rng=1)
        return train(Network((3, 4, 1)), DATA, options, listeners=[listen])
    finally:
        sys.settrace(before)


@pytest.mark.parametrize("line", range(1, 24))
def test_ctrl_c_in_any_line_ends_with_what_was_learnt(line: int) -> None:
    end = interrupted_at(line)
    assert end.history.reason == "interrupted"
    assert len(end.history.costs) == end.history.iterations < 30
    assert set(end.parameters) == {"W1", "b1", "W2", "b2"}


def test_without_it_all_epochs_are_taken() -> None:
    assert interrupted_at(10**6).history.iterations == 30
