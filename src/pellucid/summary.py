"""A network described for people: as text for a terminal, as HTML for a notebook."""

from collections.abc import Iterable, Sequence
from typing import Self

from pellucid.display import aligned_table, beside, cost_svg, cost_text, facts, table
from pellucid.network import Network

Row = tuple[str, str, str, str, str]
# What a network may have or not, by the names `Network` has for them.
_SHOWN_IF_THERE = {
    "label_smoothing": "label smoothing",
    "l2": "L2 penalty",
    "l1": "L1 penalty",
    "dropout": "dropout",
    "input_dropout": "dropout of the inputs",
}
_HEAD: Row = ("layer", "W", "b", "activation", "parameters")


def layer_rows(network: Network) -> list[Row]:
    """One row per layer: its number, the shapes of W and b, its activation, its parameter count."""
    rows = []
    shapes = network.parameter_shapes
    for l in range(1, network.depth + 1):
        (n, n_prev), b = shapes[f"W{l}"], shapes[f"b{l}"]
        activation = (*network.hidden_activations, network.output_activation)[l - 1]
        rows.append((str(l), f"({n}, {n_prev})", f"({b[0]}, 1)", activation, f"{n * (n_prev + 1):,}"))
    return rows


def summary_text(network: Network, costs: Sequence[float] = ()) -> str:
    """A table of the layers, then what is known of the training."""
    lines = aligned_table([_HEAD, *layer_rows(network)], "<<<<>").split("\n")
    lines.insert(1, "-" * len(lines[0]))
    lines.append("")
    lines += [f"{name}: {value}" for name, value in _facts(network, costs)]
    return "\n".join(lines)


def summary_html(
    network: Network,
    costs: Sequence[float] = (),
    validation_costs: Sequence[float] = (),
    more: Iterable[tuple[str, str]] = (),
) -> str:
    """The same as a fragment of HTML, with the cost curve beside it.

    Args:
        network: what is described.
        costs: of its training, one per epoch.
        validation_costs: those of validation examples, if there are any.
        more: further names and values, shown below the table.
    """
    layers = table(_HEAD, layer_rows(network), "<<<<>") + facts([*_facts(network, costs), *more])
    return beside(layers, cost_svg(costs, validation_costs))


class Summary(str):
    """The text of `summary_text`, which a notebook shows as a table and a terminal with its line breaks.

    Attributes:
        html: what a notebook shows.
    """

    html: str

    def __new__(
        cls, network: Network, costs: Sequence[float] = (), validation_costs: Sequence[float] = ()
    ) -> Self:
        """See `summary_text` and `summary_html`."""
        summary = super().__new__(cls, summary_text(network, costs))
        summary.html = summary_html(network, costs, validation_costs)
        return summary

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return self.html


def _facts(network: Network, costs: Sequence[float]) -> list[tuple[str, str]]:
    facts = [
        ("parameters", f"{network.parameter_count:,}"),
        ("cost", network.cost.replace("_", " ")),
    ]
    facts += [
        (words, _short(getattr(network, name)))
        for name, words in _SHOWN_IF_THERE.items()
        if getattr(network, name)
    ]
    if costs:
        facts.append(("epochs trained", f"{len(costs):,}"))
        facts.append(
            ("cost of the first and the last epoch", f"{cost_text(costs[0])}, {cost_text(costs[-1])}")
        )
    else:
        facts.append(("epochs trained", "none yet"))
    return facts


def _short(value: float | tuple[float, ...]) -> str:
    return ", ".join(f"{number:g}" for number in (value if isinstance(value, tuple) else (value,)))
