"""What was found in a solution, as text for a terminal."""

from collections.abc import Callable, Sequence
from textwrap import wrap

from pellucid.check.explain import explanation, reference_lines
from pellucid.check.judge import Examination
from pellucid.check.judge_finding import Finding, Row
from pellucid.files.reading import shown

# How a text is set off: (text, "right", "wrong", "faint" or "strong") -> as the terminal shows it.
Style = Callable[[str, str], str]

VERDICTS = {
    "pass": "right",
    "slow": "right, slow",
    "fail": "wrong",
    "error": "stops",
    "timeout": "hangs",
    "missing": "not there",
}
_TONES = {"pass": "right", "slow": "right", "missing": "faint"}
_WIDE = 100


def plain(text: str, tone: str) -> str:  # noqa: ARG001
    """The text as it is.

    Args:
        text: anything.
        tone: not shown.
    """
    return text


def report(
    examination: Examination,
    *,
    explain: bool = False,
    solution: bool = False,
    style: Style = plain,
    columns: int = _WIDE,
) -> str:
    """The table of all functions, then of each wrong one what, where and why.

    Args:
        examination: what was found.
        explain: with the derivation of each wrong function.
        solution: with the reference's lines of each wrong function.
        style: sets off what matters.
        columns: how long a line of a paragraph is at most.
    """
    absent = [finding.name for finding in examination.findings if finding.status == "missing"]
    # One function that was asked for is shown, there or not; those of a whole course are only named.
    several = len(examination.findings) > 1
    shown_ones = [f for f in examination.findings if not (several and f.status == "missing")]
    parts = [style(headline(examination), "strong"), table(shown_ones, style)]
    if absent and several:
        line = f"not in the file, where the reference stood in: {', '.join(absent)}"
        parts.append(style("\n".join(wrap(line, columns)), "faint"))
    for finding in examination.findings:
        if not finding.right and finding.status != "missing":
            parts.append(_details(finding, style, columns))
            parts += _more(finding, explain, solution, examination.shallow, columns)
    remarks = [
        "\n".join(wrap(f"{finding.name}: {shown(note)}", columns))
        for finding in examination.findings
        if finding.right
        for note in ([finding.hint] if finding.cause else []) + list(finding.notes)
    ]
    parts += ["\n".join(remarks)] if remarks else []
    parts.append("\n".join(_ending(examination, style)))
    return "\n\n".join(parts)


def headline(examination: Examination) -> str:
    """One line: how many of the file's functions are right.

    Args:
        examination: what was found.
    """
    return f"{shown(examination.path)}: {count_of_right(examination)}"


def count_of_right(examination: Examination) -> str:
    """How many of the functions in the file are right: "3 of 4 functions right".

    Args:
        examination: what was found.
    """
    judged = [finding for finding in examination.findings if finding.status != "missing"]
    return f"{sum(finding.right for finding in judged)} of {len(judged)} functions right"


def table(findings: Sequence[Finding], style: Style = plain) -> str:
    """Function, verdict, place and diagnosis, a line each.

    Args:
        findings: of the functions.
        style: sets off the verdicts.
    """
    rows = [("function", "verdict", "where", "diagnosis")]
    rows += [(f.name, VERDICTS[f.status], f.place, _diagnosis(f)) for f in findings]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = []
    for i, row in enumerate(rows):
        tone = "faint" if i == 0 else _TONES.get(findings[i - 1].status, "wrong")
        # What sets a text off takes no room on the screen: the room is counted without it.
        verdict = style(row[1], tone) + " " * (widths[1] - len(row[1]))
        cells = [row[0].ljust(widths[0]), verdict, row[2].ljust(widths[2]), shown(row[3], _WIDE)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _diagnosis(finding: Finding) -> str:
    return "" if finding.status == "pass" and not finding.cause else finding.message


def _details(finding: Finding, style: Style, columns: int) -> str:
    place = f", {finding.place}" if finding.place else ""
    lines = [style(f"{finding.name}{place}", "strong")]
    lines += [f"  {line}" for line in wrap(finding.message, columns - 2)]
    lines += [f"  {shown(note)}" for note in finding.notes]
    if finding.case:
        lines.append(f"  first case that differs: {finding.case}")
    lines += shape_lines(finding.shapes)
    if finding.hint:
        lines += [f"  {line}" for line in wrap(f"hint: {finding.hint}", columns - 2)]
    lines += [style(f"  cause: {finding.cause}", "faint")]
    return "\n".join(lines)


def shape_lines(rows: Sequence[Row]) -> list[str]:
    """The table of what was expected and what came.

    Args:
        rows: its lines.
    """
    if not rows:
        return []
    cells = [("quantity", "expected", "got"), *[tuple(shown(cell, 120) for cell in row) for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(2)]
    return [f"    {a.ljust(widths[0])}  {b.ljust(widths[1])}  {c}" for a, b, c in cells]


def _more(finding: Finding, explain: bool, solution: bool, is_shallow: bool, columns: int) -> list[str]:
    parts = []
    if explain:
        lines = wrap(explanation(finding.name), columns - 2)
        parts.append("\n".join(f"  {line}" for line in lines))
    if solution:
        lines = reference_lines(finding.name, is_shallow=is_shallow).rstrip().split("\n")
        parts.append("\n".join(f"  | {line}".rstrip() for line in lines))
    return parts


def _ending(examination: Examination, style: Style) -> list[str]:
    lines = [f"note: {shown(note)}" for note in examination.notes]
    trains = examination.trains
    if trains.words != "not tried":
        verdict = {True: "they train", False: "they do not train", None: "not trained"}[trains.worked]
        tone = {True: "right", False: "wrong", None: "faint"}[trains.worked]
        lines.append(f"all together: {style(verdict, tone)} ({shown(trains.words)})")
    lines.append(style(f"run in {examination.isolation}", "faint"))
    return lines
