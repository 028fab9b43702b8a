"""pellucid evaluate: how good a saved model is on labelled data."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pellucid.data.dataset import Dataset
    from pellucid.model import Evaluation, Model


def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model file that Pellucid saved.")],
    data: Annotated[str, typer.Argument(metavar="DATA", help="Labelled data, as for train.")],
    part: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Which part of DATA: test (all of it where it has one part) or train."
        ),
    ] = "test",
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at an unreadable picture instead of skipping it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Report as JSON on standard output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Report accuracy, cost and confusion matrix on labelled DATA."""
    from pellucid.cli.console import (
        check_answers,
        confusion_table,
        note,
        note_skipped,
        print_json,
        reading,
    )
    from pellucid.data.load import load_part
    from pellucid.errors import OptionError
    from pellucid.files.reading import shown
    from pellucid.model import Model

    loaded = Model.load(model)
    if loaded.predicts_numbers:
        raise OptionError(
            f"{shown(model)} predicts numbers, and labels in files are classes; expected a model of "
            "classes: from Python, Model.evaluate reports cost and R^2"
        )
    with reading(quiet) as progress:
        dataset, found = load_part(
            data,
            loaded.recipe,
            loaded.classes,
            part=part,
            dtype=loaded.dtype,
            strict=strict,
            progress=progress,
        )
    note_skipped(dataset.skipped)
    result = loaded.evaluate(dataset)
    check_answers(result.probabilities, dataset.sources)
    if found != part:
        note(
            f"{shown(data)} has no test part: these {dataset.m} examples may include those the model was "
            "trained on"
        )
    if as_json:
        print_json(_document(model, data, loaded, dataset, result))
        return
    typer.echo(
        f"accuracy    {result.accuracy:.4f}  ({dataset.m} examples, {len(result.wrong)} wrong)\n"
        f"cost        {result.cost:.6f}\n\n"
        f"{confusion_table(result.confusion, loaded.classes, '--json shows it')}"
    )


def _document(
    path: str, data: str, model: "Model", dataset: "Dataset", result: "Evaluation"
) -> dict[str, Any]:
    """What --json prints: the figures, and what was said of every example."""
    from pellucid.cli.console import finite_or_none

    answers = zip(dataset.sources, result.labels, result.predicted, result.probabilities, strict=True)
    return {
        "model": path,
        "data": data,
        "examples": dataset.m,
        "classes": list(model.classes),
        "accuracy": result.accuracy,
        "cost": finite_or_none(result.cost),
        "confusion_matrix": result.confusion.tolist(),
        "predictions": [
            {
                "source": source,
                "true": model.classes[true],
                "label": model.classes[label],
                "probability": float(probabilities[label]),
            }
            for source, true, label, probabilities in answers
        ],
        "skipped": list(dataset.skipped),
    }
