"""The application: its commands, and how mistakes are answered."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, cast

import typer

from pellucid.cli.evaluate import evaluate
from pellucid.cli.predict import predict
from pellucid.cli.summary import summary
from pellucid.cli.train import train
from pellucid.errors import PellucidError

app = typer.Typer(
    name="pellucid",
    no_args_is_help=True,
    add_completion=False,
    # Rich would cost a third of the start-up time, to draw boxes around the help.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"max_content_width": 100},
)
app.command()(train)
app.command()(evaluate)
app.command()(predict)
app.command()(summary)

# What the parser raises at its users; Typer exports its subclasses only.
_PARSER_ERROR = cast(
    "type[Exception]", next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")
)

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
    given = [argument for argument in given if argument != "--debug"]
    try:
        status = app(spread(given), prog_name="pellucid", standalone_mode=False)
        sys.stdout.flush()
    except PellucidError as error:
        if debug:
            raise
        _fail(str(error), 2)
    except _PARSER_ERROR as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "pellucid"
        _fail(f"{error} (see {command} --help)", 2)
    except (KeyboardInterrupt, typer.Abort):
        _fail("interrupted", 1)
    except BrokenPipeError:
        # Whoever read our output has heard enough; Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except MemoryError as error:
        if debug:
            raise
        _fail(f"not enough memory: {error}; expected less data, or --dtype float32", 2)
    except Exception as error:
        if debug:
            raise
        _fail(f"a bug in Pellucid: {type(error).__name__}: {error} (--debug shows the traceback)", 1)
    sys.exit(status if isinstance(status, int) else 0)


def spread(arguments: Sequence[str]) -> list[str]:
    """`--layers 20 7 5` as the parser knows it: `--layers 20 --layers 7 --layers 5`.

    Args:
        arguments: as they were typed.
    """
    result: list[str] = []
    option = ""
    for argument in arguments:
        if argument in _MANY:
            option = argument
            result.append(argument)
        elif option and result[-1] != option and argument.isdecimal():
            result += [option, argument]
        else:
            if not (option and result and result[-1] == option):
                option = ""
            result.append(argument)
    return result


def _fail(message: str, status: int) -> None:
    one_line = " ".join(message.split())
    print(f"pellucid: {one_line}", file=sys.stderr)  # noqa: T201
    sys.exit(status)
