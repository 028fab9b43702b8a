"""The course, complete in one import: its functions under their names, and the models they make.

`from pellucid.course import *` is where a learner starts. The functions live in `pellucid.core`, which
reads like the course; the three trainers here run the training loop, with the course's arguments, prints
and defaults. The network with one hidden layer has functions of its own under some of the same names:
they are in `pellucid.core.shallow`.
"""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Unpack

import numpy as np

from pellucid import core, plots
from pellucid.core import *  # noqa: F403
from pellucid.core._arrays import Array, namespace
from pellucid.core._shapes import check_same_columns
from pellucid.core.initialization import check_layer_dims
from pellucid.core.randomness import RandomSource
from pellucid.errors import OptionError
from pellucid.examples import Examples
from pellucid.more_options import MORE, MoreOptions
from pellucid.network import Network
from pellucid.training import EpochEnd, Event, TrainingOptions, train

__all__ = [*core.__all__, "L_layer_model", "nn_model", "two_layer_model"]  # noqa: PLE0604


def described(
    layer_dims: Sequence[int], network: Mapping[str, Any], training: Mapping[str, Any], more: MoreOptions
) -> tuple[Network, TrainingOptions]:
    """The values that arguments of many names stand for.

    Args:
        layer_dims: units per layer, inputs first.
        network: arguments of `Network`.
        training: arguments of `TrainingOptions`.
        more: arguments of either.

    Raises:
        OptionError: a name that neither has, or a value that cannot be.
    """
    unknown = [name for name in more if name not in MORE]
    if unknown:
        raise OptionError(f"unknown option {unknown[0]!r:.80}; expected some of {', '.join(MORE)}")
    of_network = {name: value for name, value in more.items() if MORE[name].owner is Network}
    of_training: dict[str, Any] = {name: value for name, value in more.items() if name not in of_network}
    arguments: dict[str, Any] = {**network, **of_network}
    return Network(check_layer_dims(layer_dims), **arguments), TrainingOptions(**training, **of_training)


def two_layer_model(
    X: Array,
    Y: Array,
    layers_dims: Sequence[int],
    learning_rate: float = 0.0075,
    num_iterations: int = 3000,
    print_cost: bool = False,
    *,
    initialization: str | float = "small",
    rng: RandomSource = 1,
    cost_every: int = 100,
    return_costs: bool = False,
    plot_cost: str | PathLike[str] | None = None,
    engine: str = "auto",
) -> Any:
    """Train LINEAR -> RELU -> LINEAR -> SIGMOID by gradient descent on all examples.

    Args:
        X: inputs, (n_x, m).
        Y: true labels, (n_y, m), 0 or 1.
        layers_dims: (n_x, n_h, n_y).
        learning_rate: the length of a step.
        num_iterations: how many steps.
        print_cost: print "Cost after iteration N: ..." every `cost_every` iterations.
        initialization: how the weights start, see `initialize_parameters_deep`.
        rng: None, an int, a Generator or a RandomState; 1 is the course's.
        cost_every: how often the cost is printed and recorded.
        return_costs: return `(parameters, costs)`, the cost at every `cost_every`-th iteration.
        plot_cost: a file to draw the cost curve into (.png, .svg or .pdf).
        engine: which engine trains, by name.

    Returns:
        The trained parameters, `{"W1", "b1", "W2", "b2"}`. Ctrl-C ends early with those so far.

    Raises:
        OptionError: `layers_dims` has not three sizes, or an option that does not exist.
        ShapeError, NonFiniteError, LabelError, DivergenceError: as `pellucid.training.fit`.
    """
    dims = check_layer_dims(layers_dims)
    if len(dims) != 3:
        raise OptionError(
            f"layers_dims is {list(dims)}; expected the three sizes (n_x, n_h, n_y): "
            "L_layer_model trains any number of layers"
        )
    options = TrainingOptions(
        num_iterations, learning_rate, initialization=initialization, rng=rng, engine=engine
    )
    network = Network(dims)
    return _trained(network, X, Y, options, print_cost, cost_every, return_costs, plot_cost)


def L_layer_model(
    X: Array,
    Y: Array,
    layers_dims: Sequence[int],
    learning_rate: float = 0.0075,
    num_iterations: int = 3000,
    print_cost: bool = False,
    *,
    hidden_activation: str | Sequence[str] = "relu",
    output_activation: str = "sigmoid",
    initialization: str | float = "xavier",
    rng: RandomSource = 1,
    cost_every: int = 100,
    return_costs: bool = False,
    plot_cost: str | PathLike[str] | None = None,
    engine: str = "auto",
    **more: Unpack[MoreOptions],
) -> Any:
    """Train [LINEAR -> RELU] x (L-1) -> LINEAR -> SIGMOID by gradient descent on all examples.

    Args:
        X: inputs, (n_x, m).
        Y: true labels, (n_y, m), 0 or 1.
        layers_dims: units per layer, inputs first: [n_x, n_1, ..., n_y].
        learning_rate: the length of a step.
        num_iterations: how many steps.
        print_cost: print "Cost after iteration N: ..." every `cost_every` iterations.
        hidden_activation: the activation of the hidden layers, by name; or a sequence, one for each.
        output_activation: "sigmoid"; "softmax" for several classes (Y one-hot); "identity" for numbers, or
            "exp" for counts.
        initialization: how the weights start, see `initialize_parameters_deep`.
        rng: None, an int, a Generator or a RandomState; 1 is the course's.
        cost_every: how often the cost is printed and recorded.
        return_costs: return `(parameters, costs)`, the cost at every `cost_every`-th iteration.
        plot_cost: a file to draw the cost curve into (.png, .svg or .pdf).
        engine: which engine trains, by name.
        **more: optimizers, schedules, penalties, dropout and more: see `MoreOptions`.

    Returns:
        The trained parameters, `{"W1", "b1", ..., "WL", "bL"}`. Ctrl-C ends early with those so far.

    Raises:
        OptionError: an option that does not exist.
        ShapeError, NonFiniteError, LabelError, DivergenceError: as `pellucid.training.fit`.
    """
    network, options = described(
        layers_dims,
        {"hidden_activation": hidden_activation, "output_activation": output_activation},
        {
            "epochs": num_iterations,
            "learning_rate": learning_rate,
            "initialization": initialization,
            "rng": rng,
            "engine": engine,
        },
        more,
    )
    return _trained(network, X, Y, options, print_cost, cost_every, return_costs, plot_cost)


def nn_model(
    X: Array,
    Y: Array,
    n_h: int,
    num_iterations: int = 10000,
    print_cost: bool = False,
    *,
    learning_rate: float = 1.2,
    rng: RandomSource = 3,
    cost_every: int = 1000,
    return_costs: bool = False,
    plot_cost: str | PathLike[str] | None = None,
    engine: str = "auto",
) -> Any:
    """Train the network with one hidden layer, LINEAR -> TANH -> LINEAR -> SIGMOID.

    Its steps one by one are `pellucid.core.shallow`.

    Args:
        X: inputs, (n_x, m).
        Y: true labels, (n_y, m), 0 or 1.
        n_h: units of the hidden layer.
        num_iterations: how many steps.
        print_cost: print "Cost after iteration N: ..." every `cost_every` iterations.
        learning_rate: the length of a step; 1.2 is the course's for the planar data.
        rng: None, an int, a Generator or a RandomState; 3 is the course's.
        cost_every: how often the cost is printed and recorded.
        return_costs: return `(parameters, costs)`, the cost at every `cost_every`-th iteration.
        plot_cost: a file to draw the cost curve into (.png, .svg or .pdf).
        engine: which engine trains, by name.

    Returns:
        The trained parameters, `{"W1", "b1", "W2", "b2"}`. Ctrl-C ends early with those so far.

    Raises:
        OptionError: an option that does not exist.
        ShapeError, NonFiniteError, LabelError, DivergenceError: as `pellucid.training.fit`.
    """
    options = TrainingOptions(num_iterations, learning_rate, initialization="small", rng=rng, engine=engine)
    namespace(X=X, Y=Y)
    check_same_columns(X, Y)
    network = Network((int(X.shape[0]), n_h, int(Y.shape[0])), hidden_activation="tanh")
    return _trained(network, X, Y, options, print_cost, cost_every, return_costs, plot_cost)


def _trained(
    network: Network,
    X: Array,
    Y: Array,
    options: TrainingOptions,
    print_cost: bool,
    cost_every: int,
    return_costs: bool,
    plot_cost: str | PathLike[str] | None,
) -> Any:
    if isinstance(cost_every, bool) or not isinstance(cost_every, (int, np.integer)) or cost_every < 1:
        raise OptionError(f"cost_every is {cost_every!r}; expected an integer of at least 1")

    if plot_cost is not None:
        # Before the work, not after it: what cannot be drawn must not cost a training.
        plots.check_target(plot_cost)

    def show(event: Event) -> None:
        if isinstance(event, EpochEnd) and event.epoch % cost_every == 0:
            print(f"Cost after iteration {event.epoch}: {event.cost}")  # noqa: T201 - the course prints

    # The print needs no parameters: the engine may run ahead of it.
    end = train(network, Examples(X, Y), options, listeners=[show] if print_cost else [], every="auto")
    if plot_cost is not None and end.history.costs:
        plots.save_figure(plots.cost_curve(end.history.costs), plot_cost)
    if return_costs:
        return end.parameters, list(end.history.costs[::cost_every])
    return end.parameters
