"""What training yields while it runs. Faces listen: a progress bar, a log, a page, a callback."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from pellucid.core._arrays import Array
from pellucid.engines import TrainingState
from pellucid.examples import Integers
from pellucid.network import Network
from pellucid.training.history import History
from pellucid.training.run import RunState

Snapshot: TypeAlias = Callable[[], dict[str, Array]]


class Now(NamedTuple):
    """The training as it is at the moment of asking: from any thread, while it runs and after it.

    Attributes:
        parameters: call it for the parameters, of full size.
        training_state: call it for the `TrainingState`, of full size: for `pellucid.trace`.
        run_state: call it for the `RunState`: `fit(..., state=...)` goes on from it.
    """

    parameters: Snapshot
    training_state: Callable[[], TrainingState]
    run_state: Callable[[], RunState]

    def __repr__(self) -> str:
        return f"Now({', '.join(f'{name}()' for name in self._fields)})"


@dataclass(frozen=True)
class TrainingStart:
    """Everything was found in order; the first step comes next.

    Attributes:
        network: what is trained.
        m: examples in an epoch.
        epochs: how many there may be.
        batches_per_epoch: steps in each.
        engine: its name.
        now: the training as it is.
    """

    network: Network
    m: int
    epochs: int
    batches_per_epoch: int
    engine: str
    now: Now


class StepEnd(NamedTuple):
    """One step was taken; only with `every="step"`.

    Attributes:
        iteration: steps taken so far.
        epoch: the epoch it belongs to, counted from 0.
        cost: of its batch before the step, in nats per example, penalties included.
        learning_rate: of the step.
        columns: the examples of its batch, (k,); None: all, in their order.
        now: the training as it is.
    """

    iteration: int
    epoch: int
    cost: float
    learning_rate: float
    columns: Integers | None
    now: Now

    def __repr__(self) -> str:
        of = "all examples" if self.columns is None else f"{len(self.columns)} examples"
        return (
            f"StepEnd(iteration {self.iteration} in epoch {self.epoch}, cost {self.cost:.4g} of {of}, "
            f"learning rate {self.learning_rate:.4g})"
        )


class EpochEnd(NamedTuple):
    """One pass over the examples is done. A tuple, because one is made for every epoch.

    Attributes:
        epoch: counted from 0; with the full batch this is the iteration.
        iteration: steps taken up to the end of this epoch.
        cost: see `History.costs`.
        now: the training as it is. Where the engine takes several epochs at a time (`every` of `fit`), that
            is after the last of them.
        validation_cost: see `History.validation_costs`; None without validation examples.
        learning_rate: that of the last step of the epoch.
        score: of the validation examples, where the monitor has one.
    """

    epoch: int
    iteration: int
    cost: float
    now: Now
    validation_cost: float | None = None
    learning_rate: float = 0.0
    score: float | None = None

    def snapshot(self) -> dict[str, Array]:
        """The parameters as they are now."""
        return self.now.parameters()


@dataclass(frozen=True)
class NotLearning:
    """The training ended and learned nothing, or less; see `pellucid.training.learning`.

    Attributes:
        symptom: "cost-rose", "constant-answer" (no better than one answer for every example) or "one-class"
            (every example is given the most frequent class).
        cause: the likely one, a short name: "rate-too-large".
        seen: the symptom in words, with its figures.
        likely: the cause in words, with its figures.
        advice: what to do.
        command: of `pellucid`, the one that shows more: "health" or "lr-find".
    """

    symptom: str
    cause: str
    seen: str
    likely: str
    advice: str
    command: str

    @property
    def message(self) -> str:
        """One line: what was seen, the likely cause, what to do."""
        advice = self.advice[:1].upper() + self.advice[1:]
        return f"the training did not learn: {self.seen}. Likely cause: {self.likely}. {advice}"


@dataclass(frozen=True)
class TrainingEnd:
    """The result.

    Attributes:
        network: what was trained.
        parameters: the trained ones.
        history: how it went.
        state: where the run stands: `fit(..., state=...)` goes on from it.
    """

    network: Network
    parameters: dict[str, Array]
    history: History
    state: RunState

    def __repr__(self) -> str:
        return f"TrainingEnd({list(self.network.layer_dims)}, {self.history!r})"

    def _repr_html_(self) -> str:
        return self.history._repr_html_()


Event: TypeAlias = TrainingStart | StepEnd | EpochEnd | NotLearning | TrainingEnd
Listener: TypeAlias = Callable[[Event], None]
