"""What training tells while it runs. Faces listen: a progress bar, a log, a page, a callback."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from pellucid.core._arrays import Array
from pellucid.network import Network
from pellucid.training.history import History


@dataclass(frozen=True)
class TrainingStart:
    """Everything was found in order; the first step comes next."""

    network: Network
    m: int
    epochs: int
    batches_per_epoch: int
    engine: str


@dataclass(frozen=True)
class EpochEnd:
    """One pass over the data is done.

    Attributes:
        epoch: counted from 0; with the full batch this is the iteration.
        iteration: steps taken so far.
        cost: see `History.costs`.
        snapshot: call it for the parameters as they are now.
    """

    epoch: int
    iteration: int
    cost: float
    snapshot: Callable[[], dict[str, Array]]


@dataclass(frozen=True)
class TrainingEnd:
    """The result: the trained parameters and how it went."""

    network: Network
    parameters: dict[str, Array]
    history: History


Event: TypeAlias = TrainingStart | EpochEnd | TrainingEnd
Listener: TypeAlias = Callable[[Event], None]
