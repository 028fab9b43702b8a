"""What the tests of training share: examples, states as plain data, and what is the same to the bit."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pellucid import Network, TrainingOptions, fit
from pellucid.engines import TrainingState
from pellucid.examples import Examples
from pellucid.training import MonitorState, RunState, StepEnd, TrainingEnd
from pellucid.training.monitor import Best, Plateau

RNG = np.random.RandomState(0)
X = RNG.randn(6, 50)
EXAMPLES = Examples(X, (X[:1] + 0.5 * RNG.randn(1, 50) > 0).astype(float))
HELD_OUT = Examples(RNG.randn(6, 17), (RNG.randn(1, 17) > 0).astype(float))
# More inputs than examples: the short cut can be taken.
WIDE_X = RNG.randn(70, 20)
WIDE = Examples(WIDE_X, (WIDE_X[:1] > 0).astype(float))
WIDE_HELD_OUT = Examples(RNG.randn(70, 9), (RNG.randn(1, 9) > 0).astype(float))


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
    """A state as plain data: numbers as JSON, and arrays in an archive beside it; without pickle."""
    best, plateau = state.monitor.best, state.monitor.plateau
    training = state.training
    groups = {
        "parameters": training.parameters,
        "best": best.parameters,
        "previous": best.previous,
        "last_finite": state.last_finite,
        "first_weights": None if state.first_weights is None else {"W1": state.first_weights},
        **{f"slots {slot}": arrays for slot, arrays in training.slots.items()},
    }
    arrays = {
        f"{group}/{name}": value for group, some in groups.items() for name, value in (some or {}).items()
    }
    np.savez(path.with_suffix(".npz"), **arrays)
    numbers = {name: getattr(state, name) for name in PLAIN} | {
        "counts": [training.update_count, training.step_count],
        "plateau": list(plateau),
        "best": [best.value, best.epoch],
        "schedule_plateau": list(state.schedule_plateau),
    }
    path.with_suffix(".json").write_text(json.dumps(numbers))


def read(path: Path) -> RunState:
    """The inverse of `written`."""
    numbers = json.loads(path.with_suffix(".json").read_text())
    groups: dict[str, dict[str, Any]] = {}
    with np.load(path.with_suffix(".npz"), allow_pickle=False) as file:
        for key in file.files:
            group, _, name = key.partition("/")
            groups.setdefault(group, {})[name] = file[key]
    slots = {key.removeprefix("slots "): some for key, some in groups.items() if key.startswith("slots ")}
    value, epoch = numbers["best"]
    best = Best(groups.get("best"), value, epoch, groups.get("previous"))
    plain = {name: numbers[name] for name in PLAIN}
    return RunState(
        training=TrainingState(groups["parameters"], slots, *numbers["counts"]),
        monitor=MonitorState(Plateau(*numbers["plateau"]), best),
        schedule_plateau=Plateau(*numbers["schedule_plateau"]),
        last_finite=groups.get("last_finite"),
        first_weights=groups.get("first_weights", {}).get("W1"),
        **{name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()},
    )


# What of a `RunState` is a number, or a tuple of numbers.
PLAIN = (
    "epoch",
    "step",
    "step_costs",
    "seen",
    "costs",
    "rates",
    "validation_costs",
    "scores",
    "divided",
    "plateaued",
    "threads",
)
