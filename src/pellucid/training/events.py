"""What training tells while it runs. Faces listen: a progress bar, a log, a page, a callback."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

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


class EpochEnd(NamedTuple):
    """One pass over the data is done. A tuple, because one is made for every epoch.

    Attributes:
        epoch: counted from 0; with the full batch this is the iteration.
        iteration: steps taken up to the end of this epoch.
        cost: see `History.costs`.
        snapshot: call it for the parameters as they are now. Where the engine takes several epochs at a
            time (the `stride` of `fit`), those are the parameters after the last of them.
        validation_cost: see `History.validation_costs`; None without validation examples.
        learning_rate: that of the last step of the epoch.
    """

    epoch: int
    iteration: int
    cost: float
    snapshot: Callable[[], dict[str, Array]]
    validation_cost: float | None = None
    learning_rate: float = 0.0


@dataclass(frozen=True)
class TrainingEnd:
    """The result: the trained parameters and how it went."""

    network: Network
    parameters: dict[str, Array]
    history: History


Event: TypeAlias = TrainingStart | EpochEnd | TrainingEnd
Listener: TypeAlias = Callable[[Event], None]
