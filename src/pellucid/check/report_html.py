"""The report on a solution, as an HTML page to hand in: one file, without scripts or links."""

from html import escape

from pellucid.check.judge import Examination
from pellucid.check.judgement import Judgement
from pellucid.check.report import VERDICTS, headline

_PAGE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #222; }
@media (prefers-color-scheme: dark) { body { background: #181818; color: #ddd; } }
"""
# Colours of the text come from the page, so that it reads on light and on dark.
_STYLE = """
.pellucid-check table, body > table, section table { border-collapse: collapse; margin: 0.5rem 0; }
.pellucid-check th, .pellucid-check td, body > table th, body > table td, section th, section td {
  text-align: left; padding: 0.25rem 0.9rem 0.25rem 0; border-bottom: 1px solid #8884; }
.mono td, .mark { font-family: ui-monospace, monospace; font-size: 0.9em; }
.right { color: #2a8a43; } .wrong { color: #d04040; font-weight: 600; } .faint { opacity: 0.7; }
.mark { background: #d0404022; padding: 0.1rem 0.4rem; }
section.wrong-one { margin: 1.5rem 0; padding: 0 1rem; border-left: 3px solid #d04040; }
"""


def html_report(examination: Examination) -> str:
    """The whole page.

    Args:
        examination: the results.
    """
    return page(headline(examination), html_body(examination), examination.isolation)


def page(title: str, body: str, isolation: str) -> str:
    """A whole page.

    Args:
        title: its heading.
        body: what follows, as HTML.
        isolation: the kind of isolation, in words.
    """
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(title)}</title><style>{_PAGE}{_STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
{body}
<p class="faint">Checked by Pellucid, in {escape(isolation)}.</p>
</body>
</html>
"""


def html_part(examination: Examination) -> str:
    """The report as a part of another page, such as a cell of a notebook.

    Args:
        examination: what was found.
    """
    title = escape(headline(examination))
    return (
        f'<div class="pellucid-check"><style>{_STYLE}</style>'
        f"<p><strong>{title}</strong></p>{html_body(examination)}</div>"
    )


def html_body(examination: Examination) -> str:
    """The table of the functions, and what is said of each wrong one, as HTML.

    Args:
        examination: the results.
    """
    rows = "\n".join(_row(judgement) for judgement in examination.judgements)
    wrong = [judgement for judgement in examination.judgements if not judgement.right and judgement.cause]
    sections = "\n".join(_section(judgement) for judgement in wrong)
    unread = [f"Left out, {part.place}: {part.message}" for part in examination.unread]
    names = ", ".join(examination.not_judged)
    not_judged = [f"Not judged: {names}."] if names else []
    notes = "".join(f"<p>{escape(note)}</p>" for note in (*unread, *not_judged, *examination.notes))
    together = ""
    if examination.trains.text != "not tried":
        together = f"<p>All together: {escape(examination.trains.text)}.</p>"
    return f"""<table>
<tr><th>function</th><th>verdict</th><th>where</th><th>diagnosis</th></tr>
{rows}
</table>
{sections}
{together}
{notes}"""


def _row(judgement: Judgement) -> str:
    tone = "right" if judgement.right else "wrong" if judgement.cause else "faint"
    diagnosis = "" if judgement.status == "pass" and not judgement.cause else judgement.message
    return (
        f"<tr><td><code>{escape(judgement.name)}</code></td>"
        f'<td class="{tone}">{VERDICTS[judgement.status]}</td>'
        f"<td>{escape(judgement.place)}</td><td>{escape(diagnosis)}</td></tr>"
    )


def _section(judgement: Judgement) -> str:
    place = f", {judgement.place}" if judgement.place else ""
    parts = [
        f"<h2><code>{escape(judgement.name)}</code>{escape(place)}</h2>",
        f"<p>{escape(judgement.message)}.</p>",
    ]
    if judgement.code:
        parts.append(f'<p><code class="mark">{escape(judgement.code)}</code></p>')
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
    return f'<section class="wrong-one">{"".join(parts)}</section>'
