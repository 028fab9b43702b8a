"""History: what happened in a training run, kept with the model it made."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
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
        if not all(type(cost) is float and math.isfinite(cost) for cost in self.costs):
            raise OptionError("history: the costs are not all finite numbers")
        if type(self.iterations) is not int or self.iterations < 0:
            raise OptionError(f"history: iterations is {self.iterations!r}; expected a whole number")
        if not isinstance(self.engine, str) or not isinstance(self.reason, str):
            raise OptionError("history: engine and reason are names")
        if self.reason not in REASONS:
            raise OptionError(f"history: unknown reason {self.reason!r}; expected {' or '.join(REASONS)}")

    def cost_at(self, every: int = 100) -> list[tuple[int, float]]:
        """(epoch, cost) at every `every`-th epoch and at the last one."""
        last = len(self.costs) - 1
        return [(i, cost) for i, cost in enumerate(self.costs) if i % every == 0 or i == last]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as a model file keeps them."""
        return {
            "costs": list(self.costs),
            "iterations": self.iterations,
            "engine": self.engine,
            "reason": self.reason,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`.

        Raises:
            OptionError: keys or values that no history has.
        """
        expected = {"costs", "iterations", "engine", "reason"}
        if not isinstance(document, Mapping) or set(document) != expected:
            raise OptionError(f"a history is described by {', '.join(sorted(expected))}")
        if not isinstance(document["costs"], list):
            raise OptionError("history: costs is not a list")
        return cls(
            tuple(map(_as_float, document["costs"])),
            document["iterations"],
            document["engine"],
            document["reason"],
        )


def _as_float(cost: Any) -> Any:
    # 1.0 may stand as 1 in a file; what no floating-point number holds is left for the check.
    return float(cost) if type(cost) is int and abs(cost) < 2**1023 else cost
