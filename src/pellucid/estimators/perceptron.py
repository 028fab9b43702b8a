"""The base class of both estimators: scikit-learn's parameters and attributes around our networks."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d

from pellucid.core.model import L_model_forward
from pellucid.engines import engine_for
from pellucid.estimators import conversion
from pellucid.estimators.examples import EncodedRows, dense_parts, examples_of
from pellucid.estimators.fitting import fit_examples
from pellucid.estimators.rows import checked_examples, checked_rows
from pellucid.estimators.settings import (
    STOCHASTIC_SOLVERS,
    check_settings,
    forward_network_of,
    hidden_sizes,
)
from pellucid.estimators.start import parameters_of
from pellucid.examples import Examples
from pellucid.training.feed import outputs

if TYPE_CHECKING:
    from pellucid.model import Model

Floats = np.ndarray[Any, Any]


def keep(estimator: Any, parameters: dict[str, Any]) -> None:
    """Store every parameter of a constructor under its name, unchanged, as scikit-learn requires."""
    for name, value in parameters.items():
        if name not in ("self", "__class__"):
            setattr(estimator, name, value)


def is_stochastic(estimator: Any) -> bool:
    """Whether the solver works on mini-batches.

    Raises:
        AttributeError: it does not, so there is no `partial_fit`.
    """
    if estimator.solver not in STOCHASTIC_SOLVERS:
        raise AttributeError(
            "partial_fit is only available for stochastic optimizers. "
            f"{estimator.solver} is not stochastic."
        )
    return True


class Perceptron(BaseEstimator):  # type: ignore[misc]
    """Fitting and predicting. The parameters are those of `MLPClassifier`."""

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        resume: Any = None,
    ) -> Self:
        """Train on rows.

        Args:
            X: (m, n), dense or sparse; with `encode` any table.
            y: (m,) or (m, n_outputs).
            sample_weight: (m,), how much each row counts; None: all the same.
            X_val: validation rows, with the columns of X. Their loss and score are recorded after every
                epoch, and used by `early_stopping` and `restore_best`.
            y_val: their targets.
            resume: a folder for this fit, in which a checkpoint is written every five minutes. If there is
                one already, the fit goes on from it, to the same bits as if it had not been ended: after a
                crash the same call does the rest. For solver sgd and adam, and a random_state that is an
                integer.

        Returns:
            The estimator itself.

        Raises:
            ValueError: the rows, targets or parameters are invalid (`OptionError` for parameters), or the
                loss became NaN or infinite (`FitDivergedError`).
        """
        return self._fit(X, y, sample_weight, X_val, y_val, incremental=False, resume=resume)

    @available_if(is_stochastic)  # type: ignore[untyped-decorator]
    def partial_fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None
    ) -> Self:
        """One pass over these rows, from the state in which the last pass ended. Arguments as for `fit`.

        With `early_stopping` every call needs a validation set. When its score (or loss, see `monitor`) has
        not improved for more than `n_iter_no_change` calls, the best weights are restored, `stopped_`
        becomes True, and further calls change nothing.
        """
        return self._fit(X, y, sample_weight, X_val, y_val, incremental=True)

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        X_val: Any,
        y_val: Any,
        *,
        incremental: bool,
        resume: Any = None,
    ) -> Self:
        check_settings(self)
        hidden_sizes(self)
        if incremental and getattr(self, "stopped_", False):
            return self
        if incremental and self.early_stopping and X_val is None:
            raise ValueError(
                "partial_fit does not support early_stopping=True without a validation set: expected X_val "
                "and y_val with every call"
            )
        if self.restore_best and X_val is None and not self.early_stopping:
            raise ValueError(
                "restore_best=True needs a validation set; expected X_val and y_val, or early_stopping=True"
            )
        first = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        examples = self._examples(X, y, sample_weight, first=first, incremental=incremental)
        held_out = self._held_out(X_val, y_val)
        fit_examples(self, examples, held_out=held_out, first=first, incremental=incremental, resume=resume)
        return self

    def _examples(self, X: Any, y: Any, sample_weight: Any, *, first: bool, incremental: bool) -> Examples:
        """Rows, targets and weights, checked."""
        X, y = self._checked(X, y, reset=first)
        self._set_classes(y, incremental=incremental)
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=X.dtype)
        return examples_of(X, self._targets(y), self._weighted(weights, y, stream=incremental))

    def _held_out(self, X_val: Any, y_val: Any) -> Examples | None:
        if X_val is None and y_val is None:
            return None
        if X_val is None or y_val is None:
            raise ValueError("only one of X_val and y_val is given; expected both, or neither")
        try:
            X_val, y_val = self._checked(X_val, y_val, reset=False)
            self._set_classes(y_val, incremental=True, more=False)
            return examples_of(X_val, self._targets(y_val))
        except ValueError as error:
            raise ValueError(f"X_val, y_val: {error}") from error

    def _checked(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        X, y = checked_examples(self, X, y, reset=reset, numeric=self._y_numeric)
        return X, column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y

    def _outputs(self, X: Any) -> Floats:
        """(m, n_y), in the type of number of the weights."""
        check_is_fitted(self)
        rows = checked_rows(self, X)
        parameters = parameters_of(self.coefs_, self.intercepts_)
        network = forward_network_of(self)
        predictor = engine_for(self.engine, network).predictor(network, parameters)
        if isinstance(rows, EncodedRows):
            return np.asarray(outputs(predictor, Examples(rows.table))).T
        return np.concatenate([predictor.outputs(part.T).T for part in dense_parts(rows)])

    def hidden_activations(self, X: Any) -> list[Floats]:
        """The activations of the hidden layers.

        Args:
            X: (m, n), dense or sparse; with `encode` any table.

        Returns:
            One array (m, units) for each hidden layer, the first layer first.
        """
        check_is_fitted(self)
        network, parameters = forward_network_of(self), parameters_of(self.coefs_, self.intercepts_)
        parts = []
        for rows in dense_parts(checked_rows(self, X)):
            columns = rows.astype(parameters["W1"].dtype, copy=False).T
            _, caches = L_model_forward(columns, parameters, **network.activations)
            # The cache of each layer begins with the activations of the layer before.
            parts.append([A_prev.T for (A_prev, _, _), _ in caches[1:]])
        return [np.ascontiguousarray(np.concatenate(layer)) for layer in zip(*parts, strict=True)]

    def to_model(self) -> "Model":
        """The fitted network as a `Model`: one file, no pickle, and no scikit-learn to load it.

        Raises:
            LabelError: a row may have several labels, which a `Model` does not support; or two classes have
                the same name as text.
        """
        check_is_fitted(self)
        return conversion.to_model(self)

    @classmethod
    def from_sklearn(cls, fitted: Any, **parameters: Any) -> Self:
        """An estimator with the weights and parameters of a fitted one of scikit-learn.

        Args:
            fitted: scikit-learn's estimator of the same name, fitted.
            **parameters: parameters to change: `warm_start=True`, `dropout=0.1`, ...

        Raises:
            OptionError: it is another estimator.
            sklearn.exceptions.NotFittedError: it has not been fitted.
        """
        estimator: Self = conversion.from_sklearn(cls, fitted, parameters)
        return estimator

    def to_sklearn(self) -> Any:
        """scikit-learn's own estimator with these weights.

        Raises:
            OptionError: scikit-learn does not have its activation or loss, or it encodes tables.
        """
        check_is_fitted(self)
        return conversion.to_sklearn(self)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        if self.encode:
            tags.input_tags.allow_nan = tags.input_tags.categorical = tags.input_tags.string = True
        return tags

    # The differences between classifier and regressor.

    _y_numeric = False

    def _set_classes(self, y: Any, *, incremental: bool, more: bool = True) -> None:
        """Store the classes of y, or check them against the stored ones; `more`: y belongs to X."""

    def _targets(self, y: Any) -> Floats:
        raise NotImplementedError

    def _output(self) -> str:
        """scikit-learn's name of the output activation."""
        raise NotImplementedError

    def _score(self, AL: Floats, examples: Examples) -> float:
        """scikit-learn's score of outputs (n_y, m)."""
        raise NotImplementedError

    def _stratifies(self) -> bool:
        return False

    def _weighted(self, weights: Floats | None, y: Any, *, stream: bool) -> Floats | None:  # noqa: ARG002
        return weights
