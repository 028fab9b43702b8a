"""Cases of the other exercises of the two courses, some of whose functions share a name with another's."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pellucid import core
from pellucid.check.cases_form import Case, Exam
from pellucid.check.cases_networks import network


def _first(result: Any) -> Any:
    """What comes before the cache, which every edition fills in its own way."""
    return result[0] if isinstance(result, (tuple, list)) and len(result) == 2 else result


def _three_layers() -> list[Case]:
    cases = []
    for dims, m in (((2, 3, 2, 1), 7), ((4, 3, 3, 1), 1), ((3, 5, 4, 1), 200)):
        X = np.random.default_rng([31, *dims]).standard_normal((dims[0], m))
        A3, _ = core.L_model_forward(X, network(dims))
        text = f"layers {' - '.join(map(str, dims))}, m = {m}"
        cases.append(Case(text, (X, network(dims)), A3))
    return cases


def _numbers(result: Callable[[float, float], float]) -> Callable[[], list[Case]]:
    pairs = ((2.0, 4.0), (-3.0, 0.5), (0.25, -8.0))
    return lambda: [
        Case(f"x = {x:g}, theta = {theta:g}", (x, theta), result(x, theta)) for x, theta in pairs
    ]


EXERCISES: Sequence[Exam] = (
    Exam("three_layers.forward_propagation", ("X", "parameters"), "A3", _three_layers, part=_first),
    Exam("one_number.forward_propagation", ("x", "theta"), "J", _numbers(lambda x, theta: theta * x)),
    Exam("one_number.backward_propagation", ("x", "theta"), "dtheta", _numbers(lambda x, theta: x)),
)
