"""The equations of a step, in the letters of the course: as text for a terminal, in LaTeX for a page.

In the templates $Z, $A and $dA are those of the layer, and $mean stands before what is averaged.
"""

from string import Template

from pellucid.network import Network
from pellucid.tracing.steps import Formula

# Each activation and what it makes of dA: text and LaTeX of A, text and LaTeX of dZ.
_ACTIVATIONS = {
    "relu": (
        *("max(0, $Z)", r"\max(0, $Z)"),
        *("$dA where $Z > 0, else 0", r"$dA \odot [$Z > 0]"),
    ),
    "leaky_relu": (
        *("$Z where $Z > 0, else 0.01 $Z", r"\max(0, $Z) + 0.01 \min(0, $Z)"),
        *("$dA where $Z > 0, else 0.01 $dA", r"$dA \odot ([$Z > 0] + 0.01\,[$Z \le 0])"),
    ),
    "elu": (
        *("$Z where $Z > 0, else e^$Z - 1", r"\max(0, $Z) + e^{\min(0, $Z)} - 1"),
        *("$dA where $Z > 0, else $dA * e^$Z", r"$dA \odot e^{\min(0, $Z)}"),
    ),
    "gelu": (
        "$Z/2 * (1 + tanh(sqrt(2/pi) ($Z + 0.044715 $Z^3)))",
        r"\tfrac{1}{2} $Z \odot (1 + \tanh(\sqrt{2/\pi}\,($Z + 0.044715\,{$Z}^3)))",
        *("$dA * gelu'($Z)", r"$dA \odot \mathrm{gelu}'($Z)"),
    ),
    "silu": (
        *("$Z * sigmoid($Z)", r"$Z \odot \sigma($Z)"),
        "$dA * s (1 + $Z (1 - s)), s = sigmoid($Z)",
        r"$dA \odot \sigma($Z) \odot (1 + $Z \odot (1 - \sigma($Z)))",
    ),
    "tanh": (*("tanh($Z)", r"\tanh($Z)"), *("$dA * (1 - $A^2)", r"$dA \odot (1 - {$A}^2)")),
    "sigmoid": (
        *("1 / (1 + e^-$Z)", r"\frac{1}{1 + e^{-$Z}}"),
        *("$dA * $A (1 - $A)", r"$dA \odot $A \odot (1 - $A)"),
    ),
    "softmax": (
        *("e^$Z / sum(e^$Z) in each column", r"\frac{e^{$Z}}{\sum_i e^{{$Z}_i}}"),
        *("$A * ($dA - sum($dA * $A))", r"$A \odot ($dA - \sum_i $dA \odot $A)"),
    ),
    "identity": (*("$Z", "$Z"), *("$dA", "$dA")),
    "exp": (*("e^$Z", "e^{$Z}"), *("$dA * $A", r"$dA \odot $A")),
}

# Text and LaTeX of each cost, then of its gradient with respect to A.
_COSTS = {
    "binary_cross_entropy": (
        "-$mean($Y log $A + (1 - $Y) log(1 - $A))",
        r"-$mean \left($Y \log $A + (1 - $Y) \log(1 - $A)\right)",
        "-($Y / $A - (1 - $Y) / (1 - $A))",
        r"-\left(\frac{$Y}{$A} - \frac{1 - $Y}{1 - $A}\right)",
    ),
    "categorical_cross_entropy": (*("-$mean($Y log $A)", r"-$mean $Y \log $A"), *("", "")),
    "mean_squared_error": (
        *("$mean(($A - $Y)^2 / 2)", r"$mean \tfrac{1}{2} ($A - $Y)^2"),
        *("$A - $Y", "$A - $Y"),
    ),
    "mean_absolute_error": (
        *("$mean(|$A - $Y|)", r"$mean \left|$A - $Y\right|"),
        *("sign($A - $Y)", r"\mathrm{sign}($A - $Y)"),
    ),
    "huber": (
        "$mean(r^2/2 where |r| <= d, else d (|r| - d/2)), r = $A - $Y, d = $delta",
        r"$mean h_d($A - $Y), \; d = $delta",
        *("$A - $Y kept within -$delta .. $delta", r"\max(-$delta, \min($delta, $A - $Y))"),
    ),
    "poisson": (
        "$mean($Y log $Y - $Y log $A - $Y + $A)",
        r"$mean \left($Y \log $Y - $Y \log $A - $Y + $A\right)",
        *("", ""),
    ),
}
_KEPT = r"\tilde{A}"
_SPACE = r"\; "
# Their outputs undo the logarithm in the cost, and what is left of dZ is the error.
_SHORT = ("binary_cross_entropy", "categorical_cross_entropy", "poisson")


def symbol(letter: str, l: int) -> str:
    """A letter of the layer l in LaTeX: dW, 2 becomes dW^{[2]}."""
    return f"{letter}^{{[{l}]}}"


def input_of(l: int, *, masked: bool) -> tuple[str, str]:
    """What layer l multiplies, as text and in LaTeX: X, A1, or what dropout kept of it."""
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
    text, latex, _, _ = _ACTIVATIONS[name]
    return _filled(l, ("A", text), ("A", latex))


def activation_backward(name: str, l: int) -> Formula:
    """dZ = dA * g'(Z)."""
    _, _, text, latex = _ACTIVATIONS[name]
    return _filled(l, ("dZ", text), ("dZ", latex))


def mask(l: int, rate: float) -> Formula:
    """D: 0 where a unit is left out, otherwise what makes up for those that are."""
    kept = f"1 / (1 - {rate:g})"
    return Formula(
        f"D{l} = {kept} where a unit is kept, else 0",
        rf"{symbol('D', l)} = \frac{{1}}{{1 - {rate:g}}} [\text{{kept}}]",
    )


def kept(l: int) -> Formula:
    """What a mask leaves of A."""
    text, latex = input_of(l + 1, masked=False)
    return Formula(
        f"A{l}_kept = {text} * D{l}",
        rf"{symbol(_KEPT, l)} = {latex} \odot {symbol('D', l)}",
    )


def cost(network: Network, *, weighted: bool, penalised: bool) -> Formula:
    """The cost of the answers."""
    name = ("data_cost", r"J_{\text{data}}") if penalised else ("cost", "J")
    text, latex, _, _ = _COSTS[network.cost]
    means = ("1/m sum", r"\frac{1}{m} \sum")
    if weighted:
        means = ("1/sum(w) sum w ", r"\frac{1}{\sum_j w_j} \sum_j w_j")
    L = network.depth
    return Formula(
        f"{name[0]} = {_of_output(text, network, f'A{L}', mean=means[0])}{_smoothing(network, '')}",
        f"{name[1]} = {_of_output(latex, network, symbol('A', L), mean=means[1])}"
        f"{_smoothing(network, _SPACE)}",
    )


def penalty(network: Network, *, weighted: bool) -> Formula:
    """What large weights cost."""
    total, total_latex = _total(weighted=weighted)
    squares = (f"{network.l2:g}/2 sum(W^2)", rf"\frac{{{network.l2:g}}}{{2}} \sum W^2")
    sizes = (f"{network.l1:g} sum(|W|)", rf"{network.l1:g} \sum |W|")
    asked = [pair for pair, factor in ((squares, network.l2), (sizes, network.l1)) if factor]
    text, latex = (" + ".join(parts) for parts in zip(*asked, strict=True))
    return Formula(
        f"penalty = ({text}) / {total}", rf"P = \frac{{1}}{{{total_latex}}} \left({latex}\right)"
    )


def total() -> Formula:
    """Cost and penalty."""
    return Formula("cost = data_cost + penalty", r"J = J_{\text{data}} + P")


def output_gradient(network: Network, *, weighted: bool) -> Formula:
    """dAL, of costs that are a function of AL in `pellucid.core`."""
    _, _, text, latex = _COSTS[network.cost]
    return _of_examples("dA", network, text, latex, weighted=weighted)


def last_linear_gradient(network: Network, *, weighted: bool) -> Formula:
    """dZL, where training begins its way back."""
    if network.cost in _SHORT or network.output_activation == "identity":
        _, _, text, latex = _COSTS["mean_squared_error" if network.cost in _SHORT else network.cost]
        return _of_examples("dZ", network, text, latex, weighted=weighted)
    # dAL has the weights already.
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


def _filled(l: int, text: tuple[str, str], latex: tuple[str, str]) -> Formula:
    (letter, said), (latex_letter, written) = text, latex
    letters = ("Z", "A", "dA")
    return Formula(
        f"{letter}{l} = {Template(said).substitute({name: f'{name}{l}' for name in letters})}",
        f"{symbol(latex_letter, l)} = "
        f"{Template(written).substitute({name: symbol(name, l) for name in letters})}",
    )


def _of_examples(letter: str, network: Network, text: str, latex: str, *, weighted: bool) -> Formula:
    """A gradient at the output: of example j it counts m w_j / sum(w) times."""
    L, weights = network.depth, ("", "")
    if weighted:
        weights = (" * m w / sum(w)", r" \odot \frac{m\,w}{\sum_j w_j}")
        text, latex = f"({text})", rf"\left({latex}\right)"
    return Formula(
        f"{letter}{L} = {_of_output(text, network, f'A{L}')}{weights[0]}{_smoothing(network, '')}",
        f"{symbol(letter, L)} = {_of_output(latex, network, symbol('A', L))}{weights[1]}"
        f"{_smoothing(network, _SPACE)}",
    )


def _total(*, weighted: bool) -> tuple[str, str]:
    """What averages divide by."""
    return ("sum(w)", r"\sum_j w_j") if weighted else ("m", "m")


def _of_output(template: str, network: Network, A: str, mean: str = "") -> str:
    Y = "Y'" if network.label_smoothing else "Y"
    return Template(template).substitute(A=A, Y=Y, mean=mean, delta=f"{network.huber_delta:g}")


def _smoothing(network: Network, space: str) -> str:
    """What Y' is, where labels are smoothed."""
    e = network.label_smoothing
    classes = max(2, network.n_y) if network.cost == "categorical_cross_entropy" else 2
    return f", {space}Y' = {1 - e:g} Y + {e / classes:g}" if e else ""
