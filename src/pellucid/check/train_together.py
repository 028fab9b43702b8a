"""Train a network on real data with all functions of a solution together.

The data are Fisher's irises (1936), versicolor and virginica: four measures of a hundred flowers. The
reference supplies the functions that the file lacks, so that half a solution can be trained too.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pellucid import core
from pellucid.check.cases_networks import network
from pellucid.check.editions import (
    NO_CACHE,
    has_plain_activations,
    has_three_layers,
    has_two_layers,
    is_of_one_number,
)
from pellucid.check.flowers import flowers
from pellucid.check.judgement import Judgement, described
from pellucid.check.solution import Solution
from pellucid.core import shallow

if TYPE_CHECKING:
    from pellucid.check.runner import Runner

ITERATIONS = 60
_RATE = 0.4
# Tolerance between the costs of the two trainings.
_APART = 1e-3
_FORWARD = ("L_model_forward", "linear_activation_forward", "linear_forward", "sigmoid", "relu")
_BACKWARD = (
    *("L_model_backward", "linear_activation_backward", "linear_backward"),
    *("sigmoid_backward", "relu_backward"),
)
_SHALLOW = ("forward_propagation", "backward_propagation")


class JointTraining(NamedTuple):
    """Whether the functions train a network together.

    Attributes:
        worked: True, False, or None: there was nothing to try.
        text: the result in words.
    """

    worked: bool | None
    text: str


class _StoppedError(Exception):
    """A function of the file did not return what the next one needs."""


Call = Callable[[str, Callable[..., Any], tuple[Any, ...]], Any]


def train_together(solution: Solution, runner: "Runner", judgements: Sequence[Judgement]) -> JointTraining:
    """Train on the flowers with the file's functions, and for comparison with the reference's.

    Args:
        solution: the file.
        runner: answers the calls.
        judgements: of its functions; one that ended its process or hung is not called again.
    """
    steps = {*_FORWARD, *_BACKWARD, *_SHALLOW, "compute_cost", "update_parameters"}
    present = [name for name in solution.functions if name in steps]
    plain = [f.name for f in judgements if NO_CACHE in f.notes]
    if set(present) <= set(plain):
        return JointTraining(None, "none of the functions of a training step is in the file")
    refusal = _refusal(solution, [judgement for judgement in judgements if judgement.name in present])
    if refusal is not None:
        return refusal
    deep = any(name in solution.functions for name in (*_FORWARD[:2], *_BACKWARD[:2]))
    is_shallow = any(name in solution.functions for name in _SHALLOW) or (
        has_two_layers(solution) and not deep
    )
    step = _shallow_step if is_shallow else _deep_step
    X, Y = flowers()
    start = network((4, 5, 1) if is_shallow else (4, 5, 3, 1), seed=15)

    def call(name: str, reference: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        if name not in solution.functions:
            return reference(*args)
        if name == "compute_cost" and _needs_parameters(solution):
            args = (*args, start)
        outcome = runner.call(name, args, seed=0, alone=False)
        if outcome.kind != "value":
            reason = f"{outcome.error.type}: {outcome.error.message}" if outcome.error else outcome.kind
            raise _StoppedError(f"{name} stops: {reason}"[:200])
        return outcome.value

    with np.errstate(all="ignore"):
        right = _costs(step, lambda name, reference, args: reference(*args), X, Y, start)
        try:
            costs = _costs(step, call, X, Y, start)
        except _StoppedError as stopped:
            return JointTraining(False, str(stopped))
        except Exception as error:  # a result of an unusable form
            return JointTraining(
                False, f"the functions do not fit together: {type(error).__name__}: {error}"[:200]
            )
    return _judged(costs, right)


def _refusal(solution: Solution, judgements: Sequence[Judgement]) -> JointTraining | None:
    """Why the functions are not tried together; None if they are."""
    hopeless = [f.name for f in judgements if f.cause in ("timeout", "died", "too-much")]
    if hopeless:
        return JointTraining(False, f"not tried: {hopeless[0]} does not return")
    blank = [f.name for f in judgements if f.status == "unwritten"]
    if blank:
        return JointTraining(None, f"not written yet: {', '.join(blank)}")
    if any(told(solution) for told in (has_three_layers, is_of_one_number, has_plain_activations)):
        return JointTraining(None, "the exercise is about another network")
    return None


def _needs_parameters(solution: Solution) -> bool:
    arguments = solution.functions["compute_cost"].tree.args
    return len(arguments.args) - len(arguments.defaults) > 2


def _judged(costs: Sequence[float], right: Sequence[float]) -> JointTraining:
    reason = f"cost {costs[0]:.4f} -> {costs[-1]:.4f} in {ITERATIONS} iterations on a hundred irises"
    if not np.isfinite(costs).all():
        return JointTraining(False, f"{reason}; it should stay finite, and reach {right[-1]:.4f}")
    if max(abs(a - b) for a, b in zip(costs, right, strict=True)) < _APART:
        return JointTraining(True, f"{reason}, as the reference")
    return JointTraining(False, f"{reason}; the reference goes {right[0]:.4f} -> {right[-1]:.4f}")


def _costs(step: Callable[..., Any], call: Call, X: Any, Y: Any, start: dict[str, Any]) -> list[float]:
    costs, parameters = [], start
    for _ in range(ITERATIONS):
        cost, parameters = step(call, X, Y, parameters)
        cost = np.asarray(cost)
        if cost.dtype.kind not in "fiu" or cost.size != 1:
            raise _StoppedError(f"compute_cost gives {described(cost)}, not one number")
        costs.append(float(cost.reshape(())))
        if not isinstance(parameters, dict):
            raise _StoppedError(f"update_parameters gives {described(parameters)}, not a dictionary")
    return costs


def _deep_step(call: Call, X: Any, Y: Any, parameters: dict[str, Any]) -> tuple[Any, Any]:
    AL, caches = call("L_model_forward", _forward_by(call), (X, parameters))
    cost = call("compute_cost", core.compute_cost, (AL, Y))
    grads = call("L_model_backward", _backward_by(call), (AL, Y, caches))
    return cost, call("update_parameters", core.update_parameters, (parameters, grads, _RATE))


def _forward_by(call: Call) -> Callable[..., Any]:
    """The reference's forward pass through the file's own layers."""

    def layer(A: Any, W: Any, b: Any, activation: str) -> Any:
        Z, linear_cache = call("linear_forward", core.linear_forward, (A, W, b))
        A, cache = call(activation, core.relu if activation == "relu" else core.sigmoid, (Z,))
        return A, (linear_cache, cache)

    def forward(X: Any, parameters: dict[str, Any]) -> Any:
        L, A, caches = len(parameters) // 2, X, []
        for l in range(1, L + 1):
            activation = "relu" if l < L else "sigmoid"
            args = (A, parameters[f"W{l}"], parameters[f"b{l}"], activation)
            A, cache = call("linear_activation_forward", layer, args)
            caches.append(cache)
        return A, caches

    return forward


def _backward_by(call: Call) -> Callable[..., Any]:
    """The reference's backward pass through the file's own layers."""

    def layer(dA: Any, cache: Any, activation: str) -> Any:
        linear_cache, Z = cache
        slope = core.relu_backward if activation == "relu" else core.sigmoid_backward
        dZ = call(f"{activation}_backward", slope, (dA, Z))
        return call("linear_backward", core.linear_backward, (dZ, linear_cache))

    def backward(AL: Any, Y: Any, caches: Sequence[Any]) -> Any:
        L = len(caches)
        grads: dict[str, Any] = {}
        dA = -(Y / AL - (1 - Y) / (1 - AL))
        for l in range(L, 0, -1):
            args = (dA, caches[l - 1], "sigmoid" if l == L else "relu")
            dA, dW, db = call("linear_activation_backward", layer, args)
            grads |= {f"dA{l - 1}": dA, f"dW{l}": dW, f"db{l}": db}
        return grads

    return backward


def _shallow_step(call: Call, X: Any, Y: Any, parameters: dict[str, Any]) -> tuple[Any, Any]:
    A2, cache = call("forward_propagation", shallow.forward_propagation, (X, parameters))
    cost = call("compute_cost", core.compute_cost, (A2, Y))
    args = (parameters, cache, X, Y)
    grads = call("backward_propagation", shallow.backward_propagation, args)
    return cost, call("update_parameters", core.update_parameters, (parameters, grads, _RATE))
