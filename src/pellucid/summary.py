"""A network described for people: as text for a terminal, as HTML for a notebook."""

from collections.abc import Sequence

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
    rows = [_HEAD, *layer_rows(network)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    lines = [
        "  ".join(
            cell.rjust(width) if i == len(_HEAD) - 1 else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    lines.insert(1, "-" * len(lines[0]))
    lines.append("")
    lines += [f"{name}: {value}" for name, value in _facts(network, costs)]
    return "\n".join(lines)


def summary_html(network: Network, costs: Sequence[float] = ()) -> str:
    """The same as a fragment of HTML, with the cost curve drawn beside it."""
    from html import escape

    head = "".join(f"<th>{escape(cell)}</th>" for cell in _HEAD)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in layer_rows(network)
    )
    facts = "<br>".join(f"{escape(name)}: {escape(value)}" for name, value in _facts(network, costs))
    return (
        '<div style="display:flex;gap:2em;align-items:center;flex-wrap:wrap">'
        f"<div><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{facts}</p></div>"
        f"{_curve(costs)}</div>"
    )


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
        facts.append(("cost of the first and the last epoch", f"{costs[0]:.6f}, {costs[-1]:.6f}"))
    else:
        facts.append(("epochs trained", "none yet"))
    return facts


def _short(value: float | tuple[float, ...]) -> str:
    return ", ".join(f"{number:g}" for number in (value if isinstance(value, tuple) else (value,)))


def _curve(costs: Sequence[float], width: int = 240, height: int = 120) -> str:
    """The costs as a small inline SVG, at most one point per pixel; nothing for fewer than two."""
    if len(costs) < 2:
        return ""
    count = min(len(costs), width)
    # Evenly spread, from the first cost to the last.
    points = [costs[i * (len(costs) - 1) // (count - 1)] for i in range(count)]
    low, high = min(points), max(points)
    span = (high - low) or 1.0
    path = " ".join(
        f"{i * width / (len(points) - 1):.1f},{height - (cost - low) / span * height:.1f}"
        for i, cost in enumerate(points)
    )
    return (
        f'<svg role="img" aria-label="cost, from {costs[0]:.4g} to {costs[-1]:.4g}" '
        f'width="{width}" height="{height}" viewBox="-2 -2 {width + 4} {height + 4}">'
        f'<polyline points="{path}" fill="none" stroke="currentColor" stroke-width="1.5"/></svg>'
    )
