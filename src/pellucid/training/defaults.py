"""The default network and training options, by the kind and the size of the data.

They were found on several data sets of each kind, named in docs/finding-settings.md and docs/tables.md.
"""

import math
from typing import Any, NamedTuple

from pellucid.errors import OptionError
from pellucid.optimizer import Optimizer
from pellucid.training.schedules import Schedule

# The efforts of a search, with its budget in seconds.
EFFORTS: dict[str, float] = {"none": 0.0, "quick": 30.0, "thorough": 600.0}

KINDS = ("table", "numbers", "pictures")

# The arguments of `Network` and of `TrainingOptions`.
Arguments = tuple[dict[str, Any], dict[str, Any]]


class _Setting(NamedTuple):
    """Settings for data of one kind and size, with AdamW and a one-cycle learning rate."""

    hidden: tuple[int, ...]
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    dropout: float = 0.0
    # The least number of steps: few examples need more epochs.
    least_steps: int = 0
    initialization: str = "he"


# From this number on, examples are many.
_MANY = 5000
# Below it, tables get a smaller network.
_FEW_ROWS = 3000

# From this number of rows on, a quick search on a table takes too long for what it finds.
_MOST_TO_SEARCH = 200_000

_FEW_EXAMPLES = _Setting((128, 64), 40, 32, 5e-3, 1.0, dropout=0.1, least_steps=1200)
_MANY_EXAMPLES = _Setting((128, 64), 15, 128, 1e-2, 0.3, least_steps=400)

# Photographs: more inputs than examples.
_FEW_PICTURES = _Setting((64, 32), 40, 32, 1e-3, 1.0)

# Pixels are positive, so all of them move a unit the same way: the more pixels, the shorter the steps. A
# learning rate above this, divided by the number of pixels, is too large for photographs.
_PICTURE_RATE = 40.0


def defaults_for(kind: str, m: int, n_x: int, n_y: int, task: str) -> Arguments:
    """The default arguments of `Network` and of `TrainingOptions`.

    The learning rate falls to almost 0 at the end, so training runs its full length: no examples are held
    out to decide when to stop.

    Args:
        kind: "table", "numbers" or "pictures", the kind of a `Recipe`.
        m: number of training examples.
        n_x: number of inputs.
        n_y: number of outputs: 1 for two classes, or for a regression of one target.
        task: "classification" or "regression". Scale the targets of a regression to mean 0 and standard
            deviation 1.

    Returns:
        `(network, options)`, for `Network(**network)` and `TrainingOptions(**options)`.

    Raises:
        OptionError: an unknown kind or task.
    """
    return _arguments(_setting(kind, m, n_x, task), m, n_x, n_y, task)


def settings_for(effort: str, kind: str, m: int, n_x: int, n_y: int, task: str) -> list[Arguments]:
    """Candidates for `search`: the defaults first, then variations of them.

    Args:
        effort: a key of `EFFORTS`: "none" is the defaults alone, "quick" about four, "thorough" about ten.
            With more pixels than pictures, and more than 200,000 rows, "quick" is the defaults alone too.
        kind: see `defaults_for`.
        m: number of training examples.
        n_x: number of inputs.
        n_y: number of outputs.
        task: "classification" or "regression".

    Raises:
        OptionError: an unknown effort, kind or task.
    """
    if effort not in EFFORTS:
        raise OptionError(f"unknown effort {effort!r:.80}; expected {', '.join(EFFORTS)}")
    first = _setting(kind, m, n_x, task)
    settings = [first]
    wide = _is_wide(kind, m, n_x)
    # A quick search on photographs takes half a minute, and improved the result on neither data set.
    if kind == "table" and (effort == "thorough" or (effort == "quick" and m <= _MOST_TO_SEARCH)):
        settings += _quick_rows(first)
    elif effort != "none" and not wide and kind != "table":
        settings += _quick(first)
    if effort == "thorough":
        settings += [*(_few_pictures(first) if wide else []), *_thorough(first)]
    return [_arguments(setting, m, n_x, n_y, task) for setting in settings]


def members_for(kind: str, m: int) -> int:
    """How many networks answer together: as many as take little time.

    Args:
        kind: see `defaults_for`.
        m: number of training examples.
    """
    if kind != "table":
        return 1
    return 4 if m < 50_000 else 2 if m < 200_000 else 1


def _setting(kind: str, m: int, n_x: int, task: str) -> _Setting:
    if kind not in KINDS:
        raise OptionError(f"unknown kind {kind!r:.80}; expected {', '.join(KINDS)}")
    if task not in ("classification", "regression"):
        raise OptionError(f"unknown task {task!r:.80}; expected classification or regression")
    if kind == "table":
        return _rows(m)
    if _is_wide(kind, m, n_x):
        return _FEW_PICTURES
    setting = _MANY_EXAMPLES if m >= _MANY else _FEW_EXAMPLES
    if kind == "pictures":
        return setting._replace(learning_rate=min(setting.learning_rate, _PICTURE_RATE / n_x))
    return setting


def _rows(m: int) -> _Setting:
    """The setting for m rows of a table, from few, easily overfitted, to many; only the width jumps."""
    m = max(1, m)
    batch_size = 2 ** round(min(9.0, max(5.0, math.log2(m / 64))))
    return _Setting(
        hidden=(64, 32) if m < _FEW_ROWS else (128, 64),
        epochs=round(min(40.0, max(3.0, 40 * (2000 / m) ** 0.42))),
        batch_size=batch_size,
        learning_rate=round(2e-3 * (batch_size / 32) ** 0.25, 4),
        weight_decay=round(min(2.0, max(0.3, 2 * (1000 / m) ** 0.5)), 2),
        dropout=round(0.1 * min(1.0, max(0.0, math.log(8000 / m) / math.log(4))), 2),
        least_steps=400,
        initialization="xavier",
    )


def _is_wide(kind: str, m: int, n_x: int) -> bool:
    return kind == "pictures" and n_x > m


def _arguments(setting: _Setting, m: int, n_x: int, n_y: int, task: str) -> Arguments:
    output = "identity" if task == "regression" else "sigmoid" if n_y == 1 else "softmax"
    network = {
        "layer_dims": (n_x, *setting.hidden, n_y),
        "hidden_activation": "relu",
        "output_activation": output,
        "dropout": setting.dropout,
    }
    steps_per_epoch = max(1, math.ceil(m / setting.batch_size))
    options = {
        "epochs": max(setting.epochs, math.ceil(setting.least_steps / steps_per_epoch)),
        "batch_size": setting.batch_size,
        "learning_rate": setting.learning_rate,
        "initialization": setting.initialization,
        "optimizer": Optimizer("adamw", weight_decay=setting.weight_decay),
        "schedule": Schedule("one_cycle"),
    }
    return network, options


def _quick(first: _Setting) -> list[_Setting]:
    """Settings for different data: detailed boundaries, noise, smooth functions."""
    return [
        first._replace(learning_rate=2 * first.learning_rate, weight_decay=0.1, dropout=0.2),
        first._replace(hidden=(16,), learning_rate=2 * first.learning_rate, weight_decay=0.3, dropout=0.0),
        first._replace(
            epochs=3 * first.epochs,
            learning_rate=2 * first.learning_rate,
            weight_decay=0.3,
            least_steps=3 * first.least_steps,
        ),
    ]


def _quick_rows(first: _Setting) -> list[_Setting]:
    """Settings for tables: no decay is right for all, and neither is a length."""
    decay, steps = first.weight_decay, first.least_steps
    return [
        first._replace(weight_decay=decay / 4),
        first._replace(epochs=max(2, first.epochs // 2), least_steps=steps // 2),
        first._replace(epochs=2 * first.epochs, weight_decay=decay / 16, least_steps=2 * steps),
        first._replace(hidden=(256, 128), weight_decay=decay / 4),
    ]


def _few_pictures(first: _Setting) -> list[_Setting]:
    """Settings that fit few pictures closely: the lowest cost may come from guessing the common class."""
    return [
        first._replace(epochs=2 * first.epochs),
        first._replace(hidden=(128, 64), weight_decay=0.3),
    ]


def _thorough(first: _Setting) -> list[_Setting]:
    """Settings that are seldom the best, or that take longer."""
    return [
        first._replace(hidden=(), dropout=0.0),
        first._replace(hidden=(256, 128), dropout=0.2),
        first._replace(hidden=(64, 64, 32)),
        first._replace(weight_decay=3 * first.weight_decay, dropout=0.0),
        first._replace(learning_rate=first.learning_rate / 3, weight_decay=3 * first.weight_decay),
        first._replace(hidden=(256, 128), epochs=3 * first.epochs, least_steps=3 * first.least_steps),
    ]
