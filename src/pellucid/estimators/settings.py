"""Checks of scikit-learn's parameters, and their conversion to our Network and TrainingOptions."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from pellucid.core._arrays import check_number
from pellucid.core.activations import HIDDEN_ACTIVATIONS
from pellucid.core.initialization import check_scheme
from pellucid.data.dataset import DTYPES
from pellucid.engines import default_threads, engine_for, processors
from pellucid.errors import OptionError
from pellucid.network import Network
from pellucid.optimizer import Optimizer
from pellucid.settings import declared_by
from pellucid.training import Schedule, TrainingOptions

STOCHASTIC_SOLVERS = ("sgd", "adam", "adamw", "rmsprop")
SOLVERS = ("lbfgs", *STOCHASTIC_SOLVERS)

# scikit-learn's schedules: they continue from fit to partial_fit, and two of them apply to sgd only.
LEARNING_RATES = ("constant", "invscaling", "adaptive")

# Our names of scikit-learn's output activations and losses.
OUTPUTS = {"logistic": "sigmoid", "softmax": "softmax", "identity": "identity", "exp": "exp"}
_COSTS = {"squared_error": "mean_squared_error", "absolute_error": "mean_absolute_error"}

# Parameters whose bounds are those of a field of ours.
FIELDS: dict[str, tuple[type, str]] = {
    "alpha": (Network, "l2"),
    "l1": (Network, "l1"),
    "huber_delta": (Network, "huber_delta"),
    "input_dropout": (Network, "input_dropout"),
    "learning_rate_init": (TrainingOptions, "learning_rate"),
    "clip_norm": (TrainingOptions, "clip_norm"),
    "power_t": (Schedule, "power"),
    "tol": (Schedule, "tol"),
    "warmup_epochs": (Schedule, "warmup_epochs"),
    "momentum": (Optimizer, "beta1"),
    "beta_2": (Optimizer, "beta2"),
    "epsilon": (Optimizer, "epsilon"),
    "weight_decay": (Optimizer, "weight_decay"),
    "restore_best": (TrainingOptions, "restore_best"),
}

# Parameters whose range is scikit-learn's.
_NUMBERS: dict[str, dict[str, float]] = {
    "beta_1": {"least": 0.0, "below": 1.0},
    "validation_fraction": {"least": 0.0, "below": 1.0},
}


class _Alternative(NamedTuple):
    """The one value of a count that is not an integer, and its words in a message."""

    value: Any = 0
    words: str = ""


_COUNTS = {
    "max_iter": _Alternative(),
    "max_fun": _Alternative(),
    "n_threads": _Alternative(None, "None or "),
    "batch_size": _Alternative("auto", "'auto' or "),
    "n_iter_no_change": _Alternative(math.inf, "numpy.inf or "),
}
_FLAGS = ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping", "encode")


def check_settings(estimator: Any) -> None:
    """Check the parameters, before the data.

    Raises:
        OptionError: a parameter is invalid; the message gives its name, its value and the expected values.
    """
    _check_choice(estimator, "solver", SOLVERS)
    _check_choice(estimator, "monitor", ("score", "loss"))
    if estimator.dtype is not None:
        _check_choice(estimator, "dtype", DTYPES)
    _check_fields(estimator)
    for name, bounds in _NUMBERS.items():
        check_number(name, getattr(estimator, name), **bounds)
    if estimator.max_time is not None:
        check_number("max_time", estimator.max_time, above=0.0)
    for name, other in _COUNTS.items():
        value = getattr(estimator, name)
        # Not `value in (None, "auto", inf)`: the comparison of an array would be an array.
        if isinstance(value, (str, float, type(None))) and value == other.value:
            continue
        _check_count(name, value, other.words)
    for name in _FLAGS:
        value = getattr(estimator, name)
        if not isinstance(value, (bool, np.bool_)):
            raise OptionError(f"{name} is {value!r:.80}; expected True or False")
    if estimator.init != "auto":
        check_scheme(estimator.init)
    engine_for(estimator.engine)
    _check_callbacks(estimator.callbacks)
    schedule_of(estimator)
    _check_combinations(estimator)


def _check_fields(estimator: Any) -> None:
    for name, (owner, field) in FIELDS.items():
        value = getattr(estimator, name)
        if value is not None or name == "clip_norm":
            declared_by(owner)[field].checked(value, name)
        else:
            raise OptionError(f"{name} is None; expected {declared_by(owner)[field].expected}")


def _check_callbacks(callbacks: Any) -> None:
    if callbacks is not None and not (
        isinstance(callbacks, (list, tuple)) and all(callable(callback) for callback in callbacks)
    ):
        raise OptionError(f"callbacks is {callbacks!r:.80}; expected a list of functions, or None")


def _check_combinations(estimator: Any) -> None:
    if estimator.solver != "lbfgs":
        return
    refused = {
        "dropout": estimator.dropout,
        "input_dropout": estimator.input_dropout,
        "clip_norm": estimator.clip_norm,
    }
    for name, value in refused.items():
        if np.any(value):
            raise OptionError(
                f"{name} is {value!r:.80} and the solver is lbfgs, whose cost must not change between "
                f"steps; expected one of the solvers {', '.join(STOCHASTIC_SOLVERS)}"
            )
    # scikit-learn's own schedules are ignored by all solvers but sgd, so that a grid may combine them.
    if schedule_of(estimator) is not None:
        name = "warmup_epochs" if estimator.warmup_epochs else "learning_rate"
        raise OptionError(
            f"{name} is {getattr(estimator, name)!r:.80} and the solver is lbfgs, which finds the length "
            f"of its steps itself; expected one of the solvers {', '.join(STOCHASTIC_SOLVERS)}"
        )


def _check_choice(estimator: Any, name: str, known: Sequence[str]) -> None:
    value = getattr(estimator, name)
    if not isinstance(value, str) or value not in known:
        raise OptionError(f"{name} is {value!r:.80}; expected {' or '.join(map(repr, known))}")


def _check_count(name: str, value: Any, other: str = "") -> None:
    is_integer = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not is_integer or value < 1:
        raise OptionError(f"{name} is {value!r:.80}; expected {other}an integer of at least 1")


def hidden_sizes(estimator: Any) -> list[int]:
    """The units of each hidden layer.

    Raises:
        OptionError: a size is not an integer of at least 1.
    """
    sizes = estimator.hidden_layer_sizes
    sizes = list(sizes) if hasattr(sizes, "__iter__") and not isinstance(sizes, str) else [sizes]
    for size in sizes:
        is_integer = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
        if not is_integer or size < 1:
            # The first words are scikit-learn's.
            raise OptionError(
                f"hidden_layer_sizes must be > 0, got {str(sizes)[:200]}; expected integers of at least 1"
            )
    return [int(size) for size in sizes]


def hidden_activations(estimator: Any, depth: int) -> tuple[str, ...]:
    """Our name of the activation of each of `depth` hidden layers.

    Raises:
        OptionError: a name is unknown, or there is not one for each layer.
    """
    activation = estimator.activation
    names = [activation] * depth if isinstance(activation, str) else activation
    if not hasattr(names, "__iter__") or len(names) != depth:
        raise OptionError(
            f"activation is {activation!r:.80}; expected one name, or one for each of the {depth} hidden "
            "layers"
        )
    known = ["logistic", *HIDDEN_ACTIVATIONS]
    for name in [activation] if isinstance(activation, str) else names:
        if name not in known:
            raise OptionError(f"activation is {name!r:.80}; expected one of {', '.join(known)}")
    return tuple("sigmoid" if name == "logistic" else name for name in names)


def network_of(estimator: Any, n_inputs: int) -> Network:
    """The network that the estimator's parameters, outputs and loss describe.

    Args:
        estimator: with `n_outputs_` and `out_activation_` set.
        n_inputs: the number of inputs of an example.

    Raises:
        OptionError: the parameters do not describe a network.
    """
    hidden = hidden_sizes(estimator)
    output = OUTPUTS[estimator.out_activation_]
    loss, smoothing = estimator.loss, getattr(estimator, "label_smoothing", 0.0)
    return Network(
        (n_inputs, *hidden, estimator.n_outputs_),
        hidden_activation=hidden_activations(estimator, len(hidden)),
        output_activation=output,
        # An empty cost is the cross-entropy of the output activation.
        cost="" if loss == "log_loss" else _COSTS.get(loss, loss),
        label_smoothing=smoothing,
        huber_delta=estimator.huber_delta,
        l2=float(estimator.alpha),
        l1=float(estimator.l1),
        dropout=_rates(estimator.dropout),
        input_dropout=estimator.input_dropout,
    )


def forward_network_of(estimator: Any) -> Network:
    """The network of the fitted weights, for forward propagation only: cost and penalties do not matter."""
    dims = (len(estimator.coefs_[0]), *(np.shape(coef)[1] for coef in estimator.coefs_))
    return Network(
        dims,
        hidden_activation=hidden_activations(estimator, len(dims) - 2),
        output_activation=OUTPUTS[estimator.out_activation_],
    )


def _rates(dropout: Any) -> Any:
    return tuple(dropout) if hasattr(dropout, "__iter__") and not isinstance(dropout, str) else dropout


def options_of(estimator: Any, epochs: int, batch_size: int, dropout_seed: int) -> TrainingOptions:
    """The estimator's training options.

    Args:
        estimator: with its parameters.
        epochs: the most epochs; some schedules depend on it.
        batch_size: rows in a step.
        dropout_seed: the key of the dropout masks.
    """
    clip = estimator.clip_norm
    return TrainingOptions(
        epochs=int(epochs),
        learning_rate=float(estimator.learning_rate_init),
        batch_size=batch_size,
        engine=estimator.engine,
        optimizer=_optimizer_of(estimator),
        schedule=schedule_of(estimator) or _sgd_schedule(estimator),
        clip_norm=None if clip is None else float(clip),
        dropout_seed=dropout_seed,
        threads=threads_of(estimator),
        shortcut="never",
    )


def threads_of(estimator: Any) -> int:
    """The most threads that the engine may use."""
    return default_threads() if estimator.n_threads is None else min(int(estimator.n_threads), processors())


def _sgd_schedule(estimator: Any) -> Schedule:
    """scikit-learn's own schedules of the learning rate, which apply to sgd only."""
    if estimator.solver == "sgd" and estimator.learning_rate == "invscaling":
        return Schedule("inverse_scaling", power=float(estimator.power_t))
    if estimator.solver == "sgd" and estimator.learning_rate == "adaptive":
        return Schedule("adaptive")
    return Schedule()


def _optimizer_of(estimator: Any) -> Optimizer:
    betas = (float(estimator.beta_1), float(estimator.beta_2), float(estimator.epsilon))
    if estimator.solver == "adam":
        return Optimizer("adam", *betas, epsilon_hat=True)
    if estimator.solver == "adamw":
        return Optimizer("adamw", *betas, float(estimator.weight_decay), epsilon_hat=True)
    if estimator.solver == "rmsprop":
        return Optimizer("rmsprop", *betas)
    if estimator.solver == "lbfgs" or estimator.momentum == 0:
        return Optimizer()
    return Optimizer(
        "nesterov" if estimator.nesterovs_momentum else "heavy_ball", float(estimator.momentum)
    )


def usual_activation(estimator: Any, network: Network) -> str:
    """Our name of the activation that the output layer's weights are drawn for."""
    activation = estimator.activation
    if isinstance(activation, str):
        return "sigmoid" if activation == "logistic" else activation
    return network.hidden_activations[-1] if network.hidden_activations else "relu"


def schedule_of(estimator: Any) -> Schedule | None:
    """The schedule, if it is ours; None if it is one of scikit-learn's.

    Raises:
        OptionError: `learning_rate` is neither, or has no warm-up.
    """
    rate = estimator.learning_rate
    warmup = float(estimator.warmup_epochs)
    if isinstance(rate, str) and rate in LEARNING_RATES:
        if not warmup:
            return None
        if rate != "constant":
            raise OptionError(
                f"warmup_epochs is {warmup:g} and learning_rate is {rate!r}, which has no warm-up; "
                "expected learning_rate='constant' or a Schedule"
            )
    schedule = Schedule.named(rate)
    if schedule.needs_epoch_end:
        raise OptionError(
            "learning_rate is an adaptive Schedule; expected 'adaptive', which is scikit-learn's"
        )
    return schedule.warmed_up(warmup) if warmup else schedule
