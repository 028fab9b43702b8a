"""Optimizer: the rule that updates the parameters from their gradients. A frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from pellucid.errors import OptionError
from pellucid.settings import check, described_by, setting

# What each rule carries from step to step beside the parameters: the velocity v, the squares s.
OPTIMIZERS: dict[str, tuple[str, ...]] = {
    "gradient_descent": (),
    "momentum": ("v",),
    "heavy_ball": ("v",),
    "nesterov": ("v",),
    "rmsprop": ("s",),
    "adam": ("v", "s"),
    "adamw": ("v", "s"),
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
    weight_decay: float = setting(0.01, least=0.0, group="Regularization")
    epsilon_hat: bool = setting(False)

    def __post_init__(self) -> None:
        check(self)
        # A velocity without friction is allowed; a mean that never forgets would not move.
        if self.beta1 == 1 and self.name not in ("heavy_ball", "nesterov"):
            raise OptionError(f"beta1 is {self.beta1:g}; expected a number at least 0 and below 1")
        if self.epsilon_hat and not self.name.startswith("adam"):
            raise OptionError(
                f"epsilon_hat is True and the optimizer {self.name}; expected False, or adam or adamw"
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
        values = described_by(cls, optimizer, "optimizer")
        # The usual mean of rmsprop is the shorter one.
        usual = {"beta2": 0.9} if values["name"] == "rmsprop" else {}
        return cls(**{**usual, **values})

    def changed(self, **numbers: float | None) -> Self:
        """The same optimizer with other numbers; None leaves one alone.

        Raises:
            OptionError: a number that this optimizer does not use, or one out of bounds.
        """
        given = {name: value for name, value in numbers.items() if value is not None}
        if "beta1" in given and "v" not in self.slots:
            with_momentum = ", ".join(name for name, slots in OPTIMIZERS.items() if "v" in slots)
            raise OptionError(
                f"momentum is {given['beta1']:g} and the optimizer {self.name} has none; expected one of "
                f"{with_momentum}"
            )
        if "weight_decay" in given and self.name != "adamw":
            raise OptionError(
                f"weight_decay is {given['weight_decay']:g} and the optimizer {self.name} has none; "
                "expected adamw, or l2"
            )
        return replace(self, **given)  # type: ignore[arg-type] # each is a number of this class

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the arrays it keeps of each parameter.

        The velocity "v", the squares "s", both or none.
        """
        return OPTIMIZERS[self.name]
