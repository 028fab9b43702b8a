"""The application: its commands, and how mistakes are answered."""

import atexit
import errno
import gc
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any, NamedTuple, cast

import typer
from typer.core import TyperCommand, TyperGroup

from pellucid.cli.console import note
from pellucid.cli.streams import standard_streams
from pellucid.errors import PellucidError, ProcessError


class _Command(NamedTuple):
    """Where a command is defined, and its line in the list of all."""

    group: str
    module: str
    function: str
    help: str


# A command is imported when it is called: `pellucid --help` loads none of them.
COMMANDS = {
    "train": _Command("Train", "train", "train", "Train a network, evaluate it and save it."),
    "lr-find": _Command("Train", "lr_find", "lr_find", "Find a learning rate by trying growing ones."),
    "evaluate": _Command("Use", "evaluate", "evaluate", "Report how good a model is on labelled data."),
    "predict": _Command("Use", "predict", "predict", "Print the predictions of a model."),
    "summary": _Command("Use", "inspection", "summary", "Show what is in a model file."),
    "trace": _Command("Look inside", "inspection", "trace", "Show every number of one training step."),
    "health": _Command("Look inside", "inspection", "health", "Find what keeps a network from learning."),
    "gradcheck": _Command("Look inside", "inspection", "gradcheck", "Compare gradients with differences."),
    "check": _Command("Learn", "check", "check", "Judge your own solution of the course."),
}

# Commands with an option for every setting of a training, but for these settings and groups.
_TRAINERS: dict[str, tuple[str, ...]] = {
    "train": (),
    "lr-find": (
        *("iterations", "search", "budget", "epochs", "learning_rate", "schedule", "warmup_epochs"),
        *("Stopping", "Report", "shortcut", "start_from"),
    ),
}

# Options that take any number of values.
_MANY = ("--layers",)
_SETTINGS = {"max_content_width": 100}

# Columns below which the help is set for a narrow terminal.
_NARROW = 70

# What the parser raises at its users; Typer exports its subclasses only.
_PARSER_ERROR = cast(
    "type[Exception]", next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")
)


class _HelpInGroups(TyperCommand):
    """A command whose `--help` lists its options under headings, and no types of Python."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The arguments as the manual has them: MODEL, where Typer says {MODEL}."""
        return [piece.replace("{", "").replace("}", "") for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write them: arguments first, then each group in the order of its first option."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is None:
                continue
            panel = getattr(param, "rich_help_panel", None) or "Options"
            if param.param_type_name == "argument":
                panel, record = "Arguments", (record[0].partition(" <")[0], record[1])
            sections.setdefault(panel, []).append(record)
        for name, records in sections.items():
            with formatter.section(name):
                # In a narrow terminal a long option stands above its help, not beside it.
                formatter.write_dl(records, col_max=30 if formatter.width >= _NARROW else 20)


class _Commands(TyperGroup):
    """The commands, each built when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Typer's signature
        """Their names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - Typer's signature
        """The command of that name; None: there is none."""
        return _built(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - Typer's signature
        """Write what each does, in groups, and no sentence cut short."""
        for group in dict.fromkeys(command.group for command in COMMANDS.values()):
            with formatter.section(group):
                formatter.write_dl([(n, c.help) for n, c in COMMANDS.items() if c.group == group])


def _built(name: str) -> Any:
    command = COMMANDS[name]
    function = getattr(import_module(f"pellucid.cli.{command.module}"), command.function)
    if name in _TRAINERS:
        from pellucid.cli.arguments import with_settings

        function = with_settings(function, _TRAINERS[name])
    one = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    one.command(name, cls=_HelpInGroups, context_settings=_SETTINGS)(function)
    return typer.main.get_command(one)


app = typer.Typer(
    name="pellucid",
    cls=_Commands,
    # Rich would cost a third of the start-up time, to draw boxes around the help.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=_SETTINGS,
)


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
    with standard_streams():
        status = _ended(given, debug)
    # Before it ends, Python searches all objects for cycles: a tenth of a second for those of matplotlib.
    atexit.register(gc.freeze)
    sys.exit(status)


def _ended(given: Sequence[str], debug: bool) -> int:
    """Run one command, and return its exit code; an error is one line."""
    _show_any_name()
    try:
        status = _run(given, debug)
        sys.stdout.flush()
    except ProcessError as error:
        _fail(str(error), 1, debug)
    except PellucidError as error:
        _fail(str(error), 2, debug)
    except _PARSER_ERROR as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else _called(given)
        message = cast(Any, error).format_message()
        _fail(f"{message} (see {command} --help)", 2, debug)
    except (KeyboardInterrupt, typer.Abort):
        _fail("interrupted", 1, debug)
    except BrokenPipeError:
        # The reader of our output has closed it; Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except MemoryError as error:
        why = f": {error}" if str(error) else ""
        _fail(f"not enough memory{why}; expected less data, or --dtype float32", 2, debug)
    except Exception as error:
        if (refused := _refused_by_system(error)) is not None:
            _fail(refused, 2, debug)
        hint = "" if debug else " (--debug shows the traceback)"
        _fail(f"a bug in Pellucid: {type(error).__name__}: {error}{hint}", 1, debug)
    return status


def _refused_by_system(error: Exception) -> str | None:
    """What to say of an error that is the system's limit, and nobody's mistake; None: it is another."""
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return (
            "the system starts no further thread, for lack of memory or by its limits; expected fewer: "
            "--threads 1 and --members 1"
        )
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
        return f"the system refused: {error.strerror}; expected higher limits (ulimit)"
    return None


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


def _called(arguments: Sequence[str]) -> str:
    """The command that was called, as its help is asked for; the parser does not always say."""
    return f"pellucid {arguments[0]}" if arguments[0] in COMMANDS else "pellucid"


def _run(arguments: Sequence[str], debug: bool) -> int:
    """Run one command, and return its exit code."""
    command = typer.main.get_command(app)
    if "_PELLUCID_COMPLETE" in os.environ:
        # The shell asks for words to complete; this ends the process.
        command.main(list(arguments), prog_name="pellucid", complete_var="_PELLUCID_COMPLETE")
    # Not `app(arguments)`: that would answer Ctrl-C and a closed pipe before `main` can.
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
        if getattr(stream, "errors", "") == "strict" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _fail(message: str, status: int, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    note(message)
    several = sys.modules.get("pellucid.cli.several")
    if several is not None:
        several.tell(message, status)
    sys.exit(status)
