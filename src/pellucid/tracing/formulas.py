"""The equations of a step, in the letters of the course: as text for a terminal, in LaTeX for a page.

Those of activations and costs come from their entries in `pellucid.core`; here their names are filled in.
"""

from pellucid.core.activations import activation_named
from pellucid.core.costs import cost_named
from pellucid.core.formula import Formula
from pellucid.network import Network

_KEPT = r"\tilde{A}"
_SPACE = r"\; "


def symbol(letter: str, l: int) -> str:
    """A letter of the layer l in LaTeX: dW, 2 becomes dW^{[2]}."""
    return f"{letter}^{{[{l}]}}"


def input_of(l: int, *, masked: bool) -> tuple[str, str]:
    """The input of layer l, as text and in LaTeX: X, A1, or A1 after dropout."""
    if masked:
        return f"A{l - 1}_kept", symbol(_KEPT, l - 1)
    return ("X", "X") if l == 1 else (f"A{l - 1}", symbol("A", l - 1))


def linear(l: int, *, masked: bool) -> Formula:
    """Z = W A + b."""
    text, latex = input_of(l, masked=masked)
    return Formula(
        f"Z{l} = W{l} {text} + b{l}",
        f"{symbol('Z', l)} = {symbol('W', l)} {latex} + {symbol('b', l)}",
    )


def activation(name: str, l: int) -> Formula:
    """A = g(Z)."""
    return _of_layer("A", l, activation_named(name).formula)


def activation_backward(name: str, l: int) -> Formula:
    """dZ = dA * g'(Z)."""
    return _of_layer("dZ", l, activation_named(name).derivative)


def mask(l: int, rate: float) -> Formula:
    """D: 0 where a unit is left out, else the factor 1 / (1 - rate)."""
    kept = f"1 / (1 - {rate:g})"
    return Formula(
        f"D{l} = {kept} where a unit is kept, else 0",
        rf"{symbol('D', l)} = \frac{{1}}{{1 - {rate:g}}} [\text{{kept}}]",
    )


def kept(l: int) -> Formula:
    """A after dropout."""
    text, latex = input_of(l + 1, masked=False)
    return Formula(
        f"A{l}_kept = {text} * D{l}",
        rf"{symbol(_KEPT, l)} = {latex} \odot {symbol('D', l)}",
    )


def cost(network: Network, *, weighted: bool, penalised: bool) -> Formula:
    """The cost of the outputs, without penalties."""
    name = ("data_cost", r"J_{\text{data}}") if penalised else ("cost", "J")
    means = ("1/m sum", r"\frac{1}{m} \sum")
    if weighted:
        means = ("1/sum(w) sum w ", r"\frac{1}{\sum_j w_j} \sum_j w_j")
    return _of_output(name, network, cost_named(network.cost).formula, means=means)


def penalty(network: Network, *, weighted: bool) -> Formula:
    """The L1 and L2 penalty of the weights."""
    total, total_latex = _total(weighted=weighted)
    l2_term = (f"{network.l2:g}/2 sum(W^2)", rf"\frac{{{network.l2:g}}}{{2}} \sum W^2")
    l1_term = (f"{network.l1:g} sum(|W|)", rf"{network.l1:g} \sum |W|")
    terms = [term for term, factor in ((l2_term, network.l2), (l1_term, network.l1)) if factor]
    text, latex = (" + ".join(parts) for parts in zip(*terms, strict=True))
    return Formula(
        f"penalty = ({text}) / {total}", rf"P = \frac{{1}}{{{total_latex}}} \left({latex}\right)"
    )


def total() -> Formula:
    """Cost and penalty."""
    return Formula("cost = data_cost + penalty", r"J = J_{\text{data}} + P")


def output_gradient(network: Network, *, weighted: bool) -> Formula:
    """dAL, of a cost whose gradient with respect to AL is in `pellucid.core`."""
    cost = cost_named(network.cost)
    return _of_examples("dA", network, cost.output_gradient or cost.gradient, weighted=weighted)


def last_linear_gradient(network: Network, *, weighted: bool) -> Formula:
    """dZL, with which the backward pass of training starts."""
    cost = cost_named(network.cost)
    if "output_activation" not in cost.options or network.output_activation == "identity":
        return _of_examples("dZ", network, cost.gradient, weighted=weighted)
    # dAL contains the weights already.
    return activation_backward(network.output_activation, network.depth)


def gradients(network: Network, l: int, *, masked: bool, weighted: bool) -> tuple[Formula, Formula]:
    """dW and db."""
    total, total_latex = _total(weighted=weighted)
    text, latex = input_of(l, masked=masked)
    dW = f"dW{l} = dZ{l} {text}^T / m"
    dW_latex = rf"{symbol('dW', l)} = \frac{{1}}{{m}} {symbol('dZ', l)} {{{latex}}}^T"
    if network.l2:
        dW += f" + {network.l2:g} W{l} / {total}"
        dW_latex += rf" + \frac{{{network.l2:g}}}{{{total_latex}}} {symbol('W', l)}"
    if network.l1:
        dW += f" + {network.l1:g} sign(W{l}) / {total}"
        dW_latex += rf" + \frac{{{network.l1:g}}}{{{total_latex}}} \mathrm{{sign}}({symbol('W', l)})"
    db = f"db{l} = sum(dZ{l}) / m"
    return (
        Formula(dW, dW_latex),
        Formula(db, rf"{symbol('db', l)} = \frac{{1}}{{m}} \sum_j {symbol('dZ', l)}_j"),
    )


def input_gradient(l: int, *, masked: bool) -> Formula:
    """dA of the layer before l."""
    left, right = f"dA{l - 1} = W{l}^T dZ{l}", f"{{{symbol('W', l)}}}^T {symbol('dZ', l)}"
    if masked:
        left, right = f"{left} * D{l - 1}", rf"{right} \odot {symbol('D', l - 1)}"
    return Formula(left, f"{symbol('dA', l - 1)} = {right}")


def _of_layer(letter: str, l: int, right: Formula) -> Formula:
    """An equation of the letters of one layer."""
    letters = ("Z", "A", "dA")
    text, latex = right.filled(
        {name: f"{name}{l}" for name in letters}, {name: symbol(name, l) for name in letters}
    )
    return Formula(f"{letter}{l} = {text}", f"{symbol(letter, l)} = {latex}")


def _of_examples(letter: str, network: Network, right: Formula, *, weighted: bool) -> Formula:
    """A gradient at the output; with weights, that of example j is multiplied by m w_j / sum(w)."""
    left = (f"{letter}{network.depth}", symbol(letter, network.depth))
    if weighted:
        right = Formula(
            f"({right.text}) * m w / sum(w)",
            rf"\left({right.latex}\right) \odot \frac{{m\,w}}{{\sum_j w_j}}",
        )
    return _of_output(left, network, right)


def _total(*, weighted: bool) -> tuple[str, str]:
    """The divisor of averages."""
    return ("sum(w)", r"\sum_j w_j") if weighted else ("m", "m")


def _of_output(
    left: tuple[str, str], network: Network, right: Formula, means: tuple[str, str] = ("", "")
) -> Formula:
    """An equation of the outputs, the targets and the options of the cost."""
    L, Y = network.depth, "Y'" if network.label_smoothing else "Y"
    numbers = {
        name: f"{value:g}" for name, value in network.cost_options.items() if isinstance(value, float)
    }
    text, latex = right.filled(
        numbers | {"A": f"A{L}", "Y": Y, "mean": means[0]},
        numbers | {"A": symbol("A", L), "Y": Y, "mean": means[1]},
    )
    return Formula(
        f"{left[0]} = {text}{_smoothing(network, '')}",
        f"{left[1]} = {latex}{_smoothing(network, _SPACE)}",
    )


def _smoothing(network: Network, space: str) -> str:
    """The definition of Y', if labels are smoothed."""
    e = network.label_smoothing
    classes = max(2, network.n_y) if network.cost == "categorical_cross_entropy" else 2
    return f", {space}Y' = {1 - e:g} Y + {e / classes:g}" if e else ""
