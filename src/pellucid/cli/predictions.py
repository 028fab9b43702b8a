"""The predictions of a model, one by one, and as new columns of a table."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.cli.console import check_answers, note, print_json
from pellucid.data.appending import format_of, with_columns
from pellucid.data.dataset import labels_of
from pellucid.data.load_table import read_table_inputs
from pellucid.data.table_recipe import TableRecipe
from pellucid.errors import DataError, OptionError, OutputError
from pellucid.files.atomic import write_atomically
from pellucid.files.reading import shown
from pellucid.model import Model


def predictions_of(model: Model, rows: Any, sources: Sequence[str]) -> list[dict[str, Any]]:
    """For each example its source, its label and the probabilities; or its numbers.

    Args:
        model: that is asked.
        rows: raw examples, as for `Model.predict_proba`.
        sources: where each of them came from.

    Raises:
        DataError: rows that do not fit the model.
        NonFiniteError: NaN or infinity, or inputs so large that the network cannot count with them.
    """
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


def predict_table(path: str, model: Model, inputs: list[str], out: str | None, *, as_json: bool) -> None:
    """Predict on the rows of a table, and print or write them.

    Args:
        path: of the model.
        model: of tables.
        inputs: one file.
        out: a file to write; None: CSV on standard output.
        as_json: predictions as JSON on standard output.

    Raises:
        OptionError: several files, or a name of no format.
        OutputError: the output is the input, or cannot be written.
        DataError: as `read_table_inputs`; rows that do not fit the model; or the table has the columns
            already that are to be appended.
    """
    if len(inputs) != 1:
        raise OptionError(f"there are {len(inputs)} INPUTs; expected one table at a time for this model")
    source = Path(inputs[0])
    kind = ".csv" if out is None else format_of(Path(out))
    if out is not None:
        _check_target(source, Path(out))
    assert isinstance(model.recipe, TableRecipe)  # the caller saw to it
    table = read_table_inputs(source, model.recipe)
    rows = predictions_of(model, table, table.places)
    columns = _columns(model, rows)
    if out is not None or not as_json:
        there = [name for name in columns if name in table]
        if there:
            raise DataError(
                f"{shown(source)} has a column {shown(there[0])} already, and it would stand there twice; "
                "expected another name for it, or predictions with --json"
            )
        content = with_columns(source, table, columns, kind)
        if out is not None:
            write_atomically(out, content)
            note(f"{table.m} rows with their predictions are in {shown(out)}")
        else:
            sys.stdout.write(content.decode())
    if as_json:
        print_json({"model": path, "predictions": rows, "skipped": []})


def _columns(model: Model, rows: list[dict[str, Any]]) -> dict[str, np.ndarray[Any, Any]]:
    """The predictions as columns of a table."""
    if model.predicts_numbers:
        return {"prediction": np.array([row["numbers"][0] for row in rows])}
    columns = {"prediction": np.array([row["label"] for row in rows], object)}
    for name in model.classes:
        columns[f"probability of {name}"] = np.array([row["probabilities"][name] for row in rows])
    return columns


def _check_target(source: Path, target: Path) -> None:
    """Refuse, before the work, a file that must not or cannot be written."""
    if target.exists() and source.exists() and target.samefile(source):
        raise OutputError(f"{shown(target)} is the INPUT; expected another file for the predictions")
    if target.is_dir():
        raise OutputError(f"{shown(target)} cannot be written: it is a folder; expected the name of a file")
    if not target.absolute().parent.is_dir():
        raise OutputError(f"{shown(target)} cannot be written: its folder does not exist")
