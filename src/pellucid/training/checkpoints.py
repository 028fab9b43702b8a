"""Checkpoints: a listener that writes the state of a training to a folder."""

import math
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NamedTuple, Self

from pellucid.errors import DataError, OptionError, OutputError, warn
from pellucid.files.atomic import write_atomically
from pellucid.files.checkpoint_file import holds_checkpoint, remove_older, write_checkpoint
from pellucid.files.claim import Claim
from pellucid.files.reading import shown
from pellucid.training.events import EpochEnd, Event, Listener, Now, TrainingEnd, TrainingStart
from pellucid.training.origin import Origin
from pellucid.training.run_state import RunState
from pellucid.training.saved_training import SavedTraining, described_training

EVERY = "5min"
# The first one comes after so many seconds: what is lost before is soon trained again.
_FIRST = 60.0
_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0}


class Interval(NamedTuple):
    """How often a checkpoint is written.

    Attributes:
        seconds: from one to the next; None: the time does not matter.
        epochs: from one to the next; None: they do not matter.
    """

    seconds: float | None = None
    epochs: int | None = None

    @classmethod
    def named(cls, text: str) -> "Interval":
        """From "30s", "5min", "2h", "3 epochs" or "never".

        Raises:
            OptionError: something else.
        """
        if text == "never":
            return cls()
        found = re.fullmatch(r"(\d+(?:\.\d+)?) *(s|min|h|epochs?)", text) if isinstance(text, str) else None
        number, unit = (float(found[1]), found[2]) if found else (0.0, "")
        if not 0 < number < math.inf or (unit.startswith("epoch") and number != int(number)):
            raise OptionError(
                f"checkpoint_every is {text!r:.60}; expected a time as 30s, 5min or 2h, a number of epochs "
                "as 3 epochs, or never"
            )
        return cls(epochs=int(number)) if unit.startswith("epoch") else cls(number * _UNITS[unit])


class Checkpoints:
    """A listener that writes the state of a training now and then, and where the training is interrupted.

    The first is written after a minute, unless the interval is shorter. What is written while the training
    ends lets it go on with more epochs. A checkpoint that cannot be written does not end the training.
    Each training has an object of its own.

    Args:
        folder: where to, from the first step to the end this process's. Or a `Claim` of a folder, which
            stays the caller's.
        every: a time as "30s", "5min" or "2h", a number of epochs as "3 epochs", or "never".
        members: of an ensemble; each has its listener, see `of_member`.
        before: the checkpoint that the training goes on from.
        beside: texts of other files by name, written before the first checkpoint.
        said: called with a line about what could not be written; None: a warning.

    Attributes:
        written: whether there is a checkpoint of this training.
        before: see above.

    Raises:
        OptionError: another interval; when a training begins, a second training with the same object.
        OutputError: when a training begins: another one writes to the folder, it holds the checkpoint of
            another one, or it cannot be written to.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] | Claim,
        every: str = EVERY,
        *,
        members: int = 1,
        before: SavedTraining | None = None,
        beside: Mapping[str, str] | None = None,
        said: Callable[[str], None] | None = None,
    ) -> None:
        self._interval = Interval.named(every)
        self._folder, self._claims = folder, not isinstance(folder, Claim)
        self._claim = folder if isinstance(folder, Claim) else None
        self.before = before
        self._states: list[RunState | None] = list(before.states) if before else [None] * members
        self._now: list[Now | None] = [None] * len(self._states)
        self._begun: set[int] = set()
        self._before_first: dict[int, int] = {}
        self._origin: Callable[[], Origin] | None = None
        self._beside, self._said = dict(beside or {}), said or warn
        self._lock = threading.Lock()
        self._next_time = self._next_epoch = 0.0
        self.written = before is not None

    @classmethod
    def going_on(cls, folder: str | os.PathLike[str], every: str = EVERY) -> Self:
        """Checkpoints in a folder that may hold some of the same training: `before` is the last one.

        Args:
            folder: this process's from now on, until the training has ended or `close`.
            every: see `Checkpoints`.

        Raises:
            OptionError, OutputError: see `Checkpoints`.
            ModelFileError: the folder has checkpoints, and none can be used.
        """
        if not os.fspath(folder):
            raise OptionError("the folder of checkpoints is ''; expected its name")
        claim = Claim(folder)
        try:
            # Only now: until then another process may have written to it.
            before = SavedTraining.read(folder) if holds_checkpoint(folder) else None
            checkpoints = cls(claim, every, before=before)
        except BaseException:
            claim.release()
            raise
        for line in before.refused if before else ():
            warn(f"{line}; going on from the checkpoint before")
        checkpoints._claims = True
        return checkpoints

    def of_member(self, k: int) -> Listener:
        """The listener for one member of an ensemble, counted from 0."""
        return lambda event: self._take(k, event)

    def __call__(self, event: Event) -> None:
        """Take an event of a training of one network."""
        self._take(0, event)
        if isinstance(event, TrainingEnd):
            self.end(ended=event.history.reason in ("completed", "early_stopping"))

    def _take(self, k: int, event: Event) -> None:
        if isinstance(event, TrainingStart):
            self._begin(k, event)
        elif isinstance(event, TrainingEnd):
            with self._lock:
                self._states[k], self._now[k] = event.state, None
        elif self._is_due(event) and self._lock.acquire(blocking=False):
            # Another member's thread may be writing: then it is no longer due.
            try:
                self._write(". The training goes on")
            finally:
                self._lock.release()

    def _begin(self, k: int, event: TrainingStart) -> None:
        with self._lock:
            if k in self._begun:
                raise OptionError("these checkpoints were of another training; expected an object for each")
            self._claimed()
            self._begun.add(k)
            self._now[k] = event.now
            self._before_first[k] = _uncounted(event.now.run_state())
            if k == 0:
                self._origin = event.now.origin
            if not self._next_time:
                self._set_next(first=True)

    def _claimed(self) -> Claim:
        """The folder, this process's."""
        if self._claim is None:
            assert not isinstance(self._folder, Claim)  # it would be the claim
            self._claim = Claim(self._folder)
        if self.before is None and not self._begun and holds_checkpoint(self._claim.place):
            self.close()
            raise OutputError(
                f"{shown(self._claim.folder)} holds the checkpoint of another training; expected an empty "
                "folder, or training.resume, which goes on with it"
            )
        return self._claim

    def _is_due(self, event: Event) -> bool:
        # The first member may begin after others: it looks at all examples first.
        if self._origin is None:
            return False
        if self._interval.epochs is not None:
            return isinstance(event, EpochEnd) and event.epoch + 1 >= self._next_epoch
        return self._interval.seconds is not None and time.monotonic() >= self._next_time

    def _set_next(self, *, first: bool = False) -> None:
        seconds, epochs = self._interval
        self._next_time = time.monotonic() + min(seconds or _FIRST, _FIRST if first else seconds or _FIRST)
        if epochs is not None:
            done = max(((state and state.epoch) or 0 for state in self._states), default=0)
            self._next_epoch = done + epochs

    def _write(self, goes_on: str = "") -> None:
        """Write the present states. An error is said: the training is worth more than its checkpoint."""
        assert self._origin is not None  # the first member has begun
        assert self._claim is not None  # then it is claimed
        place = self._claim.place
        try:
            self._states = [
                state if now is None else now.run_state()
                for state, now in zip(self._states, self._now, strict=True)
            ]
            for k, before_first in self._before_first.items():
                state = self._states[k]
                if state is not None and _uncounted(state) != before_first:
                    raise OutputError("the training was interrupted within a call of the engine")
            # Somebody may have removed it; what is in its place is said by the writer.
            with suppress(OSError):
                place.mkdir(parents=True, exist_ok=True)
            for name, text in self._beside.items():
                write_atomically(place / name, text.encode("utf-8", "backslashreplace"))
            self._beside = {}
            write_checkpoint(place, *described_training(self._states, self._origin()))
            self.written = True
        # Examples in files may no longer be readable.
        except (OutputError, DataError, MemoryError) as error:
            self._said(f"no checkpoint was written: {str(error) or 'not enough memory'}{goes_on}")
        self._set_next()

    def end(self, *, ended: bool) -> None:
        """Write the last states: of a training that was interrupted, or one that has checkpoints.

        Args:
            ended: whether the training came to its own end.
        """
        if self._interval == Interval() or self._origin is None or (ended and not self.written):
            return
        with self._lock:
            self._write()
            if ended and self.written and self._claim is not None:
                # Where it cannot be removed, it does no harm.
                with suppress(OutputError):
                    remove_older(self._claim.place)

    def close(self) -> None:
        """Give the folder back, unless the claim is the caller's."""
        if self._claim is not None and self._claims:
            self._claim.release()


def _uncounted(state: RunState) -> int:
    """The engine's steps that a run does not count: those before it, and those of a call that broke off."""
    return state.training.step_count - state.epoch * (state.steps_per_epoch or 0) - state.step
