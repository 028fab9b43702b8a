"""Whether a column of a table holds numbers or categories, if no option says so."""

import numpy as np

from pellucid.data._files import shown
from pellucid.data._table_values import codes_of, distinct, number_of
from pellucid.data.table import Table
from pellucid.errors import DataError


def is_number(table: Table, name: str, declared: str | None = None) -> bool:
    """Whether a column holds numbers: as an option says, else by its values.

    A column of texts holds categories even if every text is a number: its source could have stored
    numbers, and did not.

    Args:
        table: the table.
        name: of the column.
        declared: "numeric", "categorical" or nothing.

    Raises:
        DataError: nothing is declared, and it holds mostly numbers but also other texts.
    """
    if declared in ("numeric", "categorical"):
        return declared == "numeric"
    if table.is_numeric(name):
        return True
    texts = distinct(table[name])
    codes = codes_of(table[name], texts)
    is_numeric = np.array([*(number_of(text) is not None for text in texts), False])
    share = is_numeric[codes].sum() / max(1, (codes >= 0).sum())
    if is_numeric[:-1].all() or share <= 0.5:
        return False
    row = int(np.argmax((codes >= 0) & ~is_numeric[codes]))
    raise DataError(
        f"{table.place(row)}: column {shown(name)} holds {shown(repr(table[name][row]))}, and {share:.0%} "
        "of its values are numbers; expected only numbers, or texts: correct it, name it with "
        "--categorical, or --drop it"
    )
