"""RunState: the state of a run, apart from its network, examples and options. SavedRun: with these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pellucid.core._arrays import Array
from pellucid.engines import TrainingState
from pellucid.training.monitor import MonitorState, Plateau
from pellucid.training.origin import Origin


@dataclass(frozen=True, eq=False)
class RunState:
    """The state of a training. A value of plain numbers and arrays, ready to be written to disk.

    Attributes:
        training: parameters, slots and counts of the engine: those of the reduced network if the short cut
            for wide inputs is used.
        epoch: number of complete epochs.
        step: number of steps in the epoch in progress.
        step_costs: costs of those steps.
        seen: number of examples in the complete epochs.
        costs: of the complete epochs.
        rates: learning rate of the last step of each complete epoch.
        validation_costs: after each complete epoch; empty without validation.
        scores: after each complete epoch; empty without a score.
        monitor: state of the monitor.
        schedule_plateau: plateau of an adaptive schedule.
        divided: number of times that the schedule divided the rate.
        last_finite: the parameters with the last finite validation cost; None without validation.
        m: examples in an epoch; None: unknown.
        steps_per_epoch: batches in an epoch; None: unknown.
        plateaued: whether the monitor has ended the training.
        first_weights: the initial W1 (n_1, n_0), if the short cut is used; else None.
        threads: number of threads, on which the last bits depend; None: unknown.
        engine: name of the engine; empty: unknown.
        arithmetic: what else the last bits depend on, see `Engine.arithmetic`.
    """

    training: TrainingState
    epoch: int = 0
    step: int = 0
    step_costs: tuple[float, ...] = ()
    seen: int = 0
    costs: tuple[float, ...] = ()
    rates: tuple[float, ...] = ()
    validation_costs: tuple[float, ...] = ()
    scores: tuple[float, ...] = ()
    monitor: MonitorState = field(default_factory=MonitorState)
    schedule_plateau: Plateau = field(default_factory=Plateau)
    divided: int = 0
    last_finite: Mapping[str, Array] | None = None
    m: int | None = None
    steps_per_epoch: int | None = None
    plateaued: bool = False
    first_weights: Array | None = None
    threads: int | None = None
    engine: str = ""
    arithmetic: str = ""

    def __repr__(self) -> str:
        return f"RunState({self.epoch} epochs and {self.step} steps complete)"


class SavedRun(NamedTuple):
    """The state of a run, and what it belongs to: a run that starts from it has to be of the same."""

    state: RunState
    origin: Origin
