"""Written by `make docs` from the fields of `Network` and `TrainingOptions`."""

from typing import TypedDict

from pellucid.optimizer import Optimizer
from pellucid.settings import Option
from pellucid.training import Schedule

MORE: dict[str, Option]

class MoreOptions(TypedDict, total=False):
    """Further arguments of `L_layer_model` and `DeepNetwork`; the two classes say what each means."""

    cost: str
    label_smoothing: float
    huber_delta: float
    l2: float
    l1: float
    dropout: float | tuple[float, ...]
    input_dropout: float
    shuffle_seed: int
    optimizer: str | Optimizer
    schedule: str | Schedule
    clip_norm: float | None
    dropout_seed: int
    threads: int | None
    shortcut: str
    patience: int | None
    min_delta: float
    restore_best: bool
    validation_fraction: float | None
