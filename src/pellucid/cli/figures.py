"""The figures of an evaluation as every report has them: a document for machines, lines for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from pellucid.cli.console import finite_or_none
from pellucid.files.reading import shown
from pellucid.metrics import class_figures, mean_absolute_error, root_mean_squared_error
from pellucid.model import NumberEvaluation
from pellucid.report.intervals import Interval, interval_of
from pellucid.report.scores import Answers, scores_for

Document = dict[str, Any]


def figures_of(
    evaluation: Answers, classes: Sequence[str], intervals: Mapping[str, Interval | None] | None = None
) -> Document:
    """The quality of a model's answers, as JSON can hold it; null is not defined, and `notes` say why.

    Args:
        evaluation: of labelled examples.
        classes: their names; empty for a regression.
        intervals: of its scores, if they are known already.
    """
    if intervals is None:
        known = scores_for(classes)
        intervals = {name: interval_of(score, evaluation) for name, score in known.items()}
    limits = {name: None if limits is None else list(limits) for name, limits in intervals.items()}
    if isinstance(evaluation, NumberEvaluation):
        targets, predicted = evaluation.targets, evaluation.predicted
        return {
            "r2": finite_or_none(evaluation.r2),
            "mean_absolute_error": finite_or_none(mean_absolute_error(targets, predicted)),
            "root_mean_squared_error": finite_or_none(root_mean_squared_error(targets, predicted)),
            "intervals": limits,
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
        "intervals": limits,
        "notes": list(found.notes),
    }


def lines_of(figures: Document | None) -> list[tuple[str, str]]:
    """The name and the value of each figure that is defined."""
    if figures is None:
        return []
    if "r2" in figures:
        names = {
            "R^2": ("r2", "r2"),
            "mean absolute error": ("mean_absolute_error", "mae"),
            "root mean square error": ("root_mean_squared_error", "rmse"),
        }
        return [
            (name, with_notes(number_text(figures[key]), interval_text(figures, score, ".5g")))
            for name, (key, score) in names.items()
        ]
    positive = figures["positive_class"]
    of = "each class against the rest" if positive is None else f"of {shown(positive, 40)}"
    lines = {
        "ROC AUC": ("roc_auc", of),
        "average precision": ("average_precision", of),
        "calibration error": ("calibration_error", "mean gap of predicted and observed probability"),
    }
    return [
        (name, with_notes(f"{figures[key]:.4f}", interval_text(figures, key), meaning))
        for name, (key, meaning) in lines.items()
        if figures[key] is not None
    ]


def interval_text(figures: Document | None, score: str, form: str = ".4f") -> str:
    """The 95 % interval of a score: "95 %: 0.7554 to 0.8627"; empty: it has none."""
    limits = figures and figures["intervals"].get(score)
    return f"95 %: {limits[0]:{form}} to {limits[1]:{form}}" if limits else ""


def with_notes(value: str, *notes: str) -> str:
    """A value with what is said of it behind it, in brackets."""
    told = "; ".join(filter(None, notes))
    return f"{value}  ({told})" if told else value


def number_text(value: float | None, form: str = ".6g") -> str:
    """A figure of a regression; None is not finite."""
    return "infinite" if value is None else f"{value:{form}}"
