"""What notebooks show: small tables and a cost curve, HTML that goes with a light and with a dark page.

Nothing here has a colour of its own: text and lines have that of the page. No script, no style sheet.
"""

from pellucid.display.curve import cost_svg, span_decades
from pellucid.display.tables import beside, facts, table

__all__ = ["beside", "cost_svg", "facts", "span_decades", "table"]
