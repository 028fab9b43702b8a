"""How a network for a table is built and trained where nobody says otherwise.

Found by trying on tables of 120 to 26,000 rows, classes and numbers; docs/tables.md says which.
"""

import math
from typing import Any, NamedTuple

from pellucid.errors import OptionError
from pellucid.optimizer import Optimizer
from pellucid.training.schedules import Schedule


class _Size(NamedTuple):
    """What does well on tables with at least so many rows."""

    rows: int
    hidden: tuple[int, ...]
    epochs: int
    batch_size: int
    dropout: float
    weight_decay: float


# Few rows are soon learnt by heart: a smaller network, many small steps, and weights that decay fast.
_SIZES = (
    _Size(5000, (128, 64), epochs=15, batch_size=256, dropout=0.0, weight_decay=0.3),
    _Size(0, (64, 32), epochs=40, batch_size=32, dropout=0.1, weight_decay=2.0),
)

# What a few rows are passed over more often for.
_LEAST_STEPS = 400
_LEARNING_RATE = 2e-3


def table_defaults(m: int, n_x: int, n_y: int, task: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arguments of `Network` and of `TrainingOptions` for a table.

    The rate rises and falls in one cycle, so training has its full length: nothing is held out to decide
    when to stop.

    Args:
        m: rows that are trained on.
        n_x: inputs, as `TableRecipe.n_x` counts them.
        n_y: outputs: 1 for two classes or for a number.
        task: "classification" or "regression"; numbers are to have mean 0 and deviation 1.

    Returns:
        `(network, options)`: give them as `Network(**network)` and `TrainingOptions(**options)`, changed
        as you like.

    Raises:
        OptionError: an unknown task.
    """
    if task not in ("classification", "regression"):
        raise OptionError(f"unknown task {task!r:.80}; expected classification or regression")
    size = next(size for size in _SIZES if m >= size.rows)
    output = "identity" if task == "regression" else "sigmoid" if n_y == 1 else "softmax"
    network = {
        "layer_dims": (n_x, *size.hidden, n_y),
        "hidden_activation": "relu",
        "output_activation": output,
        "dropout": size.dropout,
    }
    steps_per_epoch = math.ceil(m / size.batch_size)
    options = {
        "epochs": max(size.epochs, math.ceil(_LEAST_STEPS / max(1, steps_per_epoch))),
        "batch_size": size.batch_size,
        "learning_rate": _LEARNING_RATE,
        "optimizer": Optimizer("adamw", weight_decay=size.weight_decay),
        "schedule": Schedule("one_cycle"),
    }
    return network, options
