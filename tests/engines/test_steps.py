"""Every option of a step with every other, in every engine: the numbers of the oracle.

The cases cover all pairs of choices. An engine that is added runs them too, in float64 and float32.
"""

import itertools
from functools import cache
from typing import Any

import numpy as np
import pytest

from helpers import to_numpy
from oracle import Oracle
from pellucid import Network, Optimizer, initialize_parameters_deep
from pellucid.core.activations import HIDDEN_ACTIVATIONS
from pellucid.core.costs import COSTS
from pellucid.engines import Batches, StepOptions
from pellucid.examples import Examples
from pellucid.optimizer import OPTIMIZERS
from sessions import EVERY, Trained

CHOICES: dict[str, list[Any]] = {
    "hidden": [*HIDDEN_ACTIVATIONS, ("relu", "tanh"), ("gelu", "identity")],
    "output": [
        *((output, name, 0.0) for name, cost in COSTS.items() for output in cost.output_activations),
        ("sigmoid", "binary_cross_entropy", 0.1),
        ("softmax", "categorical_cross_entropy", 0.2),
    ],
    "optimizer": list(OPTIMIZERS),
    "penalty": [(0.0, 0.0), (0.7, 0.0), (0.0, 0.05), (0.4, 0.03)],
    "dropout": [(0.0, 0.0), (0.3, 0.0), (0.25, 0.1), ((0.2, 0.5), 0.0), ((0.0, 0.4), 0.2)],
    "weights": [False, True],
    "clip": [None, 0.3],
    "batches": ["full", "mini"],
}


def covering(choices: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Cases in which each choice meets each choice of every other kind, found greedily."""
    names = sorted(choices, key=lambda name: -len(choices[name]))
    numbered = [[(n, i) for i in range(len(choices[name]))] for n, name in enumerate(names)]
    missing = {pair for kinds in itertools.combinations(numbered, 2) for pair in itertools.product(*kinds)}
    cases = []
    while missing:
        chosen = list(min(missing))
        for n in sorted(set(range(len(names))) - {n for n, _ in chosen}):
            gains = {
                option: sum(tuple(sorted((option, other))) in missing for other in chosen)
                for option in numbered[n]
            }
            # Of several that gain as much, another one each time.
            start = len(cases) % len(gains)
            chosen.append(max([*gains][start:] + [*gains][:start], key=gains.__getitem__))
        missing -= set(itertools.combinations(sorted(chosen), 2))
        cases.append({names[n]: choices[names[n]][i] for n, i in chosen})
    return cases


COVERING = covering(CHOICES)
# And every other case of Adam's with the epsilon that joins before the correction.
CASES = (
    COVERING
    + [
        case | {"optimizer": case["optimizer"] + "_hat"} for case in COVERING if "adam" in case["optimizer"]
    ][::2]
)


def cases_for(trained: Trained) -> list[dict[str, Any]]:
    """All for NumPy; for the others, which the reference runs by the same lines, some."""
    if trained.backend.name == "numpy":
        return CASES
    if trained.backend.name == "torch":
        return CASES[::5]
    # JAX compiles every operation for every new shape: batches of one size only, and few.
    varied = [
        case for case in CASES if case["batches"] == "full" and case["weights"] and any(case["dropout"])
    ]
    return [case for case in varied if case["optimizer"].startswith("adam")][:2]


# Relative to the size of a parameter or cost. float32 has 7 digits, of which sums and kinks cost some.
AFTER_ONE = {"float64": 1e-9, "float32": 1e-4}
AFTER_FIFTY = {"float64": 1e-9, "float32": 2e-3}


def test_all_pairs_of_choices_are_among_the_cases() -> None:
    for a, b in itertools.combinations(CHOICES, 2):
        pairs = {(str(case[a]), str(case[b])) for case in COVERING}
        assert len(pairs) == len(CHOICES[a]) * len(CHOICES[b]), (a, b)


def network_of(case: dict[str, Any]) -> Network:
    output, cost, smoothing = case["output"]
    return Network(
        (4, 6, 5, 1 if output == "sigmoid" else 3),
        hidden_activation=case["hidden"],
        output_activation=output,
        cost=cost,
        label_smoothing=smoothing,
        huber_delta=0.4,
        l2=case["penalty"][0],
        l1=case["penalty"][1],
        dropout=case["dropout"][0],
        input_dropout=case["dropout"][1],
    )


def training_of(case: dict[str, Any], network: Network) -> tuple[Any, ...]:
    """Parameters, X, Y, weights, options, fifty batches and their rates."""
    rng = np.random.RandomState(3)
    m, n_y = 23, network.n_y
    X = rng.randn(4, m)
    if network.cost.endswith("cross_entropy"):
        labels = rng.randint(max(2, n_y), size=m)
        Y = labels.reshape(1, -1) if n_y == 1 else np.eye(n_y)[:, labels]
    else:
        Y = rng.poisson(2.0, (n_y, m)) if network.cost == "poisson" else rng.rand(n_y, m)
    parameters = initialize_parameters_deep(network.layer_dims, scheme="he", rng=1)
    parameters |= {name: value + 0.1 for name, value in parameters.items() if name[0] == "b"}
    if network.cost == "poisson":
        # Where dropout happens to keep the largest units e^Z would leave the finite numbers.
        parameters["W3"] *= 0.1
    # One batch in ten has no weight at all.
    weights = 2 * rng.rand(1, m) * (np.arange(m) > 3) if case["weights"] else None
    seed = 7 if case["batches"] == "full" else 2**64 - 1
    name, hat, _ = case["optimizer"].partition("_hat")
    optimizer = Optimizer(name, 0.8, 0.95, 1e-4, 0.05, bool(hat))
    options = StepOptions(optimizer, case["clip"], dropout_seed=seed)
    if case["batches"] == "full":
        batches = Batches.full(50)
    else:
        batches = Batches.of(
            [rng.permutation(m)[: 3 + i % 9] if i % 10 else np.arange(4) for i in range(1, 51)]
        )
    fast = 0.02 if network.cost == "poisson" else 0.05
    rates = [fast / (1 + i / 50) for i in range(50)]
    return parameters, X, Y.astype(float), weights, options, batches, rates


def first_and_rest(batches: Batches) -> tuple[Batches, Batches]:
    if batches.columns is None:
        return Batches.full(1), Batches.full(len(batches) - 1)
    first, *rest = batches
    return Batches.of([first]), Batches.of(rest)


@cache
def expected(number: int) -> tuple[list[float], dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The oracle's costs, and parameters after one step and after all."""
    case = CASES[number]
    network = network_of(case)
    parameters, X, Y, weights, options, batches, rates = training_of(case, network)
    oracle = Oracle(network, parameters, X, Y, weights, options)
    costs = oracle.advance(batches.part(0, 1), rates[:1])
    after_one = oracle.parameters
    return costs + oracle.advance(batches.part(1, 50), rates[1:]), after_one, oracle.parameters


def assert_close(name: str, value: Any, right: Any, tolerance: float) -> None:
    size = max(np.abs(right).max(), 1e-3)
    distance = np.abs(to_numpy(value) - right).max() / size
    assert distance <= tolerance, f"{name} is off by {distance:.2g} of its size"


@pytest.mark.parametrize(
    ("trained", "number"),
    [(trained, CASES.index(case)) for trained in EVERY for case in cases_for(trained)],
    indirect=["trained"],
    ids=str,
)
def test_fifty_steps_are_the_oracles(trained: Trained, number: int) -> None:
    case = CASES[number]
    network = network_of(case)
    parameters, X, Y, weights, options, batches, rates = training_of(case, network)
    costs, after_one, after_fifty = expected(number)
    dtype = trained.backend.dtype
    session = trained.open(network, Examples(X, Y, weights, finite=True), parameters, options)
    found = session.advance(batches.part(0, 1), rates[:1]).cost
    for name, value in session.state().parameters.items():
        assert trained.backend.owns(value)
        assert_close(f"{name} after a step", value, after_one[name], AFTER_ONE[dtype])
    found = found + session.advance(batches.part(1, 50), rates[1:]).cost
    assert_close("the cost", np.asarray(found), np.asarray(costs), AFTER_FIFTY[dtype])
    for name, value in session.finish().items():
        assert trained.backend.owns(value)
        assert_close(name, value, after_fifty[name], AFTER_FIFTY[dtype])
    assert session.state().step_count == 50


@pytest.mark.parametrize("trained", EVERY, indirect=True, ids=str)
def test_the_penalty_is_told_apart(trained: Trained) -> None:
    rng = np.random.RandomState(0)
    examples = Examples(rng.randn(4, 30), rng.randn(2, 30), None, finite=True)
    parameters = initialize_parameters_deep((4, 6, 2), scheme="he", rng=1)
    batches = Batches.of([range(7), range(7, 30)])

    def costs(l2: float) -> tuple[np.ndarray, np.ndarray]:
        network = Network((4, 6, 2), output_activation="identity", l2=l2)
        found = trained.open(network, examples, parameters).advance(batches, 1e-30)
        return np.array(found.cost), np.array(found.penalty)

    (bare, none), (charged, penalties) = costs(0.0), costs(0.4)
    squares = sum(float(np.sum(value**2)) for name, value in parameters.items() if name[0] == "W")
    tolerance = 1e-12 if trained.backend.dtype == "float64" else 1e-6
    np.testing.assert_array_equal(none, [0, 0])
    np.testing.assert_allclose(penalties, [0.2 * squares / 7, 0.2 * squares / 23], rtol=tolerance)
    np.testing.assert_allclose(charged - penalties, bare, rtol=10 * tolerance)
