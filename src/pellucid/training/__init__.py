"""Training a Network: the loop, batches, the monitor, schedules, history and events."""

from pellucid.training.auto_layers import LADDER, AutoLayers, auto_layers
from pellucid.training.candidates import Candidate
from pellucid.training.checkpoints import Checkpoints
from pellucid.training.defaults import EFFORTS, defaults_for, settings_for
from pellucid.training.events import (
    EpochEnd,
    EpochProgress,
    Event,
    Listener,
    NotLearning,
    Now,
    StepEnd,
    TrainingEnd,
    TrainingStart,
)
from pellucid.training.history import History
from pellucid.training.loop import fit, train
from pellucid.training.monitor import Monitor, MonitorState
from pellucid.training.options import TrainingOptions
from pellucid.training.order import Order, epoch_batches
from pellucid.training.range_test import LearningRateRange, lr_find
from pellucid.training.resuming import resume
from pellucid.training.run_state import RunState
from pellucid.training.saved_training import SavedTraining
from pellucid.training.schedules import Extent, Schedule
from pellucid.training.search import Searched, SearchListener, TrialMeasured, search
from pellucid.training.trials import TrialResult

__all__ = [
    "EFFORTS",
    "LADDER",
    "AutoLayers",
    "Candidate",
    "Checkpoints",
    "EpochEnd",
    "EpochProgress",
    "Event",
    "Extent",
    "History",
    "LearningRateRange",
    "Listener",
    "Monitor",
    "MonitorState",
    "NotLearning",
    "Now",
    "Order",
    "RunState",
    "SavedTraining",
    "Schedule",
    "SearchListener",
    "Searched",
    "StepEnd",
    "TrainingEnd",
    "TrainingOptions",
    "TrainingStart",
    "TrialMeasured",
    "TrialResult",
    "auto_layers",
    "defaults_for",
    "epoch_batches",
    "fit",
    "lr_find",
    "resume",
    "search",
    "settings_for",
    "train",
]
