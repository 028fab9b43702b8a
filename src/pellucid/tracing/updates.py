"""The equations of clipping and of the optimizers, and the function of `pellucid.core` that takes each."""

from collections.abc import Callable
from typing import Any

from pellucid.core.optimizers import (
    update_parameters_with_adam,
    update_parameters_with_adamw,
    update_parameters_with_heavy_ball,
    update_parameters_with_momentum,
    update_parameters_with_nesterov,
    update_parameters_with_rmsprop,
)
from pellucid.core.update import update_parameters
from pellucid.optimizer import Optimizer
from pellucid.tracing.formulas import symbol
from pellucid.tracing.steps import Formula

RULES: dict[str, Callable[..., Any]] = {
    "gradient_descent": update_parameters,
    "momentum": update_parameters_with_momentum,
    "heavy_ball": update_parameters_with_heavy_ball,
    "nesterov": update_parameters_with_nesterov,
    "rmsprop": update_parameters_with_rmsprop,
    "adam": update_parameters_with_adam,
    "adamw": update_parameters_with_adamw,
}


def norm(depth: int) -> Formula:
    """The length of the gradient."""
    terms = r"\lVert dW^{[l]} \rVert^2 + \lVert db^{[l]} \rVert^2"
    return Formula(
        "gradient_norm = sqrt(sum of all dW^2 and db^2)",
        rf"\lVert g \rVert = \sqrt{{\sum_{{l=1}}^{{{depth}}} {terms}}}",
    )


def factor(clip_norm: float) -> Formula:
    """What makes a gradient that is too long as long as it may be."""
    return Formula(
        f"clip_factor = {clip_norm:g} / max(gradient_norm, {clip_norm:g})",
        rf"c = \frac{{{clip_norm:g}}}{{\max(\lVert g \rVert, {clip_norm:g})}}",
    )


def clipped(letter: str, l: int) -> Formula:
    """The gradient that is left of one."""
    text, latex = _gradient(letter, l, clipped=True)
    return Formula(
        f"{text} = clip_factor d{letter}{l}",
        rf"{latex} = c\,{symbol(f'd{letter}', l)}",
    )


def slot(
    optimizer: Optimizer, kept: str, letter: str, l: int, learning_rate: float, *, clipped: bool
) -> Formula:
    """What the optimizer keeps of a gradient: on the right of the equation, before the step.

    Args:
        optimizer: the rule.
        kept: "v" or "s".
        letter: "W" or "b".
        l: the layer.
        learning_rate: the length of the step.
        clipped: whether gradients were clipped.
    """
    grad, grad_latex = _gradient(letter, l, clipped=clipped)
    name, name_latex = _slot(kept, letter, l)
    if kept == "s":
        old, new, square, square_latex = optimizer.beta2, 1 - optimizer.beta2, "^2", "^2"
    elif optimizer.name in ("heavy_ball", "nesterov"):
        old, new, square, square_latex = optimizer.beta1, -learning_rate, "", ""
    else:
        old, new, square, square_latex = optimizer.beta1, 1 - optimizer.beta1, "", ""
    sign = "-" if new < 0 else "+"
    return Formula(
        f"{name} = {old:g} {name} {sign} {abs(new):g} {grad}{square}",
        rf"{name_latex} = {old:g}\,{name_latex} {sign} {abs(new):g}\,({grad_latex}){square_latex}",
    )


def corrected(optimizer: Optimizer, kept: str, letter: str, l: int, t: int) -> Formula:
    """Adam's mean, corrected for its start at 0.

    Args:
        optimizer: the rule.
        kept: "v" or "s".
        letter: "W" or "b".
        l: the layer.
        t: the number of the update, from 1.
    """
    beta = optimizer.beta1 if kept == "v" else optimizer.beta2
    name, latex = _slot(kept, letter, l)
    return Formula(
        f"{name}_corrected = {name} / (1 - {beta:g}^{t})",
        rf"{_corrected(kept, letter, l)[1]} = {latex} / (1 - {beta:g}^{{{t}}})",
    )


def update(
    optimizer: Optimizer, letter: str, l: int, learning_rate: float, t: int, *, clipped: bool
) -> Formula:
    """The parameter after the step.

    Args:
        optimizer: the rule.
        letter: "W" or "b".
        l: the layer.
        learning_rate: the length of the step.
        t: the number of the update, from 1.
        clipped: whether gradients were clipped.
    """
    name, latex, rate = f"{letter}{l}", symbol(letter, l), f"{learning_rate:g}"
    grad, grad_latex = _gradient(letter, l, clipped=clipped)
    (v, v_latex), (s, s_latex) = (_slot(kept, letter, l) for kept in "vs")
    beta1, epsilon = f"{optimizer.beta1:g}", f"{optimizer.epsilon:g}"
    text, in_latex = {
        "gradient_descent": (f"- {rate} {grad}", rf"- {rate}\,{grad_latex}"),
        "momentum": (f"- {rate} {v}", rf"- {rate}\,{v_latex}"),
        "heavy_ball": (f"+ {v}", f"+ {v_latex}"),
        "nesterov": (f"+ {beta1} {v} - {rate} {grad}", rf"+ {beta1}\,{v_latex} - {rate}\,{grad_latex}"),
        "rmsprop": (
            f"- {rate} {grad} / (sqrt({s}) + {epsilon})",
            rf"- {rate} \frac{{{grad_latex}}}{{\sqrt{{{s_latex}}} + {epsilon}}}",
        ),
    }.get(optimizer.name) or _adam(optimizer, letter, l, rate, t)
    if optimizer.name == "adamw" and letter == "W":
        text += f" - {rate} * {optimizer.weight_decay:g} {name}"
        in_latex += rf" - {rate} \cdot {optimizer.weight_decay:g}\,{latex}"
    return Formula(f"{name} = {name} {text}", f"{latex} = {latex} {in_latex}")


def _adam(optimizer: Optimizer, letter: str, l: int, rate: str, t: int) -> tuple[str, str]:
    (v, v_latex), (s, s_latex) = (_corrected(kept, letter, l) for kept in "vs")
    epsilon = epsilon_latex = f"{optimizer.epsilon:g}"
    if optimizer.epsilon_hat:
        beta2 = f"{optimizer.beta2:g}"
        epsilon_latex = rf"{epsilon} / \sqrt{{1 - {beta2}^{{{t}}}}}"
        epsilon = f"{epsilon}/sqrt(1 - {beta2}^{t})"
    return (
        f"- {rate} {v} / (sqrt({s}) + {epsilon})",
        rf"- {rate} \frac{{{v_latex}}}{{\sqrt{{{s_latex}}} + {epsilon_latex}}}",
    )


def _gradient(letter: str, l: int, *, clipped: bool) -> tuple[str, str]:
    """The gradient that the rule is given, as text and in LaTeX."""
    if clipped:
        return f"d{letter}{l}_clipped", symbol(rf"\overline{{d{letter}}}", l)
    return f"d{letter}{l}", symbol(f"d{letter}", l)


def _slot(kept: str, letter: str, l: int) -> tuple[str, str]:
    return f"{kept}_d{letter}{l}", f"{kept}_{{{symbol(f'd{letter}', l)}}}"


def _corrected(kept: str, letter: str, l: int) -> tuple[str, str]:
    name, _ = _slot(kept, letter, l)
    return f"{name}_corrected", rf"\hat{{{kept}}}_{{{symbol(f'd{letter}', l)}}}"
