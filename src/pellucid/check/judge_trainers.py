"""Judge the functions that train, by whether the cost falls as far and as early as it should."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from pellucid import core
from pellucid.check.judge_compare import Difference, differences
from pellucid.check.outcome import Outcome
from pellucid.core import shallow

Array = np.ndarray[Any, Any]

# The cost that a training reaches; how far another may lie from it to count as the same.
_LEARNED = 0.36
_SAME = 0.03


class Training(NamedTuple):
    """One call of a trainer: its arguments, and their description."""

    text: str
    args: tuple[Any, ...]


class TrainerVerdict(NamedTuple):
    """The mistake of a trainer; no code if it is right."""

    code: str
    difference: Difference | None
    case: str


def data() -> tuple[Array, Array]:
    """Two clouds, X (3, 80) and Y (1, 80): not centred, for the biases, and overlapping: no cost is 0."""
    rng = np.random.default_rng(14)
    Y = (np.arange(80) % 2).reshape(1, 80) * 1.0
    X = rng.standard_normal((3, 80)) + np.array([[1.0], [-0.7], [0.4]]) * (2 * Y - 1) + 0.5
    return X, Y


def trainings(name: str) -> tuple[Training, ...]:
    """The calls of one trainer: a whole training, a training of one step, and one of tiny steps.

    Args:
        name: "two_layer_model", "L_layer_model" or "nn_model".
    """
    X, Y = data()
    if name == "nn_model":
        return (
            Training("4 hidden units, 1500 iterations", (X, Y, 4, 1500, False)),
            Training("4 hidden units, 1 iteration", (X, Y, 4, 1, False)),
        )
    dims = [3, 4, 1]
    return (
        Training("layers 3 - 4 - 1, learning rate 0.1, 400 iterations", (X, Y, dims, 0.1, 400, False)),
        Training("layers 3 - 4 - 1, learning rate 0.1, 1 iteration", (X, Y, dims, 0.1, 1, False)),
        Training("layers 3 - 4 - 1, learning rate 1e-6, 400 iterations", (X, Y, dims, 1e-6, 400, False)),
    )


def judge_trainer(name: str, calls: Sequence[Training], outcomes: Sequence[Outcome]) -> TrainerVerdict:
    """The mistake of a trainer.

    Args:
        name: of the trainer.
        calls: the calls of it.
        outcomes: all of kind "value".
    """
    found = [_parameters(outcome.value) for outcome in outcomes]
    forms = [_form(parameters) for parameters in found]
    for call, wrong in zip(calls, forms, strict=True):
        if wrong:
            # No number at the end, and one after the first step: it climbed until there was none.
            climbed = wrong[0] == "returns-nan" and call is calls[0] and not forms[1]
            return TrainerVerdict("model-climbs" if climbed else wrong[0], wrong[1], call.text)
    costs = [_cost(name, parameters) for parameters in found]
    code, at = _code(found, costs)
    expected = f"below {_LEARNED}" if at == 0 else "about what it was at the start"
    difference = Difference("cost after training", "value", expected, costs[at]) if code else None
    return TrainerVerdict(code, difference, calls[at].text if code else "")


def _parameters(value: Any) -> Any:
    # Newer editions of the course return the costs as well.
    return value[0] if isinstance(value, (tuple, list)) and len(value) == 2 else value


def _form(parameters: Any) -> tuple[str, Difference] | None:
    shapes = {"W1": (4, 3), "b1": (4, 1), "W2": (1, 4), "b2": (1, 1)}
    wrong = differences({key: np.zeros(shape) for key, shape in shapes.items()}, parameters, "parameters")
    codes = {
        "none": "returns-none",
        "count": "wrong-count",
        "numbers": "not-numbers",
        "missing": "key-missing",
        "shape": "wrong-shape",
        "nan": "returns-nan",
    }
    return next(((codes[d.kind], d) for d in wrong if d.kind in codes), None)


def _cost(name: str, parameters: Mapping[str, Array]) -> float:
    X, Y = data()
    forward = shallow.forward_propagation if name == "nn_model" else core.L_model_forward
    with np.errstate(all="ignore"):
        A, _ = forward(X, {key: np.asarray(parameters[key], float) for key in ("W1", "b1", "W2", "b2")})
        return float(core.compute_cost(np.clip(A, 1e-12, 1 - 1e-12), Y))


def _code(found: Sequence[Mapping[str, Array]], costs: Sequence[float]) -> tuple[str, int]:
    biases = [not np.any(p["b1"]) and not np.any(p["b2"]) for p in found]
    start = float(np.log(2))
    if costs[0] > start + _SAME:
        return "model-climbs", 0
    if costs[0] > _LEARNED:
        return ("model-does-not-learn" if biases[0] else "model-stops-early"), 0
    if biases[0]:
        return "model-biases-fixed", 0
    if abs(costs[1] - costs[0]) < _SAME:
        return "iterations-ignored", 1
    if len(costs) > 2 and abs(costs[2] - costs[0]) < _SAME:
        return "learning-rate-fixed", 2
    return "", 0
