"""One call of fit or partial_fit, from rows that were found in order to coefs_ and intercepts_."""

from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state

from pellucid.engines import engine_named
from pellucid.errors import DivergenceError, LabelError, OptionError
from pellucid.estimators.lbfgs import minimise
from pellucid.estimators.settings import (
    STOCHASTIC_SOLVERS,
    network_of,
    steps_of,
    threads_of,
    usual_activation,
)
from pellucid.estimators.start import Floats, coefs_of, first_coefs, parameters_of
from pellucid.estimators.stochastic import Epochs, Moving, called_back, diverged, tell_the_end
from pellucid.estimators.telling import Telling, warn
from pellucid.estimators.trainee import Examples, Trainee
from pellucid.estimators.watch import Validation, Watch
from pellucid.network import Network

_NON_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
    "preprocessed."
)


def fit_examples(
    estimator: Any, examples: Examples, held_out: Examples | None, *, first: bool, incremental: bool
) -> None:
    """Train.

    Args:
        estimator: whose parameters are followed and whose attributes are written.
        examples: all rows, and which of them are trained on.
        held_out: validation rows; None: none but those that early stopping splits off.
        first: start from fresh weights.
        incremental: one epoch, and the optimizer goes on from the last.

    Raises:
        FitDivergedError: training left the finite numbers.
        ValueError: the rows are too few to split.
    """
    estimator.n_outputs_ = examples.Y.shape[1]
    estimator._random_state = check_random_state(estimator.random_state)
    if first:
        _initialize(estimator, examples)
    network = network_of(estimator, examples.X.shape[1])
    _check_shapes(estimator, network, held_out)
    stochastic = estimator.solver in STOCHASTIC_SOLVERS
    if stochastic and estimator.early_stopping and held_out is None:
        examples, held_out = _split(estimator, examples)
    validation = None
    if held_out is not None:
        _begin_validation(estimator)
        score = estimator._score_of(network)
        engine = engine_named(estimator.engine)
        validation = Validation(network, engine, held_out, threads_of(estimator), score)
    if stochastic:
        _fit_stochastic(estimator, network, examples, Watch(estimator, validation), incremental)
    else:
        _fit_lbfgs(estimator, network, examples, validation)
    if not all(np.isfinite(part).all() for part in (*estimator.coefs_, *estimator.intercepts_)):
        raise ValueError(_NON_FINITE)


def _check_shapes(estimator: Any, network: Network, held_out: Examples | None) -> None:
    """A warm start, a stream and a validation set go on with the network that there is."""
    before = [coef.shape for coef in map(np.asarray, estimator.coefs_)]
    now = [*pairwise(network.layer_dims)]
    if before != now:
        was = [before[0][0], *(shape[1] for shape in before)]
        what = "hidden_layer_sizes"
        if before[-1][1] != network.n_y:
            what = f"y has {network.n_y} outputs, or hidden_layer_sizes"
        raise OptionError(
            f"{what} changed: the weights so far are of the layers {was}, and {[*network.layer_dims]} are "
            "asked for; expected the same layers, or a fresh estimator"
        )
    if held_out is not None and held_out.Y.shape[1] != network.n_y:
        raise LabelError(
            f"X_val, y_val: y_val has {held_out.Y.shape[1]} columns; expected {network.n_y}, as y has"
        )


def _initialize(estimator: Any, examples: Examples) -> None:
    """Fresh weights, and the attributes of a training that has not begun."""
    estimator.n_iter_ = estimator.t_ = 0
    estimator.out_activation_ = estimator._output()
    network = network_of(estimator, examples.X.shape[1])
    estimator.n_layers_ = len(network.layer_dims)
    stream = estimator._random_state
    usual = usual_activation(estimator, network)
    estimator.coefs_, estimator.intercepts_ = first_coefs(
        network, estimator.init, stream, examples.dtype, usual
    )
    estimator._best_coefs = [coef.copy() for coef in estimator.coefs_]
    estimator._best_intercepts = [intercept.copy() for intercept in estimator.intercepts_]
    estimator.stopped_ = False
    estimator.validation_loss_curve_ = estimator.validation_scores_ = None
    if estimator.solver in STOCHASTIC_SOLVERS:
        estimator.loss_curve_ = []
        estimator._no_improvement_count = 0
        estimator.best_loss_ = None if estimator.early_stopping else np.inf
        estimator.best_validation_score_ = -np.inf if estimator.early_stopping else None


def _begin_validation(estimator: Any) -> None:
    if getattr(estimator, "validation_scores_", None) is None:
        estimator.validation_scores_, estimator.validation_loss_curve_ = [], []
        estimator._best_loss = np.inf
    if estimator.early_stopping and getattr(estimator, "best_validation_score_", None) is None:
        estimator.best_validation_score_ = -np.inf


def _split(estimator: Any, examples: Examples) -> tuple[Examples, Examples]:
    """A share of the rows to validate on, drawn as scikit-learn draws it."""
    order = examples.order
    stratify = examples.Y[order] if estimator._stratifies() else None
    rows, others = train_test_split(
        order,
        random_state=estimator._random_state,
        test_size=estimator.validation_fraction,
        stratify=stratify,
    )
    if len(others) < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
        )
    weights = None if examples.weights is None else examples.weights[others]
    held_out = Examples(examples.X[others], examples.Y[others], weights)
    return Examples(examples.X, examples.Y, examples.weights, rows), held_out


def _trainee(estimator: Any, network: Network, examples: Examples, memory: Any = None) -> Trainee:
    # Only dropout draws: scikit-learn's shuffles follow the weights in the stream.
    drops = any(network.dropout_rates)
    steps = steps_of(estimator, int(estimator._random_state.randint(2**31 - 1)) if drops else 0)
    parameters = parameters_of(estimator.coefs_, estimator.intercepts_, examples.dtype)
    return Trainee(engine_named(estimator.engine), network, examples, steps, parameters, memory)


def _fit_lbfgs(estimator: Any, network: Network, examples: Examples, validation: Validation | None) -> None:
    if examples.rows is not None:
        examples = examples.part(examples.rows)

    watch = Watch(estimator, validation)
    telling = Telling(estimator, estimator.max_iter)

    def after(done: int, loss: float, parameters: dict[str, Floats]) -> bool:
        if validation is not None:
            watch.measure(parameters)
        score = estimator.validation_scores_[-1] if validation is not None else None
        telling.epoch(done, loss, score)
        return called_back(estimator, done - 1, done, loss, lambda: dict(parameters))

    try:
        found = minimise(estimator, _trainee(estimator, network, examples), after)
    finally:
        telling.close()
    estimator.coefs_, estimator.intercepts_ = coefs_of(found)
    if watch.keeps_best:
        estimator.coefs_, estimator.intercepts_ = estimator._best_coefs, estimator._best_intercepts


def _fit_stochastic(
    estimator: Any, network: Network, examples: Examples, watch: Watch, incremental: bool
) -> None:
    keeps = steps_of(estimator, 0).optimizer.keeps
    moving = getattr(estimator, "_optimizer", None)
    if not incremental or moving is None:
        estimator._optimizer = Moving(float(estimator.learning_rate_init))
    elif moving.memory is not None and tuple(moving.memory.kept) != keeps:
        raise OptionError(
            f"solver is {estimator.solver!r}, and another one's velocities go on from call to call; "
            "expected the solver that the stream began with, or a fresh estimator"
        )
    trainee = _trainee(estimator, network, examples, estimator._optimizer.memory)
    limit = 1 if incremental else estimator.max_iter
    telling = Telling(estimator, limit)
    estimator.n_iter_ = 0
    try:
        reason = Epochs(estimator, trainee, watch, telling, limit).run()
    except DivergenceError as error:
        estimator.coefs_, estimator.intercepts_ = coefs_of(error.parameters)
        if not estimator.early_stopping:
            raise diverged(error, estimator) from error
        watch.lost()
        warn(f"{diverged(error, estimator)}. The best weights so far are kept.")
        reason = "diverged"
    else:
        estimator.coefs_, estimator.intercepts_ = coefs_of(trainee.snapshot())
        estimator._optimizer.memory = trainee.remembered()
    finally:
        telling.close()
    # Without early stopping a stream goes on as long as rows come, as scikit-learn's does.
    estimator.stopped_ = incremental and estimator.early_stopping and reason in ("converged", "diverged")
    if watch.keeps_best and (not incremental or estimator.stopped_):
        estimator.coefs_, estimator.intercepts_ = estimator._best_coefs, estimator._best_intercepts
    tell_the_end(estimator, reason, incremental=incremental)
