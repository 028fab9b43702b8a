"""The reports on a folder of submissions: an overview, a table, and the mistakes of the class."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from pellucid.check.causes.explanations import EXPLANATIONS
from pellucid.check.class_folder import Submission
from pellucid.check.judge import NAMES
from pellucid.files.reading import shown

# A spreadsheet reads a cell that begins like this as a formula.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def judged_names(submissions: Sequence[Submission]) -> list[str]:
    """The functions of the class, in the order of the course.

    Args:
        submissions: with their results.
    """
    judged = {f.name for s in submissions if s.examination for f in s.examination.judgements}
    return [name for name in NAMES if name in judged]


def class_csv(submissions: Sequence[Submission]) -> str:
    """A row for each submission: the number of right functions, and the cause of each wrong one.

    Args:
        submissions: with their results.
    """
    names = judged_names(submissions)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["submission", "right", "judged", "trains", *names, "problem"])
    for submission in submissions:
        writer.writerow([_cell(cell) for cell in _row(submission, names)])
    return text.getvalue()


def _row(submission: Submission, names: Sequence[str]) -> list[str]:
    examination = submission.examination
    if examination is None:
        return [submission.name, "", "", "", *[""] * len(names), submission.problem]
    judgements = {judgement.name: judgement for judgement in examination.judgements}
    judged = [j for j in judgements.values() if j.status not in ("missing", "not_judged", "unwritten")]
    trains = {True: "yes", False: "no", None: ""}[examination.trains.worked]
    statuses = []
    for name in names:
        judgement = judgements.get(name)
        status = judgement.status if judgement else "missing"
        statuses.append(
            status
            if not judgement or judgement.right or not judgement.cause
            else f"{status}: {judgement.cause}"
        )
    right = sum(judgement.right for judgement in judged)
    return [submission.name, str(right), str(len(judged)), trains, *statuses, ""]


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULAS) else text


def mistakes(submissions: Sequence[Submission]) -> list[dict[str, Any]]:
    """The mistakes of the class, the most common first: function, cause, count, and submissions.

    Args:
        submissions: with their results.
    """
    names_by_mistake: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for submission in submissions:
        for judgement in submission.examination.judgements if submission.examination else ():
            if not judgement.right:
                for cause in judgement.causes:
                    names_by_mistake[judgement.name, cause].append(submission.name)
    counts = Counter({key: len(names) for key, names in names_by_mistake.items()})
    return [
        {
            "function": name,
            "cause": cause,
            "message": EXPLANATIONS[cause].message,
            "count": count,
            "submissions": names_by_mistake[name, cause],
        }
        for (name, cause), count in counts.most_common()
    ]


def summary(submissions: Sequence[Submission]) -> str:
    """The class in one line.

    Args:
        submissions: with their results.
    """
    usable = [s.examination for s in submissions if s.examination]
    right = sum(examination.all_right for examination in usable)
    trained = sum(examination.trains.worked is True for examination in usable)
    lost = len(submissions) - len(usable)
    unusable = f", {lost} not usable" if lost else ""
    count = f"{len(submissions)} submission{'s' if len(submissions) != 1 else ''}"
    return f"{count}: {right} all right, {trained} train a network{unusable}"


def class_text(submissions: Sequence[Submission], most: int = 20) -> str:
    """The overview for a terminal.

    Args:
        submissions: with their results.
        most: the greatest number of listed mistakes.
    """
    lines = [summary(submissions)]
    lines += [f"not usable: {shown(s.problem)}" for s in submissions if s.examination is None]
    common = mistakes(submissions)
    if common:
        lines += ["", "mistakes, the most common first:"]
    width = max((len(each["function"]) for each in common[:most]), default=0)
    for each in common[:most]:
        lines.append(
            f"{each['count']:>5}  {each['function']:<{width}}  {each['message']} [{each['cause']}]"
        )
    if len(common) > most:
        lines.append(f"       and {len(common) - most} more: see the table (--csv) or --json")
    isolation = next((s.examination.isolation for s in submissions if s.examination), "")
    if isolation:
        lines += ["", f"run in {isolation}"]
    return "\n".join(lines)


def class_document(submissions: Sequence[Submission]) -> dict[str, Any]:
    """All results, for JSON.

    Args:
        submissions: with their results.
    """
    return {
        "submissions": [
            {"name": s.name, **s.examination.to_dict()}
            if s.examination
            else {"name": s.name, "problem": s.problem}
            for s in submissions
        ],
        "mistakes": mistakes(submissions),
    }
