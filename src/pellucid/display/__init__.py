"""What notebooks and terminals show: small tables and a cost curve as HTML, and tables as text.

Nothing here has a colour of its own: text and lines have that of the page, light or dark. No script, no
style sheet.
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
