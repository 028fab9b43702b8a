"""When a Network is trained: epochs, batches, schedules, history, and the events that faces listen to."""

from pellucid.training.columns import (
    LabelledColumns,
    bare_cost,
    check_finite_columns,
    checked_columns,
    predicts_numbers,
)
from pellucid.training.epochs import epoch_batches
from pellucid.training.events import EpochEnd, Event, Listener, TrainingEnd, TrainingStart
from pellucid.training.history import History
from pellucid.training.loop import fit, train
from pellucid.training.options import TrainingOptions
from pellucid.training.schedules import Extent, Schedule

__all__ = [
    "EpochEnd",
    "Event",
    "Extent",
    "History",
    "LabelledColumns",
    "Listener",
    "Schedule",
    "TrainingEnd",
    "TrainingOptions",
    "TrainingStart",
    "bare_cost",
    "check_finite_columns",
    "checked_columns",
    "epoch_batches",
    "fit",
    "predicts_numbers",
    "train",
]
