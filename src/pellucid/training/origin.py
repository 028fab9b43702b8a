"""Origin: what the state of a run belongs to: its network, its settings, its examples, as plain values.

A run that goes on from a state has to have the same. What may differ is how long it trains, and by what
engine, on which the last bits depend.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from pellucid.core._arrays import as_numpy
from pellucid.encoded_table import EncodedTable
from pellucid.errors import ModelFileError, OptionError
from pellucid.examples import Columns, Examples
from pellucid.network import Network
from pellucid.optimizer import Optimizer
from pellucid.settings import declared_by, description_of
from pellucid.stored import Stored
from pellucid.training.monitor import Monitor
from pellucid.training.options import TrainingOptions
from pellucid.training.order import Order
from pellucid.training.schedules import LONG, Schedule

# The end of the name of a setting that nobody can read: two of them only differ.
DIGEST = " (digest)"

# Examples that are read at a time.
_BLOCK = 4096
# Bytes of files that are read for a digest.
_MOST_STORED = 1 << 30


@dataclass(frozen=True)
class Origin:
    """What a state belongs to.

    Attributes:
        network: as `Network.to_dict` has it.
        settings: by name, those that later steps depend on.
        examples: digests of X, Y and the weights, and how many examples of how many inputs there are.
        validation: the same of the validation examples; empty: there are none.
        epochs: for how many it was to train; it may change.
    """

    network: Mapping[str, Any]
    settings: Mapping[str, Any]
    examples: Mapping[str, Any]
    validation: Mapping[str, Any]
    epochs: int

    @classmethod
    def of(
        cls,
        network: Network,
        options: TrainingOptions,
        order: Order,
        monitor: Monitor,
        examples: Examples,
        held_out: Examples | None,
    ) -> "Origin":
        """The origin of a run; it reads all examples."""
        settings = {
            option.field: _plain(getattr(options, option.field))
            for option in declared_by(TrainingOptions).values()
            # How a run is carried out, and how long, may change from one part to the next.
            if option.setting.group != "Run" and option.name != "epochs"
        }
        watched = {field.name: _plain(getattr(monitor, field.name)) for field in fields(monitor)}
        more = {"order": order.described(), "monitor": watched}
        return cls(
            network.to_dict(),
            {**settings, **more},
            digests(examples),
            {} if held_out is None else digests(held_out),
            options.epochs,
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_dict(cls, document: Any) -> "Origin":
        """The inverse of `to_dict`.

        Raises:
            ModelFileError: it is not.
        """
        kinds = {field.name: int if field.name == "epochs" else dict for field in fields(cls)}
        parts = document if isinstance(document, dict) else {}
        if set(parts) != set(kinds) or not all(type(parts[name]) is kinds[name] for name in kinds):
            raise ModelFileError(f"describes no origin of a training; expected {', '.join(kinds)}")
        return cls(**parts)

    def stretched(self, before: "Origin") -> str:
        """A line if the schedule of the learning rate now extends over another number of epochs."""
        name = self.settings["schedule"]
        name = name["name"] if isinstance(name, dict) else name
        if self.epochs == before.epochs or name not in LONG:
            return ""
        return f"the schedule {name} now extends over {self.epochs} epochs, and did over {before.epochs}"

    def check(self, before: "Origin") -> None:
        """Refuse to go on from a state of another origin.

        Raises:
            OptionError: with what differs.
        """
        differing = [
            *_differences("the network's ", before.network, self.network),
            *_differences("", before.settings, self.settings),
            *_data_differences("examples", before.examples, self.examples),
            *_data_differences("validation examples", before.validation, self.validation),
        ]
        if differing:
            raise OptionError(
                f"the checkpoint is of another training: {'; '.join(differing)}. Expected the same data "
                "and settings (more epochs are not another), or a training of its own"
            )


def digests(examples: Examples) -> dict[str, Any]:
    """Digests of examples: the same for the same numbers, however they lie in memory.

    Inputs in files have others than the same numbers in memory, whose order would be another too.
    """
    dtype = str(examples.X.dtype).rpartition(".")[2]
    found = {"m": examples.m, "n_x": examples.n_x, "dtype": dtype, "X": _digest(examples.X)}
    for name, part in (("Y", examples.Y), ("weights", examples.weights)):
        found[name] = "" if part is None else _digest(part)
    return found


def _digest(part: Any) -> str:
    found = hashlib.blake2b(digest_size=16)
    if isinstance(part, EncodedTable):
        _update_table(found, part)
    elif isinstance(part, Stored):
        _update_stored(found, part)
    elif isinstance(part, Columns):
        for start in range(0, part.shape[1], _BLOCK):
            _update(found, part.dense(slice(start, start + _BLOCK)).T)
    else:
        _update(found, as_numpy(part).T)
    return found.hexdigest()


def _update_table(found: Any, table: EncodedTable) -> None:
    found.update(repr(table.layout).encode())
    for array in (table.values, table.fractions, table.codes):
        _update(found, array)


def _update_stored(found: Any, stored: Stored) -> None:
    """Add inputs that lie in files: all of them, or parts all over them where there are many."""
    found.update(f"{type(stored).__qualname__} {stored.shape}".encode())
    starts = range(0, stored.shape[1], _BLOCK)
    every = -(-len(starts) * _BLOCK * stored.column_bytes // _MOST_STORED)
    for start in starts[:: max(1, every)]:
        X = stored.block(slice(start, start + _BLOCK))
        if isinstance(X, EncodedTable):
            _update_table(found, X)
        else:
            _update(found, X.T)


def _update(found: Any, rows: np.ndarray[Any, Any]) -> None:
    """Add rows, some at a time: those of a transposed array are copied."""
    found.update(f"{rows.dtype.name} {rows.shape[1:]}".encode())
    for start in range(0, len(rows), _BLOCK):
        block = np.ascontiguousarray(rows[start : start + _BLOCK])
        if block.size:
            found.update(block.data)


def _plain(value: Any) -> Any:
    """A setting as JSON can hold it; of what it cannot hold, its name."""
    if isinstance(value, (Optimizer, Schedule)):
        return description_of(value)
    if isinstance(value, (np.integer, np.floating)):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    # A stream of random numbers, a function: two of a kind cannot be told apart.
    return getattr(value, "__qualname__", type(value).__qualname__)


def _differences(of: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for name in {**before, **now}:
        was, is_now = before.get(name), now.get(name)
        if isinstance(was, dict) and isinstance(is_now, dict):
            lines += _differences(f"{of}{name}'s ", was, is_now)
        elif was != is_now and DIGEST in name:
            lines.append(f"{of}{name.removesuffix(DIGEST)} is another")
        elif was != is_now:
            lines.append(f"{of}{name} was {_short(was)} and is {_short(is_now)}")
    return lines


def _short(value: Any) -> str:
    text = "not set" if value is None else value if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _data_differences(what: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    if before == now:
        return []
    if not (before and now):
        return [f"it had {'' if before else 'no '}{what}, and now there are {'none' if before else 'some'}"]
    sizes = [(part.get("m"), part.get("n_x")) for part in (before, now)]
    if sizes[0] != sizes[1]:
        (m, n_x), (m_now, n_x_now) = sizes
        return [f"it had {m} {what} of {n_x} inputs, and now there are {m_now} of {n_x_now}"]
    if before.get("dtype") != now.get("dtype"):
        return [f"the {what} were {before.get('dtype')} and are {now.get('dtype')}"]
    names = {"X": "inputs", "Y": "targets", "weights": "weights"}
    other = [text for name, text in names.items() if before.get(name) != now.get(name)]
    return [f"the {' and '.join(other)} of the {what} are others, of the same number"]
