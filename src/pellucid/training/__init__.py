"""When a Network is trained: epochs, batches, schedules, history, and the events that faces listen to."""

from pellucid.training.auto_layers import LADDER, AutoLayers, LayersListener, LayersTried, auto_layers
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
from pellucid.training.layer_trials import TriedLayers
from pellucid.training.loop import fit, train
from pellucid.training.options import TrainingOptions
from pellucid.training.range_test import LearningRateRange, lr_find
from pellucid.training.schedules import Extent, Schedule

__all__ = [
    "LADDER",
    "AutoLayers",
    "EpochEnd",
    "Event",
    "Extent",
    "History",
    "LabelledColumns",
    "LayersListener",
    "LayersTried",
    "LearningRateRange",
    "Listener",
    "Schedule",
    "TrainingEnd",
    "TrainingOptions",
    "TrainingStart",
    "TriedLayers",
    "auto_layers",
    "bare_cost",
    "check_finite_columns",
    "checked_columns",
    "epoch_batches",
    "fit",
    "lr_find",
    "predicts_numbers",
    "train",
]
