"""Whether an engine's gradients are those of the cost, from the command line."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pellucid.engines import ENGINES
from pellucid.engines.reference import ReferenceEngine
from small_data import photographs, write_points


@pytest.fixture
def data(here: Path) -> str:
    return write_points(here / "data.npz", m=30).name


@pytest.mark.parametrize("engine", ENGINES)
def test_right_gradients(engine: str, done: Callable, number_model: Path, data: str) -> None:
    out = done("gradcheck", number_model, data, "--engine", engine).out
    lines = out.splitlines()
    assert lines[0] == f"gradients of the {engine} engine, layers [3, 4, 1], 30 examples"
    assert [line.split()[0] for line in lines[3:7]] == ["W1", "b1", "W2", "b2"]
    assert lines[8].startswith("right: the difference over all coordinates is ")


def test_the_json(done: Callable, number_model: Path, data: str) -> None:
    arguments = ("--json", "--examples", 7, "--coordinates", 3)
    document = done("gradcheck", number_model, data, *arguments).document
    assert (document["model"], document["data"]) == (str(number_model), data)
    assert (document["verdict"], document["examples"]) == ("right", 7)
    W1 = document["blocks"][0]
    assert (W1["name"], W1["shape"], W1["directions"]) == ("W1", [4, 3], 3)
    assert 3 <= W1["checked"] <= 6


def test_many_inputs(here: Path, done: Callable, picture_model: Path) -> None:
    photographs(here / "pets", 3)
    assert done("gradcheck", picture_model, "pets", "--json").document["verdict"] == "right"


def test_a_wrong_gradient_is_exit_code_1(
    run: Callable, number_model: Path, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Planted(ReferenceEngine):
        name = "planted"

        def open(self, *arguments: Any, **options: Any) -> Any:
            session = super().open(*arguments, **options)

            def wrong(parameters: Any) -> Any:
                found = session.gradient(parameters)
                return found._replace(grads={key: 1.01 * value for key, value in found.grads.items()})

            return SimpleNamespace(gradient=wrong)

    monkeypatch.setitem(ENGINES, "planted", Planted)
    outcome = run("gradcheck", number_model, data, "--engine", "planted")
    assert outcome.status == 1
    assert outcome.err == ""
    assert "\nwrong: the difference over all coordinates is 0.00" in outcome.out
    assert "\nW1[" in outcome.out


def test_refusals(refused: Callable, number_model: Path, data: str) -> None:
    assert "unknown engine 'warp'" in refused("gradcheck", number_model, data, "--engine", "warp")
    assert refused("gradcheck", number_model, data, "--examples", 0) == (
        "--examples is 0; expected an integer of at least 1"
    )
    assert refused("gradcheck", number_model, data, "--coordinates", 0) == (
        "coordinates is 0; expected an integer of at least 1"
    )
