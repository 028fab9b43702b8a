"""One call of fit or partial_fit: from examples to coefs_ and intercepts_."""

from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state

from pellucid.errors import LabelError, OptionError
from pellucid.estimators.lbfgs import fit_lbfgs
from pellucid.estimators.settings import STOCHASTIC_SOLVERS, network_of, usual_activation
from pellucid.estimators.start import first_coefs
from pellucid.estimators.stochastic import fit_stochastic
from pellucid.examples import Examples, Integers
from pellucid.network import Network

_NON_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
    "preprocessed."
)


def fit_examples(
    estimator: Any,
    examples: Examples,
    columns: Integers | None = None,
    held_out: Examples | None = None,
    *,
    first: bool,
    incremental: bool,
    resume: Any = None,
) -> None:
    """Train.

    Args:
        estimator: with its parameters; its fitted attributes are written.
        examples: all rows, as columns.
        columns: the examples that are trained on, in their first order; None: all.
        held_out: validation examples; None: early stopping splits some off, otherwise there are none.
        first: start from fresh weights.
        incremental: one epoch, from the state of the last call.
        resume: folder of checkpoints; None: none are written.

    Raises:
        FitDivergedError: the loss became NaN or infinite.
        ValueError: there are too few rows to split.
    """
    estimator.n_outputs_ = examples.Y.shape[0]  # type: ignore[union-attr] # examples of a fit have targets
    estimator._random_state = check_random_state(estimator.random_state)
    if first:
        _initialize(estimator, examples)
    network = network_of(estimator, examples.n_x)
    _check_shapes(estimator, network, held_out)
    columns = np.arange(examples.m) if columns is None else columns
    stochastic = estimator.solver in STOCHASTIC_SOLVERS
    if resume is not None:
        _check_resumable(estimator, first=first)
    if stochastic and estimator.early_stopping and held_out is None:
        columns, held_out = _split(estimator, examples, columns)
    if held_out is not None:
        _begin_validation(estimator)
    if stochastic:
        fit_stochastic(
            estimator, network, examples, columns, held_out, incremental=incremental, resume=resume
        )
    else:
        fit_lbfgs(estimator, network, examples, columns, held_out)
    if not all(np.isfinite(part).all() for part in (*estimator.coefs_, *estimator.intercepts_)):
        raise ValueError(_NON_FINITE)


def _check_resumable(estimator: Any, *, first: bool) -> None:
    """Refuse to write checkpoints of a fit that could not be repeated from its beginning."""
    seed = estimator.random_state
    if estimator.solver not in STOCHASTIC_SOLVERS:
        raise OptionError(f"resume is given, and solver is {estimator.solver}; expected sgd or adam")
    if not isinstance(seed, (int, np.integer)):
        raise OptionError(
            f"resume is given, and random_state is {seed!r:.60}; expected an integer: the order of rows "
            "has to be the same again"
        )
    if not first:
        raise OptionError(
            "resume is given to a warm start; expected warm_start=False, or a fresh estimator"
        )


def _check_shapes(estimator: Any, network: Network, held_out: Examples | None) -> None:
    """Check that a warm start, a stream and a validation set fit the existing network."""
    before = [coef.shape for coef in map(np.asarray, estimator.coefs_)]
    now = [*pairwise(network.layer_dims)]
    if before != now:
        was = [before[0][0], *(shape[1] for shape in before)]
        changed = "hidden_layer_sizes"
        if before[-1][1] != network.n_y:
            changed = "the number of outputs in y, or hidden_layer_sizes,"
        raise OptionError(
            f"{changed} changed: the weights have the layers {was}, and now they would be "
            f"{[*network.layer_dims]}; expected the same layers, or a fresh estimator"
        )
    if held_out is not None and held_out.Y.shape[0] != network.n_y:  # type: ignore[union-attr]
        raise LabelError(
            f"X_val, y_val: y_val has {held_out.Y.shape[0]} columns; "  # type: ignore[union-attr]
            f"expected {network.n_y}, as y has"
        )


def _initialize(estimator: Any, examples: Examples) -> None:
    """Set fresh weights, and the attributes of a training that has not begun."""
    estimator.n_iter_ = estimator.t_ = 0
    estimator.out_activation_ = estimator._output()
    network = network_of(estimator, examples.n_x)
    estimator.n_layers_ = len(network.layer_dims)
    stream, usual = estimator._random_state, usual_activation(estimator, network)
    estimator.coefs_, estimator.intercepts_ = first_coefs(
        network, estimator.init, stream, examples.X.dtype, usual
    )
    estimator._best_coefs = [coef.copy() for coef in estimator.coefs_]
    estimator._best_intercepts = [intercept.copy() for intercept in estimator.intercepts_]
    estimator.stopped_ = False
    estimator._run_state = None
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


def _split(estimator: Any, examples: Examples, columns: Integers) -> tuple[Integers, Examples]:
    """The examples to train on and those to validate on, drawn as scikit-learn draws them."""
    stratify = examples.Y[:, columns].T if estimator._stratifies() else None  # type: ignore[index]
    rest, others = train_test_split(
        columns,
        random_state=estimator._random_state,
        test_size=estimator.validation_fraction,
        stratify=stratify,
    )
    if len(others) < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
        )
    return rest, examples.take(others)
