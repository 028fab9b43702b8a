"""Whether a column of a table is one of numbers or of categories, where nobody says so."""

import numpy as np

from pellucid.data._files import shown
from pellucid.data._table_values import codes_of, distinct, number_of
from pellucid.data.table import Table
from pellucid.errors import DataError


def is_number(table: Table, name: str, said: str | None = None) -> bool:
    """Whether a column is one of numbers, by what is said of it, or by what it holds.

    A column of texts that are all numbers is one of texts: its source knew numbers, and did not make
    them numbers.

    Args:
        table: that has the column.
        name: of the column.
        said: "numeric", "categorical" or nothing.

    Raises:
        DataError: nothing is said and it holds mostly numbers, but also other texts.
    """
    if said in ("numeric", "categorical"):
        return said == "numeric"
    if table.is_numeric(name):
        return True
    found = distinct(table[name])
    codes = codes_of(table[name], found)
    known = np.array([*(number_of(text) is not None for text in found), False])
    share = known[codes].sum() / max(1, (codes >= 0).sum())
    if known[:-1].all() or share <= 0.5:
        return False
    row = int(np.argmax((codes >= 0) & ~known[codes]))
    raise DataError(
        f"{table.place(row)}: column {shown(name)} holds {shown(repr(table[name][row]))}, and {share:.0%} "
        "of its values are numbers; expected numbers alone, or texts: correct it, name it with "
        "--categorical, or --drop it"
    )
