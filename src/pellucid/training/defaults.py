"""How a network is built and trained where nobody says otherwise, by the kind and the size of the data.

Found by trying on several data sets of each kind: docs/finding-settings.md and docs/tables.md say which.
"""

import math
from typing import Any, NamedTuple

from pellucid.errors import OptionError
from pellucid.optimizer import Optimizer
from pellucid.training.schedules import Schedule

# How much a search tries, with its budget in seconds.
EFFORTS: dict[str, float] = {"none": 0.0, "quick": 30.0, "thorough": 600.0}

KINDS = ("table", "numbers", "pictures")

# The arguments of `Network` and of `TrainingOptions`.
Arguments = tuple[dict[str, Any], dict[str, Any]]


class _Setting(NamedTuple):
    """What does well on data of some kind and size, but for the output."""

    hidden: tuple[int, ...]
    epochs: int
    batch_size: int | None
    learning_rate: float
    optimizer: Optimizer
    schedule: str = "one_cycle"
    dropout: float = 0.0
    # Few examples are passed over more often, for so many steps at least.
    least_steps: int = 0


def _adamw(weight_decay: float) -> Optimizer:
    return Optimizer("adamw", weight_decay=weight_decay)


# Tables. Few rows are soon learnt by heart: a smaller network, and weights that decay fast.
_TABLE = _Setting((128, 64), 15, 256, 2e-3, _adamw(0.3), least_steps=400)
_SMALL_TABLE = _Setting((64, 32), 40, 32, 2e-3, _adamw(2.0), dropout=0.1, least_steps=400)
_MANY_ROWS = 5000

# Numbers, and pictures of which there are more than each has pixels.
_MANY = _Setting((128, 64), 30, 128, 1e-2, _adamw(0.1), least_steps=400)
_FEW = _Setting((128, 64), 40, 32, 1e-2, _adamw(0.1), dropout=0.1, least_steps=1200)
_FEW_NUMBERS_TO_PREDICT = _FEW._replace(optimizer=_adamw(1.0))

# More inputs than examples, as photographs have: the full batch, which the short cut makes fast.
_WIDE = _Setting((64, 32), 600, None, 1e-3, Optimizer("heavy_ball"), schedule="cosine")


def defaults_for(kind: str, m: int, n_x: int, n_y: int, task: str) -> Arguments:
    """The arguments of `Network` and of `TrainingOptions` where nobody says otherwise.

    The rate falls to nothing at the end, so training has its full length: nothing is held out to decide
    when to stop.

    Args:
        kind: "table", "numbers" or "pictures", as recipes call it.
        m: examples that are trained on.
        n_x: inputs.
        n_y: outputs: 1 for two classes or for a number.
        task: "classification" or "regression"; targets of a regression are to have mean 0 and deviation 1.

    Returns:
        `(network, options)`: give them as `Network(**network)` and `TrainingOptions(**options)`, changed
        as you like.

    Raises:
        OptionError: an unknown kind or task.
    """
    return _arguments(_setting(kind, m, n_x, task), m, n_x, n_y, task)


def settings_for(effort: str, kind: str, m: int, n_x: int, n_y: int, task: str) -> list[Arguments]:
    """Settings to choose from by `search`: the first are the defaults, the others depart from them.

    Args:
        effort: a key of `EFFORTS`: "none" is the defaults alone, "quick" four settings, "thorough" twelve.
        kind: see `defaults_for`, as the rest.
        m: examples that are trained on.
        n_x: inputs.
        n_y: outputs.
        task: "classification" or "regression".

    Raises:
        OptionError: an unknown effort, kind or task.
    """
    if effort not in EFFORTS:
        raise OptionError(f"unknown effort {effort!r:.80}; expected {', '.join(EFFORTS)}")
    settings = [_setting(kind, m, n_x, task)]
    if effort != "none":
        settings += _quick(settings[0])
    if effort == "thorough":
        settings += _more(settings[0])
    return [_arguments(setting, m, n_x, n_y, task) for setting in dict.fromkeys(settings)]


def _setting(kind: str, m: int, n_x: int, task: str) -> _Setting:
    if kind not in KINDS:
        raise OptionError(f"unknown kind {kind!r:.80}; expected {', '.join(KINDS)}")
    if task not in ("classification", "regression"):
        raise OptionError(f"unknown task {task!r:.80}; expected classification or regression")
    if kind == "table":
        return _TABLE if m >= _MANY_ROWS else _SMALL_TABLE
    if kind == "pictures" and n_x > m:
        return _WIDE
    if m >= _MANY_ROWS:
        return _MANY
    return _FEW if task == "classification" else _FEW_NUMBERS_TO_PREDICT


def _arguments(setting: _Setting, m: int, n_x: int, n_y: int, task: str) -> Arguments:
    output = "identity" if task == "regression" else "sigmoid" if n_y == 1 else "softmax"
    network = {
        "layer_dims": (n_x, *setting.hidden, n_y),
        "hidden_activation": "relu",
        "output_activation": output,
        "dropout": setting.dropout,
    }
    steps_per_epoch = 1 if setting.batch_size is None else max(1, math.ceil(m / setting.batch_size))
    options = {
        "epochs": max(setting.epochs, math.ceil(setting.least_steps / steps_per_epoch)),
        "batch_size": setting.batch_size,
        "learning_rate": setting.learning_rate,
        "optimizer": setting.optimizer,
        "schedule": Schedule(setting.schedule),
    }
    return network, options


def _quick(first: _Setting) -> list[_Setting]:
    """Where one setting may be far from the best: weights that decay faster or less, a larger network."""
    wide = tuple(2 * units for units in first.hidden)
    if first.optimizer.name != "adamw":
        return [first._replace(learning_rate=3 * first.learning_rate), first._replace(hidden=wide)]
    decay = first.optimizer.weight_decay
    return [
        first._replace(optimizer=_adamw(10 * decay)),
        first._replace(optimizer=_adamw(decay / 10), dropout=0.2),
        first._replace(hidden=wide, epochs=2 * first.epochs),
    ]


def _more(first: _Setting) -> list[_Setting]:
    """What takes longer: other shapes, rates and lengths, and less or more regularization."""
    deep = (*first.hidden, first.hidden[-1])
    small = tuple(max(8, units // 4) for units in first.hidden)
    changed = [
        first._replace(hidden=deep),
        first._replace(hidden=small),
        first._replace(learning_rate=first.learning_rate / 3),
        first._replace(learning_rate=3 * first.learning_rate),
        first._replace(epochs=3 * first.epochs),
        first._replace(dropout=0.3),
        first._replace(hidden=(4 * first.hidden[0], *first.hidden[1:]), dropout=0.3),
    ]
    if first.optimizer.name == "adamw":
        decay = first.optimizer.weight_decay
        changed.append(first._replace(optimizer=_adamw(3 * decay), epochs=2 * first.epochs))
    return changed
