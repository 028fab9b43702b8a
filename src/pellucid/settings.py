"""Settings: an option is declared once, as a field of a frozen dataclass; everything else comes from there.

A field made by `setting` carries its bounds and its name on the command line; its help is its line in the
docstring of the class. `check` tests the values of a dataclass; `named` lists the options of several, by
the names that the command line, a TOML file and keyword arguments share; `Option.parsed` reads typed text.
"""

import dataclasses
import inspect
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pellucid.core._arrays import check_number, plain_number
from pellucid.errors import OptionError

_KEY = "pellucid"


@dataclass(frozen=True)
class Setting:
    """What a field says beside its name, its type, its default and its docstring.

    Attributes:
        group: the heading it stands under in `--help`; empty: it is no option of the command line.
        flag: its name there and in TOML files; empty: the name of the field.
        alias: another name there.
        called: its name in messages, if not that of the field.
        metavar: what stands for the value in `--help`.
        default: how `--help` names the default where it is not a value.
        explicit: whether `L_layer_model` and `DeepNetwork` have an argument of their own for it.
        by_data: whether it follows from the data where it is not given.
        choices: the names that a text may be.
        words: what a value has to be, where its type, bounds and choices do not say it.
        bounds: of a number, as `check_number` is told.
        convert: makes a value of another type from what was given, or raises OptionError.
        parse: makes a value from typed text where its type does not say how.
    """

    group: str = ""
    flag: str = ""
    alias: str = ""
    called: str = ""
    metavar: str = ""
    default: str | None = None
    explicit: bool = False
    by_data: bool = False
    choices: Iterable[str] = ()
    words: str = ""
    bounds: Mapping[str, float] = dataclasses.field(default_factory=dict)
    convert: Callable[[Any], Any] | None = None
    parse: Callable[[str], Any] | None = None


def setting(
    default: Any,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
    shown: str | None = None,
    **more: Any,
) -> Any:
    """A dataclass field for an option.

    Args:
        default: the default, or a function without arguments that makes it.
        least: the least value of a number; `above`, `most` and `below` likewise.
        above: a number has to be greater.
        most: the largest value.
        below: a number has to be smaller.
        shown: how `--help` names the default where it is not a value.
        **more: further attributes of `Setting`.
    """
    limits = {"least": least, "above": above, "most": most, "below": below}
    bounds = {name: value for name, value in limits.items() if value is not None}
    metadata = {_KEY: Setting(bounds=bounds, default=shown, **more)}
    if callable(default):
        return dataclasses.field(default_factory=default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Option:
    """A setting where it is declared: the owner's field.

    Attributes:
        owner: the dataclass.
        field: the name of the field.
        help: the field's line in the docstring of its class.
        setting: what the field says.
        default: the field's default.
        singles: the types that a single value may have, of int, float, str, bool and None.
        elements: the types of the values of a sequence, if it may be one. Both are empty where only
            `convert` knows.
    """

    owner: type
    field: str
    help: str
    setting: Setting
    default: Any
    singles: frozenset[type]
    elements: frozenset[type]

    @property
    def kinds(self) -> frozenset[type]:
        """The types of a value, or of one in a sequence."""
        return self.singles | self.elements

    @property
    def several(self) -> bool:
        """Whether it may be a sequence of values."""
        return bool(self.elements)

    @property
    def one(self) -> bool:
        """Whether it may be a single value."""
        return bool(self.singles - {NoneType}) or not self.elements

    @property
    def name(self) -> str:
        """Its name in TOML files and keyword arguments."""
        return self.setting.flag or self.field

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return f"--{self.name.replace('_', '-')}"

    def checked(self, value: Any, called: str = "") -> Any:
        """The value as the dataclass keeps it.

        Args:
            value: of any type.
            called: the name in messages; empty: that of the field.

        Raises:
            OptionError: another type, out of bounds, or none of the choices.
        """
        called = called or self.setting.called or self.field
        if value is None and NoneType in self.kinds:
            return None
        if self.setting.convert is not None:
            return self._converted(value, called)
        if self.several and isinstance(value, (tuple, list)):
            return tuple(self._single(item, self.elements, called, value) for item in value)
        return self._single(value, self.singles, called, value)

    def _converted(self, value: Any, called: str) -> Any:
        assert self.setting.convert is not None  # the caller saw to it
        try:
            return self.setting.convert(value)
        except OptionError as error:
            # A conversion knows the field; the message names what was typed.
            raise OptionError(re.sub(rf"^{self.field}\b", called, str(error))) from None

    def _single(self, value: Any, kinds: frozenset[type], called: str, whole: Any) -> Any:
        value = plain_number(value)
        if bool in kinds and isinstance(value, bool):
            return value
        if str in kinds and isinstance(value, str):
            choices = tuple(self.setting.choices)
            if not choices or value in choices:
                return value
            raise self._refused(called, value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._refused(called, whole)
        if float in kinds:
            return check_number(called, value, **self.setting.bounds)
        if int in kinds and isinstance(value, int) and self._within(value):
            return value
        raise self._refused(called, whole)

    def _within(self, value: int) -> bool:
        bounds = self.setting.bounds
        return bounds.get("least", -math.inf) <= value <= bounds.get("most", math.inf)

    def _refused(self, called: str, value: Any) -> OptionError:
        return OptionError(f"{called} is {_short(value)}; expected {self.expected}")

    @property
    def expected(self) -> str:
        """What a value has to be, in words: "an integer of at least 1"."""
        if self.setting.words:
            return self.setting.words
        single = " or ".join(self._words())
        if not self.several:
            return single
        plural = {"an integer": "integers", "a number": "numbers", "a name": "names"}
        first = next((word for word in plural if single.startswith(word)), single)
        listed = f"a list of {plural.get(first, 'names')}{single.removeprefix(first)}"
        return f"{single}, or {listed}" if self.one else listed

    def _words(self) -> Iterable[str]:
        if bool in self.kinds:
            yield "True or False"
        if str in self.kinds:
            choices = tuple(self.setting.choices)
            yield f"one of {', '.join(filter(None, choices))}" if choices else "a name"
        if float in self.kinds:
            yield f"a number {_limits(self.setting.bounds)}".rstrip()
        elif int in self.kinds:
            yield f"an integer {_span(self.setting.bounds)}".rstrip()

    def parsed(self, text: str) -> Any:
        """The value that was typed on the command line, or stands as a text in a TOML file.

        Raises:
            OptionError: it does not spell such a value.
        """
        if self.setting.parse is not None:
            return self.setting.parse(text)
        if self.several and (not self.one or "," in text):
            return tuple(self._read(part, text) for part in text.split(",") if part)
        return self._read(text, text)

    def _read(self, part: str, whole: str) -> Any:
        for kind in (int, float):
            if kind in self.kinds:
                try:
                    return kind(part)
                except ValueError:
                    continue
        if str in self.kinds or not self.kinds:
            return part
        raise self._refused(self.flag, whole)


def named(*owners: type) -> dict[str, Option]:
    """The options of the command line that some dataclasses declare, by name, in their order."""
    found = (option for owner in owners for option in declared_by(owner).values())
    return {option.name: option for option in found if option.setting.group}


@cache
def declared_by(owner: Any) -> dict[str, Option]:
    """The settings of a dataclass, by the names of its fields."""
    found: dict[str, Option] = {}
    helps = _argument_lines(owner)
    for item in dataclasses.fields(owner):
        declared = item.metadata.get(_KEY)
        if declared is None:
            continue
        default = item.default_factory() if callable(item.default_factory) else item.default
        found[item.name] = Option(owner, item.name, helps[item.name], declared, default, *_kinds(item.type))
    return found


def _argument_lines(owner: type) -> dict[str, str]:
    """What the docstring says of each argument; empty where Python was told to drop docstrings."""
    doc = inspect.cleandoc(owner.__doc__ or "")
    _, _, section = doc.partition("\nArgs:\n")
    section = re.split(r"\n(?=\S)", section)[0]
    lines: dict[str, str] = defaultdict(str)
    for entry in re.split(r"\n(?= {4}\w)", section):
        name, _, text = entry.strip().partition(": ")
        lines[name] = " ".join(text.split())
    return lines


def check(instance: Any) -> None:
    """Test every setting of a frozen dataclass, and keep each value in its own type: for `__post_init__`.

    Raises:
        OptionError: the first that is of another type, out of bounds, or none of the choices.
    """
    for name, option in declared_by(instance.__class__).items():
        object.__setattr__(instance, name, option.checked(getattr(instance, name)))


def spelled(instance: Any) -> str:
    """The shortest call that makes a frozen dataclass of settings: for `__repr__`.

    What follows from the arguments before it, as the cost of a network from its output, is left out.
    """
    owner = type(instance)
    items = dataclasses.fields(instance)
    first = [item.name for item in items if item.name == "name" or _is_required(item)]
    given = {name: getattr(instance, name) for name in first}
    for item in items:
        value = getattr(instance, item.name)
        if value != getattr(owner(**given), item.name):
            given[item.name] = value
    parts = [repr(value) if name in first else f"{name}={value!r}" for name, value in given.items()]
    return f"{owner.__name__}({', '.join(parts)})"


def _is_required(item: "dataclasses.Field[Any]") -> bool:
    return item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING


def _kinds(hint: Any) -> tuple[frozenset[type], frozenset[type]]:
    """The types of a single value that an annotation allows, and those in a sequence."""
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    sequences = [get_args(member)[0] for member in members if get_origin(member) is tuple]
    singles = [member for member in members if member in (int, float, str, bool)]
    none = [NoneType] if NoneType in members else []
    return frozenset((*singles, *none)), frozenset(sequences)


def _span(bounds: Mapping[str, float]) -> str:
    least, most = bounds.get("least"), bounds.get("most")
    if most is not None:
        return f"from {int(least or 0)} to {int(most)}"
    return "" if least is None else f"of at least {int(least)}"


def _limits(bounds: Mapping[str, float]) -> str:
    words = {"least": "at least", "above": "above", "most": "at most", "below": "below"}
    return " and ".join(f"{words[name]} {bounds[name]:g}" for name in words if name in bounds)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


# --- A value with a name and numbers, such as an optimizer or a schedule


def described_by(owner: type, value: Any, what: str, example: str) -> dict[str, Any]:
    """The arguments of a dataclass with a `name`, from "cosine", "step:every=20,factor=0.5" or a mapping.

    Args:
        owner: the dataclass.
        value: a text, or a mapping such as a table of a TOML file holds.
        what: the name of the option in messages.
        example: of such a text, for messages.

    Raises:
        OptionError: neither, or a number that the dataclass does not have.
    """
    fields = [item.name for item in dataclasses.fields(owner)]
    if isinstance(value, Mapping):
        unknown = [name for name in value if name not in fields]
        if unknown or not isinstance(value.get("name"), str):
            raise OptionError(
                f"{what} is {_short(dict(value))}; expected a name, and some of {', '.join(fields)}"
            )
        return dict(value)
    if not isinstance(value, str):
        article = "an" if owner.__name__[0] in "AEIOU" else "a"
        raise OptionError(f"{what} is {_short(value)}; expected a name or {article} {owner.__name__}")
    name, _, numbers = value.partition(":")
    parts = [part.partition("=") for part in numbers.split(",")] if numbers else []
    for key, equals, _ in parts:
        if key not in fields[1:] or not equals:
            raise OptionError(
                f"{what} is {_short(value)}; expected a name and its numbers, such as '{example}'"
            )
    return {"name": name, **{key: _number(key, text) for key, _, text in parts}}


def _number(name: str, text: str) -> Any:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    raise OptionError(f"{name} is {_short(text)}; expected a number")


def description_of(value: Any) -> Any:
    """The inverse of `described_by`: the name alone, or with the numbers that are not the usual ones."""
    usual = type(value).named(value.name)
    numbers = {
        item.name: getattr(value, item.name)
        for item in dataclasses.fields(value)[1:]
        if getattr(value, item.name) != getattr(usual, item.name)
    }
    return {"name": value.name, **numbers} if numbers else value.name
