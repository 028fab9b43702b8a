"""What is the native engine's own: compiled code, threads, signals, memory, and what it refuses."""

import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest

import pellucid
from helpers import torch_activation
from pellucid import Network, initialize_parameters_deep
from pellucid.engines import (
    ENGINES,
    Batches,
    Session,
    StepOptions,
    TrainingState,
    default_threads,
    engine_for,
    product,
)
from pellucid.engines.native import is_compiled
from pellucid.errors import DivergenceError, OptionError
from pellucid.examples import Examples
from pellucid.optimizer import OPTIMIZERS, Optimizer

needs_native = pytest.mark.skipif(not is_compiled(), reason="the native engine was not compiled")


def problem(network: Network, m: int = 60, dtype: str = "float64") -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(1)
    X = rng.standard_normal((network.n_x, m)).astype(dtype)
    Y = (rng.random((network.n_y, m)) < 0.5).astype(dtype)
    return X, Y, initialize_parameters_deep(network.layer_dims, scheme="he", rng=2)


def opened(network: Network, start: Any, X: Any, Y: Any, weights: Any = None, **options: Any) -> Session:
    examples = Examples(X, Y, weights, finite=True)
    return engine_for("native").open(network, examples, TrainingState(start), StepOptions(**options))


def session(network: Network, m: int = 60, dtype: str = "float64", **options: Any) -> Session:
    X, Y, parameters = problem(network, m, dtype)
    return opened(network, parameters, X, Y, **options)


@needs_native
@pytest.mark.parametrize("hidden", ["relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid"])
def test_gradients_are_those_of_autograd(hidden: str) -> None:
    torch = pytest.importorskip("torch")
    network = Network((6, 7, 5, 2), hidden_activation=hidden)
    X, Y, start = problem(network)
    trained = opened(network, start, X, Y)
    cost = trained.advance(Batches.full(), 1.0)
    leaves = {name: torch.tensor(value, requires_grad=True) for name, value in start.items()}
    A = torch.tensor(X)
    for l in (1, 2):
        A = torch_activation(hidden)(leaves[f"W{l}"] @ A + leaves[f"b{l}"])
    Z = leaves["W3"] @ A + leaves["b3"]
    loss = (
        torch.nn.functional.binary_cross_entropy_with_logits(Z, torch.tensor(Y), reduction="sum")
        / X.shape[1]
    )
    loss.backward()
    assert cost.cost == [pytest.approx(loss.item(), rel=1e-12)]
    for name, value in trained.state().parameters.items():
        np.testing.assert_allclose(start[name] - value, leaves[name].grad.numpy(), rtol=1e-9, atol=1e-12)


@needs_native
@pytest.mark.parametrize("rule", [name for name, rule in OPTIMIZERS.items() if rule.kind])
@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_seed_and_threads_give_the_same_bits(rule: str, threads: int) -> None:
    network = Network((90, 120, 40, 1), dropout=0.3, l2=0.1)
    found = []
    for _ in range(2):
        one = session(
            network,
            500,
            "float32",
            optimizer=Optimizer.named(rule),
            threads=threads,
            dropout_seed=3,
            clip_norm=1.0,
        )
        costs = one.advance(Batches.runs(np.random.RandomState(5).permutation(500), 64), 0.01)
        found.append((costs, one.finish()))
    assert found[0][0] == found[1][0]
    for name, value in found[0][1].items():
        np.testing.assert_array_equal(value, found[1][1][name])


@needs_native
@pytest.mark.parametrize("order", ["C", "F"])
def test_x_is_not_copied(order: str) -> None:
    network = Network((30, 4, 1))
    X, Y, parameters = problem(network)
    X = np.asarray(X, order=order)  # type: ignore[call-overload]
    one = opened(network, parameters, X, Y)
    X *= 2
    twice = opened(network, parameters, X.copy(), Y)
    assert one.advance(Batches.full(3), 0.1) == twice.advance(Batches.full(3), 0.1)


@needs_native
def test_rows_of_any_stride_are_read_where_they_are() -> None:
    network = Network((5, 4, 1))
    rng = np.random.default_rng(0)
    wide = rng.standard_normal((80, 20))
    X = wide[::2, 3:18:3].T
    Y, parameters = (rng.random((1, 40)) < 0.5).astype(float), initialize_parameters_deep((5, 4, 1), rng=1)
    found, plain = (opened(network, parameters, x, Y) for x in (X, X.copy()))
    batches = Batches.of([[3, 1, 2], range(10, 30), [39]])
    np.testing.assert_allclose(
        found.advance(batches, 0.1).cost, plain.advance(batches, 0.1).cost, rtol=1e-12
    )


@needs_native
@pytest.mark.parametrize("mini", [False, True])
def test_ctrl_c_is_heard_between_two_steps_and_loses_nothing(mini: bool) -> None:
    network = Network((64, 128, 64, 1))
    batches = Batches.runs(np.tile(np.arange(512), 4000), 64) if mini else Batches.full(200_000)
    one = session(network, 512, "float32")

    def strike() -> None:
        time.sleep(0.3)
        signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=strike)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        one.advance(batches, 1e-4)
    thread.join()
    taken = one.state().step_count
    assert 0 < taken < len(batches)
    again = session(network, 512, "float32")
    columns = None if batches.columns is None else batches.columns[: batches.offsets[taken]]
    again.advance(Batches(columns, batches.offsets[: taken + 1]), 1e-4)
    for name, value in again.state().parameters.items():
        np.testing.assert_array_equal(value, one.state().parameters[name])


@needs_native
def test_trainings_in_several_threads_do_not_meet() -> None:
    network = Network((40, 80, 1))
    alone = session(network, 300, threads=2)
    expected = alone.advance(Batches.full(40), 0.1)
    found: dict[int, Any] = {}

    def work(i: int) -> None:
        found[i] = session(network, 300, threads=2).advance(Batches.full(40), 0.1)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(costs == expected for costs in found.values())
    assert len(found) == 3


@needs_native
@pytest.mark.parametrize("rule", ["adam", "rmsprop", "momentum"])
def test_float32_keeps_its_digits_where_one_minus_beta_is_small(rule: str) -> None:
    network, optimizer = Network((6, 8, 1)), Optimizer(rule, beta1=0.999, beta2=0.999)
    X, Y, start = problem(network, 40)
    found = {}
    for name, dtype in (("reference", np.float64), ("native", np.float32)):
        examples = Examples(X.astype(dtype), Y.astype(dtype), None, finite=True)
        one = engine_for(name).open(network, examples, TrainingState(start), StepOptions(optimizer))
        one.advance(Batches.full(), 0.01)
        found[name] = one.state().parameters
    # Biases start at 0: their first step is seen with all its digits.
    for name in ("b1", "b2"):
        np.testing.assert_allclose(found["native"][name], found["reference"][name], rtol=3e-6)


@needs_native
def test_a_weight_that_is_no_number_is_not_taken_for_none() -> None:
    network = Network((3, 2, 1))
    X, Y, start = problem(network)
    weights = np.full((1, 60), np.nan)
    for name in [name for name, kind in ENGINES.items() if not kind().why_not()]:
        examples = Examples(X, Y, weights, finite=True)
        one = engine_for(name).open(network, examples, TrainingState(start))
        with pytest.raises(DivergenceError, match="the cost became nan at iteration 0"):
            one.advance(Batches.full(), 0.1)


@needs_native
def test_numbers_that_lie_between_others_are_read() -> None:
    records = np.zeros((5, 40), dtype=[("x", "f8"), ("flag", "i2")])
    records["x"] = np.random.default_rng(0).standard_normal((5, 40))
    network = Network((5, 3, 1))
    _, Y, start = problem(network, 40)
    found = [
        opened(network, start, X, Y).advance(Batches.full(3), 0.1)
        for X in (records["x"], records["x"].copy())
    ]
    assert found[0] == found[1]
    np.testing.assert_allclose(product(records["x"], records["x"].T), records["x"] @ records["x"].T)


@needs_native
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_session_goes_on_after_a_fork() -> None:
    # In a process of its own: pytest's may have threads whose locks a fork would copy.
    code = """
import os
import sys
sys.path[:0] = ["tests", "tests/engines"]
from test_native import session
from pellucid import Network
from pellucid.engines import Batches
one = session(Network((90, 120, 1)), 500, threads=2)
one.advance(Batches.full(3), 0.1)
child = os.fork()
costs = one.advance(Batches.full(3), 0.1)
if child == 0:
    os.write(1, repr(costs).encode() + b"\\n")
    os._exit(0)
_, status = os.waitpid(child, 0)
os.write(1, repr(costs).encode() + b"\\n")
raise SystemExit(status)
"""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    ours, theirs = run.stdout.splitlines()
    assert ours == theirs
    assert len(ours) > 10


@needs_native
@pytest.mark.parametrize("isa", ["generic", "avx2"])
def test_every_instruction_set_takes_the_same_steps(isa: str) -> None:
    code = """
import sys
sys.path[:0] = ["tests", "tests/engines"]
from test_native import session
from pellucid import Network, _native
from pellucid.engines import Batches
assert _native.instruction_set() in ("generic", sys.argv[1])
network = Network((30, 20, 7, 1), hidden_activation=("gelu", "tanh"))
print(session(network).advance(Batches.full(30), 0.1).cost[-1])
"""
    run = subprocess.run(
        [sys.executable, "-c", code, isa],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "PELLUCID_ISA": isa},
    )
    assert run.returncode == 0, run.stderr
    ours = session(Network((30, 20, 7, 1), hidden_activation=("gelu", "tanh"))).advance(
        Batches.full(30), 0.1
    )
    assert float(run.stdout) == pytest.approx(ours.cost[-1], rel=1e-11)


def test_arrays_of_other_libraries_are_refused_by_name() -> None:
    torch = pytest.importorskip("torch")
    engine = ENGINES["native"]()
    if not is_compiled():
        pytest.skip("the native engine was not compiled")
    assert engine.why_not(Network((3, 2, 1)), np.zeros((3, 4))) == ""
    assert engine.why_not(None, torch.zeros((3, 4))) == "trains on NumPy arrays, and X is torch's"


@needs_native
@pytest.mark.parametrize("columns", [[-1], [60], [0, 1, 2**40]])
def test_columns_that_are_none_take_no_step(columns: list[int]) -> None:
    one = session(Network((3, 2, 1)))
    before = one.state().parameters
    with pytest.raises(IndexError):
        one.advance(Batches.of([[1, 2], columns]), 0.1)
    assert one.state().step_count == 0
    np.testing.assert_array_equal(one.state().parameters["W1"], before["W1"])


def test_without_the_compiled_module_the_reference_engine_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PELLUCID_ENGINE", raising=False)
    monkeypatch.setattr("pellucid.engines.native.is_compiled", lambda: False)
    pellucid.engines._warn_once.cache_clear()
    with pytest.warns(RuntimeWarning, match="native engine was not compiled when pellucid was installed"):
        assert engine_for("auto").name == "reference"
    # Once is enough: a second warning would be an error here.
    assert engine_for("auto").name == "reference"
    with pytest.raises(OptionError, match=r"was not compiled .* 'reference' or 'auto'"):
        engine_for("native")
    rng = np.random.default_rng(1)
    A, B = rng.standard_normal((3, 4)), rng.standard_normal((4, 5))
    np.testing.assert_array_equal(product(A, B), A @ B)


@needs_native
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_products_of_any_order(dtype: str) -> None:
    rng = np.random.default_rng(1)
    for n, K, q in ((3, 4, 5), (200, 700, 150), (1, 1, 1), (20, 3000, 300)):
        A, B = rng.standard_normal((n, K)).astype(dtype), rng.standard_normal((K, q)).astype(dtype)
        expected = A.astype(float) @ B
        tolerance = 1e-11 if dtype == "float64" else 1e-3
        for left in (A, np.asfortranarray(A), A[::-1][::-1]):
            for right in (B, np.asfortranarray(B)):
                found = product(left, right)
                assert found.dtype == dtype
                np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
        part = product(A, B, beyond=2)
        wanted = np.tri(n, q, 2, dtype=bool)
        np.testing.assert_allclose(part[wanted], expected[wanted], rtol=tolerance, atol=tolerance)


@needs_native
def test_auto_is_the_native_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PELLUCID_ENGINE", raising=False)
    assert engine_for("auto").name == "native"
    # The last is never chosen by itself.
    assert list(ENGINES) == ["native", "reference", "jax"]


@needs_native
def test_a_session_keeps_the_arrays_it_looks_at(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network((30, 20, 1))
    X, Y, start = problem(network)
    one, two = (opened(network, start, X.copy(), Y) for _ in range(2))
    examples = Examples(X.copy(), Y, None, finite=True)
    expected = two.advance(Batches.full(3), 0.1), two.evaluate(examples)[0]
    two.feed(examples)
    expected += (two.advance(Batches.full(3), 0.1),)
    found: tuple[Any, ...] = ()
    for part in ("advance", "evaluate", "feed"):
        fresh = Examples(X.copy(), Y, None, finite=True)
        if part == "feed":
            one.feed(fresh)
        # Memory that is given back is soon another array's.
        del fresh
        trash = [np.full_like(X, np.nan) for _ in range(8)]
        if part == "evaluate":
            found += (one.evaluate(Examples(X.copy(), Y, None, finite=True))[0],)
        else:
            found += (one.advance(Batches.full(3), 0.1),)
        del trash
    assert found == expected


@needs_native
def test_threads_follow_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network((300, 400, 1))
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if default_threads() == 1:
        pytest.skip("one processor")
    found = {}
    for threads, allowed in ((1, None), (2, None), (None, "1"), (None, "2")):
        if allowed is not None:
            monkeypatch.setenv("OMP_NUM_THREADS", allowed)
        # The sum of the losses is one of two sums where two threads work.
        found[threads, allowed] = session(network, 500, threads=threads).advance(Batches.full(20), 0.1)
    assert found[1, None] == found[None, "1"]
    assert found[2, None] == found[None, "2"]
    assert found[1, None] != found[2, None]


@needs_native
def test_gradients_are_views_of_one_row_in_the_order_of_packing() -> None:
    network = Network((4, 6, 5, 2))
    grads = session(network).gradient(problem(network)[2]).grads
    row = grads["dW1"].base
    start = 0
    for name in ("dW1", "dW2", "dW3", "db1", "db2", "db3"):
        value = grads[name]
        assert np.shares_memory(value, row)
        np.testing.assert_array_equal(value.ravel(order="F"), row[start : start + value.size])
        start += value.size
    assert start == row.size
