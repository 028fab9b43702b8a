"""resume: go on with a training from its last checkpoint."""

import os
import threading
from collections.abc import Sequence
from contextlib import closing

from pellucid.errors import NotFoundError, OptionError, warn
from pellucid.examples import Examples
from pellucid.files.checkpoint_file import holds_checkpoint
from pellucid.files.reading import shown
from pellucid.network import Network
from pellucid.training.checkpoints import EVERY, Checkpoints
from pellucid.training.events import Event, Listener, Now, TrainingEnd, TrainingStart
from pellucid.training.loop import train
from pellucid.training.monitor import Monitor
from pellucid.training.options import TrainingOptions
from pellucid.training.order import Order
from pellucid.training.run_state import RunState
from pellucid.training.saved_training import SavedTraining


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
    with closing(Checkpoints.going_on(folder, checkpoint_every)) as checkpoints:
        saved = checkpoints.before
        assert saved is not None  # there is a checkpoint
        if len(saved.states) > 1:
            raise OptionError(
                f"the checkpoint in {shown(folder)} is of {len(saved.states)} members; "
                "pellucid train --resume goes on with it"
            )
        saved.check_length((options or TrainingOptions()).epochs)

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
            lines.append(
                f"it was trained with {was}, and now with {is_now}: it goes on, not to the same bits"
            )
    return [line for line in lines if line]


def _arithmetic(state: RunState) -> str:
    return f"the {state.engine} engine ({state.arithmetic}, {state.threads} threads)"
