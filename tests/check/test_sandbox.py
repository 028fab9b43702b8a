"""Calls into a learner's file in a process of its own: results, and side effects that are detected."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from pellucid.check import process
from pellucid.check.outcome import Failure
from pellucid.check.sandbox import Call, Sandbox
from sandboxes import QUICK, living, written

NAMES = ("sigmoid", "relu", "linear_forward", "linear_activation_forward", "shallow.forward_propagation")
LINEAR = """
def linear_forward(A, W, b):
    return "mine", (A, W, b)

def linear_activation_forward(A_prev, W, b, activation):
    Z, linear_cache = linear_forward(A_prev, W, b)
    A, cache = relu(Z)
    return A, (linear_cache, cache)
"""
X, W, B = np.array([[1.0, -2.0]]), np.array([[2.0], [-1.0]]), np.ones((2, 1))


def test_a_function_returns_what_it_returns(tmp_path: Path) -> None:
    solution = written(tmp_path, "def f(a, b):\n    print('seen', b)\n    return {'c': (a @ a.T, b)}")
    with Sandbox(solution) as box:
        outcome = box.call("f", (X.astype("float32"), "text"))
    assert box.loaded.kind == outcome.kind == "value"
    product, text = outcome.value["c"]
    assert (product.dtype, product.tolist(), text) == (np.float32, [[5.0]], "text")
    assert outcome.printed == "seen text\n"
    assert outcome.error is None
    assert (outcome.changed, outcome.replaced, outcome.numpy_changed) == ((), (), False)
    assert 0 < outcome.seconds < QUICK.call


def test_alone_the_other_functions_are_the_references(tmp_path: Path) -> None:
    with Sandbox(written(tmp_path, LINEAR), reference_names=NAMES) as box:
        alone = box.call("linear_activation_forward", (X, W, B, "relu"), alone=True)
        own = box.call("linear_activation_forward", (X, W, B, "relu"), alone=False)
        again = box.call("linear_forward", (X, W, B), alone=True)
    assert alone.value[0].tolist() == [[3.0, 0.0], [0.0, 3.0]]
    # relu is the reference's in both: the file has none. It is given the text of the file's own function.
    assert (own.kind, own.error and own.error.type) == ("raised", "ArrayError")
    assert own.error is not None
    assert own.error.line == 7
    assert again.value[0] == "mine"


def test_imported_names_are_left_as_they_are(tmp_path: Path) -> None:
    solution = written(
        tmp_path, "from numpy import tanh, exp as sigmoid\ndef f(Z): return tanh(Z), sigmoid(Z)"
    )
    with Sandbox(solution, reference_names=("tanh", "sigmoid")) as box:
        outcome = box.call("f", (np.zeros(1),))
    assert [value.tolist() for value in outcome.value] == [[0.0], [1.0]]


def test_the_one_hidden_layer_network_has_references_of_its_own(tmp_path: Path) -> None:
    solution = written(
        tmp_path, "def f(X, parameters): return sorted(forward_propagation(X, parameters)[1])"
    )
    parameters = {"W1": W, "b1": B, "W2": W.T, "b2": np.zeros((1, 1))}
    with Sandbox(solution, reference_names=NAMES) as box:
        assert box.call("f", (X, parameters)).value == ["A1", "A2", "Z1", "Z2"]


def test_what_the_file_does_not_define_is_no_function_of_it(tmp_path: Path) -> None:
    with Sandbox(written(tmp_path, LINEAR), reference_names=NAMES) as box:
        outcomes = [box.call(name, (X,)) for name in ("relu", "nonsense")]
    assert [outcome.error for outcome in outcomes] == [
        Failure("NameError", "the file defines no relu", None),
        Failure("NameError", "the file defines no nonsense", None),
    ]


def test_an_exception_is_told_with_its_line(tmp_path: Path) -> None:
    solution = written(tmp_path, "def g(a):\n    return a @ a\n\ndef f(a):\n    return g(a)")
    with Sandbox(solution) as box:
        outcome = box.call("f", (np.ones((2, 3)),))
    assert outcome.kind == "raised"
    assert outcome.error is not None
    assert (outcome.error.type, outcome.error.line) == ("ValueError", 3)
    assert "matmul" in outcome.error.message


def test_arguments_changed_in_place_are_noticed(tmp_path: Path) -> None:
    solution = written(
        tmp_path,
        """
        def f(a, parameters, grads, n):
            a = a + 1
            parameters["W1"] -= 1
            grads["more"] = 1
        """,
    )
    with Sandbox(solution) as box:
        outcome = box.call("f", (X, {"W1": W}, {}, 3))
    assert outcome.changed == (1, 2)


def test_a_seed_gives_the_same_numbers_again(tmp_path: Path) -> None:
    with Sandbox(written(tmp_path, "def f(): return np.random.randn(2)")) as box:
        first, other, again = (box.call("f", (), seed=seed).value for seed in (3, 4, 3))
    np.testing.assert_array_equal(first, np.random.RandomState(3).randn(2))
    np.testing.assert_array_equal(first, again)
    assert first.tolist() != other.tolist()


def test_lines_that_fail_do_not_take_the_functions_away(tmp_path: Path) -> None:
    solution = written(
        tmp_path,
        """
        from __future__ import annotations
        from my_helpers import *
        print("loading")
        data = open("datasets/train.h5")
        def f(a: Nonsense): return a + LATER
        LATER = 2
        if __name__ == "__main__":
            while True: pass
        """,
    )
    with Sandbox(solution) as box:
        assert box.call("f", (1,)).value == 3
    assert (box.loaded.kind, box.loaded.error, box.loaded.printed) == (
        "raised",
        box.problems[0],
        "loading\n",
    )
    assert [(p.type, p.line) for p in box.problems] == [
        ("ModuleNotFoundError", 3),
        ("FileNotFoundError", 5),
    ]


def test_drawing_is_left_out(tmp_path: Path) -> None:
    solution = written(
        tmp_path,
        """
        import matplotlib.pyplot as plt
        from matplotlib import cm
        plt.rcParams["figure.figsize"] = (5.0, 4.0)
        def f(a):
            fig, ax = plt.subplots(1, 2)
            with plt.style.context("x"):
                ax[0].plot(a, label=cm.Blues(3))
            plt.show()
            return a
        """,
    )
    with Sandbox(solution) as box:
        assert box.call("f", (1.5,)).value == 1.5
    assert box.problems == ()


def test_many_calls_in_one_list(tmp_path: Path) -> None:
    with Sandbox(written(tmp_path, LINEAR + "\ndef g(a): return a * 2")) as box:
        outcomes = box.calls([Call("g", (i,)) for i in range(300)])
    assert [outcome.value for outcome in outcomes] == list(range(0, 600, 2))


def test_one_thread_and_an_empty_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_SECRET", "told nobody")
    solution = written(
        tmp_path, "import os, sys\ndef f(): return dict(os.environ), os.getcwd(), sys.flags.isolated"
    )
    with Sandbox(solution) as box:
        environment, folder, isolated = box.call("f", ()).value
    assert "PELLUCID_SECRET" not in environment
    assert environment["OPENBLAS_NUM_THREADS"] == environment["OMP_NUM_THREADS"] == "1"
    assert environment["HOME"] == environment["TMPDIR"] == folder != str(Path.cwd())
    assert isolated == 1


def test_a_notebook_runs_like_a_file(tmp_path: Path) -> None:
    import json

    from pellucid.check.solution import read_solution

    cells = ["%matplotlib inline\nimport numpy as np", "def f(a):\n    return np.nonsense(a)"]
    document = {"cells": [{"cell_type": "code", "source": source} for source in cells]}
    path = tmp_path / "exercise.ipynb"
    path.write_text(json.dumps(document), "utf-8")
    solution = read_solution(path)
    with Sandbox(solution) as box:
        error = box.call("f", (1,)).error
    assert error is not None
    assert solution.line_of(error.line or 0) == "cell 2, line 2"


def test_how_the_file_is_kept_apart_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    process.isolation.cache_clear()
    try:
        assert process.isolation() == "a process with limits; no bubblewrap here"
        # One that is there and does not work is no bubblewrap either.
        fake = tmp_path / "bwrap"
        fake.write_text("#!/bin/sh\nexit 1\n")
        fake.chmod(0o755)
        process.isolation.cache_clear()
        with Sandbox(written(tmp_path, LINEAR)) as box:
            assert box.isolation == "a process with limits; no bubblewrap here"
            assert box.call("linear_forward", (1, 2, 3)).kind == "value"
    finally:
        process.isolation.cache_clear()


PARENT = """
import sys
sys.path[:0] = {paths!r}
from pathlib import Path
from pellucid.check.sandbox import Sandbox
from pellucid.check.solution import read_solution
with Sandbox(read_solution(Path({path!r}))) as box:
    print("loaded", flush=True)
    box.call("f", ())
"""


@pytest.mark.skipif(
    sys.platform != "linux", reason="the kernel of Linux tells a child that its parent ended"
)
def test_a_check_that_is_killed_leaves_no_process(tmp_path: Path) -> None:
    text = "import signal, time\ndef f():\n    signal.signal(14, signal.SIG_IGN)\n    time.sleep(1000)"
    path = written(tmp_path, text).path
    script = PARENT.format(paths=sys.path, path=str(path))
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment)
    with parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"loaded\n"
        assert living(tmp_path)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while living(tmp_path):
        assert time.monotonic() < deadline
        time.sleep(0.02)
