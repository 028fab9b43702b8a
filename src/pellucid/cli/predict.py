"""pellucid predict: what a saved model says of photographs or rows it has not seen."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pellucid.data.dataset import Dataset
    from pellucid.model import Model


def predict(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model file that Pellucid saved.")],
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT",
            help="Photographs, folders of them, patterns such as 'pets/*.jpg', or array files "
            "(.npy, .npz, HDF5).",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Predictions as JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Predictions as CSV.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at an unreadable picture instead of skipping it.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Print the class and its probability for every INPUT, or the number that is predicted.

    An INPUT is prepared exactly as the examples were in training.
    """
    from pellucid.cli.console import note_skipped, print_json, reading
    from pellucid.data.load import load_inputs
    from pellucid.errors import OptionError
    from pellucid.files.reading import shown
    from pellucid.model import Model

    if as_json and as_csv:
        raise OptionError("--json and --csv are two forms of the same output; expected one of them")
    loaded = Model.load(model)
    with reading(quiet) as progress:
        dataset = load_inputs(inputs, loaded.recipe, dtype=loaded.dtype, strict=strict, progress=progress)
    note_skipped(dataset.skipped)
    predictions = (_numbers if loaded.predicts_numbers else _predictions)(loaded, dataset)
    if as_json:
        print_json({"model": model, "predictions": predictions, "skipped": list(dataset.skipped)})
    elif as_csv:
        _print_csv(predictions, loaded)
    elif loaded.predicts_numbers:
        for row in predictions:
            numbers = "  ".join(f"{number:.6g}" for number in row["numbers"])
            typer.echo(f"{numbers}  {shown(row['source'])}")
    else:
        width = max(len(name) for name in loaded.classes)
        for row in predictions:
            typer.echo(f"{row['label']:<{width}}  {row['probability']:.4f}  {shown(row['source'])}")


def _predictions(model: "Model", dataset: "Dataset") -> list[dict[str, Any]]:
    from pellucid.cli.console import check_answers
    from pellucid.data.dataset import labels_of

    AL = model.outputs(dataset.X)
    probabilities = model.class_probabilities(AL)
    check_answers(probabilities, dataset.sources)
    return [
        {
            "source": source,
            "label": model.classes[label],
            "probability": row[label],
            "probabilities": dict(zip(model.classes, row, strict=True)),
        }
        for source, label, row in zip(
            dataset.sources, labels_of(AL).tolist(), probabilities.tolist(), strict=True
        )
    ]


def _numbers(model: "Model", dataset: "Dataset") -> list[dict[str, Any]]:
    from pellucid.cli.console import check_answers

    answers = model.outputs(dataset.X).T
    check_answers(answers, dataset.sources)
    return [
        {"source": source, "numbers": row}
        for source, row in zip(dataset.sources, answers.tolist(), strict=True)
    ]


def _print_csv(predictions: list[dict[str, Any]], model: "Model") -> None:
    import csv
    import sys

    writer = csv.writer(sys.stdout, lineterminator="\n")
    if model.predicts_numbers:
        writer.writerow(["source", *(f"number {i + 1}" for i in range(model.network.n_y))])
        writer.writerows([row["source"], *row["numbers"]] for row in predictions)
        return
    head = (f"probability of {name}" for name in model.classes)
    writer.writerow(["source", "label", "probability", *head])
    for row in predictions:
        writer.writerow([row["source"], row["label"], row["probability"], *row["probabilities"].values()])
