"""pellucid evaluate: how good a saved model is on labelled data."""

from typing import Annotated, Any

import typer

from pellucid.cli.common import AsJson, Data, ModelFile, Quiet, Strict
from pellucid.cli.console import (
    aligned,
    check_answers,
    confusion_table,
    finite_or_none,
    note,
    print_json,
    show,
)
from pellucid.cli.figures import figures_of, interval_text, lines_of, with_notes
from pellucid.cli.labelled import read_dataset
from pellucid.cli.quality import quality_document, quality_texts
from pellucid.data.dataset import Dataset
from pellucid.display import cost_text
from pellucid.errors import OptionError
from pellucid.files.reading import shown
from pellucid.model import Evaluation, Model, NumberEvaluation
from pellucid.report.scores import score_named
from pellucid.report.table_report import report_on


def evaluate(
    model: ModelFile,
    data: Data,
    part: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Which part of DATA: test (all of it where it has one part) or train."
        ),
    ] = "test",
    metric: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Of a table: the main score, as for train.",
        ),
    ] = None,
    strict: Strict = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Report how good a MODEL is on labelled DATA.

    Accuracy, cost, confusion matrix, ROC AUC, average precision and calibration; of a model that predicts
    numbers, R^2 and how far it is off. Of a table also a baseline, thresholds, the worst rows, and how
    much each column matters.
    """
    loaded = Model.load(model)
    dataset, table, remarks = read_dataset(data, loaded, part, strict=strict, quiet=quiet)
    result = loaded.evaluate(dataset)
    check_answers(
        result.probabilities if isinstance(result, Evaluation) else result.predicted.T, dataset.sources
    )
    report = None
    if table is not None:
        report = report_on(loaded, table, result, score_named(metric, loaded.classes), truth=dataset.Y)
    elif metric is not None:
        raise OptionError(f"--metric is about the report of a table, and {shown(data)} is none")
    figures = figures_of(result, loaded.classes, None if report is None else report.intervals)
    for line in (*remarks, *figures["notes"]):
        note(line)
    if as_json:
        print_json(
            {
                "model": model,
                "data": data,
                "examples": dataset.m,
                "classes": list(loaded.classes),
                "accuracy": result.accuracy if isinstance(result, Evaluation) else None,
                "cost": finite_or_none(result.cost),
                "confusion_matrix": result.confusion.tolist() if isinstance(result, Evaluation) else None,
                "figures": figures,
                "quality": None if report is None else quality_document(report),
                "predictions": _predictions(loaded, dataset, result),
                "skipped": list(dataset.skipped),
            }
        )
        return
    lines = [("cost", cost_text(result.cost)), *lines_of(figures)]
    if isinstance(result, Evaluation):
        told = f"{dataset.m} examples, {len(result.wrong)} wrong"
        score = with_notes(f"{result.accuracy:.4f}", interval_text(figures, "accuracy"), told)
        show(aligned([("accuracy", score), *lines], 10))
        show(f"\n{confusion_table(result.confusion, loaded.classes, '--json shows it')}")
    else:
        show(aligned([("examples", str(dataset.m)), *lines], 10))
    for text in [] if report is None else quality_texts(report, result, "--json has all"):
        show(f"\n{text}")


def _predictions(
    model: Model, dataset: Dataset, result: Evaluation | NumberEvaluation
) -> list[dict[str, Any]]:
    """The answer to every example, beside the true one."""
    if not isinstance(result, Evaluation):
        pairs = zip(dataset.sources, result.targets.T.tolist(), result.predicted.T.tolist(), strict=True)
        return [{"source": source, "true": true, "numbers": numbers} for source, true, numbers in pairs]
    answers = zip(dataset.sources, result.labels, result.predicted, result.probabilities, strict=True)
    return [
        {
            "source": source,
            "true": model.classes[true],
            "label": model.classes[label],
            "probability": float(probabilities[label]),
        }
        for source, true, label, probabilities in answers
    ]
