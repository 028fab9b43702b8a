"""Two ways through the same work, whose times `benchmarks.ratios` compares in one process."""

import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ours import Batches, block_by_block, examples, fastest, open_session
from benchmarks.stopwatch import Run, repeated
from benchmarks.works import WORKS, Floats, problem_of
from pellucid import (
    MLPClassifier,
    Model,
    Network,
    Optimizer,
    TrainingOptions,
    initialize_parameters_deep,
    load_data,
    train,
)


@dataclass(frozen=True)
class Pair:
    """What is timed, and what its time is divided by; both are told the same number of rounds.

    Attributes:
        longer: the run that costs something more.
        plain: the run without it.
        during: a context around every timing of `longer`, entered before the clock starts.
    """

    longer: Run
    plain: Run
    during: Callable[[], AbstractContextManager[object]] = nullcontext


# Examples and network of the validation and prediction pairs.
_ROWS, _LAYERS = 20_000, (64, 100, 100, 1)


def _labelled(rng: np.random.Generator, m: int) -> tuple[Floats, Floats]:
    """Rows (m, 64) in float32, and a label (m,) of 0 or 1 that a network can learn."""
    X = rng.standard_normal((m, _LAYERS[0]), dtype=np.float32)
    return X, (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(int)


def validation_in_train(threads: int) -> Pair:
    """Ten epochs of `train`, with a validation set as large as the training set and without."""
    rng = np.random.default_rng(0)
    data, held_out = (
        examples(X.T, y[None].astype(np.float32)) for X, y in (_labelled(rng, _ROWS) for _ in range(2))
    )
    options = TrainingOptions(
        epochs=10, batch_size=200, optimizer="adam", learning_rate=1e-3, threads=threads, rng=0
    )
    network = Network(_LAYERS)
    return Pair(
        repeated(lambda: train(network, data, options, validation=held_out)),
        repeated(lambda: train(network, data, options)),
    )


def validation_in_classifier(threads: int) -> Pair:
    """Ten epochs of `MLPClassifier.fit`, with a validation set as large as the training set and without."""
    rng = np.random.default_rng(0)
    (X, y), (X_val, y_val) = (_labelled(rng, _ROWS) for _ in range(2))
    settings: dict[str, Any] = {
        "hidden_layer_sizes": _LAYERS[1:-1],
        "max_iter": 10,
        "random_state": 0,
        "n_threads": threads,
    }

    def fit(**validation: Floats) -> None:
        with warnings.catch_warnings():
            # Ten epochs have not converged.
            warnings.simplefilter("ignore")
            MLPClassifier(**settings).fit(X, y, **validation)

    return Pair(repeated(lambda: fit(X_val=X_val, y_val=y_val)), repeated(fit))


# It ends with its parent, however that ends.
_BUSY = "import os; parent = os.getppid(); print(flush=True)\nwhile os.getppid() == parent: pass"


@contextmanager
def busy_process() -> Iterator[None]:
    """Another process that never waits, on the same processors."""
    with subprocess.Popen([sys.executable, "-S", "-c", _BUSY], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield
        finally:
            process.kill()


def beside_busy_process(name: str, threads: int) -> Pair:
    """A work with all threads while another process is busy, and with one thread alone."""
    work = WORKS[name]

    def run_with(count: int) -> Run:
        trainer = fastest(problem_of(work, "float32", count))
        return repeated(lambda: trainer.run(work.steps)) if work.steps > 1 else trainer.run

    return Pair(run_with(threads), run_with(1), during=busy_process)


_BLOCKS = 10


def fed_in_blocks(share: float, threads: int) -> Pair:
    """One epoch whose examples come in ten blocks, and one of a session that has them all.

    Args:
        share: how many of the inputs are not zero.
        threads: for both.
    """
    rng = np.random.default_rng(0)
    m, size = 10_000, 10_000 // _BLOCKS
    X = rng.standard_normal((m, 784), dtype=np.float32) * (rng.random((m, 784)) < share)
    X, Y = X.astype(np.float32), np.eye(10, dtype=np.float32)[rng.integers(10, size=m)]
    network = Network((784, 100, 10), output_activation="softmax")
    parameters = {
        name: value.astype(np.float32)
        for name, value in initialize_parameters_deep(network.layer_dims, rng=0).items()
    }
    options: dict[str, Any] = {"optimizer": Optimizer.named("adam"), "threads": threads}
    blocks = [(X[i : i + size].T, Y[i : i + size].T) for i in range(0, m, size)]
    block, epoch = Batches.runs(rng.permutation(size), 200), Batches.runs(rng.permutation(m), 200)
    whole = open_session(network, parameters, X.T, Y.T, **options)
    in_blocks = block_by_block(network, parameters, blocks, **options)
    return Pair(
        repeated(lambda: in_blocks(block, 1e-3)),
        repeated(lambda: whole.advance(epoch, 1e-3)),
    )


def _model_and_examples() -> tuple[Model, Any, Floats]:
    """A model, a data set that went through its recipe, and as many raw rows (20,000, 64)."""
    # A fifth of the examples becomes a test set.
    X, y = _labelled(np.random.default_rng(0), _ROWS * 5 // 4)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "examples.npz"
        np.savez(path, X=X, y=y)
        data, _ = load_data(path, dtype="float32")
    parameters = initialize_parameters_deep(_LAYERS, scheme="he", rng=0)
    model = Model(
        Network(_LAYERS),
        {name: value.astype(np.float32) for name, value in parameters.items()},
        data.recipe,
        data.classes,
    )
    return model, data, np.ascontiguousarray(X[:_ROWS])


def evaluate(threads: int) -> Pair:  # noqa: ARG001 - a model has no say in its threads
    """`Model.evaluate` and `Model.predict_proba` on 20,000 rows."""
    model, data, rows = _model_and_examples()
    return Pair(repeated(lambda: model.evaluate(data)), repeated(lambda: model.predict_proba(rows)))


def predict(threads: int) -> Pair:  # noqa: ARG001
    """`Model.predict` and `Model.predict_proba` on 20,000 rows."""
    model, _, rows = _model_and_examples()
    return Pair(repeated(lambda: model.predict(rows)), repeated(lambda: model.predict_proba(rows)))
