"""What a network has to beat: always the same answer, and a linear model of the same columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.data.dataset import labels_of
from pellucid.data.table import Table
from pellucid.data.table_recipe import TableRecipe
from pellucid.files.reading import shown
from pellucid.metrics import log_loss
from pellucid.model import Evaluation, NumberEvaluation
from pellucid.report.linear import fit_logistic, fit_ridge, probabilities_of
from pellucid.report.scores import Answers

Floats = np.ndarray[Any, Any]

_MOST_ROWS = 20_000
# Numbers that a linear model is fitted to; of a wide table it takes fewer rows.
_MOST_ENTRIES = 4_000_000
_FEWEST_ROWS = 1000
# Rows that are answered at a time.
_AT_A_TIME = 4096


@dataclass(frozen=True, eq=False)
class Baseline:
    """Simple answers to the examples that a model was evaluated on.

    Attributes:
        name: in words.
        answers: an evaluation, as the model's.
    """

    name: str
    answers: Answers


def constant_baseline(Y: Floats, answers: Answers, classes: Sequence[str] = ()) -> Baseline:
    """The answers of who has seen the targets of training only: the most frequent class, or the mean.

    Args:
        Y: (n_y, m) of the training examples, as in `Dataset`; their shares are the probabilities.
        answers: the model's, on the examples to compare on.
        classes: the names of the classes.
    """
    if isinstance(answers, NumberEvaluation):
        mean = np.asarray(Y, np.float64).mean(axis=1, keepdims=True)
        return Baseline("always the mean", _of_numbers(answers, np.tile(mean, answers.targets.shape[1])))
    K = answers.probabilities.shape[1]
    shares = np.bincount(labels_of(Y), minlength=K) / Y.shape[1]
    most = int(np.argmax(shares))
    name = f"always {shown(classes[most] if classes else str(most), 30)}"
    return Baseline(name, _of_classes(answers, np.tile(shares, (len(answers.labels), 1))))


def linear_baseline(
    train: Table, Y: Floats, recipe: TableRecipe, test: Table, answers: Answers, *, seed: int = 0
) -> Baseline:
    """A linear model of standardised numbers and one-hot categories, fitted to the training rows.

    Logistic regression, or ridge regression, with the penalty 1 that scikit-learn's have too; on a sample
    of at most 20,000 rows, fewer where there are more than 200 inputs.

    Args:
        train: the training rows.
        Y: (n_y, m) their targets, as in `Dataset`.
        recipe: the model's; its means and categories are used, and its pieces are not.
        test: the rows of `answers`.
        answers: the model's, on the examples to compare on.
        seed: of the sample.
    """
    plain = TableRecipe.from_dict(_without_pieces(recipe.to_dict()))
    most = min(_MOST_ROWS, max(_FEWEST_ROWS, _MOST_ENTRIES // plain.n_x))
    rows = np.arange(train.m)
    if train.m > most:
        rows = np.sort(np.random.RandomState(seed).permutation(train.m)[:most])
    X, Y = plain.columns(train.take(rows)), Y[:, rows]
    if isinstance(answers, NumberEvaluation):
        W, b = fit_ridge(X, Y)
        return Baseline("ridge regression", _of_numbers(answers, _answered(W, b, plain, test)))
    W, b = fit_logistic(X, labels_of(Y), answers.probabilities.shape[1])
    blocks = [probabilities_of(W, b, plain.columns(part)) for part in _parts(test)]
    return Baseline("logistic regression", _of_classes(answers, np.concatenate(blocks)))


def _answered(W: Floats, b: Floats, plain: TableRecipe, test: Table) -> Floats:
    return np.concatenate([W @ plain.columns(part) + b for part in _parts(test)], axis=1)


def _parts(table: Table) -> list[Table]:
    starts = range(0, max(1, table.m), _AT_A_TIME)
    return [table.take(slice(start, start + _AT_A_TIME)) for start in starts]


def _of_numbers(answers: NumberEvaluation, predicted: Floats) -> NumberEvaluation:
    errors = np.asarray(answers.targets, np.float64) - predicted
    return NumberEvaluation(answers.targets, predicted, float(np.mean(np.sum(errors**2, axis=0) / 2)))


def _of_classes(answers: Evaluation, probabilities: Floats) -> Evaluation:
    labels = answers.labels
    predicted = np.argmax(probabilities, axis=1)
    cost = log_loss(labels, probabilities)
    return Evaluation(labels, predicted, probabilities, cost, answers.classes)


def _without_pieces(document: Any) -> Any:
    """The description of a recipe whose numbers have no pieces."""
    if isinstance(document, dict):
        return {name: [] if name == "edges" else _without_pieces(value) for name, value in document.items()}
    return [_without_pieces(value) for value in document] if isinstance(document, list) else document
