"""The report on a solution, as text for a terminal."""

from collections.abc import Callable, Sequence
from textwrap import wrap

from pellucid.check.explain import answer_lines, derivation
from pellucid.check.judge import Examination
from pellucid.check.judgement import Judgement, Row
from pellucid.files.reading import shown

# Styles a text: (text, "right", "wrong", "faint" or "strong") -> the text with terminal codes.
Style = Callable[[str, str], str]

VERDICTS = {
    "pass": "right",
    "slow": "right, slow",
    "fail": "wrong",
    "error": "stops",
    "timeout": "hangs",
    "missing": "missing",
    "unwritten": "to write",
    "not_judged": "not judged",
}
_TONES = dict.fromkeys(("missing", "unwritten", "not_judged"), "faint") | {"pass": "right", "slow": "right"}
_WIDE = 100


def plain(text: str, tone: str) -> str:  # noqa: ARG001
    """The text without style.

    Args:
        text: of any kind.
        tone: ignored.
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
    """The table of all functions, then the details of each wrong one.

    Args:
        examination: the results.
        explain: with the derivation of each wrong function.
        solution: with the reference's lines of each wrong function.
        style: of the text.
        columns: the longest line of a paragraph.
    """
    absent = [judgement.name for judgement in examination.judgements if judgement.status == "missing"]
    # A single function is shown even if missing; the missing ones of a whole course are only listed.
    several = len(examination.judgements) > 1
    listed = [f for f in examination.judgements if not (several and f.status == "missing")]
    parts = [style(headline(examination), "strong"), table(listed, style)]
    if absent and several:
        line = f"not in the file, replaced by the reference: {', '.join(absent)}"
        parts.append(style("\n".join(wrap(line, columns)), "faint"))
    if examination.not_judged:
        line = f"not judged: {', '.join(map(shown, examination.not_judged))}"
        parts.append(style("\n".join(wrap(line, columns)), "faint"))
    first_with: dict[str, Judgement] = {}
    for judgement in examination.judgements:
        if not judgement.right and judgement.cause:
            first = first_with.setdefault(judgement.cause, judgement)
            parts.append(details(judgement, style, columns, None if first is judgement else first.name))
            parts += _more(judgement, explain, solution, examination.shallow, columns)
    remarks = [
        "\n".join(wrap(f"{judgement.name}: {shown(note)}", columns))
        for judgement in examination.judgements
        if judgement.right
        for note in ([judgement.hint] if judgement.cause else []) + list(judgement.notes)
    ]
    parts += ["\n".join(remarks)] if remarks else []
    parts.append("\n".join(_ending(examination, style, columns)))
    return "\n\n".join(parts)


def headline(examination: Examination) -> str:
    """One line: the number of the file's functions that are right.

    Args:
        examination: the results.
    """
    return f"{shown(examination.path)}: {count_of_right(examination)}"


def count_of_right(examination: Examination) -> str:
    """The count in words: "3 of 4 functions right, 2 not written yet".

    Args:
        examination: the results.
    """
    statuses = [judgement.status for judgement in examination.judgements]
    unwritten = statuses.count("unwritten")
    judged = sum(status not in ("missing", "not_judged", "unwritten") for status in statuses)
    right = sum(judgement.right for judgement in examination.judgements)
    lost = sum(map(len, (part.names for part in examination.unread)))
    more = f", {unwritten} not written yet" if unwritten else ""
    more += f", {lost} that cannot be read" if lost else ""
    if unwritten and not judged:
        # Of a starter file nothing is wrong, and nothing is right.
        return more.removeprefix(", ")
    return f"{right} of {judged} functions right{more}"


def table(judgements: Sequence[Judgement], style: Style = plain) -> str:
    """The table of function, verdict, place and diagnosis.

    Args:
        judgements: of the functions.
        style: of the verdicts.
    """
    rows = [("function", "verdict", "where", "diagnosis")]
    rows += [(f.name, VERDICTS[f.status], f.place, _diagnosis(f)) for f in judgements]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = []
    for i, row in enumerate(rows):
        tone = "faint" if i == 0 else _TONES.get(judgements[i - 1].status, "wrong")
        # Terminal codes take no space on the screen: the width is counted without them.
        verdict = style(row[1], tone) + " " * (widths[1] - len(row[1]))
        cells = [row[0].ljust(widths[0]), verdict, row[2].ljust(widths[2]), shown(row[3], _WIDE)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _diagnosis(judgement: Judgement) -> str:
    return "" if judgement.status == "pass" and not judgement.cause else judgement.message


def details(
    judgement: Judgement, style: Style = plain, columns: int = _WIDE, explained_at: str | None = None
) -> str:
    """What a wrong function's judgement says: its place, causes, first differing case, values and hint.

    Args:
        judgement: of one function.
        style: of the text.
        columns: the longest line of a paragraph.
        explained_at: the function before with the same causes, which has the hint.
    """
    place = f", {judgement.place}" if judgement.place else ""
    lines = [style(f"{judgement.name}{place}", "strong")]
    if judgement.code:
        lines.append(style(f"  > {shown(judgement.code, columns - 4)}", "faint"))
    lines += [f"  {line}" for line in wrap(judgement.message, columns - 2)]
    lines += [f"  {line}" for note in judgement.notes for line in wrap(shown(note), columns - 2)]
    if judgement.case:
        lines.append(f"  first case that differs: {judgement.case}")
    lines += shape_lines(judgement.shapes)
    if explained_at:
        lines.append(f"  hint: as for {explained_at}")
    elif judgement.hint:
        lines += [f"  {line}" for line in wrap(f"hint: {judgement.hint}", columns - 2)]
    lines += [style(f"  cause: {judgement.cause}", "faint")]
    return "\n".join(lines)


def shape_lines(rows: Sequence[Row]) -> list[str]:
    """The table of expected and observed values.

    Args:
        rows: its lines.
    """
    if not rows:
        return []
    cells = [("quantity", "expected", "got"), *[tuple(shown(cell, 120) for cell in row) for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(2)]
    return [f"    {a.ljust(widths[0])}  {b.ljust(widths[1])}  {c}" for a, b, c in cells]


def _more(judgement: Judgement, explain: bool, solution: bool, is_shallow: bool, columns: int) -> list[str]:
    parts = []
    if explain:
        lines = wrap(derivation(judgement.name), columns - 2)
        parts.append("\n".join(f"  {line}" for line in lines))
    if solution:
        lines = answer_lines(judgement.name, is_shallow=is_shallow).rstrip().split("\n")
        parts.append("\n".join(f"  | {line}".rstrip() for line in lines))
    return parts


def _with_names(names: Sequence[str]) -> str:
    return f", with {', '.join(map(shown, names))}" if names else ""


def _ending(examination: Examination, style: Style, columns: int) -> list[str]:
    said = [
        f"left out, {part.place}{_with_names(part.names)}: {shown(part.message)}"
        for part in examination.unread
    ]
    said += [f"note: {shown(note)}" for note in examination.notes]
    lines = [line for each in said for line in wrap(each, columns)]
    trains = examination.trains
    if trains.text != "not tried":
        verdict = {True: "they train", False: "they do not train", None: "not trained"}[trains.worked]
        tone = {True: "right", False: "wrong", None: "faint"}[trains.worked]
        first, *more = wrap(f"all together: {verdict} ({shown(trains.text)})", columns)
        lines += [first.replace(verdict, style(verdict, tone), 1), *more]
    lines.append(style(f"run in {examination.isolation}", "faint"))
    return lines
