"""The teacher's page on a class: which mistakes, how often, whose, and each report; one file."""

from collections.abc import Sequence
from html import escape

from pellucid.check.class_folder import Submission
from pellucid.check.judgement import Judgement
from pellucid.check.report import VERDICTS, count_of_right
from pellucid.check.report_class import judged_names, mistakes, summary
from pellucid.check.report_html import html_body, page

# A cell has a sign as well as a colour, for those who see no difference between green and red.
_SIGNS = {
    "pass": ("\N{CHECK MARK}", "right"),
    "slow": ("\N{CHECK MARK} slow", "right"),
    "fail": ("\N{MULTIPLICATION SIGN}", "wrong"),
    "error": ("\N{MULTIPLICATION SIGN} stops", "wrong"),
    "timeout": ("\N{MULTIPLICATION SIGN} hangs", "wrong"),
    "missing": ("", "faint"),
    "unwritten": ("to write", "faint"),
    "not_judged": ("not judged", "faint"),
}
_STYLE = """
body { max-width: 78rem; }
body > table { width: 100%; }
.wide { overflow-x: auto; }
.grid { border-collapse: collapse; }
.grid th, .grid td { border-bottom: 1px solid #8884; padding: 0.2rem 0.5rem; white-space: nowrap; }
.grid th { vertical-align: bottom; text-align: left; }
.grid th span { writing-mode: vertical-rl; transform: rotate(180deg); font-weight: normal; }
.grid td.sign { text-align: center; }
.grid th:first-child, .grid td:first-child { position: sticky; left: 0; background: Canvas; }
.count { text-align: right !important; font-variant-numeric: tabular-nums; }
details { margin: 0.5rem 0; padding: 0 0.5rem; } summary { cursor: pointer; }
details[open] { border-left: 3px solid #8886; }
"""


def class_html(submissions: Sequence[Submission], folder: str) -> str:
    """The whole page.

    Args:
        submissions: with their results.
        folder: where they are, in words.
    """
    isolation = next((s.examination.isolation for s in submissions if s.examination), "no process")
    anchors = {submission.name: f"s{i}" for i, submission in enumerate(submissions)}
    parts = [
        f"<style>{_STYLE}</style>",
        f"<p>{escape(summary(submissions))}</p>",
        _mistakes(submissions, anchors),
        _grid(submissions, anchors),
        "<h2>Each submission</h2>",
        *(_report(submission, anchors[submission.name]) for submission in submissions),
    ]
    return page(folder, "\n".join(parts), isolation)


def _mistakes(submissions: Sequence[Submission], anchors: dict[str, str]) -> str:
    rows = []
    for each in mistakes(submissions):
        whose = ", ".join(_link(name, anchors) for name in each["submissions"])
        rows.append(
            f'<tr><td class="count">{each["count"]}</td><td><code>{escape(each["function"])}</code></td>'
            f"<td>{escape(each['message'])}</td><td>{whose}</td></tr>"
        )
    if not rows:
        return ""
    head = '<tr><th class="count">times</th><th>function</th><th>mistake</th><th>whose</th></tr>'
    return f"<h2>Mistakes, the most common first</h2>\n<table>{head}\n{chr(10).join(rows)}\n</table>"


def _grid(submissions: Sequence[Submission], anchors: dict[str, str]) -> str:
    names = judged_names(submissions)
    heads = "".join(f"<th><span>{escape(name)}</span></th>" for name in names)
    rows = []
    for submission in submissions:
        found = submission.examination
        link = _link(submission.name, anchors)
        if found is None:
            cells = f'<td class="wrong">not usable</td><td colspan="{len(names)}">{_short(submission)}</td>'
        else:
            judgements = {judgement.name: judgement for judgement in found.judgements}
            count = count_of_right(found).replace(" functions right", "")
            cells = f"<td>{escape(count)}</td>"
            cells += "".join(_cell(judgements.get(name)) for name in names)
        rows.append(f"<tr><td>{link}</td>{cells}</tr>")
    return (
        '<h2>All submissions</h2>\n<div class="wide"><table class="grid">'
        f"<tr><th>submission</th><th>right</th>{heads}</tr>\n{chr(10).join(rows)}\n</table></div>"
    )


def _cell(judgement: Judgement | None) -> str:
    if judgement is None:
        return "<td></td>"
    sign, tone = _SIGNS[judgement.status]
    said = f"{VERDICTS[judgement.status]}: {judgement.message}" if judgement.message else ""
    return f'<td class="sign {tone}" title="{escape(said)}">{sign}</td>'


def _short(submission: Submission) -> str:
    problem = submission.problem
    return escape(problem if len(problem) < 120 else f"{problem[:119]}\N{HORIZONTAL ELLIPSIS}")


def _report(submission: Submission, anchor: str) -> str:
    found = submission.examination
    count = count_of_right(found) if found else "not usable"
    body = html_body(found) if found else f"<p>{escape(submission.problem)}</p>"
    return (
        f'<details id="{anchor}"><summary><code>{escape(submission.name)}</code>: {escape(count)}</summary>'
        f"\n{body}\n</details>"
    )


def _link(name: str, anchors: dict[str, str]) -> str:
    return f'<a href="#{anchors[name]}">{escape(name)}</a>'
