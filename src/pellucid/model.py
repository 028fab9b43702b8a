"""Model: a trained network with everything that predicting needs. Rows at the door, columns inside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from typing import Any, Self

import numpy as np

from pellucid.data.dataset import Dataset, finite_blocks, labels_of, one_hot
from pellucid.data.recipe import AnyRecipe, Recipe, Scaling
from pellucid.data.rows import listed
from pellucid.data.table_recipe import TableRecipe
from pellucid.display import beside, facts, table
from pellucid.engines import Predictor, engine_for
from pellucid.errors import DataError, LabelError, ModelFileError, OptionError, ShapeError
from pellucid.examples import Examples, check_inputs
from pellucid.files.reading import shown
from pellucid.metrics import (
    accuracy,
    confusion_matrix,
    mean_absolute_error,
    r2_score,
    root_mean_squared_error,
)
from pellucid.network import Network
from pellucid.summary import summary_html
from pellucid.training import History
from pellucid.training.feed import evaluate, outputs

Floats = np.ndarray[Any, Any]
# Of a confusion matrix in a notebook.
_MOST_CLASSES = 12
_Described = tuple[Network, AnyRecipe, tuple[str, ...], History]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a model made of labelled examples.

    Attributes:
        labels: (m,) true class indices.
        predicted: (m,) predicted class indices.
        probabilities: (m, K), a column per class.
        cost: in nats per example.
        classes: their K names; empty: they are shown as numbers.
    """

    labels: Floats
    predicted: Floats
    probabilities: Floats
    cost: float
    classes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        m = len(self.labels)
        return f"Evaluation(accuracy {self.accuracy:.4f}, cost {self.cost:.4f}, {m} examples)"

    def _repr_html_(self) -> str:
        confusion, m = self.confusion, len(self.labels)
        found = facts(
            [
                ("accuracy", f"{self.accuracy:.4f} ({m - len(self.wrong):,} of {m:,} examples)"),
                ("always the most frequent class", f"{confusion.sum(axis=1).max() / m:.4f}"),
                ("cost", f"{self.cost:.4f} nats per example"),
            ]
        )
        K = len(confusion)
        if K > _MOST_CLASSES:
            return beside(found)
        names = [shown(name, 20) for name in self.classes or map(str, range(K))]
        rows = [
            [name, *map("{:,}".format, row)] for name, row in zip(names, confusion.tolist(), strict=True)
        ]
        head = ["true \\ predicted", *names]
        return beside(found, table(head, rows, "<" + ">" * K))

    @property
    def accuracy(self) -> float:
        """The share of examples that were predicted right."""
        return accuracy(self.labels, self.predicted)

    @property
    def confusion(self) -> Floats:
        """(K, K): rows are true classes, columns predicted ones."""
        return confusion_matrix(self.labels, self.predicted, self.probabilities.shape[1])

    @property
    def wrong(self) -> Floats:
        """The indices of the examples that were predicted wrong."""
        return np.flatnonzero(self.labels != self.predicted)


@dataclass(frozen=True, eq=False)
class NumberEvaluation:
    """What a model that predicts numbers made of examples whose numbers are known.

    Attributes:
        targets: (n_y, m) true numbers.
        predicted: (n_y, m) predicted numbers.
        cost: per example.
    """

    targets: Floats
    predicted: Floats
    cost: float

    def __repr__(self) -> str:
        m = self.targets.shape[1]
        return f"NumberEvaluation(R^2 {self.r2:.4f}, cost {self.cost:.4f}, {m} examples)"

    def _repr_html_(self) -> str:
        return facts(
            [
                ("R^2", f"{self.r2:.4f} (always the mean: 0)"),
                ("mean absolute error", f"{mean_absolute_error(self.targets, self.predicted):.6g}"),
                ("root mean square error", f"{root_mean_squared_error(self.targets, self.predicted):.6g}"),
                ("cost", f"{self.cost:.4f} per example"),
                ("examples", f"{self.targets.shape[1]:,}"),
            ]
        )

    @property
    def r2(self) -> float:
        """The share of the targets' variance that is predicted; 1 is all of it."""
        return r2_score(self.targets, self.predicted)


@dataclass(frozen=True, eq=False)
class Model:
    """A trained network, its recipe, its classes and its history.

    Attributes:
        network: what the network is.
        parameters: `{"W1": (n_1, n_0), "b1": (n_1, 1), ...}`, NumPy arrays. A model is a value: they are
            not to be changed in place.
        recipe: how raw rows, or those of a table, become columns.
        classes: names, in the order of the probabilities; for two, the second is what the one output
            gives the probability of. Empty where the network predicts numbers.
        history: how training went.

    Raises:
        ShapeError: parameters that are not those of the network.
        LabelError: more or fewer classes than the network tells apart.
    """

    network: Network
    parameters: Mapping[str, Floats]
    recipe: AnyRecipe
    classes: tuple[str, ...]
    history: History = field(default_factory=History)

    def __post_init__(self) -> None:
        self.network.check_parameters(self.parameters)
        if self.recipe.n_x != self.network.n_x:
            raise ShapeError(
                f"the recipe makes {self.recipe.n_x} inputs; the network expects {self.network.n_x}"
            )
        n_classes = 0 if self.predicts_numbers else self.network.n_classes
        names = isinstance(self.classes, tuple) and all(isinstance(name, str) for name in self.classes)
        if not names or len(self.classes) != n_classes or len(set(self.classes)) != n_classes:
            knows = f"tells {n_classes} apart" if n_classes else "predicts numbers: expected none"
            raise LabelError(f"the classes are {self.classes}; the network {knows}")

    def __repr__(self) -> str:
        n_y = self.network.n_y
        what = f"{len(self.classes)} classes" if self.classes else f"{n_y} number{'s' if n_y > 1 else ''}"
        return f"Model({list(self.network.layer_dims)}, {what}, {len(self.history.costs)} epochs trained)"

    def _repr_html_(self) -> str:
        history = self.history
        more = [("inputs", f"{self.recipe.describe()}, {self.recipe.describe_scaling()}")]
        more += [("classes", listed(self.classes))] if self.classes else []
        return summary_html(self.network, history.costs, history.validation_costs, more)

    @property
    def dtype(self) -> str:
        """The type of number of the parameters: "float64" or "float32"."""
        return str(self.parameters["W1"].dtype)

    @property
    def predicts_numbers(self) -> bool:
        """Whether the outputs are numbers, not probabilities of classes."""
        return self.network.is_regression

    @cached_property
    def predictor(self) -> Predictor:
        """Forward propagation, set up once. Called with raw rows, it does what `recipe.scaling` says."""
        mean, deviation = self.recipe.scaling or Scaling()
        spread = self.network.n_y == 1 and not self.predicts_numbers
        engine = engine_for("auto", self.network)
        return engine.predictor(
            self.network, self.parameters, mean=mean, deviation=deviation, spread=spread
        )

    @cached_property
    def _probabilities_of_rows(self) -> Predictor | None:
        """The predictor, if raw rows need nothing but its scaling, and its answers nothing at all."""
        return None if self.recipe.scaling is None or self.predicts_numbers else self.predictor

    def outputs(self, X: Any) -> Floats:
        """AL (n_y, m) for columns X (n_x, m) that went through the recipe; of a table also encoded.

        Raises:
            ShapeError: X has another shape.
        """
        check_inputs(self.network, X)
        return np.asarray(outputs(self.predictor, Examples(X)))

    def outputs_of_rows(self, rows: Any, sources: Sequence[str] = ()) -> Floats:
        """AL (n_y, m) for raw rows, which go through the recipe block by block.

        Args:
            rows: as for `predict_proba`.
            sources: where each of them came from, for messages; may be empty.

        Raises:
            DataError, NonFiniteError: as `predict_proba`.
        """
        if isinstance(rows, np.ma.MaskedArray):
            raise DataError("the rows are a masked array; expected plain numbers: rows.filled(value)")
        blocks = finite_blocks(self.recipe.blocks(rows, self.dtype), sources)
        found = [self.outputs(X) for X in blocks]
        return found[0] if len(found) == 1 else np.concatenate(found, axis=1)

    def predict_proba(self, rows: Any) -> Floats:
        """The probability of each class.

        Args:
            rows: raw examples, (m, *recipe.shape) or (m, n_x): before scaling, as files hold them. For a
                model of tables a `Table`, or what `Table.from_frame` makes one of: a data frame, a
                dictionary of columns, or an array whose columns are `recipe.column_names`.

        Returns:
            (m, K): columns in the order of `classes`; each row sums to 1 (but for several sigmoid
            outputs, which are independent of each other).

        Raises:
            DataError: rows of another shape than the model was trained on, or no numbers; columns of a
                table that are missing, by name.
            NonFiniteError: NaN or infinity among them.
            LabelError: the network predicts numbers.
        """
        # First what answers a row in a microsecond: it returns None where anything else has to be done.
        predictor = self._probabilities_of_rows
        answers = None if predictor is None else predictor(rows)
        if answers is not None:
            return answers
        check_classes(self.network)
        return self.class_probabilities(self.outputs_of_rows(rows))

    def predict(self, rows: Any) -> Floats:
        """The most probable class of each raw row, by name: (m,) strings. See `predict_proba`.

        For regression the predicted numbers: (m,) for one output, else (m, n_y).
        """
        if self.predicts_numbers:
            AL = self.outputs_of_rows(rows)
            return AL[0] if AL.shape[0] == 1 else AL.T
        return np.asarray(np.asarray(self.classes)[most_probable(self.predict_proba(rows))])

    @staticmethod
    def class_probabilities(AL: Floats) -> Floats:
        """(m, K) from the network's output (n_y, m): one sigmoid unit is spread over two classes."""
        return np.asarray(np.vstack([1 - AL, AL]).T if AL.shape[0] == 1 else AL.T)

    def evaluate(self, dataset: Dataset) -> Any:
        """What the model makes of a data set that went through its recipe.

        The cost is that of the answers alone: without penalties, label smoothing or weights.

        Returns:
            An `Evaluation`; of a network that predicts numbers a `NumberEvaluation`.

        Raises:
            LabelError: the data set has no labels, or not this model's classes.
            ShapeError, NonFiniteError: as `Examples.checked`.
            DataError: it went through another recipe.
        """
        Y = self.targets_of(dataset)
        if dataset.recipe != self.recipe:
            raise DataError(
                "the data went through another recipe than the model's; load them with its recipe"
            )
        examples = Examples(dataset.X, Y, finite=dataset.finite).checked(self.network)
        cost, AL = evaluate(self.predictor, examples)
        if self.predicts_numbers:
            return NumberEvaluation(Y, AL, cost)
        probabilities = self.class_probabilities(AL)
        return Evaluation(dataset.labels, labels_of(AL), probabilities, cost, self.classes)

    def targets_of(self, dataset: Dataset) -> Floats:
        """The targets of a data set as the network has them, (n_y, m).

        Raises:
            LabelError: the data set has no labels, or not this model's classes.
            ShapeError: it has more or fewer numbers to predict than the network has outputs.
        """
        Y, n_y = dataset.Y, self.network.n_y
        if Y is None:
            raise LabelError("these examples have no labels; expected labelled ones to evaluate on")
        if dataset.classes != self.classes:
            found = f"the classes {listed(dataset.classes)}" if dataset.classes else "numbers to predict"
            known = f"knows {listed(self.classes)}" if self.classes else "predicts numbers"
            raise LabelError(f"the data have {found}; the model {known}")
        if Y.shape[0] == n_y:
            return np.asarray(Y)
        if self.predicts_numbers:
            raise ShapeError(
                f"the data have {Y.shape[0]} targets for each example; expected {n_y}: the outputs of the "
                "model"
            )
        # Two classes are one row of labels, and two rows for a network of two softmax units.
        return one_hot(dataset.labels, n_y, self.dtype)

    def save(self, path: str | PathLike[str]) -> None:
        """Write one `.safetensors` file, atomically; `pellucid.files.model_file` says how.

        Raises:
            OutputError: it cannot be written there; what was there before is untouched.
        """
        # Who neither saves nor loads, as when importing the package, needs no safetensors and no JSON.
        from pellucid.files.model_file import write_model_file

        document = {
            "network": self.network.to_dict(),
            "recipe": self.recipe.to_dict(),
            "classes": list(self.classes),
            "history": self.history.to_dict(),
        }
        write_model_file(path, document, self.parameters)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read what `save` wrote. Everything is checked before it is used; nothing is executed.

        Raises:
            NotFoundError: there is no such file.
            ModelFileError: it is damaged, is something else, or comes from a newer format.
        """
        from pellucid.files.model_file import no_model_because, read_model_file

        described: list[_Described] = []

        def shapes(document: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
            described.append(_described(document))
            return described[0][0].parameter_shapes

        parameters = read_model_file(path, shapes)
        network, recipe, classes, history = described[0]
        try:
            return cls(network, parameters, recipe, classes, history)
        # ShapeError and LabelError among them.
        except ValueError as error:
            raise ModelFileError(f"{shown(path)} {no_model_because(error)}") from error


def most_probable(probabilities: Floats) -> Floats:
    """(m,) the column of the largest of each row of (m, K), the first of equals."""
    if probabilities.shape[1] == 2:
        # NumPy's argmax along a short axis takes over ten times as long.
        return (probabilities[:, 1] > probabilities[:, 0]).astype(np.intp)
    return np.asarray(probabilities.argmax(axis=1))


def check_classes(network: Network) -> None:
    """Refuse to speak of classes where there are none.

    Raises:
        LabelError: the network predicts numbers.
    """
    if network.is_regression:
        raise LabelError(
            f"the output of this network is {network.output_activation}: numbers, not probabilities; "
            "expected a sigmoid or softmax output, or call predict"
        )


def _described(document: Mapping[str, Any]) -> _Described:
    """The values that a model file's document stands for.

    Raises:
        OptionError: keys or values that no model has.
    """
    expected = {"network", "recipe", "classes", "history"}
    if "checkpoint" in document:
        raise OptionError("it is the checkpoint of a run; pellucid train --resume goes on with it")
    if set(document) != expected:
        raise OptionError(f"a model is described by {', '.join(sorted(expected))}")
    classes = document["classes"]
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise OptionError("a model's classes are a list of names")
    network = Network.from_dict(document["network"])
    recipe = document["recipe"]
    of_table = isinstance(recipe, Mapping) and recipe.get("kind") == TableRecipe.kind
    recipe = TableRecipe.from_dict(recipe) if of_table else Recipe.from_dict(recipe)
    return network, recipe, tuple(classes), History.from_dict(document["history"])
