"""A model's predictions of examples, one by one: the rows of every form of `pellucid predict`."""

from collections.abc import Sequence
from typing import Any

from pellucid.cli.console import check_answers
from pellucid.data.dataset import labels_of
from pellucid.model import Model


def answers_of(model: Model, rows: Any, sources: Sequence[str]) -> list[dict[str, Any]]:
    """For each example its source, its label and the probabilities; or its numbers.

    Args:
        model: that is asked.
        rows: raw examples, as for `Model.predict_proba`.
        sources: where each of them came from.

    Raises:
        DataError: rows that do not fit the model.
        NonFiniteError: NaN or infinity, or inputs so large that the network cannot count with them.
    """
    AL = model.outputs_of_rows(rows, sources)
    if model.predicts_numbers:
        check_answers(AL.T, sources)
        pairs = zip(sources, AL.T.tolist(), strict=True)
        return [{"source": source, "numbers": row} for source, row in pairs]
    probabilities = model.class_probabilities(AL)
    check_answers(probabilities, sources)
    answers = zip(sources, labels_of(AL).tolist(), probabilities.tolist(), strict=True)
    return [
        {
            "source": source,
            "label": model.classes[label],
            "probability": row[label],
            "probabilities": dict(zip(model.classes, row, strict=True)),
        }
        for source, label, row in answers
    ]
