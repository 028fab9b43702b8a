"""What the tests of training share: examples, states as plain data, and what is the same to the bit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pellucid import Network, TrainingOptions, fit
from pellucid.examples import Examples
from pellucid.files.checkpoint_file import write_checkpoint
from pellucid.training import RunState, SavedTraining, StepEnd, TrainingEnd
from pellucid.training.origin import Origin
from pellucid.training.state_document import described

RNG = np.random.RandomState(0)
X = RNG.randn(6, 50)
EXAMPLES = Examples(X, (X[:1] + 0.5 * RNG.randn(1, 50) > 0).astype(float))
HELD_OUT = Examples(RNG.randn(6, 17), (RNG.randn(1, 17) > 0).astype(float))
# More inputs than examples: the short cut can be taken.
WIDE_X = RNG.randn(70, 20)
WIDE = Examples(WIDE_X, (WIDE_X[:1] > 0).astype(float))
WIDE_HELD_OUT = Examples(RNG.randn(70, 9), (RNG.randn(1, 9) > 0).astype(float))


NO_ORIGIN = Origin({}, {}, {}, {}, 0)

# Options of every kind of end: all epochs, early stopping, with and without examples held out.
ENDINGS: dict[str, dict[str, Any]] = {
    "all epochs": {},
    "patience": {"patience": 2, "min_delta": 0.1},
    "the last parameters": {"patience": 2, "min_delta": 0.1, "restore_best": False},
    "held out": {"validation_fraction": 0.2},
    "held out, patience": {"validation_fraction": 0.2, "patience": 2, "min_delta": 0.1},
}


def assert_same_arrays(found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Every array of one dictionary equals that of the other to the bit."""
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert found[name].dtype == value.dtype, name
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def assert_same_training(found: Any, expected: Any) -> None:
    """The same of two `TrainingState`."""
    assert_same_arrays(found.parameters, expected.parameters)
    assert set(found.slots) == set(expected.slots)
    for slot, arrays in expected.slots.items():
        assert_same_arrays(found.slots[slot], arrays)
    assert (found.update_count, found.step_count) == (expected.update_count, expected.step_count)


def assert_same_end(found: TrainingEnd, expected: TrainingEnd) -> None:
    """The same of two results, and of where they stand."""
    assert found.history == expected.history
    assert_same_arrays(found.parameters, expected.parameters)
    assert_same_training(found.state.training, expected.state.training)
    for name in (
        "epoch",
        "step",
        "step_costs",
        "seen",
        "rates",
        "scores",
        "schedule_plateau",
        "divided",
        "plateaued",
    ):
        assert getattr(found.state, name) == getattr(expected.state, name), name
    assert found.state.monitor.plateau == expected.state.monitor.plateau


def state_after(
    steps: int, network: Network, examples: Examples, options: TrainingOptions, **arguments: Any
) -> RunState:
    """Where the training stands after so many steps, or at its end if it ends before."""
    for event in fit(network, examples, options, every="step", **arguments):
        if isinstance(event, StepEnd) and event.iteration == steps:
            return event.now.run_state()
        if isinstance(event, TrainingEnd):
            return event.state
    raise AssertionError("a training ends with its end")


def written(state: RunState, path: Path) -> None:
    """A state as a checkpoint in a folder of its own."""
    document, arrays = described(state)
    path.mkdir()
    tensors = {f"0.{name}": value for name, value in arrays.items()}
    write_checkpoint(path, {"checkpoint": {"members": [document], "origin": NO_ORIGIN.to_dict()}}, tensors)


def read(path: Path) -> RunState:
    """The inverse of `written`."""
    [state] = SavedTraining.read(path).states
    assert state is not None
    return state
