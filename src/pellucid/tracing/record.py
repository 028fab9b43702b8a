"""Trace: one training step with all its intermediate values by name."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pellucid.core._arrays import Array
from pellucid.engines import StepOptions, TrainingState
from pellucid.errors import OptionError
from pellucid.network import Network
from pellucid.optimizer import Optimizer
from pellucid.tracing.steps import Step, described

# The format of `Trace.to_dict`; the version grows if a reader of the old one would misread the new.
SCHEMA, VERSION = "pellucid-trace", 1


@dataclass(frozen=True, eq=False)
class Trace:
    """One training step as an ordered list of named intermediate values, its `steps`.

    `trace["dW2"]` is a step by its name; iterating gives all of them in the order of their computation.

    Attributes:
        network: the network.
        options: of the step: the optimizer, the clipping, the key of the dropout masks.
        learning_rate: the learning rate.
        X: inputs, (n_x, m).
        Y: targets, (n_y, m).
        weights: how much each example counts, (1, m), or None.
        before: the state before the step, including the slots of the optimizer.
        after: the state after the step; None if the cost is not finite, which allows no update.
        steps: the intermediate values.
    """

    network: Network
    options: StepOptions
    learning_rate: float
    X: Array
    Y: Array
    weights: Array | None
    before: TrainingState
    after: TrainingState | None
    steps: tuple[Step, ...]

    def __getitem__(self, name: str) -> Step:
        """The step called `name`.

        Raises:
            OptionError: there is none; the message lists the names.
        """
        for step in self.steps:
            if step.name == name:
                return step
        raise OptionError(f"the trace has no step {name!r:.80}; expected one of {', '.join(self.names)}")

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all steps, in their order."""
        return tuple(step.name for step in self.steps)

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer of the update."""
        return self.options.optimizer

    @property
    def parameters(self) -> Mapping[str, Array]:
        """The parameters before the step."""
        return self.before.parameters

    @property
    def m(self) -> int:
        """The number of examples."""
        return int(self.X.shape[1])

    @property
    def cost(self) -> float:
        """The cost before the step, penalties included."""
        return float(self["cost"].value)

    @property
    def updated(self) -> dict[str, Array]:
        """The parameters after the step; empty if the cost is not finite, which allows no update."""
        return {} if self.after is None else dict(self.after.parameters)

    def layer(self, l: int) -> tuple[Step, ...]:
        """The steps of one layer, in their order.

        Raises:
            OptionError: there is no such layer.
        """
        if type(l) is not int or not 0 <= l <= self.network.depth:
            raise OptionError(f"layer is {l!r:.80}; expected an integer from 0 to {self.network.depth}")
        return tuple(step for step in self.steps if step.layer == l)

    def to_dict(self, most: int = 10_000, *, layer: int | None = None) -> dict[str, Any]:
        """The trace in values that JSON can hold; `docs/trace.md` describes every key.

        Args:
            most: an array with more numbers is described by its shape and its statistics only.
            layer: only the steps of this layer; None: all.

        Raises:
            OptionError: there is no such layer.
        """
        inputs = {"X": self.X, "Y": self.Y}
        if self.weights is not None:
            inputs["weights"] = self.weights
        steps = self.steps if layer is None else self.layer(layer)
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "network": self.network.to_dict(),
            "examples": self.m,
            "learning_rate": self.learning_rate,
            "optimizer": asdict(self.optimizer),
            "clip_norm": self.options.clip_norm,
            "dropout_seed": self.options.dropout_seed,
            "update_count": self.before.update_count,
            "step_count": self.before.step_count,
            "inputs": {name: described(value, most) for name, value in inputs.items()},
            "parameters": {name: described(value, most) for name, value in self.parameters.items()},
            "slots": {
                slot: {name: described(value, most) for name, value in entries.items()}
                for slot, entries in self.before.slots.items()
            },
            "steps": [step.to_dict(most) for step in steps],
        }

    def __repr__(self) -> str:
        return f"Trace({len(self.steps)} steps, layers {list(self.network.layer_dims)}, {self.m} examples)"

    def __str__(self) -> str:
        from pellucid.tracing.text import trace_text

        return trace_text(self)

    def _repr_html_(self) -> str:
        from pellucid.tracing.page import trace_html

        return trace_html(self)
