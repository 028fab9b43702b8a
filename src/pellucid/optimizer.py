"""Optimizer: by which rule the parameters follow their gradients. A frozen value."""

from dataclasses import dataclass, fields
from typing import Any, Self

from pellucid.core._arrays import check_number
from pellucid.errors import OptionError

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
        beta1: the momentum of all but rmsprop.
        beta2: how slowly the mean of the squared gradients follows, for rmsprop, adam and adamw.
        epsilon: joins the square root that the step is divided by.
        weight_decay: adamw's: the share of each weight that a step of rate 1 takes away.
        epsilon_hat: for adam and adamw: epsilon joins the root of the squares before they are corrected,
            as in the faster order of Kingma and Ba (2015, section 2), whose epsilon-hat it then is. It
            counts more in the first steps; scikit-learn and TensorFlow do so.

    Raises:
        OptionError: an unknown name, or a number out of its range.
    """

    name: str = "gradient_descent"
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.01
    epsilon_hat: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or self.name not in OPTIMIZERS:
            raise OptionError(f"unknown optimizer {self.name!r}; expected one of {', '.join(OPTIMIZERS)}")
        # A velocity that nothing brakes may be asked for; a mean that never forgets follows nothing.
        most = {"most": 1.0} if self.name in ("heavy_ball", "nesterov") else {"below": 1.0}
        object.__setattr__(self, "beta1", check_number("beta1", self.beta1, least=0.0, **most))
        object.__setattr__(self, "beta2", check_number("beta2", self.beta2, least=0.0, below=1.0))
        object.__setattr__(self, "epsilon", check_number("epsilon", self.epsilon, above=0.0))
        decay = check_number("weight_decay", self.weight_decay, least=0.0)
        object.__setattr__(self, "weight_decay", decay)
        if type(self.epsilon_hat) is not bool or (self.epsilon_hat and not self.name.startswith("adam")):
            raise OptionError(
                f"epsilon_hat is {self.epsilon_hat!r} and the optimizer {self.name}; expected True or "
                "False, and True with adam or adamw only"
            )

    @classmethod
    def named(cls, optimizer: "str | Optimizer") -> Self:
        """The rule called so, with its usual numbers; or the one given.

        Raises:
            OptionError: no such rule.
        """
        if isinstance(optimizer, Optimizer):
            return cls(**{item.name: getattr(optimizer, item.name) for item in fields(optimizer)})
        if not isinstance(optimizer, str):
            raise OptionError(f"optimizer is {optimizer!r:.80}; expected a name or an Optimizer")
        # rmsprop's mean is usually the faster one.
        usual: dict[str, Any] = {"beta2": 0.9} if optimizer == "rmsprop" else {}
        return cls(optimizer, **usual)

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the arrays it keeps of each parameter.

        The velocity "v", the squares "s", both or none.
        """
        return OPTIMIZERS[self.name]
