"""Trains on four devices, parts of one processor, and prints how far that is from the reference engine."""

import json
import os
from typing import Any

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"

import jax
import numpy as np

from pellucid import Examples, Network, Optimizer, initialize_parameters_deep
from pellucid.core.encoding import EncodedCategory, EncodedNumber
from pellucid.encoded_table import EncodedTable, LevelInputs, NumberInputs
from pellucid.engines import Batches, Engine, StepOptions, TrainingState, engine_for

# Examples, the options of the network, whether they are weighted, whether they are a table.
CASES: dict[str, tuple[int, dict[str, Any], bool, bool]] = {
    "even": (400, {"l2": 0.1}, False, False),
    "uneven, weighted, dropout": (403, {"dropout": 0.3, "input_dropout": 0.1}, True, False),
    "a table of fewer than devices": (3, {"dropout": (0.3, 0.0), "l1": 0.1}, True, True),
}


def inputs(m: int, as_table: bool, rng: Any) -> Any:
    if not as_table:
        return rng.standard_normal((9, m))
    table = EncodedTable.empty([NumberInputs(4, True), LevelInputs(3)], m, np.float64)
    pieces = (rng.integers(0, 4, m), rng.random(m), 4, rng.integers(0, 2, m))
    number = EncodedNumber(rng.standard_normal(m), *pieces)
    table.fill(slice(None), [number, EncodedCategory(rng.integers(-1, 3, m).astype(np.int32), 3)])
    return table


def results(case: str, engine: Engine) -> list[np.ndarray]:
    m, options, weighted, as_table = CASES[case]
    rng = np.random.default_rng(0)
    X, Y = inputs(m, as_table, rng), (rng.random((1, m)) < 0.5).astype(float)
    # Some batches have weight on none but one device.
    weights = rng.random((1, m)) * (np.arange(m) < m / 2) if weighted else None
    network = Network((X.shape[0], 8, 5, 1), hidden_activation=("gelu", "tanh"), **options)
    start = TrainingState(initialize_parameters_deep(network.layer_dims, scheme="he", rng=1))
    step = StepOptions(Optimizer("adam", epsilon=1e-3), clip_norm=0.5, dropout_seed=4)
    session = engine.open(network, Examples(X, Y, weights), start, step)
    order = rng.permutation(m)
    batches = [Batches.runs(order, 96), Batches.full(2)]
    costs = [cost for some in batches for cost in session.advance(some, 0.01).cost]
    found = session.gradient(session.parameters())
    cost, AL = session.evaluate(Examples(X, Y, weights))
    arrays = [*session.finish().values(), *found.grads.values(), found.outputs, AL]
    return [np.array([*costs, found.cost, cost]), *arrays]


def distance(case: str) -> float:
    one, four = results(case, engine_for("reference")), results(case, engine_for("jax"))
    return max(float(np.abs(a - b).max() / np.abs(a).max()) for a, b in zip(one, four, strict=True))


def all_reduces() -> dict[str, int]:
    """How many there are in the compiled loop of steps, and in how many computations."""
    from pellucid.engines.jax_session import JaxSession
    from pellucid.engines.jax_step import exact, take_steps

    network = Network((9, 8, 5, 1), l2=0.1)
    examples = Examples(np.zeros((9, 40)), np.zeros((1, 40)))
    start = TrainingState(initialize_parameters_deep(network.layer_dims, scheme="he", rng=1))
    session = JaxSession(
        network, examples, start, StepOptions(Optimizer("adam"), 1.0), compute=None, devices=None
    )
    with exact():
        block = next(session._shares.blocks(Batches.runs(np.arange(40), 8), 40, placed=False))
        rates = session._shares.everywhere(np.zeros(block.capacity))
        arguments = (session._at.state, session._data, block.columns, rates, np.int32(0), np.int32(1))
        text = take_steps(session._plan).lower(*arguments).compile().as_text()
    within = [part for part in text.split("\n\n") if " all-reduce(" in part or " all-reduce-start(" in part]
    return {"all-reduces": sum(part.count(" all-reduce") for part in within), "computations": len(within)}


if __name__ == "__main__":
    assert len(jax.devices()) == 4
    print(json.dumps({**{case: distance(case) for case in CASES}, **all_reduces()}))
