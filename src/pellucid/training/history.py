"""History: the record of a training run, kept with its model."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from pellucid.display import beside, cost_svg, facts
from pellucid.errors import OptionError

REASONS = ("completed", "interrupted", "early_stopping", "stopped")

# Keys of every history in a model file since the first version; other keys are left out if empty.
_ALWAYS = ("costs", "iterations", "engine", "reason")


@dataclass(frozen=True)
class History:
    """The costs of a training run.

    Attributes:
        costs: one per epoch. With the full batch, the cost before the step; with mini-batches, the mean of
            the costs of the epoch's batches. In nats per example, penalties included.
        iterations: number of steps.
        engine: name of the engine.
        reason: reason of the end: "completed", "interrupted" (Ctrl-C), "early_stopping", or "stopped" (by
            `stop`).
        validation_costs: of the validation examples, one per epoch, after its steps; empty without such
            examples.
        best_epoch: the epoch with the lowest cost, if the best parameters were kept.
        shortcut: description of the exact short cut for wide inputs; empty if it was not used.
    """

    costs: tuple[float, ...] = ()
    iterations: int = 0
    engine: str = ""
    reason: str = "completed"
    validation_costs: tuple[float, ...] = ()
    best_epoch: int | None = None
    shortcut: str = ""

    def __post_init__(self) -> None:
        for name, costs in (("costs", self.costs), ("validation costs", self.validation_costs)):
            if not all(type(cost) is float and math.isfinite(cost) for cost in costs):
                raise OptionError(f"history: the {name} are not all finite numbers")
        if type(self.iterations) is not int or self.iterations < 0:
            raise OptionError(
                f"history: iterations is {self.iterations!r}; expected an integer of at least 0"
            )
        if not all(isinstance(name, str) for name in (self.engine, self.reason, self.shortcut)):
            raise OptionError("history: engine, reason and shortcut are texts")
        if self.reason not in REASONS:
            expected = f"{', '.join(REASONS[:-1])} or {REASONS[-1]}"
            raise OptionError(f"history: unknown reason {self.reason!r}; expected {expected}")
        self._check_epochs()

    def __repr__(self) -> str:
        costs = f", cost {self.costs[0]:.4g} to {self.costs[-1]:.4g}" if self.costs else ""
        engine = f", {self.engine} engine" if self.engine else ""
        return f"History({len(self.costs)} epochs{costs}{engine}, {self.reason.replace('_', ' ')})"

    def _repr_html_(self) -> str:
        pairs = [("epochs", f"{len(self.costs):,}"), ("steps", f"{self.iterations:,}")]
        pairs += [("best epoch", str(self.best_epoch))] if self.best_epoch is not None else []
        pairs += [("engine", self.engine)] if self.engine else []
        pairs.append(("ended", self.reason.replace("_", " ")))
        return beside(facts(pairs), cost_svg(self.costs, self.validation_costs))

    def _check_epochs(self) -> None:
        epochs = len(self.costs)
        if len(self.validation_costs) > epochs:
            raise OptionError(
                f"history: there are {len(self.validation_costs)} validation costs of {epochs} epochs"
            )
        best = self.best_epoch
        if best is not None and (type(best) is not int or not 0 <= best < epochs):
            raise OptionError(f"history: best_epoch is {best!r}; expected one of the {epochs} epochs")

    def cost_at(self, every: int = 100) -> list[tuple[int, float]]:
        """(epoch, cost) at every `every`-th epoch and at the last one."""
        last = len(self.costs) - 1
        return [(i, cost) for i, cost in enumerate(self.costs) if i % every == 0 or i == last]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a model file, without the optional ones that are empty."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
            if name in _ALWAYS or value not in ((), None, "")
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`.

        Raises:
            OptionError: unknown or missing keys, or invalid values.
        """
        known = {item.name for item in fields(cls)}
        if not isinstance(document, Mapping) or not set(_ALWAYS) <= set(document) <= known:
            rest = ", ".join(sorted(known.difference(_ALWAYS)))
            raise OptionError(
                f"a history is described by {', '.join(sorted(_ALWAYS))}, and, if not empty, by {rest}"
            )
        values = dict(document)
        for name in ("costs", "validation_costs"):
            costs = values.get(name, [])
            if not isinstance(costs, list):
                raise OptionError(f"history: {name} is not a list")
            values[name] = tuple(map(_as_float, costs))
        return cls(**values)


def _as_float(cost: Any) -> Any:
    # A file may hold 1 for 1.0. An integer too large for a float is left for the check.
    return float(cost) if type(cost) is int and abs(cost) < 2**1023 else cost
