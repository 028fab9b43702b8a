"""Asked: what somebody asked for, kept apart from the defaults, which may depend on the data."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from pellucid.cli.config import TrainConfig
from pellucid.cli.config_file import read_options

# Whoever asks for one of these does not want what the defaults have for others: iterations are steps on
# all examples, and the numbers of one optimizer mean nothing to the next.
_BELONGS_TO = {"iterations": ("batch_size",), "optimizer": ("momentum", "weight_decay")}


@dataclass(frozen=True)
class Asked:
    """Options by the names of `TrainConfig`: those of a file, and those of the command line, which win."""

    in_file: Mapping[str, Any]
    on_line: Mapping[str, Any]

    @classmethod
    def of(cls, parameters: Mapping[str, Any], config: str | None) -> Self:
        """What a command was called with.

        Args:
            parameters: of the command, by name; None or False where an option was not given.
            config: the file of its --config.

        Raises:
            OptionError: the file holds what is no option.
        """
        names = {item.name for item in fields(TrainConfig)}
        given = {name: value for name, value in parameters.items() if name in names and value is not False}
        given = {name: value for name, value in given.items() if value is not None}
        return cls(read_options(Path(config)) if config else {}, given)

    def config(self, defaults: Mapping[str, Any] | None = None) -> TrainConfig:
        """The settings: whatever was asked for, and defaults for the rest.

        Args:
            defaults: in place of those of `TrainConfig`.

        Raises:
            OptionError: a value out of its range.
        """
        given = {*self.in_file, *self.on_line}
        gone = {name for other in given for name in _BELONGS_TO.get(other, ())} - given
        kept = {name: value for name, value in (defaults or {}).items() if name not in gone}
        return TrainConfig().updated(kept).updated(self.in_file).updated(self.on_line)
