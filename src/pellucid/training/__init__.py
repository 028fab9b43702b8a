"""When a Network is trained: epochs, batches, history, and the events that faces listen to."""

from pellucid.training.events import EpochEnd, Event, Listener, TrainingEnd, TrainingStart
from pellucid.training.history import History
from pellucid.training.loop import (
    LabelledColumns,
    check_finite_columns,
    checked_columns,
    epoch_batches,
    fit,
    train,
)
from pellucid.training.options import TrainingOptions

__all__ = [
    "EpochEnd",
    "Event",
    "History",
    "LabelledColumns",
    "Listener",
    "TrainingEnd",
    "TrainingOptions",
    "TrainingStart",
    "check_finite_columns",
    "checked_columns",
    "epoch_batches",
    "fit",
    "train",
]
