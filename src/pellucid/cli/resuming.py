"""pellucid train --resume: what a run folder says of the run that it goes on with."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pellucid.cli.arguments import combined, read_options
from pellucid.cli.console import note
from pellucid.errors import ModelFileError, NotFoundError, OptionError
from pellucid.files.checkpoint_file import holds_checkpoint
from pellucid.files.claim import Claim
from pellucid.files.reading import shown
from pellucid.model import Model
from pellucid.training import Event, Listener, SavedTraining, TrainingStart
from pellucid.training.checkpoints import changes

_LENGTHS = ("epochs", "iterations")


@dataclass(frozen=True, eq=False)
class Before:
    """The run that is gone on with.

    Attributes:
        folder: its own.
        settings: by name: as it was trained, with those that were given now in their place.
        saved: its last checkpoint that is whole.
    """

    folder: Path
    settings: dict[str, Any]
    saved: SavedTraining

    def claimed(self) -> Claim:
        """Its folder, this process's.

        Raises:
            OutputError: the run is still in training, or nothing can be written there.
        """
        return Claim(self.folder)


def read_before(folder: Path, out: Path | None, given: Mapping[str, Any]) -> Before:
    """Read what is needed to go on with a run, before its data.

    Args:
        folder: of the run.
        out: a folder that was asked for too.
        given: settings that were given now.

    Raises:
        NotFoundError: there is no run, or no checkpoint of it.
        ModelFileError: no checkpoint can be used.
        OptionError: the run has ended, or goes on in its own folder only.
    """
    if out is not None:
        raise OptionError("--resume and --out are both given; a run goes on in its own folder")
    if not folder.is_dir():
        raise NotFoundError(f"there is no folder {shown(folder)}; expected that of a run, as runs/train-1")
    if not holds_checkpoint(folder):
        raise NotFoundError(f"there is no checkpoint in {shown(folder)}{_instead(folder)}")
    settings = combined(read_options(folder / "config.toml"), given)
    saved = SavedTraining.read(folder)
    for line in saved.refused:
        note(f"{line}; going on from the checkpoint before")
    if _has_ended(folder, saved) and not any(name in given for name in _LENGTHS):
        raise OptionError(
            f"the run in {shown(folder)} has ended, after {saved.states[0].epoch} epochs; "  # type: ignore[union-attr]
            "--epochs with a larger number trains it on"
        )
    return Before(folder, settings, saved)


def _instead(folder: Path) -> str:
    """What to do with a run that left no checkpoint."""
    if (folder / "model.safetensors").exists():
        return "; the run has ended: its model is model.safetensors"
    repeats = f"pellucid train --config {shlex.quote(str(folder / 'config.toml'))}"
    return f"; {repeats} repeats it" if (folder / "config.toml").exists() else "; expected that of a run"


def _has_ended(folder: Path, saved: SavedTraining) -> bool:
    """Whether the model of a run is there, and whole."""
    if saved.states[0] is None:
        return False
    try:
        history = Model.load(folder / "model.safetensors").history
    except (NotFoundError, ModelFileError):
        return False
    return history.reason in ("completed", "early_stopping")


def noting_changes(saved: SavedTraining, folder: Path) -> Listener:
    """A listener that says where a run goes on, and whether its last bits will differ."""

    def listen(event: Event) -> None:
        if isinstance(event, TrainingStart):
            note(f"{shown(folder)} goes on from epoch {event.now.run_state().epoch} of {event.epochs}")
            for line in changes(saved, event.now):
                note(line)

    return listen
