"""Memory: what a training needs is known before it is taken, and refused where it is not there."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Network, TrainingOptions, train
from pellucid import machine as of_machine
from pellucid.errors import PellucidError, TooLargeError
from pellucid.examples import Examples
from pellucid.optimizer import Optimizer
from pellucid.training import memory

NETWORK = Network((3, 4, 1))
DATA = Examples(np.ones((3, 10)), np.ones((1, 10)))


def test_what_is_needed_by_hand() -> None:
    # 3 x 4 + 4 and 4 x 1 + 1 parameters, 4 + 1 units, 10 examples.
    assert memory.needed_bytes(NETWORK, 10, "float64", Optimizer()) == 8 * (3 * 21 + 2 * 10 * 5)
    assert memory.needed_bytes(NETWORK, 10, "float32", Optimizer("adam")) == 4 * (5 * 21 + 2 * 10 * 5)


@pytest.mark.parametrize(
    ("machine", "group", "expected"),
    [
        ("MemTotal: 9 kB\nMemAvailable:    7 kB\n", "max\n", 7 * 1024),
        ("MemTotal: 9 kB\nMemAvailable:    7 kB\n", "5000\n", 5000),
        ("MemTotal: 9 kB\nMemAvailable:    7 kB\n", None, 7 * 1024),
    ],
)
def test_what_there_is(
    machine: str, group: str | None, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "machine").write_text(machine)
    if group is not None:
        (tmp_path / "group").write_text(group)
    monkeypatch.setattr(of_machine, "_MACHINE", tmp_path / "machine")
    monkeypatch.setattr(of_machine, "_GROUP", tmp_path / "group")
    assert of_machine.available_bytes() == expected


def test_where_nothing_says_what_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_machine, "_MACHINE", tmp_path / "nothing")
    monkeypatch.setattr(of_machine, "_GROUP", tmp_path / "nothing")
    found = of_machine.available_bytes()
    assert found is None or found > 2**20
    monkeypatch.setattr(of_machine, "_installed", lambda: None)
    assert of_machine.available_bytes() is None
    # Then nothing is refused.
    train(NETWORK, DATA, TrainingOptions(epochs=1))


def test_what_cannot_fit_is_refused_before_anything_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: 3 * 2**30)
    monkeypatch.setattr(
        "pellucid.training.run.initialize_parameters_deep", lambda *a, **k: pytest.fail("drew weights")
    )
    network = Network((3, 20_000, 20_000, 1))
    with pytest.raises(TooLargeError) as caught:
        train(network, DATA, TrainingOptions(epochs=1))
    assert str(caught.value) == (
        "training 3 -> 20000 -> 20000 -> 1 in steps of 10 examples needs at least 8.9 GiB of memory beside "
        "the data and there are 3.0 GiB; expected fewer units, a smaller batch_size, or float32"
    )
    assert isinstance(caught.value, PellucidError)
    assert isinstance(caught.value, MemoryError)


def test_a_smaller_batch_needs_less(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: 8 * (3 * 21 + 2 * 5 * 5))
    with pytest.raises(TooLargeError):
        train(NETWORK, DATA, TrainingOptions(epochs=1))
    train(NETWORK, DATA, TrainingOptions(epochs=1, batch_size=5))


def test_memory_that_runs_out_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("pellucid.training.run.find_span", full)
    with pytest.raises(
        TooLargeError, match=r"needs at least 1\.3 KiB of memory beside the data and there is"
    ):
        train(NETWORK, DATA, TrainingOptions(epochs=1))


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1536, "1.5 KiB"),
        (3 << 30, "3.0 GiB"),
        (5 << 70, "5,120.0 EiB"),
    ],
)
def test_sizes_for_people(size: int, text: str) -> None:
    assert memory.shown_bytes(size) == text
