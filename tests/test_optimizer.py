"""Optimizer: the rules there are, their usual numbers, and what is none."""

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

from pellucid import Optimizer
from pellucid.errors import OptionError
from pellucid.optimizer import OPTIMIZERS


def test_the_default_is_the_courses_step() -> None:
    assert Optimizer().name == "gradient_descent"
    assert Optimizer.named("gradient_descent") == Optimizer()


SLOTS = {
    "gradient_descent": (),
    "momentum": ("v",),
    "heavy_ball": ("v",),
    "nesterov": ("v",),
    "rmsprop": ("s",),
    "adam": ("v", "s"),
    "adamw": ("v", "s"),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_rule_by_name(name: str) -> None:
    optimizer = Optimizer.named(name)
    assert optimizer.name == name
    assert (optimizer.beta1, optimizer.epsilon, optimizer.weight_decay) == (0.9, 1e-8, 0.01)
    assert optimizer.beta2 == (0.9 if name == "rmsprop" else 0.999)
    assert optimizer.slots == SLOTS[name]
    assert Optimizer.named(optimizer) == optimizer


def test_it_is_a_value_of_plain_numbers() -> None:
    optimizer = Optimizer("adamw", np.float32(0.5), 0, np.float64(1e-3), 0)  # type: ignore[arg-type]
    values = (optimizer.beta1, optimizer.beta2, optimizer.epsilon, optimizer.weight_decay)
    assert values == (0.5, 0.0, 1e-3, 0.0)
    assert {type(value) for value in values} == {float}
    assert len({optimizer, Optimizer("adamw", 0.5, 0.0, 1e-3, 0.0)}) == 1
    with pytest.raises(FrozenInstanceError):
        optimizer.name = "adam"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"name": "sgd"},
            "optimizer is 'sgd'; expected one of gradient_descent, momentum, heavy_ball",
        ),
        ({"name": None}, "optimizer is None; expected one of"),
        ({"name": ["adam"]}, r"optimizer is \['adam'\]"),
        ({"beta1": 1.0}, "beta1 is 1.0; expected a number at least 0 and below 1"),
        ({"beta2": -0.1}, "beta2 is -0.1; expected a number at least 0 and below 1"),
        ({"beta2": "0.9"}, "beta2 is '0.9'; expected a number at least 0 and below 1"),
        ({"epsilon": 0}, "epsilon is 0; expected a number above 0"),
        ({"epsilon": float("nan")}, "epsilon is nan; expected a number above 0"),
        ({"weight_decay": -1}, "weight_decay is -1; expected a number at least 0"),
        ({"name": "adam", "beta1": 1}, "beta1 is 1.0; expected a number at least 0 and below 1"),
        ({"name": "nesterov", "beta1": 1.5}, "beta1 is 1.5; expected a number at least 0 and at most 1"),
        ({"epsilon_hat": True}, "epsilon_hat is True and the optimizer gradient_descent; expected"),
        ({"name": "adam", "epsilon_hat": 1}, "epsilon_hat is 1; expected True or"),
    ],
)
def test_refusals(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(OptionError, match=f"^{sentence}"):
        Optimizer(**options)


def test_what_is_no_name_is_refused() -> None:
    with pytest.raises(OptionError, match=r"^optimizer is 3; expected a name or an Optimizer"):
        Optimizer.named(3)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match=r"^optimizer is 'sgd'"):
        Optimizer.named("sgd")
