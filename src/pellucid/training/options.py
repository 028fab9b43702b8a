"""TrainingOptions: the length, the steps, the start and the end of a training. A frozen value."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from pellucid.core.initialization import SCHEMES, check_scheme
from pellucid.core.randomness import RandomSource, random_stream
from pellucid.engines import Engine, StepOptions, engine_for, processors
from pellucid.errors import OptionError
from pellucid.optimizer import OPTIMIZERS, Optimizer
from pellucid.settings import check, setting, spelled
from pellucid.training.schedules import SCHEDULES, Schedule
from pellucid.training.shortcut import SHORTCUTS


def _kept_by(test: Callable[[Any], object]) -> Callable[[Any], Any]:
    """A conversion that returns the value as it is, after a test that raises OptionError."""

    def convert(value: Any) -> Any:
        test(value)
        return value

    return convert


@dataclass(frozen=True)
class TrainingOptions:
    """Options of a training: its length, its steps, its start, and when to stop.

    Args:
        epochs: passes over the data. With all examples in one batch a pass is one step.
        learning_rate: learning rate, which the schedule starts from.
        batch_size: examples per step.
        initialization: scheme of the first weights, or a number, the factor of randn.
        rng: the stream the first weights are drawn from, see `random_stream`.
        shuffle_seed: epoch e permutes the examples by `RandomState(shuffle_seed + 1 + e)`, so the
            order of any epoch is known without those before it. Validation examples are split
            off by `RandomState(shuffle_seed)`.
        engine: engine that trains: auto, native, reference or jax; in Python also an `Engine`.
        optimizer: update rule, with numbers as in adamw:weight_decay=0.1; in Python also an `Optimizer`.
        schedule: how the learning rate changes, with numbers as in step:every=20,factor=0.5; in Python
            also a `Schedule`.
        clip_norm: gradients whose norm is greater are shortened to it.
        dropout_seed: the key of the dropout masks.
        threads: most threads that work.
        shortcut: the exact short cut for more inputs than examples: auto takes it where it saves time,
            always wherever it exists, never not at all.
        patience: stop when more than so many epochs in a row have not lowered the cost: that of the
            validation examples, or without them that of training.
        min_delta: by how much a cost has to be lower to count as lower.
        restore_best: with patience, keep the parameters of the lowest cost.
        validation_fraction: share of the training examples that is held out to watch the cost on; each
            class gives its share.

    Raises:
        OptionError: a value that training cannot work with.
    """

    epochs: int = setting(2500, explicit=True, least=0, group="Training", by_data=True)
    learning_rate: float = setting(0.0075, explicit=True, above=0.0, group="Training", by_data=True)
    batch_size: int | None = setting(
        None, explicit=True, least=1, group="Training", by_data=True, shown="all of them"
    )
    initialization: str | float = setting(
        "xavier",
        explicit=True,
        choices=SCHEMES,
        convert=_kept_by(check_scheme),
        group="Network",
        alias="init",
        by_data=True,
        metavar="NAME|X",
    )
    rng: RandomSource = setting(
        None, explicit=True, convert=_kept_by(random_stream), words="a seed, or a random stream"
    )
    shuffle_seed: int = setting(0, least=0)
    engine: str | Engine = setting(
        "auto", explicit=True, convert=_kept_by(engine_for), group="Run", metavar="NAME"
    )
    optimizer: str | Optimizer = setting(
        Optimizer,
        choices=OPTIMIZERS,
        convert=Optimizer.named,
        group="Training",
        metavar="NAME",
        shown="gradient_descent",
        by_data=True,
    )
    schedule: str | Schedule = setting(
        Schedule,
        choices=SCHEDULES,
        convert=Schedule.named,
        group="Training",
        metavar="NAME",
        shown="constant",
        by_data=True,
    )
    clip_norm: float | None = setting(None, above=0.0, group="Training", shown="never")
    dropout_seed: int = setting(0, least=0, most=2**64 - 1)
    threads: int | None = setting(None, least=1, group="Run", shown="as many as pay")
    shortcut: str = setting("auto", choices=SHORTCUTS, group="Run", metavar="NAME")
    patience: int | None = setting(None, least=0, group="Stopping", shown="never")
    min_delta: float = setting(0.0, least=0.0, group="Stopping")
    restore_best: bool = setting(True, group="Stopping")
    validation_fraction: float | None = setting(None, above=0.0, below=1.0, group="Stopping", shown="none")

    __repr__ = spelled

    def __post_init__(self) -> None:
        check(self)
        available = processors()
        if self.threads is not None and self.threads > available:
            raise OptionError(
                f"threads is {self.threads} and this process may use {available} processors; expected "
                f"an integer from 1 to {available}"
            )

    def of_members(self, count: int) -> list[Self]:
        """These options for each member of an ensemble, with seeds of its own; the first has these.

        Args:
            count: members.
        """
        found = [self]
        # A stream serves one thread at a time: it gives each member a seed.
        stream = None if isinstance(self.rng, (int, np.integer)) else random_stream(self.rng)
        for k in range(1, count):
            own = np.random.SeedSequence([k, self.shuffle_seed, self.dropout_seed]).generate_state(2)
            if stream is None:
                first = np.random.SeedSequence([k, int(self.rng)]).generate_state(1)[0]  # type: ignore[arg-type]
            else:
                first = stream.uniform(0, 2**32 - 1)
            shuffle, dropout = own.tolist()
            found.append(replace(self, rng=int(first), shuffle_seed=shuffle % 2**31, dropout_seed=dropout))
        return found

    @property
    def step_options(self) -> StepOptions:
        """The options that an engine needs."""
        return StepOptions(Optimizer.named(self.optimizer), self.clip_norm, self.dropout_seed, self.threads)
