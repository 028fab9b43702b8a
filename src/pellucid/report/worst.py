"""The rows that a model is worst at: wrong labels, odd cases, or what it has not learnt."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from pellucid.metrics import log_losses
from pellucid.model import NumberEvaluation
from pellucid.report.scores import Answers

Floats = np.ndarray[Any, Any]


class WorstRow(NamedTuple):
    """A row with a large loss.

    Attributes:
        row: among the examples, from 0.
        place: where it came from.
        true: the class, or the number.
        predicted: the same of the answer.
        loss: -log of the probability of the true class, in nats; of numbers the absolute error.
        probability: of the answer; None for numbers.
        probability_of_true: of the true class; None for numbers.
    """

    row: int
    place: str
    true: str | float
    predicted: str | float
    loss: float
    probability: float | None = None
    probability_of_true: float | None = None


def worst_rows(
    answers: Answers, places: Sequence[str], classes: Sequence[str] = (), most: int = 10
) -> tuple[WorstRow, ...]:
    """The rows of the largest loss, the largest first; of equals the first.

    Args:
        answers: a model's, on m labelled examples; of numbers, of one output.
        places: where each of the m examples came from; empty: "row 0" and so on.
        classes: the names of the classes; empty: their numbers.
        most: how many rows.
    """
    if isinstance(answers, NumberEvaluation):
        targets = np.asarray(answers.targets[0], np.float64)
        numbers = np.asarray(answers.predicted[0], np.float64)
        return tuple(
            WorstRow(i, _place(places, i), float(targets[i]), float(numbers[i]), loss)
            for i, loss in _largest(np.abs(targets - numbers), most)
        )
    labels, predicted, probabilities = answers.labels, answers.predicted, answers.probabilities
    names = classes or answers.classes or tuple(map(str, range(probabilities.shape[1])))
    return tuple(
        WorstRow(
            *(i, _place(places, i), names[labels[i]], names[predicted[i]], loss),
            probability=float(probabilities[i, predicted[i]]),
            probability_of_true=float(probabilities[i, labels[i]]),
        )
        for i, loss in _largest(log_losses(labels, probabilities), most)
    )


def _largest(losses: Floats, most: int) -> list[tuple[int, float]]:
    order = np.argsort(-losses, kind="stable")[:most]
    return [(int(i), float(losses[i])) for i in order]


def _place(places: Sequence[str], i: int) -> str:
    return places[i] if places else f"row {i}"
