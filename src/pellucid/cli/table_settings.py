"""The settings for a table where nobody asks for others, as the options of the command line spell them."""

from typing import Any

from pellucid.training import Schedule
from pellucid.training.schedules import SCHEDULES
from pellucid.training.defaults import defaults_for


def table_settings(m: int, n_x: int, n_y: int, task: str) -> dict[str, Any]:
    """What `pellucid.training.defaults_for` says, by the names of `TrainConfig`.

    Args:
        m: rows that are trained on.
        n_x: inputs.
        n_y: outputs.
        task: "classification" or "regression".
    """
    network, options = defaults_for("table", m, n_x, n_y, task)
    optimizer, schedule = options["optimizer"], options["schedule"]
    decay = {"weight_decay": optimizer.weight_decay} if optimizer.name == "adamw" else {}
    return {
        # The engine's arithmetic is twice as wide, and no table needs more digits.
        "dtype": "float32",
        "layers": network["layer_dims"][1:-1],
        "hidden_activation": network["hidden_activation"],
        "dropout": f"{network['dropout']:g}",
        "epochs": options["epochs"],
        "batch_size": options["batch_size"],
        "learning_rate": options["learning_rate"],
        "optimizer": optimizer.name,
        **decay,
        "schedule": _spelled(schedule),
    }


def _spelled(schedule: Schedule) -> str:
    """one_cycle, or one_cycle:rise=0.1 where a number is not the usual one."""
    numbers = {name: getattr(schedule, name) for name in SCHEDULES[schedule.name]}
    usual = SCHEDULES[schedule.name]
    other = ",".join(f"{name}={value!r}" for name, value in numbers.items() if value != usual[name])
    return f"{schedule.name}:{other}" if other else schedule.name
