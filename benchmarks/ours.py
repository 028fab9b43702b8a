"""Ours: everything of the benchmark that trains or predicts with Pellucid.

`--against` times another checkout with these same lines, 0.1.0 included. Where the two differ, a function
here asks for the feature; the public names `train`, `TrainingOptions`, `Network` and `Model` serve both.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from benchmarks.trainer import Predictor, Trainer, Variants
from benchmarks.works import Floats, Problem
from pellucid import Model, Network, Recipe, TrainingOptions, train

# Not imported by name: which names it has depends on the version.
_engines: Any = import_module("pellucid.engines")
Batches: Any = _engines.Batches
_engine_for: Any = getattr(_engines, "engine_for", None) or _engines.engine_named  # 0.1.0 has the latter.


class _Columns(NamedTuple):
    X: Floats
    Y: Floats


def examples(X: Floats, Y: Floats) -> Any:
    """Columns X (n_x, m) with their targets Y (n_y, m), as `train` and a session take them."""
    if find_spec("pellucid.examples") is None:  # 0.1.0 takes anything with an X and a Y.
        return _Columns(X, Y)
    return import_module("pellucid.examples").Examples(X, Y)


def open_session(
    network: Network,
    parameters: Mapping[str, Any],
    X: Floats,
    Y: Floats,
    *,
    engine: str = "auto",
    **options: Any,
) -> Any:
    """A session of an engine: the steps alone.

    Args:
        network: what is trained.
        parameters: where it starts.
        X: columns (n_x, m).
        Y: their targets (n_y, m).
        engine: by name.
        options: of a step, `optimizer` and `threads` among them.
    """
    found = _engine_for(engine)
    if not hasattr(_engines, "StepOptions"):  # 0.1.0
        return found.open(network, parameters, X, Y, steps=_engines.Steps(**options))
    state = _engines.TrainingState(parameters)
    return found.open(network, examples(X, Y), state, _engines.StepOptions(**options))


def started(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword argument of `train` by which a training starts from parameters."""
    if not hasattr(_engines, "TrainingState"):  # 0.1.0
        return {"parameters": parameters}
    return {"state": _engines.TrainingState(parameters)}


def parameters_of(session: Any) -> dict[str, Floats]:
    """The parameters of a session as they are now."""
    found: Any = session.state().parameters if hasattr(session, "state") else session.snapshot()
    return dict(found)


def block_by_block(
    network: Network,
    parameters: Mapping[str, Any],
    blocks: Sequence[tuple[Floats, Floats]],
    **options: Any,
) -> Callable[[Any, float], None]:
    """Training on examples that come in blocks: a function that takes the same batches of each in turn.

    Args:
        network: what is trained.
        parameters: where it starts.
        blocks: columns (n_x, m) and targets (n_y, m) of each.
        options: see `open_session`.
    """
    session = open_session(network, parameters, *blocks[0], **options)

    def feed(batches: Any, rate: float) -> None:
        for X, Y in blocks:
            session.feed(examples(X, Y))
            session.advance(batches, rate)

    def reopen(batches: Any, rate: float) -> None:
        now, memory = parameters, None
        for X, Y in blocks:
            steps = _engines.Steps(**options)
            one = _engine_for().open(network, now, X, Y, steps=steps, memory=memory)
            one.advance(batches, rate)
            now, memory = parameters_of(one), one.memory()

    return feed if hasattr(session, "feed") else reopen  # 0.1.0 opens a session for each block.


class Stepwise(Trainer):
    """A session of an engine, which takes its steps as the training loop asks for them."""

    def __init__(self, problem: Problem, engine: str = "auto") -> None:
        network, Y = Network(problem.layers), problem.y[None]
        threads = problem.threads
        self._session = open_session(
            network, problem.parameters, problem.X.T, Y, engine=engine, threads=threads
        )
        self._order, self._batch, self._rate = problem.order, problem.work.batch, problem.work.rate

    def run(self, rounds: int) -> None:
        batches = Batches.full(rounds)
        if self._batch:
            batches = Batches.runs(np.tile(self._order, rounds), self._batch)
        self._session.advance(batches, self._rate)

    def parameters(self) -> dict[str, Floats]:
        return parameters_of(self._session)


class Whole(Trainer):
    """A whole training, from the data as they are handed in to the parameters as they are handed out.

    The short cut works before the first step and after the last: timing steps alone would hide that.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._data = examples(problem.X.T, problem.y[None])
        self._found = problem.parameters

    def run(self, rounds: int) -> None:
        problem = self._problem
        options = TrainingOptions(epochs=rounds, learning_rate=problem.work.rate, threads=problem.threads)
        end = train(Network(problem.layers), self._data, options, **started(problem.parameters))
        self._found = end.parameters

    def parameters(self) -> dict[str, Floats]:
        return self._found


def fastest(problem: Problem) -> Trainer:
    """What a user gets who asks for nothing; on the headline network that takes the short cut."""
    return Stepwise(problem) if problem.work.batch else Whole(problem)


FASTEST: Variants = {"": fastest}

# The same engine without the short cut: the products that everybody computes.
SAME_ARITHMETIC: Variants = {"": Stepwise}

# The reference engine: the definition of right, there to be read.
REFERENCE: Variants = {"": lambda problem: Stepwise(problem, "reference")}

# The same functions, compiled by JAX.
ON_JAX: Variants = {"": lambda problem: Stepwise(problem, "jax")}


def right_parameters(problem: Problem, rounds: int) -> dict[str, Floats]:
    """What everyone has to arrive at: the reference engine's parameters, counted in float64."""
    X, y = problem.X.astype(np.float64), problem.y.astype(np.float64)
    parameters = {name: value.astype(np.float64) for name, value in problem.parameters.items()}
    exact = Problem(problem.work, X, y, problem.order, parameters)
    trainer = Stepwise(exact, "reference")
    trainer.run(rounds)
    return trainer.parameters()


def predictor(problem: Problem) -> Predictor:
    """Our door for predictions: a contiguous row of the model's type of number."""
    recipe = Recipe("numbers", (problem.layers[0],))
    model = Model(Network(problem.layers), problem.parameters, recipe, ("no", "yes"))
    row = np.ascontiguousarray(problem.X[:1])
    return lambda: model.predict_proba(row)
