"""The figures of an evaluation as every report has them: a document for machines, lines for people."""

from collections.abc import Sequence
from typing import Any

from pellucid.cli.console import finite_or_none
from pellucid.files.reading import shown
from pellucid.metrics import class_figures, mean_absolute_error, root_mean_squared_error
from pellucid.model import Evaluation, NumberEvaluation

Document = dict[str, Any]


def figures_of(evaluation: Evaluation | NumberEvaluation, classes: Sequence[str]) -> Document:
    """The quality of a model's answers, as JSON can hold it; null is not defined, and `notes` say why.

    Args:
        evaluation: of labelled examples.
        classes: their names; empty for a regression.
    """
    if isinstance(evaluation, NumberEvaluation):
        targets, predicted = evaluation.targets, evaluation.predicted
        return {
            "r2": finite_or_none(evaluation.r2),
            "mean_absolute_error": finite_or_none(mean_absolute_error(targets, predicted)),
            "root_mean_squared_error": finite_or_none(root_mean_squared_error(targets, predicted)),
            "notes": [],
        }
    found = class_figures(evaluation.labels, evaluation.probabilities, classes)
    calibration = found.calibration
    return {
        "positive_class": classes[1] if len(classes) == 2 else None,
        "roc_auc": found.roc_auc,
        "average_precision": found.average_precision,
        "calibration_error": calibration and calibration.error,
        "calibration": calibration and calibration.to_dicts(),
        "notes": list(found.notes),
    }


def lines_of(figures: Document | None) -> list[tuple[str, str]]:
    """The name and the value of each figure that is defined."""
    if figures is None:
        return []
    if "r2" in figures:
        names = {
            "R^2": "r2",
            "mean absolute error": "mean_absolute_error",
            "root mean square error": "root_mean_squared_error",
        }
        return [(name, number_text(figures[key])) for name, key in names.items()]
    positive = figures["positive_class"]
    of = "mean over the classes, each against the rest" if positive is None else f"of {shown(positive, 40)}"
    lines = [
        ("ROC AUC", figures["roc_auc"], of),
        ("average precision", figures["average_precision"], of),
        (
            "calibration error",
            figures["calibration_error"],
            "mean gap of predicted and observed probability",
        ),
    ]
    return [(name, f"{value:.4f}  ({meaning})") for name, value, meaning in lines if value is not None]


def number_text(value: float | None, form: str = ".6g") -> str:
    """A figure of a regression; None is not finite."""
    return "infinite" if value is None else f"{value:{form}}"
