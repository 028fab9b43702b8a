"""DeepNetwork: the course's easy-to-use neural network class, on columns like the course."""

import math
from collections.abc import Sequence
from os import PathLike
from typing import Any, Self, Unpack

import numpy as np

from pellucid.core._arrays import Array, as_numpy, floating, namespace
from pellucid.core._shapes import check_sizes, to_fit
from pellucid.core.initialization import check_layer_dims
from pellucid.core.model import L_model_forward, labels_from_output
from pellucid.core.randomness import RandomSource
from pellucid.course import described
from pellucid.data.dataset import Dataset, one_hot
from pellucid.data.recipe import Recipe
from pellucid.engines import engine_for
from pellucid.errors import DivergenceError, LabelError, NotFittedError, ShapeError
from pellucid.examples import Examples, check_finite_columns, check_inputs
from pellucid.model import Model, check_classes
from pellucid.more_options import MoreOptions
from pellucid.summary import Summary, summary_html
from pellucid.training import History, Listener, train


class DeepNetwork:
    """A deep network that trains, predicts, shows and saves itself.

    ::

        net = DeepNetwork([12288, 20, 7, 5, 1]).fit(X, Y)
        net.evaluate(X_test, Y_test).accuracy

    Args:
        layer_dims: units per layer, inputs first. One output unit tells two classes apart, K output
            units K classes.
        hidden_activation: the activation of the hidden layers, by name; or a sequence, one for each.
        output_activation: left out, "sigmoid" for one output unit and "softmax" for more; "identity" makes
            the network predict numbers, "exp" counts.
        learning_rate: the length of a step, which a schedule starts from.
        num_iterations: passes over the data; with the full batch, steps.
        batch_size: examples per step; None is all of them.
        initialization: how the weights start, see `initialize_parameters_deep`.
        rng: None, an int, a Generator or a RandomState; 1 is the course's.
        engine: which engine trains, by name.
        **more: optimizers, schedules, penalties, dropout, early stopping and more: see
            `pellucid.more_options`.

    Attributes:
        network: the `Network` that is trained.
        parameters: `{"W1", "b1", ...}` after `fit`, else empty.
        history: the `History` of the last `fit`.

    Raises:
        OptionError: sizes that are no layers, or an option that does not exist.
    """

    def __init__(
        self,
        layer_dims: Sequence[int],
        *,
        hidden_activation: str | Sequence[str] = "relu",
        output_activation: str | None = None,
        learning_rate: float = 0.0075,
        num_iterations: int = 2500,
        batch_size: int | None = None,
        initialization: str | float = "xavier",
        rng: RandomSource = 1,
        engine: str = "auto",
        **more: Unpack[MoreOptions],
    ) -> None:
        dims = check_layer_dims(layer_dims)
        output = output_activation or ("softmax" if dims[-1] > 1 else "sigmoid")
        self.network, self.options = described(
            dims,
            {"hidden_activation": hidden_activation, "output_activation": output},
            {
                "epochs": num_iterations,
                "learning_rate": learning_rate,
                "batch_size": batch_size,
                "initialization": initialization,
                "rng": rng,
                "engine": engine,
            },
            more,
        )
        self.parameters: dict[str, Array] = {}
        self.history = History()
        self._classes: tuple[str, ...] = ()
        self._recipe: Recipe | None = None

    @property
    def costs(self) -> list[float]:
        """The cost of every epoch of the last `fit`."""
        return list(self.history.costs)

    def fit(
        self,
        X: Array,
        Y: Array,
        *,
        weights: Array | None = None,
        validation: tuple[Array, Array] | None = None,
        classes: Sequence[str] | None = None,
        recipe: Recipe | None = None,
        listeners: Sequence[Listener] = (),
    ) -> Self:
        """Train from fresh weights. Ctrl-C ends early and keeps what was learned.

        Args:
            X: inputs, (n_x, m), already scaled.
            Y: true labels: (1, m) of 0 and 1; for K classes one-hot (K, m), or (1, m) of 0 .. K-1; or
                numbers (n_y, m).
            weights: how much each example counts, (m,) or (1, m), not negative.
            validation: X and Y that are not trained on; their cost is in `history.validation_costs`.
            classes: names of the classes, kept with the saved model.
            recipe: how X came from raw rows, kept with the saved model, so that it can predict on
                photographs or raw rows.
            listeners: called with every event of `pellucid.training.fit`.

        Returns:
            self.

        Raises:
            ShapeError, NonFiniteError, LabelError, DivergenceError: as `pellucid.training.fit`; after a
                divergence `parameters` are the last whose cost was finite.
        """
        names = self._names(classes)
        if recipe is not None and recipe.n_x != self.network.n_x:
            raise ShapeError(f"the recipe makes {recipe.n_x} inputs; expected {self.network.n_x}")
        recipe = recipe or Recipe("numbers", (self.network.n_x,))
        examples = Examples(X, self._targets(X, Y), weights)
        held_out = None
        if validation is not None:
            held_out = Examples(validation[0], self._targets(*validation))
        try:
            end = train(self.network, examples, self.options, validation=held_out, listeners=listeners)
        except DivergenceError as error:
            self._keep(error.parameters, History(), names, recipe)
            raise
        self._keep(end.parameters, end.history, names, recipe)
        return self

    def _names(self, classes: Sequence[str] | None) -> tuple[str, ...]:
        """The names of the classes; none where the network predicts numbers."""
        count = 0 if self.network.is_regression else self.network.n_classes
        names = tuple(classes) if classes is not None else tuple(map(str, range(count)))
        if len(names) != count or len(set(names)) != count:
            expected = f"{count} different names" if count else "none: the network predicts numbers"
            raise LabelError(f"classes is {list(names)}; expected {expected}")
        return names

    def _keep(
        self, parameters: dict[str, Array], history: History, classes: tuple[str, ...], recipe: Recipe
    ) -> None:
        # All at once: a fit that fails on the way leaves what was there before.
        self.parameters, self.history = parameters, history
        self._classes, self._recipe = classes, recipe

    def predict(self, X: Array) -> Array:
        """Labels for X (n_x, m): (1, m) of integers; of a network that predicts numbers, those, (n_y, m).

        Raises:
            NotFittedError: before `fit`.
            ShapeError: X does not fit the network.
            NonFiniteError: NaN or infinity in X.
        """
        AL = self._outputs(X)
        if self.network.is_regression:
            return AL
        return labels_from_output(AL, output_activation=self.network.output_activation)

    def predict_proba(self, X: Array) -> Array:
        """AL for X (n_x, m): (1, m), the probability of label 1; for K classes (K, m).

        Raises:
            NotFittedError: before `fit`.
            ShapeError: X does not fit the network.
            NonFiniteError: NaN or infinity in X.
            LabelError: the network predicts numbers.
        """
        check_classes(self.network)
        return self._outputs(X)

    def _outputs(self, X: Array) -> Array:
        parameters = self._fitted()
        xp = namespace(X=X)
        check_inputs(self.network, X)
        if all(isinstance(array, np.ndarray) for array in (X, *parameters.values())):
            X = floating(xp, X)
            AL = engine_for("auto", self.network, X).predictor(self.network, parameters).outputs(X)
        else:
            # The core computes with any library's arrays.
            AL, _ = L_model_forward(X, parameters, **self.network.activations)
        check_finite_columns(floating(xp, X))
        return AL

    def evaluate(self, X: Array, Y: Array) -> Any:
        """Accuracy, confusion matrix and cost on labelled examples; for numbers, R^2 and cost.

        Args:
            X: inputs, (n_x, m).
            Y: true labels, as for `fit`.

        Returns:
            A `pellucid.model.Evaluation`, or `NumberEvaluation`.

        Raises:
            NotFittedError: before `fit`.
            ShapeError: X and Y do not fit the network.
        """
        model = self.to_model()
        examples = Examples(as_numpy(X), as_numpy(self._targets(X, Y))).checked(self.network)
        return model.evaluate(
            Dataset(examples.X, examples.Y, finite=True, classes=model.classes, recipe=model.recipe)
        )

    def summary(self) -> Summary:
        """The layers, their shapes and what is known of the training, as text; in a notebook a table."""
        return Summary(self.network, self.history.costs, self.history.validation_costs)

    def to_model(self) -> Model:
        """The trained network as a `Model` value.

        Raises:
            NotFittedError: before `fit`.
        """
        parameters = {name: as_numpy(value) for name, value in self._fitted().items()}
        recipe = self._recipe or Recipe("numbers", (self.network.n_x,))
        return Model(self.network, parameters, recipe, self._classes, self.history)

    def save(self, path: str | PathLike[str]) -> None:
        """Write one `.safetensors` file, which `pellucid.Model.load` reads.

        Raises:
            NotFittedError: before `fit`.
            OutputError: it cannot be written there.
        """
        self.to_model().save(path)

    def __repr__(self) -> str:
        trained = f"{len(self.history.costs)} epochs trained" if self.parameters else "not trained"
        return f"DeepNetwork({list(self.network.layer_dims)}, {trained})"

    def _repr_html_(self) -> str:
        return summary_html(self.network, self.history.costs, self.history.validation_costs)

    def _fitted(self) -> dict[str, Array]:
        if not self.parameters:
            raise NotFittedError("this network is not trained yet; call fit(X, Y) first")
        return self.parameters

    def _targets(self, X: Array, Y: Array) -> Array:
        """Y as training wants it: class numbers (1, m) become one-hot columns (K, m)."""
        namespace(X=X)
        xp = namespace(Y=Y)
        check_inputs(self.network, X, Y)
        K, m = self.network.n_y, X.shape[1]
        if K == 1 or self.network.is_regression or tuple(Y.shape) == (K, m):
            return Y
        if math.prod(Y.shape) != m:
            # Neither class numbers nor one-hot columns: training says what fits.
            return Y
        check_sizes("Y", Y, (1, m), f"{to_fit(X=X)}, one class number for each column")
        numbers = as_numpy(Y)[0]
        wrong = ~np.isin(numbers, np.arange(K))
        if wrong.any():
            j = int(np.argmax(wrong))
            raise LabelError(f"Y[0, {j}] is {numbers[j]}; expected a class number from 0 to {K - 1}")
        return xp.asarray(one_hot(numbers.astype(np.int64), K))
