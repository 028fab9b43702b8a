"""Every option of a step with every other, in every engine: the numbers of the oracle.

The cases cover all pairs of choices. An engine that is added runs them too, in float64 and float32.
"""

import itertools
from functools import cache
from typing import Any

import numpy as np
import pytest

from helpers import LIBRARIES, Library, to_numpy
from oracle import Oracle
from pellucid import L_model_forward, Network, Optimizer, initialize_parameters_deep
from pellucid.core.activations import HIDDEN_ACTIVATIONS
from pellucid.core.costs import COSTS
from pellucid.engines import ENGINES, Batches, Steps, engine_named
from pellucid.engines.packing import flat
from pellucid.optimizer import OPTIMIZERS

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


def cases_for(engine: str, library: Library) -> list[dict[str, Any]]:
    """All for NumPy; for the others, which the reference runs by the same lines, some."""
    if library.name == "numpy":
        return CASES
    if engine != "reference":
        return []
    if library.name == "torch":
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
    """Parameters, X, Y, weights, steps, fifty batches and their rates."""
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
    # One batch in ten has no weight at all.
    weights = 2 * rng.rand(1, m) * (np.arange(m) > 3) if case["weights"] else None
    seed = 7 if case["batches"] == "full" else 2**64 - 1
    name, hat, _ = case["optimizer"].partition("_hat")
    steps = Steps(Optimizer(name, 0.8, 0.95, 1e-4, 0.05, bool(hat)), case["clip"], dropout_seed=seed)
    if case["batches"] == "full":
        batches = Batches.full(50)
    else:
        batches = Batches.of(
            [rng.permutation(m)[: 3 + i % 9] if i % 10 else np.arange(4) for i in range(1, 51)]
        )
    fast = 0.02 if network.cost == "poisson" else 0.05
    rates = [fast / (1 + i / 50) for i in range(50)]
    return parameters, X, Y.astype(float), weights, steps, batches, rates


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
    parameters, X, Y, weights, steps, batches, rates = training_of(case, network)
    oracle = Oracle(network, parameters, X, Y, weights, steps)
    first, rest = first_and_rest(batches)
    costs = oracle.advance(first, rates[:1])
    after_one = oracle.parameters
    return costs + oracle.advance(rest, rates[1:]), after_one, oracle.parameters


def assert_near(name: str, value: Any, right: Any, tolerance: float) -> None:
    size = max(np.abs(right).max(), 1e-3)
    distance = np.abs(to_numpy(value) - right).max() / size
    assert distance <= tolerance, f"{name} is off by {distance:.2g} of its size"


@pytest.mark.parametrize(
    ("engine", "library", "number"),
    [
        (engine, library, CASES.index(case))
        for engine in ENGINES
        for library in LIBRARIES
        for case in cases_for(engine, library)
    ],
    ids=str,
)
def test_fifty_steps_are_the_oracles(engine: str, library: Library, number: int) -> None:
    case = CASES[number]
    network = network_of(case)
    parameters, X, Y, weights, steps, batches, rates = training_of(case, network)
    costs, after_one, after_fifty = expected(number)
    first, rest = first_and_rest(batches)
    with library.ready():
        session = engine_named(engine).open(
            network,
            {name: library.array(value) for name, value in parameters.items()},
            library.array(X),
            library.array(Y),
            weights=None if weights is None else library.array(weights),
            steps=steps,
        )
        found = session.advance(first, rates[:1])
        for name, value in session.snapshot().items():
            assert library.owns(value)
            assert_near(f"{name} after a step", value, after_one[name], AFTER_ONE[library.dtype])
        found += session.advance(rest, rates[1:])
        assert_near("the cost", np.asarray(found), np.asarray(costs), AFTER_FIFTY[library.dtype])
        for name, value in session.finish().items():
            assert_near(name, value, after_fifty[name], AFTER_FIFTY[library.dtype])
    assert session.iteration == 50


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_gradient_is_a_step_of_gradient_descent(engine: str, dtype: str) -> None:
    network = Network((4, 6, 2), output_activation="identity", l2=0.3, l1=0.2, dropout=0.25)
    rng = np.random.RandomState(0)
    X, Y = rng.randn(4, 30).astype(dtype), rng.randn(2, 30).astype(dtype)
    weights = rng.rand(1, 30).astype(dtype)
    parameters = initialize_parameters_deep(network.layer_dims, scheme="he", rng=1)
    row = flat(network, parameters, X.dtype)
    elsewhere = {name: value + 1 for name, value in parameters.items()}
    still = engine_named(engine).open(network, elsewhere, X, Y, weights=weights)
    cost, gradient = still.cost_and_gradient(row)
    assert gradient.dtype == dtype
    assert still.iteration == 0
    moving = engine_named(engine).open(network, parameters, X, Y, weights=weights)
    [expected] = moving.advance(Batches.full(1), 0.5)
    tolerance = 1e-12 if dtype == "float64" else 1e-5
    np.testing.assert_allclose(cost, expected, rtol=tolerance)
    np.testing.assert_allclose(
        row - 0.5 * gradient, flat(network, moving.snapshot(), X.dtype), atol=tolerance
    )
    # And the session trains on from there.
    assert still.advance(Batches.full(1), 0.5) == pytest.approx([expected], rel=tolerance)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_gradient_where_the_cost_is_not_finite_is_none(engine: str) -> None:
    network = Network((2, 3, 1), output_activation="identity")
    session = engine_named(engine).open(
        network, initialize_parameters_deep((2, 3, 1), rng=1), np.ones((2, 5)), np.ones((1, 5))
    )
    cost, gradient = session.cost_and_gradient(np.full(network.parameter_count, 1e200))
    assert not np.isfinite(cost)
    assert not np.isfinite(gradient).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_penalty_is_told_apart(engine: str) -> None:
    rng = np.random.RandomState(0)
    X, Y = rng.randn(4, 30), rng.randn(2, 30)
    parameters = initialize_parameters_deep((4, 6, 2), scheme="he", rng=1)
    batches = Batches.of([range(7), range(7, 30)])

    def costs(l2: float) -> tuple[np.ndarray, np.ndarray]:
        network = Network((4, 6, 2), output_activation="identity", l2=l2)
        session = engine_named(engine).open(network, parameters, X, Y)
        return np.array(session.advance(batches, 1e-300)), np.array(session.penalties)

    (bare, none), (charged, penalties) = costs(0.0), costs(0.4)
    squares = sum(float(np.sum(value**2)) for name, value in parameters.items() if name[0] == "W")
    np.testing.assert_array_equal(none, [0, 0])
    np.testing.assert_allclose(penalties, [0.2 * squares / 7, 0.2 * squares / 23], rtol=1e-12)
    np.testing.assert_allclose(charged - penalties, bare, rtol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize(("first", "second"), [*itertools.product(ENGINES, ENGINES)])
def test_another_session_goes_on_from_a_memory(name: str, first: str, second: str) -> None:
    network = Network((4, 6, 1))
    rng = np.random.RandomState(0)
    X, Y = rng.randn(4, 30), (rng.rand(1, 30) > 0.5) * 1.0
    steps = Steps(Optimizer(name))
    parameters = initialize_parameters_deep((4, 6, 1), scheme="he", rng=1)
    whole = engine_named(first).open(network, parameters, X, Y, steps=steps)
    whole.advance(Batches.full(5), 0.01)
    begun = engine_named(first).open(network, parameters, X, Y, steps=steps)
    begun.advance(Batches.full(3), 0.01)
    memory, so_far = begun.memory(), begun.snapshot()
    assert memory.taken == 3
    begun.advance(Batches.full(2), 0.01)
    gone_on = engine_named(second).open(network, so_far, X, Y, steps=steps, memory=memory)
    gone_on.advance(Batches.full(2), 0.01)
    for key, value in whole.snapshot().items():
        np.testing.assert_allclose(gone_on.snapshot()[key], value, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("output", "n_y", "m"),
    [("sigmoid", 1, 40), ("sigmoid", 3, 40), ("softmax", 3, 40), ("softmax", 3, 5000)],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_what_is_beyond_the_precision_of_probabilities(
    engine: str, dtype: str, output: str, n_y: int, m: int, weighted: bool
) -> None:
    rng = np.random.RandomState(0)
    network = Network((4, 5, n_y), output_activation=output, l2=0.1)
    X = (rng.randn(4, m) * 30).astype(dtype)
    Y = np.eye(n_y)[:, rng.randint(n_y, size=m)] if output == "softmax" else (rng.rand(n_y, m) > 0.5) * 1.0
    weights = rng.rand(1, m).astype(dtype) if weighted else None
    parameters = initialize_parameters_deep(network.layer_dims, scheme="he", rng=1)
    session = engine_named(engine).open(network, parameters, X, Y, weights=weights)
    assert session.beyond_precision == 0
    cost, _ = session.cost_and_gradient(flat(network, parameters, X.dtype))
    penalty = 0.05 * sum(float(np.sum(value**2)) for name, value in parameters.items() if name[0] == "W")
    # As scikit-learn writes it.
    AL, _ = L_model_forward(X.astype("float64"), parameters, output_activation=output)
    epsilon = np.finfo(dtype).eps
    p = np.clip(AL, epsilon, 1 - epsilon)
    losses = -np.where(Y > 0.5, np.log(p), 0 if output == "softmax" else np.log(1 - p)).sum(axis=0)
    total = m if weights is None else weights.sum()
    clipped = np.average(losses, weights=None if weights is None else weights[0]) + penalty / total
    assert session.beyond_precision > 0.1
    # Their 1 - p has few digits where p is nearly 1.
    tolerance = 1e-6 if dtype == "float64" else 1e-3
    assert cost - session.beyond_precision == pytest.approx(clipped, rel=tolerance)
    session.cost_and_gradient(flat(network, {k: v * 0.01 for k, v in parameters.items()}, X.dtype))
    assert session.beyond_precision == 0
