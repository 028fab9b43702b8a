"""SavedTraining: what a checkpoint holds: the state of each member of a training, and their origin."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

from pellucid.errors import ModelFileError, OptionError
from pellucid.files.checkpoint_file import read_checkpoint
from pellucid.files.reading import shown
from pellucid.training.origin import Origin
from pellucid.training.run_state import RunState, SavedRun
from pellucid.training.state_document import described, state_of


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
    def has_stopped_early(self) -> bool:
        """Whether every member was ended by its monitor: more epochs change nothing."""
        return all(state is not None and state.plateaued for state in self.states)

    def has_trained(self, epochs: int) -> bool:
        """Whether every member has come to its end, in a training of so many epochs."""
        return all(
            state is not None and (state.plateaued or state.epoch >= epochs) for state in self.states
        )

    def check_length(self, epochs: int) -> None:
        """Refuse to go on to fewer epochs than there were.

        Args:
            epochs: of the whole training.

        Raises:
            OptionError: a member has trained longer.
        """
        done = max(
            (state.epoch + (state.step > 0) for state in self.states if state is not None), default=0
        )
        if done > epochs:
            raise OptionError(
                f"the checkpoint is in epoch {done} and the training is to have {epochs}; expected as many "
                "or more"
            )

    @property
    def run(self) -> SavedRun | None:
        """The state of the first member, which has to be of the same data and settings."""
        return None if self.states[0] is None else SavedRun(self.states[0], self.origin)


def _of_member(tensors: Mapping[str, Any], k: int) -> dict[str, Any]:
    own = f"{k}."
    return {name.removeprefix(own): value for name, value in tensors.items() if name.startswith(own)}


def described_training(
    states: Sequence[RunState | None], origin: Origin
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The document and the arrays of a checkpoint.

    Args:
        states: of each member; None: it has not begun.
        origin: what they belong to.
    """
    members: list[dict[str, Any] | None] = []
    tensors: dict[str, Any] = {}
    for k, state in enumerate(states):
        document, arrays = (None, {}) if state is None else described(state)
        members.append(document)
        tensors |= {f"{k}.{name}": value for name, value in arrays.items()}
    return {"checkpoint": {"members": members, "origin": origin.to_dict()}}, tensors
