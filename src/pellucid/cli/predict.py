"""pellucid predict: the predictions of a saved model for new photographs, arrays or the rows of a table."""

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from pellucid.cli.common import ModelFile, Quiet, Strict
from pellucid.cli.console import check_answers, note, note_skipped, print_json, reading
from pellucid.data.appending import format_of, with_columns
from pellucid.data.dataset import labels_of
from pellucid.data.load import read_inputs
from pellucid.data.load_table import read_table_inputs
from pellucid.data.recipe import Recipe
from pellucid.data.table_recipe import TableRecipe
from pellucid.display import aligned_table
from pellucid.errors import DataError, OptionError, OutputError
from pellucid.files.atomic import write_atomically
from pellucid.files.reading import shown
from pellucid.model import Model

Predictions = list[dict[str, Any]]


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
    if as_json and as_csv:
        raise OptionError("--json and --csv are two forms of the same output; expected one of them")
    loaded = Model.load(model)
    recipe = loaded.recipe
    if isinstance(recipe, TableRecipe):
        predictions, noticed = _predict_table(loaded, recipe, inputs, out, as_json=as_json)
        if as_json:
            print_json(
                {"model": model, "predictions": predictions, "skipped": [], "noticed": list(noticed)}
            )
        return
    if out is not None:
        raise OptionError(
            f"--out is for the rows of tables, and {shown(model)} was trained on "
            f"{recipe.describe()}; expected --csv or --json, and > FILE"
        )
    assert isinstance(recipe, Recipe)  # there are two kinds
    with reading(quiet) as progress:
        rows = read_inputs(inputs, recipe, strict=strict, progress=progress)
    note_skipped(rows.skipped)
    predictions = _predictions(loaded, rows.rows, rows.sources)
    if as_json:
        print_json({"model": model, "predictions": predictions, "skipped": list(rows.skipped)})
    elif as_csv:
        _print_csv(predictions, loaded)
    else:
        _print_lines(predictions, loaded)


def _predictions(model: Model, rows: Any, sources: Sequence[str]) -> Predictions:
    """For each raw row its source, its label and the probabilities; or its numbers."""
    AL = model.outputs_of_rows(rows, sources)
    if model.predicts_numbers:
        check_answers(AL.T, sources)
        pairs = zip(sources, AL.T.tolist(), strict=True)
        return [{"source": source, "numbers": row} for source, row in pairs]
    probabilities = model.class_probabilities(AL)
    check_answers(probabilities, sources)
    answers = zip(sources, labels_of(AL).tolist(), probabilities.tolist(), strict=True)
    return [
        {
            "source": source,
            "label": model.classes[label],
            "probability": row[label],
            "probabilities": dict(zip(model.classes, row, strict=True)),
        }
        for source, label, row in answers
    ]


def _print_lines(predictions: Predictions, model: Model) -> None:
    sources = [shown(row["source"]) for row in predictions]
    if model.predicts_numbers:
        numbers = [[f"{number:.6g}" for number in row["numbers"]] for row in predictions]
        rows = [[*row, source] for row, source in zip(numbers, sources, strict=True)]
        typer.echo(aligned_table(rows, ">" * model.network.n_y + "<"))
        return
    width = max(len(name) for name in model.classes)
    for row, source in zip(predictions, sources, strict=True):
        typer.echo(f"{row['label']:<{width}}  {row['probability']:.4f}  {source}")


def _print_csv(predictions: Predictions, model: Model) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if model.predicts_numbers:
        writer.writerow(["source", *(f"number {i + 1}" for i in range(model.network.n_y))])
        writer.writerows([row["source"], *row["numbers"]] for row in predictions)
        return
    head = (f"probability of {name}" for name in model.classes)
    writer.writerow(["source", "label", "probability", *head])
    for row in predictions:
        writer.writerow([row["source"], row["label"], row["probability"], *row["probabilities"].values()])


def _predict_table(
    model: Model, recipe: TableRecipe, inputs: list[str], out: str | None, *, as_json: bool
) -> tuple[Predictions, tuple[str, ...]]:
    """Predict on the rows of one table, and write them with their predictions, if not only JSON is wanted.

    Returns:
        The predictions, and what was noticed of the table.

    Raises:
        OptionError: several files, or a name of no format.
        OutputError: the output is the input, or cannot be written.
        DataError: rows that do not fit the model; or the table has the new columns already.
    """
    if len(inputs) != 1:
        raise OptionError(f"there are {len(inputs)} INPUTs; expected one table at a time for this model")
    source = Path(inputs[0])
    kind = ".csv" if out is None else format_of(Path(out))
    if out is not None:
        _check_target(source, Path(out))
    table = read_table_inputs(source, recipe)
    noticed = (*table.notes, *recipe.unseen(table))
    for line in noticed:
        note(line)
    predictions = _predictions(model, table, table.places)
    if as_json and out is None:
        return predictions, noticed
    columns = _columns(model, predictions)
    taken = [name for name in columns if name in table]
    if taken:
        raise DataError(
            f"{shown(source)} has a column {shown(taken[0])} already, and it would stand there twice; "
            "expected another name for it, or predictions with --json"
        )
    content = with_columns(source, table, columns, kind)
    if out is None:
        sys.stdout.write(content.decode())
    else:
        write_atomically(out, content)
        note(f"{table.m} rows with their predictions are in {shown(out)}")
    return predictions, noticed


def _columns(model: Model, predictions: Predictions) -> dict[str, np.ndarray[Any, Any]]:
    """The predictions as columns of a table."""
    if model.predicts_numbers:
        return {"prediction": np.array([row["numbers"][0] for row in predictions])}
    columns = {"prediction": np.array([row["label"] for row in predictions], object)}
    for name in model.classes:
        columns[f"probability of {name}"] = np.array([row["probabilities"][name] for row in predictions])
    return columns


def _check_target(source: Path, target: Path) -> None:
    """Refuse, before the work, a file that must not or cannot be written."""
    if target.exists() and source.exists() and target.samefile(source):
        raise OutputError(f"{shown(target)} is the INPUT; expected another file for the predictions")
    if target.is_dir():
        raise OutputError(f"{shown(target)} cannot be written: it is a folder; expected the name of a file")
    if not target.absolute().parent.is_dir():
        raise OutputError(f"{shown(target)} cannot be written: its folder does not exist")
