"""Doubt: measurements of a finished training that may have learned nothing, on a sample of its examples."""

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from pellucid import signs
from pellucid.core._arrays import Array, as_numpy
from pellucid.core.initialization import initialize_parameters_deep
from pellucid.core.model import L_model_forward
from pellucid.engines import Batches, TrainingState, engine_for
from pellucid.errors import DivergenceError
from pellucid.examples import Examples
from pellucid.network import Network
from pellucid.signs import Floats
from pellucid.stored import Stored
from pellucid.training.history import History
from pellucid.training.options import TrainingOptions

# The number of examples in the sample.
SAMPLE = 2000
# Of the memory that a training on files may take.
_SAMPLE_SHARE = 16
# From this share of the most frequent class on, the classes are unequal.
UNEQUAL = 0.8
# The trial of other rates: the steps, the examples to train on (and as many to measure on), and the number
# of examples below which the same ones serve for both.
TRIAL_STEPS, _TRIAL_EXAMPLES, _FEWEST_TO_DIVIDE = 20, 256, 64
_FACTORS = (0.1, 0.01, 0.001, 10.0, 100.0, 1e3, 1e4)
_HIGHEST_RATE = 10.0
# A trial is better if its cost is lower by this share of the avoidable cost.
_BETTER = 0.02

Parameters = dict[str, Floats]


class Ending(NamedTuple):
    """A training that ended.

    Attributes:
        network: the trained network.
        examples: the training examples, checked.
        options: the training options.
        first: the initial parameters; None: drawn as the options say.
        parameters: the trained parameters.
        history: its history.
    """

    network: Network
    examples: Examples
    options: TrainingOptions
    first: Mapping[str, Array] | None
    parameters: Mapping[str, Array]
    history: History


def ended_at(history: History) -> float:
    """The cost of the epoch that gave the final parameters."""
    return history.costs[-1 if history.best_epoch is None else history.best_epoch]


def sampled(examples: Examples) -> Examples:
    """At most SAMPLE examples, as NumPy arrays; drawn at random, since labels may be sorted."""
    m, count = examples.m, SAMPLE
    if isinstance(examples.X, Stored):
        fitting = examples.X.memory // _SAMPLE_SHARE // (examples.n_x * examples.X.dtype.itemsize)
        count = max(_FEWEST_TO_DIVIDE, min(SAMPLE, fitting))
    if m > count:
        examples = examples.dense(np.random.default_rng(0).integers(0, m, count))
    elif not examples.is_dense:
        examples = examples.dense(np.arange(m))
    X, Y, weights = (
        None if part is None else as_numpy(part) for part in (examples.X, examples.Y, examples.weights)
    )
    return Examples(X, Y, weights, finite=True)


@dataclass(frozen=True)
class Doubt:
    """Measurements of an ending, each computed on first use and kept."""

    ending: Ending

    @property
    def network(self) -> Network:
        """The trained network."""
        return self.ending.network

    @property
    def steps(self) -> int:
        """The number of steps."""
        return self.ending.history.iterations

    @property
    def learning_rate(self) -> float:
        """The learning rate of the options."""
        return self.ending.options.learning_rate

    @cached_property
    def sample(self) -> Examples:
        """The examples to measure on."""
        return sampled(self.ending.examples)

    @property
    def X(self) -> Floats:
        """The inputs of the sample, (n_x, m)."""
        return np.asarray(self.sample.X)

    @property
    def Y(self) -> Floats:
        """The targets of the sample, (n_y, m)."""
        return np.asarray(self.sample.Y)

    @cached_property
    def last(self) -> Parameters:
        """The trained parameters."""
        return {name: as_numpy(value) for name, value in self.ending.parameters.items()}

    @cached_property
    def first(self) -> Parameters:
        """The initial parameters; if a generator drew them, others of the same distribution."""
        if self.ending.first is not None:
            return {name: as_numpy(value) for name, value in self.ending.first.items()}
        options = self.ending.options
        drawn = initialize_parameters_deep(
            self.network.layer_dims, scheme=options.initialization, rng=copy.deepcopy(options.rng)
        )
        return {name: np.asarray(value, self.X.dtype) for name, value in drawn.items()}

    def _evaluated(self, parameters: Parameters) -> tuple[float, Floats]:
        engine = engine_for("auto", self.network, self.X)
        return engine.predictor(self.network, parameters).evaluate(self.sample)

    @cached_property
    def _predictions(self) -> tuple[float, Floats]:
        return self._evaluated(self.last)

    @property
    def cost(self) -> float:
        """The cost of the predictions."""
        return self._predictions[0]

    @property
    def AL(self) -> Floats:
        """The outputs, (n_y, m)."""
        return self._predictions[1]

    @cached_property
    def first_cost(self) -> float:
        """The cost of the predictions before the first step."""
        return self._evaluated(self.first)[0]

    @cached_property
    def chance(self) -> float:
        """The cost of the best constant prediction."""
        return signs.constant_cost(self.network, self.Y, self.sample.weights)

    @cached_property
    def avoidable(self) -> float:
        """`chance` less the cost of perfect predictions."""
        return self.chance - signs.cost_of_answers(self.network, self.Y, self.Y, self.sample.weights)

    @cached_property
    def hidden(self) -> list[Floats]:
        """A0 .. A(L-1) at the trained parameters."""
        return self._activations(self.last)

    @cached_property
    def first_hidden(self) -> list[Floats]:
        """A0 .. A(L-1) before the first step."""
        return self._activations(self.first)

    def _activations(self, parameters: Parameters) -> list[Floats]:
        with np.errstate(all="ignore"):
            _, caches = L_model_forward(self.X, parameters, **self.network.activations)
        return [np.asarray(linear_cache[0]) for linear_cache, _ in caches]

    @property
    def has_classes(self) -> bool:
        """Whether each example has one class, so that an accuracy makes sense."""
        network = self.network
        return not network.is_regression and (network.n_y == 1 or network.output_activation == "softmax")

    @cached_property
    def _labels(self) -> tuple[Any, Any]:
        """The true classes and the predicted ones, (m,)."""
        if len(self.Y) == 1:
            return self.Y[0] > 0.5, self.AL[0] > 0.5
        return self.Y.argmax(axis=0), self.AL.argmax(axis=0)

    @cached_property
    def one_answer(self) -> bool:
        """Whether the network predicts the same class for every example."""
        predicted = self._labels[1]
        return bool((predicted == predicted[0]).all())

    def _share(self, of: Any) -> float:
        weights = self.sample.weights
        return float(np.average(of, weights=None if weights is None else as_numpy(weights)[0]))

    @cached_property
    def accuracy(self) -> float:
        """The share of examples whose class is predicted correctly."""
        true, predicted = self._labels
        return self._share(true == predicted)

    @cached_property
    def most_frequent(self) -> float:
        """The share of the most frequent class."""
        true, _ = self._labels
        return max(self._share(true == k) for k in np.unique(true))

    @cached_property
    def still_falling(self) -> bool:
        """Whether the last tenth of the epochs lowered the cost by more than 2 % of the whole fall."""
        costs = self.ending.history.costs
        before = costs[max(0, len(costs) - 1 - max(1, len(costs) // 10))]
        return before - costs[-1] > max(0.02 * (costs[0] - costs[-1]), 1e-4 * self.avoidable)

    @cached_property
    def better_rate(self) -> tuple[float, float] | None:
        """Another learning rate whose first steps reach a lower cost, and that cost; None: no such rate."""
        highest = max(_HIGHEST_RATE, self.learning_rate)
        rates = [rate for factor in _FACTORS if (rate := self.learning_rate * factor) <= highest]
        cost, rate = min((self._trial(self.first, TRIAL_STEPS, rate), rate) for rate in rates)
        reached = min(self._trial(self.first), self._trial(self.last))
        return (rate, cost) if cost < reached - _BETTER * self.avoidable else None

    @cached_property
    def _halves(self) -> tuple[Examples, Examples]:
        """Examples to train on at a rate, and others to measure on; the same ones if there are few."""
        m = self.sample.m
        if m < _FEWEST_TO_DIVIDE:
            return self.sample, self.sample
        order, k = np.random.default_rng(1).permutation(m), min(_TRIAL_EXAMPLES, m // 2)
        halves = self.sample.take(order[:k]), self.sample.take(order[k : 2 * k])
        weighted = all(half.weights is None or float(half.weights.sum()) > 0 for half in halves)
        return halves if weighted else (self.sample, self.sample)

    def _trial(self, start: Parameters, steps: int = 0, rate: float = 0.0) -> float:
        """The cost after some full-batch steps; infinite if they diverge."""
        trained_on, measured_on = self._halves
        network = replace(self.network, dropout=0.0, input_dropout=0.0)
        options = self.ending.options.step_options
        engine = engine_for("auto", network, trained_on.X)
        session = engine.open(network, trained_on, TrainingState(start), options)
        try:
            if steps:
                session.advance(Batches.full(steps), rate)
        except DivergenceError:
            return math.inf
        cost = session.evaluate(measured_on)[0]
        return cost if math.isfinite(cost) else math.inf
