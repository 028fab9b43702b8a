"""MLPClassifier: scikit-learn's classifier, with the options that its users asked for."""

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if

from pellucid.errors import OptionError
from pellucid.estimators import labels
from pellucid.estimators.perceptron import Floats, Perceptron, is_stochastic, keep
from pellucid.examples import Examples
from pellucid.metrics import accuracy

_LOSSES = ("log_loss", "squared_error", "absolute_error", "huber")


class MLPClassifier(ClassifierMixin, Perceptron):  # type: ignore[misc]
    """A multi-layer perceptron that predicts classes: scikit-learn's, trained many times faster.

    Every parameter up to `max_fun` has scikit-learn's name, default and meaning, and with the same
    `random_state` the model is the same up to rounding. scikit-learn does not have the other parameters;
    their defaults change nothing.

    Args:
        hidden_layer_sizes: units of each hidden layer; a number is one layer.
        activation: "relu", "tanh", "logistic", "identity", "leaky_relu", "elu", "gelu" or "silu": one for
            all hidden layers, or a sequence with one for each.
        solver: "adam", "sgd" or "lbfgs"; also "adamw" and "rmsprop".
        alpha: the L2 penalty: alpha / (2 m) times the sum of the squared weights is added to the loss.
        batch_size: rows in a step; "auto" is min(200, m).
        learning_rate: "constant"; for sgd "invscaling" and "adaptive"; for every stochastic solver a
            `Schedule` or its name: "cosine", "one_cycle", "step:every=20,factor=0.5", ...
        learning_rate_init: the learning rate, or the one that a schedule starts from.
        power_t: the exponent of "invscaling".
        max_iter: epochs; for lbfgs iterations.
        shuffle: whether every epoch takes the rows in another order.
        random_state: the seed or stream of the weights, the shuffles and the validation share.
        tol: the least improvement of a loss or score that counts.
        verbose: show every epoch: lines on standard output, or a progress bar in a terminal.
        warm_start: `fit` continues from the last weights.
        momentum: of sgd.
        nesterovs_momentum: whether it is Nesterov's.
        early_stopping: stop when the validation score no longer improves, and restore the best weights.
        validation_fraction: the share of the rows to validate on, if `fit` gets no X_val.
        beta_1: of adam, adamw.
        beta_2: of adam, adamw, rmsprop.
        epsilon: of adam, adamw, rmsprop.
        n_iter_no_change: the number of epochs in a row that may bring no improvement.
        max_fun: the most evaluations of the loss by lbfgs.
        loss: "log_loss"; for two classes and for several labels a row also "squared_error",
            "absolute_error" or "huber", of the probabilities (the squared error is halved: half the Brier
            score).
        class_weight: how much each class counts: a dict (a class without an entry counts 1) or "balanced".
        label_smoothing: the share of each label that is spread evenly over all classes.
        dropout: the share of hidden units that each step leaves out: one for all layers, or one for each.
        input_dropout: the same for the inputs.
        l1: the L1 penalty: l1 / m times the sum of the weights' absolute values is added to the loss.
        weight_decay: of adamw: the share of each weight that a step with a learning rate of 1 removes.
        clip_norm: the greatest norm of a gradient; a longer one is shortened to it.
        huber_delta: the error from which the Huber loss is linear.
        warmup_epochs: epochs in which the learning rate grows to its full value.
        init: the initial weights: "auto" draws scikit-learn's; or a scheme of
            `initialize_parameters_deep`, or the factor of randn.
        monitor: the criterion of early stopping: the validation "score" or "loss".
        restore_best: also without early stopping, end with the weights of the lowest validation loss.
        max_time: seconds after which no further epoch begins.
        callbacks: functions that are called with an `EpochEnd` after every epoch; if one returns True the
            training ends.
        encode: accept raw tables: categories are one-hot encoded, missing values imputed, numbers scaled;
            see `TableRecipe`.
        n_threads: the most threads; None: as many as make it faster.
        engine: the engine that trains: "auto", "native" or "reference".
        dtype: "float64" or "float32"; None is that of X.

    Attributes:
        classes_: (K,), in the order of the probabilities.
        coefs_: arrays (n_prev, n), one for each layer.
        intercepts_: arrays (n,).
        loss_: the last loss.
        loss_curve_: the loss of each epoch.
        best_loss_: the lowest loss; None with `early_stopping`.
        validation_loss_curve_: the loss of the validation rows after each epoch; None without such rows.
        validation_scores_: the score of the validation rows after each epoch; None without such rows.
        best_validation_score_: the score of the weights that `early_stopping` restored.
        stopped_: whether a stream of `partial_fit` has stopped early.
        n_iter_: epochs of the last fit.
        t_: rows trained on, over all epochs.
        n_layers_: layers, inputs and outputs included.
        n_outputs_: output units.
        out_activation_: "logistic" or "softmax".
        n_features_in_: columns of X.
        feature_names_in_: their names, if X has names.
    """

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: Any = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: Any = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: Any = 10,
        max_fun: int = 15000,
        loss: str = "log_loss",
        class_weight: Any = None,
        label_smoothing: float = 0.0,
        dropout: Any = 0.0,
        input_dropout: float = 0.0,
        l1: float = 0.0,
        weight_decay: float = 0.01,
        clip_norm: float | None = None,
        huber_delta: float = 1.0,
        warmup_epochs: float = 0.0,
        init: Any = "auto",
        monitor: str = "score",
        restore_best: bool = False,
        max_time: float | None = None,
        callbacks: Any = None,
        encode: bool = False,
        n_threads: int | None = None,
        engine: str = "auto",
        dtype: str | None = None,
    ) -> None:
        keep(self, locals())

    @available_if(is_stochastic)  # type: ignore[untyped-decorator]
    def partial_fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        classes: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
    ) -> Self:
        """One pass over these rows, from the state in which the last pass ended.

        With `early_stopping` every call needs a validation set. When its score (or loss, see `monitor`) has
        not improved for more than `n_iter_no_change` calls, the best weights are restored, `stopped_`
        becomes True, and further calls change nothing.

        Args:
            X: (m, n), dense or sparse.
            y: (m,) classes, or (m, K) of 0 and 1 if a row may have several labels.
            sample_weight: (m,), how much each row counts.
            classes: all classes of this and later calls; required in the first call, unless y has a column
                for each label.
            X_val: validation rows.
            y_val: their classes.

        Raises:
            ValueError: as for `fit`; also if the classes are missing or change.
        """
        if getattr(self, "classes_", None) is None:
            labels.begin_classes_of_stream(self, y, classes)
        else:
            labels.check_repeated_classes(self, classes)
        return self._fit(X, y, sample_weight, X_val, y_val, incremental=True)

    def predict(self, X: Any) -> Any:
        """The most probable class of each row; if a row may have several labels, (m, K) of 0 and 1.

        Args:
            X: (m, n), dense or sparse.
        """
        return self._classes_of(self._outputs(X))

    def predict_proba(self, X: Any) -> Floats:
        """(m, K) probabilities, in the order of `classes_`.

        Args:
            X: (m, n), dense or sparse.
        """
        outputs = self._outputs(X)
        return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs

    def predict_log_proba(self, X: Any) -> Floats:
        """The logarithms of `predict_proba`.

        Args:
            X: (m, n), dense or sparse.
        """
        probabilities = self.predict_proba(X)
        return np.asarray(np.log(probabilities, out=probabilities))

    def _classes_of(self, outputs: Floats) -> Any:
        return self._label_binarizer.inverse_transform(outputs.ravel() if self.n_outputs_ == 1 else outputs)

    def _set_classes(self, y: Any, *, incremental: bool, more: bool = True) -> None:
        if more and self.warm_start and hasattr(self, "classes_"):
            labels.check_same_classes(self, y)
        elif incremental:
            labels.check_known_classes(self, y)
        else:
            labels.begin_classes(self, y)
        labels.warn_of_one_hot(y)

    def _targets(self, y: Any) -> Floats:
        # One byte each: the engine converts them to its type of number.
        Y = self._label_binarizer.transform(y).astype(bool)
        return np.asarray(Y)

    def _output(self) -> str:
        output = "softmax" if self._label_binarizer.y_type_ == "multiclass" else "logistic"
        if self.loss not in _LOSSES:
            raise OptionError(f"loss is {self.loss!r:.80}; expected one of {', '.join(_LOSSES)}")
        if output == "softmax" and self.loss != "log_loss":
            raise OptionError(
                f"loss is {self.loss!r} and y has {len(self.classes_)} classes; expected 'log_loss', the "
                "only loss for more than two classes"
            )
        return output

    def _stratifies(self) -> bool:
        return bool(self.n_outputs_ == 1)

    def _score(self, AL: Floats, examples: Examples) -> float:
        Y, weights = np.asarray(examples.Y), None if examples.weights is None else examples.weights[0]
        if self.out_activation_ == "softmax":
            return accuracy(Y.argmax(axis=0), AL.argmax(axis=0), weights)
        return accuracy(Y > 0.5, AL > 0.5, weights)

    def _weighted(self, weights: Floats | None, y: Any, *, stream: bool) -> Floats | None:
        return labels.weighted(self, weights, y, stream=stream)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
