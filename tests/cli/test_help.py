"""What the command line says of itself, and what it loads to say it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

import pytest

from pellucid.cli.app import COMMANDS
from pellucid.cli.arguments import option_help, options_by_name
from pellucid.core.activations import HIDDEN_ACTIVATIONS
from pellucid.core.initialization import SCHEMES
from pellucid.data.builtin import BUILTINS
from pellucid.data.dataset import DTYPES
from pellucid.data.recipe import SCALINGS
from pellucid.optimizer import OPTIMIZERS
from pellucid.training.defaults import EFFORTS
from pellucid.training.schedules import SCHEDULES
from pellucid.training.shortcut import SHORTCUTS

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_help(command: str, done: Callable) -> None:
    outcome = done(*command.split(), "--help")
    assert outcome.out.startswith(f"Usage: pellucid {command}".rstrip() + " ")
    # Neither braces around an argument nor the types of Python, both of Typer's making.
    assert not re.search(r"\{|<str>|list\[", outcome.out)
    assert outcome.err == ""


def test_no_arguments_show_the_help(done: Callable) -> None:
    assert done().out == done("--help").out


def test_version(done: Callable) -> None:
    assert done("--version").out == f"pellucid {version('pellucid')}\n"


def test_the_documented_help_is_what_the_commands_say() -> None:
    script = REPOSITORY / "scripts" / "write_cli_docs.py"
    check = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr


@pytest.mark.parametrize(
    ("option", "names"),
    [
        ("hidden_activation", HIDDEN_ACTIVATIONS),
        ("initialization", SCHEMES),
        ("scaling", SCALINGS),
        ("dtype", DTYPES),
        ("optimizer", OPTIMIZERS),
        ("schedule", SCHEDULES),
        ("shortcut", SHORTCUTS),
        ("search", EFFORTS),
        ("data", BUILTINS),
    ],
)
def test_the_help_names_what_exists(option: str, names: Iterable[str]) -> None:
    said = option_help(options_by_name()[option])
    assert all(re.search(rf"\b{name}\b", said) for name in names), said


def test_the_help_names_the_defaults() -> None:
    for name, option in options_by_name().items():
        said = option_help(option)
        if option.setting.by_data:
            assert "Default: by the data" in said, name
        elif option.setting.default is None and type(option.default) in (int, float):
            assert said.endswith(f"Default: {option.default:g}."), name


@pytest.mark.parametrize("columns", [60, 80, 200])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_no_sentence_of_the_help_is_cut(command: str, columns: int) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pellucid", *command.split(), "--help"],
        env={**os.environ, "COLUMNS": str(columns), "TERMINAL_WIDTH": str(columns)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not re.search(r"\w(?<!INPUT)\.\.\.$", run.stdout, re.MULTILINE)
    # A flag with its values may be longer than its column, and then its help begins on the next line.
    assert all(len(line) <= max(columns, 60) for line in run.stdout.splitlines())
    # Names stand whole.
    assert command != "train" or "categorical_cross_entropy" in run.stdout


def test_options_stand_in_groups(done: Callable) -> None:
    heads = re.findall(r"^(\w+):$", done("train", "--help").out, re.MULTILINE)
    groups = ["Data", "Tables", "Network", "Training", "Regularization", "Stopping", "Report", "Run"]
    assert heads == ["Arguments", *groups, "Options"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("pellucid tr", "train"),
        ("pellucid train --optimizer ada", "adamw"),
        ("pellucid train --clip", "--clip-norm"),
    ],
)
def test_the_shell_completes_words(words: str, found: str) -> None:
    environment = {**os.environ, "_PELLUCID_COMPLETE": "complete_bash", "COMP_WORDS": words}
    environment["COMP_CWORD"] = str(len(words.split()) - 1)
    run = subprocess.run(
        [sys.executable, "-m", "pellucid"], env=environment, capture_output=True, text=True, check=False
    )
    assert found in run.stdout.split()


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
