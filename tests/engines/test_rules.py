"""What the entry of an optimizer says of it, held against the steps it takes."""

from typing import Any

import numpy as np
import pytest

from pellucid.core._arrays import check_number
from pellucid.engines.rules import apply_update, init_slots
from pellucid.errors import OptionError
from pellucid.optimizer import OPTIMIZERS, Optimizer

NUMBERS = {"beta1": 0.6, "beta2": 0.7, "epsilon": 0.3, "weight_decay": 0.4}
by_name = pytest.mark.parametrize("name", OPTIMIZERS)


def weights_after(optimizer: Optimizer, gradients: list[float]) -> float:
    """One weight that starts at 1, after a step for each of its gradients."""
    parameters: Any = {"W1": np.ones((1, 1)), "b1": np.zeros((1, 1))}
    slots = init_slots(optimizer, parameters)
    for t, gradient in enumerate(gradients, start=1):
        grads = {"dW1": np.full((1, 1), gradient), "db1": np.zeros((1, 1))}
        parameters, slots = apply_update(optimizer, parameters, grads, slots, t, 0.1)
        assert tuple(slots) == optimizer.slots
    return float(parameters["W1"][0, 0])


@by_name
@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_matters_if_it_is_one_of_the_rules(name: str, number: str) -> None:
    usual = weights_after(Optimizer.named(name), [1.0, -0.8])
    other = weights_after(
        Optimizer(**{"name": name, **OPTIMIZERS[name].usual, number: NUMBERS[number]}), [1.0, -0.8]
    )
    assert (usual != other) == (number in OPTIMIZERS[name].numbers)


@by_name
def test_a_linear_rule_adds_up(name: str) -> None:
    optimizer = Optimizer.named(name)
    one, two, both = (weights_after(optimizer, g) - 1 for g in ([0.5, 0.0], [0.0, -2.0], [0.5, -2.0]))
    assert (abs(one + two - both) < 1e-12) == OPTIMIZERS[name].linear


@by_name
def test_only_what_is_corrected_has_an_epsilon_hat(name: str) -> None:
    if OPTIMIZERS[name].bias_corrected:
        Optimizer(name, epsilon_hat=True)
    else:
        with pytest.raises(OptionError, match=r"^epsilon_hat is True and the optimizer "):
            Optimizer(name, epsilon_hat=True)


@by_name
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0, 1.5, -0.1])
def test_the_bounds_are_those_of_the_optimizer(name: str, value: float) -> None:
    def refused(check: Any) -> bool:
        try:
            check()
        except OptionError:
            return True
        return False

    bounds = OPTIMIZERS[name].bounds.get("beta1", {"least": 0.0, "below": 1.0})
    by_entry = refused(lambda: check_number("beta1", value, **bounds))
    assert refused(lambda: Optimizer(name, beta1=value)) == by_entry


@by_name
def test_the_usual_numbers_are_those_of_the_name(name: str) -> None:
    assert Optimizer.named(name) == Optimizer(name, **OPTIMIZERS[name].usual)
