"""What the JAX engine alone has: types of number, shapes, devices; the rest is the suite of all engines."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Network, Optimizer, TrainingOptions, train
from pellucid.engines import ENGINES, Batches, StepOptions, TrainingState, engine_for
from pellucid.engines.jax import JaxEngine
from pellucid.errors import OptionError
from pellucid.examples import Columns, Examples
from sessions import assert_near, assert_same_state, problem

needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is missing")

NETWORK = Network((6, 12, 1), l2=0.1)


def test_neither_pellucid_nor_the_list_of_engines_imports_jax() -> None:
    code = (
        "import sys, pellucid, pellucid.engines as e; e.engine_for('auto'); print(list(e.ENGINES)); "
        "print([name for name in sys.modules if name.partition('.')[0] in ('jax', 'jaxlib')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["['native', 'reference', 'jax']", "[]"]


def test_without_jax_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        OptionError, match=r"the jax engine needs jax: pip install 'pellucid\[jax\]'; expect"
    ):
        engine_for("jax")


@needs_jax
def test_auto_never_takes_it() -> None:
    import jax

    X = jax.numpy.zeros((6, 4))
    assert engine_for("auto", NETWORK, X).name == "reference"
    assert engine_for("jax", NETWORK, X).name == "jax"


@pytest.mark.parametrize(
    ("engine", "library", "reason"),
    [
        ({}, "torch", "trains on NumPy's and JAX's arrays, and X is torch's"),
        ({"compute": "bfloat16"}, "numpy", "computes in bfloat16 from float32 numbers, and X is float64"),
    ],
)
@needs_jax
def test_it_says_what_it_cannot_train_on(engine: dict[str, Any], library: str, reason: str) -> None:
    X = pytest.importorskip(library).zeros((6, 4))
    assert JaxEngine(**engine).why_not(NETWORK, X).startswith(reason)


@pytest.mark.parametrize("given", [{"compute": "float16"}, {"devices": 0}, {"devices": 1.5}])
def test_what_it_cannot_compute_in_or_on_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=f"^{next(iter(given))} is .*; expected "):
        JaxEngine(**given)


@needs_jax
def test_more_devices_than_there_are_are_refused() -> None:
    examples, parameters = problem(NETWORK)
    with pytest.raises(
        OptionError, match=r"^devices is 99 and this process has \d+; expected at most \d+$"
    ):
        JaxEngine(devices=99).open(NETWORK, examples, TrainingState(parameters))


@needs_jax
def test_the_users_own_jax_is_as_it_was() -> None:
    import jax

    examples, parameters = problem(NETWORK)
    session = engine_for("jax").open(NETWORK, examples, TrainingState(parameters))
    session.advance(Batches.full(2), 0.1)
    assert session.finish()["W1"].dtype == np.float64
    assert not jax.config.jax_enable_x64
    assert jax.config.jax_default_matmul_precision is None
    assert jax.numpy.ones(3).dtype == np.float32


@needs_jax
def test_its_predictor_is_that_of_the_fastest_engine_on_numpys_arrays() -> None:
    _, parameters = problem(NETWORK)
    found = engine_for("jax").predictor(NETWORK, parameters)
    assert type(found) is type(engine_for("auto").predictor(NETWORK, parameters))


def as_float32(examples: Examples) -> Examples:
    return Examples(examples.X.astype("float32"), examples.Y.astype("float32"), None, finite=True)


@needs_jax
def test_products_in_bfloat16_train_float32_parameters() -> None:
    network = Network((6, 12, 7, 1), hidden_activation="gelu")
    examples, parameters = problem(network, 200)
    examples, found = as_float32(examples), []
    for compute in (None, "bfloat16"):
        options = StepOptions(Optimizer("momentum"))
        session = JaxEngine(compute=compute).open(network, examples, TrainingState(parameters), options)
        session.advance(Batches.runs(np.random.RandomState(0).permutation(200), 32), 0.05)
        state = session.state()
        for arrays in (state.parameters, state.slots["v"]):
            assert {value.dtype for value in arrays.values()} == {np.dtype("float32")}
        # A product of bfloat16 numbers has two or three digits.
        (cost,) = session.advance(Batches.full(), 0.05).cost
        found.append((cost, state.parameters))
    assert found[0][0] != found[1][0]
    assert found[1][0] == pytest.approx(found[0][0], rel=0.02)
    assert_near(found[1][1], found[0][1], 0.02)


@needs_jax
def test_products_in_bfloat16_are_those_of_the_compiled_code() -> None:
    from pellucid.engines.jax_session import JaxSession
    from pellucid.engines.jax_step import exact, gradient_of_all

    examples, parameters = problem(NETWORK, 50)
    session = JaxSession(
        *(NETWORK, as_float32(examples), TrainingState(parameters), StepOptions()),
        compute="bfloat16",
        devices=1,
    )
    with exact():
        text = gradient_of_all(session._plan).lower(session._at.state, session._data).as_text()
    products = [line for line in text.splitlines() if "dot_general" in line]
    # Two forward, and of the backward pass dW1, dW2 and dA1.
    assert len(products) == 5
    assert all("bf16" in line and "f32" not in line for line in products)


@needs_jax
def test_an_epoch_with_an_uneven_end_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from pellucid.engines import jax_session, jax_step

    compiled: set[Any] = set()

    def take_steps(plan: Any) -> Any:
        compiled.add(jax_step.take_steps(plan))
        return jax_step.take_steps(plan)

    monkeypatch.setattr(jax_session, "take_steps", take_steps)

    network = Network((5, 9, 1), l1=0.03)
    examples, _ = problem(network, 107)
    options = TrainingOptions(epochs=3, batch_size=32, rng=0, engine="jax")
    found = train(network, examples, options, tested=False, judged=False)
    expected = train(network, examples, TrainingOptions(epochs=3, batch_size=32, rng=0, engine="reference"))
    assert_near(found.parameters, expected.parameters, 1e-12)
    # One function, of one shape.
    (steps,) = compiled
    assert steps._cache_size() == 1


@needs_jax
def test_other_inputs_that_are_columns_are_left_to_the_loop() -> None:
    class Lazy:
        shape, dtype = (6, 4), np.dtype("float64")

        def dense(self, columns: Any) -> Any:
            return np.zeros((6, 4))[:, columns]

    assert isinstance(Lazy(), Columns)
    assert not engine_for("jax").takes(Lazy(), NETWORK)


@needs_jax
def test_a_broken_off_call_leaves_the_state_between_two_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from pellucid.engines import jax_session

    examples, parameters = problem(NETWORK)
    session, again = (
        engine_for("jax").open(NETWORK, examples, TrainingState(parameters)) for _ in range(2)
    )
    session.advance(Batches.full(2), 0.1)
    calls = iter([False, False, True])
    wait = jax_session.JaxSession._wait

    def interrupted(self: Any, *arguments: Any) -> None:
        if next(calls):
            raise KeyboardInterrupt
        wait(self, *arguments)

    monkeypatch.setattr(jax_session.JaxSession, "_wait", interrupted)
    monkeypatch.setattr(jax_session.JaxSession, "_at_a_time", lambda self, left: min(left, 2))
    with pytest.raises(KeyboardInterrupt):
        session.advance(Batches.full(9), 0.1)
    monkeypatch.undo()
    assert session.steps_taken() == session.state().step_count == 6
    again.advance(Batches.full(6), 0.1)
    assert_same_state(session.state(), again.state())


@needs_jax
def test_four_devices_take_the_same_steps_with_one_all_reduce_each() -> None:
    """All in one process: it waits for the threads of four devices, and imports JAX for them."""
    script = Path(__file__).with_name("on_devices.py")
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert (found.pop("all-reduces"), found.pop("computations")) == (1, 1)
    assert len(found) == 3
    assert all(distance < 1e-9 for distance in found.values()), found


def test_it_is_the_last_of_the_engines() -> None:
    assert list(ENGINES)[-1] == "jax"
