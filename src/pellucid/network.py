"""Network: what a network is. A frozen value: it holds no parameters and does nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from pellucid.core.activations import ACTIVATIONS, activation_named
from pellucid.core.cost import COSTS, cost_named
from pellucid.core.initialization import check_layer_dims
from pellucid.errors import OptionError


@dataclass(frozen=True)
class Network:
    """[LINEAR -> hidden activation] x (L-1) -> LINEAR -> output activation, and its cost.

    Args:
        layer_dims: units per layer, inputs first: (n_0, n_1, ..., n_L).
        hidden_activation: the activation of layers 1 .. L-1, by name.
        output_activation: "sigmoid" (each output a yes or no) or "softmax" (one of several classes).
        cost: the cost that belongs to the output; left out, it follows from it.

    Raises:
        OptionError: sizes that are no layers, an unknown name, or an output and a cost that do not
            belong together.
    """

    layer_dims: tuple[int, ...]
    hidden_activation: str = "relu"
    output_activation: str = "sigmoid"
    cost: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "layer_dims", check_layer_dims(self.layer_dims))
        if self.hidden_activation == "softmax":
            hidden = ", ".join(name for name in ACTIVATIONS if name != "softmax")
            raise OptionError(f"softmax belongs on the output; expected a hidden activation of {hidden}")
        activation_named(self.hidden_activation)
        activation_named(self.output_activation)
        outputs = {cost.output_activation: name for name, cost in COSTS.items()}
        if self.output_activation not in outputs:
            raise OptionError(
                f"no cost ends in {self.output_activation!r}; expected output_activation "
                f"{' or '.join(outputs)}"
            )
        if not self.cost:
            object.__setattr__(self, "cost", outputs[self.output_activation])
        if cost_named(self.cost).output_activation != self.output_activation:
            raise OptionError(
                f"the cost {self.cost} belongs to a {cost_named(self.cost).output_activation} output; "
                f"this network's output is {self.output_activation}"
            )
        if self.output_activation == "softmax" and self.n_y < 2:
            raise OptionError("a softmax output of one unit is always 1; expected at least two units")

    @classmethod
    def for_classes(
        cls, n_x: int, hidden: Sequence[int], n_classes: int, *, hidden_activation: str = "relu"
    ) -> Self:
        """The network that tells `n_classes` apart: one sigmoid unit for two, softmax for more."""
        n_y, output = (1, "sigmoid") if n_classes == 2 else (n_classes, "softmax")
        return cls((n_x, *hidden, n_y), hidden_activation=hidden_activation, output_activation=output)

    @property
    def n_x(self) -> int:
        """Number of inputs."""
        return self.layer_dims[0]

    @property
    def n_y(self) -> int:
        """Number of output units."""
        return self.layer_dims[-1]

    @property
    def n_classes(self) -> int:
        """How many classes the output tells apart: one unit two, more units one each."""
        return max(2, self.n_y)

    @property
    def depth(self) -> int:
        """L, the number of layers with parameters."""
        return len(self.layer_dims) - 1

    @property
    def parameter_count(self) -> int:
        """How many numbers training adjusts."""
        return sum(
            n * (n_prev + 1) for n_prev, n in zip(self.layer_dims, self.layer_dims[1:], strict=False)
        )

    @property
    def parameter_shapes(self) -> dict[str, tuple[int, int]]:
        """`{"W1": (n_1, n_0), "b1": (n_1, 1), ...}`."""
        shapes: dict[str, tuple[int, int]] = {}
        for l in range(1, self.depth + 1):
            shapes[f"W{l}"] = (self.layer_dims[l], self.layer_dims[l - 1])
            shapes[f"b{l}"] = (self.layer_dims[l], 1)
        return shapes

    @property
    def activations(self) -> dict[str, str]:
        """The keyword arguments by which `pellucid.core` is told the activations."""
        return {
            "hidden_activation": self.hidden_activation,
            "output_activation": self.output_activation,
        }

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as a model file keeps them."""
        return {**asdict(self), "layer_dims": list(self.layer_dims)}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`.

        Raises:
            OptionError: keys or values that no network has.
        """
        expected = {"layer_dims", "hidden_activation", "output_activation", "cost"}
        if not isinstance(document, Mapping) or set(document) != expected:
            raise OptionError(
                f"a network is described by {', '.join(sorted(expected))}; found {document!r:.200}"
            )
        names = (document["hidden_activation"], document["output_activation"], document["cost"])
        if not isinstance(document["layer_dims"], list) or not all(isinstance(n, str) for n in names):
            raise OptionError("a network's layer_dims are a list and its other values are names")
        return cls(tuple(document["layer_dims"]), *names)
