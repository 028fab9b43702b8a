"""TrainingOptions: everything training is told beside the network and the data. A frozen value."""

from dataclasses import dataclass, field

import numpy as np

from pellucid.core._arrays import check_number, plain_number
from pellucid.core.initialization import check_scheme
from pellucid.core.randomness import RandomSource, random_stream
from pellucid.engines import Engine, StepOptions, engine_for, processors
from pellucid.errors import OptionError
from pellucid.optimizer import Optimizer
from pellucid.training.schedules import Schedule
from pellucid.training.shortcut import check_shortcut

# The least value of each option that is a count, and the most where there is one.
_COUNTS: dict[str, tuple[int, int | None]] = {
    "epochs": (0, None),
    "batch_size": (1, None),
    "shuffle_seed": (0, None),
    "dropout_seed": (0, 2**64 - 1),
    "threads": (1, None),
    "patience": (0, None),
}


@dataclass(frozen=True)
class TrainingOptions:
    """How long, in which steps, from where, and when to stop.

    Args:
        epochs: passes over the data; with the full batch one pass is one iteration.
        learning_rate: the length of a step, which the schedule starts from.
        batch_size: examples per step; None is all of them, the course's gradient descent.
        initialization: the scheme of the first weights, see `initialize_parameters_deep`.
        rng: the stream the first weights are drawn from, see `random_stream`.
        shuffle_seed: epoch e permutes the examples by `RandomState(shuffle_seed + 1 + e)`, so the
            order of any epoch is known without having run those before it. Validation examples are split
            off by `RandomState(shuffle_seed)`.
        engine: a name, "auto", or an `Engine`.
        optimizer: by which rule the parameters follow their gradients: an `Optimizer`, or its name.
        schedule: how the learning rate changes: a `Schedule`, or its name.
        clip_norm: a gradient longer than this is shortened to it; None: never.
        dropout_seed: the key of the dropout masks.
        threads: how many may work; None: as many as pay.
        shortcut: the exact short cut for inputs with more rows than examples: "auto" takes it where it
            saves time, "always" wherever it can be taken, "never" not at all.
        patience: training ends when more than so many epochs in a row have not lowered the cost; None: it
            does not. The cost is that of the validation examples, or without them that of training.
        min_delta: by how much the cost has to fall below the lowest before it.
        restore_best: with patience, training ends with the parameters whose cost was the lowest.
        validation_fraction: the share of the examples that is split off and not trained on; each class
            gives its share.

    Raises:
        OptionError: a value that training cannot work with.
    """

    epochs: int = 2500
    learning_rate: float = 0.0075
    batch_size: int | None = None
    initialization: str | float = "xavier"
    rng: RandomSource = None
    shuffle_seed: int = 0
    engine: str | Engine = "auto"
    optimizer: str | Optimizer = field(default_factory=Optimizer)
    schedule: str | Schedule = field(default_factory=Schedule)
    clip_norm: float | None = None
    dropout_seed: int = 0
    threads: int | None = None
    shortcut: str = "auto"
    patience: int | None = None
    min_delta: float = 0.0
    restore_best: bool = True
    validation_fraction: float | None = None

    def __post_init__(self) -> None:
        for name, (least, most) in _COUNTS.items():
            if getattr(self, name) is not None or name in ("epochs", "shuffle_seed", "dropout_seed"):
                _check_count(name, getattr(self, name), least, most)
        self._settle("learning_rate", above=0.0)
        self._settle("min_delta", least=0.0)
        if self.clip_norm is not None:
            self._settle("clip_norm", above=0.0)
        if self.validation_fraction is not None:
            self._settle("validation_fraction", above=0.0, below=1.0)
        object.__setattr__(self, "optimizer", Optimizer.named(self.optimizer))
        object.__setattr__(self, "schedule", Schedule.named(self.schedule))
        check_shortcut(self.shortcut)
        if not isinstance(self.restore_best, bool):
            raise OptionError(f"restore_best is {self.restore_best!r:.80}; expected True or False")
        _check_threads(self.threads)
        engine_for(self.engine)
        check_scheme(self.initialization)
        random_stream(self.rng)

    def _settle(self, name: str, **bounds: float) -> None:
        object.__setattr__(self, name, check_number(name, plain_number(getattr(self, name)), **bounds))

    @property
    def step_options(self) -> StepOptions:
        """The part of them that an engine needs."""
        return StepOptions(Optimizer.named(self.optimizer), self.clip_norm, self.dropout_seed, self.threads)


def _check_threads(threads: int | None) -> None:
    there_are = processors()
    if threads is not None and threads > there_are:
        raise OptionError(
            f"threads is {threads} and this machine has {there_are} processors for us; expected a whole "
            f"number from 1 to {there_are}"
        )


def _check_count(name: str, value: object, least: int, most: int | None) -> None:
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):  # type: ignore[operator]
        span = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise OptionError(f"{name} is {value!r:.80}; expected a whole number {span}")
