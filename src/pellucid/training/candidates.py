"""Candidate: the settings of one training; and the differences between candidates, in words."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from pellucid.errors import OptionError
from pellucid.network import Network
from pellucid.optimizer import Optimizer
from pellucid.training.options import TrainingOptions
from pellucid.training.schedules import Schedule


@dataclass(frozen=True)
class Candidate:
    """The settings of one training.

    Attributes:
        network: the network to train.
        options: the training options.
    """

    network: Network
    options: TrainingOptions

    def __repr__(self) -> str:
        return f"Candidate({self.network!r}, {self.options!r})"

    @property
    def hidden(self) -> tuple[int, ...]:
        """Units of each hidden layer."""
        return self.network.layer_dims[1:-1]


def check_comparable(candidates: Sequence[Candidate]) -> None:
    """Refuse candidates whose costs cannot be compared.

    Raises:
        OptionError: there are none, or they differ in inputs, outputs or cost.
    """
    if not candidates:
        raise OptionError("candidates is empty; expected one or more")
    networks = [candidate.network for candidate in candidates]
    ends = [(n.n_x, n.n_y, n.output_activation, n.cost, n.huber_delta) for n in networks]
    for i, end in enumerate(ends):
        if end != ends[0]:
            raise OptionError(
                f"candidate {i} has the inputs, outputs, output activation, cost and huber_delta {end} and "
                f"candidate 0 has {ends[0]}; expected the same, or their costs cannot be compared"
            )


def differing(candidates: Sequence[Candidate]) -> tuple[dict[str, Any], ...]:
    """Of each candidate, the settings in which the candidates differ, by name; `hidden` are the layers."""
    settings = [_settings(candidate) for candidate in candidates]
    names = list(dict.fromkeys(name for each in settings for name in each))
    unlike = [name for name in names if len({repr(each.get(name)) for each in settings}) > 1]
    return tuple({name: each[name] for name in unlike if name in each} for each in settings)


def differences(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """The settings in which the candidates differ, one text for each candidate.

    Returns:
        Texts such as "hidden layers 64 x 32, weight_decay 0.3"; empty if there is no difference.
    """
    return tuple(
        ", ".join(_shown(name, value) for name, value in each.items()) for each in differing(candidates)
    )


def shown_layers(hidden: Sequence[int]) -> str:
    """Hidden layers in words."""
    return f"hidden layers {' x '.join(map(str, hidden))}" if hidden else "no hidden layer"


def _settings(candidate: Candidate) -> dict[str, Any]:
    """All settings by name; without the weight decay of an optimizer that has none."""
    network, options = _values(candidate.network), _values(candidate.options)
    del network["layer_dims"]
    optimizer = Optimizer.named(options["optimizer"])
    of_optimizer = _values(optimizer)
    if optimizer.name != "adamw":
        del of_optimizer["weight_decay"]
    del of_optimizer["name"]
    options |= {
        "optimizer": optimizer.name,
        "schedule": _schedule_text(Schedule.named(options["schedule"])),
    }
    return {"hidden": candidate.hidden, **network, **options, **of_optimizer}


def _schedule_text(schedule: Schedule) -> str:
    """The schedule as `Schedule.named` reads it."""
    usual = _values(Schedule(schedule.name))
    numbers = [f"{name}={value}" for name, value in _values(schedule).items() if value != usual[name]]
    return f"{schedule.name}:{','.join(numbers)}" if numbers else schedule.name


def _values(setting: Network | TrainingOptions | Optimizer | Schedule) -> dict[str, Any]:
    return {item.name: getattr(setting, item.name) for item in fields(setting)}


def _shown(name: str, value: Any) -> str:
    if name == "hidden":
        return shown_layers(value)
    return f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
