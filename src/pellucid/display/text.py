"""Text for a terminal: tables in aligned columns, and lines broken at its width.

A width of None means any width: nothing is cut or broken.
"""

import math
import re
from collections.abc import Sequence

# The fewest characters that a shortened text keeps.
_LEAST = 20
# Colour codes, which take no space on the screen.
_COLOUR = re.compile(r"\x1b\[[\d;]*m")


def aligned_table(rows: Sequence[Sequence[str]], sides: str, columns: int | None = None) -> str:
    """Rows of cells as text, each column as wide as its widest cell.

    In a narrow terminal the widest text is cut; columns that still do not fit follow in a second table
    below, which repeats the first column.

    Args:
        rows: cells, the head first.
        sides: for each column "<" (flush left) or ">" (flush right).
        columns: the width of the terminal.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    excess = sum(widths) + 2 * (len(widths) - 1) - (columns or 10_000)
    texts = [i for i, side in enumerate(sides) if side == "<"]
    widest = max(texts, key=lambda i: widths[i], default=0)
    if excess > 0 and widths[widest] - excess >= _LEAST:
        widths[widest] -= excess
        rows = [[cut(cell, width) for cell, width in zip(row, widths, strict=True)] for row in rows]
        excess = 0
    tables = [list(range(len(widths)))] if excess <= 0 else _parts(widths, columns or 10_000)
    return "\n\n".join(_lines(rows, sides, widths, table) for table in tables)


def cut(text: str, longest: int) -> str:
    """The text; if it is longer, its beginning and three dots."""
    return text if len(text) <= longest else f"{text[: longest - 3].rstrip()}..."


def _parts(widths: Sequence[int], columns: int) -> list[list[int]]:
    """The columns of each table that fits; the first column is in all of them."""
    tables, room = [[0]], columns - widths[0]
    for i in range(1, len(widths)):
        if room < widths[i] + 2 and len(tables[-1]) > 1:
            tables.append([0])
            room = columns - widths[0]
        tables[-1].append(i)
        room -= widths[i] + 2
    return tables


def _lines(rows: Sequence[Sequence[str]], sides: str, widths: Sequence[int], table: Sequence[int]) -> str:
    lines = ("  ".join(f"{row[i]:{sides[i]}{widths[i]}}" for i in table) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def fitted(text: str, columns: int | None) -> str:
    """A text with lines broken at spaces if they are longer than the terminal.

    The rest of a line continues below its last column; columns are separated by two spaces or more.
    """
    return "\n".join(_broken(line, columns) for line in text.split("\n")) if columns else text


def _broken(line: str, columns: int) -> str:
    plain = _COLOUR.sub("", line)
    if len(plain) <= columns:
        return line
    starts = [match.end() for match in re.finditer(r"(?<=\S) {2,}(?=\S)", plain)]
    indent = len(plain) - len(plain.lstrip()) + 2
    # A column far to the right has no space for a text.
    indent = max([start for start in starts if start <= 0.6 * columns], default=indent)
    lines = [""]
    for word in re.findall(r"\s*\S+", line):
        longer = lines[-1] + word
        if lines[-1].strip() and len(_COLOUR.sub("", longer)) > columns:
            lines.append(" " * indent + word.lstrip())
        else:
            lines[-1] = longer
    return "\n".join(lines)


def cost_text(cost: float) -> str:
    """A cost with six decimals; with four digits if it is huge, and in words if it is not finite."""
    if not math.isfinite(cost):
        return "not a number" if math.isnan(cost) else "infinite"
    return f"{cost:.6f}" if abs(cost) < 1e6 else f"{cost:.4g}"
