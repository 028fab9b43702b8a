"""What was found in a solution, as a page to hand in: one file, no script, nothing loaded."""

from html import escape

from pellucid.check.judge import Examination
from pellucid.check.judge_finding import Finding
from pellucid.check.report import VERDICTS, headline

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; color: #222; }
table { border-collapse: collapse; margin: 0.5rem 0; }
th, td { text-align: left; padding: 0.25rem 0.9rem 0.25rem 0; border-bottom: 1px solid #ddd; }
code, .mono td { font-family: ui-monospace, monospace; font-size: 0.9em; }
.right { color: #176b2c; } .wrong { color: #a11616; font-weight: 600; } .faint { color: #666; }
section { margin: 1.5rem 0; padding: 0 1rem; border-left: 3px solid #a11616; }
"""


def html_report(examination: Examination) -> str:
    """The whole page.

    Args:
        examination: what was found.
    """
    rows = "\n".join(_row(finding) for finding in examination.findings)
    wrong = [f for f in examination.findings if not f.right and f.status != "missing"]
    sections = "\n".join(_section(finding) for finding in wrong)
    notes = "".join(f"<p>{escape(note)}</p>" for note in examination.notes)
    title = escape(headline(examination))
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style></head>
<body>
<h1>{title}</h1>
<table>
<tr><th>function</th><th>verdict</th><th>where</th><th>diagnosis</th></tr>
{rows}
</table>
{sections}
<p>All together: {escape(examination.trains.words)}.</p>
{notes}<p class="faint">Checked by Pellucid, in {escape(examination.isolation)}.</p>
</body>
</html>
"""


def _row(finding: Finding) -> str:
    tone = "right" if finding.right else "faint" if finding.status == "missing" else "wrong"
    said = "" if finding.status == "pass" and not finding.cause else finding.message
    return (
        f"<tr><td><code>{escape(finding.name)}</code></td>"
        f'<td class="{tone}">{VERDICTS[finding.status]}</td>'
        f"<td>{escape(finding.place)}</td><td>{escape(said)}</td></tr>"
    )


def _section(finding: Finding) -> str:
    place = f", {finding.place}" if finding.place else ""
    parts = [
        f"<h2><code>{escape(finding.name)}</code>{escape(place)}</h2>",
        f"<p>{escape(finding.message)}.</p>",
    ]
    parts += [f"<p><code>{escape(note)}</code></p>" for note in finding.notes]
    if finding.case:
        parts.append(f"<p>First case that differs: {escape(finding.case)}.</p>")
    if finding.shapes:
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in finding.shapes
        )
        parts.append(
            f'<table class="mono"><tr><th>quantity</th><th>expected</th><th>got</th></tr>{rows}</table>'
        )
    if finding.hint:
        parts.append(f"<p>Hint: {escape(finding.hint)}</p>")
    parts.append(f'<p class="faint">cause: <code>{escape(finding.cause)}</code></p>')
    return f"<section>{''.join(parts)}</section>"
