"""The TOML file of options: read and checked key by key, and written so that it repeats a run."""

import json
import tomllib
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from pellucid.cli.config import TrainConfig
from pellucid.errors import FormatError, OptionError
from pellucid.files.reading import open_regular, shown

_MAX_BYTES = 1 << 20

_EXPECTED = {
    str(str): "text in quotes",
    str(str | None): "text in quotes",
    str(int): "a whole number",
    str(int | None): "a whole number",
    str(float): "a number",
    str(float | None): "a number",
    str(bool): "true or false",
    str(tuple[int, ...] | str): 'a list of whole numbers, or "auto"',
    str(tuple[str, ...]): "a list of texts",
}


def read_options(path: Path) -> dict[str, Any]:
    """The options in a configuration file, by the names of `TrainConfig`.

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
    known = {field.name: field.type for field in fields(TrainConfig)}
    given: dict[str, Any] = {}
    for key, value in document.items():
        # The options of the command line are spelled with hyphens.
        name = key.replace("-", "_")
        if name not in known:
            raise OptionError(
                f"{where}: unknown key {shown(repr(key), 80)}; expected some of {', '.join(known)}"
            )
        if name in given:
            raise OptionError(f"{where}: {name} is given twice; expected it once")
        converted = _converted(name, value, known[name])
        if not _matches(converted, known[name]):
            raise OptionError(
                f"{where}: {key} is {shown(repr(value), 80)}; expected {_EXPECTED[str(known[name])]}"
            )
        given[name] = tuple(converted) if isinstance(converted, list) else converted
    return given


def toml_text(config: TrainConfig) -> str:
    """A file that `read_options` reads back, and `pellucid train --config` repeats the run from."""
    lines = ["# pellucid train --config THIS_FILE repeats the run."]
    lines += [f"{name} = {_toml(value)}" for name, value in asdict(config).items() if value is not None]
    return "\n".join(lines) + "\n"


def _converted(name: str, value: Any, kind: Any) -> Any:
    """A value as the option keeps it, where TOML can write it in another way too."""
    if name == "image_size" and type(value) is int:
        return str(value)
    try:
        if kind in (float, float | None) and type(value) is int:
            return float(value)
        if name in ("init", "dropout") and type(value) in (int, float):
            return str(float(value))
    except OverflowError:
        # Refused as what it is: no number that can be counted with.
        return None
    return value


def _matches(value: Any, kind: Any) -> bool:
    expected = _EXPECTED[str(kind)]
    if expected.startswith("a list of whole numbers"):
        return value == "auto" or (isinstance(value, list) and all(type(item) is int for item in value))
    if expected == "a list of texts":
        return isinstance(value, list) and all(type(item) is str for item in value)
    if expected == "a number":
        return type(value) in (int, float)
    if expected == "a whole number":
        return type(value) is int
    return type(value) is (bool if expected == "true or false" else str)


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        # TOML's basic strings are JSON's, but for the one control character JSON lets through.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)
