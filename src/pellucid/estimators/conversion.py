"""Conversion of our estimators to a Model and to scikit-learn's estimators, and back."""

import copy
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from pellucid.data.recipe import Recipe
from pellucid.engines import engine_for
from pellucid.errors import LabelError, OptionError
from pellucid.estimators.settings import network_of
from pellucid.estimators.start import parameters_of
from pellucid.model import Model
from pellucid.training import History

# The attributes of a fitted estimator of scikit-learn.
_FITTED = (
    *("classes_", "loss_", "best_loss_", "loss_curve_", "validation_scores_", "best_validation_score_"),
    *("t_", "coefs_", "intercepts_", "n_features_in_", "feature_names_in_", "n_iter_", "n_layers_"),
    *("n_outputs_", "out_activation_", "_label_binarizer", "_no_improvement_count", "_random_state"),
    *("_best_coefs", "_best_intercepts"),
)
_ACTIVATIONS = ("identity", "logistic", "tanh", "relu")


def to_model(estimator: Any) -> Model:
    """See `Perceptron.to_model`."""
    network = network_of(estimator, estimator.coefs_[0].shape[0])
    dtype = np.float32 if estimator.coefs_[0].dtype == np.float32 else np.float64
    parameters = {
        name: np.array(value, dtype, order="C")
        for name, value in parameters_of(estimator.coefs_, estimator.intercepts_).items()
    }
    scale = getattr(estimator, "_target_scale", None)
    parameters = parameters if scale is None else scale.folded(parameters)
    losses = tuple(float(loss) for loss in getattr(estimator, "loss_curve_", ()))
    state = getattr(estimator, "_run_state", None)
    # If scikit-learn or lbfgs trained the network, only the number of epochs is known.
    steps = estimator.n_iter_ if state is None else state.training.step_count
    history = History(losses, steps, engine_for(estimator.engine, network).name)
    recipe = estimator.recipe_ if estimator.encode else Recipe("numbers", (network.n_x,))
    return Model(network, parameters, recipe, _class_names(estimator), history)


def _class_names(estimator: Any) -> tuple[str, ...]:
    if not hasattr(estimator, "classes_"):
        return ()
    if estimator.out_activation_ == "logistic" and estimator.n_outputs_ > 1:
        raise LabelError(
            "a row may have several labels, and a Model has one class for each example; expected one label "
            "for each row"
        )
    names = tuple(str(name) for name in estimator.classes_.tolist())
    if len(set(names)) != len(names):
        raise LabelError(
            f"the classes {names!s:.200} are not all different as text; expected distinct names"
        )
    return names


def from_sklearn(cls: Any, fitted: Any, parameters: dict[str, Any]) -> Any:
    """See `Perceptron.from_sklearn`."""
    import sklearn.neural_network

    theirs = getattr(sklearn.neural_network, cls.__name__)
    if not isinstance(fitted, theirs):
        raise OptionError(
            f"the estimator is of type {type(fitted).__name__}; expected scikit-learn's {cls.__name__}, "
            "fitted"
        )
    check_is_fitted(fitted)
    estimator = cls(**{**fitted.get_params(deep=False), **parameters})
    _move(fitted, estimator)
    estimator.stopped_, estimator._best_loss = False, np.inf
    scores = getattr(estimator, "validation_scores_", None)
    # scikit-learn does not record the loss.
    estimator.validation_loss_curve_ = None if scores is None else [np.nan] * len(scores)
    return estimator


def to_sklearn(estimator: Any) -> Any:
    """See `Perceptron.to_sklearn`."""
    import sklearn.neural_network

    theirs = getattr(sklearn.neural_network, type(estimator).__name__)
    _check_theirs(estimator)
    known = theirs().get_params(deep=False)
    ours = estimator.get_params(deep=False)
    parameters = {name: ours[name] for name in known}
    if estimator.solver not in ("sgd", "adam", "lbfgs"):
        parameters["solver"] = "adam"
    if parameters["learning_rate"] not in ("constant", "invscaling", "adaptive"):
        parameters["learning_rate"] = "constant"
    other = theirs(**parameters)
    _move(estimator, other)
    return other


def _check_theirs(estimator: Any) -> None:
    """Check that scikit-learn's estimator can predict with these weights."""
    if estimator.encode:
        raise OptionError(
            "the estimator encodes tables, and scikit-learn's takes numbers; expected encode=False, or "
            "to_model(), which keeps the recipe of the table"
        )
    if not isinstance(estimator.activation, str) or estimator.activation not in _ACTIVATIONS:
        raise OptionError(
            f"activation is {estimator.activation!r:.80}; scikit-learn has {', '.join(_ACTIVATIONS)}, one "
            "for all hidden layers"
        )
    if estimator.loss not in ("log_loss", "squared_error", "poisson") or (
        hasattr(estimator, "classes_") and estimator.loss != "log_loss"
    ):
        raise OptionError(f"loss is {estimator.loss!r}, which scikit-learn's estimator does not have")


def _move(fitted: Any, other: Any) -> None:
    """Copy the fitted attributes, because scikit-learn goes on training in place."""
    for name in _FITTED:
        if hasattr(fitted, name):
            setattr(other, name, copy.deepcopy(getattr(fitted, name)))
