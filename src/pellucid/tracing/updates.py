"""The equations of clipping and of the optimizers, with the numbers of a step filled in."""

from pellucid.core.formula import Formula
from pellucid.optimizer import OPTIMIZERS, Optimizer
from pellucid.tracing.formulas import symbol


def norm(depth: int) -> Formula:
    """The norm of the gradient."""
    terms = r"\lVert dW^{[l]} \rVert^2 + \lVert db^{[l]} \rVert^2"
    return Formula(
        "gradient_norm = sqrt(sum of all dW^2 and db^2)",
        rf"\lVert g \rVert = \sqrt{{\sum_{{l=1}}^{{{depth}}} {terms}}}",
    )


def factor(clip_norm: float) -> Formula:
    """The factor that shortens a gradient to `clip_norm`."""
    return Formula(
        f"clip_factor = {clip_norm:g} / max(gradient_norm, {clip_norm:g})",
        rf"c = \frac{{{clip_norm:g}}}{{\max(\lVert g \rVert, {clip_norm:g})}}",
    )


def clipped(letter: str, l: int) -> Formula:
    """The gradient of one parameter after clipping."""
    text, latex = _gradient(letter, l, clipped=True)
    return Formula(
        f"{text} = clip_factor d{letter}{l}",
        rf"{latex} = c\,{symbol(f'd{letter}', l)}",
    )


def slot_update(
    optimizer: Optimizer, slot: str, letter: str, l: int, learning_rate: float, *, clipped: bool
) -> Formula:
    """The update of an optimizer's slot; on the right of the equation is its value before the step.

    Args:
        optimizer: the optimizer.
        slot: "v" or "s".
        letter: "W" or "b".
        l: the layer.
        learning_rate: the learning rate.
        clipped: whether gradients were clipped.
    """
    names = _names(optimizer, letter, l, learning_rate, clipped=clipped)
    right = OPTIMIZERS[optimizer.name].slots[slot].filled(*names)
    return _equation(_slot(slot, letter, l), right)


def beta_of(optimizer: Optimizer, slot: str) -> float:
    """The share of the slot "v" or "s" that stays in a step."""
    return optimizer.beta1 if slot == "v" else optimizer.beta2


def corrected(optimizer: Optimizer, slot: str, letter: str, l: int, t: int) -> Formula:
    """Adam's running mean, corrected for its start at 0.

    Args:
        optimizer: the optimizer.
        slot: "v" or "s".
        letter: "W" or "b".
        l: the layer.
        t: the number of the update, from 1.
    """
    beta = beta_of(optimizer, slot)
    name, latex = _slot(slot, letter, l)
    return Formula(
        f"{name}_corrected = {name} / (1 - {beta:g}^{t})",
        rf"{_corrected(slot, letter, l)[1]} = {latex} / (1 - {beta:g}^{{{t}}})",
    )


def update(
    optimizer: Optimizer, letter: str, l: int, learning_rate: float, t: int, *, clipped: bool
) -> Formula:
    """The parameter after the step.

    Args:
        optimizer: the optimizer.
        letter: "W" or "b".
        l: the layer.
        learning_rate: the learning rate.
        t: the number of the update, from 1.
        clipped: whether gradients were clipped.
    """
    rule, (name, latex) = OPTIMIZERS[optimizer.name], (f"{letter}{l}", symbol(letter, l))
    text, in_latex = _names(optimizer, letter, l, learning_rate, clipped=clipped)
    if rule.bias_corrected:
        for slot in rule.slots:
            text[slot], in_latex[slot] = _corrected(slot, letter, l)
    if optimizer.epsilon_hat:
        beta2 = f"{optimizer.beta2:g}"
        text["epsilon"] += f"/sqrt(1 - {beta2}^{t})"
        in_latex["epsilon"] += rf" / \sqrt{{1 - {beta2}^{{{t}}}}}"
    parts = [rule.update, rule.decay] if rule.decay and letter == "W" else [rule.update]
    added = [part.filled(text, in_latex) for part in parts]
    return Formula(
        " ".join([f"{name} = {name}", *(part.text for part in added)]),
        " ".join([f"{latex} = {latex}", *(part.latex for part in added)]),
    )


def _names(
    optimizer: Optimizer, letter: str, l: int, learning_rate: float, *, clipped: bool
) -> tuple[dict[str, str], dict[str, str]]:
    """The values of the names in an optimizer's formulas, as text and in LaTeX."""
    numbers = {name: getattr(optimizer, name) for name in ("beta1", "beta2", "epsilon", "weight_decay")}
    numbers |= {"rest1": 1 - optimizer.beta1, "rest2": 1 - optimizer.beta2, "rate": learning_rate}
    values = {name: f"{number:g}" for name, number in numbers.items()}
    symbols = {
        "W": (f"{letter}{l}", symbol(letter, l)),
        "grad": _gradient(letter, l, clipped=clipped),
        **{slot: _slot(slot, letter, l) for slot in optimizer.slots},
    }
    return (
        values | {name: text for name, (text, _) in symbols.items()},
        values | {name: latex for name, (_, latex) in symbols.items()},
    )


def _equation(left: tuple[str, str], right: Formula) -> Formula:
    text, latex = left
    return Formula(f"{text} = {right.text}", f"{latex} = {right.latex}")


def _gradient(letter: str, l: int, *, clipped: bool) -> tuple[str, str]:
    """The gradient that the optimizer uses, as text and in LaTeX."""
    if clipped:
        return f"d{letter}{l}_clipped", symbol(rf"\overline{{d{letter}}}", l)
    return f"d{letter}{l}", symbol(f"d{letter}", l)


def _slot(slot: str, letter: str, l: int) -> tuple[str, str]:
    return f"{slot}_d{letter}{l}", f"{slot}_{{{symbol(f'd{letter}', l)}}}"


def _corrected(slot: str, letter: str, l: int) -> tuple[str, str]:
    name, _ = _slot(slot, letter, l)
    return f"{name}_corrected", rf"\hat{{{slot}}}_{{{symbol(f'd{letter}', l)}}}"
