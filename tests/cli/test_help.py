"""What the command line says of itself, and what it loads to say it."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import get_type_hints

import pytest
from pellucid.cli.config import TrainConfig

from pellucid.cli import app
from pellucid.cli.train import train
from pellucid.core.activations import HIDDEN_ACTIVATIONS
from pellucid.core.initialization import SCHEMES
from pellucid.data.builtin import BUILTINS
from pellucid.data.dataset import DTYPES
from pellucid.data.recipe import SCALINGS
from pellucid.optimizer import OPTIMIZERS
from pellucid.training.schedules import SCHEDULES
from pellucid.training.shortcut import SHORTCUTS

REPOSITORY = Path(__file__).parents[2]
COMMANDS = [
    command.name or command.callback.__name__ for command in app.registered_commands if command.callback
]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_help(command: str, done: Callable) -> None:
    outcome = done(*command.split(), "--help")
    assert outcome.out.startswith(f"Usage: pellucid {command}".rstrip() + " ")
    assert outcome.err == ""


def test_no_arguments_show_the_help(done: Callable) -> None:
    assert done().out == done("--help").out


def test_version(done: Callable) -> None:
    assert done("--version").out == f"pellucid {version('pellucid')}\n"


def test_the_documented_help_is_what_the_commands_say() -> None:
    script = REPOSITORY / "scripts" / "write_cli_docs.py"
    check = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr


def option_help(name: str) -> str:
    """What `pellucid train --help` says of an option."""
    return str(get_type_hints(train, include_extras=True)[name].__metadata__[0].help)


def names_in(text: str) -> set[str]:
    return set(re.findall(r"[a-z_]+", re.sub(r"\(.*?\)", "", text))) - {"or"}


def test_the_help_names_what_exists() -> None:
    activations = option_help("hidden_activation").partition(";")[0]
    assert names_in(activations) == set(HIDDEN_ACTIVATIONS)
    schemes = option_help("init").partition(": ")[2].partition(", or the factor")[0]
    assert names_in(schemes) == set(SCHEMES)
    assert names_in(option_help("scaling").partition(". Default")[0]) == set(SCALINGS)
    assert names_in(option_help("data").partition("data set: ")[2]) == {
        word for name in BUILTINS for word in name.split("-")
    }
    assert set(re.findall(r"float[0-9]+", option_help("dtype"))) == set(DTYPES)


def test_the_help_names_the_defaults() -> None:
    config = TrainConfig()
    expected = {
        "layers": " ".join(map(str, config.hidden or ())),
        "iterations": config.length,
        **{
            name: getattr(config, name)
            for name in (
                *("learning_rate", "hidden_activation", "init", "seed", "image_size"),
                *("scaling", "test_fraction", "dtype", "engine", "optimizer", "schedule", "shortcut"),
                *("dropout",),
            )
        },
    }
    for name, value in expected.items():
        said = option_help(name).partition("Default: ")[2].partition(", ")[0].removesuffix(".")
        assert said == str(value), name
    for name in ("warmup_epochs", "l2", "l1", "input_dropout", "label_smoothing"):
        assert (getattr(config, name), option_help(name)[-11:]) == (0, "Default: 0."), name
    assert names_in(option_help("optimizer").partition(". Default")[0]) == set(OPTIMIZERS)
    schedules = option_help("schedule").partition(": ")[2].partition(", with numbers")[0]
    assert names_in(schedules) == set(SCHEDULES)
    shortcuts = option_help("shortcut").partition(": ")[2].partition(". Default")[0]
    assert names_in(shortcuts) == set(SHORTCUTS)
    assert config.batch_size is None
    assert option_help("batch_size").endswith("Default: all of them.")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    assert f"\n## pellucid {command}\n" in (REPOSITORY / "docs" / "cli.md").read_text("utf-8")


def test_help_loads_nothing_that_is_slow() -> None:
    script = (
        "import json, sys\n"
        "from pellucid.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(json.dumps([name.partition('.')[0] for name in sys.modules]))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(json.loads(run.stdout.splitlines()[-1]))
    assert "typer" in loaded
    assert not loaded & {"numpy", "sklearn", "matplotlib", "PIL", "h5py", "rich", "safetensors", "scipy"}


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("frobnicate", "No such command 'frobnicate'. (see pellucid --help)"),
        ("--frobnicate", "No such option: --frobnicate"),
        ("train moons --frobnicate", "No such option: --frobnicate"),
        ("train moons circles", "Got unexpected extra argument(s) (circles) (see pellucid train --help)"),
        ("train moons --json=yes", "Option '--json' does not take a value."),
        ("train moons --seed", "Option '--seed' requires an argument."),
        ("train moons --layers", "Option '--layers' requires an argument. (see pellucid train --help)"),
        ("train moons --seed one", "Invalid value for '--seed': "),
        ("train moons --learning-rate fast", "Invalid value for '--learning-rate': "),
        ("evaluate", "Missing argument 'MODEL'. (see pellucid evaluate --help)"),
        ("evaluate m", "Missing argument 'DATA'. (see pellucid evaluate --help)"),
        ("predict m", "Missing argument 'INPUT'. (see pellucid predict --help)"),
        ("summary", "Missing argument 'MODEL'. (see pellucid summary --help)"),
    ],
)
def test_a_command_that_is_misspelt(arguments: str, line: str, refused: Callable) -> None:
    said = refused(*arguments.split())
    assert line in said
    assert " --help)" in said


@pytest.mark.parametrize("at", [0, 1, 2])
def test_debug_shows_the_traceback_wherever_it_stands(at: int, run: Callable) -> None:
    arguments = ["train", "nowhere"]
    arguments.insert(at, "--debug")
    outcome = run(*arguments)
    assert outcome.status == 2
    assert outcome.err.startswith("Traceback (most recent call last):\n")
    assert outcome.err.splitlines()[-1].startswith("pellucid: there is no file or folder nowhere")


def test_a_bug_is_called_one(run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("on two\nlines")

    monkeypatch.setattr("pellucid.model.Model.load", broken)
    outcome = run("summary", "m")
    assert outcome.status == 1
    assert outcome.err == (
        "pellucid: a bug in Pellucid: ZeroDivisionError: on two lines (--debug shows the traceback)\n"
    )
    assert "Traceback" in run("summary", "m", "--debug").err


def test_too_little_memory_is_no_bug(refused: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    def large(*_: object, **__: object) -> None:
        raise MemoryError("Unable to allocate 8 TiB")

    monkeypatch.setattr("pellucid.model.Model.load", large)
    assert refused("summary", "m").startswith(
        "not enough memory: Unable to allocate 8 TiB; expected less data"
    )


def test_whoever_stops_listening_gets_no_traceback(number_model: Path) -> None:
    code = (
        "import sys, os\n"
        "from pellucid.cli import main\n"
        "reader, writer = os.pipe()\n"
        "os.dup2(writer, 1); os.close(reader); os.close(writer)\n"
        f"main(['summary', {str(number_model)!r}])"
    )
    run = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, check=False)
    assert (run.returncode, run.stderr) == (1, "")
