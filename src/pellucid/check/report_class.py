"""A folder of submissions: one table of all, and which mistakes the class made."""

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
# A spreadsheet takes a cell that begins so for a formula.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


class Submission(NamedTuple):
    """One file of the folder.

    Attributes:
        name: its path inside the folder.
        examination: what was found; None where it could not be used.
        problem: why not.
    """

    name: str
    examination: Examination | None
    problem: str


def submissions_in(folder: Path) -> list[Path]:
    """The solutions in a folder and one level below it, by name; hidden files are none.

    Args:
        folder: of a class.

    Raises:
        DataError: there are none.
    """
    found = [path for pattern in ("*", "*/*") for path in folder.glob(pattern)]
    paths = sorted(
        path
        for path in found
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
    folder: Path, *, only: str | None = None, told: Callable[[Submission], None] = lambda submission: None
) -> list[Submission]:
    """Judge every submission; one that cannot be used is told as such, and the others are judged.

    Args:
        folder: of a class.
        only: the one function to judge.
        told: is called with each as it is done.

    Raises:
        DataError: the folder holds none.
        OptionError: `only` is no function of the course.
    """
    done = []
    for path in submissions_in(folder):
        name = str(path.relative_to(folder))
        try:
            submission = Submission(name, check_file(path, only=only), "")
        except (DataError, NotFoundError) as error:
            submission = Submission(name, None, str(error))
        told(submission)
        done.append(submission)
    return done


def class_csv(submissions: Sequence[Submission]) -> str:
    """A row for each submission: what is right, and the cause of each function that is not.

    Args:
        submissions: as judged.
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
    said = []
    for name in names:
        judgement = judgements.get(name)
        status = judgement.status if judgement else "missing"
        said.append(
            status
            if not judgement or judgement.right or not judgement.cause
            else f"{status}: {judgement.cause}"
        )
    right = sum(judgement.right for judgement in judged)
    return [submission.name, str(right), str(len(judged)), trains, *said, ""]


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULAS) else text


def mistakes(submissions: Sequence[Submission]) -> list[dict[str, Any]]:
    """Which mistakes the class made, the commonest first: function, cause, how many, and who.

    Args:
        submissions: as judged.
    """
    who: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for submission in submissions:
        for judgement in submission.examination.judgements if submission.examination else ():
            if not judgement.right:
                for cause in judgement.causes:
                    who[judgement.name, cause].append(submission.name)
    counts = Counter({key: len(names) for key, names in who.items()})
    return [
        {
            "function": name,
            "cause": cause,
            "message": EXPLANATIONS[cause].message,
            "count": count,
            "submissions": who[name, cause],
        }
        for (name, cause), count in counts.most_common()
    ]


def class_text(submissions: Sequence[Submission], most: int = 20) -> str:
    """The overview for a terminal.

    Args:
        submissions: as judged.
        most: how many mistakes it has room for.
    """
    usable = [s.examination for s in submissions if s.examination]
    right = sum(examination.all_right for examination in usable)
    trained = sum(examination.trains.worked is True for examination in usable)
    lines = [f"{len(submissions)} submissions: {right} all right, {trained} train a network"]
    lines += [f"not usable: {shown(s.problem)}" for s in submissions if s.examination is None]
    found = mistakes(submissions)
    if found:
        lines += ["", "mistakes, the commonest first:"]
    width = max((len(each["function"]) for each in found[:most]), default=0)
    for each in found[:most]:
        lines.append(
            f"{each['count']:>5}  {each['function']:<{width}}  {each['message']} [{each['cause']}]"
        )
    if len(found) > most:
        lines.append(f"       and {len(found) - most} more: the table (--csv) and --json have them all")
    if usable:
        lines += ["", f"run in {usable[0].isolation}"]
    return "\n".join(lines)


def class_document(submissions: Sequence[Submission]) -> dict[str, Any]:
    """All of it, for machines.

    Args:
        submissions: as judged.
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
