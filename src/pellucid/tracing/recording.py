"""trace: take one training step, and write down everything on the way. The numbers are those of core."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pellucid.core._arrays import Array, as_numpy, beside, check_number, namespace
from pellucid.core.activations import activation_named
from pellucid.core.cost import compute_cost_backward
from pellucid.core.costs import cost_named
from pellucid.core.dropout import dropout_masks
from pellucid.core.linear import LayerCache, linear_backward, linear_forward, linear_gradients
from pellucid.core.model import L_model_forward, backward_pass
from pellucid.core.regularization import weight_penalty, weight_penalty_backward
from pellucid.engines import Batches, Steps, engine_named, named
from pellucid.network import Network
from pellucid.optimizer import Optimizer
from pellucid.tracing import formulas
from pellucid.tracing.inputs import checked_network, in_one_type
from pellucid.tracing.record import Trace
from pellucid.tracing.steps import Formula, Statistics, Step, source_of
from pellucid.tracing.updates import RULES, memory, update

Masks = list[Array | None]


def trace(
    parameters: Mapping[str, Array],
    X: Array,
    Y: Array,
    network: Network | None = None,
    *,
    learning_rate: float = 0.0075,
    optimizer: str | Optimizer = "gradient_descent",
    weights: Array | None = None,
    dropout_seed: int = 0,
) -> Trace:
    """One training step, every intermediate by its name.

    Numbers that are not finite are no error here: where they come from is what the trace shows.

    Args:
        parameters: `{"W1", "b1", ..., "WL", "bL"}`; not changed.
        X: inputs, (n_x, m).
        Y: targets, (n_y, m).
        network: what they are the parameters of; left out, the course's: ReLU in the hidden layers,
            sigmoid outputs, cross-entropy.
        learning_rate: the length of the step.
        optimizer: by which rule the parameters follow their gradients: an `Optimizer`, or its name.
        weights: how much each example counts, (1, m), not negative; None: all the same.
        dropout_seed: the key of the dropout masks, which are those of a training's first step.

    Returns:
        A `Trace`: Z1, A1, ..., AL, cost, dAL, dZL, dWL, dbL, dA(L-1), ..., and the updated parameters.
        dAL is there where the cost has one as a function of AL (training itself begins at dZL).

    Raises:
        ShapeError: X, Y, the parameters and the network do not fit.
        ParametersError: the dictionary is not that of a network.
        OptionError: an unknown optimizer, or a learning rate that is no number above 0.
    """
    learning_rate = check_number("learning_rate", learning_rate, above=0.0)
    optimizer = Optimizer.named(optimizer)
    network = checked_network(network, parameters)
    X, Y, weights, start = in_one_type(parameters, X, Y, weights)
    recorder = _Recorder(network, start, X, Y, weights, dropout_seed)
    # What overflows is in the trace; warnings would only repeat it.
    with np.errstate(all="ignore"):
        recorder.forward()
        recorder.cost()
        recorder.backward()
        recorder.update(optimizer, learning_rate)
    return Trace(network, optimizer, learning_rate, X, Y, weights, start, tuple(recorder.steps))


class _Recorder:
    """One step, from X to the new parameters. Each phase leaves what the next one needs."""

    def __init__(
        self,
        network: Network,
        parameters: dict[str, Array],
        X: Array,
        Y: Array,
        weights: Array | None,
        dropout_seed: int,
    ) -> None:
        self.steps: list[Step] = []
        self._network, self._parameters = network, parameters
        self._X, self._Y, self._weights = X, Y, weights
        self._weighted = weights is not None
        self._dropout_seed = dropout_seed
        self._activations = (*network.hidden_activations, network.output_activation)
        self._phase = ""
        self._masks: Masks = []
        self._caches: list[LayerCache] = []
        self._AL: Array = None
        self._cost = 0.0

    def _add(
        self, name: str, layer: int | None, value: Array, formula: Formula, made_by: Callable[..., Any]
    ) -> None:
        source = source_of(made_by)
        self.steps.append(Step(name, layer, self._phase, value, formula, source, Statistics.of(value)))

    def _masked(self, l: int) -> bool:
        """Whether the step leaves out part of what layer l multiplies."""
        return self._masks[l - 1] is not None

    @property
    def _total(self) -> float:
        """The number of examples, or the sum of their weights."""
        if self._weights is None:
            return int(self._X.shape[1])
        return float(namespace(weights=self._weights).sum(self._weights))

    def forward(self) -> None:
        """Z1, A1, ..., AL; with dropout also what is left out, and what is kept."""
        self._phase = "forward"
        network, rates = self._network, self._network.dropout_rates
        self._masks = dropout_masks(rates, network.layer_dims, self._X, seed=self._dropout_seed, step=0)
        self._AL, self._caches = L_model_forward(
            self._X, self._parameters, **network.activations, masks=self._masks
        )
        for l, ((A_prev, _, _), Z) in enumerate(self._caches, start=1):
            D = self._masks[l - 1]
            if D is not None:
                self._add(f"D{l - 1}", l - 1, D, formulas.mask(l - 1, rates[l - 1]), dropout_masks)
                self._add(f"A{l - 1}_kept", l - 1, A_prev, formulas.kept(l - 1), L_model_forward)
            self._add(f"Z{l}", l, Z, formulas.linear(l, masked=self._masked(l)), linear_forward)
            g = self._activations[l - 1]
            A, _ = activation_named(g).forward(Z)
            self._add(f"A{l}", l, A, formulas.activation(g, l), activation_named(g).forward)

    def cost(self) -> None:
        """The cost; with penalties in its two parts, and their sum."""
        self._phase = "cost"
        network, ZL = self._network, self._caches[-1][1]
        cost = cost_named(network.cost)
        penalty = {"l2": network.l2, "l1": network.l1}
        penalised = any(penalty.values())
        self._cost = float(cost.forward(ZL, self._Y, weights=self._weights, **network.cost_options))
        formula = formulas.cost(network, weighted=self._weighted, penalised=penalised)
        self._add("data_cost" if penalised else "cost", None, self._cost, formula, cost.forward)
        if penalised:
            added = float(weight_penalty(self._parameters, self._total, **penalty))
            formula = formulas.penalty(network, weighted=self._weighted)
            self._add("penalty", None, added, formula, weight_penalty)
            self._cost += added
            self._add("cost", None, self._cost, formulas.total(), weight_penalty)

    def backward(self) -> None:
        """dAL, dZL, dWL, dbL, dA(L-1), ..., dA0."""
        self._phase = "backward"
        network, L, ZL = self._network, self._network.depth, self._caches[-1][1]
        self._output_gradient()
        cost = cost_named(network.cost)
        dZL = cost.backward(ZL, self._Y, weights=self._weights, **network.cost_options)
        pulls: dict[str, Array] = {}
        if network.l1 or network.l2:
            penalty = {"l2": network.l2, "l1": network.l1}
            pulls = weight_penalty_backward(self._parameters, self._total, **penalty)
        for l, dZ, dA_prev, dW, db in backward_pass(
            dZL, self._caches, hidden_activation=network.hidden_activation, masks=self._masks
        ):
            g = self._activations[l - 1]
            if l == L:
                formula = formulas.last_linear_gradient(network, weighted=self._weighted)
                self._add(f"dZ{l}", l, dZ, formula, cost.backward)
            else:
                formula = formulas.activation_backward(g, l)
                self._add(f"dZ{l}", l, dZ, formula, activation_named(g).backward)
            masked = self._masked(l)
            of_W, of_b = formulas.gradients(network, l, masked=masked, weighted=self._weighted)
            self._add(f"dW{l}", l, dW + pulls[f"dW{l}"] if pulls else dW, of_W, linear_gradients)
            self._add(f"db{l}", l, db, of_b, linear_gradients)
            made_by = backward_pass if masked else linear_backward
            self._add(f"dA{l - 1}", l - 1, dA_prev, formulas.input_gradient(l, masked=masked), made_by)

    def _output_gradient(self) -> None:
        """dAL, where core has the cost as a function of AL."""
        network, L = self._network, self._network.depth
        cost = cost_named(network.cost)
        if "output_activation" in cost.options:
            # With the identity behind it, the cost from ZL is the cost from AL.
            options = network.cost_options | {"output_activation": "identity"}
            dAL = cost.backward(self._AL, self._Y, weights=self._weights, **options)
            formula = formulas.output_gradient(network, weighted=self._weighted)
            self._add(f"dA{L}", L, dAL, formula, cost.backward)
        elif network.cost == "binary_cross_entropy" and not (network.label_smoothing or self._weighted):
            dAL = compute_cost_backward(self._AL, self._Y)
            formula = formulas.output_gradient(network, weighted=False)
            self._add(f"dA{L}", L, dAL, formula, compute_cost_backward)

    def update(self, optimizer: Optimizer, learning_rate: float) -> None:
        """What the optimizer keeps, and the new parameters: the step of the reference engine."""
        self._phase = "update"
        if not math.isfinite(self._cost):
            # No engine takes such a step.
            return
        session = engine_named("reference").open(
            self._network,
            self._parameters,
            self._X,
            self._Y,
            weights=self._weights,
            steps=Steps(optimizer, dropout_seed=self._dropout_seed),
        )
        session.advance(Batches.full(), learning_rate)
        updated, kept = session.snapshot(), session.memory().kept
        slots = {letter: named(self._network, row) for letter, row in kept.items()}
        rule = RULES[optimizer.name]
        for name, value in updated.items():
            letter, l = name[0], int(name[1:])
            for slot, entries in slots.items():
                formula = memory(optimizer, slot, letter, l, learning_rate)
                self._add(f"{slot}_d{name}", l, beside(as_numpy(entries[name]), self._X), formula, rule)
            self._add(name, l, value, update(optimizer, letter, l, learning_rate), rule)
