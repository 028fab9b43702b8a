"""pellucid evaluate: how good a saved model is on labelled data."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pellucid.cli.common import AsJson, Data, ModelFile, Quiet, Strict

if TYPE_CHECKING:
    from pellucid.data.dataset import Dataset
    from pellucid.model import Evaluation, Model, NumberEvaluation


def evaluate(
    model: ModelFile,
    data: Data,
    part: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Which part of DATA: test (all of it where it has one part) or train."
        ),
    ] = "test",
    strict: Strict = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Report how good a MODEL is on labelled DATA.

    Accuracy, cost, confusion matrix, ROC AUC, average precision and calibration; of a model that predicts
    numbers, R^2 and how far it is off.
    """
    from pellucid.cli.console import check_answers, note, print_json
    from pellucid.cli.figures import figures_of
    from pellucid.cli.labelled import read_dataset
    from pellucid.model import Evaluation, Model

    loaded = Model.load(model)
    dataset, remark = read_dataset(data, loaded, part, strict=strict, quiet=quiet)
    result = loaded.evaluate(dataset)
    answers = result.probabilities if isinstance(result, Evaluation) else result.predicted.T
    check_answers(answers, dataset.sources)
    figures = figures_of(result, loaded.classes)
    for line in (*remark, *figures["notes"]):
        note(line)
    if as_json:
        print_json(_document(model, data, loaded, dataset, result, figures))
    else:
        typer.echo(_text(loaded, dataset, result, figures))


def _text(
    model: "Model",
    dataset: "Dataset",
    result: "Evaluation | NumberEvaluation",
    figures: dict[str, Any],
) -> str:
    from pellucid.cli.console import aligned, confusion_table
    from pellucid.cli.figures import lines_of
    from pellucid.model import Evaluation

    lines, table = [("examples", str(dataset.m))], ""
    if isinstance(result, Evaluation):
        counted = f"({dataset.m} examples, {len(result.wrong)} wrong)"
        lines = [("accuracy", f"{result.accuracy:.4f}  {counted}")]
        table = f"\n\n{confusion_table(result.confusion, model.classes, '--json shows it')}"
    lines += [("cost", f"{result.cost:.6f}"), *lines_of(figures)]
    return aligned(lines, 10) + table


def _document(
    path: str,
    data: str,
    model: "Model",
    dataset: "Dataset",
    result: "Evaluation | NumberEvaluation",
    figures: dict[str, Any],
) -> dict[str, Any]:
    """What --json prints: the figures, and what was said of every example."""
    from pellucid.cli.console import finite_or_none
    from pellucid.model import Evaluation

    return {
        "model": path,
        "data": data,
        "examples": dataset.m,
        "classes": list(model.classes),
        "accuracy": result.accuracy if isinstance(result, Evaluation) else None,
        "cost": finite_or_none(result.cost),
        "confusion_matrix": result.confusion.tolist() if isinstance(result, Evaluation) else None,
        "figures": figures,
        "predictions": _predictions(model, dataset, result),
        "skipped": list(dataset.skipped),
    }


def _predictions(
    model: "Model", dataset: "Dataset", result: "Evaluation | NumberEvaluation"
) -> list[dict[str, Any]]:
    from pellucid.model import Evaluation

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
