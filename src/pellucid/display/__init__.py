"""Displays for notebooks and terminals: small tables and a cost curve as HTML, and tables as text.

Text and lines have the colour of the page, light or dark. There are no scripts and no style sheets.
"""

from pellucid.display.curve import cost_svg, span_decades
from pellucid.display.tables import beside, facts, table
from pellucid.display.text import aligned_table, cost_text, cut, fitted

__all__ = [
    "aligned_table",
    "beside",
    "cost_svg",
    "cost_text",
    "cut",
    "facts",
    "fitted",
    "span_decades",
    "table",
]
