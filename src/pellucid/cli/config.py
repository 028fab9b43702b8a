"""TrainConfig: everything `pellucid train` is told, from the command line or a TOML file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from pellucid.errors import OptionError
from pellucid.files.reading import shown
from pellucid.network import Network
from pellucid.optimizer import OPTIMIZERS, Optimizer
from pellucid.training import Schedule, TrainingOptions


@dataclass(frozen=True)
class TrainConfig:
    """One training run. Field names are the names of the options; the defaults are the course's."""

    data: str = ""
    test: str | None = None
    target: str | None = None
    task: str | None = None
    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    layers: tuple[int, ...] | str = (20, 7, 5)
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
    weight_decay: float | None = None
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
            *(("layers", units, 1, 2**31 - 1) for units in self.hidden or ()),
        ):
            if value is not None and (value < least or (most is not None and value > most)):
                span = f"of at least {least}" if most is None else f"from {least} to {most}"
                raise OptionError(f"--{name} is {shown(value, 80)}; expected a whole number {span}")
        if isinstance(self.layers, str) and self.layers != "auto":
            raise OptionError(f"layers is {shown(repr(self.layers), 80)}; expected whole numbers, or auto")

    def updated(self, given: Mapping[str, Any]) -> Self:
        """These settings with those of `given` that are not None in their place."""
        changes = {name: value for name, value in given.items() if value is not None}
        # A length given in one unit replaces a length given in the other.
        if "epochs" in changes and "iterations" not in changes:
            changes["iterations"] = None
        if "iterations" in changes and "epochs" not in changes:
            changes["epochs"] = None
        return replace(self, **changes)

    @property
    def hidden(self) -> tuple[int, ...] | None:
        """Units of the hidden layers; None: they are to be searched for."""
        return None if isinstance(self.layers, str) else self.layers

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

    def network(self, n_x: int, n_classes: int, hidden: tuple[int, ...] | None = None) -> Network:
        """The network that these settings describe.

        Args:
            n_x: how many inputs it has.
            n_classes: how many classes it tells apart; 0: it predicts a number.
            hidden: units of the hidden layers; left out, those of the settings, and where they are to be
                searched for, one layer stands for them.

        Raises:
            OptionError: there is no such network.
        """
        names = self.hidden_activation.split(",")
        layers = self.hidden if hidden is None else hidden
        layers = (1,) if layers is None else layers
        if n_classes:
            network = Network.for_classes(n_x, layers, n_classes)
        else:
            network = Network((n_x, *layers, 1), output_activation="identity")
        return replace(
            network,
            hidden_activation=names[0] if len(names) == 1 else tuple(names),
            dropout=_numbers("dropout", self.dropout),
            **{name: getattr(self, name) for name in ("l2", "l1", "input_dropout", "label_smoothing")},
        )

    def check(self, n_classes: int = 2) -> None:
        """Refuse settings that no data could be trained with.

        Args:
            n_classes: see `network`.

        Raises:
            OptionError: a value that does not exist, is out of its range, or contradicts another.
        """
        _ = self.options
        self.network(1, n_classes)

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
        if self.momentum is not None:
            if "v" not in optimizer.slots:
                with_momentum = ", ".join(name for name, rule in OPTIMIZERS.items() if "v" in rule.slots)
                raise OptionError(
                    f"--momentum is {self.momentum:g} and the optimizer {self.optimizer} has none; "
                    f"expected one of {with_momentum}"
                )
            optimizer = replace(optimizer, beta1=self.momentum)
        if self.weight_decay is not None:
            if optimizer.name != "adamw":
                raise OptionError(
                    f"--weight-decay is {self.weight_decay:g} and the optimizer {self.optimizer} has none; "
                    "expected adamw, or --l2"
                )
            optimizer = replace(optimizer, weight_decay=self.weight_decay)
        return optimizer

    def resolved(self, engine: str, layers: tuple[int, ...]) -> Self:
        """These settings with nothing left to defaults or to the current folder: what repeats a run.

        Args:
            engine: the name of the engine that trained.
            layers: the units of the hidden layers that were trained.
        """
        length = "iterations" if self.epochs is None and self.batch_size is None else "epochs"
        changes: dict[str, Any] = {length: self.length, "engine": engine, "layers": layers}
        changes["data"] = _anywhere(self.data)
        if self.test is not None:
            changes["test"] = _anywhere(self.test)
        return replace(self, **changes)


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
