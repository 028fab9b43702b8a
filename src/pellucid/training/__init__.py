"""When a Network is trained: the loop, batches, the monitor, schedules, history and events."""

from pellucid.training.auto_layers import LADDER, AutoLayers, LayersListener, LayersTried, auto_layers
from pellucid.training.events import (
    EpochEnd,
    Event,
    Listener,
    NotLearning,
    Now,
    StepEnd,
    TrainingEnd,
    TrainingStart,
)
from pellucid.training.history import History
from pellucid.training.layer_trials import TriedLayers
from pellucid.training.loop import fit, train
from pellucid.training.monitor import Monitor, MonitorState
from pellucid.training.options import TrainingOptions
from pellucid.training.order import Order, epoch_batches
from pellucid.training.range_test import LearningRateRange, lr_find
from pellucid.training.run import RunState
from pellucid.training.schedules import Extent, Schedule

__all__ = [
    "LADDER",
    "AutoLayers",
    "EpochEnd",
    "Event",
    "Extent",
    "History",
    "LayersListener",
    "LayersTried",
    "LearningRateRange",
    "Listener",
    "Monitor",
    "MonitorState",
    "NotLearning",
    "Now",
    "Order",
    "RunState",
    "Schedule",
    "StepEnd",
    "TrainingEnd",
    "TrainingOptions",
    "TrainingStart",
    "TriedLayers",
    "auto_layers",
    "epoch_batches",
    "fit",
    "lr_find",
    "train",
]
