"""Training and the search before it, made visible: a listener that moves a bar."""

import math
import time
from pathlib import Path
from typing import Any, Self

import numpy as np

from pellucid.cli.inputs import Inputs
from pellucid.data.dataset import labels_of
from pellucid.display import cost_text
from pellucid.engines import engine_for
from pellucid.examples import Examples
from pellucid.files.reading import shown
from pellucid.metrics import accuracy, r2_score
from pellucid.network import Network
from pellucid.progress import Bar
from pellucid.training import (
    EpochEnd,
    EpochProgress,
    Event,
    NotLearning,
    TrainingEnd,
    TrainingStart,
    TrialMeasured,
)
from pellucid.training.feed import outputs

# The score costs a forward pass over the training set: it may take this share of the time.
_SHARE = 0.05
# Of a table that is too large for its dense form, so many examples are measured.
_MEASURED = 20_000


class TrainingProgress:
    """A listener that shows how far the search is, then cost, score and time left of the training.

    Args:
        inputs: what is trained on.
        shown: False: nothing is written.
    """

    def __init__(self, inputs: Inputs, *, shown: bool) -> None:
        self._inputs, self._shown = inputs, shown
        self._bar: Bar | None = None
        self._network: Network | None = None
        self._score, self._next_score = "", 0.0
        self._not_learning: list[NotLearning] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._close()

    def __call__(self, event: Event | TrialMeasured) -> None:
        """Take one event."""
        if isinstance(event, NotLearning):
            self._not_learning.append(event)
        if not self._shown:
            return
        if isinstance(event, TrialMeasured):
            self._show_trial(event)
        elif isinstance(event, TrainingStart):
            self._close()
            self._network = event.network
            self._bar = Bar("training", event.epochs, shown=True)
        elif isinstance(event, EpochEnd) and self._bar is not None:
            if event.epoch + 1 < self._bar.total:
                self._bar.update(event.epoch + 1, lambda: self._state(event))
        elif isinstance(event, EpochProgress) and self._bar is not None:
            self._bar.update(event.epoch, f"{event.share:.0%} of epoch {event.epoch + 1}")
        elif isinstance(event, TrainingEnd) and self._bar is not None and event.history.costs:
            # The parameters that are kept, which need not be those of the last epoch.
            state = f"cost {cost_text(event.history.costs[-1])}  {self._measured(event.parameters)}"
            self._bar.update(len(event.history.costs), state, last=True)

    def warnings(self, folder: Path) -> list[str]:
        """One line for each reason to think that nothing was learnt, with the command that shows more."""
        data = shown(self._inputs.data.data)
        subject = {"health": f"{folder / 'model.safetensors'} {data}", "lr-find": data}
        return [
            f"{event.message}; pellucid {event.command} {subject[event.command]} shows more"
            for event in self._not_learning
        ]

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()

    def _show_trial(self, event: TrialMeasured) -> None:
        if self._bar is None:
            self._bar = Bar("comparing settings", event.total, shown=True)
        cost = event.result.validation_cost
        self._bar.update(event.done, f"validation cost {cost:.4f}" if math.isfinite(cost) else "")
        if event.done == event.total:
            self._close()

    def _state(self, event: EpochEnd) -> str:
        started = time.monotonic()
        if started >= self._next_score:
            self._score = self._measured(event.snapshot())
            self._next_score = time.monotonic() + (time.monotonic() - started) / _SHARE
        return f"cost {cost_text(event.cost)}  {self._score}"

    def _measured(self, parameters: dict[str, Any]) -> str:
        fitting = self._inputs.plan.fitting
        assert self._network is not None  # the training has started
        assert fitting.Y is not None  # so it is labelled
        some: Examples = fitting
        if not fitting.is_dense:
            some = fitting.take(np.random.default_rng(0).integers(0, fitting.m, _MEASURED))
        AL = outputs(engine_for("auto", self._network).predictor(self._network, parameters), some)
        assert some.Y is not None  # as all of them
        if not fitting.classes:
            return f"train R^2 {r2_score(some.Y, AL):.3f}"
        return f"train accuracy {accuracy(labels_of(some.Y), labels_of(AL)):.3f}"
