"""The exact short cut: the same costs and the same W1 as the long way, whatever the inputs are."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pellucid
from pellucid import Network, initialize_parameters_deep
from pellucid.core import L_model_backward, L_model_forward, update_parameters
from pellucid.core.cost import binary_cross_entropy
from pellucid.engines import Batches, StepOptions, TrainingState, engine_for
from pellucid.errors import OptionError
from pellucid.examples import Examples
from pellucid.optimizer import OPTIMIZERS, Optimizer
from pellucid.training.shortcut import (
    LINEAR,
    SHORTCUTS,
    ReducedProblem,
    _length_outside,
    check_shortcut,
    find_span,
    pays_off,
)
from pellucid.training.triangle import divided

RNG = np.random.default_rng(3)


def spanned(
    network: Network, X: Any, parameters: Any, optimizer: str = "gradient_descent"
) -> ReducedProblem:
    span = find_span(network, X, parameters, Optimizer(optimizer), shortcut="always", steps=10)
    assert span is not None
    return span


def start(network: Network, seed: int = 1) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        name: rng.standard_normal(shape) / np.sqrt(shape[1])
        for name, shape in network.parameter_shapes.items()
    }


def distance(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.linalg.norm(found - expected) / (np.linalg.norm(expected) or 1))


@pytest.fixture(scope="module")
def cats(data_root: Path) -> pellucid.Dataset:
    folder = data_root / "catvnoncat"
    return pellucid.load_data(folder / "train_catvnoncat.h5", folder / "test_catvnoncat.h5")[0]


def gradient_descent(X: Any, Y: Any, parameters: Any, steps: int, rate: float) -> tuple[list[float], Any]:
    costs = []
    for _ in range(steps):
        AL, caches = L_model_forward(X, parameters)
        costs.append(binary_cross_entropy(caches[-1][1], Y))
        grads = L_model_backward(AL, Y, caches, input_gradient=False)
        parameters = update_parameters(parameters, grads, rate)
    return costs, parameters


@pytest.mark.parametrize(("name", "scheme"), [("four-layer", "xavier"), ("two-layer", 0.01)])
def test_the_published_cats(reference: dict[str, Any], cats: Any, name: str, scheme: Any) -> None:
    (run,) = (run for run in reference["training_runs"] if run["name"] == f"{name} cat classifier")
    network = Network(run["layer_dims"])
    parameters = initialize_parameters_deep(network.layer_dims, scheme=scheme, rng=1)
    span = find_span(network, cats.X, parameters, Optimizer(), steps=2500)
    assert span is not None
    assert span.network.layer_dims == (209, *network.layer_dims[1:])
    costs, small = gradient_descent(span.X, cats.Y, span.parameters, run["num_iterations"], 0.0075)
    for iteration, cost in run["cost_at"]:
        assert costs[iteration] == pytest.approx(cost, rel=1e-9), f"iteration {iteration}"
    predicted = pellucid.predict(cats.X, span.restore(small))
    assert np.mean(predicted == cats.Y) == pytest.approx(run["train_accuracy"])


def test_the_first_steps_on_the_cats_are_those_of_the_long_way(cats: Any) -> None:
    network = Network((12288, 20, 7, 5, 1))
    parameters = initialize_parameters_deep(network.layer_dims, scheme="xavier", rng=1)
    span = spanned(network, cats.X, parameters)
    short_costs, short = gradient_descent(span.X, cats.Y, span.parameters, 10, 0.0075)
    long_costs, long = gradient_descent(cats.X, cats.Y, parameters, 10, 0.0075)
    np.testing.assert_allclose(short_costs, long_costs, rtol=1e-12)
    restored = span.restore(short)["W1"]
    assert distance(restored, long["W1"]) < 1e-14
    assert distance(restored - parameters["W1"], long["W1"] - parameters["W1"]) < 1e-11


def both_ways(
    network: Network,
    X: np.ndarray,
    Y: np.ndarray,
    *,
    optimizer: str = "gradient_descent",
    batches: Batches | None = None,
    weights: np.ndarray | None = None,
    clip_norm: float | None = None,
    rate: float = 0.1,
    parameters: Any = None,
) -> tuple[Any, Any]:
    """(costs, parameters) by the short and by the long way."""
    parameters = parameters or start(network)
    span = spanned(network, X, parameters, optimizer)
    options = StepOptions(Optimizer(optimizer), clip_norm, dropout_seed=5)
    ways = []
    for net, inputs, first in ((span.network, span.X, span.parameters), (network, X, parameters)):
        examples = Examples(inputs, Y, weights)
        session = engine_for("reference").open(net, examples, TrainingState(first), options)
        costs = session.advance(batches or Batches.full(20), rate).cost
        ways.append((costs, session.finish()))
    return (ways[0][0], span.restore(ways[0][1])), ways[1]


def assert_same(short: Any, long: Any, tolerance: float = 1e-9) -> None:
    np.testing.assert_allclose(short[0], long[0], rtol=tolerance)
    for name, value in long[1].items():
        assert short[1][name].shape == value.shape
        assert short[1][name].dtype == value.dtype
        assert distance(short[1][name], value) < tolerance, name


@given(
    m=st.integers(1, 12),
    more=st.integers(1, 30),
    hidden=st.lists(st.integers(1, 5), max_size=2),
    optimizer=st.sampled_from(LINEAR),
    l2=st.sampled_from([0.0, 0.7, 30.0]),
    clip_norm=st.sampled_from([None, 0.05]),
    dropout=st.sampled_from([0.0, 0.4]),
    batch=st.one_of(st.none(), st.integers(1, 12)),
    weighted=st.booleans(),
    label_smoothing=st.sampled_from([0.0, 0.2]),
    order=st.sampled_from("CF"),
)
def test_every_training(
    m: int,
    more: int,
    hidden: list[int],
    optimizer: str,
    l2: float,
    clip_norm: float | None,
    dropout: float,
    batch: int | None,
    weighted: bool,
    label_smoothing: float,
    order: Any,
) -> None:
    rng = np.random.default_rng(m + 100 * more)
    options: dict[str, Any] = {"l2": l2, "dropout": dropout, "label_smoothing": label_smoothing}
    network = Network((m + more, *hidden, 1), hidden_activation="tanh", **options)
    X = np.asarray(rng.standard_normal((m + more, m)), order=order)
    Y = rng.integers(0, 2, (1, m)).astype(float)
    batches = batch and Batches.runs(np.concatenate([rng.permutation(m) for _ in range(5)]), batch)
    weights = rng.integers(0, 3, (1, m)).astype(float) if weighted else None
    rate = 0.02 if l2 > 1 else 0.1
    assert_same(
        *both_ways(
            network,
            X,
            Y,
            optimizer=optimizer,
            batches=batches,
            weights=weights,
            clip_norm=clip_norm,
            rate=rate,
        )
    )


def test_rates_that_change_and_several_classes() -> None:
    network = Network((40, 6, 3), output_activation="softmax", hidden_activation="gelu", l2=1.0)
    X, Y = RNG.standard_normal((40, 9)), np.eye(3)[:, RNG.integers(0, 3, 9)]
    rates: Any = list(np.linspace(0.3, 0.01, 20))
    assert_same(*both_ways(network, X, Y, optimizer="momentum", rate=rates))


@pytest.mark.parametrize("inside", ["all of it", "nearly", "nothing", "zero", "one row zero"])
def test_how_far_l2_shrinks_what_lies_outside_is_known_however_little_that_is(inside: str) -> None:
    network = Network((30, 4, 1), l2=3.0, hidden_activation="tanh")
    X, Y = RNG.standard_normal((30, 6)), np.array([[0.0, 1, 1, 0, 1, 0]])
    parameters = start(network)
    within = RNG.standard_normal((4, 6)) @ X.T
    outside = parameters["W1"] - np.linalg.lstsq(X, parameters["W1"].T)[0].T @ X.T
    parameters["W1"] = {
        "all of it": within,
        "nearly": within + 1e-9 * parameters["W1"],
        "nothing": outside,
        "zero": 0 * outside,
        "one row zero": parameters["W1"] * [[0], [1], [1], [1]],
    }[inside]
    assert_same(*both_ways(network, X, Y, parameters=parameters), 1e-11)


PICTURES = RNG.random((300, 40))


def with_columns(columns: Any, values: Any) -> np.ndarray:
    X = PICTURES.copy()
    X[:, columns] = values
    return X


WORST = {
    "pictures that come twice": with_columns([20, 39], PICTURES[:, [3, 3]]),
    "pictures of zeros": with_columns([0, 7, 39], 0),
    "nothing but zeros": np.zeros((300, 40)),
    "one picture, forty times": np.repeat(PICTURES[:, :1], 40, axis=1),
    "pixels that never change": np.concatenate([np.ones((290, 40)), PICTURES[:10]]),
    "combinations of five": PICTURES[:, :5] @ RNG.random((5, 40)),
    "hardly a difference": PICTURES[:, :1] + 1e-7 * PICTURES,
    "no visible difference": PICTURES[:, :1] + 1e-13 * PICTURES,
    "sizes far apart": PICTURES * np.logspace(-16, 0, 40),
    "one example": PICTURES[:, :1],
    "one input more than examples": PICTURES[:41],
    "cancelling": PICTURES - PICTURES.mean(axis=1, keepdims=True),
}


@pytest.mark.parametrize("name", WORST)
@pytest.mark.parametrize("l2", [0.0, 2.0])
def test_the_worst_inputs(name: str, l2: float) -> None:
    X = WORST[name]
    Y = (np.arange(X.shape[1]) % 3 == 0).astype(float).reshape(1, -1)
    network = Network((len(X), 8, 4, 1), hidden_activation="tanh", l2=l2)
    short, long = both_ways(network, X, Y, optimizer="nesterov", batches=Batches.full(100), rate=0.002)
    assert_same(short, long)


@pytest.mark.parametrize("name", WORST)
@pytest.mark.parametrize("l2", [0.0, 2.0])
def test_the_worst_inputs_in_single_precision(name: str, l2: float) -> None:
    X = WORST[name]
    Y = (np.arange(X.shape[1]) % 3 == 0).astype(float).reshape(1, -1)
    network = Network((len(X), 8, 4, 1), hidden_activation="tanh", l2=l2)
    _, exact = both_ways(network, X, Y, batches=Batches.full(100), rate=0.01)
    short, long = both_ways(network, X.astype("f"), Y.astype("f"), batches=Batches.full(100), rate=0.01)
    assert short[1]["W1"].dtype == np.float32
    np.testing.assert_allclose(short[0], long[0], rtol=3e-6)
    # Ten times the noise that the long way has itself, and a rounding where that has none.
    noise = distance(long[1]["W1"], exact[1]["W1"])
    assert distance(short[1]["W1"], exact[1]["W1"]) < 10 * noise + 1e-6


@pytest.mark.parametrize("name", WORST)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_way_back_enlarges_no_rounding(name: str, dtype: Any) -> None:
    X = WORST[name].astype(dtype)
    network = Network((len(X), 4, 1))
    span = spanned(network, X, start(network))
    # A change of W1' comes back times Q^T = R^-T X^T.
    assert np.linalg.norm(divided(X.astype(float), span.X), 2) < 1.05


def test_the_weight_of_what_lies_outside_is_never_zero_and_never_felt() -> None:
    rows = np.concatenate([RNG.standard_normal((50, 30)), np.zeros((1, 30))])
    *lengths, of_zeros = _length_outside(rows, rows * (1 + 1e-15))
    assert np.all(np.array(lengths) > 0)
    assert np.all(np.square(lengths) < 1e-16 * np.sum(rows[:-1] ** 2, axis=1))
    assert of_zeros == 0
    outside = _length_outside(np.array([[3.0, 4.0, 12.0]]), np.array([[5.0]]))
    np.testing.assert_allclose(outside, [12.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("l2", [0.0, 0.5])
@pytest.mark.parametrize("name", ["pictures that come twice", "pictures of zeros", "cancelling"])
def test_the_inputs_are_an_exact_triangle(name: str, l2: float, dtype: Any) -> None:
    X = WORST[name].astype(dtype)
    network = Network((300, 4, 1), l2=l2)
    span = spanned(network, X, start(network))
    r = 40 + bool(l2)
    assert span.network == Network((r, 4, 1), l2=l2)
    assert (span.X.shape, span.X.dtype, span.X.flags.f_contiguous) == ((r, 40), dtype, True)
    assert not np.tril(span.X, -1).any()
    assert span.parameters["W1"].dtype == dtype
    assert {name: value.shape for name, value in span.parameters.items()} == span.network.parameter_shapes
    assert span.description == f"exact: trained in the span of the 40 examples, 300 inputs as {r}"


def test_without_a_step_every_bit_is_as_it_was() -> None:
    network = Network((30, 4, 1), l2=0.5)
    parameters = start(network)
    before = {name: value.copy() for name, value in parameters.items()}
    span = spanned(network, RNG.random((30, 8)), parameters)
    restored = span.restore(span.parameters)
    assert list(restored) == list(parameters)
    for name, value in before.items():
        assert restored[name].tobytes() == parameters[name].tobytes() == value.tobytes()
    assert not np.shares_memory(restored["W1"], parameters["W1"])


def test_what_was_given_may_change_afterwards() -> None:
    network = Network((30, 4, 1))
    parameters = start(network)
    expected = parameters["W1"].copy()
    span = spanned(network, RNG.random((30, 8)), parameters)
    parameters["W1"][:] = 0
    np.testing.assert_array_equal(span.restore(span.parameters)["W1"], expected)


@pytest.mark.parametrize(
    ("changes", "optimizer", "reason"),
    [
        (
            {},
            "adam",
            "adam leaves the span of the examples (gradient_descent, momentum, heavy_ball, nesterov",
        ),
        ({}, "adamw", "adamw leaves the span"),
        ({}, "rmsprop", "rmsprop leaves the span"),
        ({"l1": 0.5}, "gradient_descent", "l1 is 0.5, which pulls W1 out of the span"),
        ({"input_dropout": 0.1}, "momentum", "input_dropout is 0.1, which needs the inputs as they are"),
        (
            {"layer_dims": (10, 20, 1)},
            "momentum",
            "X has shape (10, 10): as many examples as inputs, or more",
        ),
        (
            {"X": 1e200},
            "nesterov",
            "the squares of the inputs leave the range of float64: scale the inputs",
        ),
        (
            {"X": 1e-200},
            "nesterov",
            "the squares of the inputs leave the range of float64: scale the inputs",
        ),
    ],
)
def test_what_refuses_it(changes: dict[str, Any], optimizer: str, reason: str) -> None:
    factor = changes.pop("X", 1.0)
    network = Network(**{"layer_dims": (5000, 20, 1), **changes})
    X = factor * RNG.random((network.n_x, 10))
    rule, parameters = Optimizer(optimizer), start(network)
    for shortcut in ("auto", "never"):
        assert find_span(network, X, parameters, rule, shortcut=shortcut, steps=10**6) is None
    expected = f"shortcut is 'always', and {reason}"
    with pytest.raises(OptionError, match=re.escape(expected)) as error:
        find_span(network, X, parameters, rule, shortcut="always", steps=10**6)
    assert str(error.value).endswith("expected 'auto' (taken where it is exact and saves work) or 'never'")


def test_every_rule_is_known_to_stay_in_the_span_or_to_leave_it() -> None:
    assert set(LINEAR) == set(OPTIMIZERS) - {"rmsprop", "adam", "adamw"}


def test_other_libraries_train_plainly() -> None:
    torch = pytest.importorskip("torch")
    network = Network((5000, 20, 1))
    X, parameters = torch.rand(5000, 10), start(network)
    assert find_span(network, X, parameters, Optimizer(), steps=10**6) is None
    with pytest.raises(OptionError, match="X is of type Tensor, and the short cut is for NumPy's arrays"):
        find_span(network, X, parameters, Optimizer(), shortcut="always", steps=10**6)


@pytest.mark.parametrize("shortcut", ["sometimes", True, None, ["auto"]])
def test_a_shortcut_that_does_not_exist(shortcut: Any) -> None:
    expected = re.escape(f"unknown shortcut {shortcut!r}; expected one of auto, always, never")
    with pytest.raises(OptionError, match=expected):
        check_shortcut(shortcut)
    for known in SHORTCUTS:
        check_shortcut(known)


HEADLINE = Network((12288, 20, 7, 5, 1))


@pytest.mark.parametrize(
    ("network", "m", "training", "pays"),
    [
        (HEADLINE, 209, {"steps": 2500}, True),
        (HEADLINE, 209, {"steps": 0}, False),
        (HEADLINE, 209, {"steps": 1}, False),
        (HEADLINE, 209, {"steps": 2500, "batch": 32}, True),
        (HEADLINE, 209, {"steps": 2500, "restores": 2500}, True),
        (HEADLINE, 6002, {"steps": 2500, "dtype": "float32"}, True),
        (HEADLINE, 6002, {"steps": 50, "dtype": "float32"}, False),
        (HEADLINE, 6002, {"steps": 2500, "restores": 2500, "dtype": "float32"}, False),
        (HEADLINE, 12288, {"steps": 10**6}, False),
        (Network((12288, 20, 1), l2=1.0), 12287, {"steps": 10**9}, False),
        (HEADLINE, 1000, {"steps": 100}, True),
        (HEADLINE, 1000, {"steps": 100, "batch": 32}, False),
        (HEADLINE, 6002, {"steps": 200}, True),
        (HEADLINE, 6002, {"steps": 200, "dtype": "float32"}, False),
        (Network((30, 16, 8, 1)), 20, {"steps": 10}, False),
    ],
)
def test_it_is_taken_where_it_saves_work(
    network: Network, m: int, training: dict[str, Any], pays: bool
) -> None:
    assert pays_off(network, m, **training) == pays


def test_auto_asks_what_it_saves() -> None:
    network, X = Network((400, 5, 1)), RNG.random((400, 10))
    assert find_span(network, X, start(network), Optimizer(), steps=1) is None
    assert find_span(network, X, start(network), Optimizer(), steps=5000, batch=5) is not None
    assert find_span(network, X, start(network), Optimizer(), steps=5000, restores=10**7) is None


def test_memory_that_is_missing_is_no_reason_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*args: Any, **keywords: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr("pellucid.training.shortcut.triangle", no_room)
    network, X = Network((400, 5, 1)), RNG.random((400, 10))
    assert find_span(network, X, start(network), Optimizer(), steps=5000) is None
    with pytest.raises(MemoryError):
        find_span(network, X, start(network), Optimizer(), shortcut="always", steps=5000)
