"""What was found in a solution, as a page to hand in: one file, no script, nothing loaded."""

from html import escape

from pellucid.check.judge import Examination
from pellucid.check.judgement import Judgement
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
    rows = "\n".join(_row(judgement) for judgement in examination.judgements)
    wrong = [f for f in examination.judgements if not f.right and f.status != "missing"]
    sections = "\n".join(_section(judgement) for judgement in wrong)
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
<p>All together: {escape(examination.trains.text)}.</p>
{notes}<p class="faint">Checked by Pellucid, in {escape(examination.isolation)}.</p>
</body>
</html>
"""


def _row(judgement: Judgement) -> str:
    tone = "right" if judgement.right else "faint" if judgement.status == "missing" else "wrong"
    said = "" if judgement.status == "pass" and not judgement.cause else judgement.message
    return (
        f"<tr><td><code>{escape(judgement.name)}</code></td>"
        f'<td class="{tone}">{VERDICTS[judgement.status]}</td>'
        f"<td>{escape(judgement.place)}</td><td>{escape(said)}</td></tr>"
    )


def _section(judgement: Judgement) -> str:
    place = f", {judgement.place}" if judgement.place else ""
    parts = [
        f"<h2><code>{escape(judgement.name)}</code>{escape(place)}</h2>",
        f"<p>{escape(judgement.message)}.</p>",
    ]
    parts += [f"<p><code>{escape(note)}</code></p>" for note in judgement.notes]
    if judgement.case:
        parts.append(f"<p>First case that differs: {escape(judgement.case)}.</p>")
    if judgement.shapes:
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in judgement.shapes
        )
        parts.append(
            f'<table class="mono"><tr><th>quantity</th><th>expected</th><th>got</th></tr>{rows}</table>'
        )
    if judgement.hint:
        parts.append(f"<p>Hint: {escape(judgement.hint)}</p>")
    parts.append(f'<p class="faint">cause: <code>{escape(judgement.cause)}</code></p>')
    return f"<section>{''.join(parts)}</section>"
