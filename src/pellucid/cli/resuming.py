"""pellucid train --resume: what a run folder says of the run that it goes on with."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pellucid.cli.arguments import combined, read_options
from pellucid.cli.console import note
from pellucid.errors import ModelFileError, NotFoundError, OptionError
from pellucid.files.checkpoint_file import holds_checkpoint
from pellucid.files.reading import shown
from pellucid.model import Model
from pellucid.training import Event, Listener, SavedTraining, TrainingStart
from pellucid.training.resuming import changes

_LENGTHS = ("epochs", "iterations")


def settings_of_run(folder: Path, out: Path | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run that is gone on with, before anything else of it is read.

    Args:
        folder: of the run.
        out: a folder that was asked for too.
        given: settings that were given now, which come first.

    Raises:
        NotFoundError: there is no run, or no checkpoint of it.
        OptionError: the run goes on in its own folder only.
    """
    if out is not None:
        raise OptionError("--resume and --out are both given; a run goes on in its own folder")
    if not folder.is_dir():
        raise NotFoundError(f"there is no folder {shown(folder)}; expected that of a run, as runs/train-1")
    if not holds_checkpoint(folder):
        raise NotFoundError(f"there is no checkpoint in {shown(folder)}{_instead(folder)}")
    settings = read_options(folder / "config.toml")
    if given.get("start_from") is not None:
        raise OptionError(
            "--resume and --start-from are both given; expected --resume, which goes on with the run, or "
            "--start-from, which begins another one"
        )
    return combined(settings, given)


def read_saved(folder: Path, settings: Mapping[str, Any]) -> SavedTraining:
    """The last checkpoint of a run, in a folder that no other process writes to.

    Args:
        folder: of the run.
        settings: with which it is to go on.

    Raises:
        ModelFileError: no checkpoint can be used.
        OptionError: the run has ended.
    """
    saved = SavedTraining.read(folder)
    for line in saved.refused:
        note(f"{line}; going on from the checkpoint before")
    _refuse_an_ended_one(folder, saved, settings)
    return saved


def _instead(folder: Path) -> str:
    """What to do with a run that left no checkpoint."""
    if (folder / "model.safetensors").exists():
        return f"; the run has ended, and {_starts_from(folder)} trains its model on"
    repeats = f"pellucid train --config {shlex.quote(str(folder / 'config.toml'))}"
    return f"; {repeats} repeats it" if (folder / "config.toml").exists() else "; expected that of a run"


def _refuse_an_ended_one(folder: Path, saved: SavedTraining, settings: Mapping[str, Any]) -> None:
    """Refuse to go on with a run that is complete, its report included."""
    epochs = next((settings[name] for name in _LENGTHS if settings.get(name) is not None), 0)
    done = max((state.epoch for state in saved.states if state is not None), default=0)
    if not saved.has_trained(epochs) or not (folder / "report.json").exists() or not _is_published(folder):
        return
    if saved.has_stopped_early:
        raise OptionError(
            f"the run in {shown(folder)} has ended by early stopping, after {done} epochs, and more epochs "
            f"would not change that; {_starts_from(folder)} trains its model on"
        )
    if done > epochs:
        # What is asked for is refused by its own words.
        return
    raise OptionError(
        f"the run in {shown(folder)} has ended, after {done} epochs; --epochs with a larger number trains "
        "it on"
    )


def _is_published(folder: Path) -> bool:
    try:
        return Model.load(folder / "model.safetensors").history.reason in ("completed", "early_stopping")
    except (NotFoundError, ModelFileError):
        return False


def _starts_from(folder: Path) -> str:
    return f"--start-from {shlex.quote(str(folder / 'model.safetensors'))}"


def _places(saved: SavedTraining) -> str:
    epochs = [0 if state is None else state.epoch for state in saved.states]
    if len(set(epochs)) == 1:
        return f"goes on from epoch {epochs[0]}"
    return f"goes on: its members from the epochs {', '.join(map(str, epochs))}"


def noting_changes(saved: SavedTraining, folder: Path) -> Listener:
    """A listener that says where a run goes on, and whether its last bits will differ."""

    def listen(event: Event) -> None:
        if isinstance(event, TrainingStart):
            note(f"{shown(folder)} {_places(saved)} of {event.epochs}")
            for line in changes(saved, event.now):
                note(line)

    return listen
