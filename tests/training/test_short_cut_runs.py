"""Trainings that take the short cut: whoever watches, stops or breaks them sees full parameters."""

from typing import Any

import numpy as np
import pytest

from pellucid import Network, TrainingOptions, train
from pellucid.errors import DivergenceError, OptionError
from pellucid.examples import Examples
from pellucid.training import EpochEnd, TrainingEnd

RNG = np.random.RandomState(0)
X = RNG.randn(60, 8)
Y = (X[:1] > 0).astype(float)
HELD_OUT = Examples(RNG.randn(60, 5), np.array([[0.0, 1, 1, 0, 1]]))
NETWORK = Network((60, 5, 1), l2=0.3)


def trained(shortcut: str, **arguments: Any) -> TrainingEnd:
    options = {"epochs": 12, "learning_rate": 0.2, "rng": 1, **arguments.pop("options", {})}
    data = arguments.pop("data", Examples(X, Y))
    network = arguments.pop("network", NETWORK)
    return train(network, data, TrainingOptions(**options, shortcut=shortcut), **arguments)


def assert_close(found: Any, expected: Any) -> None:
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"optimizer": "momentum", "schedule": "cosine"},
        {"batch_size": 3, "clip_norm": 0.05},
        {"patience": 3, "epochs": 400, "learning_rate": 0.9},
    ],
)
def test_the_result_is_the_same_and_said_to_be_short(options: dict[str, Any]) -> None:
    long, short = (
        trained(shortcut, options=options, validation=HELD_OUT) for shortcut in ("never", "always")
    )
    assert long.history.shortcut == ""
    assert short.history.shortcut.startswith("exact: ")
    np.testing.assert_allclose(short.history.costs, long.history.costs, rtol=1e-9)
    np.testing.assert_allclose(short.history.validation_costs, long.history.validation_costs, rtol=1e-9)
    assert (short.history.reason, short.history.best_epoch) == (
        long.history.reason,
        long.history.best_epoch,
    )
    assert_close(short.parameters, long.parameters)


def test_snapshots_are_of_full_size() -> None:
    def snapshots(shortcut: str) -> list[Any]:
        found = []

        def listen(event: Any) -> None:
            if isinstance(event, EpochEnd):
                found.append(event.snapshot())

        trained(shortcut, listeners=[listen])
        return found

    for short, long in zip(snapshots("always"), snapshots("never"), strict=True):
        assert_close(short, long)


def test_after_an_interrupt() -> None:
    def listen(event: Any) -> None:
        if isinstance(event, EpochEnd) and event.epoch == 4:
            raise KeyboardInterrupt

    short = trained("always", listeners=[listen])
    assert short.history.reason == "interrupted"
    assert_close(short.parameters, trained("never", options={"epochs": 5}).parameters)


@pytest.mark.parametrize("epochs", [1, 50])
def test_what_a_divergence_leaves(epochs: int) -> None:
    def left(shortcut: str) -> DivergenceError:
        with pytest.raises(DivergenceError) as caught:
            trained(
                shortcut,
                options={"epochs": epochs, "learning_rate": 1e200},
                network=Network((60, 5, 5, 1), hidden_activation="identity"),
            )
        return caught.value

    short, long = left("always"), left("never")
    assert short.iteration == long.iteration
    assert short.parameters["W1"].shape == (5, 60)
    assert_close(short.parameters, long.parameters)


def test_auto_is_said_too() -> None:
    wide = Examples(RNG.randn(4000, 8), Y)
    end = trained("auto", options={"epochs": 200}, network=Network((4000, 6, 1)), data=wide)
    assert end.history.shortcut
    assert trained("auto", options={"optimizer": "adam"}).history.shortcut == ""


def test_what_cannot_be_cut_short() -> None:
    with pytest.raises(OptionError, match=r"shortcut is 'always', and adam leaves the span"):
        trained("always", options={"optimizer": "adam"})
    with pytest.raises(OptionError, match=r"shortcut is 'often'; expected one of auto, always, never"):
        trained("often")
