"""What stands in a run folder beside the model: tables of what happened, and pictures."""

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from pellucid.data.dataset import Dataset
from pellucid.errors import MissingPackageError
from pellucid.model import Evaluation, Model, NumberEvaluation


def texts_of(model: Model, test: Dataset, evaluation: Evaluation | NumberEvaluation) -> dict[str, str]:
    """The tables, by the names of their files."""
    if isinstance(evaluation, NumberEvaluation):
        return {"history.csv": _history_csv(model), "predictions.csv": _predictions_csv(test, evaluation)}
    return {"history.csv": _history_csv(model), "wrong.csv": _wrong_csv(model, test, evaluation)}


def draw(
    folder: Path,
    model: Model,
    test: Dataset,
    evaluation: Evaluation | NumberEvaluation,
    curves: bool,
) -> list[str]:
    """Draw the pictures of a run.

    Args:
        folder: where they are written.
        model: what was trained.
        test: the examples that were evaluated.
        evaluation: what the model made of them.
        curves: ROC, precision and recall, and calibration too.

    Returns:
        A line for each reason why a picture could not be drawn.
    """
    try:
        from pellucid import plots

        history = model.history
        if history.costs:
            figure = plots.cost_curve(
                history.costs,
                validation_costs=history.validation_costs,
                best_epoch=history.best_epoch,
                unit="nats" if model.classes else "squared deviations",
            )
            plots.save_figure(figure, folder / "cost.png")
        if isinstance(evaluation, NumberEvaluation):
            names = (model.recipe.target,) if model.recipe.target else ()
            figure = plots.predicted_against_true(evaluation, names)
            plots.save_figure(figure, folder / "predicted.png")
            return []
        pictures = {"wrong.png": plots.wrong_answers(model, test, evaluation)}
        if curves:
            pictures |= _curves(model, evaluation)
        for name, sheet in pictures.items():
            if sheet is not None:
                plots.save_figure(sheet, folder / name)
    except MissingPackageError as error:
        return [f"no pictures were drawn: {error}"]
    # Hours of training are not lost for a picture of them.
    except Exception as error:
        return [f"a picture was not drawn, by a bug in Pellucid: {type(error).__name__}: {error}"]
    return []


def _curves(model: Model, evaluation: Evaluation) -> dict[str, Any]:
    from pellucid import plots

    return {
        "roc.png": plots.roc_curve(evaluation, model.classes),
        "precision-recall.png": plots.precision_recall_curve(evaluation, model.classes),
        "calibration.png": plots.calibration_curve(evaluation, model.classes),
    }


def _history_csv(model: Model) -> str:
    history = model.history
    columns = [history.costs, history.validation_costs] if history.validation_costs else [history.costs]
    # An epoch that was interrupted before it was validated has no second cost.
    rows = zip_longest(*([repr(cost) for cost in costs] for costs in columns), fillvalue="")
    head = ["epoch", "cost", "validation_cost"][: len(columns) + 1]
    return _csv(head, ((epoch, *row) for epoch, row in enumerate(rows)))


def _wrong_csv(model: Model, test: Dataset, evaluation: Evaluation) -> str:
    rows = (
        (
            _source(test, i),
            model.classes[evaluation.labels[i]],
            model.classes[evaluation.predicted[i]],
            f"{evaluation.probabilities[i, evaluation.predicted[i]]:.6f}",
        )
        for i in evaluation.wrong
    )
    return _csv(["source", "true", "predicted", "probability"], rows)


def _predictions_csv(test: Dataset, evaluation: NumberEvaluation) -> str:
    pairs = zip(evaluation.targets[0].tolist(), evaluation.predicted[0].tolist(), strict=True)
    rows = ((_source(test, i), true, predicted) for i, (true, predicted) in enumerate(pairs))
    return _csv(["source", "true", "predicted"], rows)


def _source(test: Dataset, i: int) -> str:
    return test.sources[i] if test.sources else f"row {i}"


def _csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()
