"""A table in its encoded form, in every engine: the steps, gradients and answers of its dense inputs."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pellucid import Network, TrainingOptions, train
from pellucid.core.encoding import EncodedCategory, EncodedColumn, EncodedNumber
from pellucid.core.initialization import initialize_parameters_deep
from pellucid.encoded_table import EncodedTable, LevelInputs, NumberInputs
from pellucid.engines import ENGINES, Batches, StepOptions, TrainingState, engine_for
from pellucid.errors import DivergenceError, ShapeError
from pellucid.examples import Examples
from pellucid.optimizer import OPTIMIZERS, Optimizer
from pellucid.training.feed import Feed, evaluate, outputs

M = 230


def number(rng: Any, m: int, pieces: int = 0, *, missing: bool = False) -> EncodedNumber:
    absent = rng.integers(0, 2, m).astype(np.uint8) if missing else None
    if not pieces:
        return EncodedNumber(rng.normal(size=m), missing=absent)
    # Some pieces are empty, and some values lie on an edge.
    piece = rng.integers(0, max(1, pieces - 1), m)
    fraction = rng.choice([0.0, 1.0, *rng.random(5)], m)
    return EncodedNumber(rng.normal(size=m), piece, fraction, pieces, absent)


def category(rng: Any, m: int, levels: int) -> EncodedCategory:
    return EncodedCategory(rng.integers(-1, levels, m).astype(np.int32), levels)


def table_of(columns: list[EncodedColumn], dtype: Any = np.float64) -> EncodedTable:
    layout = [
        LevelInputs(column.levels)
        if isinstance(column, EncodedCategory)
        else NumberInputs(column.pieces, column.missing is not None)
        for column in columns
    ]
    table = EncodedTable.empty(layout, columns[0].m, dtype)
    table.fill(slice(None), columns)
    return table


def mixed(m: int = M, dtype: Any = np.float64, seed: int = 0) -> EncodedTable:
    rng = np.random.default_rng(seed)
    return table_of(
        [
            category(rng, m, 3),
            number(rng, m, 9),
            number(rng, m),
            number(rng, m, 1, missing=True),
            category(rng, m, 1),
            number(rng, m, missing=True),
            number(rng, m, 40),
            category(rng, m, 30),
        ],
        dtype,
    )


def targets(network: Network, m: int = M, seed: int = 1) -> Any:
    rng = np.random.default_rng(seed)
    if network.is_regression:
        return np.abs(rng.normal(size=(network.n_y, m)))
    if network.n_y == 1:
        return rng.integers(0, 2, (1, m)).astype(float)
    return np.eye(network.n_y)[rng.integers(0, network.n_y, m)].T.copy()


def batches(m: int, size: int, steps: int, seed: int = 0) -> Batches:
    rng = np.random.default_rng(seed)
    return Batches.of([rng.integers(0, m, size) for _ in range(steps)])


def alike(
    network: Network,
    table: EncodedTable,
    options: StepOptions,
    of: Batches,
    tolerance: float,
    *,
    weights: Any = None,
    rate: float = 0.02,
    reference: bool = True,
) -> None:
    """The same steps on the table, and on its dense inputs by the same engine and by the reference."""
    Y = targets(network, table.shape[1]).astype(table.dtype)
    dense = np.ascontiguousarray(table.dense(slice(None)))
    start = initialize_parameters_deep(network.layer_dims, rng=3)
    start = {name: value.astype(table.dtype) for name, value in start.items()}
    engines: dict[str, Any] = {"native": table, "dense": dense}
    if reference:
        engines |= {"reference": dense, "reference on columns": table}
    states, costs = {}, {}
    for name, X in engines.items():
        engine = engine_for("reference" if name.startswith("reference") else "native")
        assert engine.takes(X, network)
        session = engine.open(network, Examples(X, Y, weights), TrainingState(start), options)
        costs[name] = session.advance(of, rate)
        states[name] = session.state()
    for other in engines:
        np.testing.assert_allclose(costs["native"].cost, costs[other].cost, rtol=tolerance)
        for name, value in states["native"].parameters.items():
            expected = states[other].parameters[name]
            np.testing.assert_allclose(value, expected, rtol=0, atol=tolerance, err_msg=f"{name} {other}")


def test_one_pass_forward_and_backward_is_the_dense_one() -> None:
    network = Network((mixed().shape[0], 20, 3), hidden_activation="tanh")
    table, Y = mixed(), targets(network)
    start = initialize_parameters_deep(network.layer_dims, rng=0)
    found = []
    for X in (table, np.ascontiguousarray(table.dense(slice(None)))):
        session = engine_for("native").open(network, Examples(X, Y), TrainingState(start))
        found.append(session.gradient(start))
    one, other = found
    assert one.cost == pytest.approx(other.cost, rel=1e-12)
    np.testing.assert_allclose(one.outputs, other.outputs, rtol=0, atol=1e-12)
    for name, value in one.grads.items():
        np.testing.assert_allclose(value, other.grads[name], rtol=0, atol=1e-12)


@pytest.mark.parametrize("steps", [1, 50])
@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_every_optimizer_takes_the_steps_of_the_dense_inputs(optimizer: str, steps: int) -> None:
    network = Network((mixed().shape[0], 17, 1), hidden_activation="tanh", l2=0.5)
    # Where a gradient is 0 but for rounding, adam divides rounding by rounding.
    options = StepOptions(replace(Optimizer.named(optimizer), epsilon=1e-3), clip_norm=0.5)
    alike(network, mixed(), options, batches(M, 40, steps), 1e-10)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"hidden_activation": "gelu"},
        {"hidden_activation": "silu", "l1": 0.3},
        {"dropout": 0.4},
        {"output_activation": "softmax", "cost": "categorical_cross_entropy"},
        {"output_activation": "softmax", "cost": "categorical_cross_entropy", "label_smoothing": 0.2},
        {"output_activation": "identity", "cost": "mean_squared_error"},
        {"output_activation": "identity", "cost": "huber"},
        {"output_activation": "exp", "cost": "poisson"},
    ],
    ids=str,
)
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
def test_every_option_takes_the_steps_of_the_dense_inputs(
    options: dict[str, Any], *, weighted: bool
) -> None:
    n_y = 3 if options.get("output_activation") == "softmax" else 1
    table = mixed()
    network = Network((table.shape[0], 20, 7, n_y), **options)
    weights = np.random.default_rng(5).integers(0, 3, (1, M)).astype(float) if weighted else None
    step = StepOptions(dropout_seed=4)
    alike(network, table, step, batches(M, 50, 20), 1e-10, weights=weights)
    alike(network, table, step, Batches.full(5), 1e-10, weights=weights)


@pytest.mark.parametrize(
    "options",
    [
        {"dropout": 0.4, "l1": 0.3},
        {"output_activation": "softmax", "cost": "categorical_cross_entropy", "label_smoothing": 0.2},
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_jax_engine_takes_the_steps_of_the_reference(options: dict[str, Any], dtype: Any) -> None:
    if ENGINES["jax"]().why_not():
        pytest.skip("jax is missing")
    table = mixed(dtype=dtype)
    network = Network((table.shape[0], 20, 7, 3 if "cost" in options else 1), l2=0.1, **options)
    weights = np.random.default_rng(5).integers(0, 3, (1, M)).astype(dtype)
    examples = Examples(table, targets(network).astype(dtype), weights)
    start = initialize_parameters_deep(network.layer_dims, rng=3)
    state = TrainingState({name: value.astype(dtype) for name, value in start.items()})
    step = StepOptions(Optimizer("adam", epsilon=1e-3), 0.5, dropout_seed=4)
    sessions = [engine_for(name).open(network, examples, state, step) for name in ("jax", "reference")]
    costs = [
        [session.advance(of, 0.02).cost for of in (batches(M, 50, 9), Batches.full(2))]
        for session in sessions
    ]
    tolerance = 1e-10 if dtype == np.float64 else 1e-4
    np.testing.assert_allclose(np.concatenate(costs[0]), np.concatenate(costs[1]), rtol=tolerance)
    found, expected = (session.finish() for session in sessions)
    for name, value in expected.items():
        assert found[name].dtype == dtype
        np.testing.assert_allclose(found[name], value, rtol=0, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("units", [1, 5, 8, 16, 33, 64, 100, 128, 200, 333])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_any_width_of_the_first_layer(units: int, dtype: Any) -> None:
    table = mixed(dtype=dtype)
    tolerance = 1e-10 if dtype == np.float64 else 2e-4
    softmax = {"output_activation": "softmax", "cost": "categorical_cross_entropy"} if units > 1 else {}
    for network in (Network((table.shape[0], units, 1)), Network((table.shape[0], units), **softmax)):
        alike(network, table, StepOptions(), batches(M, 32, 6), tolerance)


@pytest.mark.parametrize("threads", [1, 2, 3, 5])
def test_threads_share_the_columns_of_the_table(threads: int) -> None:
    m = 9000
    table = mixed(m)
    network = Network((table.shape[0], 60, 1))
    options = StepOptions(Optimizer("adam", epsilon=1e-3), threads=threads)
    alike(network, table, options, Batches.full(3), 1e-9, reference=False)
    alike(network, table, options, batches(m, 4000, 3), 1e-9, reference=False)


@pytest.mark.parametrize(
    "columns",
    [
        lambda rng: [number(rng, M)],
        lambda rng: [number(rng, M, 6)],
        lambda rng: [category(rng, M, 500)],
        lambda rng: [category(rng, M, 2), category(rng, M, 5)],
        lambda rng: [number(rng, M, 900, missing=True), category(rng, M, 700)],
    ],
    ids=["a number", "pieces", "levels alone", "categories alone", "many"],
)
@pytest.mark.parametrize("threads", [1, 3])
def test_tables_of_few_columns(columns: Any, threads: int) -> None:
    table = table_of(columns(np.random.default_rng(2)))
    network = Network((table.shape[0], 12, 1))
    alike(network, table, StepOptions(threads=threads), batches(M, 30, 10), 1e-10)


def test_the_steps_are_the_same_however_they_are_cut() -> None:
    table = mixed(5000)
    network = Network((table.shape[0], 30, 1))
    start, examples = TrainingState(initialize_parameters_deep(network.layer_dims, rng=0)), None
    examples = Examples(table, targets(network, 5000))
    of = batches(5000, 700, 12)
    options = StepOptions(Optimizer("adam"), threads=2)
    one, other = (engine_for("native").open(network, examples, start, options) for _ in range(2))
    one.advance(of, 0.01)
    for i in range(12):
        other.advance(Batches(of.columns[of.offsets[i] : of.offsets[i + 1]], np.array([0, 700])), 0.01)  # type: ignore[index]
    for name, value in one.state().parameters.items():
        np.testing.assert_array_equal(value, other.state().parameters[name])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_answers_are_those_of_the_dense_inputs(engine: str, dtype: Any) -> None:
    table = mixed(dtype=dtype)
    network = Network((table.shape[0], 20, 3), output_activation="softmax")
    parameters = initialize_parameters_deep(network.layer_dims, rng=0)
    parameters = {name: value.astype(dtype) for name, value in parameters.items()}
    predictor = engine_for(engine).predictor(network, parameters)
    dense = table.dense(slice(None))
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    expected = predictor.outputs(dense)
    np.testing.assert_allclose(outputs(predictor, Examples(table)), expected, rtol=0, atol=tolerance)
    in_blocks = outputs(predictor, Examples(table), most_bytes=1)
    np.testing.assert_allclose(in_blocks, expected, rtol=0, atol=tolerance)
    Y = targets(network).astype(dtype)
    cost, AL = evaluate(predictor, Examples(table, Y))
    np.testing.assert_allclose(AL, expected, rtol=0, atol=tolerance)
    assert cost == pytest.approx(predictor.evaluate(Examples(dense, Y))[0], rel=tolerance)
    session = engine_for(engine).open(network, Examples(dense, Y), TrainingState(parameters))
    for _ in range(2):
        assert evaluate(session, Examples(table, Y))[0] == pytest.approx(cost, rel=tolerance)
    # Other targets of the same table.
    again = evaluate(session, Examples(table, Y[[1, 2, 0]]))[0]
    assert again == pytest.approx(predictor.evaluate(Examples(dense, Y[[1, 2, 0]]))[0], rel=tolerance)


def test_the_reference_engine_makes_nothing_dense(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise AssertionError("the inputs were made dense")

    table = mixed()
    for network in (Network((table.shape[0], 6, 4, 1), dropout=0.3), Network((table.shape[0], 1))):
        start = TrainingState(initialize_parameters_deep(network.layer_dims, rng=0))
        examples = Examples(table, targets(network))
        monkeypatch.setattr(EncodedTable, "dense", refuse)
        session = engine_for("reference").open(network, examples, start, StepOptions(dropout_seed=1))
        session.advance(batches(M, 20, 3), 0.1)
        session.evaluate(examples)
        assert session.finish()
        monkeypatch.undo()


@pytest.mark.parametrize("engine", ENGINES)
def test_trainings_with_everything(engine: str) -> None:
    table = mixed()
    network = Network((table.shape[0], 12, 1), dropout=0.2, input_dropout=0.1, l2=0.1)
    options = TrainingOptions(
        epochs=4, batch_size=32, optimizer="adamw", validation_fraction=0.2, rng=1, engine=engine
    )
    dense = np.ascontiguousarray(table.dense(slice(None)))
    one, other = (train(network, Examples(X, targets(network)), options) for X in (table, dense))
    np.testing.assert_allclose(one.history.costs, other.history.costs, rtol=1e-10)
    np.testing.assert_allclose(one.history.validation_costs, other.history.validation_costs, rtol=1e-10)


def test_a_mask_of_the_inputs_makes_them_dense() -> None:
    engine, network = engine_for("native"), Network((mixed().shape[0], 4, 1), input_dropout=0.5)
    assert not engine.takes(mixed(), network)
    feed = Feed(Examples(mixed(), targets(network)), engine, network)
    assert feed.first.is_dense
    assert feed.whole


def test_the_short_cut_is_taken_on_a_table_where_it_is_asked_for() -> None:
    table = mixed(30)
    network = Network((table.shape[0], 3, 1))
    examples = Examples(table, targets(network, 30))
    options = TrainingOptions(epochs=5, learning_rate=0.1, rng=0)
    one = train(network, examples, replace(options, shortcut="always"))
    other = train(network, examples, options)
    assert one.history.shortcut
    for name, value in one.parameters.items():
        np.testing.assert_allclose(value, other.parameters[name], rtol=0, atol=1e-9)


def test_a_divergence_on_a_table_is_that_of_the_dense_inputs() -> None:
    table = mixed()
    network = Network((table.shape[0], 8, 1), cost="mean_squared_error", output_activation="identity")
    options = TrainingOptions(epochs=60, batch_size=32, learning_rate=50.0, rng=0)
    with pytest.raises(DivergenceError, match="became") as found:
        train(network, Examples(table, targets(network)), options)
    dense = Examples(np.ascontiguousarray(table.dense(slice(None))), targets(network))
    with pytest.raises(DivergenceError) as expected:
        train(network, dense, options)
    assert str(found.value) == str(expected.value)
    assert all(np.isfinite(value).all() for value in found.value.parameters.values())


def test_weights_that_no_example_gathers_are_seen_to_be_infinite() -> None:
    rng = np.random.default_rng(0)
    table = table_of([number(rng, 50), EncodedCategory(np.zeros(50, np.int32), 4)])
    network = Network((5, 3, 1))
    parameters = initialize_parameters_deep(network.layer_dims, rng=0)
    parameters["W1"][0, 4] = np.inf
    examples = Examples(table, targets(network, 50))
    session = engine_for("native").open(network, examples, TrainingState(parameters))
    with pytest.raises(DivergenceError):
        session.advance(Batches.full(1), 0.1)


def test_a_table_that_does_not_fit_together_is_refused() -> None:
    rng = np.random.default_rng(0)
    columns: list[EncodedColumn] = [number(rng, 10), category(rng, 10, 3)]
    with pytest.raises(ShapeError, match="10 examples of 3 inputs; expected 10 of 4"):
        EncodedTable.empty([NumberInputs(), LevelInputs(4)], 10, np.float64).fill(slice(None), columns)
    with pytest.raises(ShapeError, match="expected as many rows in each"):
        EncodedTable((NumberInputs(),), np.zeros((3, 1)), np.zeros((2, 0)), np.zeros((3, 0), np.int32))


def test_codes_that_a_column_does_not_have_never_reach_memory() -> None:
    made = table_of([category(np.random.default_rng(0), 10, 3)])
    network = Network((3, 2, 1))
    for code in (3, -2, 2**31 - 1):
        made.codes[4, 0] = code
        with pytest.raises(ValueError, match="does not have"):
            engine_for("native").open(
                network,
                Examples(made, targets(network, 10)),
                TrainingState(initialize_parameters_deep(network.layer_dims, rng=0)),
            )
