"""Tables and lists of facts as fragments of HTML. All texts are escaped."""

from collections.abc import Iterable, Sequence
from html import escape


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], sides: str, *, strong: int | None = None
) -> str:
    """A table.

    Args:
        head: a title for each column.
        rows: texts, one for each title.
        sides: for each column "<" (texts, flush left) or ">" (numbers, flush right).
        strong: the row that is set in bold, from 0.
    """
    styles = [f"text-align:{'right' if side == '>' else 'left'};vertical-align:top" for side in sides]
    body = "".join(_row("td", row, styles, strong == i) for i, row in enumerate(rows))
    return f"<table><thead>{_row('th', head, styles)}</thead><tbody>{body}</tbody></table>"


def _row(tag: str, cells: Sequence[str], styles: Sequence[str], strong: bool = False) -> str:
    weight = ";font-weight:bold" if strong else ""
    parts = (
        f'<{tag} style="{style}{weight}">{escape(cell)}</{tag}>'
        for cell, style in zip(cells, styles, strict=True)
    )
    return f"<tr>{''.join(parts)}</tr>"


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """A line for each name and its value."""
    return f"<p>{'<br>'.join(f'{escape(name)}: {escape(value)}' for name, value in pairs)}</p>"


def beside(*parts: str) -> str:
    """Fragments side by side; one below the other if the page is narrow. Empty ones are left out."""
    divs = "".join(f"<div>{part}</div>" for part in parts if part)
    return f'<div style="display:flex;gap:0 2em;align-items:flex-start;flex-wrap:wrap">{divs}</div>'
