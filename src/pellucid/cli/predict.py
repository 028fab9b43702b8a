"""pellucid predict: the predictions of a saved model for new photographs or rows."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pellucid.cli.common import ModelFile, Quiet, Strict

if TYPE_CHECKING:
    from pellucid import model as models


def predict(
    model: ModelFile,
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT",
            help="Photographs, folders of them, patterns such as 'pets/*.jpg', or array files "
            "(.npy, .npz, HDF5); for a model of tables one table (CSV, TSV or Parquet).",
        ),
    ],
    out: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="For tables: write the rows with their predictions to FILE, .csv, .tsv or .parquet. "
            "Default: CSV on standard output.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Predictions as JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Predictions as CSV.")] = False,
    strict: Strict = False,
    quiet: Quiet = False,
) -> None:
    """Print the class and its probability for every INPUT, or the number that is predicted.

    An INPUT is prepared exactly as the examples were in training. The rows of a table come back with
    their predictions appended: its columns may stand in any order, and there may be others.
    """
    from pellucid.cli.console import note_skipped, print_json, reading
    from pellucid.cli.predictions import predict_table, predictions_of
    from pellucid.data.load import read_inputs
    from pellucid.data.recipe import Recipe
    from pellucid.errors import OptionError
    from pellucid.files.reading import shown
    from pellucid.model import Model

    if as_json and as_csv:
        raise OptionError("--json and --csv are two forms of the same output; expected one of them")
    loaded = Model.load(model)
    recipe = loaded.recipe
    if not isinstance(recipe, Recipe):
        predict_table(model, loaded, inputs, out, as_json=as_json)
        return
    if out is not None:
        raise OptionError(
            f"--out is for the rows of tables, and {shown(model)} was trained on "
            f"{recipe.describe()}; expected --csv or --json, and > FILE"
        )
    with reading(quiet) as progress:
        rows = read_inputs(inputs, recipe, strict=strict, progress=progress)
    note_skipped(rows.skipped)
    predictions = predictions_of(loaded, rows.rows, rows.sources)
    if as_json:
        print_json({"model": model, "predictions": predictions, "skipped": list(rows.skipped)})
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


def _print_csv(predictions: list[dict[str, Any]], model: "models.Model") -> None:
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
