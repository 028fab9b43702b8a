"""The likely cause of a training that learned nothing: one function per cause, the most certain first.

A new cause is a function of a `Doubt`, and its place in `_CAUSES`.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from pellucid import signs
from pellucid.training.doubt import TRIAL_STEPS, UNEQUAL, Doubt

# With fewer steps or examples, their lack may be the cause.
_MANY_STEPS, _FEWEST_EXAMPLES = 100, 16
# The size of a layer relative to the inputs, and of trained weights relative to the initial ones.
_FADED, _SHRUNK = 1e-3, 1e-2
# A probability closer to 0 or 1 than this is saturated.
_SATURATED_OUTPUT = 1e-6


class Cause(NamedTuple):
    """The fields of `NotLearning` with these names."""

    name: str
    likely: str
    advice: str
    command: str


_Search: TypeAlias = Callable[[Doubt], Cause | None]


def cause_of(doubt: Doubt) -> Cause | None:
    """The most certain cause that applies; None: no cause applies."""
    for search in _CAUSES:
        cause = search(doubt)
        if cause is not None:
            return cause
    return None


def _same_units(doubt: Doubt) -> Cause | None:
    for l in range(1, doubt.network.depth):
        n = doubt.network.layer_dims[l]
        if n > 1 and signs.units_alike(doubt.last, l) == n:
            return Cause(
                "same-units",
                f"all {n} units of layer {l} began with the same weights and stay alike",
                "draw the first weights at random: initialization='he' or 'xavier'",
                "health",
            )
    return None


def _fading(doubt: Doubt) -> Cause | None:
    A = doubt.first_hidden
    last, inputs = signs.root_mean_square(A[-1]), signs.root_mean_square(A[0])
    if len(A) < 3 or last >= _FADED * inputs:
        return None
    return Cause(
        "fading",
        f"the first weights are so small that layer {len(A) - 1} is {last / inputs:.1g} of the inputs",
        "use initialization='he' or 'xavier'",
        "health",
    )


def _dead_relu(doubt: Doubt) -> Cause | None:
    for l, name in enumerate(doubt.network.hidden_activations, start=1):
        dead = signs.dead_units(name, doubt.hidden[l])
        if dead.mean() <= signs.DEAD_SEVERE:
            continue
        count = f"all {len(dead)}" if dead.all() else f"{int(dead.sum())} of the {len(dead)}"
        dead_words = f"{count} {name} units of layer {l} are 0 for every example"
        if _unscaled(doubt):
            return Cause("dead-relu", f"{dead_words}, with inputs {_range(doubt)}", _scale(doubt), "health")
        if signs.dead_units(name, doubt.first_hidden[l]).mean() > signs.DEAD_SEVERE:
            return Cause("dead-relu", f"{dead_words}, from the start", "use initialization='he'", "health")
        rate = f"take a smaller learning rate than {doubt.learning_rate:g}"
        return Cause("dead-relu", f"{dead_words}, since the steps were too long", rate, "lr-find")
    return None


def _saturated(doubt: Doubt) -> Cause | None:
    for l, name in enumerate(doubt.network.hidden_activations, start=1):
        share = signs.flat_share(name, doubt.hidden[l])
        if share <= signs.SATURATED_SEVERE:
            continue
        flat = f"{share:.0%} of the {name} values of layer {l} are saturated: the slope there is 0"
        if _unscaled(doubt):
            return Cause("saturated", f"{flat}, with inputs {_range(doubt)}", _scale(doubt), "health")
        if signs.flat_share(name, doubt.first_hidden[l]) > signs.SATURATED_SEVERE:
            advice = "use smaller first weights: initialization='xavier'"
            return Cause("saturated", f"{flat}, from the start", advice, "health")
        rate = f"take a smaller learning rate than {doubt.learning_rate:g}"
        return Cause("saturated", f"{flat}, since the steps were too long", rate, "lr-find")
    return None


def _unscaled(doubt: Doubt) -> bool:
    return bool(signs.input_sizes(doubt.X).max() > signs.INPUT_TOO_LARGE)


def _range(doubt: Doubt) -> str:
    return f"from {doubt.X.min():.4g} to {doubt.X.max():.4g}"


def _scale(doubt: Doubt) -> str:
    X = doubt.X
    if X.min() >= 0 and X.max() <= 255 and bool((np.floor(X) == X).all()):
        return "divide the pixels by 255"
    return "scale every input to mean 0 and standard deviation 1"


def _unscaled_inputs(doubt: Doubt) -> Cause | None:
    if _unscaled(doubt):
        return Cause("unscaled-inputs", f"the inputs run {_range(doubt)}", _scale(doubt), "health")
    largest = signs.input_sizes(doubt.X).max()
    if doubt.steps >= _MANY_STEPS and largest < signs.INPUT_TOO_SMALL:
        return Cause("unscaled-inputs", f"the inputs are tiny, {_range(doubt)}", _scale(doubt), "health")
    return None


def _penalty(doubt: Doubt) -> Cause | None:
    network = doubt.network
    name = f"W{network.depth}"
    last, first = (signs.root_mean_square(parameters[name]) for parameters in (doubt.last, doubt.first))
    if not (network.l1 or network.l2) or last > _SHRUNK * first:
        return None
    penalty = f"l2={network.l2:g}" if network.l2 else f"l1={network.l1:g}"
    return Cause("penalty", f"the penalty {penalty} drove the weights to 0", "take a smaller one", "health")


def _enough_data(doubt: Doubt) -> bool:
    return doubt.steps >= _MANY_STEPS and doubt.sample.m >= _FEWEST_EXAMPLES


def _rate(doubt: Doubt) -> Cause | None:
    if doubt.better_rate is None:
        return None
    better, cost = doubt.better_rate
    larger = better > doubt.learning_rate
    if larger and not _enough_data(doubt):
        return None
    size = "small" if larger else "large"
    return Cause(
        f"rate-too-{size}",
        f"the learning rate {doubt.learning_rate:g} is too {size}: with {better:g}, {TRIAL_STEPS} steps "
        f"bring the cost to {cost:.4g}",
        f"take a {'larger' if larger else 'smaller'} one",
        "lr-find",
    )


def _saturated_outputs(doubt: Doubt) -> Cause | None:
    if doubt.network.is_regression:
        return None
    share = float((np.minimum(doubt.AL, 1 - doubt.AL) < _SATURATED_OUTPUT).mean())
    if share <= signs.SATURATED_SEVERE:
        return None
    return Cause(
        "saturated-outputs",
        f"{share:.0%} of the outputs are almost 0 or 1, certain and wrong, since the steps were too long",
        f"take a smaller learning rate than {doubt.learning_rate:g}",
        "lr-find",
    )


def _unequal_classes(doubt: Doubt) -> Cause | None:
    if not (doubt.has_classes and doubt.most_frequent >= UNEQUAL and doubt.one_answer):
        return None
    return Cause(
        "unequal-classes",
        f"the other classes are {1 - doubt.most_frequent:.2g} of the examples, and count too little",
        "give the examples of rare classes larger weights, and take another measure than the accuracy",
        "health",
    )


def _too_short(doubt: Doubt) -> Cause | None:
    if not (_enough_data(doubt) and doubt.still_falling):
        return None
    return Cause(
        "too-short",
        f"too few steps (after {doubt.steps:,} the cost was still falling), or inputs that do not "
        "determine the targets",
        "train longer, and check that Y is in the order of X",
        "lr-find",
    )


def _no_hidden_layer(doubt: Doubt) -> Cause | None:
    if doubt.network.depth > 1 or doubt.steps < _MANY_STEPS:
        return None
    likely = "there is no hidden layer, and without one only a straight line divides the classes"
    if doubt.network.is_regression:
        likely = "there is no hidden layer, and without one the outputs are a linear function of the inputs"
    return Cause(
        "no-hidden-layer", likely, "add hidden units, or check that Y is in the order of X", "health"
    )


def _unrelated(doubt: Doubt) -> Cause | None:
    if not _enough_data(doubt):
        return None
    return Cause(
        "unrelated",
        "the inputs do not determine the targets: no other learning rate helps",
        "check that Y is in the order of X, and that it depends on the inputs",
        "health",
    )


_CAUSES: tuple[_Search, ...] = (
    _same_units,
    _fading,
    _dead_relu,
    _saturated,
    _unscaled_inputs,
    _penalty,
    _rate,
    _saturated_outputs,
    _unequal_classes,
    _too_short,
    _no_hidden_layer,
    _unrelated,
)
