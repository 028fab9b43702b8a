"""trace: take one training step and record every value on the way, computed by `pellucid.core`."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pellucid.core._arrays import Array, check_number, namespace
from pellucid.core.activations import activation_named
from pellucid.core.costs import cost_named
from pellucid.core.dropout import dropout_masks
from pellucid.core.formula import Formula
from pellucid.core.linear import LayerCache, linear_backward, linear_forward, linear_gradients
from pellucid.core.model import L_model_forward, backward_pass
from pellucid.core.optimizers import bias_correction
from pellucid.core.regularization import weight_penalty, weight_penalty_backward
from pellucid.core.update import clip_factor, clip_gradients, gradient_norm
from pellucid.engines import Batches, StepOptions, TrainingState, engine_for
from pellucid.errors import LabelError
from pellucid.examples import Examples
from pellucid.network import Network
from pellucid.optimizer import OPTIMIZERS, Optimizer
from pellucid.tracing import formulas, updates
from pellucid.tracing.inputs import as_state, checked_network, in_one_type
from pellucid.tracing.record import Trace
from pellucid.tracing.steps import Statistics, Step, source_of

Masks = list[Array | None]


def trace(
    start: Mapping[str, Array] | TrainingState,
    X: Array,
    Y: Array,
    network: Network | None = None,
    *,
    learning_rate: float = 0.0075,
    optimizer: str | Optimizer = "gradient_descent",
    clip_norm: float | None = None,
    weights: Array | None = None,
    dropout_seed: int = 0,
) -> Trace:
    """Take one training step and record every intermediate value by its name.

    Numbers that are not finite are not an error: the trace shows where they come from.

    Args:
        start: the parameters `{"W1", "b1", ..., "WL", "bL"}` before the first step of a training; or any
            `pellucid.engines.TrainingState`, with the optimizer's slots and the counts on which the bias
            correction and the dropout masks depend. Not changed.
        X: inputs of the step, (n_x, m): a batch.
        Y: targets, (n_y, m).
        network: the network of the parameters; None: the course's, with ReLU in the hidden layers, sigmoid
            outputs and cross-entropy.
        learning_rate: the learning rate.
        optimizer: the optimizer: an `Optimizer`, or its name.
        clip_norm: the greatest norm of the gradient; a longer one is shortened to it. None: no limit.
        weights: how much each example counts, (1, m), not negative; None: all the same.
        dropout_seed: the key of the dropout masks.

    Returns:
        A `Trace`: Z1, A1, ..., AL, cost, dAL, dZL, dWL, dbL, dA(L-1), ..., the clipped gradients, the
        optimizer's slots and the updated parameters. It has dAL if core can compute the cost from AL
        (training itself starts at dZL).

    Raises:
        ShapeError: X, Y, the parameters and the network do not fit.
        ParametersError: the dictionary is not that of a network.
        OptionError: the optimizer is unknown, or is not that of the state's slots; the learning rate or
            clip_norm is not a number above 0.
        LabelError: the weights are all 0, with which training takes no step.
    """
    learning_rate = check_number("learning_rate", learning_rate, above=0.0)
    if clip_norm is not None:
        clip_norm = check_number("clip_norm", clip_norm, above=0.0)
    options = StepOptions(Optimizer.named(optimizer), clip_norm, dropout_seed)
    state = as_state(start, options.optimizer)
    network = checked_network(network, state.parameters)
    X, Y, weights, state = in_one_type(state, X, Y, weights)
    recorder = _Recorder(network, options, state, Examples(X, Y, weights))
    # The trace shows every overflow; warnings would only repeat it.
    with np.errstate(all="ignore"):
        recorder.forward()
        recorder.cost()
        recorder.backward()
        recorder.update(learning_rate)
    return Trace(
        network,
        options,
        learning_rate,
        X,
        Y,
        weights,
        recorder.before,
        recorder.after,
        tuple(recorder.steps),
    )


class _Recorder:
    """One step, from X to the new parameters. Each phase stores the values that the next ones need."""

    def __init__(
        self, network: Network, options: StepOptions, state: TrainingState, examples: Examples
    ) -> None:
        self.steps: list[Step] = []
        self._session = engine_for("reference").open(network, examples, state, options)
        self.before = self._session.state()
        self.after: TrainingState | None = None
        self._network, self._options, self._parameters = network, options, self.before.parameters
        self._X, self._Y, self._weights = examples.X, examples.Y, examples.weights
        self._weighted = self._weights is not None
        self._activations = (*network.hidden_activations, network.output_activation)
        self._phase = ""
        self._masks: Masks = []
        self._caches: list[LayerCache] = []
        self._AL: Array = None
        self._cost = 0.0
        self._total = self._weight_of_all()

    def _add(
        self, name: str, layer: int | None, value: Array, formula: Formula, made_by: Callable[..., Any]
    ) -> None:
        source = source_of(made_by)
        self.steps.append(Step(name, layer, self._phase, value, formula, source, Statistics.of(value)))

    def _masked(self, l: int) -> bool:
        """Whether the step leaves out some inputs of layer l."""
        return self._masks[l - 1] is not None

    def _weight_of_all(self) -> float:
        """The number of examples, or the sum of their weights."""
        if self._weights is None:
            return int(self._X.shape[1])
        total = float(namespace(weights=self._weights).sum(self._weights))
        if total == 0:
            raise LabelError("the weights are all 0; expected some above 0: training skips such a step")
        return total

    def forward(self) -> None:
        """Z1, A1, ..., AL; with dropout also the masks and the masked activations."""
        self._phase = "forward"
        network, rates = self._network, self._network.dropout_rates
        seed, step = self._options.dropout_seed, self.before.step_count
        self._masks = dropout_masks(rates, network.layer_dims, self._X, seed=seed, step=step)
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
        """The cost; with penalties also its two parts."""
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
        penalty_grads: dict[str, Array] = {}
        if network.l1 or network.l2:
            penalty = {"l2": network.l2, "l1": network.l1}
            penalty_grads = weight_penalty_backward(self._parameters, self._total, **penalty)
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
            penalised = dW + penalty_grads[f"dW{l}"] if penalty_grads else dW
            self._add(f"dW{l}", l, penalised, of_W, linear_gradients)
            self._add(f"db{l}", l, db, of_b, linear_gradients)
            made_by = backward_pass if masked else linear_backward
            self._add(f"dA{l - 1}", l - 1, dA_prev, formulas.input_gradient(l, masked=masked), made_by)

    def _output_gradient(self) -> None:
        """dAL, if core can compute the cost from AL."""
        network, L = self._network, self._network.depth
        cost = cost_named(network.cost)
        if "output_activation" in cost.options:
            # With the identity as output activation, the cost of "ZL" is the cost of AL.
            options = network.cost_options | {"output_activation": "identity"}
            dAL = cost.backward(self._AL, self._Y, weights=self._weights, **options)
            formula = formulas.output_gradient(network, weighted=self._weighted)
            self._add(f"dA{L}", L, dAL, formula, cost.backward)
        elif cost.output_backward and not (network.label_smoothing or self._weighted):
            dAL = cost.output_backward(self._AL, self._Y)
            formula = formulas.output_gradient(network, weighted=False)
            self._add(f"dA{L}", L, dAL, formula, cost.output_backward)

    def update(self, learning_rate: float) -> None:
        """Clipped gradients, the optimizer's slots and the new parameters: the reference engine's step."""
        self._phase = "update"
        if not math.isfinite(self._cost):
            # No engine takes a step at a cost that is not finite.
            return
        if self._options.clip_norm is not None:
            self._clipping(self._options.clip_norm)
        self._session.advance(Batches.full(), learning_rate)
        self.after = self._session.state()
        optimizer, t = self._options.optimizer, self.after.update_count
        clipped, rule = self._options.clip_norm is not None, OPTIMIZERS[optimizer.name]
        for name, value in self.after.parameters.items():
            letter, l = name[0], int(name[1:])
            for slot, entries in self.after.slots.items():
                formula = updates.slot_update(optimizer, slot, letter, l, learning_rate, clipped=clipped)
                self._add(f"{slot}_d{name}", l, entries[f"d{name}"], formula, rule.function)
            if rule.bias_corrected:
                self._corrections(self.after, name)
            formula = updates.update(optimizer, letter, l, learning_rate, t, clipped=clipped)
            self._add(name, l, value, formula, rule.function)

    def _clipping(self, clip_norm: float) -> None:
        """The norm of the gradient, its factor, and the shortened gradients."""
        grads = {step.name: step.value for step in self.steps}
        norm = gradient_norm(grads)
        factor = clip_factor(norm, clip_norm)
        self._add("gradient_norm", None, float(norm), updates.norm(self._network.depth), gradient_norm)
        self._add("clip_factor", None, float(factor), updates.factor(clip_norm), clip_factor)
        clipped = clip_gradients(grads, clip_norm)
        for name in self._parameters:
            letter, l = name[0], int(name[1:])
            value = clipped[f"d{name}"]
            self._add(f"d{name}_clipped", l, value, updates.clipped(letter, l), clip_gradients)

    def _corrections(self, after: TrainingState, name: str) -> None:
        """Adam's two running means of one parameter, corrected for their start at 0."""
        optimizer, t, letter, l = self._options.optimizer, after.update_count, name[0], int(name[1:])
        for slot, entries in after.slots.items():
            mean = entries[f"d{name}"]
            value = mean / bias_correction(updates.beta_of(optimizer, slot), t, mean)
            formula = updates.corrected(optimizer, slot, letter, l, t)
            self._add(f"{slot}_d{name}_corrected", l, value, formula, OPTIMIZERS[optimizer.name].function)
