"""A folder of submissions: one table of all, and the mistakes of the class."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pellucid.check.causes.explanations import EXPLANATIONS
from pellucid.check.judge import NAMES, Examination
from pellucid.check.judge_file import check_file
from pellucid.errors import DataError, NotFoundError
from pellucid.files.reading import shown

_SUFFIXES = (".py", ".ipynb")
# A spreadsheet reads a cell that begins like this as a formula.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


class Submission(NamedTuple):
    """One file of the folder.

    Attributes:
        name: its path inside the folder.
        examination: the results; None: the file could not be used.
        problem: the reason for that.
    """

    name: str
    examination: Examination | None
    problem: str


def submissions_in(folder: Path) -> list[Path]:
    """The solutions in a folder and one level below it, by name; without hidden files.

    Args:
        folder: of a class.

    Raises:
        DataError: there is no solution.
    """
    common = [path for pattern in ("*", "*/*") for path in folder.glob(pattern)]
    paths = sorted(
        path
        for path in common
        if path.suffix.lower() in _SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    if not paths:
        raise DataError(
            f"{shown(folder)} holds no solution; expected .py or .ipynb files in it, or one level below"
        )
    return paths


def check_class(
    folder: Path,
    *,
    only: str | None = None,
    progress: Callable[[Submission], None] = lambda submission: None,
) -> list[Submission]:
    """Judge every submission; one that cannot be used is reported, and the others are judged.

    Args:
        folder: of a class.
        only: the one function to judge.
        progress: called with each submission as it is done.

    Raises:
        DataError: the folder holds none.
        OptionError: `only` is not a function of the course.
    """
    done = []
    for path in submissions_in(folder):
        name = str(path.relative_to(folder))
        try:
            submission = Submission(name, check_file(path, only=only), "")
        except (DataError, NotFoundError) as error:
            submission = Submission(name, None, str(error))
        progress(submission)
        done.append(submission)
    return done


def class_csv(submissions: Sequence[Submission]) -> str:
    """A row for each submission: the number of right functions, and the cause of each wrong one.

    Args:
        submissions: with their results.
    """
    judged = {f.name for s in submissions if s.examination for f in s.examination.judgements}
    names = [name for name in NAMES if name in judged]
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
    judged = [judgement for judgement in judgements.values() if judgement.status != "missing"]
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


def class_text(submissions: Sequence[Submission], most: int = 20) -> str:
    """The overview for a terminal.

    Args:
        submissions: with their results.
        most: the greatest number of listed mistakes.
    """
    usable = [s.examination for s in submissions if s.examination]
    right = sum(examination.all_right for examination in usable)
    trained = sum(examination.trains.worked is True for examination in usable)
    lines = [f"{len(submissions)} submissions: {right} all right, {trained} train a network"]
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
    if usable:
        lines += ["", f"run in {usable[0].isolation}"]
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
