"""Network: the description of a network. A frozen value: it holds no parameters and computes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

from pellucid.core._shapes import check_sizes
from pellucid.core.activations import ACTIVATIONS, HIDDEN_ACTIVATIONS, activation_named
from pellucid.core.costs import COSTS, cost_named
from pellucid.core.initialization import check_layer_dims
from pellucid.errors import OptionError, ShapeError
from pellucid.settings import check, setting, spelled

# What every description of a network holds, in model files since the first version.
_ALWAYS = {"layer_dims", "hidden_activation", "output_activation", "cost"}


# The activations that a cost belongs to.
_OUTPUTS = tuple(dict.fromkeys(name for cost in COSTS.values() for name in cost.output_activations))


@dataclass(frozen=True)
class Network:
    """[LINEAR -> hidden activation] x (L-1) -> LINEAR -> output activation, its cost and its penalties.

    Args:
        layer_dims: units per layer, inputs first: (n_0, n_1, ..., n_L).
        hidden_activation: activation of the hidden layers, one name for all or one for each.
        output_activation: activation of the output layer: sigmoid (each output yes or no), softmax (one
            of several classes), identity (regression) or exp (counts).
        cost: cost function.
        label_smoothing: share of each label that is spread evenly over all classes.
        huber_delta: error from which the Huber cost grows linearly.
        l2: L2 penalty, the course's lambda: l2/(2m) times the sum of the squared weights joins the cost.
        l1: L1 penalty: l1/m times the sum of the absolute weights joins the cost.
        dropout: share of the hidden units that each step leaves out, one number for all layers or one for
            each.
        input_dropout: share of the inputs that each step leaves out.

    Raises:
        OptionError: sizes that are no layers, an unknown name, a number out of its range, or an output and
            a cost that do not belong together.
    """

    layer_dims: tuple[int, ...]
    hidden_activation: str | tuple[str, ...] = setting(
        "relu",
        explicit=True,
        choices=HIDDEN_ACTIVATIONS,
        group="Network",
        metavar="NAME[,NAME...]",
        by_data=True,
    )
    output_activation: str = setting(
        "sigmoid",
        explicit=True,
        choices=_OUTPUTS,
        group="Network",
        metavar="NAME",
        shown="sigmoid for two classes, softmax for more, identity for regression",
    )
    cost: str = setting(
        "",
        choices=("", *COSTS),
        group="Network",
        metavar="NAME",
        shown="the one that belongs to the output",
    )
    label_smoothing: float = setting(0.0, least=0.0, below=1.0, group="Regularization")
    huber_delta: float = setting(1.0, above=0.0, group="Network")
    l2: float = setting(0.0, least=0.0, group="Regularization")
    l1: float = setting(0.0, least=0.0, group="Regularization")
    dropout: float | tuple[float, ...] = setting(
        0.0, least=0.0, below=1.0, group="Regularization", metavar="X[,X...]", by_data=True
    )
    input_dropout: float = setting(0.0, least=0.0, below=1.0, group="Regularization")

    __repr__ = spelled

    def __post_init__(self) -> None:
        object.__setattr__(self, "layer_dims", check_layer_dims(self.layer_dims))
        self._refuse_output_activations()
        check(self)
        self._check_one_for_each("hidden_activation", "activations", "name")
        self._check_one_for_each("dropout", "rates", "number")
        self._settle_cost()
        if not activation_named(self.output_activation).elementwise and self.n_y < 2:
            raise OptionError(
                f"a {self.output_activation} output of one unit is always 1; expected at least two units"
            )
        if self.label_smoothing and "label_smoothing" not in cost_named(self.cost).options:
            raise OptionError(
                f"label_smoothing is {self.label_smoothing:g} and the cost is {self.cost}, which has no "
                "classes; expected 0, or a cross-entropy"
            )

    def _refuse_output_activations(self) -> None:
        hidden = self.hidden_activation
        for name in (hidden,) if isinstance(hidden, str) else tuple(hidden or ()):
            if name in ACTIVATIONS and not ACTIVATIONS[name].hidden:
                raise OptionError(
                    f"{name} belongs on the output; expected a hidden activation of "
                    f"{', '.join(HIDDEN_ACTIVATIONS)}"
                )

    def _check_one_for_each(self, name: str, what: str, single: str) -> None:
        values = getattr(self, name)
        if isinstance(values, tuple) and len(values) != self.depth - 1:
            raise OptionError(
                f"{name} names {len(values)} {what}; expected one {single}, or one for each of the "
                f"{self.depth - 1} hidden layers"
            )

    def _settle_cost(self) -> None:
        default_costs: dict[str, str] = {}
        for name, cost in COSTS.items():
            for output in cost.output_activations:
                default_costs.setdefault(output, name)
        if self.output_activation not in default_costs:
            raise OptionError(
                f"no cost ends in {self.output_activation!r}; expected output_activation "
                f"{' or '.join(default_costs)}"
            )
        if not self.cost:
            object.__setattr__(self, "cost", default_costs[self.output_activation])
        outputs = cost_named(self.cost).output_activations
        if self.output_activation not in outputs:
            raise OptionError(
                f"the cost {self.cost} belongs to the output {' or '.join(outputs)}; "
                f"this network's output is {self.output_activation}"
            )

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
    def is_regression(self) -> bool:
        """Whether the outputs are numbers, not probabilities of classes."""
        return not activation_named(self.output_activation).is_probability

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

    def check_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Refuse parameters that are not those of this network.

        Raises:
            ShapeError: with the name of the first that is missing, of another shape or of no layer.
        """
        because = f" to fit layer_dims {list(self.layer_dims)}"
        shapes = self.parameter_shapes
        for name, shape in shapes.items():
            array = parameters.get(name)
            if not hasattr(array, "shape"):
                found = "missing" if array is None else f"of type {type(array).__name__}"
                raise ShapeError(f"{name} is {found}; expected an array of shape {shape}{because}")
            check_sizes(name, array, shape, because)
        surplus = [name for name in parameters if name not in shapes]
        if surplus:
            raise ShapeError(
                f"the parameters hold {', '.join(surplus)}; expected {', '.join(shapes)}{because}"
            )

    @property
    def hidden_activations(self) -> tuple[str, ...]:
        """The activations of layers 1 .. L-1, one name each."""
        if isinstance(self.hidden_activation, str):
            return (self.hidden_activation,) * (self.depth - 1)
        return self.hidden_activation

    @property
    def dropout_rates(self) -> tuple[float, ...]:
        """The dropout of A0 (the inputs), A1, ..., A(L-1)."""
        hidden = self.dropout if isinstance(self.dropout, tuple) else (self.dropout,) * (self.depth - 1)
        return (self.input_dropout, *hidden)

    @property
    def activations(self) -> dict[str, Any]:
        """The keyword arguments by which `pellucid.core` is told the activations."""
        return {
            "hidden_activation": self.hidden_activation,
            "output_activation": self.output_activation,
        }

    @property
    def cost_options(self) -> dict[str, Any]:
        """The keyword arguments by which the cost and its gradient are told what else they need."""
        return {name: getattr(self, name) for name in cost_named(self.cost).options}

    def answers_cost(self, ZL: Any, Y: Any, weights: Any = None) -> float:
        """The cost of the answers alone: no penalty, no label smoothing.

        Args:
            ZL: linear part of the last layer, (n_y, m).
            Y: targets, (n_y, m).
            weights: how much each example counts, (1, m); None: all the same.
        """
        options = {name: value for name, value in self.cost_options.items() if name != "label_smoothing"}
        return float(cost_named(self.cost).forward(ZL, Y, weights=weights, **options))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as a model file keeps them: what is as ever is left out."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        kept = {
            item.name: values[item.name]
            for item in fields(self)
            if item.name in _ALWAYS or values[item.name] != item.default
        }
        return {name: list(value) if isinstance(value, tuple) else value for name, value in kept.items()}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`.

        Raises:
            OptionError: keys or values that no network has.
        """
        known = {item.name for item in fields(cls)}
        if not isinstance(document, Mapping) or not _ALWAYS <= set(document) <= known:
            raise OptionError(
                f"a network is described by {', '.join(sorted(_ALWAYS))}; found {document!r:.200}"
            )
        hidden = document["hidden_activation"]
        names = (*(hidden if isinstance(hidden, list) else [hidden]), document["output_activation"])
        if not isinstance(document["layer_dims"], list) or not all(
            isinstance(name, str) for name in (*names, document["cost"])
        ):
            raise OptionError("a network's layer_dims are a list and its activations and cost are names")
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in document.items()}
        return cls(**values)
