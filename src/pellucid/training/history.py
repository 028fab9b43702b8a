"""History: what happened in a training run, kept with the model it made."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from pellucid.errors import OptionError

REASONS = ("completed", "interrupted")


@dataclass(frozen=True)
class History:
    """The costs of a training run.

    Attributes:
        costs: one per epoch, before its steps for the full batch; for mini-batches the mean over the
            epoch's examples as the epoch met them. In nats per example.
        iterations: how many steps were taken.
        engine: the name of the engine that took them.
        reason: why it ended: "completed" or "interrupted".
    """

    costs: tuple[float, ...] = ()
    iterations: int = 0
    engine: str = ""
    reason: str = "completed"

    def __post_init__(self) -> None:
        if self.reason not in REASONS:
            raise OptionError(f"history: unknown reason {self.reason!r}; expected {' or '.join(REASONS)}")

    def cost_at(self, every: int = 100) -> list[tuple[int, float]]:
        """(epoch, cost) at every `every`-th epoch and at the last one."""
        last = len(self.costs) - 1
        return [(i, cost) for i, cost in enumerate(self.costs) if i % every == 0 or i == last]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as a model file keeps them."""
        return {**asdict(self), "costs": list(self.costs)}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`.

        Raises:
            OptionError: keys or values that no history has.
        """
        expected = {"costs", "iterations", "engine", "reason"}
        if not isinstance(document, Mapping) or set(document) != expected:
            raise OptionError(f"a history is described by {', '.join(sorted(expected))}")
        costs, iterations = document["costs"], document["iterations"]
        numbers = isinstance(costs, list) and all(type(cost) in (int, float) for cost in costs)
        if not numbers or not all(map(math.isfinite, costs)):
            raise OptionError("history: costs is not a list of finite numbers")
        if type(iterations) is not int or iterations < 0:
            raise OptionError(f"history: iterations is {iterations!r}; expected a whole number")
        if not isinstance(document["engine"], str) or not isinstance(document["reason"], str):
            raise OptionError("history: engine and reason are names")
        return cls(tuple(map(float, costs)), iterations, document["engine"], document["reason"])
