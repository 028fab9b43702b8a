"""What a model says of examples, one by one: the rows of every form of `pellucid predict`."""

from typing import Any

from pellucid.cli.console import check_answers
from pellucid.data.dataset import Dataset, labels_of
from pellucid.model import Model


def answers_of(model: Model, dataset: Dataset) -> list[dict[str, Any]]:
    """For each example its source, its label and the probabilities; or its numbers.

    Args:
        model: that is asked.
        dataset: examples through its recipe.

    Raises:
        NonFiniteError: inputs so large that the network cannot count with them.
    """
    AL = model.outputs(dataset.X)
    if model.predicts_numbers:
        check_answers(AL.T, dataset.sources)
        pairs = zip(dataset.sources, AL.T.tolist(), strict=True)
        return [{"source": source, "numbers": row} for source, row in pairs]
    probabilities = model.class_probabilities(AL)
    check_answers(probabilities, dataset.sources)
    answers = zip(dataset.sources, labels_of(AL).tolist(), probabilities.tolist(), strict=True)
    return [
        {
            "source": source,
            "label": model.classes[label],
            "probability": row[label],
            "probabilities": dict(zip(model.classes, row, strict=True)),
        }
        for source, label, row in answers
    ]
