"""TrainConfig: everything `pellucid train` is told, from the command line or a TOML file."""

import json
import tomllib
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from pellucid.errors import NotFoundError, OptionError


@dataclass(frozen=True)
class TrainConfig:
    """One training run. Field names are the names of the options; the defaults are the course's."""

    data: str = ""
    test: str | None = None
    layers: tuple[int, ...] = (20, 7, 5)
    iterations: int | None = None
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float = 0.0075
    hidden_activation: str = "relu"
    init: str = "xavier"
    seed: int = 1
    image_size: str = "64"
    scaling: str = "auto"
    test_fraction: float = 0.2
    dtype: str = "float64"
    engine: str = "auto"
    strict: bool = False

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("iterations", self.iterations, 0, None),
            ("epochs", self.epochs, 0, None),
            ("batch-size", self.batch_size, 1, None),
            ("seed", self.seed, 0, 2**32 - 1),
            *(("layers", units, 1, None) for units in self.layers),
        ):
            if value is not None and (value < least or (most is not None and value > most)):
                span = f"of at least {least}" if most is None else f"from {least} to {most}"
                raise OptionError(f"--{name} is {value}; expected a whole number {span}")

    def updated(self, given: dict[str, Any]) -> Self:
        """These settings with those of `given` that are not None in their place."""
        changes = {name: value for name, value in given.items() if value is not None}
        if "layers" in changes:
            changes["layers"] = tuple(changes["layers"])
        # A length given in one unit replaces a length given in the other.
        if "epochs" in changes and "iterations" not in changes:
            changes["iterations"] = None
        if "iterations" in changes and "epochs" not in changes:
            changes["epochs"] = None
        return replace(self, **changes)

    @property
    def length(self) -> int:
        """How many epochs to train; with the full batch an iteration is an epoch.

        Raises:
            OptionError: iterations and epochs both given, or iterations of mini-batches.
        """
        if self.epochs is not None and self.iterations is not None:
            raise OptionError("--iterations and --epochs say the same thing twice; expected one of them")
        if self.iterations is not None and self.batch_size is not None:
            raise OptionError("--iterations counts steps on all examples; with --batch-size give --epochs")
        if self.epochs is not None:
            return self.epochs
        return 2500 if self.iterations is None else self.iterations

    @property
    def initialization(self) -> str | float:
        """The scheme of the first weights: a name, or the factor that `init` spells."""
        try:
            return float(self.init)
        except ValueError:
            return self.init

    @property
    def picture_shape(self) -> tuple[int, int]:
        """(height, width) that photographs are resized to.

        Raises:
            OptionError: `image_size` is not "64" or "48x64" (height x width).
        """
        sides = self.image_size.lower().split("x")
        if len(sides) not in (1, 2) or not all(s.isdecimal() and 0 < int(s) <= 4096 for s in sides):
            raise OptionError(
                f"--image-size is {self.image_size!r}; expected one number such as 64, or height x width "
                "such as 48x64, from 1 to 4096"
            )
        return int(sides[0]), int(sides[-1])

    def resolved(self, engine: str) -> Self:
        """These settings with nothing left to defaults: what repeats a run.

        Args:
            engine: the name of the engine that trained.
        """
        if self.epochs is None and self.batch_size is None:
            return replace(self, iterations=self.length, engine=engine)
        return replace(self, epochs=self.length, engine=engine)

    def to_toml(self) -> str:
        """A file that `from_toml` reads back, and `pellucid train --config` repeats the run from."""
        lines = ["# pellucid train --config THIS_FILE repeats the run."]
        lines += [f"{name} = {_toml(value)}" for name, value in asdict(self).items() if value is not None]
        return "\n".join(lines) + "\n"

    @classmethod
    def from_toml(cls, path: Path) -> Self:
        """Read a configuration file.

        Raises:
            NotFoundError: there is no such file.
            OptionError: it is not TOML, has a key that is no option, or a value of another type.
        """
        try:
            document = tomllib.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            raise NotFoundError(f"there is no configuration file {path}") from None
        except OSError as error:
            raise NotFoundError(f"the configuration {path} cannot be read: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise OptionError(f"{path} is not a TOML file: {error}") from None
        known = {field.name: field.type for field in fields(cls)}
        for key, value in document.items():
            if key not in known:
                raise OptionError(f"{path}: unknown key {key!r}; expected some of {', '.join(known)}")
            if not _matches(value, known[key]):
                raise OptionError(f"{path}: {key} is {value!r}; expected {_EXPECTED[str(known[key])]}")
        if isinstance(document.get("learning_rate"), int):
            document["learning_rate"] = float(document["learning_rate"])
        return cls().updated(document)


_EXPECTED = {
    str(str): "text in quotes",
    str(str | None): "text in quotes",
    str(int): "a whole number",
    str(int | None): "a whole number",
    str(float): "a number",
    str(bool): "true or false",
    str(tuple[int, ...]): "a list of whole numbers",
}


def _matches(value: Any, kind: Any) -> bool:
    expected = _EXPECTED[str(kind)]
    if expected == "a list of whole numbers":
        return isinstance(value, list) and all(type(item) is int for item in value)
    if expected == "a number":
        return type(value) in (int, float)
    if expected == "a whole number":
        return type(value) is int
    return type(value) is (bool if expected == "true or false" else str)


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(str, value)) + "]"
    if isinstance(value, str):
        # TOML's basic strings are JSON's, but for the one control character JSON lets through.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)
