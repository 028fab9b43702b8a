"""Which learning rate is suggested, from the command line: the picture, the JSON, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pellucid.data.load import load_data
from pellucid.planning import planned
from pellucid.training import lr_find
from small_data import write_points
from small_tables import write_flats, write_numbers

SMALL = ("--layers", 5, "--batch-size", 20, "--optimizer", "adam")


@pytest.fixture(autouse=True)
def _data(here: Path) -> None:
    write_points(here / "data.npz", m=300)


def test_it_says_what_the_function_says(here: Path, done: Callable) -> None:
    pytest.importorskip("matplotlib")
    document = done("lr-find", "data.npz", *SMALL, "--json").document
    train, _ = load_data("data.npz", seed=1, dtype="float32")
    given = {"layers": (5,), "batch_size": 20, "optimizer": "adam", "search": "none"}
    first = planned(train, given).candidates[0]
    found = lr_find(first.network, train, first.options)
    assert document["suggestion"] == found.suggestion is not None
    assert document["reason"] == found.reason
    np.testing.assert_allclose(document["rates"], found.rates)
    np.testing.assert_allclose(document["costs"], found.costs)
    np.testing.assert_allclose(document["smoothed"], found.smoothed)
    assert document["picture"] == "learning-rates.png"
    assert (here / "learning-rates.png").read_bytes().startswith(b"\x89PNG")
    assert not (here / "runs").exists()


def test_the_suggestion_is_an_option(here: Path, done: Callable) -> None:
    out = done("lr-find", "data.npz", *SMALL, "--out", "rates.svg").out
    first, second, third = out.splitlines()
    name, option, rate = first.split()
    assert (name, option) == ("suggested", "--learning-rate")
    assert 1e-6 < float(rate) < 10
    assert second.startswith("because ")
    assert third.split() == ["picture", "rates.svg"]
    assert (here / "rates.svg").is_file()
    done("train", "data.npz", *SMALL, "--epochs", 2, option, rate)


def test_the_range_can_be_said(done: Callable) -> None:
    options = ("--lowest", 1e-3, "--highest", 0.1, "--steps", 21, "--json")
    rates = done("lr-find", "data.npz", *SMALL, *options).document["rates"]
    np.testing.assert_allclose(rates[:2], [1e-3, 1e-3 * 100 ** (1 / 20)])
    assert len(rates) <= 21


def test_tables(here: Path, done: Callable) -> None:
    pytest.importorskip("pyarrow")
    write_flats(here / "flats.csv", 200)
    write_numbers(here / "prices.csv", 200)
    for name, target in (("flats.csv", "sold"), ("prices.csv", "price")):
        document = done("lr-find", name, "--target", target, "--json").document
        assert document["suggestion"] > 0
        # Prices about 1000 are learnt as numbers about 0.
        assert document["costs"][0] < 10


def test_what_is_refused(refused: Callable) -> None:
    assert refused("lr-find") == "no data were named; expected DATA, or data = ... in --config FILE"
    assert refused("lr-find", "data.npz", "--lowest", 0).startswith(
        "lowest is 0.0; expected a number above"
    )
    assert refused("lr-find", "data.npz", "--steps", 2).startswith("steps is 2; expected an integer")
    assert refused("lr-find", "data.npz", "--layers", "auto").startswith("--layers is auto, which train")
    assert "expected a name ending in .png" in refused("lr-find", "data.npz", "--out", "rates.txt")
    assert refused("lr-find", "nowhere").startswith("there is no file or folder nowhere")
