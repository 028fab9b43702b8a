"""TrainConfig: everything `pellucid train` is told, from the command line or a TOML file."""

import json
import tomllib
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from pellucid.errors import FormatError, OptionError
from pellucid.files.reading import open_regular, shown
from pellucid.network import Network
from pellucid.optimizer import OPTIMIZERS, Optimizer
from pellucid.training import Schedule, TrainingOptions


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
    optimizer: str = "gradient_descent"
    momentum: float | None = None
    schedule: str = "constant"
    warmup_epochs: float = 0.0
    clip_norm: float | None = None
    l2: float = 0.0
    l1: float = 0.0
    dropout: str = "0"
    input_dropout: float = 0.0
    label_smoothing: float = 0.0
    patience: int | None = None
    validation_fraction: float | None = None
    threads: int | None = None
    shortcut: str = "auto"

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("iterations", self.iterations, 0, None),
            ("epochs", self.epochs, 0, None),
            ("batch-size", self.batch_size, 1, None),
            ("seed", self.seed, 0, 2**32 - 1),
            ("patience", self.patience, 0, None),
            ("threads", self.threads, 1, None),
            *(("layers", units, 1, 2**31 - 1) for units in self.layers),
        ):
            if value is not None and (value < least or (most is not None and value > most)):
                span = f"of at least {least}" if most is None else f"from {least} to {most}"
                raise OptionError(f"--{name} is {shown(value, 80)}; expected a whole number {span}")

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

    def network(self, n_x: int, n_classes: int) -> Network:
        """The network that these settings describe, for `n_x` inputs and so many classes.

        Raises:
            OptionError: there is no such network.
        """
        names = self.hidden_activation.split(",")
        return replace(
            Network.for_classes(n_x, self.layers, n_classes),
            hidden_activation=names[0] if len(names) == 1 else tuple(names),
            dropout=_numbers("dropout", self.dropout),
            **{name: getattr(self, name) for name in ("l2", "l1", "input_dropout", "label_smoothing")},
        )

    @property
    def options(self) -> TrainingOptions:
        """How these settings train.

        Raises:
            OptionError: training does not know them.
        """
        same = (
            *("learning_rate", "batch_size", "initialization", "engine", "clip_norm", "patience"),
            *("validation_fraction", "threads", "shortcut"),
        )
        return TrainingOptions(
            epochs=self.length,
            rng=self.seed,
            shuffle_seed=self.seed,
            dropout_seed=self.seed,
            optimizer=self._optimizer,
            schedule=Schedule.named(self.schedule).warmed_up(self.warmup_epochs),
            **{name: getattr(self, name) for name in same},
        )

    @property
    def _optimizer(self) -> Optimizer:
        optimizer = Optimizer.named(self.optimizer)
        if self.momentum is None:
            return optimizer
        if "v" not in optimizer.keeps:
            with_momentum = ", ".join(name for name, keeps in OPTIMIZERS.items() if "v" in keeps)
            raise OptionError(
                f"--momentum is {self.momentum:g} and the optimizer {self.optimizer} has none; "
                f"expected one of {with_momentum}"
            )
        return replace(optimizer, beta1=self.momentum)

    def resolved(self, engine: str) -> Self:
        """These settings with nothing left to defaults or to the current folder: what repeats a run.

        Args:
            engine: the name of the engine that trained.
        """
        length = "iterations" if self.epochs is None and self.batch_size is None else "epochs"
        changes: dict[str, Any] = {length: self.length, "engine": engine, "data": _anywhere(self.data)}
        if self.test is not None:
            changes["test"] = _anywhere(self.test)
        return replace(self, **changes)

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
        known = {field.name: field.type for field in fields(cls)}
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
            given[name] = _converted(name, value)
            if not _matches(given[name], known[name]):
                raise OptionError(
                    f"{where}: {key} is {shown(repr(value), 80)}; expected {_EXPECTED[str(known[name])]}"
                )
        return cls().updated(given)


_MAX_BYTES = 1 << 20

_EXPECTED = {
    str(str): "text in quotes",
    str(str | None): "text in quotes",
    str(int): "a whole number",
    str(int | None): "a whole number",
    str(float): "a number",
    str(float | None): "a number",
    str(bool): "true or false",
    str(tuple[int, ...]): "a list of whole numbers",
}


def _converted(name: str, value: Any) -> Any:
    """A value as the option keeps it, where TOML can write it in another way too."""
    if name == "image_size" and type(value) is int:
        return str(value)
    kinds = {item.name: item.type for item in fields(TrainConfig)}
    try:
        if kinds[name] in (float, float | None) and type(value) is int:
            return float(value)
        if name in ("init", "dropout") and type(value) in (int, float):
            return str(float(value))
    except OverflowError:
        # Refused as what it is: no number that can be counted with.
        return None
    return value


def _numbers(name: str, text: str) -> float | tuple[float, ...]:
    """One number, or several with commas between them."""
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise OptionError(
            f"--{name} is {shown(text, 80)}; expected a number, or one for each hidden layer with commas "
            "between them"
        ) from None
    return numbers[0] if len(numbers) == 1 else numbers


def _anywhere(data: str) -> str:
    """A path that leads to the same data from any folder; names of built-in data stay as they are."""
    try:
        path = Path(data)
        return str(path.absolute()) if data and path.exists() else data
    # ValueError: a null character.
    except (OSError, ValueError):
        return data


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
