"""Checkpoints: a listener that writes the state of a training to a folder; and going on from there."""

import os
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Self

from pellucid.errors import ModelFileError, NotFoundError, OptionError, OutputError, warn
from pellucid.examples import Examples
from pellucid.files.atomic import write_atomically
from pellucid.files.checkpoint_file import holds_checkpoint, read_checkpoint, remove_older, write_checkpoint
from pellucid.files.claim import Claim
from pellucid.files.reading import shown
from pellucid.network import Network
from pellucid.training.events import EpochEnd, Event, Listener, Now, TrainingEnd, TrainingStart
from pellucid.training.loop import train
from pellucid.training.monitor import Monitor
from pellucid.training.options import TrainingOptions
from pellucid.training.order import Order
from pellucid.training.origin import Origin
from pellucid.training.run_state import RunState, SavedRun
from pellucid.training.state_document import described, state_of

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
        if not number > 0 or (unit.startswith("epoch") and number != int(number)):
            raise OptionError(
                f"checkpoint_every is {text!r:.60}; expected a time as 30s, 5min or 2h, a number of epochs "
                "as 3 epochs, or never"
            )
        return cls(epochs=int(number)) if unit.startswith("epoch") else cls(number * _UNITS[unit])


class SavedTraining(NamedTuple):
    """What a checkpoint holds.

    Attributes:
        states: of each member of an ensemble, of one network a single one; None: it has not begun.
        origin: what they belong to.
        refused: a line for each newer generation that could not be used.
    """

    states: tuple[RunState | None, ...]
    origin: Origin
    refused: tuple[str, ...] = ()

    @classmethod
    def read(cls, folder: str | os.PathLike[str]) -> Self:
        """Read the newest checkpoint of a folder that is whole.

        Raises:
            NotFoundError: there is none.
            ModelFileError: none can be used.
        """
        file = read_checkpoint(folder)
        try:
            members = file.document["checkpoint"]["members"]
            if not isinstance(members, list) or not members:
                raise ModelFileError("describes no training: it has no members")
            states = [
                None if member is None else state_of(member, _of_member(file.tensors, k))
                for k, member in enumerate(members)
            ]
            origin = Origin.from_dict(file.document["checkpoint"].get("origin"))
        except (KeyError, TypeError) as error:
            raise ModelFileError(f"{shown(file.path)} describes no training: {error}") from None
        except ModelFileError as error:
            raise ModelFileError(f"{shown(file.path)} {error}") from None
        return cls(tuple(states), origin, file.refused)

    @property
    def run(self) -> SavedRun | None:
        """The state of the first member, which has to be of the same data and settings."""
        return None if self.states[0] is None else SavedRun(self.states[0], self.origin)


def _of_member(tensors: Mapping[str, Any], k: int) -> dict[str, Any]:
    own = f"{k}."
    return {name.removeprefix(own): value for name, value in tensors.items() if name.startswith(own)}


class Checkpoints:
    """A listener that writes the state of a training now and then, and where the training is interrupted.

    The first is written after a minute, unless the interval is shorter. What is written while the training
    ends lets it go on with more epochs. A checkpoint that cannot be written does not end the training.

    Args:
        folder: where to; it is this process's until `close`. Or a `Claim` of a folder, which stays the
            caller's.
        every: a time as "30s", "5min" or "2h", a number of epochs as "3 epochs", or "never".
        members: of an ensemble; each has its listener, see `of_member`.
        before: the checkpoint that the training goes on from.
        beside: texts of other files by name, written before the first checkpoint.
        said: called with a line about what could not be written; None: a warning.

    Attributes:
        written: whether there is a checkpoint of this training.

    Raises:
        OptionError: another interval.
        OutputError: another process writes to the folder, or it cannot be written to.
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
        self._own = not isinstance(folder, Claim)
        self._claim = folder if isinstance(folder, Claim) else Claim(folder)
        self._states: list[RunState | None] = list(before.states) if before else [None] * members
        self._now: list[Now | None] = [None] * len(self._states)
        self._origin: Callable[[], Origin] | None = None if before is None else (lambda: before.origin)
        self._beside, self._said = dict(beside or {}), said or warn
        self._lock = threading.Lock()
        self._next_time = self._next_epoch = 0.0
        self.written = before is not None

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
                self._write()
            finally:
                self._lock.release()

    def _begin(self, k: int, event: TrainingStart) -> None:
        with self._lock:
            self._now[k] = event.now
            if self._origin is None and k == 0:
                self._origin = event.now.origin
            if not self._next_time:
                self._set_next(first=True)

    def _is_due(self, event: Event) -> bool:
        if self._interval.epochs is not None:
            return isinstance(event, EpochEnd) and event.epoch + 1 >= self._next_epoch
        return self._interval.seconds is not None and time.monotonic() >= self._next_time

    def _set_next(self, *, first: bool = False) -> None:
        seconds, epochs = self._interval
        self._next_time = time.monotonic() + min(seconds or _FIRST, _FIRST if first else seconds or _FIRST)
        if epochs is not None:
            done = max(((state and state.epoch) or 0 for state in self._states), default=0)
            self._next_epoch = done + epochs

    def _write(self) -> None:
        """Write the present states. An error is said: the training is worth more than its checkpoint."""
        try:
            self._states = [
                state if now is None else now.run_state()
                for state, now in zip(self._states, self._now, strict=True)
            ]
            # Somebody may have removed it; what is in its place is said by the writer.
            with suppress(OSError):
                self._claim.folder.mkdir(parents=True, exist_ok=True)
            for name, text in self._beside.items():
                write_atomically(self._claim.folder / name, text.encode("utf-8", "backslashreplace"))
            self._beside = {}
            write_checkpoint(self._claim.folder, *self._described())
            self.written = True
        except (OutputError, MemoryError) as error:
            reason = str(error) or "not enough memory"
            self._said(f"no checkpoint was written: {reason}. The training goes on")
        self._set_next()

    def _described(self) -> tuple[dict[str, Any], dict[str, Any]]:
        assert self._origin is not None  # the first member has begun
        members: list[dict[str, Any] | None] = []
        tensors: dict[str, Any] = {}
        for k, state in enumerate(self._states):
            document, arrays = (None, {}) if state is None else described(state)
            members.append(document)
            tensors |= {f"{k}.{name}": value for name, value in arrays.items()}
        return {"checkpoint": {"members": members, "origin": self._origin().to_dict()}}, tensors

    def end(self, *, ended: bool) -> None:
        """Write the last states: of a training that was interrupted, or one that has checkpoints.

        Args:
            ended: whether the training came to its own end.
        """
        if self._interval == Interval() or self._origin is None or (ended and not self.written):
            return
        with self._lock:
            self._write()
            if ended and self.written:
                remove_older(self._claim.folder)

    def close(self) -> None:
        """Give the folder back."""
        if self._own:
            self._claim.release()


def resume(
    folder: str | os.PathLike[str],
    network: Network,
    examples: Examples,
    options: TrainingOptions | None = None,
    *,
    validation: Examples | None = None,
    order: Order | None = None,
    monitor: Monitor | None = None,
    stop: threading.Event | None = None,
    listeners: Sequence[Listener] = (),
    checkpoint_every: str = EVERY,
) -> TrainingEnd:
    """Go on with a training whose `Checkpoints` lie in a folder, and write further ones there.

    On the same engine, instructions and threads the result is the same to the bit as if it had never
    stopped; otherwise to rounding, and a warning says so.

    Args:
        folder: of the checkpoints.
        network: as before.
        examples: as before.
        options: as before; only `epochs`, `engine`, `threads` and `shortcut` may differ.
        validation: as before.
        order: as before.
        monitor: as before.
        stop: see `train`.
        listeners: see `train`.
        checkpoint_every: see `Checkpoints`.

    Raises:
        NotFoundError: there is no checkpoint.
        ModelFileError: none can be used.
        OptionError: data or settings are others; the message says which.
        OutputError: another process writes to the folder, or it cannot be written to.
        As `train`.
    """
    if not holds_checkpoint(folder):
        raise NotFoundError(f"there is no checkpoint in {shown(folder)}; expected one to go on from")
    with Claim(folder) as claim:
        saved = SavedTraining.read(folder)
        if len(saved.states) > 1:
            raise OptionError(
                f"the checkpoint in {shown(folder)} is of {len(saved.states)} members; "
                "pellucid train --resume goes on with it"
            )
        for line in saved.refused:
            warn(f"{line}; going on from the checkpoint before")
        checkpoints = Checkpoints(claim, checkpoint_every, before=saved)

        def compare(event: Event) -> None:
            if isinstance(event, TrainingStart):
                for line in changes(saved, event.now):
                    warn(line)

        return train(
            network,
            examples,
            options,
            state=saved.run,
            validation=validation,
            order=order,
            monitor=monitor,
            stop=stop,
            listeners=[compare, checkpoints, *listeners],
        )


def changes(saved: SavedTraining, now: Now) -> list[str]:
    """Lines about what makes a training go on otherwise than it would have: rates, and the last bits.

    Args:
        saved: the checkpoint.
        now: the present state of the first member.
    """
    lines = [now.origin().stretched(saved.origin)]
    if saved.states[0] is not None:
        was, is_now = (_arithmetic(state) for state in (saved.states[0], now.run_state()))
        if was != is_now:
            lines.append(f"it was trained with {was}, and now with {is_now}: the same but for rounding")
    return [line for line in lines if line]


def _arithmetic(state: RunState) -> str:
    return f"the {state.engine} engine ({state.arithmetic}, {state.threads} threads)"
