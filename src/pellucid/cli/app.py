"""The application: its commands, and how mistakes are answered."""

import atexit
import gc
import io
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Annotated, Any, cast

import typer

from pellucid.cli.check import check
from pellucid.cli.console import note
from pellucid.cli.evaluate import evaluate
from pellucid.cli.gradcheck import gradcheck
from pellucid.cli.health import health
from pellucid.cli.lr_find import lr_find
from pellucid.cli.predict import predict
from pellucid.cli.summary import summary
from pellucid.cli.trace import trace
from pellucid.cli.train import train
from pellucid.errors import PellucidError

app = typer.Typer(
    name="pellucid",
    add_completion=False,
    # Rich would cost a third of the start-up time, to draw boxes around the help.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"max_content_width": 100},
)
app.command()(train)
app.command("lr-find")(lr_find)
app.command()(evaluate)
app.command()(predict)
app.command()(summary)
app.command()(trace)
app.command()(health)
app.command()(gradcheck)
app.command()(check)

# What the parser raises at its users; Typer exports its subclasses only.
_PARSER_ERROR = cast(
    "type[Exception]", next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")
)

# Options that take any number of values.
_MANY = ("--layers",)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"pellucid {version('pellucid')}")
        raise typer.Exit


@app.callback()
def root(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Deep networks you can see through: train, evaluate and use dense neural networks."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 2 bad input, 1 a bug or an interrupted run."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    # A group's option stands before the command; people write it where they remember it.
    given = [argument for argument in given if argument != "--debug"] or ["--help"]
    _show_any_name()
    try:
        status = _run(given, debug)
        sys.stdout.flush()
    except PellucidError as error:
        _fail(str(error), 2, debug)
    except _PARSER_ERROR as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else _asked(given)
        message = cast(Any, error).format_message()
        _fail(f"{message} (see {command} --help)", 2, debug)
    except (KeyboardInterrupt, typer.Abort):
        _fail("interrupted", 1, debug)
    except BrokenPipeError:
        # Whoever read our output has heard enough; Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except MemoryError as error:
        _fail(f"not enough memory: {error}; expected less data, or --dtype float32", 2, debug)
    except Exception as error:
        hint = "" if debug else " (--debug shows the traceback)"
        _fail(f"a bug in Pellucid: {type(error).__name__}: {error}{hint}", 1, debug)
    # Before it ends, Python searches all objects for cycles: a tenth of a second for those of matplotlib.
    atexit.register(gc.freeze)
    sys.exit(status)


def spread(arguments: Sequence[str]) -> list[str]:
    """`--layers 20 7 5` as the parser knows it: `--layers 20 --layers 7 --layers 5`.

    Args:
        arguments: as they were typed.
    """
    result: list[str] = []
    option = ""
    for argument in arguments:
        if option and result[-1] != option and argument.isdecimal():
            result.append(option)
        elif argument.partition("=")[0] in _MANY:
            option = argument.partition("=")[0]
        elif not (option and result[-1] == option):
            option = ""
        result.append(argument)
    return result


def _asked(arguments: Sequence[str]) -> str:
    """The command that was called, as its help is asked for; the parser does not always say."""
    names = [
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    ]
    return f"pellucid {arguments[0]}" if arguments[0] in names else "pellucid"


def _run(arguments: Sequence[str], debug: bool) -> int:
    """Run one command, and return its exit code."""
    # Not `app(arguments)`: that would answer Ctrl-C and a closed pipe before `main` can.
    command = typer.main.get_command(app)
    with warnings.catch_warnings():
        # Warnings of the libraries below are for programmers; what matters to users is an error or a note.
        if not (debug or sys.warnoptions):
            warnings.simplefilter("ignore")
        try:
            with command.make_context("pellucid", spread(arguments)) as context:
                status = command.invoke(context)
        except typer.Exit as end:
            status = end.exit_code
    return status if isinstance(status, int) else 0


def _show_any_name() -> None:
    """Let every file name be printed: it may hold what the terminal's encoding does not."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def _fail(message: str, status: int, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    note(message)
    sys.exit(status)
