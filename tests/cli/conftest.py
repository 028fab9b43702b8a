"""The command line in this process, in an empty folder; and two small models for those who need one."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pellucid.cli import main
from small_data import photographs, write_points


@dataclass(frozen=True)
class Outcome:
    """What a command left in the terminal."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as JSON; NaN and Infinity, which are no JSON, are refused."""
        return json.loads(self.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


Run = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The empty folder that every command runs in."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(autouse=True)
def _undrawn(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes longer than all the rest: only who asks for `drawing` has it."""
    if "drawing" not in request.fixturenames:
        monkeypatch.setattr("pellucid.cli.run_folder.draw", lambda *_: [])


@pytest.fixture
def drawing() -> None:
    """Let this test's runs draw their pictures."""


def ended(arguments: tuple[object, ...]) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    assert isinstance(end.value.code, int)
    return end.value.code


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command to its end: `run("train", "data.npz", "--seed", 3)`."""

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        status = ended(arguments)
        return Outcome(status, *capsys.readouterr())

    return run


@pytest.fixture
def done(run: Run) -> Run:
    """Run a command that has to succeed."""

    def done(*arguments: object) -> Outcome:
        outcome = run(*arguments)
        assert outcome.status == 0, outcome.err
        return outcome

    return done


@pytest.fixture
def refused(run: Run, here: Path) -> Callable[..., str]:
    """Run a command on bad input: one line on standard error, exit code 2, and nothing written.

    Returns:
        The line, without the program's name.
    """

    def refused(*arguments: object) -> str:
        before = sorted(here.parent.rglob("*"))
        outcome = run(*arguments)
        assert outcome.status == 2, outcome
        assert outcome.out == ""
        assert outcome.err.startswith("pellucid: ")
        assert outcome.err.count("\n") == 1
        assert outcome.err.endswith("\n")
        assert sorted(here.parent.rglob("*")) == before
        return outcome.err.removeprefix("pellucid: ").removesuffix("\n")

    return refused


@pytest.fixture(scope="session")
def number_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of rows of 3 numbers, classes 0 and 1."""
    folder = tmp_path_factory.mktemp("numbers")
    data = write_points(folder / "points.npz")
    return trained(folder, data, "--layers", "4", "--learning-rate", "0.5", "--iterations", "100")


@pytest.fixture(scope="session")
def picture_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of photographs of 8 x 8 pixels, cat or dog."""
    folder = tmp_path_factory.mktemp("pictures")
    data = photographs(folder / "photos")
    options = ("--image-size", "8", "--learning-rate", "0.1", "--iterations", "100")
    return trained(folder, data, "--layers", "4", *options)


def trained(folder: Path, data: Path, *options: str) -> Path:
    """The model file of a training run in `folder`."""
    assert ended(("train", data, "--quiet", "--out", folder / "run", *options)) == 0
    return folder / "run" / "model.safetensors"
