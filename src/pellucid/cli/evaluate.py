"""pellucid evaluate: how good a saved model is on labelled data."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pellucid.data.dataset import Dataset
    from pellucid.model import Evaluation, Model, NumberEvaluation


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
    """Report how good a MODEL is on labelled DATA.

    Accuracy, cost, confusion matrix, ROC AUC, average precision and calibration; of a model of tables that
    predicts numbers, R^2 and how far it is off.
    """
    from pellucid.cli.console import check_answers, note, print_json
    from pellucid.cli.figures import figures_of
    from pellucid.model import Evaluation, Model

    loaded = Model.load(model)
    dataset, remark = _labelled(model, data, loaded, part, strict=strict, quiet=quiet)
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


def _labelled(
    path: str, data: str, model: "Model", part: str, *, strict: bool, quiet: bool
) -> "tuple[Dataset, list[str]]":
    """The examples, and what is to be remarked of them."""
    from pellucid.cli.console import note_skipped, reading
    from pellucid.data.dataset import check_finite
    from pellucid.data.load import load_part
    from pellucid.data.load_table import load_labelled_table
    from pellucid.data.table_recipe import TableRecipe
    from pellucid.errors import OptionError
    from pellucid.files.reading import shown

    if part not in ("test", "train"):
        raise OptionError(f"unknown part {part!r}; expected test or train")
    if isinstance(model.recipe, TableRecipe):
        _, dataset = load_labelled_table(data, model.recipe, model.classes, dtype=model.dtype)
        check_finite(dataset.X, dataset.sources)
        return dataset, list(dataset.skipped)
    if model.predicts_numbers:
        raise OptionError(
            f"{shown(path)} predicts numbers, and labels in files are classes; expected a model of "
            "classes, or of tables: from Python, Model.evaluate reports cost and R^2"
        )
    with reading(quiet) as progress:
        dataset, found = load_part(
            data,
            model.recipe,
            model.classes,
            part=part,
            dtype=model.dtype,
            strict=strict,
            progress=progress,
        )
    note_skipped(dataset.skipped)
    if found == part:
        return dataset, []
    return dataset, [
        f"{shown(data)} has no test part: these {dataset.m} examples may include those the model was "
        "trained on"
    ]


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
