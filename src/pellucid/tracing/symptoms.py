"""The symptoms that the health report looks for: one function each, from a trace to findings."""

from collections.abc import Iterator

import numpy as np

from pellucid import signs
from pellucid.core._arrays import as_numpy
from pellucid.core.activations import activation_named
from pellucid.core.costs import cost_named
from pellucid.signs import Floats, root_mean_square
from pellucid.tracing import finding as limits
from pellucid.tracing.finding import Finding
from pellucid.tracing.record import Trace


def numbers(trace: Trace, name: str) -> Floats:
    """The value of a step as NumPy's float64."""
    return np.asarray(as_numpy(trace[name].value), np.float64)


def not_finite(trace: Trace) -> Iterator[Finding]:
    """The first intermediate with NaN or infinity; those after it follow from it."""
    before = {"X": trace.X, "Y": trace.Y, **trace.parameters}
    for slot, entries in trace.before.slots.items():
        before |= {f"{slot}_{name}": value for name, value in entries.items()}
    values = [(name, None, as_numpy(value)) for name, value in before.items()] + [
        (step.name, step.layer, np.asarray(as_numpy(step.value) if step.shape else step.value))
        for step in trace
        # dAL is infinite where AL is 0 or 1; training starts at dZL, which is finite there.
        if step.name != f"dA{trace.network.depth}"
    ]
    for name, layer, value in values:
        count = int((~np.isfinite(value)).sum())
        if count:
            yield Finding(
                *("not-finite", "severe", layer, float(count)),
                f"{name} is the first that is not finite: {count} of {value.size} numbers",
                "nothing after it can be computed, and training cannot take a step",
                "complete and scaled inputs, a smaller learning rate, smaller initial weights",
            )
            return


def unscaled_inputs(trace: Trace) -> Iterator[Finding]:
    """Rows of X that are far larger than 1, or all of them far smaller."""
    X = np.asarray(as_numpy(trace.X), np.float64)
    sizes = signs.input_sizes(X)
    large = sizes > signs.INPUT_TOO_LARGE
    scale = "scale every input to mean 0 and deviation 1, pixels by 1/255"
    if large.any():
        i = int(sizes.argmax())
        yield Finding(
            *("unscaled-inputs", "warning", 0, float(sizes[i])),
            f"{large.sum()} of {len(X)} inputs are large: input {i} runs from {X[i].min():.4g} to "
            f"{X[i].max():.4g}, root mean square {sizes[i]:.4g}",
            "a learning rate that suits it is too small for the others, and one that suits the others "
            "makes the cost jump",
            scale,
        )
    elif 0 < sizes.max() < signs.INPUT_TOO_SMALL:
        yield Finding(
            *("unscaled-inputs", "warning", 0, float(sizes.max())),
            f"all inputs are small: the largest root mean square is {sizes.max():.4g}",
            "they have little effect on the first layer, and its weights hardly change",
            scale,
        )


def constant_inputs(trace: Trace) -> Iterator[Finding]:
    """Rows of X that hold the same number for every example."""
    X = as_numpy(trace.X)
    constant = (X == X[:, :1]).all(axis=1)
    share = float(constant.mean())
    if share > 0:
        i = int(constant.argmax())
        yield Finding(
            *("constant-inputs", "warning" if share > limits.CONSTANT_WARNING else "note", 0, share),
            f"{constant.sum()} of {len(X)} inputs never change: input {i} is {X[i, 0]:.4g} for all "
            f"{trace.m:,} examples",
            "nothing can be learned from them; that is usual at the edges of pictures, but not in a column "
            "of a table",
            "leave them out, or check whether the data were read correctly",
        )


def symmetric_weights(trace: Trace) -> Iterator[Finding]:
    """Hidden units with the same weights and the same bias as another one."""
    parameters = {name: as_numpy(value) for name, value in trace.parameters.items()}
    for l in range(1, trace.network.depth):
        alike, n = signs.units_alike(parameters, l), trace.network.layer_dims[l]
        if alike:
            share = alike / n
            yield Finding(
                *("symmetric-weights", "severe" if alike == n else "warning", l, share),
                f"layer {l}: {alike} of {n} units have the same weights and bias as another unit",
                "such units compute the same, get the same gradient and stay the same, as if there were "
                "only one of them",
                "random initial weights, such as he or xavier; biases may start at zero, weights may not",
            )


def dead_relu(trace: Trace) -> Iterator[Finding]:
    """Units of ReLU or a similar activation that are at its lower bound for every example."""
    for l, name in enumerate(trace.network.hidden_activations, start=1):
        low = activation_named(name).bounds[0]
        dead = signs.dead_units(name, numbers(trace, f"A{l}"))
        share = float(dead.mean())
        if share > limits.DEAD_WARNING:
            yield Finding(
                *("dead-relu", "severe" if share > signs.DEAD_SEVERE else "warning", l, share),
                f"layer {l}: {dead.sum()} of {len(dead)} {name} units are {low:g} for all "
                f"{trace.m:,} examples",
                "there the slope is 0: these units get no gradient and cannot recover",
                "a smaller learning rate, initial weights by he, leaky_relu or elu",
            )


def saturated(trace: Trace) -> Iterator[Finding]:
    """Units of sigmoid, tanh or similar activations that are close to a bound, where the slope is small."""
    network = trace.network
    layers = list(enumerate(network.hidden_activations, start=1))
    if "output_activation" in cost_named(network.cost).options:
        # The cross-entropy undoes the sigmoid's slope, other costs do not.
        layers.append((network.depth, network.output_activation))
    for l, name in layers:
        share = signs.flat_share(name, numbers(trace, f"A{l}"))
        if share > limits.SATURATED_WARNING:
            yield Finding(
                *("saturated", "severe" if share > signs.SATURATED_SEVERE else "warning", l, share),
                f"layer {l}: {share:.0%} of the {name} values are so close to a bound that the slope is "
                f"below {signs.FLAT_SLOPE:.0%} of the steepest",
                "the gradient is multiplied by that slope, and the layers up to this one hardly learn",
                "scaled inputs, smaller initial weights (xavier), a smaller learning rate, relu",
            )


def gradient_flow(trace: Trace) -> Iterator[Finding]:
    """Gradients that fade or grow on their way from the last layer to the first."""
    L = trace.network.depth
    last, first = (root_mean_square(numbers(trace, f"dZ{l}")) for l in (L, 1))
    if L == 1 or last == 0:
        return
    ratio = first / last
    where = f"the gradients of the first layer are {ratio:.2g} times those of the last (dZ1 and dZ{L})"
    if ratio < limits.VANISHING_WARNING:
        yield Finding(
            *("vanishing-gradients", "severe" if ratio < limits.VANISHING_SEVERE else "warning", 1, ratio),
            where,
            "the first layers learn almost nothing",
            "relu in place of sigmoid or tanh, initial weights by he or xavier, fewer layers",
        )
    elif ratio > limits.EXPLODING_WARNING:
        yield Finding(
            *("exploding-gradients", "severe" if ratio > limits.EXPLODING_SEVERE else "warning", 1, ratio),
            where,
            "every layer makes them larger, and a step that suits the last layer is far too long for the "
            "first",
            "smaller initial weights (he or xavier), clip_norm, fewer layers",
        )


def updates(trace: Trace) -> Iterator[Finding]:
    """Steps that are very large or very small relative to the weights."""
    ratios = {}
    for l in range(1, trace.network.depth + 1):
        before = np.asarray(as_numpy(trace.parameters[f"W{l}"]), np.float64)
        size = root_mean_square(before)
        if size > 0:
            ratios[l] = root_mean_square(numbers(trace, f"W{l}") - before) / size
    if not ratios:
        return
    l, ratio = max(ratios.items(), key=lambda item: item[1])
    rate = trace.learning_rate
    if ratio > limits.UPDATE_WARNING:
        yield Finding(
            *("large-updates", "severe" if ratio > limits.UPDATE_SEVERE else "warning", l, ratio),
            f"layer {l}: one step changes W{l} by {ratio:.2g} of its size; about 0.001 is usual",
            "after such a long step the gradient is no longer valid: the cost jumps or diverges",
            f"a smaller learning rate than {rate:g}, scaled inputs",
        )
    elif ratio < limits.UPDATE_TOO_SMALL and _no_better_than_half(trace):
        yield Finding(
            *("small-updates", "warning", l, ratio),
            f"layer {l}: one step changes W{l} by {ratio:.2g} of its size, and no other layer by more; "
            "about 0.001 is usual",
            "the cost is still high, and thousands of such steps would hardly lower it",
            f"a larger learning rate than {rate:g}; if the gradients are all but 0, see the other findings",
        )


def cost_above_chance(trace: Trace) -> Iterator[Finding]:
    """A cost above that of a constant prediction."""
    data_cost, chance = costs(trace)
    if chance <= 1e-9 or data_cost <= chance * (1 + 1e-9):
        return
    ratio = data_cost / chance
    yield Finding(
        *("cost-above-chance", "warning" if ratio > limits.COST_WARNING else "note", None, ratio),
        f"the cost is {data_cost:.4g}, and the same prediction for every example would cost {chance:.4g}",
        "before training that is usual; after it, the network has not learned even how frequent the labels "
        "are",
        "first check whether the cost falls at all; then a smaller learning rate, labels in the order of "
        "the examples",
    )


def costs(trace: Trace) -> tuple[float, float]:
    """The cost of the outputs, and that of the best constant prediction, infinite if it is unknown."""
    network = trace.network
    Y = np.asarray(as_numpy(trace.Y), np.float64)
    weights = None if trace.weights is None else np.asarray(as_numpy(trace.weights), np.float64)
    with np.errstate(all="ignore"):
        cost = network.answers_cost(numbers(trace, f"Z{network.depth}"), Y, weights)
    return cost, signs.constant_cost(network, Y, weights)


def _no_better_than_half(trace: Trace) -> bool:
    data_cost, chance = costs(trace)
    return data_cost > chance / 2
