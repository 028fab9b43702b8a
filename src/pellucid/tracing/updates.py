"""The equations of the optimizers' first step, and the function of `pellucid.core` that takes each."""

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


def memory(optimizer: Optimizer, kept: str, letter: str, l: int, learning_rate: float) -> Formula:
    """What the optimizer keeps of a gradient; it was 0 before the first step.

    Args:
        optimizer: the rule.
        kept: "v" or "s".
        letter: "W" or "b".
        l: the layer.
        learning_rate: the length of the step.
    """
    grad, grad_latex = f"d{letter}{l}", symbol(f"d{letter}", l)
    name, name_latex = f"{kept}_{grad}", f"{kept}_{{{grad_latex}}}"
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


def update(optimizer: Optimizer, letter: str, l: int, learning_rate: float) -> Formula:
    """The parameter after the first step.

    Args:
        optimizer: the rule.
        letter: "W" or "b".
        l: the layer.
        learning_rate: the length of the step.
    """
    name, latex, rate = f"{letter}{l}", symbol(letter, l), f"{learning_rate:g}"
    grad, grad_latex = f"d{name}", symbol(f"d{letter}", l)
    v, v_latex = f"v_{grad}", f"v_{{{grad_latex}}}"
    s, s_latex = f"s_{grad}", f"s_{{{grad_latex}}}"
    beta1, beta2, epsilon = (f"{x:g}" for x in (optimizer.beta1, optimizer.beta2, optimizer.epsilon))
    text, in_latex = {
        "gradient_descent": (f"- {rate} {grad}", rf"- {rate}\,{grad_latex}"),
        "momentum": (f"- {rate} {v}", rf"- {rate}\,{v_latex}"),
        "heavy_ball": (f"+ {v}", f"+ {v_latex}"),
        "nesterov": (f"+ {beta1} {v} - {rate} {grad}", rf"+ {beta1}\,{v_latex} - {rate}\,{grad_latex}"),
        "rmsprop": (
            f"- {rate} {grad} / (sqrt({s}) + {epsilon})",
            rf"- {rate} \frac{{{grad_latex}}}{{\sqrt{{{s_latex}}} + {epsilon}}}",
        ),
    }.get(optimizer.name) or _adam(optimizer, (v, s), (v_latex, s_latex), (rate, beta1, beta2, epsilon))
    if optimizer.name == "adamw" and letter == "W":
        text += f" - {rate} * {optimizer.weight_decay:g} {name}"
        in_latex += rf" - {rate} \cdot {optimizer.weight_decay:g}\,{latex}"
    return Formula(f"{name} = {name} {text}", f"{latex} = {latex} {in_latex}")


def _adam(
    optimizer: Optimizer, text: tuple[str, str], latex: tuple[str, str], numbers: tuple[str, str, str, str]
) -> tuple[str, str]:
    (v, s), (v_latex, s_latex) = text, latex
    rate, beta1, beta2, epsilon = numbers
    if optimizer.epsilon_hat:
        epsilon = f"{epsilon}/sqrt(1 - {beta2})"
    return (
        f"- {rate} {v}/(1 - {beta1}) / (sqrt({s}/(1 - {beta2})) + {epsilon})",
        rf"- {rate} \frac{{{v_latex} / (1 - {beta1})}}{{\sqrt{{{s_latex} / (1 - {beta2})}} + {epsilon}}}",
    )
