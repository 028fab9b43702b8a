"""TrainingOptions: everything training is told beside the network and the data. A frozen value."""

import math
from dataclasses import dataclass

import numpy as np

from pellucid.core._arrays import plain_number
from pellucid.core.initialization import check_scheme
from pellucid.core.randomness import RandomSource, random_stream
from pellucid.engines import engine_named
from pellucid.errors import OptionError


@dataclass(frozen=True)
class TrainingOptions:
    """How long, in which steps, from where.

    Args:
        epochs: passes over the data; with the full batch one pass is one iteration.
        learning_rate: the length of a step.
        batch_size: examples per step; None is all of them, the course's gradient descent.
        initialization: the scheme of the first weights, see `initialize_parameters_deep`.
        rng: the stream the first weights are drawn from, see `random_stream`.
        shuffle_seed: epoch e permutes the examples by `RandomState(shuffle_seed + 1 + e)`, so the
            order of any epoch is known without having run those before it. Unused without batches.
        engine: the engine's name, or "auto".

    Raises:
        OptionError: a value that training cannot work with.
    """

    epochs: int = 2500
    learning_rate: float = 0.0075
    batch_size: int | None = None
    initialization: str | float = "xavier"
    rng: RandomSource = None
    shuffle_seed: int = 0
    engine: str = "auto"

    def __post_init__(self) -> None:
        _check_count("epochs", self.epochs, 0)
        if self.batch_size is not None:
            _check_count("batch_size", self.batch_size, 1)
        _check_count("shuffle_seed", self.shuffle_seed, 0)
        rate = plain_number(self.learning_rate)
        if type(rate) not in (int, float) or not (math.isfinite(rate) and rate > 0):
            raise OptionError(f"learning_rate is {rate!r}; expected a number above 0")
        object.__setattr__(self, "learning_rate", float(rate))
        engine_named(self.engine)
        check_scheme(self.initialization)
        random_stream(self.rng)


def _check_count(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise OptionError(f"{name} is {value!r}; expected a whole number of at least {least}")
