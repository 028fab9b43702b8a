"""Optimizer: the rule that updates the parameters from their gradients. A frozen value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from pellucid.core._arrays import check_number
from pellucid.core.formula import Formula
from pellucid.core.optimizers import (
    update_parameters_with_adam,
    update_parameters_with_adamw,
    update_parameters_with_heavy_ball,
    update_parameters_with_momentum,
    update_parameters_with_nesterov,
    update_parameters_with_rmsprop,
)
from pellucid.core.update import update_parameters
from pellucid.errors import OptionError
from pellucid.settings import check, declared_by, described_by, setting, spelled


class Rule(NamedTuple):
    """All that the package knows of one optimizer.

    In the formulas stand $W, $grad, $v and $s for one parameter, its gradient and its slots, $rate for the
    learning rate, and the numbers: $beta1, $beta2, $epsilon, $weight_decay, $rest1 for 1 - beta1 and $rest2
    for 1 - beta2.

    Attributes:
        function: of `pellucid.core`. It takes the parameters, their gradients and the slots, and as
            keywords `learning_rate` and the `numbers`; with `bias_corrected` also t. It returns the new
            parameters; with slots a tuple of the parameters, the slots, and anything else.
        update: the formula of what is added to $W.
        slots: what it keeps of each gradient from step to step, and how: the velocity "v", the mean of
            the squares "s".
        numbers: the fields of `Optimizer` that it takes.
        beta: which of them the function calls beta, as the course does.
        bounds: of a number whose bounds are not the usual ones, as `check_number` takes them.
        usual: its numbers that are not the defaults of `Optimizer`.
        rate: its usual learning rate, as a multiple of adamw's.
        bias_corrected: whether the update divides the slots by 1 - beta^t. Such a rule knows `epsilon_hat`.
        decay: the formula of what is added to weights alone, and not to biases.
        linear: whether each step is a combination of the gradients so far.
        kind: what the native engine calls it; None where it has no kernel, and the reference engine trains.
    """

    function: Callable[..., Any]
    update: Formula
    slots: Mapping[str, Formula] = MappingProxyType({})
    numbers: tuple[str, ...] = ()
    beta: str = ""
    bounds: Mapping[str, Mapping[str, float]] = MappingProxyType({})
    usual: Mapping[str, float] = MappingProxyType({})
    rate: float = 1.0
    bias_corrected: bool = False
    decay: Formula | None = None
    linear: bool = False
    kind: str | None = None


_MEAN = Formula("$beta1 $v + $rest1 $grad", r"$beta1\,$v + $rest1\,($grad)")
_STEP = Formula("$beta1 $v - $rate $grad", r"$beta1\,$v - $rate\,($grad)")
_SQUARES = Formula("$beta2 $s + $rest2 $grad^2", r"$beta2\,$s + $rest2\,($grad)^2")
_ADAM = Formula("- $rate $v / (sqrt($s) + $epsilon)", r"- $rate \frac{$v}{\sqrt{$s} + $epsilon}")
# A velocity that never shrinks is a choice; a mean that never forgets would follow nothing.
_UP_TO_1 = MappingProxyType({"beta1": {"least": 0.0, "most": 1.0}})

OPTIMIZERS = {
    "gradient_descent": Rule(
        update_parameters,
        Formula("- $rate $grad", r"- $rate\,$grad"),
        linear=True,
        rate=30.0,
        kind="gradient_descent",
    ),
    "momentum": Rule(
        update_parameters_with_momentum,
        Formula("- $rate $v", r"- $rate\,$v"),
        slots={"v": _MEAN},
        numbers=("beta1",),
        beta="beta1",
        linear=True,
        rate=30.0,
        kind="momentum",
    ),
    "heavy_ball": Rule(
        update_parameters_with_heavy_ball,
        Formula("+ $v", "+ $v"),
        slots={"v": _STEP},
        numbers=("beta1",),
        beta="beta1",
        bounds=_UP_TO_1,
        linear=True,
        rate=3.0,
        kind="heavy_ball",
    ),
    "nesterov": Rule(
        update_parameters_with_nesterov,
        Formula("+ $beta1 $v - $rate $grad", r"+ $beta1\,$v - $rate\,$grad"),
        slots={"v": _STEP},
        numbers=("beta1",),
        beta="beta1",
        bounds=_UP_TO_1,
        linear=True,
        rate=3.0,
        kind="nesterov",
    ),
    "rmsprop": Rule(
        update_parameters_with_rmsprop,
        Formula("- $rate $grad / (sqrt($s) + $epsilon)", r"- $rate \frac{$grad}{\sqrt{$s} + $epsilon}"),
        slots={"s": _SQUARES},
        numbers=("beta2", "epsilon"),
        beta="beta2",
        # Its mean is usually faster than Adam's.
        usual={"beta2": 0.9},
        rate=0.3,
        kind="rmsprop",
    ),
    "adam": Rule(
        update_parameters_with_adam,
        _ADAM,
        slots={"v": _MEAN, "s": _SQUARES},
        numbers=("beta1", "beta2", "epsilon"),
        bias_corrected=True,
        kind="adam",
    ),
    "adamw": Rule(
        update_parameters_with_adamw,
        _ADAM,
        slots={"v": _MEAN, "s": _SQUARES},
        numbers=("beta1", "beta2", "epsilon", "weight_decay"),
        bias_corrected=True,
        decay=Formula("- $rate * $weight_decay $W", r"- $rate \cdot $weight_decay\,$W"),
        kind="adamw",
    ),
}


@dataclass(frozen=True)
class Optimizer:
    """A rule of `pellucid.core` by name, and its numbers.

    Args:
        name: "gradient_descent"; "momentum" (the course's: v = beta v + (1 - beta) g, W - rate v);
            "heavy_ball" (v = beta v - rate g, W + v); "nesterov" (the same v, W + beta v - rate g);
            "rmsprop"; "adam"; "adamw".
        beta1: share of the velocity that stays from step to step; every optimizer but rmsprop and
            gradient_descent has it.
        beta2: share of the mean of the squared gradients that stays, for rmsprop, adam and adamw.
        epsilon: joins the square root that the step is divided by.
        weight_decay: share of each weight that a step of adamw with learning rate 1 takes away.
        epsilon_hat: for adam and adamw: epsilon joins the root of the squares before they are corrected,
            as in the faster order of Kingma and Ba (2015, section 2), whose epsilon-hat it then is. It
            counts more in the first steps; scikit-learn and TensorFlow do so.

    Raises:
        OptionError: an unknown name, or a number out of its range.
    """

    name: str = setting("gradient_descent", choices=OPTIMIZERS, called="optimizer")
    beta1: float = setting(0.9, least=0.0, most=1.0, group="Training", flag="momentum")
    beta2: float = setting(0.999, least=0.0, below=1.0)
    epsilon: float = setting(1e-8, above=0.0)
    weight_decay: float = setting(0.01, least=0.0, group="Regularization", by_data=True)
    epsilon_hat: bool = setting(False)

    __repr__ = spelled

    def __post_init__(self) -> None:
        check(self)
        rule = OPTIMIZERS[self.name]
        # A velocity without friction is allowed; a mean that never forgets would not move.
        for name, bounds in {"beta1": {"least": 0.0, "below": 1.0}, **rule.bounds}.items():
            check_number(name, getattr(self, name), **bounds)
        if self.epsilon_hat and not rule.bias_corrected:
            corrected = " or ".join(name for name, rule in OPTIMIZERS.items() if rule.bias_corrected)
            raise OptionError(
                f"epsilon_hat is True and the optimizer {self.name}; expected False, or {corrected}"
            )

    @classmethod
    def named(cls, optimizer: "str | Mapping[str, Any] | Optimizer") -> "Optimizer":
        """An optimizer with its usual numbers.

        Args:
            optimizer: a name, with numbers as in "adamw:weight_decay=0.1"; a mapping of the arguments; or
                an `Optimizer`, which is returned.

        Raises:
            OptionError: no such rule, or no such number of it.
        """
        if isinstance(optimizer, Optimizer):
            return optimizer
        values = described_by(cls, optimizer, "optimizer", "adamw:weight_decay=0.1")
        rule = OPTIMIZERS.get(values["name"])
        return cls(**{**(rule.usual if rule else {}), **values})

    def changed(self, **numbers: float | None) -> Self:
        """The same optimizer with other numbers; None leaves one alone.

        Raises:
            OptionError: a number that this optimizer does not use, or one out of bounds.
        """
        given = {name: value for name, value in numbers.items() if value is not None}
        for name, value in given.items():
            if name not in OPTIMIZERS[self.name].numbers:
                those = [other for other, rule in OPTIMIZERS.items() if name in rule.numbers]
                called = declared_by(Optimizer)[name].name
                raise OptionError(
                    f"{called} is {value:g} and the optimizer {self.name} has none; expected "
                    f"{'one of ' if len(those) > 1 else ''}{', '.join(those)}"
                )
        return replace(self, **given)  # type: ignore[arg-type] # each is a number of this class

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the arrays it keeps of each parameter.

        The velocity "v", the squares "s", both or none.
        """
        return tuple(OPTIMIZERS[self.name].slots)
