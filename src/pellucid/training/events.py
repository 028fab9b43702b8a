"""The events of a training. Listeners take them: a progress bar, a log, a page, a callback."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from pellucid.core._arrays import Array
from pellucid.engines import TrainingState
from pellucid.examples import Integers
from pellucid.network import Network
from pellucid.training.history import History
from pellucid.training.origin import Origin
from pellucid.training.run_state import RunState

Snapshot: TypeAlias = Callable[[], dict[str, Array]]


class Now(NamedTuple):
    """Functions that return the present state of a training: from any thread, during and after it.

    Attributes:
        parameters: returns the parameters, of full size.
        training_state: returns the `TrainingState`, of full size: for `pellucid.trace`.
        run_state: returns the `RunState`, from which `fit(..., state=...)` goes on.
        origin: returns what that state belongs to; the first call reads all examples.
    """

    parameters: Snapshot
    training_state: Callable[[], TrainingState]
    run_state: Callable[[], RunState]
    origin: Callable[[], Origin]

    def __repr__(self) -> str:
        return f"Now({', '.join(f'{name}()' for name in self._fields)})"


@dataclass(frozen=True)
class TrainingStart:
    """All checks have passed; the first step comes next.

    Attributes:
        network: the network in training.
        m: examples in an epoch.
        epochs: the largest number of epochs.
        batches_per_epoch: steps in each epoch.
        engine: name of the engine.
        now: the present state of the training.
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
        epoch: the epoch of the step, counted from 0.
        cost: of the batch before the step, in nats per example, penalties included.
        learning_rate: of the step.
        columns: indices of the examples of the batch, (k,); None: all, in their order.
        now: the present state of the training.
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
    """One pass over the examples is complete. A tuple, which is quick to make for every epoch.

    Attributes:
        epoch: counted from 0; with the full batch this is the iteration.
        iteration: steps taken up to the end of this epoch.
        cost: see `History.costs`.
        now: the present state of the training. If the engine takes several epochs at a time (`every` of
            `fit`), that is the state after the last of them.
        validation_cost: see `History.validation_costs`; None without validation examples.
        learning_rate: that of the last step of the epoch.
        score: of the validation examples; None without a score in the monitor.
    """

    epoch: int
    iteration: int
    cost: float
    now: Now
    validation_cost: float | None = None
    learning_rate: float = 0.0
    score: float | None = None

    def snapshot(self) -> dict[str, Array]:
        """The present parameters."""
        return self.now.parameters()


class EpochProgress(NamedTuple):
    """A second has passed within an epoch.

    Attributes:
        epoch: counted from 0.
        iteration: steps taken so far.
        share: of the epoch that is done, above 0 and below 1.
        now: the present state of the training.
    """

    epoch: int
    iteration: int
    share: float
    now: Now

    def __repr__(self) -> str:
        return f"EpochProgress({self.share:.0%} of epoch {self.epoch}, iteration {self.iteration})"


@dataclass(frozen=True)
class NotLearning:
    """The training ended and did not learn; see `pellucid.training.learning`.

    Attributes:
        symptom: "cost-rose", "constant-answer" (no better than one prediction for every example) or
            "one-class" (every prediction is the most frequent class).
        cause: short name of the likely cause: "rate-too-large".
        seen: the symptom in words, with its figures.
        likely: the likely cause in words, with its figures.
        advice: the remedy to try.
        command: the command of `pellucid` that shows more: "health" or "lr-find".
    """

    symptom: str
    cause: str
    seen: str
    likely: str
    advice: str
    command: str

    @property
    def message(self) -> str:
        """The symptom, the likely cause and the advice in one line."""
        advice = self.advice[:1].upper() + self.advice[1:]
        return f"the training did not learn: {self.seen}. Likely cause: {self.likely}. {advice}"


@dataclass(frozen=True)
class TrainingEnd:
    """The result of a training.

    Attributes:
        network: the trained network.
        parameters: the trained parameters.
        history: costs, steps, engine, and the reason of the end.
        state: state of the run, from which `fit(..., state=...)` goes on.
    """

    network: Network
    parameters: dict[str, Array]
    history: History
    state: RunState

    def __repr__(self) -> str:
        return f"TrainingEnd({list(self.network.layer_dims)}, {self.history!r})"

    def _repr_html_(self) -> str:
        return self.history._repr_html_()


Event: TypeAlias = TrainingStart | StepEnd | EpochEnd | EpochProgress | NotLearning | TrainingEnd
Listener: TypeAlias = Callable[[Event], None]
