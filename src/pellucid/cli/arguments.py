"""The settings of a training as options of the command line and keys of a TOML file: one name, one reader.

`with_settings` gives a command the options that frozen dataclasses declare; `read_options` and `toml_text`
read and write them as a file.
"""

import inspect
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from pellucid.data.options import DataOptions
from pellucid.errors import FormatError, OptionError
from pellucid.files.reading import open_regular, shown
from pellucid.optimizer import Optimizer
from pellucid.planning import OWNERS
from pellucid.report.options import ReportOptions
from pellucid.settings import Option, description_of, named
from pellucid.training import Schedule

_MAX_BYTES = 1 << 20

# The headings of `--help`, in their order.
_GROUPS = ("Data", "Tables", "Network", "Training", "Regularization", "Stopping", "Report", "Run")

_COURSE = Annotated[
    bool | None, typer.Option("--course", help="The same as --preset course.", rich_help_panel="Training")
]
_CONFIG = Annotated[
    str | None,
    typer.Option(
        metavar="FILE.toml",
        help="Options from a file; those of the command line come first.",
        rich_help_panel="Run",
    ),
]

# What Typer hands over for an option that was not typed.
_NOT_GIVEN: tuple[Any, ...] = (None, [], ())

# Version 0.1.0 wrote these into the file of every run: such a file leaves nothing to later defaults.
_WHOLE_RUN = {
    "layers",
    "learning_rate",
    "hidden_activation",
    "init",
    "optimizer",
    "schedule",
    "dtype",
    "l2",
}


def options_by_name() -> dict[str, Option]:
    """Every option of `pellucid train` by name, group after group."""
    found = named(DataOptions, *OWNERS, ReportOptions)
    return dict(sorted(found.items(), key=lambda item: _GROUPS.index(item[1].setting.group)))


def with_settings(command: Callable[..., Any], leave_out: Iterable[str] = ()) -> Callable[..., Any]:
    """A command with an option for every setting; it is called with what was given, and its own options.

    Args:
        command: takes `given`, a `Mapping[str, Any]`, and further parameters that Typer knows.
        leave_out: names and groups of settings that it does not have.
    """
    left_out = set(leave_out)
    options = {
        name: option
        for name, option in options_by_name().items()
        if not left_out & {name, option.setting.group}
    }
    own = list(inspect.signature(command).parameters.values())[1:]
    declared = {name: _declared(option) for name, option in options.items()}
    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in {**declared, "course": _COURSE, "config": _CONFIG}.items()
    ]
    parameters += [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]

    def run(course: bool | None, config: str | None, **values: Any) -> Any:
        mine = {p.name: values.pop(p.name) for p in own}
        typed = {
            name: _typed(options[name], text) for name, text in values.items() if text not in _NOT_GIVEN
        }
        typed = {"preset": "course", **typed} if course else typed
        return command(combined(read_options(Path(config)) if config else {}, typed), **mine)

    run.__doc__, run.__name__ = command.__doc__, command.__name__
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # what Typer reads
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def combined(in_file: Mapping[str, Any], typed: Mapping[str, Any]) -> dict[str, Any]:
    """What a file and the command line say together; the line comes first."""
    given = {**in_file, **typed}
    for one, other in (("epochs", "iterations"), ("iterations", "epochs")):
        if one in typed and other not in typed:
            given.pop(other, None)
    return given


def _declared(option: Option) -> Any:
    """The annotation that Typer makes the option from."""
    if option.name == "data":
        return Annotated[str | None, typer.Argument(metavar="DATA", help=option_help(option))]
    is_switch = bool in option.kinds
    flags = [option.flag, *([f"--{option.setting.alias}"] if option.setting.alias else [])]
    if is_switch and option.default:
        flags = [f"{option.flag}/--no-{option.flag[2:]}"]
    choices = _choices(option)

    def complete(incomplete: str) -> list[str]:
        return [choice for choice in choices if choice.startswith(incomplete)]

    declared = typer.Option(
        *flags,
        metavar=None if is_switch else _metavar(option),
        help=option_help(option),
        rich_help_panel=option.setting.group,
        show_default=False,
        autocompletion=complete if choices else None,
    )
    kind: Any = bool | None if is_switch else list[str] | None if _takes_words(option) else str | None
    return Annotated[kind, declared]


def _choices(option: Option) -> list[str]:
    return [choice for choice in option.setting.choices if choice]


def option_help(option: Option) -> str:
    """What `--help` says of an option: its line in the docstring, its choices and its default."""
    text, default, choices = option_meaning(option), default_text(option), _choices(option)
    if choices and not all(choice in text for choice in choices):
        text = f"{text} One of {', '.join(choices)}."
    return f"{text} Default: {default}." if default and bool not in option.kinds else text


def option_meaning(option: Option) -> str:
    """The line of the docstring as a sentence for everyone: without what only Python has."""
    text = re.sub(r"; in\s+Python also [^.]*\.", ".", option.help).replace("`", "")
    return text[:1].upper() + text[1:]


def default_text(option: Option) -> str:
    """The default in words; empty: it goes without saying."""
    value = option.setting.default if option.setting.default is not None else option.default
    if value is None or value in ("", ()):
        return ""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f"by the data; {text} with --course" if option.setting.by_data else text


def _metavar(option: Option) -> str:
    if option.setting.metavar:
        return option.setting.metavar
    return "N" if int in option.kinds else "X" if float in option.kinds else "NAME"


def _takes_words(option: Option) -> bool:
    """Whether its values may be words of their own: --layers 20 7 5, --drop id --drop name."""
    several = option.several and (" " in option.setting.metavar or not option.one)
    return several and option.setting.parse is None


def _typed(option: Option, typed: Any) -> Any:
    """The value of what was typed."""
    if isinstance(typed, bool):
        return typed
    if not _takes_words(option):
        return option.checked(option.parsed(typed), option.flag)
    words = [word for text in typed for word in text.split(",") if word]
    if str in option.elements:
        return option.checked(tuple(words), option.flag)
    values = [option.parsed(word) for word in words]
    wrong = [value for value in values if isinstance(value, str) and value not in option.setting.choices]
    single = wrong or (values if values == ["auto"] else [])
    return option.checked(single[0] if single else tuple(values), option.flag)


def read_options(path: Path) -> dict[str, Any]:
    """The settings in a TOML file, by name, as values.

    Raises:
        NotFoundError: there is no such file.
        FormatError: it is no regular file, or larger than any configuration.
        OptionError: it is not TOML, has a key that is no option, or a value of another type.
    """
    where = shown(path)
    with open_regular(path, FormatError, "a TOML file of options", most=_MAX_BYTES) as file:
        content = file.read(_MAX_BYTES)
    try:
        document = tomllib.loads(content.decode())
    # ValueError: no TOML, no UTF-8, or a number of more digits than Python reads.
    except (ValueError, RecursionError) as error:
        raise OptionError(f"{where} is not a TOML file: {error}") from None
    known = options_by_name()
    by_key = {**known, **{o.setting.alias: o for o in known.values() if o.setting.alias}}
    given: dict[str, Any] = {}
    for key, value in document.items():
        # The options of the command line are spelled with hyphens.
        option = by_key.get(key.replace("-", "_"))
        if option is None:
            raise OptionError(
                f"{where}: unknown key {shown(repr(key), 80)}; expected some of {', '.join(known)}"
            )
        if option.name in given:
            raise OptionError(f"{where}: {option.name} is given twice; expected it once")
        given[option.name] = _from_toml(option, value, f"{where}: {key}")
    if "preset" not in given and _WHOLE_RUN <= {key.replace("-", "_") for key in document}:
        given["preset"] = "course"
    return given


def _from_toml(option: Option, value: Any, where: str) -> Any:
    """A value of a TOML file. What may be several things may also stand there as it is typed: "0.2,0.1"."""
    if isinstance(value, str) and (option.several or {str, float} <= option.kinds):
        value = option.parsed(value)
    return option.checked(value, where)


def toml_text(values: Mapping[str, Any]) -> str:
    """A file that `read_options` reads back, and `pellucid train --config` repeats a run from.

    Args:
        values: of every setting by name; None is left out.
    """
    lines = [
        "# pellucid train --config THIS_FILE repeats the run. Every setting is stated; the preset stands",
        "# for those without a value.",
    ]
    lines += [f"{name} = {_toml(value)}" for name, value in values.items() if value is not None]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, (Optimizer, Schedule)):
        value = description_of(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_toml(item)}" for name, item in value.items()) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        # TOML's basic strings are JSON's, but for the one control character JSON lets through.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)
