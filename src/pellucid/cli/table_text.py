"""What was made of a table: its columns, its target, and how the classes are spread."""

from textwrap import shorten
from typing import Any

import numpy as np

from pellucid.cli.console import aligned_table
from pellucid.data.dataset import Dataset
from pellucid.data.load_table import LoadedTables
from pellucid.files.reading import shown

# A terminal has room for so many columns or classes, and so many characters; report.json has them all.
_MOST = 60
_WIDE = 90


def table_document(tables: LoadedTables) -> dict[str, Any]:
    """What was made of a table, as JSON can hold it."""
    target = tables.target
    columns = [note._asdict() for note in tables.recipe.notes(tables.train_table)]
    return {
        "target": target.name,
        "task": target.task,
        "because": target.because,
        "columns": columns,
        "inputs": list(tables.recipe.input_names),
        "balance": {"train": _counts(tables.train), "test": _counts(tables.test)},
    }


def columns_text(tables: LoadedTables) -> str:
    """What was made of a table, for people, before anything is trained."""
    notes = tables.recipe.notes(tables.train_table)
    rows = [
        [shown(note.name, 30), note.kind, f"{note.missing:,}" if note.missing else "-", _cut(note.becomes)]
        for note in notes[:_MOST]
    ]
    more = [f"({len(notes) - _MOST} more columns)"] if len(notes) > _MOST else []
    parts = [aligned_table([["column", "kind", "missing", "becomes"], *rows], "llrl"), *more, ""]
    parts.append(tables.target.describe())
    if tables.target.classes:
        parts += ["", _balance(tables)]
    return "\n".join([*parts, ""])


def _balance(tables: LoadedTables) -> str:
    train, test = _counts(tables.train), _counts(tables.test)
    rows = [
        [shown(name, 40), *(f"{n:,}  {n / max(1, sum(part.values())):6.1%}" for n, part in counted)]
        for name in list(train)[:_MOST]
        for counted in [[(train[name], train), (test[name], test)]]
    ]
    more = [f"({len(train) - _MOST} more classes)"] if len(train) > _MOST else []
    return "\n".join([aligned_table([["class", "train", "test"], *rows], "lrr"), *more])


def _cut(text: str) -> str:
    return shorten(text, _WIDE, placeholder=" ...")


def _counts(dataset: Dataset) -> dict[str, int]:
    """How many examples each class has; nothing where numbers are predicted."""
    if not dataset.classes:
        return {}
    counts = np.bincount(dataset.labels, minlength=len(dataset.classes))
    return dict(zip(dataset.classes, counts.tolist(), strict=True))
