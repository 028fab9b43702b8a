"""Ours: everything of the benchmark that touches Pellucid's own training and predicting."""

from typing import NamedTuple

import numpy as np

from pellucid.bench.trainer import Predictor, Trainer, Variants
from pellucid.bench.works import Floats, Problem
from pellucid.data.recipe import Recipe
from pellucid.engines import Batches, Steps, engine_named
from pellucid.model import Model
from pellucid.network import Network
from pellucid.training import TrainingOptions, train


class _Columns(NamedTuple):
    X: Floats
    Y: Floats


class _Stepwise(Trainer):
    """A session of an engine: the steps alone, as the training loop asks for them."""

    def __init__(self, problem: Problem, engine: str) -> None:
        work = problem.work
        self._session = engine_named(engine).open(
            Network(problem.layers),
            problem.parameters,
            problem.X.T,
            problem.y[None],
            steps=Steps(threads=problem.threads),
        )
        self._order, self._batch, self._rate = problem.order, work.batch, work.rate

    def run(self, rounds: int) -> None:
        batches = Batches.full(rounds)
        if self._batch:
            batches = Batches.runs(np.tile(self._order, rounds), self._batch)
        self._session.advance(batches, self._rate)

    def parameters(self) -> dict[str, Floats]:
        return self._session.snapshot()


class _Whole(Trainer):
    """A whole training, from the data as they are handed in to the parameters as they are handed out.

    The short cut works before the first step and after the last: timing steps alone would hide that.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._data = _Columns(problem.X.T, problem.y[None])
        self._found = problem.parameters

    def run(self, rounds: int) -> None:
        problem = self._problem
        options = TrainingOptions(epochs=rounds, learning_rate=problem.work.rate, threads=problem.threads)
        end = train(Network(problem.layers), self._data, options, parameters=problem.parameters)
        self._found = end.parameters

    def parameters(self) -> dict[str, Floats]:
        return self._found


def _fastest(problem: Problem) -> Trainer:
    return _Stepwise(problem, "auto") if problem.work.batch else _Whole(problem)


# What a user gets who asks for nothing; on the headline network that takes the short cut.
FASTEST: Variants = {"": _fastest}

# The same engine without the short cut: the products that everybody computes.
SAME_ARITHMETIC: Variants = {"": lambda problem: _Stepwise(problem, "auto")}

# The reference engine: the definition of right, there to be read.
REFERENCE: Variants = {"": lambda problem: _Stepwise(problem, "reference")}


def right_parameters(problem: Problem, rounds: int) -> dict[str, Floats]:
    """What everyone has to arrive at: the reference engine's parameters, counted in float64."""
    X, y = problem.X.astype(np.float64), problem.y.astype(np.float64)
    parameters = {name: value.astype(np.float64) for name, value in problem.parameters.items()}
    exact = Problem(problem.work, X, y, problem.order, parameters)
    trainer = _Stepwise(exact, "reference")
    trainer.run(rounds)
    return trainer.parameters()


def predictor(problem: Problem) -> Predictor:
    """Our door for predictions: a contiguous row of the model's type of number."""
    recipe = Recipe("numbers", (problem.layers[0],))
    model = Model(Network(problem.layers), problem.parameters, recipe, ("no", "yes"))
    row = np.ascontiguousarray(problem.X[:1])
    return lambda: model.predict_proba(row)
