"""MLPClassifier: scikit-learn's, and what its users asked for."""

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
    """A multi-layer perceptron that tells classes apart: scikit-learn's, trained many times faster.

    Every parameter up to `max_fun` has scikit-learn's name, default and meaning, and with the same
    `random_state` the model is the same to rounding. The others add what scikit-learn does not have, and
    change nothing until they are used.

    Args:
        hidden_layer_sizes: units of each hidden layer; a number is one layer.
        activation: "relu", "tanh", "logistic", "identity", "leaky_relu", "elu", "gelu" or "silu": one for
            all hidden layers, or a sequence with one for each.
        solver: "adam", "sgd" or "lbfgs"; also "adamw" and "rmsprop".
        alpha: the L2 penalty: alpha / (2 m) times the sum of the squared weights joins the loss.
        batch_size: rows in a step; "auto" is min(200, m).
        learning_rate: "constant"; for sgd "invscaling" and "adaptive"; for every stochastic solver a
            `Schedule` or its name: "cosine", "one_cycle", "step:every=20,factor=0.5", ...
        learning_rate_init: the length of a step.
        power_t: the exponent of "invscaling".
        max_iter: epochs; for lbfgs iterations.
        shuffle: whether every epoch takes the rows in another order.
        random_state: what draws weights, shuffles and the validation share.
        tol: by how much a loss or score has to improve.
        verbose: show every epoch: lines on standard output, or a progress bar where a terminal shows it.
        warm_start: `fit` goes on from the last weights.
        momentum: of sgd.
        nesterovs_momentum: whether it is Nesterov's.
        early_stopping: stop when the validation score no longer improves, and restore the best weights.
        validation_fraction: the share of the rows to validate on, where `fit` gets no X_val.
        beta_1: of adam, adamw.
        beta_2: of adam, adamw, rmsprop.
        epsilon: of adam, adamw, rmsprop.
        n_iter_no_change: how many epochs in a row may bring no improvement.
        max_fun: how often lbfgs may compute the loss.
        loss: "log_loss"; for two classes and for several labels a row also "squared_error",
            "absolute_error" or "huber", of the probabilities (squares are halved: half of Brier's score).
        class_weight: how much each class counts: a dict (classes left out count 1) or "balanced".
        label_smoothing: the share of each label that is spread evenly over all classes.
        dropout: the share of hidden units that each step leaves out: one for all layers, or one for each.
        input_dropout: the same for the inputs.
        l1: the L1 penalty: l1 / m times the sum of the weights' sizes joins the loss.
        weight_decay: adamw's: the share of each weight that a step of rate 1 takes away.
        clip_norm: a gradient longer than this is shortened to it.
        huber_delta: where the Huber loss turns from a square into a line.
        warmup_epochs: during so many epochs the rate grows to what it is to be.
        init: how the weights start: "auto" is scikit-learn's way; or a scheme of
            `initialize_parameters_deep`, or the factor of randn.
        monitor: what early stopping looks at: the validation "score" or "loss".
        restore_best: without early stopping too, end with the weights of the lowest validation loss.
        max_time: seconds after which no further epoch begins.
        callbacks: functions that are called with an `EpochEnd` after every epoch; True from one of them
            ends the training.
        encode: take tables as they are: categories one-hot encoded, missing values imputed, numbers
            scaled; see `TableRecipe`.
        n_threads: how many threads may work; None: as many as pay.
        engine: which engine trains: "auto", "native" or "reference".
        dtype: "float64" or "float32"; None is that of X.

    Attributes:
        classes_: (K,), in the order of the probabilities.
        coefs_: arrays (n_prev, n), one for each layer.
        intercepts_: arrays (n,).
        loss_: the last loss.
        loss_curve_: the loss of each epoch.
        best_loss_: the lowest of them; None with `early_stopping`.
        validation_loss_curve_: the loss of the validation rows after each epoch; None without any.
        validation_scores_: their score.
        best_validation_score_: the score of the weights that `early_stopping` restored.
        stopped_: whether a stream of `partial_fit` has stopped early.
        n_iter_: epochs of the last fit.
        t_: rows seen.
        n_layers_: layers, inputs and outputs included.
        n_outputs_: output units.
        out_activation_: "logistic" or "softmax".
        n_features_in_: columns of X.
        feature_names_in_: their names, where they have any.
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
        """One pass over these rows, from where the last pass ended.

        With `early_stopping` a validation set has to come with every call. When its score (or loss, see
        `monitor`) has not improved for more than `n_iter_no_change` calls, the best weights are restored,
        `stopped_` becomes True, and further calls change nothing.

        Args:
            X: (m, n), dense or sparse.
            y: (m,) classes, or (m, K) of 0 and 1 where a row may have several labels.
            sample_weight: (m,), how much each row counts.
            classes: all classes there will be; asked for with the first call, unless y has a column for
                each label.
            X_val: rows that are not trained on.
            y_val: their classes.

        Raises:
            ValueError: as for `fit`, or classes that are missing or change.
        """
        if getattr(self, "classes_", None) is None:
            labels.begin_classes_of_stream(self, y, classes)
        else:
            labels.check_told_classes(self, classes)
        return self._fit(X, y, sample_weight, X_val, y_val, incremental=True)

    def predict(self, X: Any) -> Any:
        """The most probable class of each row; where a row may have several labels, (m, K) of 0 and 1.

        Args:
            X: (m, n), dense or sparse.
        """
        return self._named(self._outputs(X))

    def predict_proba(self, X: Any) -> Floats:
        """(m, K) probabilities, in the order of `classes_`.

        Args:
            X: (m, n), dense or sparse.
        """
        answers = self._outputs(X)
        return np.hstack([1 - answers, answers]) if answers.shape[1] == 1 else answers

    def predict_log_proba(self, X: Any) -> Floats:
        """The logarithms of `predict_proba`.

        Args:
            X: (m, n), dense or sparse.
        """
        probabilities = self.predict_proba(X)
        return np.asarray(np.log(probabilities, out=probabilities))

    def _named(self, answers: Floats) -> Any:
        return self._label_binarizer.inverse_transform(answers.ravel() if self.n_outputs_ == 1 else answers)

    def _know(self, y: Any, *, incremental: bool, more: bool = True) -> None:
        if more and self.warm_start and hasattr(self, "classes_"):
            labels.check_same_classes(self, y)
        elif incremental:
            labels.check_known_classes(self, y)
        else:
            labels.begin_classes(self, y)

    def _targets(self, y: Any) -> Floats:
        # Of one byte each: the engine makes the numbers it needs.
        Y = self._label_binarizer.transform(y).astype(bool)
        return np.asarray(Y)

    def _output(self) -> str:
        output = "softmax" if self._label_binarizer.y_type_ == "multiclass" else "logistic"
        if self.loss not in _LOSSES:
            raise OptionError(f"loss is {self.loss!r:.80}; expected one of {', '.join(_LOSSES)}")
        if output == "softmax" and self.loss != "log_loss":
            raise OptionError(
                f"loss is {self.loss!r} and y has {len(self.classes_)} classes; expected 'log_loss', which "
                "alone belongs to more than two"
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
